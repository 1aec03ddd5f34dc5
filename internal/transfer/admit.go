package transfer

import (
	"context"

	"aftersales/internal/followup"
)

// admit decides whether the file may come in at all; done is true when it came
// before. A store that an earlier run of this import has begun need not be empty.
func (i *importing) admit() (done bool, err error) {
	switch {
	case i.h.Key != i.to.Key:
		return false, ErrKey
	case i.h.Copy && !i.o.Copy:
		return false, ErrCopy
	}
	if err := i.mayEnter(); err != nil {
		return false, err
	}
	if i.mark, err = readMark(i.ctx, i.to.Settings, i.h.ID); err != nil {
		return false, err
	}
	if i.mark.Done {
		i.report.Epoch, i.report.Before = i.mark.Epoch, true
		return true, i.finished()
	}
	if !i.begun() {
		i.mark = mark{} // of a run that was given up
	}
	i.report.Epoch = i.mark.Epoch
	switch {
	case i.begun() || i.back:
		return false, nil
	case i.o.Replace:
		return false, ErrInUse
	case i.o.Merge:
		return false, nil
	}
	empty, err := Empty(i.ctx, i.to.Store)
	if err == nil && !empty {
		err = ErrNotEmpty
	}
	return false, err
}

// finished takes a store into use whose import died when all was here, or while it was
// taken into use.
func (i *importing) finished() error {
	if i.o.DryRun || i.found != nil && !i.begun() {
		return nil
	}
	return i.to.reopen(i.ctx)
}

// Empty reports whether a store holds neither journeys nor contacts nor bodies.
// Plans do not count: opening a store keeps those of its configuration.
func Empty(ctx context.Context, s Store) (bool, error) {
	ids, _, err := s.Find(ctx, followup.Query{All: true}, "", 1)
	if err != nil || len(ids) > 0 {
		return false, err
	}
	people, _, err := s.ContactIDs(ctx, "", 1)
	if err != nil || len(people) > 0 {
		return false, err
	}
	bodies, _, err := s.Bodies(ctx, "", 1)
	return len(bodies) == 0, err
}
