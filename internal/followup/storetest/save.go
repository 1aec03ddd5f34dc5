package storetest

import (
	"time"

	"aftersales/internal/followup"
)

// stored returns what a journey is after the first save of c.
func stored(c followup.Change) followup.Journey {
	j := followup.Journey{ID: c.Journey, Version: 1, Head: *c.Head}
	for _, r := range c.Rows {
		r.Version++
		j.Rows = append(j.Rows, r)
	}
	sortRows(j.Rows)
	return j
}

var savePromises = []promise{
	{"an unknown journey has version 0 and no rows", func(u suite) {
		u.same("journey", u.load("main/1"), followup.Journey{ID: "main/1"})
	}},
	{"head, rows and contact come back as they were, rows by id", func(u suite) {
		c := Order(1, 6)
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
		want := c.Contacts[0]
		want.Version = 1
		u.same("contact", u.contact(want.ID), want)
	}},
	{"journeys come in the order asked for, unknown and repeated ones too", func(u suite) {
		a, b := Order(1, 6), Order(2, 3)
		u.saved(a, b)
		got, err := u.s.Journeys(u.Context(), []followup.JourneyID{b.Journey, "main/none", a.Journey, b.Journey})
		u.ok("load journeys", err)
		u.same("journeys", got, []followup.Journey{stored(b), {ID: "main/none"}, stored(a), stored(b)})
	}},
	{"journeys whose ids begin alike stay apart", func(u suite) {
		var ids []followup.JourneyID
		var want []followup.Journey
		for _, order := range []string{"1", "10", "1 0", "1-0", "1.0", "1/0", "1~", "é", "1é"} {
			c := Order(len(ids), 0)
			c.Journey = followup.NewJourneyID("main", order)
			c.Rows = []followup.FollowUp{Row(c.Journey, c.Head.Contact, 0, Start())}
			ids, want = append(ids, c.Journey), append(want, stored(c))
			u.saved(c)
		}
		got, err := u.s.Journeys(u.Context(), ids)
		u.ok("load journeys", err)
		u.same("journeys", got, want)
	}},
	{"versions grow by one at each write of head and row", func(u suite) {
		c := Order(1, 2)
		u.saved(c)
		for n := int64(1); n < 4; n++ {
			j := u.load(c.Journey)
			j.Head.Seen++
			u.saved(followup.Change{Journey: c.Journey, Version: j.Version, Head: &j.Head, Rows: j.Rows[:1]})
			got := u.load(c.Journey)
			if got.Version != n+1 || got.Rows[0].Version != n+1 || got.Rows[1].Version != 1 || got.Head.Seen != j.Head.Seen {
				u.Errorf("after write %d: head %d, rows %d and %d, seen %d", n, got.Version, got.Rows[0].Version, got.Rows[1].Version, got.Head.Seen)
			}
		}
	}},
	{"without a head only rows are written", func(u suite) {
		c := Order(1, 2)
		u.saved(c)
		r := u.row(c.Rows[0].ID)
		r.Refusals = 3
		u.saved(rowsOnly(r))
		want := stored(c)
		want.Row(r.ID).Refusals, want.Row(r.ID).Version = 3, 2
		u.same("journey", u.load(c.Journey), want)
	}},
	{"rows without any head are loaded with version 0", func(u suite) {
		r := Order(1, 1).Rows[0]
		u.saved(rowsOnly(r))
		r.Version = 1
		u.same("journey", u.load(r.ID.Journey()), followup.Journey{ID: r.ID.Journey(), Rows: []followup.FollowUp{r}})
	}},
	{"a head without rows, and a change that is empty", func(u suite) {
		c := Order(1, 0)
		u.saved(c, followup.Change{Journey: "main/empty"})
		u.same("journey", u.load(c.Journey), stored(c))
		u.same("empty", u.load("main/empty"), followup.Journey{ID: "main/empty"})
	}},
	{"nothing is nothing", func(u suite) {
		u.saved()
		got, err := u.s.Journeys(u.Context(), nil)
		u.ok("load journeys", err)
		if len(got) != 0 {
			u.Errorf("journeys of nothing: %v", got)
		}
	}},
	{"a row of another journey and a journey without id are refused alone", func(u suite) {
		bad, good := Order(1, 1), Order(2, 1)
		bad.Rows[0].ID = Order(3, 1).Rows[0].ID
		errs, err := u.s.Save(u.Context(), []followup.Change{bad, good, {Head: good.Head}})
		u.ok("save", err)
		if errs[0] == nil || errs[1] != nil || errs[2] == nil {
			u.Errorf("answers %v, want an error for the first and the last", errs)
		}
	}},
	{"callers share nothing with the store", func(u suite) {
		c, fresh := Order(1, 2), Order(1, 2)
		u.saved(c)
		spoil := func(h *followup.Head, rows []followup.FollowUp) {
			h.Facts.Lines[0].Title, *h.Facts.Total = "changed", followup.Money{}
			rows[0].Decisions[0].Facts["delivered"] = "changed"
			rows[1].Decisions[0].Reason = "changed"
		}
		spoil(c.Head, c.Rows)
		j := u.load(c.Journey)
		spoil(&j.Head, j.Rows)
		u.same("journey", u.load(c.Journey), stored(fresh))
	}},
	{"a group of many journeys is written and read at once", func(u suite) {
		var group []followup.Change
		var ids []followup.JourneyID
		var want []followup.Journey
		for n := range 100 {
			c := Order(n, 6)
			group, ids, want = append(group, c), append(ids, c.Journey), append(want, stored(c))
		}
		u.saved(group...)
		got, err := u.s.Journeys(u.Context(), ids)
		u.ok("load journeys", err)
		u.same("journeys", got, want)
	}},
}

