package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftersales/internal/followup"
)

// RunSwept tests what a form without a loop needs beside a [followup.Store]. The
// store of h must be a [followup.SweptStore].
func RunSwept(t *testing.T, h Harness) {
	for _, part := range []struct {
		name  string
		tests []promise
	}{
		{"Lanes", lanePromises},
		{"Records", recordPromises},
		{"Archive", archivePromises},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, p := range part.tests {
				t.Run(p.name, func(t *testing.T) {
					p.test(suite{T: t, Harness: h, s: h.Open(t)})
				})
			}
		})
	}
}

func (u suite) swept() followup.SweptStore {
	u.Helper()
	s, ok := u.s.(followup.SweptStore)
	if !ok {
		u.Fatalf("%T is no followup.SweptStore", u.s)
	}
	return s
}

// lane reads one lane shard by shard, each in pages of limit, merged.
func (u suite) lane(l followup.Lane, until time.Time, limit int) []followup.Ref {
	u.Helper()
	u.settle()
	var all []followup.Ref
	for shard := range u.swept().Shards() {
		from := followup.Place{}
		for {
			refs, err := u.swept().DueIn(u.Context(), l, shard, from, until, limit)
			u.ok("read lane", err)
			if len(refs) > limit {
				u.Fatalf("a page of %d has %d", limit, len(refs))
			}
			all = append(all, refs...)
			if len(refs) < limit {
				break
			}
			last := refs[len(refs)-1]
			from = followup.Place{At: last.Next, ID: last.ID}
		}
	}
	sortRefs(all)
	return all
}

// stands wants a row at one place, and in no other lane.
func (u suite) stands(id followup.FollowUpID, lane followup.Lane, at time.Time) {
	u.Helper()
	for _, l := range followup.Lanes {
		var want []followup.Ref
		if l == lane {
			want = []followup.Ref{{ID: id, Next: at}}
		}
		u.same(fmt.Sprintf("lane %s", l), u.lane(l, Start().AddDate(50, 0, 0), 10), want)
	}
}

// gone wants a row in no lane.
func (u suite) gone(id followup.FollowUpID) { u.Helper(); u.stands(id, "", time.Time{}) }

var lanePromises = []promise{
	{"each look stands in one shard of its row's lane, by time and id, in pages", laneOrder},
	{"up to the time, not later, and behind the place, not at it", func(u suite) {
		c := Order(1, 0)
		for i := range 5 {
			r := Row(c.Journey, c.Head.Contact, 0, Start())
			r.Occurrence = fmt.Sprint(i)
			r.ID = followup.NewFollowUpID(c.Journey, r.Step, "", r.Occurrence)
			c.Rows = append(c.Rows, moved(r, Start().Add(time.Duration(i/2)*time.Millisecond)))
		}
		u.saved(c)
		u.settle()
		var shard int
		for u.laneIn(shard, followup.Place{}, Start().AddDate(1, 0, 0)) == nil {
			shard++
		}
		place := followup.Place{At: Start(), ID: c.Rows[0].ID}
		u.same("behind the first", u.laneIn(shard, place, Start()), rowIDs(c.Rows[1:2]))
		u.same("behind nobody of that time", u.laneIn(shard, followup.Place{At: Start()}, Start()), rowIDs(c.Rows[:2]))
		u.same("a millisecond more", u.laneIn(shard, place, Start().Add(time.Millisecond)), rowIDs(c.Rows[1:4]))
		u.same("a nanosecond less", u.laneIn(shard, place, Start().Add(time.Millisecond-1)), rowIDs(c.Rows[1:2]))
		place = followup.Place{At: Start().Add(time.Millisecond), ID: c.Rows[3].ID}
		u.same("behind the fourth", u.laneIn(shard, place, Start().AddDate(1, 0, 0)), rowIDs(c.Rows[4:]))
		u.same("behind all", len(u.laneIn(shard, followup.Place{At: Start().AddDate(2, 0, 0)}, Start().AddDate(1, 0, 0))), 0)
	}},
	{"a row that was armed keeps the look that it was armed at", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		look := a.Row.Next
		a.Row = u.row(a.Row.ID).Arm("a1", a.Row.Plan, Start(), followup.CallTimeout)
		u.arm([]followup.Arm{a}, followup.ArmedNow)
		u.armedAs(a)
		u.stands(a.Row.ID, followup.LaneService, look)
		u.finish([]followup.Finish{Ending(a, Start())}, nil)
		u.gone(a.Row.ID)
	}},
	{"a claim waits for its own deadline, among the looks", func(u suite) {
		c := Order(1, 2)
		c.Rows = c.Rows[1:] // a call
		c.Rows[0].State = followup.Listed
		u.saved(c)
		u.stands(c.Rows[0].ID, followup.LaneLook, c.Rows[0].Next)
		row, person := u.row(c.Rows[0].ID), u.contact(c.Head.Contact)
		a := followup.Arm{Row: row.Claim("a1", row.Plan, "Sam", Start()), Contact: person}
		u.arm([]followup.Arm{a}, followup.ArmedNow)
		u.stands(row.ID, followup.LaneLook, a.Row.Next)
	}},
	{"a retry moves, what is unclear is a look, an end leaves", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		u.arm([]followup.Arm{a}, followup.ArmedNow)
		end := Ending(a, Start())
		end.Row.State, end.Row.Next = followup.Planned, Start().Add(time.Hour)
		u.finish([]followup.Finish{end}, nil)
		u.stands(a.Row.ID, followup.LaneService, end.Row.Next)
		row := u.row(a.Row.ID)
		row.State, row.Next = followup.Unknown, Start().Add(2*time.Hour)
		u.saved(rowsOnly(row))
		u.stands(row.ID, followup.LaneLook, row.Next)
		row = u.row(row.ID)
		row.State, row.Next = followup.Voided, time.Time{}
		u.saved(rowsOnly(row))
		u.gone(row.ID)
	}},
	{"ids that are longer than a key", func(u suite) {
		c := Order(1, 0)
		for i := range 3 {
			r := Row(c.Journey, c.Head.Contact, 0, Start())
			r.Step, r.Occurrence = strings.Repeat("ß", 700), fmt.Sprint(i)
			r.ID = followup.NewFollowUpID(c.Journey, r.Step, "", r.Occurrence)
			c.Rows = append(c.Rows, r)
		}
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
		for _, limit := range []int{1, 10} {
			got := map[followup.FollowUpID]bool{}
			for _, ref := range u.lane(followup.LaneService, Start().AddDate(5, 0, 0), limit) {
				got[ref.ID] = true
			}
			if len(got) != 3 || !got[c.Rows[0].ID] || !got[c.Rows[1].ID] || !got[c.Rows[2].ID] {
				u.Errorf("%d rows by %d, want the three", len(got), limit)
			}
		}
	}},
	{"a cancelled context is answered with its cause", func(u suite) {
		ctx, cancel := context.WithCancel(u.Context())
		cancel()
		s := u.swept()
		_, due := s.DueIn(ctx, followup.LaneRest, 0, followup.Place{}, Start(), 1)
		_, _, rec := s.Record(ctx, "a")
		_, in := s.Incoming(ctx, followup.InboxKey{})
		for name, err := range map[string]error{"DueIn": due, "Record": rec, "SetRecord": s.SetRecord(ctx, "a", nil, 0), "Incoming": in} {
			if !errors.Is(err, context.Canceled) {
				u.Errorf("%s: %v, want context.Canceled", name, err)
			}
		}
	}},
}

