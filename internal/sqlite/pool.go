package sqlite

import (
	"context"
	"errors"
	"sync"
)

// pool is a number of connections that read. Each is opened when it is first needed.
type pool struct {
	dsn  string
	free chan *conn // nil: one that is not open yet
	quit chan struct{}
	once sync.Once
}

func newPool(dsn string, size int) *pool {
	p := &pool{dsn: dsn, free: make(chan *conn, size), quit: make(chan struct{})}
	for range size {
		p.free <- nil
	}
	return p
}

// take waits for a connection. Whoever has it gives it back with give.
func (p *pool) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.quit:
		return nil, ErrClosed
	default:
	}
	select {
	case c := <-p.free:
		if c != nil {
			return c, nil
		}
		c, err := connect(ctx, p.dsn)
		if err != nil {
			p.free <- nil
			return nil, err
		}
		return c, nil
	case <-p.quit:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) give(c *conn) { p.free <- c }

// close waits for every connection and closes it. Closing again does nothing.
func (p *pool) close() error {
	var errs []error
	p.once.Do(func() {
		close(p.quit)
		for range cap(p.free) {
			if c := <-p.free; c != nil {
				errs = append(errs, c.close())
			}
		}
	})
	return errors.Join(errs...)
}
