package cloud_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
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

// asking notes which shards a sweep asks for.
type asking struct {
	*memory.Store
	mu    sync.Mutex
	asked map[string]int // by lane and number
}

func (a *asking) DueIn(ctx context.Context, lane followup.Lane, shard int, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	a.mu.Lock()
	a.asked[string(lane)+strconv.Itoa(shard)]++
	a.mu.Unlock()
	return a.Store.DueIn(ctx, lane, shard, from, until, limit)
}

// sweepsOf returns a sandbox of a deployment that writes to so many shards. Each
// call is a sweep, which tells how many shards it asked, a request each, and the
// names of those that are not the first of their lane.
func (s *stack) sweepsOf(shards int) func() (n int, others []string) {
	store := &asking{Store: s.store}
	parts := s.parts(config.Sweep)
	parts.Store, parts.Env.DueShards = store, shards
	form := cloud.New(parts)
	return func() (n int, others []string) {
		s.t.Helper()
		store.asked = map[string]int{}
		if err := form.Sweep(s.t.Context(), nil); err != nil {
			s.t.Fatal(err)
		}
		for name, times := range store.asked {
			if times != 1 {
				s.t.Errorf("shard %s was asked %d times", name, times)
			}
			if !strings.HasSuffix(name, "0") {
				others = append(others, name)
			}
		}
		return len(store.asked), others
	}
}

// A sweep asks the shards that are written to, and but for the first of its sandbox
// one of the others in its turn.
func TestASweepAsksWhatIsWrittenTo(t *testing.T) {
	s := newStack(t)
	sweep, others := s.sweepsOf(1), map[string]bool{}
	if n, names := sweep(); n != len(followup.Lanes) || len(names) != 0 {
		t.Errorf("the first sweep asked %d shards, of the others %v; want the first of each lane", n, names)
	}
	for range 12 {
		n, names := sweep()
		if n != len(followup.Lanes)+1 || len(names) != 1 {
			t.Fatalf("%d shards were asked, of the others %v; want the first of each lane and one more", n, names)
		}
		others[names[0]] = true
		s.pass(time.Minute)
	}
	if len(others) != 12 {
		t.Errorf("in twelve minutes %d of 12 others were asked", len(others))
	}
	if n, names := s.sweepsOf(3)(); n != 3*len(followup.Lanes) || len(names) != 2*len(followup.Lanes) {
		t.Errorf("%d shards were asked where three of each lane are written to", n)
	}
}

// A deployment that wrote to more shards leaves rows there: they are found, and from
// then on every sweep looks for them, as for those of one that says what it wrote to.
func TestNothingIsLeftInAShard(t *testing.T) {
	s := newStack(t)
	want := len(s.due(40, s.Now(), followup.Service)) // in all four
	sweep := s.sweepsOf(1)
	for range 30 {
		sweep()
		s.pass(time.Minute)
	}
	queued := map[followup.FollowUpID]bool{}
	for _, l := range s.queued() {
		for _, id := range l.IDs {
			queued[id] = true
		}
	}
	if len(queued) != want {
		t.Errorf("%d of %d looks were queued", len(queued), want)
	}
	if n, _ := s.sweepsOf(1)(); n != s.store.Shards()*len(followup.Lanes) {
		t.Errorf("%d shards are asked after rows were found in the last ones", n)
	}
	if !strings.Contains(s.logs.text(), "no function writes to any more") {
		t.Error("nobody was told")
	}

	fewer := newStack(t)
	fewer.sweepsOf(3)()
	if n, _ := fewer.sweepsOf(1)(); n != 3*len(followup.Lanes) {
		t.Errorf("%d shards are asked at once after a deployment that wrote to three of each lane", n)
	}
	if strings.Contains(fewer.logs.text(), "no function writes to any more") {
		t.Error("a deployment that writes to three shards is told as a surprise")
	}
}
