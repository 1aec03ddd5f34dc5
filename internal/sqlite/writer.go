package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
)

// groupMost is how many calls share a commit at most: enough that the wait for
// the disk is nothing beside them, few enough that the first does not wait long.
const groupMost = 256

// writer owns the only connection that writes. A call that finds it idle commits
// by itself; those that come meanwhile are the next group, so that one caller
// waits for one commit and a hundred callers wait for hardly more.
type writer struct {
	conn    *conn
	packs   *packers
	recall  *recall
	pending *pending
	room    []entry // of the batch
	e       encoder // of the record being written

	mu     sync.Mutex
	busy   bool // somebody commits
	closed bool
	queue  []*job
	idle   sync.WaitGroup // until nobody commits
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

// stop waits for what is being committed and closes the connection. Calls that
// still wait are answered with [ErrClosed]. It is called once.
func (w *writer) stop() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.idle.Wait()
	return w.conn.close()
}

// do commits o and waits until it is durable. When ctx ends first, what became
// of it is unknown.
func (w *writer) do(ctx context.Context, o op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{op: o, done: make(chan error, 1)}
	w.mu.Lock()
	switch {
	case w.closed:
		w.mu.Unlock()
		return ErrClosed
	case w.busy:
		w.queue = append(w.queue, j)
		w.mu.Unlock()
	default:
		w.busy = true
		w.idle.Add(1)
		w.mu.Unlock()
		w.commit([]*job{j})
		w.next()
		return <-j.done
	}
	select {
	case err := <-j.done: // every job that was taken is answered
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lend gives the connection to a short read if nobody commits; false else. It
// knows its pages, while those who only read have to fetch them anew after every
// commit.
func (w *writer) lend(read func(*conn) error) (done bool, err error) {
	w.mu.Lock()
	if w.busy || w.closed {
		w.mu.Unlock()
		return false, nil
	}
	w.busy = true
	w.idle.Add(1)
	w.mu.Unlock()
	defer w.next()
	return true, read(w.conn)
}

// next lets a goroutine commit what came meanwhile, if anything did: whoever
// committed first must not do everybody's work.
func (w *writer) next() {
	if group := w.take(); group != nil {
		go func() {
			for ; group != nil; group = w.take() {
				w.commit(group)
			}
		}()
	}
}

// take returns the next group; nil, and nobody commits any more, when none waits.
func (w *writer) take() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		for _, j := range w.queue {
			j.done <- ErrClosed
		}
		w.queue = nil
	}
	if len(w.queue) == 0 {
		w.busy = false
		w.idle.Done()
		return nil
	}
	n := min(len(w.queue), groupMost)
	group := w.queue[:n:n]
	w.queue = w.queue[n:]
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

// errStale says that something remembered is not what is stored.
var errStale = errors.New("not as remembered")

// transact writes a group on what is remembered, or else on what is stored.
func (w *writer) transact(group []*job) error {
	err := w.attempt(group, &batch{w: w, trusting: true})
	if errors.Is(err, errStale) {
		err = w.attempt(group, &batch{w: w})
	}
	return err
}

// attempt runs without the callers' contexts: some may end while others go on.
func (w *writer) attempt(group []*job, b *batch) (err error) {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin %w: %w", errEdge, classify(err))
	}
	defer func() {
		if p := recover(); p != nil { // the next call finds a writer that works
			w.pending.disown()
			err = fmt.Errorf("write: panic: %v", p)
		}
		if err != nil {
			// A failed COMMIT may leave the transaction open or not; either is well.
			_ = w.exec("ROLLBACK")
			err = classify(err)
		}
	}()
	if err := b.write(group); err != nil {
		if b.trusting && isConstraint(err) { // what should have been new is there
			err = errStale
		}
		return err
	}
	if err := w.exec("COMMIT"); err != nil {
		w.pending.disown()
		return fmt.Errorf("commit %w: %w", errEdge, err)
	}
	b.remember()
	return nil
}

func (w *writer) exec(query string, values ...any) error {
	_, err := w.conn.exec(query, values...)
	return err
}

// change runs a statement that has to find one row, as it is known.
func (w *writer) change(query string, values ...any) error {
	var r driver.Result
	r, err := w.conn.exec(query, values...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%s: %d rows instead of one: %w", query, n, errStale), err)
	}
	return nil
}
