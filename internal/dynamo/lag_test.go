package dynamo_test

import (
	"testing"
	"time"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// lagging is a store whose indexes are half a minute behind at most.
func lagging(seed uint64) (*dynamo.Store, *dynamotest.Limits) {
	l := &dynamotest.Limits{API: &dynamotest.Memory{}, Seed: seed, Lag: 30 * time.Second}
	c := settings()
	c.Wait = l.Wait
	return dynamo.New(l, tables, c), l
}

func saved(t *testing.T, s followup.Store, c followup.Change) {
	t.Helper()
	if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
}

// looks are what a lane shows now, over its shards.
func looks(t *testing.T, s *dynamo.Store, lane followup.Lane) (out []time.Time) {
	t.Helper()
	for shard := range s.Shards() {
		refs, err := s.DueIn(t.Context(), lane, shard, followup.Place{}, storetest.Start().AddDate(9, 0, 0), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refs {
			out = append(out, r.Next)
		}
	}
	return out
}

// TestALookThatLagsIsOldOrNew moves a row and looks before the index has caught
// up: what was, what is, or nothing at all; and in the end what is.
func TestALookThatLagsIsOldOrNew(t *testing.T) {
	t.Parallel()
	old, fresh, none := 0, 0, 0
	for seed := range uint64(20) {
		s, l := lagging(seed)
		c := storetest.Order(1, 1)
		first := c.Rows[0].Next
		saved(t, s, c)
		l.Settle()
		c.Rows[0].Version, c.Rows[0].Next = 1, first.AddDate(0, 0, 2)
		saved(t, s, followup.Change{Journey: c.Journey, Rows: c.Rows})
		for range 40 {
			switch got := looks(t, s, followup.LaneService); {
			case len(got) == 0:
				none++
			case len(got) == 1 && got[0].Equal(first):
				old++
			case len(got) == 1 && got[0].Equal(c.Rows[0].Next):
				fresh++
			default:
				t.Fatalf("seed %d: looks at %v", seed, got)
			}
			if refs, _, err := s.Due(t.Context(), first, "", 10); err != nil || len(refs) > 0 {
				t.Fatalf("seed %d: a row that moved is due: %v (%v)", seed, refs, err)
			}
			if err := l.Wait(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		}
		l.Settle()
		if got := looks(t, s, followup.LaneService); len(got) != 1 || !got[0].Equal(c.Rows[0].Next) {
			t.Errorf("seed %d: settled, it looks at %v", seed, got)
		}
	}
	if old == 0 || fresh == 0 {
		t.Errorf("old %d, new %d, none %d: the index does not lag", old, fresh, none)
	}
}

// TestAHotKeyIsWrittenInTheEnd writes 350 rows of one order while its key takes
// 100 units a second.
func TestAHotKeyIsWrittenInTheEnd(t *testing.T) {
	t.Parallel()
	l := &dynamotest.Limits{API: &dynamotest.Memory{}, WRU: 100}
	c := settings()
	c.Wait = l.Wait
	s := dynamo.New(l, tables, c)
	order := storetest.Order(1, 350)
	for range 10 { // as a queue would
		errs, err := s.Save(t.Context(), []followup.Change{order})
		if err != nil {
			t.Fatal(err)
		}
		if errs[0] == nil {
			break
		}
		js, err := s.Journeys(t.Context(), []followup.JourneyID{order.Journey})
		if err != nil {
			t.Fatal(err)
		}
		order.Contacts, order.Rows = nil, missing(order.Rows, &js[0])
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{order.Journey})
	if err != nil || js[0].Version != 1 || len(js[0].Rows) != 350 {
		t.Errorf("version %d, %d rows, %v", js[0].Version, len(js[0].Rows), err)
	}
	if l.Seen().Throttled == 0 {
		t.Error("nothing was throttled")
	}
}

// missing are the rows that are not stored yet.
func missing(rows []followup.FollowUp, j *followup.Journey) (out []followup.FollowUp) {
	for _, r := range rows {
		if j.Row(r.ID) == nil {
			out = append(out, r)
		}
	}
	return out
}
