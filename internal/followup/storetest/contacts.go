package storetest

import (
	"errors"
	"time"

	"aftersales/internal/followup"
)

var contactPromises = []promise{
	{"an unknown contact has version 0 and its id", func(u suite) {
		u.same("contact", u.contact("c0"), followup.Contact{ID: "c0"})
	}},
	{"contacts come back as they were, in the order asked for", func(u suite) {
		a, b := fullContact(1), Customer(2)
		errs, err := u.s.SaveContacts(u.Context(), []followup.Contact{a, b})
		u.ok("save contacts", err)
		u.each("save contacts", errs, nil, nil)
		got, err := u.s.Contacts(u.Context(), []followup.ContactID{b.ID, "nobody", a.ID, b.ID})
		u.ok("load contacts", err)
		a.Version, b.Version = 1, 1
		u.same("contacts", got, []followup.Contact{b, {ID: "nobody"}, a, b})
	}},
	{"each write raises the version by one, and a stale one conflicts alone", func(u suite) {
		a, b := Customer(1), Customer(2)
		_, err := u.s.SaveContacts(u.Context(), []followup.Contact{a, b})
		u.ok("save contacts", err)
		a.Version, b.Version = 1, 1
		a.Suppress(followup.Suppression{Channel: followup.Email, Reason: "bounce", At: Start()})
		stale := Customer(3)
		stale.Version = 4
		errs, err := u.s.SaveContacts(u.Context(), []followup.Contact{a, Customer(2), stale, b})
		u.ok("save contacts", err)
		u.each("save contacts", errs, nil, followup.ErrConflict, followup.ErrConflict, nil)
		a.Version, b.Version = 2, 2
		u.same("a", u.contact(a.ID), a)
		u.same("b", u.contact(b.ID), b)
		u.same("stale", u.contact(stale.ID), followup.Contact{ID: stale.ID})
	}},
	{"a contact that is twice in one call conflicts the second time", func(u suite) {
		errs, err := u.s.SaveContacts(u.Context(), []followup.Contact{Customer(1), Customer(1)})
		u.ok("save contacts", err)
		u.each("save contacts", errs, nil, followup.ErrConflict)
	}},
	{"a contact without an id is refused", func(u suite) {
		errs, err := u.s.SaveContacts(u.Context(), []followup.Contact{{}, Customer(1)})
		if err == nil && (errs[0] == nil || errs[1] != nil) {
			u.Errorf("answers %v, want an error for the first only", errs)
		}
	}},
	{"nothing is nothing", func(u suite) {
		got, err := u.s.Contacts(u.Context(), nil)
		u.ok("load contacts", err)
		errs, err := u.s.SaveContacts(u.Context(), nil)
		u.ok("save contacts", err)
		if len(got)+len(errs) != 0 {
			u.Errorf("answers to nothing: %v, %v", got, errs)
		}
	}},
	{"callers share nothing with the store", func(u suite) {
		c := fullContact(1)
		_, err := u.s.SaveContacts(u.Context(), []followup.Contact{c})
		u.ok("save contacts", err)
		c.Sends[0].FollowUp, c.Fields[followup.FieldName] = "changed", followup.Stated{Value: "changed"}
		got := u.contact(c.ID)
		got.Sends[0].FollowUp, got.Fields[followup.FieldCity] = "changed", followup.Stated{Value: "changed"}
		want := fullContact(1)
		want.Version = 1
		u.same("contact", u.contact(c.ID), want)
	}},
}

// fullContact has every field set.
func fullContact(n int) followup.Contact {
	c := Customer(n)
	j := followup.NewJourneyID("main", "1001")
	c.Orders = []followup.JourneyID{j, followup.NewJourneyID("main", "1002/ß")}
	c.Note(followup.Text{Event: "ev-1", Journey: j, At: Start(), Body: "سلام — it leaks \u0000 \"badly\" 🚿"})
	c.Suppress(followup.Suppression{Channel: followup.Call, Reason: "do-not-call", At: Start()})
	c.Spend(followup.Spend{FollowUp: followup.NewFollowUpID(j, "check-in", "", "1"), Epoch: 2, At: Start(), Channel: followup.Email, Class: followup.Feedback})
	c.Erased = time.Date(2100, 12, 31, 23, 59, 59, 123456789, time.UTC)
	return c
}

var planPromises = []promise{
	{"an unknown plan is not found", func(u suite) {
		if _, err := u.s.Plan(u.Context(), "nobody"); !errors.Is(err, followup.ErrNotFound) {
			u.Errorf("error %v, want ErrNotFound", err)
		}
	}},
	{"a plan comes back as it was, and storing it again is nil", func(u suite) {
		one := followup.PlanDoc{Hash: "aa", Shop: "main", Name: "appliances", Version: 3, Source: []byte("plan: appliances # ünï\n")}
		every := followup.PlanDoc{Hash: "bb", Name: "appliances", Version: 3, Source: []byte("plan: appliances")} // of every shop
		for _, p := range []followup.PlanDoc{one, every, one, every} {
			u.ok("save plan", u.s.SavePlan(u.Context(), p))
			got, err := u.s.Plan(u.Context(), p.Hash)
			u.ok("load plan", err)
			u.same("plan", got, p)
		}
	}},
	{"a version cannot be taken by other content", func(u suite) {
		p := followup.PlanDoc{Hash: "aa", Shop: "main", Name: "appliances", Version: 3, Source: []byte("a")}
		u.ok("save plan", u.s.SavePlan(u.Context(), p))
		other := p
		other.Hash = "bb"
		err := u.s.SavePlan(u.Context(), other)
		if by, ok := errors.AsType[*followup.VersionReused](err); !ok || by.Hash != p.Hash || !errors.Is(err, followup.ErrVersionReused) {
			u.Errorf("error %#v, want VersionReused by %s", err, p.Hash)
		}
		if _, err := u.s.Plan(u.Context(), "bb"); !errors.Is(err, followup.ErrNotFound) {
			u.Errorf("the refused plan: error %v, want ErrNotFound", err)
		}
		next, elsewhere := other, other
		next.Version, elsewhere.Hash, elsewhere.Shop = 4, "cc", "other"
		u.ok("save the next version", u.s.SavePlan(u.Context(), next))
		u.ok("save that version in another shop", u.s.SavePlan(u.Context(), elsewhere))
	}},
}
