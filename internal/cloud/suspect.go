package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// deadly is how many processes may end while they look at a row alone; then a
// person has to.
const deadly = 3

// suspect is a message that came back, with the rows it names that have a look due.
type suspect struct {
	item
	rows []followup.FollowUp
}

// deaths returns how often a look at the rows was begun and never ended. Looks that
// panicked, which the engine counts in the same place, are as bad.
func (s *suspect) deaths() int {
	n := 0
	for i := range s.rows {
		n = max(n, s.rows[i].Receives)
	}
	return n
}

// suspects looks at messages that came back, one at a time. That a message came
// back says little about it: the one beside it may have taken the process down, or
// nothing could be done at all. So it is noted in its rows that they are looked at,
// before, and taken back after: what still stands there is a death that was theirs.
// Those without any go first, so that a deadly one keeps nobody back.
func (f *Form) suspects(ctx context.Context, w *Work, b *batch, back []item) {
	all := make([]suspect, 0, len(back))
	for _, it := range back {
		rows, err := f.dueRows(ctx, it.look)
		if err != nil {
			b.fail(ctx, it.message, err)
			continue
		}
		all = append(all, suspect{it, rows})
	}
	slices.SortStableFunc(all, func(a, b suspect) int { return cmp.Compare(a.deaths(), b.deaths()) })
	for i := range all {
		if err := f.suspect(ctx, w, b, &all[i]); err != nil {
			b.fail(ctx, all[i].message, err)
		}
	}
}

// suspect looks at one message alone, or parks its rows. Its error is one of the
// store, before anything was looked at.
func (f *Form) suspect(ctx context.Context, w *Work, b *batch, s *suspect) (err error) {
	if s.rows, err = f.dueRows(ctx, s.look); err != nil { // those before it may have changed them
		return err
	}
	if n := s.deaths(); n >= deadly {
		return w.Engine.Park(ctx, f.Now(), s.look.IDs, fmt.Sprintf("%d looks at it failed, or ended the process", n))
	}
	if err := f.note(ctx, s.look.Journey, s.rows, 1); err != nil {
		return fmt.Errorf("note what is looked at: %w", err)
	}
	f.look(ctx, w, b, []item{s.item})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
	defer cancel()
	if err := f.unnote(ctx, s); err != nil {
		b.log.WarnContext(ctx, "a look that was ended may count as a death", "journey", s.look.Journey, "err", err)
	}
	return nil
}

// unnote takes back what was noted in rows that the look left as they were; what
// it wrote it cleared itself.
func (f *Form) unnote(ctx context.Context, s *suspect) error {
	js, err := f.Store.Journeys(ctx, []followup.JourneyID{s.look.Journey})
	if err != nil {
		return err
	}
	noted := slices.DeleteFunc(js[0].Rows, func(r followup.FollowUp) bool {
		return r.Receives == 0 || r.State == followup.Parked || !slices.ContainsFunc(s.rows, func(o followup.FollowUp) bool { return o.ID == r.ID })
	})
	return f.note(ctx, s.look.Journey, noted, -1)
}

// note adds to how often looks at rows were begun and not ended. It queues nothing.
func (f *Form) note(ctx context.Context, id followup.JourneyID, rows []followup.FollowUp, by int) error {
	if len(rows) == 0 {
		return nil
	}
	noted := slices.Clone(rows)
	for i := range noted {
		noted[i].Receives += by
	}
	errs, err := f.Store.Save(ctx, []followup.Change{{Journey: id, Rows: noted}})
	return errors.Join(append(errs, err)...)
}

// dueRows returns the rows a message names that have a look due.
func (f *Form) dueRows(ctx context.Context, l Look) ([]followup.FollowUp, error) {
	js, err := f.Store.Journeys(ctx, []followup.JourneyID{l.Journey})
	if err != nil {
		return nil, err
	}
	soon := f.Now().Add(ahead)
	return slices.DeleteFunc(js[0].Rows, func(r followup.FollowUp) bool {
		return r.Next.IsZero() || r.Next.After(soon) || !slices.Contains(l.IDs, r.ID)
	}), nil
}
