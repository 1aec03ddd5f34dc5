package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/plan"
)

// shopPlan is a plan with every kind of step: calls with tries and a mail
// instead, a held review, reminders per unit, asking again.
const shopPlan = `plan: all
version: 1
exit: [cancelled, returned, refunded]
delivered: {assume: {after: fulfilled, wait: P5D}}
coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: set-up, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D, at: "10:00"}}
  - id: call
    class: feedback
    channel: call
    message: check-in-call
    unless: answered("works") or answered("problem")
    after: {event: delivered, wait: P4D, between: "10:00-18:00", on: workdays}
    tries: {max: 3, spacing: P1D}
    late: {more_than: P5D, then: skip}
    otherwise: check-in
  - {id: check-in, class: feedback, channel: email, message: check-in, unless: answered("works") or answered("problem"), after: {event: delivered, wait: P4D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P21D, at: "18:00"}}
  - {id: warranty-ending, class: service, channel: email, message: warranty-ending, per: unit, before: {event: 'coverage_end("warranty")', by: [P60D, P7D], at: "10:00"}}
  - {id: recovered, class: feedback, channel: email, message: recovered, after: {event: case_closed, wait: P3D, at: "10:00"}}
`

const journeyID followup.JourneyID = "main/1"

// at parses a moment in Berlin.
func at(s string) time.Time {
	dt, err := civil.ParseDateTime(s)
	if err != nil {
		panic(err)
	}
	loc, err := civil.Zone("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return dt.Resolve(loc)
}

// plain composes the least a mailbox takes.
type plain struct{}

func (plain) Compose(l followup.Letter) (followup.Message, error) {
	return followup.Message{
		FollowUp: l.Row.ID, Shop: "main", Class: l.Row.Class, From: followup.Address{Mail: "shop@example.com"},
		To: followup.Address{Mail: l.Contact.Field(followup.FieldMail)}, Phone: l.Contact.Field(followup.FieldPhone),
		Subject: l.Step.ID, Text: "text", HTML: "<p>text</p>", MessageID: "x@example.com",
	}, nil
}

// shop is one engine on a store, with the mailbox that outlives it.
type shop struct {
	*engine.Engine
	store followup.Store
	mail  *mailbox.Memory
	now   *time.Time

	config engine.Config
}

func newShop(t testing.TB, store followup.Store, mail *mailbox.Memory, channel followup.Channel) *shop {
	t.Helper()
	return newShopWithCalls(t, store, mail, channel, calllist.New(&calllist.Memory{}))
}

func newShopWithCalls(t testing.TB, store followup.Store, mail *mailbox.Memory, channel, calls followup.Channel) *shop {
	t.Helper()
	p, faults := plan.Parse("all.yaml", []byte(shopPlan))
	if p == nil {
		t.Fatal(faults)
	}
	s := &shop{store: store, mail: mail, now: new(time.Time)}
	if channel == nil {
		channel = mailbox.New(mail, func() time.Time { return *s.now })
	}
	rules := &followup.Rules{
		Shop: &followup.Shop{
			ID: "main", Name: "Shop", Sender: "shop@example.com", Zone: "Europe/Berlin", Country: "DE",
			Hours: map[followup.Medium]civil.Window{
				followup.Email: {From: 8 * 3600, Until: 20 * 3600}, followup.Call: {From: 10 * 3600, Until: 18 * 3600, Workdays: true},
			},
			BusinessHours: civil.Window{From: 9 * 3600, Until: 17 * 3600, Workdays: true},
		},
		Plans: []*followup.Plan{p},
	}
	var n atomic.Int64 // Delivers may run at once
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("AFTERSALES_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s.config = engine.Config{
		Store: store, Shops: map[followup.ShopID]*followup.Rules{"main": rules}, Composer: plain{},
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{"main": {followup.Email: channel, followup.Call: calls}},
		Read:     func(in followup.Incoming) (engine.Reading, error) { return engine.Reading{Ignored: in.Topic}, nil },
		Parse:    func(followup.PlanDoc) (*followup.Plan, error) { return p, nil },
		ID:       func() string { return fmt.Sprintf("id-%d-%d", s.now.UnixNano(), n.Add(1)) }, Log: log,
	}
	s.Engine = engine.New(s.config)
	return s
}

// compose makes messages by c from now on.
func (s *shop) compose(c followup.Composer) {
	s.config.Composer = c
	s.Engine = engine.New(s.config)
}

// tell enrolls events of the one order.
func (s *shop) tell(ctx context.Context, now time.Time, events ...followup.Event) error {
	return s.Enroll(ctx, now, []engine.Group{{Journey: journeyID, Events: events}})[0]
}

// run looks at everything due until end, each at its time.
func (s *shop) run(ctx context.Context, end time.Time) error {
	for range 10_000 {
		refs, _, err := s.store.Due(ctx, end, "", 1)
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			*s.now = end
			return nil
		}
		if refs[0].Next.After(*s.now) {
			*s.now = refs[0].Next
		}
		if _, err := s.Deliver(ctx, *s.now, refs); err != nil {
			return err
		}
	}
	return fmt.Errorf("looks never end before %s", end)
}

func (s *shop) journey(t testing.TB) followup.Journey {
	t.Helper()
	js, err := s.store.Journeys(t.Context(), []followup.JourneyID{journeyID})
	if err != nil {
		t.Fatal(err)
	}
	return js[0]
}

// rows writes every row as "step[occ] state due", sorted.
func (s *shop) rows(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, r := range s.journey(t).Rows {
		out = append(out, fmt.Sprintf("%s %s %s", r.ID, r.State, r.Due))
	}
	slices.Sort(out)
	return out
}

// accepted counts what the mailbox took, by follow-up.
func (s *shop) accepted(t testing.TB) map[followup.FollowUpID]int {
	t.Helper()
	mails, _, err := s.mail.Mail(t.Context(), 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	out := map[followup.FollowUpID]int{}
	for _, m := range mails {
		out[m.FollowUp]++
	}
	return out
}

func named(source, id string, e followup.Event) followup.Event {
	e.Source, e.ID = source, id
	return e
}

func created(when string) followup.Event {
	return named("test", "created", followup.Event{
		Type: followup.OrderCreated, Time: at(when), Keys: followup.Keys{Mail: "c"}, Facts: &followup.OrderFacts{Country: "DE"},
		Lines:    []followup.Line{{ID: "l1", Title: "Machine", Category: "appliance", Quantity: 2}},
		Person:   &followup.Person{Mail: "anna@example.com", Phone: "+4930123456"},
		Consents: []followup.Consent{{Purpose: followup.Feedback, Channel: followup.Call, Given: true, At: at(when)}},
	})
}

func happened(id string, kind followup.EventType, when string) followup.Event {
	return named("test", id, followup.Event{Type: kind, Time: at(when)})
}
