package engine_test

import (
	"context"
	"slices"
	"testing"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// failing is a call list whose desk fails in a given way.
type failing struct{ failure followup.Failure }

func (f failing) Send(context.Context, followup.Message) (followup.Receipt, error) {
	return followup.Receipt{}, &followup.SendError{Failure: f.failure, Phase: "desk"}
}

func TestClaimThatFails(t *testing.T) {
	for failure, want := range map[followup.Failure]followup.State{
		followup.Refused:       followup.Failed,
		followup.NotAccepted:   followup.Listed,
		followup.Account:       followup.Listed,
		followup.UnclearResult: followup.Armed,
	} {
		s := newShopWithCalls(t, memory.New(), &mailbox.Memory{}, nil, failing{failure})
		if _, err := play(t.Context(), s, story()[:4], 0); err != nil {
			t.Fatal(err)
		}
		now := at("2026-03-09T11:00")
		if err := s.run(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Claim(t.Context(), now, "main/1/call/-/1#1", "staff"); err == nil {
			t.Errorf("%s: the claim succeeded", failure)
		}
		j := s.journey(t)
		if got := j.Row("main/1/call/-/1#1").State; got != want {
			t.Errorf("%s: the call is %s, want %s", failure, got, want)
		}
		mail := j.Row("main/1/check-in/-/1") // instead of a call that can never be made
		if (mail != nil) != (failure == followup.Refused) {
			t.Errorf("%s: mail instead: %v", failure, mail != nil)
		}
	}
}

// The list names the units that the plan cares for; whoever called says which of
// them has the problem, else it is about the order as one.
func TestProblemByPhoneIsAboutTheUnitThatWasNamed(t *testing.T) {
	const steps = `units: .category == "appliance"
steps:
  - {id: call, class: feedback, channel: call, message: m, after: {event: delivered, wait: P4D}}
`
	for named, want := range map[followup.UnitKey][]followup.UnitKey{"": {""}, "l1/2": {"l1/2"}} {
		s := shopOf(t, steps, memory.New(), nil, nil, nil)
		bought := created("2026-03-02T09:00")
		bought.Lines = []followup.Line{{ID: "l1", Category: "appliance", Quantity: 2}, {ID: "h", Category: "part", Quantity: 1}}
		group := engine.Group{Journey: "main/1", Events: []followup.Event{bought, happened("d", followup.OrderDelivered, "2026-03-02T10:00")}}
		must(t, s.Enroll(t.Context(), at("2026-03-02T11:00"), []engine.Group{group})[0])
		now, id := at("2026-03-06T12:00"), followup.FollowUpID("main/1/call/-/1")
		must(t, s.run(t.Context(), now))
		calls, err := s.Calls(t.Context(), now)
		must(t, err)
		if len(calls) != 1 || !slices.Equal(calls[0].Units, []string{"l1/1", "l1/2"}) || len(calls[0].Goods) != 2 {
			t.Fatalf("the list says %+v", calls)
		}
		_, err = s.Claim(t.Context(), now, id, "staff")
		must(t, err)
		_, err = s.Done(t.Context(), now, engine.Called{ID: id, Outcome: followup.OutcomeProblem, Unit: named, By: "staff"})
		must(t, err)
		var about []followup.UnitKey
		for _, c := range s.journey(t).Head.Facts.Cases {
			about = append(about, c.Unit)
		}
		if !slices.Equal(about, want) {
			t.Errorf("unit %q named: cases about %v, want %v", named, about, want)
		}
	}
}