func (u suite) laneIn(shard int, from followup.Place, until time.Time) []followup.FollowUpID {
	u.Helper()
	if shard >= u.swept().Shards() {
		u.Fatal("no shard has the rows")
	}
	refs, err := u.swept().DueIn(u.Context(), followup.LaneService, shard, from, until, 100)
	u.ok("read lane", err)
	return refIDs(refs)
}

func laneOrder(u suite) {
	want := map[followup.Lane][]followup.Ref{}
	var group []followup.Change
	for n := range 12 {
		c := Order(n, 6)
		for i := range c.Rows {
			r := &c.Rows[i]
			r.Next = Start().Add(time.Duration((n+i)%3) * time.Hour)
			if n == 5 {
				r.State = followup.States[i]
			}
			want[r.Lane()] = append(want[r.Lane()], followup.Ref{ID: r.ID, Next: r.Next})
		}
		group = append(group, c)
	}
	u.saved(group...)
	for _, l := range followup.Lanes {
		sortRefs(want[l])
		for _, limit := range []int{1, 7, 1000} {
			u.same(fmt.Sprintf("lane %s by %d", l, limit), u.lane(l, Start().AddDate(1, 0, 0), limit), want[l])
		}
	}
	home := map[followup.JourneyID]int{}
	for shard := range u.swept().Shards() {
		for _, l := range followup.Lanes {
			refs, err := u.swept().DueIn(u.Context(), l, shard, followup.Place{}, Start().AddDate(1, 0, 0), 1000)
			u.ok("read lane", err)
			for _, ref := range refs {
				if at, ok := home[ref.ID.Journey()]; ok && at != shard {
					u.Errorf("journey %s is in shards %d and %d", ref.ID.Journey(), at, shard)
				}
				home[ref.ID.Journey()] = shard
			}
		}
	}
}

// record wants a record as it is.
func (u suite) record(key, want string, version int64) {
	u.Helper()
	value, v, err := u.swept().Record(u.Context(), key)
	u.ok("read record", err)
	if string(value) != want || v != version {
		u.Errorf("record %s is %q, version %d; want %q, version %d", key, value, v, want, version)
	}
}

func (u suite) setRecord(key, value string, version int64, want error) {
	u.Helper()
	if err := u.swept().SetRecord(u.Context(), key, []byte(value), version); !errors.Is(err, want) {
		u.Errorf("set record %s over version %d: %v, want %v", key, version, err, want)
	}
}

