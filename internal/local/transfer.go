package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aftersales/internal/sqlite"
	"aftersales/internal/transfer"
)

// Form is what a state of this form says it comes from.
const Form = "embedded"

// Export is what ExportState is told.
type Export struct {
	File     string // must not exist
	ID       string // names the export for ever
	Now      time.Time
	Program  string                // version, for people
	Copy     bool                  // the folder goes on: it is not closed
	Progress func(transfer.Counts) // nil: nobody looks
}

// Exported is what ExportState wrote.
type Exported struct {
	File   string          `json:"file"`
	Form   string          `json:"form"` // it was taken from: embedded or aws
	ID     string          `json:"id"`
	Bytes  int64           `json:"bytes"`
	Quiet  bool            `json:"quiet"`  // nothing could be sent meanwhile
	Closed bool            `json:"closed"` // the folder is closed now
	Counts transfer.Counts `json:"counts"`
}

// ExportState writes all state of the folder into a file of mode 0600 that
// appears whole or not at all. The folder must not be served; it is closed, so
// that it cannot be from then on, unless a copy is asked for, for which it may go on.
func (a *App) ExportState(ctx context.Context, e Export) (out Exported, err error) {
	quiet, unlock, err := a.quiet(e.Copy)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := transfer.Whole(ctx, a.Store); err != nil {
		return out, err
	}
	if err := transfer.Fresh(e.File); err != nil {
		return out, err
	}
	if !e.Copy {
		reopen, fault := a.close(ctx, &e)
		if fault != nil {
			return out, fault
		}
		defer func() { // a file that is not there moved nothing
			if err != nil {
				err = errors.Join(err, reopen())
			}
		}()
	}
	epoch, err := transfer.Epoch(ctx, a.Store)
	if err != nil {
		return out, err
	}
	lineage, err := transfer.Lineage(ctx, a.Store)
	if err != nil {
		return out, err
	}
	h := transfer.Header{
		ID: e.ID, At: e.Now, Form: Form, Program: e.Program, Epoch: epoch, Quiet: quiet, Copy: e.Copy, Key: transfer.KeyName(a.ContactKey), Lineage: lineage,
	}
	out = Exported{File: e.File, Form: Form, ID: e.ID, Quiet: quiet, Closed: !e.Copy}
	out.Counts, out.Bytes, err = transfer.ToFile(ctx, e.File, a.Store, h, e.Progress)
	return out, err
}

// quiet takes the lock of who serves; a copy is made beside somebody, too.
func (a *App) quiet(beside bool) (quiet bool, unlock func() error, err error) {
	lock, err := sqlite.Lock(a.Config.Data, "aftersales export or import, "+holder())
	_, held := errors.AsType[*sqlite.HeldError](err)
	switch {
	case err == nil:
		return true, lock.Close, nil
	case held && beside:
		return false, func() error { return nil }, nil
	default:
		return false, nil, fmt.Errorf("nothing may be sent while the state is moved, so stop `serve` first: %w", err)
	}
}

// close notes that the folder is moved away, before it is read. A folder that
// is closed already is written again, under its old name.
func (a *App) close(ctx context.Context, e *Export) (reopen func() error, err error) {
	moved, err := transfer.ReadMoved(ctx, a.Store)
	if err != nil {
		return nil, err
	}
	reopen = func() error { return transfer.Reopen(context.WithoutCancel(ctx), a.Store) }
	if moved != nil {
		e.ID, reopen = moved.ID, func() error { return nil }
	}
	return reopen, transfer.Close(ctx, a.Store, transfer.Moved{ID: e.ID, At: e.Now.UTC()})
}

// Target is the folder as an import sees it, and the lock that keeps others
// from serving it until done is called.
func (a *App) Target() (to transfer.Target, done func() error, err error) {
	if _, done, err = a.quiet(false); err != nil {
		return to, nil, err
	}
	return transfer.Target{Store: a.Store, Settings: a.Store, Key: transfer.KeyName(a.ContactKey), Clear: a.Store.Clear}, done, nil
}

// Here returns an error when the folder was moved away, or an import into it is not finished.
func (a *App) Here(ctx context.Context) error { return transfer.Here(ctx, a.Store) }
