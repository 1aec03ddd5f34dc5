package engine_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
)

// provider is a mail provider that reports by events. When lost, it takes a mail
// and the answer never comes.
type provider struct {
	lost    bool
	account bool
	taken   []followup.Message
}

func (p *provider) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	if p.account {
		return followup.Receipt{}, &followup.SendError{Failure: followup.Account, Phase: "reply", Code: "SendingPausedException"}
	}
	p.taken = append(p.taken, m)
	if p.lost {
		return followup.Receipt{}, &followup.SendError{Failure: followup.UnclearResult, Phase: "reply"}
	}
	return followup.Receipt{Provider: "p-" + m.Attempt}, nil
}

const (
	lessons = `steps:
  - {id: a, class: feedback, channel: email, message: m, after: {event: delivered, wait: P4D, at: "10:00"}}
  - {id: b, class: feedback, channel: email, message: m, after: {event: delivered, wait: P9D, at: "10:00"}}
  - {id: s, class: service, channel: email, message: m, after: {event: delivered, wait: P12D, at: "10:00"}}
`
	stepA followup.FollowUpID = "main/1/a/-/1"
	stepB followup.FollowUpID = "main/1/b/-/1"
	stepS followup.FollowUpID = "main/1/s/-/1"
)

// reporting is a shop with an order whose first mail went out.
func reporting(t *testing.T, p *provider, store followup.Store, setup func(*engine.Config)) *shop {
	t.Helper()
	s := shopOf(t, lessons, store, p, nil, nil)
	if setup != nil {
		setup(&s.config)
		s.Engine = engine.New(s.config)
	}
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-06T10:00")))
	if len(p.taken) != 1 && !p.account {
		t.Fatalf("%d mails went out, want 1", len(p.taken))
	}
	return s
}

func (s *shop) row(t *testing.T, id followup.FollowUpID) followup.FollowUp {
	t.Helper()
	j := s.journey(t)
	row := j.Row(id)
	if row == nil {
		t.Fatalf("no row %s", id)
	}
	return *row
}

func (s *shop) contact(t *testing.T, id followup.ContactID) followup.Contact {
	t.Helper()
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{id})
	must(t, err)
	return cs[0]
}

func TestOutcomeInEveryOrder(t *testing.T) {
	kinds := []followup.ReportKind{followup.ReportAccepted, followup.ReportDelivered, followup.ReportBounced, followup.ReportComplained}
	for _, first := range kinds {
		for _, second := range kinds {
			for _, third := range kinds {
				p := &provider{}
				s := reporting(t, p, memory.New(), nil)
				highest := followup.Sent
				for _, k := range []followup.ReportKind{first, second, third, first} {
					must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepA, Attempt: p.taken[0].Attempt, Kind: k}))
					want := map[followup.ReportKind]followup.State{
						followup.ReportAccepted: followup.Sent, followup.ReportDelivered: followup.Delivered,
						followup.ReportBounced: followup.Bounced, followup.ReportComplained: followup.Complained,
					}[k]
					if slices.Index(followup.States, want) > slices.Index(followup.States, highest) {
						highest = want
					}
				}
				if got := s.row(t, stepA).State; got != highest {
					t.Errorf("%s, %s, %s: %s, want %s", first, second, third, got, highest)
				}
			}
		}
	}
}

// counting counts the writes of a store.
type counting struct {
	followup.Store
	saves, contacts int
}

func (c *counting) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	c.saves++
	return c.Store.Save(ctx, changes)
}

func (c *counting) SaveContacts(ctx context.Context, cs []followup.Contact) ([]error, error) {
	c.contacts++
	return c.Store.SaveContacts(ctx, cs)
}

func TestRepeatedReportsWriteNothing(t *testing.T) {
	store := &counting{Store: memory.New()}
	p := &provider{}
	s := reporting(t, p, store, nil)
	for _, k := range []followup.ReportKind{
		followup.ReportAccepted, followup.ReportDelivered, followup.ReportDelayed, followup.ReportReturned, followup.ReportRejected,
		followup.ReportBounced, followup.ReportComplained, "unheard of",
	} {
		r := followup.Report{FollowUp: stepA, Attempt: p.taken[0].Attempt, Kind: k, Detail: "x"}
		must(t, s.Outcome(t.Context(), *s.now, r))
		saves, contacts := store.saves, store.contacts
		must(t, s.Outcome(t.Context(), s.now.Add(time.Hour), r))
		if store.saves != saves || store.contacts != contacts {
			t.Errorf("%s: the repetition wrote %d rows and %d contacts", k, store.saves-saves, store.contacts-contacts)
		}
	}
}

