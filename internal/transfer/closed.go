package transfer

import (
	"context"
	"encoding/json"
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

// shut closes the target, unless an earlier run did.
func (i *importing) shut() error {
	if i.begun() || i.o.DryRun {
		return nil
	}
	m := Moved{At: i.o.Now.UTC(), Import: i.h.ID, How: i.o.how()}
	if i.found != nil {
		m.ID = i.found.ID
	}
	return Close(i.ctx, i.to.Settings, m)
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

// undo leaves the target as it was found when this run closed it and failed before
// it wrote anything that may be sent.
func (i *importing) undo(ctx context.Context) error {
	if i.begun() || i.wrote || i.o.DryRun {
		return nil
	}
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