var conflictPromises = []promise{
	{"a head that moved", func(u suite) {
		c := Order(1, 1)
		u.saved(c)
		u.conflicts(followup.Change{Journey: c.Journey, Version: 0, Head: c.Head})
		u.conflicts(followup.Change{Journey: c.Journey, Version: 2, Head: c.Head})
		u.conflicts(followup.Change{Journey: "main/none", Version: 1, Head: c.Head})
	}},
	{"a row that moved, exists already, or does not exist", func(u suite) {
		c := Order(1, 2)
		u.saved(c)
		r := u.row(c.Rows[0].ID)
		u.saved(rowsOnly(r))
		u.conflicts(rowsOnly(r))
		r.Version = 0
		u.conflicts(rowsOnly(r))
		r.Version = 3
		u.conflicts(rowsOnly(r))
		missing := Order(2, 1).Rows[0]
		missing.Version = 1
		u.conflicts(rowsOnly(missing))
	}},
	{"a row that is twice in one change", func(u suite) {
		r := Order(1, 1).Rows[0]
		u.save([]followup.Change{rowsOnly(r, r)}, followup.ErrConflict)
	}},
	{"a contact that moved, exists already, or does not exist", func(u suite) {
		c := Order(1, 1)
		u.saved(c)
		for _, version := range []int64{0, 2} {
			p := c.Contacts[0]
			p.Version = version
			u.conflicts(followup.Change{Journey: c.Journey, Version: 1, Head: c.Head, Contacts: []followup.Contact{p}})
		}
		p := Customer(2)
		p.Version = 1
		u.conflicts(followup.Change{Journey: c.Journey, Contacts: []followup.Contact{p}})
	}},
	{"a change that conflicts leaves no trace", conflictIsWhole},
	{"the others of the group are written", func(u suite) {
		taken := Order(2, 1)
		u.saved(taken)
		group := []followup.Change{Order(1, 6), Order(2, 6), Order(3, 6)}
		u.save(group, nil, followup.ErrConflict, nil)
		u.same("first", u.load(group[0].Journey), stored(group[0]))
		u.same("last", u.load(group[2].Journey), stored(group[2]))
		if got := u.load(taken.Journey); got.Version != 1 {
			u.Errorf("the journey in conflict has version %d, want 1", got.Version)
		}
	}},
	{"the same journey twice in a group: the second has to load again", func(u suite) {
		c := Order(1, 1)
		second := followup.Change{Journey: c.Journey, Head: c.Head}
		u.save([]followup.Change{c, second}, nil, followup.ErrConflict)
	}},
	{"the same contact in two changes of a group: the second has to load again", func(u suite) {
		a, b := Order(1, 1), Order(2, 1)
		b.Contacts = a.Contacts
		u.save([]followup.Change{a, b}, nil, followup.ErrConflict)
	}},
}

// conflicts wants c refused and everything else as it was.
func (u suite) conflicts(c followup.Change) {
	u.Helper()
	before := u.load(c.Journey)
	u.save([]followup.Change{c}, followup.ErrConflict)
	u.same("journey after a conflict", u.load(c.Journey), before)
}

func conflictIsWhole(u suite) {
	c := Order(1, 2)
	u.saved(c)
	second := Order(1, 3)
	second.Rows = second.Rows[2:] // a new one
	second.Events[0].ID, second.Events[0].Time = "second", Start().Add(time.Hour)
	second.Contacts = []followup.Contact{Customer(9)}
	second.Version = 5 // the head, which comes last
	u.save([]followup.Change{second}, followup.ErrConflict)
	if got := u.load(c.Journey); got.Version != 1 || got.Head.Seen != 1 {
		u.Errorf("the head was written: version %d", got.Version)
	}
	if u.NoTransactions {
		return
	}
	u.same("journey", u.load(c.Journey), stored(c))
	u.same("contact", u.contact(Customer(9).ID), followup.Contact{ID: Customer(9).ID})
	u.same("events", u.events(c.Journey, 10), impersonal(c.Events))
	u.same("due", refIDs(u.due(Start().AddDate(10, 0, 0), 10)), rowIDs(c.Rows))
}
