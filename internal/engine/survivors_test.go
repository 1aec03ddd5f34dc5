package engine_test

import (
	"context"
	"errors"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// refusing is a channel that refuses everything for good.
type refusing struct{}

func (refusing) Send(context.Context, followup.Message) (followup.Receipt, error) {
	return followup.Receipt{}, &followup.SendError{Failure: followup.Refused, Phase: "rcpt", Err: errors.New("550 no")}
}

// What failed for good gives its place in the budget back.
func TestFailedSendGivesItsPlaceBack(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("ask", "feedback", ""), memory.New(), refusing{}, nil, nil)
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-06T10:00")))
	if row := s.journey(t).Rows[0]; row.State != followup.Failed {
		t.Fatalf("the mail is %s", row.State)
	}
	if sends := s.contact(t, "c").Sends; len(sends) != 0 {
		t.Errorf("it still takes a place: %+v", sends)
	}
}

// Rows without a head are parts of a save that died: never sent.
func TestRowsWithoutAHeadAreNotSent(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("ask", "feedback", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	row := s.journey(t).Rows[0]
	row.ID, row.Version = "main/2/ask/-/1", 0
	errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: "main/2", Rows: []followup.FollowUp{row}}})
	must(t, errors.Join(append(errs, err)...))
	_, err = s.Deliver(t.Context(), at("2026-03-06T10:00"), []followup.Ref{{ID: row.ID}})
	must(t, err)
	js, err := s.store.Journeys(t.Context(), []followup.JourneyID{"main/2"})
	must(t, err)
	if got := js[0].Row(row.ID); got == nil || got.State != followup.Planned || len(got.Decisions) != len(row.Decisions) {
		t.Errorf("the row is %+v", got)
	}
	if n := len(s.accepted(t)); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// Of several orders of one contact what was due first goes first.
func TestEarliestLookGoesFirst(t *testing.T) {
	s := shopOf(t, "budget: {email: 1 per P30D}\nlate: {more_than: P60D, then: skip}\nsteps:\n"+ask("ask", "feedback", ""), memory.New(), nil, nil, nil)
	ordered(t, s, "main/2", "2026-03-02T09:00")
	ordered(t, s, "main/1", "2026-03-03T09:00")
	now := at("2026-03-09T10:00") // both are due
	*s.now = now
	_, err := s.Deliver(t.Context(), now, []followup.Ref{{ID: "main/1/ask/-/1"}, {ID: "main/2/ask/-/1"}})
	must(t, err)
	if sent := s.accepted(t); sent["main/2/ask/-/1"] != 1 || len(sent) != 1 {
		t.Errorf("sent %v, want what was due first", sent)
	}
}
