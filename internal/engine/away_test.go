package engine_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
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

// TestBareBody replays a webhook of which only key and hash were moved here.
func TestBareBody(t *testing.T) {
	s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
	in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "k"}, Hash: "h", At: at("2026-03-02T09:00")}
	_, err := s.store.Accept(t.Context(), []followup.Incoming{in})
	must(t, err)
	errs, err := s.Receive(t.Context(), at("2026-03-02T09:00"), []followup.Incoming{in})
	must(t, err)
	must(t, errs[0])
	if left, _, err := s.store.Waiting(t.Context(), "", 10); err != nil || len(left) != 0 {
		t.Errorf("it waits for ever: %v, %v", left, err)
	}
}
