package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
	race "aftersales/internal/racing"
)

// events is what may happen to an order, some of it contradictory.
func events() []followup.Event {
	part := func(e followup.Event, n int) followup.Event {
		e.Parts = []followup.Part{{Line: "l1", Quantity: n}}
		return e
	}
	said := func(id, value, when string) followup.Event {
		e := happened(id, followup.AnswerGiven, when)
		e.Answer = &followup.Said{Value: value, By: "page"}
		e.Unit = &followup.UnitRef{Line: "l1", Index: 1}
		e.Case = &followup.CaseWord{Number: 1}
		return e
	}
	closed := happened("closed", followup.CaseClosed, "2026-03-08T12:00")
	closed.Case = &followup.CaseWord{Number: 1, Reason: "repaired"}
	moved := happened("moved", followup.OrderUpdated, "2026-03-05T08:00")
	moved.Facts = &followup.OrderFacts{Zone: "America/New_York"}
	more := happened("more", followup.OrderUpdated, "2026-03-03T08:00")
	more.Lines = []followup.Line{{ID: "l2", Title: "Second", Quantity: 1}}
	repaired := happened("repaired", followup.UnitRepaired, "2026-03-09T09:00")
	repaired.Unit = &followup.UnitRef{Line: "l1", Index: 2}
	repaired.From, repaired.Until = civil.Date{Year: 2026, Month: 3, Day: 5}, civil.Date{Year: 2026, Month: 3, Day: 9}
	shipped := happened("shipped", followup.OrderFulfilled, "2026-03-03T09:00")
	shipped.Group = "f1"
	arrived := happened("arrived", followup.OrderDelivered, "2026-03-04T09:00")
	arrived.Group = "f1"
	again := happened("arrived-again", followup.OrderDelivered, "2026-03-06T09:00")
	again.Group = "f1"
	return []followup.Event{
		created("2026-03-02T09:00"), more, part(shipped, 1), part(arrived, 1), part(again, 1),
		happened("rest", followup.OrderDelivered, "2026-03-05T09:00"),
		happened("corrected", followup.OrderDelivered, "2026-03-07T09:00"),
		part(happened("returned", followup.OrderReturned, "2026-03-07T10:00"), 1),
		part(happened("refunded", followup.OrderRefunded, "2026-03-07T11:00"), 1),
		happened("cancelled", followup.OrderCancelled, "2026-03-07T12:00"),
		happened("reinstated", followup.OrderReinstated, "2026-03-07T13:00"),
		said("a1", "not-yet", "2026-03-06T12:00"), said("a2", "problem", "2026-03-07T15:00"), closed, said("a3", "works", "2026-03-08T15:00"),
		moved, repaired,
	}
}

// settled is what must not depend on the order of arrival: facts, units,
// coverages, cases, and the follow-ups that are not ended, by id and due.
func settled(t *testing.T, s *shop) string {
	t.Helper()
	j := s.journey(t)
	rules, err := s.Rules(t.Context(), &j)
	if err != nil {
		t.Fatal(err)
	}
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{j.Head.Contact})
	if err != nil {
		t.Fatal(err)
	}
	d := rules.Desire(&j, &cs[0], *s.now)
	pending := []string{}
	ended := 0
	for _, r := range j.Rows {
		if r.State.Terminal() {
			ended++
			continue
		}
		pending = append(pending, fmt.Sprint(r.ID, r.Units, r.Due, r.Zone))
	}
	if ended+len(pending) != len(j.Rows) {
		t.Errorf("planned %d, ended %d, pending %d", len(j.Rows), ended, len(pending))
	}
	slices.Sort(pending)
	text, err := json.Marshal([]any{j.Head.Facts, d.Coverages, pending})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAnyOrderEndsTheSame tells random subsets of the events in random orders,
// in random groups, with repetitions, at one now.
func TestAnyOrderEndsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	now := at("2026-03-10T09:00")
	all := events()
	for n := range race.Fewer(400, 80) {
		var chosen []followup.Event
		for _, e := range all {
			if r.IntN(3) > 0 {
				chosen = append(chosen, e)
			}
		}
		want := ""
		for range 3 {
			s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
			*s.now = now
			told := slices.Clone(chosen)
			for range r.IntN(4) { // duplicates
				if len(chosen) > 0 {
					told = append(told, chosen[r.IntN(len(chosen))])
				}
			}
			r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
			for len(told) > 0 {
				k := 1 + r.IntN(len(told))
				if err := s.tell(t.Context(), now, told[:k]...); err != nil {
					t.Fatal(err)
				}
				told = told[k:]
			}
			got := settled(t, s)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("case %d: events %v\n%s\n%s", n, ids(chosen), want, got)
			}
			before := s.rows(t) // a replay repairs, and changes nothing that is right
			if err := s.tell(t.Context(), now, chosen...); err != nil {
				t.Fatal(err)
			}
			if after := s.rows(t); !slices.Equal(before, after) {
				t.Fatalf("case %d: a replay changed\n%v\n%v", n, before, after)
			}
		}
	}
}

func ids(events []followup.Event) (out []string) {
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}
