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

// shards is how many parts a lane has, as many as in the tables on AWS.
const shards = 4

// Shards is how many parts a lane has.
func (s *Store) Shards() int { return shards }

func shardOf(id followup.JourneyID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return int(h.Sum32() % shards)
}

// DueIn returns the looks of one shard of a lane behind from, up to until.
func (s *Store) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	if err := alive(ctx, "read due of a lane"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := s.due.find(from.At, from.ID)
	if found {
		i++
	}
	var out []followup.Ref
	for _, r := range s.due.refs[i:] {
		if len(out) == limit || r.Next.After(until) {
			break
		}
		row := s.row(r.ID)
		if shardOf(r.ID.Journey()) == shard && row.Lane() == lane {
			out = append(out, followup.Ref{ID: r.ID, Next: r.Next})
		}
	}
	return out, nil
}

// record is a value of the operation with its version.
type record struct {
	value   []byte
	version int64
}

// Record returns a value and its version; version 0: there is none.
func (s *Store) Record(ctx context.Context, key string) ([]byte, int64, error) {
	if err := alive(ctx, "read record"); err != nil {
		return nil, 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.records[key]
	return slices.Clone(r.value), r.version, nil
}

// SetRecord writes a value over the version that was read.
func (s *Store) SetRecord(ctx context.Context, key string, value []byte, version int64) error {
	if err := alive(ctx, "write record"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records[key].version != version {
		return fmt.Errorf("write record %s: %w", key, followup.ErrConflict)
	}
	s.records[key] = record{slices.Clone(value), version + 1}
	return nil
}

// Incoming gives back a body by its key.
func (s *Store) Incoming(ctx context.Context, key followup.InboxKey) (followup.Incoming, error) {
	if err := alive(ctx, "read body"); err != nil {
		return followup.Incoming{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.keys[key]
	if b == nil {
		return followup.Incoming{}, fmt.Errorf("read body: %w", followup.ErrNotFound)
	}
	in := b.Incoming
	in.Body = slices.Clone(in.Body)
	return in, nil
}
