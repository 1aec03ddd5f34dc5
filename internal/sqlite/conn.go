package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// conn is one connection with its prepared statements. It speaks to the driver
// itself: the statements of this store take a few microseconds each, and
// database/sql would add as much again. Not safe for concurrent use, and one
// query at a time: scan must not ask the same connection.
type conn struct {
	c     driver.Conn
	stmts map[string]statements

	// ctx never ends: nothing here runs long, and the driver watches one that may
	// end with a goroutine for each statement.
	ctx context.Context //nolint:containedctx // see above

	single map[string]string // of queries for keys: the same for one key
	args   []driver.NamedValue
	dest   row
}

// statements is one prepared statement, as the driver runs it.
type statements interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// errDriver says that the driver is not the one this was written for.
var errDriver = errors.New("the driver lacks what this program calls")

// connect opens a connection to the database that dsn names. It outlives ctx.
func connect(ctx context.Context, dsn string) (*conn, error) {
	c, err := new(sqlite.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, stmts: map[string]statements{}, ctx: context.WithoutCancel(ctx), single: map[string]string{}}, nil
}

// close ends the statements and the connection.
func (c *conn) close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}

// stmt returns the statement for query, prepared once.
func (c *conn) stmt(query string) (statements, error) {
	if st := c.stmts[query]; st != nil {
		return st, nil
	}
	prepared, err := c.c.Prepare(query)
	if err != nil {
		return nil, err
	}
	st, ok := prepared.(statements)
	if !ok {
		return nil, errors.Join(errDriver, prepared.Close())
	}
	c.stmts[query] = st
	return st, nil
}

// bind makes arguments of values, which are nil, int, int64, string or []byte.
// The driver has copied them when it returns.
func (c *conn) bind(values []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range values {
		if n, ok := v.(int); ok {
			v = int64(n)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs a statement without rows.
func (c *conn) exec(query string, values ...any) (driver.Result, error) {
	st, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(c.ctx, c.bind(values))
}

// script runs statements that have no arguments, one after another.
func (c *conn) script(text string) error {
	st, err := c.c.Prepare(text)
	if err != nil {
		return err
	}
	run, ok := st.(statements)
	if !ok {
		return errors.Join(errDriver, st.Close())
	}
	_, err = run.ExecContext(c.ctx, nil)
	return errors.Join(err, st.Close())
}

// insert runs a statement that adds a row and returns the row's number.
func (c *conn) insert(query string, values ...any) (int64, error) {
	r, err := c.exec(query, values...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// query runs a statement and hands each of its rows to scan until that fails or
// says errEnough. A row is valid until scan returns, what it holds for longer.
func (c *conn) query(query string, scan func(row) error, values ...any) (err error) {
	st, err := c.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(c.ctx, c.bind(values))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	dest := c.room(len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := scan(dest); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// errEnough ends a query whose further rows nobody wants.
var errEnough = errors.New("enough")

// room is where the driver puts a row of so many values.
func (c *conn) room(columns int) row {
	if cap(c.dest) < columns {
		c.dest = make(row, max(columns, 16))
	}
	return c.dest[:columns]
}

// row is what the driver read: nil, int64, string or []byte, each its own copy.
type row []driver.Value

// int returns a number, 0 for null.
func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

// text returns a text, "" for null.
func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

// blob returns bytes, nil for null and for none.
func (r row) blob(i int) []byte {
	b, _ := r[i].([]byte)
	return b
}

// null reports whether there is no value.
func (r row) null(i int) bool { return r[i] == nil }

// one reads the single number that a query gives.
func (c *conn) one(query string, values ...any) (n int64, err error) {
	found := false
	err = c.query(query, func(r row) error {
		n, found = r.int(0), true
		return nil
	}, values...)
	if err == nil && !found {
		err = fmt.Errorf("%s: no row", query)
	}
	return n, err
}
