package memory

import (
	"context"
	"slices"

	"aftersales/internal/followup"
)

type body struct {
	followup.Incoming
	seq    int64
	done   bool
	reason string
}

// Accept stores each body under its key unless it is there.
func (s *Store) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	if err := alive(ctx, "accept"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]followup.Verdict, len(in))
	for i, b := range in {
		switch old := s.keys[b.InboxKey]; {
		case old == nil:
			b.Body = slices.Clone(b.Body)
			kept := &body{Incoming: b, seq: int64(len(s.inbox) + 1)}
			s.keys[b.InboxKey], s.inbox = kept, append(s.inbox, kept)
			out[i] = followup.Accepted
		case old.Hash == b.Hash:
			old.done, old.reason = false, "" // queued again: a replay repairs
			out[i] = followup.Seen
		default:
			out[i] = followup.Different
		}
	}
	return out, nil
}

// Waiting pages through bodies that nothing has marked done, in the order they
// were stored.
func (s *Store) Waiting(ctx context.Context, after followup.Cursor, limit int) ([]followup.Incoming, followup.Cursor, error) {
	if err := alive(ctx, "read inbox"); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var waiting []*body
	for _, b := range s.inbox {
		if !b.done {
			waiting = append(waiting, b)
		}
	}
	found, next := page(waiting, after, limit, func(b *body) string { return fixed(b.seq) })
	out := make([]followup.Incoming, len(found))
	for i, b := range found {
		out[i] = b.Incoming
		out[i].Body = slices.Clone(b.Body)
	}
	return out, next, nil
}

// Done marks bodies done; unknown keys are passed over.
func (s *Store) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	if err := alive(ctx, "mark inbox"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done(keys, reason)
	return nil
}

func (s *Store) done(keys []followup.InboxKey, reason string) {
	for _, k := range keys {
		if b := s.keys[k]; b != nil && !b.done {
			b.done, b.reason = true, reason
		}
	}
}
