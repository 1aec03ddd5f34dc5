package engine_test

import (
	"errors"
	"testing"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// A problem of all units at once is a case for each that has none; very many are
// one case of the order.
func TestProblemOfAllUnits(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	tell := func(unit followup.UnitKey, all []followup.UnitKey) engine.Heard {
		t.Helper()
		now = now.AddDate(0, 0, 1)
		heard, err := s.Answer(t.Context(), now, engine.Said{Journey: journeyID, Unit: unit, Units: all, Value: "problem", By: "page"})
		must(t, err)
		return heard
	}
	tell("l1/2", nil)
	both := []followup.UnitKey{"l1/1", "l1/2"}
	heard := tell("", both)
	cases := s.journey(t).Head.Facts.Cases
	if len(cases) != 2 || cases[0].Unit != "l1/2" || cases[1].Unit != "l1/1" || cases[1].Number != 2 || heard.Case != 2 {
		t.Fatalf("cases %+v, heard %+v", cases, heard)
	}
	now = now.AddDate(0, 0, -1) // a second click
	tell("", both)
	tell("", both)
	if f := s.journey(t).Head.Facts; len(f.Cases) != 2 || len(f.Answers) != 3 {
		t.Errorf("%d cases, %d answers", len(f.Cases), len(f.Answers))
	}
	many := sold(t)
	_, err := many.Answer(t.Context(), now, engine.Said{Journey: journeyID, Units: make([]followup.UnitKey, followup.MostCases+1), Value: "help", By: "page"})
	must(t, err)
	if f := many.journey(t).Head.Facts; len(f.Cases) != 1 || f.Cases[0].Unit != "" {
		t.Errorf("very many units: %+v", f.Cases)
	}
}

// An order of one unit has one case at a time, of the unit or of the order, and
// a wish for one's data beside it.
func TestOneUnitOneCase(t *testing.T) {
	s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
	one := created("2026-03-02T09:00")
	one.Lines[0].Quantity = 1
	must(t, s.tell(t.Context(), at("2026-03-02T09:00"), one))
	open := func(unit followup.UnitKey) error {
		_, err := s.Case(t.Context(), at("2026-03-03T09:00"), engine.CaseWord{Order: journeyID, Unit: unit, Type: followup.CaseOpened, Reason: "staff"})
		return err
	}
	must(t, open("l1/1"))
	for _, unit := range []followup.UnitKey{"", "l1/1"} {
		if err := open(unit); !errors.Is(err, engine.ErrCase) {
			t.Errorf("a second case for %q: %v", unit, err)
		}
	}
	must(t, s.tell(t.Context(), at("2026-03-04T09:00"), happened("data", followup.PersonAsked, "2026-03-04T09:00"), happened("data2", followup.PersonAsked, "2026-03-04T10:00")))
	if cases := s.journey(t).Head.Facts.Cases; len(cases) != 2 || cases[1].Reason != "data-request" {
		t.Errorf("cases %+v", cases)
	}
}

// A case that was opened again tells when it began, and since when it is open.
func TestReopenedCaseTellsItsBeginning(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	do := func(days int, w engine.CaseWord) {
		t.Helper()
		_, err := s.Case(t.Context(), now.AddDate(0, 0, days), w)
		must(t, err)
	}
	do(0, engine.CaseWord{Order: journeyID, Type: followup.CaseOpened, Reason: "staff"})
	for n := range 2 {
		do(2*n+1, engine.CaseWord{Case: "main/1-1", Type: followup.CaseClosed, Reason: "other"})
		do(2*n+2, engine.CaseWord{Case: "main/1-1", Type: followup.CaseReopened})
	}
	story, err := s.Story(t.Context(), now, journeyID)
	must(t, err)
	if c := story.Cases[0]; c.OpenedAt != "2026-03-05T08:00:00Z" || c.Reopened != "2026-03-09T08:00:00Z" {
		t.Errorf("opened %s, again %s", c.OpenedAt, c.Reopened)
	}
}

// Who gave a first name only is called by it on the call list.
func TestCallListKnowsFirstNames(t *testing.T) {
	s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
	order := created("2026-03-02T09:00")
	order.Person.FirstName = "Anna"
	must(t, s.tell(t.Context(), at("2026-03-02T09:00"), order, happened("d", followup.OrderDelivered, "2026-03-02T09:00")))
	must(t, s.run(t.Context(), at("2026-03-06T11:00")))
	calls, err := s.Calls(t.Context(), at("2026-03-06T11:00"))
	must(t, err)
	if len(calls) != 1 || calls[0].Contact != "Anna" {
		t.Errorf("calls %+v", calls)
	}
}
