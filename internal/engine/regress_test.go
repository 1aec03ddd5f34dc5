package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
	"aftersales/internal/plan"
)

type hook func(followup.Message) error

func (h hook) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	return followup.Receipt{}, h(m)
}

// shopOf is an engine with two shops, main and two, on one plan.
func shopOf(t *testing.T, steps string, store followup.Store, mail followup.Channel, read func(followup.Incoming) (engine.Reading, error), turn func(followup.ShopID) bool) *shop {
	t.Helper()
	p, faults := plan.Parse("p.yaml", []byte("plan: p\nversion: 1\n"+steps))
	if p == nil {
		t.Fatal(faults)
	}
	s := &shop{store: store, mail: &mailbox.Memory{}, now: new(time.Time)}
	if mail == nil {
		mail = mailbox.New(s.mail, func() time.Time { return *s.now })
	}
	rules, chans := map[followup.ShopID]*followup.Rules{}, map[followup.ShopID]map[followup.Medium]followup.Channel{}
	for _, id := range []followup.ShopID{"main", "two"} {
		rules[id] = &followup.Rules{Plans: []*followup.Plan{p}, Shop: &followup.Shop{
			ID: id, Sender: "shop@example.com", Zone: "Europe/Berlin", Country: "DE",
			Hours: map[followup.Medium]civil.Window{followup.Email: {From: 8 * 3600, Until: 20 * 3600}, followup.Call: {From: 10 * 3600, Until: 18 * 3600, Workdays: true}},
		}}
		chans[id] = map[followup.Medium]followup.Channel{followup.Email: mail, followup.Call: calllist.New(&calllist.Memory{})}
	}
	n := 0
	s.config = engine.Config{
		Store: store, Shops: rules, Composer: plain{}, Channels: chans, Read: read, Turn: turn,
		Parse: func(followup.PlanDoc) (*followup.Plan, error) { return p, nil },
		ID:    func() string { n++; return fmt.Sprint("id-", n) }, Log: slog.New(slog.DiscardHandler),
	}
	s.Engine = engine.New(s.config)
	return s
}

func ask(id, class, rest string) string {
	return "  - {id: " + id + ", class: " + class + ", channel: email, message: m, after: {event: delivered, wait: P4D, at: \"10:00\"}" + rest + "}\n"
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shop) bought(t *testing.T, ids ...followup.JourneyID) {
	t.Helper()
	for _, id := range ids {
		must(t, s.Enroll(t.Context(), at("2026-03-02T09:00"), []engine.Group{{Journey: id, Events: []followup.Event{
			created("2026-03-02T09:00"), happened("d", followup.OrderDelivered, "2026-03-02T10:00"),
		}}})[0])
	}
}

func newMail(id, key, when string) followup.Event {
	u := happened(id, followup.OrderUpdated, when)
	u.Facts, u.Keys, u.Person = &followup.OrderFacts{}, followup.Keys{Mail: followup.ContactID(key)}, &followup.Person{Mail: key + "@example.com", Name: "Anna"}
	return u
}

func TestDoNotCallThenAnotherAddress(t *testing.T) {
	call := func(id, wait string) string {
		return "  - {id: " + id + ", class: feedback, channel: call, message: m, after: {event: delivered, wait: " + wait + ", between: \"10:00-18:00\"}}\n"
	}
	s := shopOf(t, "steps:\n"+call("one", "P4D")+call("two", "P30D"), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	now := at("2026-03-06T10:00")
	must(t, s.run(t.Context(), now))
	_, err := s.Claim(t.Context(), now, "main/1/one/-/1", "staff")
	must(t, err)
	_, err = s.Done(t.Context(), now, engine.Called{ID: "main/1/one/-/1", Outcome: followup.OutcomeDoNotCall})
	must(t, err)
	must(t, s.tell(t.Context(), at("2026-03-07T10:00"), newMail("u", "c2", "2026-03-07T10:00")))
	must(t, s.run(t.Context(), at("2026-04-01T10:00")))
	if m, err := s.Claim(t.Context(), at("2026-04-01T10:00"), "main/1/two/-/1", "staff"); err == nil {
		t.Errorf("said do-not-call, and is called at %s", m.Phone)
	}
}

func TestOneClickInAnOlderMail(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "feedback", "")+"  - {id: b, class: feedback, channel: email, message: m, after: {event: delivered, wait: P14D, at: \"10:00\"}}\n", memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-06T10:00"))) // its link names contact c and journey main/1
	must(t, s.tell(t.Context(), at("2026-03-07T10:00"), newMail("u", "c2", "2026-03-07T10:00")))
	must(t, s.Consent(t.Context(), at("2026-03-08T10:00"), "c", []followup.Consent{{Purpose: followup.Feedback, Channel: followup.Email, At: at("2026-03-08T10:00")}}))
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	if n := len(s.accepted(t)); n != 1 {
		t.Errorf("%d mails, want 1: nothing after the opt-out", n)
	}
}

