package storetest

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

var valuePromises = []promise{
	{"every field of a row comes back", func(u suite) {
		r := fullRow()
		u.saved(rowsOnly(r))
		r.Version = 1
		u.same("row", u.row(r.ID), r)
	}},
	{"rows of each state, class, medium, outcome and result", func(u suite) {
		c := Order(1, 0)
		add := func(change func(f *followup.FollowUp)) {
			r := Row(c.Journey, c.Head.Contact, len(c.Rows)+6, Start())
			change(&r)
			c.Rows = append(c.Rows, r)
		}
		for _, s := range followup.States {
			add(func(f *followup.FollowUp) { f.State = s })
		}
		for _, s := range append([]followup.State{"of tomorrow"}, followup.States...) {
			add(func(f *followup.FollowUp) { f.State, f.Class, f.Channel = s, "other", "message" })
		}
		for _, o := range append([]followup.Outcome{"other"}, followup.Outcomes...) {
			add(func(f *followup.FollowUp) { f.Outcome, f.Decisions[0].Result = o, followup.Result("r-"+string(o)) })
		}
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
	}},
	{"50 units of 7 steps with eight decisions each", func(u suite) {
		c := Order(1, 0)
		for n := range 50 {
			unit := followup.NewUnitKey("466157049", n+1)
			for i := range 7 {
				r := Row(c.Journey, c.Head.Contact, i, Start())
				r.ID, r.Unit, r.Units = followup.NewFollowUpID(c.Journey, r.Step, unit, r.Occurrence), unit, []followup.UnitKey{unit}
				for d := range 8 {
					r.Decide(followup.Decision{At: Start().Add(time.Duration(d) * time.Hour), Result: followup.ResultMove, Rule: "hours", Reason: fmt.Sprintf("moved %d", d)})
				}
				c.Rows = append(c.Rows, r)
			}
		}
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
		if got := u.due(Start().AddDate(5, 0, 0), 100); len(got) != 350 {
			u.Errorf("%d rows are due, want 350", len(got))
		}
	}},
	{"120 occurrences of one step, due over ten years", func(u suite) {
		c := Order(1, 0)
		for n := range 120 {
			r := Row(c.Journey, c.Head.Contact, 5, Start().AddDate(0, n, 0))
			r.Occurrence = fmt.Sprint(n + 1)
			r.ID = followup.NewFollowUpID(c.Journey, r.Step, "", r.Occurrence)
			c.Rows = append(c.Rows, r)
		}
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
		u.same("due", refIDs(u.due(Start().AddDate(20, 0, 0), 50)), rowIDs(c.Rows))
	}},
	{"any script, quotes and control characters in ids, heads and rows", func(u suite) {
		for n, odd := range []string{"سفارش ۱۲", "注文/一", "a~b%2F", `"quoted" \ 'it''s'`, "tab\tline\n\u0000 nul", "💧", strings.Repeat("ß", 300)} {
			c := Order(n, 0)
			c.Journey = followup.NewJourneyID("main", odd)
			r := Row(c.Journey, followup.ContactID("c-"+odd), 1, Start())
			r.Step, r.Occurrence = odd, odd
			r.Unit = followup.NewUnitKey(odd, 2)
			r.ID = followup.NewFollowUpID(c.Journey, odd, r.Unit, odd)
			r.Decisions[0].Reason, r.Decisions[0].Facts = odd, map[string]string{odd: odd, "": ""}
			c.Rows, c.Head.Why, c.Head.Faults = []followup.FollowUp{r}, odd, []string{odd, ""}
			c.Events[0].Shop, c.Events[0].Order = c.Journey.Split()
			c.Events[0].ID = odd
			u.saved(c)
			u.same("journey", u.load(c.Journey), stored(c))
			u.same("events", u.events(c.Journey, 10), impersonal(c.Events))
		}
	}},
	{"a row whose due time is not its civil time in its zone keeps both", func(u suite) {
		r := Order(1, 1).Rows[0]
		r.DueAt, r.Zone = r.DueAt.Add(17*time.Minute+3), "Mars/Olympus"
		u.saved(rowsOnly(r))
		r.Version = 1
		u.same("row", u.row(r.ID), r)
	}},
	{"heads as large as the largest order", func(u suite) {
		c := Order(1, 1)
		for n := range 1000 {
			unit := followup.Unit{Key: followup.NewUnitKey("1", n+1), Serial: fmt.Sprintf("SN-%06d", n), Delivered: c.Head.Facts.Ordered}
			c.Head.Facts.Units = append(c.Head.Facts.Units, unit)
		}
		u.saved(c)
		u.same("journey", u.load(c.Journey), stored(c))
	}},
}

// fullRow has every field set, each to something else.
func fullRow() followup.FollowUp {
	f := Order(1, 1).Rows[0]
	t := func(n int) time.Time { return Start().Add(time.Duration(n) * 86_400_000_000_001) }
	f.Unit, f.Units = "466157049/2", []followup.UnitKey{"466157049/2", "466157049/3"}
	f.ID = followup.NewFollowUpID(f.ID.Journey(), "odd step", f.Unit, "2.3#4")
	f.Step, f.Occurrence, f.Order = "odd step", "2.3#4", 17
	f.State, f.Due, f.Zone = followup.Unknown, civil.DateTime{Date: civil.Date{Year: 2036, Month: 2, Day: 29}, Clock: 86399}, "Asia/Tehran"
	f.DueAt, f.Next = t(1), t(2).Truncate(time.Millisecond)
	f.Attempt, f.ArmedAt, f.Deadline, f.Claimed, f.Listed = "a-17", t(3), t(4), "Sam", t(5)
	f.Refusals, f.Resends, f.Receives, f.Provider, f.Ended = 4, 1, 3, "0100018f-provider", t(6)
	f.Outcome, f.CallBack, f.Hand, f.CaseText = followup.OutcomeCallBack, civil.DateTime{Date: civil.Date{Year: 2100, Month: 12, Day: 31}, Clock: 1}, true, true
	for n := range 8 {
		f.Decide(followup.Decision{
			At: t(n + 7), Result: followup.ResultHold, Rule: fmt.Sprintf("case %d", n), Reason: "case 1 is open",
			Facts: maps.Clone(map[string]string{"case": "main/1-1", "n": fmt.Sprint(n)}), Next: t(n + 20),
		})
	}
	return f
}
