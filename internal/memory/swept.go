package memory

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"aftersales/internal/followup"
)

var _ followup.SweptStore = (*Store)(nil)

// shards is how many parts a lane has: more than one, as in the durable form.
const shards = 4

// shelf is one shard of a lane.
type shelf struct {
	lane  followup.Lane
	shard int
}

func shelfOf(f *followup.FollowUp) shelf {
	h := fnv.New32a()
	_, _ = h.Write([]byte(f.ID.Journey())) // never fails
	return shelf{f.Lane(), int(h.Sum32() % shards)}
}

// look is where the look of a row stands.
type look struct {
	at    time.Time
	shelf shelf
}

// place moves the look of f.
func (s *Store) place(f *followup.FollowUp) {
	if was, ok := s.looks[f.ID]; ok {
		s.lanes[was.shelf].move(followup.FollowUp{ID: f.ID, Next: was.at}, followup.FollowUp{})
		delete(s.looks, f.ID)
	}
	if f.Next.IsZero() {
		return
	}
	now := look{f.Next, shelfOf(f)}
	if s.lanes[now.shelf] == nil {
		s.lanes[now.shelf] = &queue{}
	}
	s.lanes[now.shelf].move(followup.FollowUp{}, followup.FollowUp{ID: f.ID, Next: f.Next})
	s.looks[f.ID] = now
}

// Shards is how many parts a lane has.
func (s *Store) Shards() int { return shards }

// DueIn returns at most limit looks of one shard of a lane behind from, up to until.
func (s *Store) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	if err := alive(ctx, "read due"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []followup.Ref{}
	q := s.lanes[shelf{lane, shard}]
	if q == nil {
		return out, nil
	}
	i, found := q.find(from.At, from.ID)
	if found {
		i++
	}
	for _, r := range q.refs[i:] {
		if r.Next.After(until) || len(out) >= max(limit, 1) {
			break
		}
		out = append(out, r)
	}
	return out, nil
}

// Record returns a value and its version; version 0: there is none.
func (s *Store) Record(ctx context.Context, key string) ([]byte, int64, error) {
	if err := alive(ctx, "read record"); err != nil {
		return nil, 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.records[key]
	return slices.Clone(d.json), d.version, nil
}

// ReadRecords returns several records.
func (s *Store) ReadRecords(ctx context.Context, keys []string) ([]followup.Record, error) {
	out := make([]followup.Record, len(keys))
	for i, key := range keys {
		var err error
		if out[i].Value, out[i].Version, err = s.Record(ctx, key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SetRecord writes a value over the version that was read, or answers ErrConflict.
func (s *Store) SetRecord(ctx context.Context, key string, value []byte, version int64) error {
	if err := alive(ctx, "write record"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records[key].version != version {
		return fmt.Errorf("write record %s: %w", key, followup.ErrConflict)
	}
	s.records[key] = document{version + 1, slices.Clone(value)}
	return nil
}

// Incoming returns a body as it was accepted, or ErrNotFound.
func (s *Store) Incoming(ctx context.Context, key followup.InboxKey) (followup.Incoming, error) {
	if err := alive(ctx, "read body"); err != nil {
		return followup.Incoming{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.keys[key]
	if b == nil {
		return followup.Incoming{}, fmt.Errorf("read body %s: %w", key.Key, followup.ErrNotFound)
	}
	in := b.Incoming
	in.Body = slices.Clone(b.Body)
	return in, nil
}
