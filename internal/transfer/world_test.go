package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/plan"
	"aftersales/internal/transfer"
)

const crowdPlan = `plan: all
version: 1
exit: [cancelled, returned, refunded]
delivered: {assume: {after: fulfilled, wait: P5D}}
budget: {email: 2 per P7D}
coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: set-up, class: service, channel: email, message: m, after: {event: delivered, wait: P1D, at: "10:00"}}
  - {id: check-in, class: feedback, channel: email, message: m, unless: answered("works"), after: {event: delivered, wait: P4D, at: "10:00"}}
  - id: call
    class: feedback
    channel: call
    message: m
    unless: answered("works") or answered("problem")
    after: {event: delivered, wait: P9D, between: "10:00-18:00", on: workdays}
    tries: {max: 3, spacing: P1D}
    late: {more_than: P5D, then: skip}
    otherwise: ask-again
  - {id: ask-again, class: feedback, channel: email, message: m, after: {event: delivered, wait: P9D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: m, after: {event: delivered, wait: P21D, at: "18:00"}}
  - {id: warranty-ending, class: service, channel: email, message: m, per: unit, before: {event: 'coverage_end("warranty")', by: [P60D, P7D], at: "10:00"}}
`

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// post is a mail provider that outlives every store. How it answers hangs on
// the follow-up and on how often it was asked, never on who asks.
type post struct {
	mu       sync.Mutex
	calls    map[followup.FollowUpID]int
	accepted map[followup.FollowUpID]int
	order    []followup.FollowUpID // as accepted
	die      int                   // at this call the process ends; 0: never
	before   bool                  // ... before the mail is accepted, else after
	made     int
	dead     bool
}

// mortal is a store of a process that may die: it writes nothing after that.
type mortal struct {
	*memory.Store
	p *post
}

func (m mortal) Save(ctx context.Context, cs []followup.Change) ([]error, error) {
	if m.p.dead {
		return nil, errDied
	}
	return m.Store.Save(ctx, cs)
}

func (m mortal) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	if m.p.dead {
		return nil, errDied
	}
	return m.Store.Finish(ctx, ends)
}

func newPost() *post {
	return &post{calls: map[followup.FollowUpID]int{}, accepted: map[followup.FollowUpID]int{}}
}

// errDied is the end of the process that calls.
var errDied = errors.New("died")

func (p *post) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made++
	if p.dead = p.dead || p.made == p.die; p.dead && p.before {
		return followup.Receipt{}, errDied
	}
	p.calls[m.FollowUp]++
	switch n := dice(string(m.FollowUp)) % 10; {
	case n < 3 && p.calls[m.FollowUp] <= 2:
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "rcpt", Code: "451"}
	case n == 3:
		return followup.Receipt{}, &followup.SendError{Failure: followup.Refused, Phase: "rcpt", Code: "550"}
	}
	p.accepted[m.FollowUp]++
	p.order = append(p.order, m.FollowUp)
	return followup.Receipt{Provider: "p-" + string(m.FollowUp)}, nil
}

func dice(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}

// forgetful is a post of another place: asked, it says that it never had anything.
type forgetful struct{ *post }

func (forgetful) Find(context.Context, followup.FollowUpID, string) (followup.Evidence, error) {
	return followup.Evidence{Conclusive: true}, nil
}

type composer struct{}

func (composer) Compose(l followup.Letter) (followup.Message, error) {
	return followup.Message{FollowUp: l.Row.ID, Shop: "main", To: followup.Address{Mail: "x@example.com"}, Subject: l.Step.ID, Text: "t"}, nil
}

// place is one store with the engine that works on it.
type place struct {
	store  transfer.Store
	engine *engine.Engine
	now    time.Time
}

// names gives attempts their names; it goes on from place to place.
type names struct{ n int }

func newPlace(t testing.TB, store followup.Store, ch followup.Channel, epoch int, ids *names) *place {
	t.Helper()
	p, faults := plan.Parse("all.yaml", []byte(crowdPlan))
	if p == nil {
		t.Fatal(faults)
	}
	whole, ok := store.(transfer.Store)
	if !ok {
		t.Fatalf("%T cannot be moved", store)
	}
	rules := &followup.Rules{
		Shop: &followup.Shop{
			ID: "main", Name: "Shop", Sender: "shop@example.com", Zone: "Europe/Berlin", Country: "DE",
			Hours: map[followup.Medium]civil.Window{
				followup.Email: {From: 8 * 3600, Until: 20 * 3600}, followup.Call: {From: 10 * 3600, Until: 18 * 3600, Workdays: true},
			},
			BusinessHours: civil.Window{From: 9 * 3600, Until: 17 * 3600, Workdays: true},
		},
		Plans: []*followup.Plan{p}, Epoch: epoch,
	}
	return &place{store: whole, engine: engine.New(engine.Config{
		Store: store, Shops: map[followup.ShopID]*followup.Rules{"main": rules}, Composer: composer{}, Parallel: 1,
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{"main": {followup.Email: ch, followup.Call: calllist.New(&calllist.Memory{})}},
		Read:     func(followup.Incoming) (engine.Reading, error) { return engine.Reading{Ignored: "test"}, nil },
		Parse:    func(followup.PlanDoc) (*followup.Plan, error) { return p, nil },
		ID:       func() string { ids.n++; return fmt.Sprintf("id-%d", ids.n) }, Log: slog.New(slog.DiscardHandler),
	})}
}