func TestSameDueInPages(t *testing.T) {
	s := shopOf(t, "budget: {email: 1 per P7D}\nsteps:\n"+ask("z-review", "feedback", "")+ask("a-offer", "marketing", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-06T10:00"))) // the harness takes one ref at a time, as the end of a page of 250 does
	if a := s.accepted(t); a["main/1/z-review/-/1"] != 1 {
		t.Errorf("accepted %v: feedback comes before marketing of the same due", a)
	}
}

func TestAnswerWhileArmed(t *testing.T) {
	var s *shop
	s = shopOf(t, "steps:\n"+ask("ask", "feedback", ""), memory.New(), hook(func(m followup.Message) error {
		_, err := s.Answer(context.Background(), at("2026-03-06T10:05"), engine.Said{Journey: journeyID, FollowUp: m.FollowUp, Unit: "l1/1", Value: "works", By: "page"})
		if err != nil {
			return err
		}
		return &followup.SendError{Failure: followup.UnclearResult, Phase: "end", Err: errors.New("time-out")}
	}), nil, nil)
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-08T10:00")))
	j := s.journey(t)
	if st := j.Rows[0].State; st != followup.Sent {
		t.Errorf("the customer answered it: %s", st)
	}
}

func TestConsentComesWithAnotherOrder(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("offer", "marketing", `, when: 'consents("marketing", "email")'`), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	o := created("2026-03-03T09:00")
	o.Consents = []followup.Consent{{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: at("2026-03-03T09:00")}}
	must(t, s.Enroll(t.Context(), at("2026-03-03T09:00"), []engine.Group{{Journey: "main/2", Events: []followup.Event{o}}})[0])
	must(t, s.run(t.Context(), at("2026-04-01T10:00")))
	if rows := s.rows(t); len(rows) != 1 {
		t.Errorf("order 1: %v, want its offer", rows)
	}
}

func TestBodyOfTwoOrdersAndADeath(t *testing.T) {
	read := func(followup.Incoming) (out engine.Reading, _ error) {
		for _, o := range []string{"1", "2"} {
			e := happened("redact/"+o, followup.PersonErased, "2026-03-03T10:00")
			e.Order = o
			out.Events = append(out.Events, e)
		}
		return out, nil
	}
	store := memory.New()
	s := shopOf(t, "steps:\n"+ask("a", "feedback", ""), store, nil, read, nil)
	s.bought(t, "main/1", "main/2")
	body := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: "r"}, Hash: "h", Body: []byte("{}"), At: at("2026-03-03T10:00")}
	_, err := store.Accept(t.Context(), []followup.Incoming{body})
	must(t, err)
	dies := shopOf(t, "steps:\n"+ask("a", "feedback", ""), storetest.Wrap(store, &storetest.Faults{DieAfter: 1}), nil, read, nil)
	_, _ = dies.Receive(t.Context(), at("2026-03-03T10:00"), []followup.Incoming{body})
	left, _, err := store.Waiting(t.Context(), "", 10)
	must(t, err)
	js, err := store.Journeys(t.Context(), []followup.JourneyID{"main/1", "main/2"})
	must(t, err)
	t.Log("erased", js[0].Head.Facts.Erased, js[1].Head.Facts.Erased, "waiting", len(left))
	if !js[1].Head.Facts.Erased && len(left) == 0 {
		t.Error("order 2 is not erased, and no body waits that would do it")
	}
}

