package engine_test

import (
	"context"
	"testing"

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
