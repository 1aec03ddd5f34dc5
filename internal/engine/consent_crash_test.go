package engine_test

import (
	"context"
	"errors"
	"testing"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
)

// torn saves as a store without transactions does that dies behind the contacts.
type torn struct {
	followup.Store
	die bool
}

func (s *torn) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	if !s.die || len(changes[0].Contacts) == 0 {
		return s.Store.Save(ctx, changes)
	}
	if _, err := s.SaveContacts(ctx, changes[0].Contacts); err != nil {
		return nil, err
	}
	return nil, storetest.ErrDead
}

// A consent that came with one order plans what another one waited for, wherever
// the process dies: the body that told it is not done before.
func TestDeathBetweenAConsentAndTheOtherOrders(t *testing.T) {
	const steps = "steps:\n" + `  - {id: news, class: marketing, channel: email, message: m, when: 'consents("marketing", "email")', after: {event: delivered, wait: P4D, at: "10:00"}}` + "\n"
	now := at("2026-03-03T09:00")
	word := happened("word", followup.OrderUpdated, "2026-03-03T09:00")
	word.Facts, word.Order = &followup.OrderFacts{}, "1"
	word.Consents = []followup.Consent{{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: now}}
	read := func(followup.Incoming) (engine.Reading, error) {
		return engine.Reading{Events: []followup.Event{word}}, nil
	}
	body := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "test", Key: "word"}, Hash: "h", Body: []byte("x"), At: now}
	dead := func(store *memory.Store, dying followup.Store) bool {
		s := shopOf(t, steps, store, nil, read, nil)
		s.bought(t, "main/1", "main/2", "main/3")
		if _, err := store.Accept(t.Context(), []followup.Incoming{body}); err != nil {
			t.Fatal(err)
		}
		errs, err := shopOf(t, steps, dying, nil, read, nil).Receive(t.Context(), now, []followup.Incoming{body})
		return errors.Join(append(errs, err)...) != nil
	}
	revived := func(what string, store *memory.Store) {
		s := shopOf(t, steps, store, nil, read, nil)
		waiting, _, err := store.Waiting(t.Context(), "", 10)
		must(t, err)
		errs, err := s.Receive(t.Context(), now, waiting)
		must(t, errors.Join(append(errs, err)...))
		for _, id := range []followup.FollowUpID{"main/1/news/-/1", "main/2/news/-/1", "main/3/news/-/1"} {
			if js, err := store.Journeys(t.Context(), []followup.JourneyID{id.Journey()}); err != nil || js[0].Row(id) == nil || js[0].Row(id).State != followup.Planned {
				t.Errorf("%s: %s is not planned (%v)", what, id, err)
			}
		}
		if left, _, err := store.Waiting(t.Context(), "", 10); err != nil || len(left) > 0 {
			t.Errorf("%s: %d bodies wait (%v)", what, len(left), err)
		}
	}
	died := 0
	for k := range 6 {
		for _, f := range []*storetest.Faults{{DieAfter: k + 1}, {DieInto: k + 1}} {
			store := memory.New()
			if dead(store, storetest.Wrap(store, f)) {
				died++
			}
			revived(name(f), store)
		}
	}
	if died < 4 {
		t.Errorf("died %d times only", died)
	}
	store := memory.New()
	if !dead(store, &torn{Store: store, die: true}) {
		t.Error("it lived on")
	}
	revived("death behind the contact", store)
}

// The same, where a person takes back a no on a page: nobody repeats that.
func TestDeathBetweenAWordAndTheOrders(t *testing.T) {
	const steps = "steps:\n" + `  - {id: news, class: marketing, channel: email, message: m, when: 'consents("marketing", "email")', after: {event: delivered, wait: P4D, at: "10:00"}}` + "\n"
	now := at("2026-03-03T09:00")
	yes := []followup.Consent{{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: now}}
	silent := func(followup.Incoming) (engine.Reading, error) {
		return engine.Reading{}, errors.New("no source reads it")
	}
	died := 0
	for k := range 8 {
		for _, f := range []*storetest.Faults{{DieAfter: k + 1}, {DieInto: k + 1}} {
			store := memory.New()
			s := shopOf(t, steps, store, nil, silent, nil)
			s.bought(t, "main/1", "main/2", "main/3")
			js, err := store.Journeys(t.Context(), []followup.JourneyID{"main/1"})
			must(t, err)
			if err := shopOf(t, steps, storetest.Wrap(store, f), nil, silent, nil).Consent(t.Context(), now, js[0].Head.Contact, yes); err != nil {
				died++
			}
			waiting, _, err := store.Waiting(t.Context(), "", 10)
			must(t, err)
			if len(waiting) == 0 && f.DieInto == 1 {
				continue // nothing was kept: the page said so, and the person tries again
			}
			errs, err := s.Receive(t.Context(), now, waiting)
			must(t, errors.Join(append(errs, err)...))
			for _, id := range []followup.FollowUpID{"main/1/news/-/1", "main/2/news/-/1", "main/3/news/-/1"} {
				if js, err := store.Journeys(t.Context(), []followup.JourneyID{id.Journey()}); err != nil || js[0].Row(id) == nil {
					t.Errorf("%s: %s is not planned (%v)", name(f), id, err)
				}
			}
			if left, _, err := store.Waiting(t.Context(), "", 10); err != nil || len(left) > 0 {
				t.Errorf("%s: %d bodies wait (%v)", name(f), len(left), err)
			}
		}
	}
	if died < 6 {
		t.Errorf("died %d times only", died)
	}
}