func TestErasureLeavesTheFormerContact(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "feedback", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	must(t, s.tell(t.Context(), at("2026-03-03T10:00"), newMail("u", "c2", "2026-03-03T10:00")))
	must(t, s.tell(t.Context(), at("2026-03-04T10:00"), happened("r", followup.PersonErased, "2026-03-04T10:00")))
	must(t, s.tell(t.Context(), at("2026-03-05T10:00"), newMail("u2", "c3", "2026-03-05T10:00")))
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{"c", "c3"})
	must(t, err)
	for _, c := range cs {
		if len(c.Fields) > 0 {
			t.Errorf("the order was erased, contact %s keeps %v", c.ID, c.Fields)
		}
	}
}

// leaves is a request for the erasure of shop two, as it comes again and again.
func leaves(t *testing.T, s *shop, now, asked string) {
	t.Helper()
	_, err := s.Receive(t.Context(), at(now), []followup.Incoming{{
		InboxKey: followup.InboxKey{Shop: "two", Source: "shopify", Key: "x"}, Body: []byte("{}"), At: at(asked),
	}})
	must(t, err)
}

func erasesShop(followup.Incoming) (engine.Reading, error) {
	return engine.Reading{EraseShop: true}, nil
}

func TestShopRedactAndACustomerOfTwoShops(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), nil, erasesShop, nil)
	s.bought(t, "main/1", "two/1")
	leaves(t, s, "2026-03-03T09:00", "2026-03-03T09:00")
	must(t, s.run(t.Context(), at("2026-03-08T09:00")))
	if rows, sent := s.rows(t), s.accepted(t); sent["main/1/a/-/1"] != 1 || sent["two/1/a/-/1"] != 0 {
		t.Errorf("shop two left: sent %v, main/1 is %v", sent, rows)
	}
}

// The same request again, which says when it was made, leaves alone what a shop
// that came back has sold since.
func TestShopRedactAgainAfterTheShopCameBack(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), nil, erasesShop, nil)
	s.bought(t, "two/1")
	leaves(t, s, "2026-03-03T09:00", "2026-03-03T09:00")
	must(t, s.Enroll(t.Context(), at("2026-03-04T10:00"), []engine.Group{{Journey: "two/2", Events: []followup.Event{created("2026-03-04T09:00")}}})[0])
	leaves(t, s, "2026-03-05T09:00", "2026-03-03T09:00")
	js, err := s.store.Journeys(t.Context(), []followup.JourneyID{"two/1", "two/2"})
	must(t, err)
	if !js[0].Head.Facts.Erased || js[1].Head.Facts.Erased {
		t.Errorf("erased: two/1 %t, two/2 %t", js[0].Head.Facts.Erased, js[1].Head.Facts.Erased)
	}
}

func TestAccountFault(t *testing.T) {
	calls := 0
	var mu sync.Mutex
	s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), hook(func(followup.Message) error {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return &followup.SendError{Failure: followup.Account, Phase: "auth", Code: "535"}
	}), nil, nil)
	for i := range 40 {
		c := created("2026-03-02T09:00")
		c.Keys.Mail = followup.ContactID(fmt.Sprint("c", i))
		must(t, s.Enroll(t.Context(), at("2026-03-02T09:00"), []engine.Group{{Journey: followup.JourneyID(fmt.Sprint("main/", i)), Events: []followup.Event{c, happened("d", followup.OrderDelivered, "2026-03-02T10:00")}}})[0])
	}
	for range 4 { // one hour
		now := at("2026-03-06T10:00").Add(time.Duration(calls/40) * 15 * time.Minute)
		refs, _, err := s.store.Due(t.Context(), now, "", 250)
		must(t, err)
		_, err = s.Deliver(t.Context(), now, refs)
		must(t, err)
	}
	if calls > 4*8 {
		t.Errorf("%d failed log-ins in an hour: the lane was not paused", calls)
	}
}

func TestRestoredNeverSettles(t *testing.T) {
	s := shopOf(t, "late: {more_than: P60D, then: skip}\nsteps:\n"+ask("a", "service", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{"c"})
	must(t, err)
	cs[0].Spend(followup.Spend{FollowUp: "main/1/a/-/1", Epoch: -1, At: at("2026-03-06T10:00"), Channel: followup.Email, Class: followup.Service})
	_, err = s.store.SaveContacts(t.Context(), cs)
	must(t, err)
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	j := s.journey(t)
	if r := j.Rows[0]; !r.State.Terminal() {
		t.Errorf("the mailbox never had it (conclusive); two weeks on it is %s, written %d times", r.State, r.Version)
	}
}

// paced gives out a turn each gap, one in reserve at most.
func paced(gap time.Duration) func(followup.ShopID) bool {
	var mu sync.Mutex
	var next time.Time
	return func(followup.ShopID) bool {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); !now.Before(next) {
			next = now.Add(gap)
			return true
		}
		return false
	}
}

