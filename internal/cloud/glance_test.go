package cloud_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// counting counts what a sweep asks the store for.
type counting struct {
	*memory.Store
	due, records, one atomic.Int32
}

func (c *counting) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	c.due.Add(1)
	return c.Store.DueIn(ctx, lane, shard, from, until, limit)
}

func (c *counting) ReadRecords(ctx context.Context, keys []string) ([]followup.Record, error) {
	c.records.Add(1)
	return c.Store.ReadRecords(ctx, keys)
}

func (c *counting) Record(ctx context.Context, key string) ([]byte, int64, error) {
	c.one.Add(1)
	return c.Store.Record(ctx, key)
}

// Each shard is asked once for all that a sweep wants to know of it.
func TestASweepAsksOnce(t *testing.T) {
	s := newStack(t)
	s.due(20, s.Now(), followup.Service)
	for range 12 { // lost looks are looked for, too
		s.sweep()
		s.pass(time.Minute)
	}
	store := &counting{Store: s.store}
	parts := s.parts(config.Sweep)
	parts.Store = store
	if err := cloud.New(parts).Sweep(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if due, records, one := store.due.Load(), store.records.Load(), store.one.Load(); due != int32(len(followup.Lanes)*s.store.Shards()) || records != 1 || one != 0 {
		t.Errorf("%d looks into shards, %d requests for all records, %d for one; want each shard once, and all records at once", due, records, one)
	}
}

// slow is a store whose shards take a millisecond each, and which counts how many
// are asked at once.
type slow struct {
	*memory.Store
	now, most atomic.Int32
}

func (s *slow) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	time.Sleep(time.Millisecond) // of the bubble
	return s.Store.DueIn(ctx, lane, shard, from, until, limit)
}

// Four hands ask the shards: fewer would keep the sweep waiting, more would open a
// connection each.
func TestASweepAsksFourShardsAtATime(t *testing.T) {
	s := newStack(t)
	synctest.Test(t, func(t *testing.T) {
		store := &slow{Store: s.store}
		parts := s.parts(config.Sweep)
		parts.Store = store
		began := time.Now()
		if err := cloud.New(parts).Sweep(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		shards := len(followup.Lanes) * s.store.Shards()
		if took := time.Since(began); store.most.Load() != 4 || took != time.Duration(shards/4)*time.Millisecond {
			t.Errorf("%d shards at once, %s for %d of them; want 4, and a millisecond for each four", store.most.Load(), took, shards)
		}
	})
}

// Looks that were queued and still wait may be more than the first that are read of
// a shard: what comes behind them is found all the same, and each once.
func TestASweepLooksBehindWhatStillWaits(t *testing.T) {
	s := newStack(t)
	s.due(150, s.Now(), followup.Service)
	s.sweep()
	if got := s.queued(); len(got) != 150 {
		t.Fatalf("%d looks are queued, want 150", len(got))
	}
	s.pass(time.Minute)
	late := map[followup.FollowUpID]bool{}
	for _, id := range s.due(150, s.Now(), followup.Feedback) {
		late[id] = true
	}
	fresh := map[followup.FollowUpID]bool{}
	for _, id := range s.due(40, s.Now().Add(time.Second), followup.Service) {
		fresh[id] = true
	}
	before := len(s.queued())
	s.sweep()
	for _, l := range s.queued()[before:] {
		for _, id := range l.IDs {
			delete(fresh, id)
			delete(late, id)
		}
	}
	if len(fresh) > 0 || len(late) > 0 {
		t.Errorf("%d of 40 looks behind 150 that still wait are not queued, %d of 150 of the other lane", len(fresh), len(late))
	}
}
