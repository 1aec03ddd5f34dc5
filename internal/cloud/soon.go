package cloud

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// soonDue is how far ahead whoever writes a look queues it: a sweep may have
// passed it by already.
const soonDue = 120 * time.Second

// soon is a store that queues the looks it wrote which are due soon, as the sweep
// would: at the rate of their stream, and not while their lane is paused. Queueing
// comes after the write, and a fault is only logged: the look stands in the store,
// where healing finds it.
type soon struct {
	followup.SweptStore
	form *Form
	turn sync.Mutex // one at a time in this sandbox, or they lose the record to one another
}

// Journeys loads journeys. Whoever died behind a Save queued nothing, and the Save
// that repeats it changes no row: so for a message that came back, what is due soon
// is queued from what was loaded. What has been due for long, healing has found.
func (s *soon) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	js, err := s.SweptStore.Journeys(ctx, ids)
	if err != nil || ctx.Value(backKey{}) == nil {
		return js, err
	}
	var rows []followup.FollowUp
	healed := s.form.Now().Add(-trailed)
	for i := range js {
		for _, row := range js[i].Rows {
			if row.Next.After(healed) {
				rows = append(rows, row)
			}
		}
	}
	s.tell(ctx, rows)
	return js, nil
}

type backKey struct{}

// cameBack returns a context for messages of which some came back.
func cameBack(ctx context.Context, messages []QueueMessage) context.Context {
	if slices.ContainsFunc(messages, func(m QueueMessage) bool { return receivesOf(&m) > 1 }) {
		return context.WithValue(ctx, backKey{}, true)
	}
	return ctx
}

// Save writes changes, then queues what is due soon.
func (s *soon) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	errs, err := s.SweptStore.Save(ctx, changes)
	if err != nil {
		return errs, err
	}
	var rows []followup.FollowUp
	for i := range changes {
		if errs[i] == nil {
			rows = append(rows, changes[i].Rows...)
		}
	}
	s.tell(ctx, rows)
	return errs, nil
}

// Finish ends attempts, then queues what is due soon.
func (s *soon) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	errs, err := s.SweptStore.Finish(ctx, ends)
	if err != nil {
		return errs, err
	}
	var rows []followup.FollowUp
	for i := range ends {
		if errs[i] == nil {
			rows = append(rows, ends[i].Row)
		}
	}
	s.tell(ctx, rows)
	return errs, nil
}

// tell queues the looks that are due soon.
func (s *soon) tell(ctx context.Context, rows []followup.FollowUp) {
	now := s.form.Now()
	due := looks(now, rows)
	if len(due) == 0 {
		return
	}
	n := 0
	for _, refs := range due {
		n += len(refs)
	}
	left := queueTime
	if end, limited := ctx.Deadline(); limited {
		left = min(left, time.Until(end)) // whoever waits for the answer gets it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	s.turn.Lock()
	defer s.turn.Unlock()
	for _, of := range streams() {
		if err := s.form.soon(ctx, now, of, due); err != nil {
			s.form.Log.ErrorContext(ctx, "queue what is due soon; healing finds it", "stream", of.record, "looks", n, "err", err)
		}
	}
}

// queueTime bounds what follows a write: a turn in the stream, and a send to a queue.
const queueTime = 5 * time.Second

// looks returns the looks of the rows that are due soon, by lane, look and id.
func looks(now time.Time, rows []followup.FollowUp) map[followup.Lane][]followup.Ref {
	out := map[followup.Lane][]followup.Ref{}
	for i := range rows {
		if next := rows[i].Next; !next.IsZero() && next.Before(now.Add(soonDue)) {
			l := rows[i].Lane()
			out[l] = append(out[l], followup.Ref{ID: rows[i].ID, Next: next.Truncate(time.Millisecond)})
		}
	}
	for _, refs := range out {
		slices.SortFunc(refs, func(a, b followup.Ref) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	}
	return out
}

// soon queues the looks of one stream in turns of their own. Those of a paused
// lane wait for its resumption; whatever finds no turn, for healing.
func (f *Form) soon(ctx context.Context, now time.Time, s stream, due map[followup.Lane][]followup.Ref) error {
	if !slices.ContainsFunc(s.lanes, func(l followup.Lane) bool { return len(due[l]) > 0 }) {
		return nil
	}
	var slots []Slot
	err := f.untilKept(ctx, func() error {
		st, version, err := f.standing(ctx, s)
		if err != nil {
			return err
		}
		st.Turn(now)
		given, changed := f.turns(ctx, now, s, &st, due)
		if slots = given; !changed {
			return nil
		}
		return f.keep(ctx, s, &st, version)
	})
	if errors.Is(err, followup.ErrConflict) {
		f.Log.WarnContext(ctx, "what is due soon goes out beside the rate", "stream", s.record, "looks", count(slots))
		err = nil
	}
	if err != nil {
		return err
	}
	return f.queue(ctx, now, slots)
}

// turns gives looks that are due soon what is free. More than is usual pauses a lane.
func (f *Form) turns(ctx context.Context, now time.Time, s stream, st *Stream, due map[followup.Lane][]followup.Ref) (slots []Slot, changed bool) {
	budget := f.budget(s, st)
	for _, l := range s.lanes {
		lane, refs := st.lane(l), due[l]
		if len(refs) == 0 || !lane.Paused.over(now) {
			continue
		}
		if usual := lane.Usual(now); s.sends && usual >= 0 && len(refs) > usual {
			refs = refs[:usual]
			f.unusual(ctx, now, l, lane, usual)
			changed = true
		}
		slots = append(slots, st.Soon(now, l, &budget, refs)...)
	}
	return slots, changed || len(slots) > 0
}