var recordPromises = []promise{
	{"an unknown record has version 0", func(u suite) { u.record("nobody", "", 0) }},
	{"a record is written over the version that was read, or not at all", func(u suite) {
		u.setRecord("sweep#call", "one", 1, followup.ErrConflict)
		u.record("sweep#call", "", 0)
		u.setRecord("sweep#call", "one", 0, nil)
		u.setRecord("sweep#call", "other", 0, followup.ErrConflict)
		u.record("sweep#call", "one", 1)
		u.setRecord("sweep#call", "two \x00\xff", 1, nil)
		u.setRecord("sweep#call", "late", 1, followup.ErrConflict)
		u.record("sweep#call", "two \x00\xff", 2)
		u.setRecord("sweep#call", "", 2, nil)
		u.record("sweep#call", "", 3)
	}},
	{"each key has its own", func(u suite) {
		for _, key := range []string{"a", "a#b", "A", "ä", "a/b"} {
			u.setRecord(key, key, 0, nil)
		}
		for _, key := range []string{"a", "a#b", "A", "ä", "a/b"} {
			u.record(key, key, 1)
		}
	}},
	{"of concurrent writers of one version exactly one wins", func(u suite) {
		for version := range int64(5) {
			var won atomic.Int32
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					err := u.swept().SetRecord(context.WithoutCancel(u.Context()), "lease", []byte("same"), version)
					if err == nil {
						won.Add(1)
					} else if !errors.Is(err, followup.ErrConflict) {
						u.Errorf("set record: %v", err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				u.Errorf("%d writers won version %d, want 1", won.Load(), version)
			}
		}
	}},
	{"callers share nothing with the store", func(u suite) {
		value := []byte("mine")
		u.ok("set record", u.swept().SetRecord(u.Context(), "a", value, 0))
		value[0] = 'M'
		got, _, err := u.swept().Record(u.Context(), "a")
		u.ok("read record", err)
		got[1] = 'I'
		u.record("a", "mine", 1)
	}},
}

// archived wants a body as it was accepted.
func (u suite) archived(want followup.Incoming) {
	u.Helper()
	got, err := u.swept().Incoming(u.Context(), want.InboxKey)
	u.ok("read body", err)
	if !bytes.Equal(got.Body, want.Body) {
		u.Errorf("the body of %.60q has %d bytes, or others; want %d", want.Key, len(got.Body), len(want.Body))
	}
	got.Body, want.Body = nil, nil
	u.same("body", got, want)
}

var archivePromises = []promise{
	{"an unknown body is not found", func(u suite) {
		if _, err := u.swept().Incoming(u.Context(), webhook(1, "a").InboxKey); !errors.Is(err, followup.ErrNotFound) {
			u.Errorf("error %v, want ErrNotFound", err)
		}
	}},
	{"a body comes back as it was first accepted, done or not", func(u suite) {
		in := webhook(1, "Grüße \x00\xff aus Zürich")
		in.At = in.At.Add(123_456_789)
		u.accept(followup.Accepted, in)
		u.archived(in)
		other := webhook(1, "b")
		other.At = other.At.Add(time.Hour)
		u.accept(followup.Different, other)
		again := in
		again.At = again.At.Add(time.Hour)
		u.accept(followup.Seen, again)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in.InboxKey}, "nothing to do"))
		u.archived(in)
	}},
	{"empty and large bodies, also those that cannot be packed", func(u suite) {
		random := rand.NewChaCha8([32]byte{1})
		for n, size := range []int{0, 1, 300 << 10, 400 << 10, 1 << 20} {
			in := webhook(n, "x")
			in.Body, in.Topic = make([]byte, size), ""
			random.Read(in.Body) // never fails
			in.Hash = fmt.Sprintf("%064x", n)
			u.accept(followup.Accepted, in)
			u.archived(in)
			u.accept(followup.Seen, in)
			in.Hash = "other"
			u.accept(followup.Different, in)
		}
	}},
	{"odd keys stay apart", func(u suite) {
		long := strings.Repeat("注", 800)
		var all []followup.Incoming
		for n, k := range []followup.InboxKey{
			{Shop: "main", Source: "a", Key: "b#c"},
			{Shop: "main", Source: "a#b", Key: "c"},
			{Shop: "main", Source: "a%23b", Key: "c"},
			{Shop: "main", Source: "a", Key: "b"},
			{Shop: "main", Source: "a", Key: long},
			{Shop: "main", Source: "a", Key: long + "1"},
			{Shop: "main", Source: "https://example.org/#x", Key: `"';\ ` + "\n\x00"},
		} {
			in := webhook(n, fmt.Sprint("body ", n))
			in.InboxKey = k
			all = append(all, in)
		}
		u.accept(followup.Accepted, all...)
		for _, in := range all {
			u.archived(in)
		}
	}},
}
