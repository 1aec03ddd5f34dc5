package storetest

import (
	"context"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

func (u suite) find(q followup.Query, limit int) []followup.JourneyID {
	u.Helper()
	u.settle()
	ids := pages(u, limit, func(ctx context.Context, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
		ids, next, err := u.s.Find(ctx, q, after, limit)
		if !slices.IsSorted(ids) {
			u.Errorf("find %+v: a page that is not by id: %v", q, ids)
		}
		return ids, next, err
	})
	if q.All && u.Unsorted {
		slices.Sort(ids)
	}
	return ids
}

// found wants exactly these journeys, by id, in pages of every size.
func (u suite) found(q followup.Query, want ...followup.JourneyID) {
	u.Helper()
	slices.Sort(want)
	for _, limit := range []int{1, 2, 100} {
		u.same(fmt.Sprintf("find %+v by %d", q, limit), u.find(q, limit), want)
	}
}

// attention are the states that journeys can be found by.
var attention = []followup.State{followup.Listed, followup.Held, followup.Unknown, followup.Parked, followup.Failed, followup.Armed}

var findPromises = []promise{
	{"all journeys that have a head, by id", func(u suite) {
		u.found(followup.Query{All: true})
		a, b, c := Order(3, 1), Order(1, 0), Order(2, 1)
		u.saved(a, b, c, rowsOnly(Order(4, 1).Rows...))
		u.found(followup.Query{All: true}, a.Journey, b.Journey, c.Journey)
	}},
	{"by the contact of the head, and no more once it changed", func(u suite) {
		a, b, c := Order(1, 1), Order(2, 1), Order(3, 1)
		b.Head.Contact, b.Contacts = a.Head.Contact, nil
		u.saved(a, b, c)
		u.found(followup.Query{Contact: a.Head.Contact}, a.Journey, b.Journey)
		u.found(followup.Query{Contact: "nobody"})
		b.Head.Contact = c.Head.Contact
		u.saved(followup.Change{Journey: b.Journey, Version: 1, Head: b.Head})
		u.found(followup.Query{Contact: a.Head.Contact}, a.Journey)
		u.found(followup.Query{Contact: c.Head.Contact}, b.Journey, c.Journey)
	}},
	{"by an open case, until the last is closed", func(u suite) {
		a, b := Order(1, 1), Order(2, 1)
		a.Head.Facts.Cases = []followup.Case{{Number: 1, Opened: Start(), Closed: Start()}, {Number: 2, Opened: Start()}}
		b.Head.Facts.Cases = []followup.Case{{Number: 1, Opened: Start(), Closed: Start()}}
		u.saved(a, b)
		u.found(followup.Query{OpenCase: true}, a.Journey)
		a.Head.Facts.Cases[1].Closed = Start()
		u.saved(followup.Change{Journey: a.Journey, Version: 1, Head: a.Head})
		u.found(followup.Query{OpenCase: true})
	}},
	{"by each state that needs attention, each journey once", func(u suite) {
		want := map[followup.State][]followup.JourneyID{}
		for n, state := range attention {
			c := Order(n, 3)
			c.Rows[0].State, c.Rows[2].State = state, state
			u.saved(c)
			want[state] = append(want[state], c.Journey)
		}
		for _, state := range attention {
			u.found(followup.Query{State: state}, want[state]...)
		}
	}},
	{"a claimed call, until it is released, and no call that nobody claimed", func(u suite) {
		a, b := Order(1, 2), Order(2, 2)
		for _, c := range []*followup.Change{&a, &b} {
			c.Rows = c.Rows[1:] // a call
			c.Rows[0].State = followup.Listed
		}
		u.saved(a, b)
		row, person := u.row(a.Rows[0].ID), u.contact(a.Head.Contact)
		u.arm([]followup.Arm{{Row: row.Claim("a1", row.Plan, "Sam", Start()), Contact: person}}, followup.ArmedNow)
		u.found(followup.Query{Claimed: true}, a.Journey)
		u.found(followup.Query{State: followup.Armed}, a.Journey)
		u.found(followup.Query{State: followup.Listed}, b.Journey)

		released, err := u.row(row.ID).Release("busy", Start())
		u.ok("release", err)
		u.finish([]followup.Finish{{Row: released, Attempt: "a1"}}, nil)
		u.found(followup.Query{Claimed: true})
		u.found(followup.Query{State: followup.Armed})
		u.found(followup.Query{State: followup.Listed}, a.Journey, b.Journey)
	}},
	{"ids that begin with one another, in pages", func(u suite) {
		who := Order(1, 0).Head.Contact
		var ids []followup.JourneyID
		for n, order := range []string{"7", "7-1", "7.1", "7-1-1", "70", "7#", "7 1", "6"} {
			c := Order(n, 2)
			c.Journey = followup.NewJourneyID("main", order)
			c.Head.Contact, c.Contacts, c.Rows = who, nil, nil
			c.Head.Facts.Cases = []followup.Case{{Number: 1, Opened: Start()}}
			for i := range 2 {
				c.Rows = append(c.Rows, Row(c.Journey, who, i, Start()))
				c.Rows[i].State = followup.Held
			}
			u.saved(c)
			ids = append(ids, c.Journey)
		}
		for _, q := range []followup.Query{{Contact: who}, {OpenCase: true}, {State: followup.Held}, {All: true}} {
			u.found(q, ids...)
		}
	}},
	{"a row that leaves a state takes its journey with it", func(u suite) {
		c := Order(1, 2)
		c.Rows[0].State = followup.Held
		u.saved(c)
		r := u.row(c.Rows[0].ID)
		r.State = followup.Parked
		u.saved(rowsOnly(r))
		u.found(followup.Query{State: followup.Held})
		u.found(followup.Query{State: followup.Parked}, c.Journey)
	}},
	{"a query that names nothing, two things, or a state nobody asks for is an error", func(u suite) {
		for _, q := range []followup.Query{{}, {All: true, OpenCase: true}, {Contact: "c", All: true}, {State: followup.Planned}} {
			if ids, _, err := u.s.Find(u.Context(), q, "", 10); err == nil {
				u.Errorf("find %+v: %v, want an error", q, ids)
			}
		}
	}},
}