func TestABounceClosesTheAddressItWentTo(t *testing.T) {
	p := &provider{}
	s := reporting(t, p, memory.New(), nil)
	must(t, s.tell(t.Context(), at("2026-03-07T10:00"), newMail("u", "c2", "2026-03-07T10:00"))) // a new address since
	must(t, s.Outcome(t.Context(), at("2026-03-07T11:00"), followup.Report{FollowUp: stepA, Kind: followup.ReportBounced, Detail: "Permanent General 5.1.1"}))
	old, current := s.contact(t, "c"), s.contact(t, "c2")
	if sup, ok := old.SuppressedOn(followup.Email); !ok || sup.Reason != "bounce" {
		t.Errorf("the old address is not suppressed: %+v", old.Suppressed)
	}
	if _, ok := current.SuppressedOn(followup.Email); ok {
		t.Error("the new address is suppressed")
	}
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if len(p.taken) != 3 {
		t.Errorf("%d mails, want all three: the new address is good", len(p.taken))
	}
}

func TestABounceOfAnAddressGivenAfterPlanning(t *testing.T) {
	p := &provider{}
	s := shopOf(t, lessons, memory.New(), p, nil, nil)
	s.bought(t, "main/1") // planned for contact c
	must(t, s.tell(t.Context(), at("2026-03-03T10:00"), newMail("u", "c2", "2026-03-03T10:00")))
	must(t, s.run(t.Context(), at("2026-03-06T10:00")))
	must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepA, Kind: followup.ReportBounced}))
	c2, c := s.contact(t, "c2"), s.contact(t, "c")
	if len(c2.Suppressed) != 1 || len(c.Suppressed) != 0 {
		t.Errorf("the mail went to c2; suppressed: c %+v, c2 %+v", c.Suppressed, c2.Suppressed)
	}
}

func TestWhatCameBackForNowClosesNothing(t *testing.T) {
	for _, k := range []followup.ReportKind{followup.ReportReturned, followup.ReportDelayed, followup.ReportRejected} {
		p := &provider{}
		s := reporting(t, p, memory.New(), nil)
		must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepA, Kind: k}))
		must(t, s.run(t.Context(), at("2026-03-20T10:00")))
		if len(p.taken) != 3 {
			t.Errorf("%s: %d mails, want 3", k, len(p.taken))
		}
	}
}

func TestAComplaintEndsFeedbackNotService(t *testing.T) {
	p := &provider{}
	s := reporting(t, p, memory.New(), nil)
	must(t, s.Outcome(t.Context(), at("2026-03-07T10:00"), followup.Report{FollowUp: stepA, Kind: followup.ReportComplained}))
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if a, b, svc := s.row(t, stepA), s.row(t, stepB), s.row(t, stepS); a.State != followup.Complained || b.State != followup.Skipped || svc.State != followup.Sent {
		t.Errorf("a %s, b %s, s %s; want complained, skipped, sent", a.State, b.State, svc.State)
	}
	if k := s.contact(t, "c").Consents; !slices.ContainsFunc(k, func(c followup.Consent) bool {
		return c.Purpose == followup.Marketing && c.Channel == followup.Email && !c.Given && c.How == "complaint"
	}) {
		t.Errorf("no word against marketing: %+v", k)
	}
}

func TestStrayReportsAreHarmless(t *testing.T) {
	s := reporting(t, &provider{}, memory.New(), nil)
	before := s.rows(t)
	for _, id := range []followup.FollowUpID{"", "garbage", "main/1/none/-/1", "main/99/a/-/1", "elsewhere/1/a/-/1"} {
		if err := s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: id, Kind: followup.ReportBounced}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepB, Kind: followup.ReportDelivered})) // never armed
	if after := s.rows(t); !slices.Equal(before, after) {
		t.Errorf("rows changed from %v to %v", before, after)
	}
}

func TestEvidenceSettlesAnUnclearSend(t *testing.T) {
	p := &provider{lost: true}
	s := reporting(t, p, memory.New(), nil)
	if st := s.row(t, stepA).State; st != followup.Unknown && st != followup.Parked {
		t.Fatalf("%s, want an unclear row", st)
	}
	p.lost = false
	must(t, s.Outcome(t.Context(), at("2026-03-06T10:05"), followup.Report{FollowUp: stepA, Attempt: p.taken[0].Attempt, Kind: followup.ReportDelivered, Provider: "ses-1"}))
	if row := s.row(t, stepA); row.State != followup.Delivered || row.Provider != "ses-1" || !row.Next.IsZero() {
		t.Errorf("%s, provider %q, next %s", row.State, row.Provider, row.Next)
	}
	must(t, s.run(t.Context(), at("2026-03-08T10:00")))
	if len(p.taken) != 1 {
		t.Errorf("%d mails, want 1", len(p.taken))
	}
}