// doing is one thing that happens to the crowd.
type doing struct {
	when time.Time
	do   func(ctx context.Context, p *place) error
}

const orders = 14

// crowd is what happens: orders of ten people, delivered, some cancelled, some
// answered, some called.
func crowd(seed uint32) []doing {
	var all []doing
	for n := range orders {
		id := followup.NewJourneyID("main", fmt.Sprint(1000+n))
		who := followup.ContactID(fmt.Sprint("c", n%10))
		d := dice(fmt.Sprint(seed, n))
		start := at("2026-03-02T09:00").Add(time.Duration(d%400) * time.Hour)
		tell := func(after time.Duration, e followup.Event) {
			e.Source, e.Time = "test", start.Add(after)
			all = append(all, doing{e.Time, func(ctx context.Context, p *place) error {
				return p.engine.Enroll(ctx, p.now, []engine.Group{{Journey: id, Events: []followup.Event{e}}})[0]
			}})
		}
		tell(0, followup.Event{
			ID: "created", Type: followup.OrderCreated, Keys: followup.Keys{Mail: who}, Facts: &followup.OrderFacts{Country: "DE"},
			Lines:    []followup.Line{{ID: "l1", Title: "Machine", Quantity: 1 + n%2}},
			Person:   &followup.Person{Mail: string(who) + "@example.com", Phone: "+4930123456"},
			Consents: []followup.Consent{{Purpose: followup.Feedback, Channel: followup.Call, Given: n%3 > 0, At: start}},
		})
		tell(30*time.Hour, followup.Event{ID: "delivered", Type: followup.OrderDelivered})
		if d%7 == 0 {
			tell(200*time.Hour, followup.Event{ID: "cancelled", Type: followup.OrderCancelled})
		}
		if d%5 == 0 {
			tell(160*time.Hour, followup.Event{ID: "a", Type: followup.AnswerGiven, Answer: &followup.Said{Value: "problem", By: "page"}, Case: &followup.CaseWord{Number: 1}})
		}
		for k := range 3 {
			all = append(all, called(id, start.Add(time.Duration(10+k)*24*time.Hour), k+1))
		}
	}
	slices.SortStableFunc(all, func(a, b doing) int { return a.when.Compare(b.when) })
	return append(all, doing{at("2028-09-01T12:00"), func(context.Context, *place) error { return nil }})
}

// called claims a try if it is on the list, and reaches nobody.
func called(id followup.JourneyID, day time.Time, try int) doing {
	row := followup.FollowUpID(fmt.Sprintf("%s/call/-/1#%d", id, try))
	when := time.Date(day.Year(), day.Month(), day.Day(), 15, 30, 0, 0, time.UTC)
	return doing{when, func(ctx context.Context, p *place) error {
		if _, err := p.engine.Claim(ctx, p.now, row, "staff"); err != nil {
			return nil //nolint:nilerr // not on the list
		}
		_, err := p.engine.Done(ctx, p.now, engine.Called{ID: row, Outcome: followup.OutcomeNoAnswer})
		return err
	}}
}

// live does everything until a moment and returns what is left to do.
func (p *place) live(ctx context.Context, todo []doing, until time.Time) ([]doing, error) {
	for len(todo) > 0 && !todo[0].when.After(until) {
		if err := p.work(ctx, todo[0].when); err != nil {
			return todo, err
		}
		if err := todo[0].do(ctx, p); err != nil {
			return todo, err
		}
		todo = todo[1:]
	}
	return todo, p.work(ctx, until)
}

// work looks at everything due until end, each at its time.
func (p *place) work(ctx context.Context, end time.Time) error {
	sending, ok := p.store.(followup.Sending)
	if !ok {
		return fmt.Errorf("%T cannot send", p.store)
	}
	for range 100_000 {
		refs, _, err := sending.Due(ctx, end, "", 1)
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			p.now = end
			return nil
		}
		if refs[0].Next.After(p.now) {
			p.now = refs[0].Next
		}
		if _, err := p.engine.Deliver(ctx, p.now, refs); err != nil {
			return err
		}
	}
	return errors.New("the work never ends")
}

// all writes every journey of a store for comparison.
func all(t testing.TB, s transfer.Store) string {
	t.Helper()
	ids, _, err := s.Find(t.Context(), followup.Query{All: true}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	js, err := s.Journeys(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range js {
		events, _, err := s.Events(t.Context(), js[i].ID, "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", jsonOf(t, []any{js[i].ID, js[i].Head, js[i].Rows, events}))
	}
	return b.String()
}
