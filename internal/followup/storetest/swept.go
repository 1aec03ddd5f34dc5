package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
		_, recs := s.ReadRecords(ctx, []string{"a"})
		_, in := s.Incoming(ctx, followup.InboxKey{})
		for name, err := range map[string]error{"DueIn": due, "Record": rec, "ReadRecords": recs, "SetRecord": s.SetRecord(ctx, "a", nil, 0), "Incoming": in} {
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