// racing lets somebody else write the row before the first save that is meant.
type racing struct {
	followup.Store
	armed int
}

func (r *racing) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	if r.armed > 0 {
		r.armed--
		errs := make([]error, len(changes))
		for i := range errs {
			errs[i] = followup.ErrConflict
		}
		return errs, nil
	}
	return r.Store.Save(ctx, changes)
}

func TestOutcomeLoadsAgainAfterAConflict(t *testing.T) {
	store := &racing{Store: memory.New()}
	s := reporting(t, &provider{}, store, nil)
	store.armed = 3
	must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepA, Kind: followup.ReportDelivered}))
	if st := s.row(t, stepA).State; st != followup.Delivered {
		t.Errorf("%s", st)
	}
	store.armed = 1000
	if err := s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: stepA, Kind: followup.ReportComplained}); !errors.Is(err, followup.ErrConflict) {
		t.Errorf("%v, want a conflict that the queue brings again", err)
	}
}

// A death after any write leaves a report that can be repeated.
func TestOutcomeSurvivesDeath(t *testing.T) {
	for _, kind := range []followup.ReportKind{followup.ReportBounced, followup.ReportComplained} {
		for k, died := 1, true; died; k++ {
			clean := memory.New()
			s := reporting(t, &provider{lost: true}, clean, nil)
			r := followup.Report{FollowUp: stepA, Kind: kind}
			faults := &storetest.Faults{DieInto: k}
			mortal := s.config
			mortal.Store = storetest.Wrap(clean, faults)
			died = engine.New(mortal).Outcome(t.Context(), *s.now, r) != nil
			must(t, s.Outcome(t.Context(), *s.now, r))
			c := s.contact(t, "c")
			_, closed := c.SuppressedOn(followup.Email)
			given, said := c.Consented(followup.Feedback, followup.Email)
			if kind == followup.ReportBounced && !closed || kind == followup.ReportComplained && (!said || given) {
				t.Errorf("%s, death into write %d: the contact does not know", kind, k)
			}
			if st := s.row(t, stepA).State; st != map[followup.ReportKind]followup.State{followup.ReportBounced: followup.Bounced, followup.ReportComplained: followup.Complained}[kind] {
				t.Errorf("%s, death into write %d: %s", kind, k, st)
			}
			if !died && k < 3 {
				t.Errorf("%s: only %d writes; what is tested here?", kind, k-1)
			}
		}
	}
}

func TestRestTellsOnceAPause(t *testing.T) {
	type told struct {
		shop   followup.ShopID
		medium followup.Medium
		until  time.Time
	}
	got := map[told]int{}
	p := &provider{account: true}
	s := reporting(t, p, memory.New(), func(c *engine.Config) {
		c.Rest = func(_ context.Context, shop followup.ShopID, m followup.Medium, until time.Time, reason string) {
			if reason == "" {
				t.Error("no reason")
			}
			got[told{shop, m, until.UTC()}]++
		}
	})
	first := told{"main", followup.Email, at("2026-03-06T10:15").UTC()}
	if !maps.Equal(got, map[told]int{first: 1}) {
		t.Errorf("told %v", got)
	}
	if row := s.row(t, stepA); row.State != followup.Planned {
		t.Errorf("%s after a fault of the account", row.State)
	}
	must(t, s.run(t.Context(), at("2026-03-06T10:16")))
	if len(got) != 2 {
		t.Errorf("the next pause was not told: %v", got)
	}
}

func TestNoRoomArmsNothing(t *testing.T) {
	room := true
	p := &provider{}
	s := reporting(t, p, memory.New(), func(c *engine.Config) { c.Room = func(context.Context) bool { return room } })
	room = false
	now := at("2026-03-11T10:00")
	refs, _, err := s.store.Due(t.Context(), now, "", 10)
	must(t, err)
	_, err = s.Deliver(t.Context(), now, refs)
	must(t, err)
	row := s.row(t, stepB)
	if len(p.taken) != 1 || row.State != followup.Planned || row.Attempt != "" || !row.Next.Equal(now) {
		t.Fatalf("%d mails; %s, attempt %q, next %s", len(p.taken), row.State, row.Attempt, row.Next)
	}
	room = true
	_, err = s.Deliver(t.Context(), now, refs)
	must(t, err)
	if len(p.taken) != 2 {
		t.Errorf("%d mails, want 2", len(p.taken))
	}
}
