package engine_test

import (
	"context"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// restored is a shop whose journeys were lost after a mail went out, and told
// again: the ledger has the send, of an older epoch, and the rows have it not.
func restored(t *testing.T, p *provider, unclear string) *shop {
	t.Helper()
	const id = "main/1/a/-/1"
	store := memory.New()
	steps := "late: {more_than: P60D, then: skip}\nsteps:\n" + ask("a", "service", ", unclear: "+unclear)
	s := shopOf(t, steps, store, p, nil, nil)
	s.config.Shops["main"].Epoch = 1
	s.config.Watermark = func(context.Context, followup.ShopID, followup.Medium) (time.Time, bool) {
		return s.now.Add(-time.Second), true
	}
	s.Engine = engine.New(s.config)
	s.bought(t, "main/1")
	cs, err := store.Contacts(t.Context(), []followup.ContactID{"c"})
	must(t, err)
	cs[0].Spend(followup.Spend{FollowUp: id, At: at("2026-03-06T10:00"), Channel: followup.Email, Class: followup.Service})
	_, err = store.SaveContacts(t.Context(), cs)
	must(t, err)
	return s
}

func TestRestoredParksThoughLaterMailsAreReported(t *testing.T) {
	for _, unclear := range []string{"resend", "park"} {
		p := &provider{}
		s := restored(t, p, unclear)
		must(t, s.run(t.Context(), at("2026-03-06T10:00").Add(26*time.Hour-time.Second)))
		if r := s.row(t, "main/1/a/-/1"); r.State != followup.Unknown || len(p.taken) > 0 {
			t.Errorf("%s: within the window it is %s, %d sent", unclear, r.State, len(p.taken))
		}
		must(t, s.run(t.Context(), at("2026-03-20T10:00")))
		if r := s.row(t, "main/1/a/-/1"); r.State != followup.Parked || len(p.taken) > 0 {
			t.Errorf("%s: two weeks on it is %s, %d sent; want parked, none", unclear, r.State, len(p.taken))
		}
		must(t, s.Settle(t.Context(), *s.now, "main/1/a/-/1", followup.Planned, "nobody got it"))
		must(t, s.run(t.Context(), at("2026-03-20T12:00")))
		if r := s.row(t, "main/1/a/-/1"); r.State != followup.Sent || len(p.taken) != 1 {
			t.Errorf("%s: a person sent it again: %s, %d sent", unclear, r.State, len(p.taken))
		}
	}
}

func TestRestoredIsSettledByAReport(t *testing.T) {
	p := &provider{}
	s := restored(t, p, "resend")
	must(t, s.run(t.Context(), at("2026-03-06T10:30")))
	must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: "main/1/a/-/1", Attempt: "of-before", Kind: followup.ReportAccepted}))
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if r := s.row(t, "main/1/a/-/1"); r.State != followup.Sent || len(p.taken) > 0 {
		t.Errorf("it is %s, %d sent; want sent before, and not again", r.State, len(p.taken))
	}
}

// The table may be restored to the very moment of a send: the row is armed, its
// report was read before the damage and is forgotten.
func TestRestoredWhileArmedParks(t *testing.T) {
	p := &provider{}
	s := restored(t, p, "resend")
	row := s.row(t, "main/1/a/-/1")
	version := row.Version
	row = row.Arm("of-before", "", at("2026-03-06T10:00"), followup.CallTimeout)
	row.Version, row.Plan = version, s.config.Shops["main"].Plans[0].Hash
	errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: "main/1", Rows: []followup.FollowUp{row}}})
	must(t, err)
	must(t, errs[0])
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if r := s.row(t, "main/1/a/-/1"); r.State != followup.Parked || len(p.taken) > 0 {
		t.Errorf("it is %s, %d sent; want parked, none", r.State, len(p.taken))
	}
}
