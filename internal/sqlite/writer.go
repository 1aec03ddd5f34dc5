package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// groupMost is how many calls share a commit at most: enough that the wait for
// the disk is nothing beside them, few enough that the first does not wait long.
const groupMost = 256

// writer owns the only connection that writes. Calls are handed to it as ops;
// those that wait while it commits are the next group, so that one caller waits
// for one commit and a hundred callers wait for hardly more.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	jobs chan *job
	quit chan struct{}
	wg   sync.WaitGroup
}

// op is the work of one call: it first names what it has to know, then decides
// and says what is to be written. It must not touch what its caller gave it.
type op interface {
	want(b *batch)
	apply(b *batch) error
}

type job struct {
	op   op
	done chan error
}

// start takes the connection and begins to serve.
func (w *writer) start(ctx context.Context) (err error) {
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	w.stmts = map[string]*sql.Stmt{}
	w.jobs, w.quit = make(chan *job), make(chan struct{})
	w.wg.Go(w.serve)
	return nil
}

// stop ends serving and closes the connection.
func (w *writer) stop() error {
	if w.quit != nil {
		close(w.quit)
	}
	w.wg.Wait()
	var errs []error
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// do hands o to the writer and waits until it is durable. When ctx ends first,
// what became of it is unknown.
func (w *writer) do(ctx context.Context, o op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{op: o, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-w.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.done: // the writer answers every job it took, also when it ends
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) serve() {
	var group []*job
	for {
		select {
		case <-w.quit:
			return
		case j := <-w.jobs:
			group = w.gather(append(group[:0], j))
		}
		w.commit(group)
	}
}

// gather adds the jobs that wait already.
func (w *writer) gather(group []*job) []*job {
	for len(group) < groupMost {
		select {
		case j := <-w.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit writes a group in one transaction and answers each of it.
func (w *writer) commit(group []*job) {
	err := w.transact(group)
	if err != nil && len(group) > 1 && !errors.Is(err, errEdge) {
		for _, j := range group { // one of them failed: the others must not suffer
			j.done <- w.transact([]*job{j})
		}
		return
	}
	for _, j := range group {
		j.done <- err
	}
}

// errEdge marks an error of beginning or committing, which concerns the whole
// group. After a failed commit nothing is known.
var errEdge = errors.New("transaction")

// transact runs without the callers' contexts: some may end while others go on.
func (w *writer) transact(group []*job) (err error) {
	ctx := context.Background()
	if err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin %w: %w", errEdge, classify(err))
	}
	defer func() {
		if err != nil {
			// A failed COMMIT may leave the transaction open or not; either is well.
			_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
			err = classify(err)
		}
	}()
	b := newBatch(ctx, w)
	for _, j := range group {
		j.op.want(b)
	}
	if err := b.load(); err != nil {
		return err
	}
	for _, j := range group {
		if err := j.op.apply(b); err != nil {
			return err
		}
	}
	if err := b.flush(); err != nil {
		return err
	}
	if err := w.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit %w: %w", errEdge, err)
	}
	return nil
}

// stmt returns the statement for query on the writing connection, prepared once.
func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.stmts[query] = st
	return st, nil
}

func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	st, err := w.stmt(ctx, query) //nolint:sqlclosecheck // kept for the next batch; stop closes it
	if err != nil {
		return err
	}
	_, err = st.ExecContext(ctx, args...)
	return err
}

func (w *writer) query(ctx context.Context, query string, scan func(rows *sql.Rows) error, args ...any) error {
	st, err := w.stmt(ctx, query) //nolint:sqlclosecheck // kept for the next batch; stop closes it
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return each(rows, scan)
}

// chunks are the numbers of rows for which multi-row statements are prepared.
var chunks = [...]int{64, 16, 4, 1}

// insert writes rows of width columns with as few statements as there are
// chunks: head VALUES (?,...),... tail.
func (w *writer) insert(ctx context.Context, head, tail string, width int, args []any) error {
	for len(args) > 0 {
		n := 1
		for _, c := range chunks {
			if len(args) >= c*width {
				n = c
				break
			}
		}
		if err := w.exec(ctx, head+values(width, n)+tail, args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

func values(width, rows int) string {
	one := "(?" + strings.Repeat(",?", width-1) + ")"
	return " VALUES " + one + strings.Repeat(","+one, rows-1) + " "
}
