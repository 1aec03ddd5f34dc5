package engine_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// TestAwayIsNeverSentAgain looks at a row whose send was reserved in the store
// that this one was moved from: the mailbox here never had it, and that says nothing.
func TestAwayIsNeverSentAgain(t *testing.T) {
	s := shopOf(t, "late: {more_than: P60D, then: skip}\nsteps:\n"+ask("a", "service", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{"c"})
	must(t, err)
	cs[0].Spend(followup.Spend{
		FollowUp: "main/1/a/-/1", Epoch: -1, At: at("2026-03-06T10:00"), Channel: followup.Email, Class: followup.Service, Away: true,
	})
	_, err = s.store.SaveContacts(t.Context(), cs)
	must(t, err)
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if r := s.journey(t).Rows[0]; r.State != followup.Parked {
		t.Fatalf("it is %s, want parked", r.State)
	}
	must(t, s.Settle(t.Context(), at("2026-03-20T10:00"), "main/1/a/-/1", followup.Planned, "send it here"))
	must(t, s.run(t.Context(), at("2026-03-20T12:00")))
	if r := s.journey(t).Rows[0]; r.State != followup.Sent {
		t.Errorf("an operator let it go; it is %s, want sent", r.State)
	}
	cs, err = s.store.Contacts(t.Context(), []followup.ContactID{"c"})
	must(t, err)
	if cs[0].Away("main/1/a/-/1") {
		t.Error("it was sent from here, and still counts as away")
	}
}
