package transfer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An import closes its target before it writes anything, and opens it when all of
// the file is there. Whoever finds it closed by an import does not work there, so
// that one that dies in between leaves nothing that looks whole.

// mark is the value of importKey.
type mark struct {
	Epoch int       `json:"epoch"` // that this import raised the store to
	At    time.Time `json:"at"`    // begun, or done
	Done  bool      `json:"done"`
}

// readMark returns what became of the import of a file; the zero value: nothing yet.
func readMark(ctx context.Context, s Settings, id string) (m mark, err error) {
	text, err := s.Meta(ctx, importKey(id))
	if err != nil || text == "" {
		return m, err
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, fmt.Errorf("read what an earlier import left: %w", err)
	}
	return m, nil
}

// mayEnter fails when the target is closed, unless an earlier run of this import
// closed it, or the file brings back what was moved away and may replace what is
// here: what is left of another import, too.
func (i *importing) mayEnter() error {
	m, err := ReadMoved(i.ctx, i.to.Settings)
	if err != nil || m == nil {
		return err
	}
	i.found = m
	switch {
	case i.begun():
	case m.ID == "" || i.h.Copy || !slices.Contains(i.h.Lineage, m.ID):
		return m
	case !i.o.Replace:
		return ErrReturns
	}
	i.back = m.ID != ""
	return nil
}

// begun reports whether an earlier run of this import closed the target.
func (i *importing) begun() bool { return i.found != nil && i.found.Import == i.h.ID }

// shut closes the target, and takes over from an earlier run that did.
func (i *importing) shut() error {
	if i.o.DryRun {
		return nil
	}
	m := Moved{At: i.o.Now.UTC(), Import: i.h.ID, How: i.o.how()}
	switch {
	case i.begun():
		m = *i.found
	case i.found != nil:
		m.ID = i.found.ID
	}
	i.run = rand.Text()
	m.Run = i.run
	return Close(i.ctx, i.to.Settings, m)
}

// errOther is what the earlier of two runs of an import hears, and a later one that
// comes when all is done.
var errOther = errors.New("another run of this import is at work here, or has finished: nothing more is written by this one")

// last fails when this is not the last run to have begun: what was opened must not be
// deleted, nor what another is writing be opened.
func (i *importing) last(ctx context.Context) error {
	if i.o.DryRun {
		return nil
	}
	m, err := ReadMoved(ctx, i.to.Settings)
	if err == nil && (m == nil || m.Run != i.run) {
		err = errOther
	}
	return err
}

// how is what has to be said to do the same again, each word with a space before it.
func (o Options) how() (words string) {
	for _, w := range []struct {
		said bool
		word string
	}{{o.Copy, " --copy"}, {o.Merge, " --merge"}, {o.Replace, " --replace"}} {
		if w.said {
			words += w.word
		}
	}
	return words
}

// errStays stands beside what stopped an import that had begun to write.
var errStays = errors.New("what is here is a part of the file, and stays closed until the same import is said again and ends")

// undo leaves the target as it was found when this run closed it and failed before
// it wrote anything that may be sent.
func (i *importing) undo(ctx context.Context) error {
	if i.o.DryRun {
		return nil
	}
	err := i.last(ctx)
	switch {
	case errors.Is(err, errOther):
		return nil
	case i.begun() || i.wrote:
		return errStays
	case err == nil:
		err = i.asFound(ctx)
	}
	if err != nil {
		err = errors.Join(err, errStays)
	}
	return err
}

// asFound leaves the target closed or open, as it was found.
func (i *importing) asFound(ctx context.Context) error {
	if i.found != nil {
		return Close(ctx, i.to.Settings, *i.found)
	}
	if err := i.to.Settings.SetMeta(ctx, MovedKey, ""); err != nil {
		return err
	}
	return i.to.reopen(ctx)
}

// reopen takes the target into use.
func (to Target) reopen(ctx context.Context) error {
	if to.Reopen != nil {
		return to.Reopen(ctx)
	}
	return Reopen(ctx, to.Settings)
}