func many(t *testing.T, s *shop, n int) {
	for i := range n {
		c := followup.Event{
			Source: "s", ID: "c", Type: followup.OrderCreated, Time: time.Now(), Keys: followup.Keys{Mail: followup.ContactID(fmt.Sprint("c", i))},
			Facts: &followup.OrderFacts{Zone: "UTC"}, Lines: []followup.Line{{ID: "l", Quantity: 1}}, Person: &followup.Person{Mail: "a@example.com"},
		}
		d := followup.Event{Source: "s", ID: "d", Type: followup.OrderDelivered, Time: time.Now().Add(time.Second)}
		must(t, s.Enroll(t.Context(), time.Now(), []engine.Group{{Journey: followup.JourneyID(fmt.Sprint("main/", i)), Events: []followup.Event{c, d}}})[0])
	}
}

func TestRateOf100AnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins 2000-01-01 00:00 UTC
		s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), hook(func(followup.Message) error { return nil }), nil, paced(36*time.Second))
		many(t, s, 100)
		for time.Now().Before(time.Date(2000, 1, 9, 0, 0, 0, 0, time.UTC)) {
			refs, _, err := s.store.Due(t.Context(), time.Now(), "", 5)
			must(t, err)
			if len(refs) == 0 {
				time.Sleep(10 * time.Second)
				continue
			}
			_, err = s.Deliver(t.Context(), time.Now(), refs)
			must(t, err)
			time.Sleep(10 * time.Second)
		}
		failed := 0
		for i := range 100 {
			js, err := s.store.Journeys(t.Context(), []followup.JourneyID{followup.JourneyID(fmt.Sprint("main/", i))})
			must(t, err)
			if r := js[0].Rows[0]; r.State == followup.Failed {
				if failed++; failed == 1 {
					t.Log(r.Decisions[len(r.Decisions)-1].Reason)
				}
			}
		}
		if failed > 0 {
			t.Errorf("%d of 100 FAILED although no server refused one", failed)
		}
	})
}

func TestHoursAndOptOutWhileWaitingForTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, after := 0, 0
		var no time.Time
		var mu sync.Mutex
		s := shopOf(t, "steps:\n  - {id: a, class: feedback, channel: email, message: m, after: {event: delivered, wait: P1D, at: \"19:59\"}}\n", memory.New(), hook(func(m followup.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().UTC().Hour() >= 20 {
				late++
			}
			if m.FollowUp.Journey() == "main/99" && !no.IsZero() {
				after++
			}
			return nil
		}), nil, paced(time.Second))
		many(t, s, 250)
		time.Sleep(time.Until(time.Date(2000, 1, 2, 19, 59, 0, 0, time.UTC)))
		time.AfterFunc(30*time.Second, func() {
			now := time.Now()
			_ = s.Consent(context.Background(), now, "c99", []followup.Consent{{Purpose: followup.Feedback, Channel: followup.Email, At: now}})
			mu.Lock()
			defer mu.Unlock()
			no = now
		})
		for range 120 {
			refs, _, err := s.store.Due(t.Context(), time.Now(), "", 250)
			must(t, err)
			_, err = s.Deliver(t.Context(), time.Now(), refs)
			must(t, err)
			time.Sleep(time.Second)
		}
		if late+after > 0 {
			t.Errorf("%d went out after 20:00, %d to somebody 48 s after the opt-out", late, after)
		}
	})
}

func TestOperatorResendTooLate(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), hook(func(followup.Message) error {
		return &followup.SendError{Failure: followup.UnclearResult, Phase: "end"}
	}), nil, nil)
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-10T10:00")))
	must(t, s.Settle(t.Context(), at("2026-03-10T10:00"), "main/1/a/-/1", followup.Planned, "customer did not get it"))
	must(t, s.run(t.Context(), at("2026-03-10T10:00")))
	j := s.journey(t)
	if st := j.Rows[0].State; st == followup.Expired {
		t.Errorf("parked resend, four days after the due: %s", st)
	}
}
