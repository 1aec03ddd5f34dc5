package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	if _, err := os.Lstat(e.File); !errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("export state to %s: it exists already; name a new file", e.File)
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
	h := transfer.Header{
		ID: e.ID, At: e.Now, Form: Form, Program: e.Program, Epoch: epoch, Quiet: quiet, Copy: e.Copy, Key: transfer.KeyName(a.ContactKey),
	}
	out = Exported{File: e.File, ID: e.ID, Quiet: quiet, Closed: !e.Copy}
	out.Bytes, err = write(e.File, func(f *os.File) (err error) {
		out.Counts, err = transfer.Export(ctx, f, a.Store, h, e.Progress)
		return err
	})
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

// write makes a file that appears whole or not at all, and returns its size.
func write(path string, fill func(f *os.File) error) (size int64, err error) {
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	if err := fill(f); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(part, path); err != nil {
		return 0, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return info.Size(), err
	}
	return info.Size(), errors.Join(dir.Sync(), dir.Close())
}

// Target is the folder as an import sees it, and the lock that keeps others
// from serving it until done is called.
func (a *App) Target() (to transfer.Target, done func() error, err error) {
	if _, done, err = a.quiet(false); err != nil {
		return to, nil, err
	}
	return transfer.Target{Store: a.Store, Settings: a.Store, Key: transfer.KeyName(a.ContactKey)}, done, nil
}

// Here returns an error when the folder was moved away.
func (a *App) Here(ctx context.Context) error { return transfer.Here(ctx, a.Store) }

// Reopen takes a folder into use again whose export was never imported.
func (a *App) Reopen(ctx context.Context) error { return transfer.Reopen(ctx, a.Store) }
