package cloud

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// soonDue is how far ahead whoever writes a look queues it: a sweep may have
// passed it by already.
const soonDue = 120 * time.Second

// soon is a store that queues the looks it wrote which are due soon. Queueing
// comes after the write, and a fault of the queue is only logged: the look stands
// in the store, where healing finds it.
type soon struct {
	followup.SweptStore
	queue queue.Sender
	now   func() time.Time
	log   *slog.Logger
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
	now := s.now()
	messages, err := looks(now, rows)
	if err == nil && len(messages) > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTime)
		defer cancel()
		err = s.queue.Send(ctx, messages)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "queue what is due soon; healing finds it", "rows", len(rows), "err", err)
	}
}

// queueTime bounds a send to a queue that follows a write.
const queueTime = 5 * time.Second

// looks returns the messages of the rows that are due soon: those of one journey
// with the same look in one, by look and id.
func looks(now time.Time, rows []followup.FollowUp) ([]queue.Message, error) {
	var refs []followup.Ref
	for i := range rows {
		if next := rows[i].Next; !next.IsZero() && next.Before(now.Add(soonDue)) {
			refs = append(refs, followup.Ref{ID: rows[i].ID, Next: next.Truncate(time.Millisecond)})
		}
	}
	slices.SortFunc(refs, func(a, b followup.Ref) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	var out []queue.Message
	var errs []error
	for len(refs) > 0 {
		l := Look{Journey: refs[0].ID.Journey(), At: refs[0].Next}
		for len(refs) > 0 && refs[0].ID.Journey() == l.Journey && refs[0].Next.Equal(l.At) {
			l.IDs, refs = append(l.IDs, refs[0].ID), refs[1:]
		}
		m, err := encode(l, l.At.Sub(now))
		out, errs = append(out, m), append(errs, err)
	}
	return out, errors.Join(errs...)
}
