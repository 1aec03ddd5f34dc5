package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// queue holds what has a next look, sorted by (next, id).
type queue struct {
	refs []followup.Ref
}

func (q *queue) find(next time.Time, id followup.FollowUpID) (int, bool) {
	return slices.BinarySearchFunc(q.refs, followup.Ref{ID: id, Next: next}, compareRefs)
}

func compareRefs(a, b followup.Ref) int {
	if c := a.Next.Compare(b.Next); c != 0 {
		return c
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

// move takes old out and puts f in, where they have a look.
func (q *queue) move(old, f followup.FollowUp) {
	if !old.Next.IsZero() {
		if i, found := q.find(old.Next, old.ID); found {
			q.refs = slices.Delete(q.refs, i, i+1)
		}
	}
	if !f.Next.IsZero() {
		i, _ := q.find(f.Next, f.ID)
		q.refs = slices.Insert(q.refs, i, followup.Ref{ID: f.ID, Next: f.Next, State: f.State})
	}
}

// Due pages through rows whose next look is at or before until, by (next, id).
func (s *Store) Due(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
	if err := alive(ctx, "read due"); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	end, _ := slices.BinarySearchFunc(s.due.refs, until, func(r followup.Ref, t time.Time) int {
		if r.Next.After(t) {
			return 1
		}
		return -1
	})
	found, next := page(s.due.refs[:end], after, limit, func(r followup.Ref) string {
		return fixed(r.Next.UnixMilli()) + string(r.ID)
	})
	return slices.Clone(found), next, nil
}

// NextLook returns the earliest next look; ok is false when nothing has one.
func (s *Store) NextLook(ctx context.Context) (at time.Time, ok bool, err error) {
	if err := alive(ctx, "read next look"); err != nil {
		return time.Time{}, false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.due.refs) == 0 {
		return time.Time{}, false, nil
	}
	return s.due.refs[0].Next, true, nil
}

// Arm reserves and arms each element on its own.
func (s *Store) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	if err := alive(ctx, "arm"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	contacts := make([][]byte, len(arms))
	for i := range arms {
		a := &arms[i]
		if a.Row.State != followup.Armed || a.Row.Attempt == "" || a.Contact.ID == "" {
			return nil, fmt.Errorf("arm %s: want state armed, an attempt and a contact", a.Row.ID)
		}
		b, err := encode("contact", &a.Contact)
		if err != nil {
			return nil, err
		}
		contacts[i] = b
	}
	out := make([]followup.ArmResult, len(arms))
	for i, a := range arms {
		out[i] = s.arm(a, contacts[i])
	}
	return out, nil
}

func (s *Store) arm(a followup.Arm, contact []byte) followup.ArmResult {
	if old := s.row(a.Row.ID); old.Version != a.Row.Version || !old.State.Open() {
		return followup.Lost
	}
	if s.contacts[a.Contact.ID].version != a.Contact.Version {
		return followup.Closed
	}
	s.contacts[a.Contact.ID] = document{a.Contact.Version + 1, contact}
	if row := s.write(a.Row); row.Claimed != "" {
		s.place(&row) // a claim waits for its own deadline; a send keeps the look it was found at
	}
	return followup.ArmedNow
}

// Finish ends attempts; repeating one is nil.
func (s *Store) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	if err := alive(ctx, "finish"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(ends))
	for i := range ends {
		if err := s.finish(&ends[i]); err != nil {
			errs[i] = fmt.Errorf("finish %s: %w", ends[i].Row.ID, err)
		}
	}
	return errs, nil
}

func (s *Store) finish(f *followup.Finish) error {
	if f.Attempt == "" || f.Row.State == followup.Armed || f.Row.Attempt != "" && f.Row.Attempt != f.Attempt {
		return fmt.Errorf("want an attempt %q and a row that is not armed and names no other", f.Attempt)
	}
	old := s.row(f.Row.ID)
	switch {
	case old.State == followup.Armed && old.Attempt == f.Attempt && old.Version == f.Row.Version:
		if err := s.unspend(f); err != nil {
			return err
		}
		s.put(f.Row)
		return nil
	case old.State == f.Row.State && old.Attempt == f.Row.Attempt && old.Version == f.Row.Version+1:
		return nil // done before
	default:
		return followup.ErrConflict
	}
}

// unspend gives the reservation back, if it is still there.
func (s *Store) unspend(f *followup.Finish) error {
	d := s.contacts[f.Unspend]
	if f.Unspend == "" || d.version == 0 {
		return nil
	}
	var c followup.Contact
	if err := json.Unmarshal(d.json, &c); err != nil {
		return fmt.Errorf("read contact %s: %w", f.Unspend, err)
	}
	before := len(c.Sends)
	if c.Unspend(f.Row.ID); len(c.Sends) == before {
		return nil
	}
	b, err := encode("contact", &c)
	if err != nil {
		return err
	}
	s.contacts[f.Unspend] = document{d.version + 1, b}
	return nil
}
