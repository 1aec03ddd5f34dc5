package cloud_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
	"aftersales/internal/queue"
	"aftersales/internal/setup"
	"aftersales/plans"
)

type object = map[string]any

// stack is a whole deployment in memory: every function's form on the same
// tables, queues and clock.
type stack struct {
	t       testing.TB
	mu      sync.Mutex
	now     time.Time
	store   *memory.Store
	enroll  *queue.Memory
	deliver *queue.Memory
	dead    *queue.Memory
	mail    *mailbox.Memory
	secrets secrets
	limits  cloud.Limits
	logs    *logs
	metrics *logs
	config  *config.Config
	parts   func(config.Function) cloud.Parts
	names   int
}

// logs is a buffer that many may write to.
type logs struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logs) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.String()
}

// secrets are parameters in memory.
type secrets struct {
	values    map[string]string
	err       error
	refreshed []string
	after     map[string]string // values from their first refresh on
}

func (s *secrets) Secret(_ context.Context, name string) (string, error) {
	return s.values[name], s.err
}

func (s *secrets) Refresh(names ...string) bool {
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.refreshed, name) }) {
		return false
	}
	s.refreshed = append(s.refreshed, names...)
	for _, name := range names {
		if text, ok := s.after[name]; ok {
			s.values[name] = text
		}
	}
	return true
}

func (s *stack) Limits(context.Context) (cloud.Limits, error) { return s.limits, nil }

func (s *stack) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stack) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

const (
	genericSecret = "0123456789 generic secret 0123456789"
	shopifySecret = "shopify client secret"
)

// newStack is a shop in Berlin, on a Monday at nine.
func newStack(t testing.TB) *stack {
	t.Helper()
	s := &stack{
		t: t, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), store: memory.New(), mail: &mailbox.Memory{},
		limits: cloud.Limits{PerSecond: 14, Left: 50_000}, logs: &logs{}, metrics: &logs{},
		secrets: secrets{values: map[string]string{
			"AFTERSALES_LINK_KEY": strings.Repeat("l", 40), "AFTERSALES_CONTACT_KEY": strings.Repeat("c", 40),
			"AFTERSALES_SESSION_KEY":         strings.Repeat("s", 40),
			"AFTERSALES_GENERIC_SECRET_MAIN": "whsec_" + base64.StdEncoding.EncodeToString([]byte(genericSecret)),
			"AFTERSALES_SHOPIFY_SECRET_MAIN": shopifySecret,
		}},
	}
	s.dead = queue.NewMemory(queue.Options{Now: s.Now})
	s.enroll = queue.NewMemory(queue.Options{Now: s.Now, MaxReceives: 5, Dead: s.dead})
	s.deliver = queue.NewMemory(queue.Options{Now: s.Now, MaxReceives: 5, Dead: s.dead, Visibility: 3 * time.Minute})
	shop := config.Default("main")
	shop.Name, shop.Sender, shop.Phone = "Nordlight Home", "care@nordlight.example", "+493012345678"
	shop.Address, shop.Country, shop.Zone = "Lindenstraße 4, 10969 Berlin", "DE", "Europe/Berlin"
	shop.PublicURL = "https://nordlight.example"
	s.config = &config.Config{Business: "test", Shops: []followup.Shop{shop}}
	s.parts = func(f config.Function) cloud.Parts {
		files := setup.Source{Config: s.config, Inputs: setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products()}}
		p := cloud.Parts{
			Wait:   func(ctx context.Context, _ int) error { return ctx.Err() },
			Env:    &config.Cloud{Function: f, Stack: "test", ConfigurationSet: "", Voice: config.Voice{Provider: config.NoVoice}},
			Config: s.config, Files: files.Files, Composer: files.Composer, Store: s.store, Secrets: &s.secrets,
			Now: s.Now, NewID: s.name, Log: slog.New(slog.NewJSONHandler(s.logs, nil)), Metrics: s.metrics, Version: "test",
		}
		if f == config.Intake || f == config.Sweep {
			p.EnrollQueue = s.enroll
		}
		if f != config.Intake {
			p.DeliverQueue = s.deliver
		}
		if f == config.Enroll || f == config.Deliver || f == config.Outcome {
			p.DeadQueue = s.dead
		}
		if f == config.Deliver {
			p.Mail = mailbox.New(s.mail, s.Now)
		}
		if f == config.Sweep {
			p.Account = s
		}
		return p
	}
	return s
}

func (s *stack) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	return "id" + strconv.Itoa(s.names)
}

// form is a fresh sandbox of a function.
func (s *stack) form(f config.Function) *cloud.Form { return cloud.New(s.parts(f)) }

// records is what a mapping hands to a function of what was received.
func records(got []queue.Received) cloud.QueueEvent {
	var e cloud.QueueEvent
	for _, m := range got {
		e.Records = append(e.Records, cloud.QueueMessage{
			MessageID: m.ID, Body: string(m.Body),
			EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:q", Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Count)},
		})
	}
	return e
}

// handler is a function on a queue.
type handler = func(context.Context, cloud.QueueEvent) (events.SQSEventResponse, error)

// batch hands what is visible on a queue to a function, deletes what did not
// fail, and returns how many messages failed.
func (s *stack) batch(q *queue.Memory, h handler) (received, failed int) {
	s.t.Helper()
	got := q.Receive(10)
	if len(got) == 0 {
		return 0, 0
	}
	out, err := h(s.t.Context(), records(got))
	if err != nil {
		s.t.Fatal(err)
	}
	bad := map[string]bool{}
	for _, f := range out.BatchItemFailures {
		bad[f.ItemIdentifier] = true
	}
	for _, m := range got {
		if !bad[m.ID] {
			q.Delete(m.Receipt)
		}
	}
	return len(got), len(bad)
}

// work lets both queues run empty, as far as they are visible.
func (s *stack) work() {
	s.t.Helper()
	enroll, deliver := s.form(config.Enroll), s.form(config.Deliver)
	for {
		a, _ := s.batch(s.enroll, enroll.Enroll)
		b, _ := s.batch(s.deliver, deliver.Deliver)
		if a+b == 0 {
			return
		}
	}
}

// minutes lets time pass: a sweep a minute, and what it queued at its time.
func (s *stack) minutes(n int) {
	s.t.Helper()
	sweep := s.form(config.Sweep)
	for range n {
		if err := sweep.Sweep(s.t.Context(), nil); err != nil {
			s.t.Fatal(err)
		}
		for end := s.Now().Add(time.Minute); s.Now().Before(end); {
			next, ok := s.deliver.Next()
			if !ok || next.After(end) {
				next = end
			}
			s.pass(max(0, next.Sub(s.Now())))
			s.work()
			if next.Equal(end) {
				break
			}
		}
	}
}

// accept puts a body into the inbox and its key on the queue.
func (s *stack) accept(text []byte) {
	s.t.Helper()
	e := event(s.t, object{"source": "aftersales", "detail-type": kind(text), "id": "e1", "time": s.Now(), "detail": json.RawMessage(text)})
	if err := s.enroll.Send(s.t.Context(), []queue.Message{{Body: []byte(e)}}); err != nil {
		s.t.Fatal(err)
	}
	s.work()
}

func kind(text []byte) string {
	var k struct{ Type string }
	if err := json.Unmarshal(text, &k); err != nil {
		panic(err)
	}
	return k.Type
}

func event(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// body is a generic event. Its id names order and what happened.
func body(kind, order, id string, at time.Time, data object) []byte {
	text, err := json.Marshal(object{
		"specversion": "1.0", "id": order + "-" + id, "source": "shop/main", "type": kind,
		"time": at.UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		panic(err)
	}
	return text
}

// bought is an order of a fridge by a customer of its own.
func bought(order string, at time.Time) []byte {
	return body("order.created", order, "created", at, object{"order": object{
		"id": order, "number": "#" + order, "currency": "EUR", "total": "649.00", "test": false,
		"customer": object{
			"id": order, "name": "Anna Berg", "first_name": "Anna", "email": "anna" + order + "@example.com",
			"phone": "+4930" + fmt.Sprintf("%07s", order), "language": "en", "zone": "Europe/Berlin",
		},
		"address": object{"country": "DE", "city": "Berlin"},
		"lines":   []object{{"id": "l1", "sku": "FR-200", "name": "A fridge", "quantity": 1, "price": "649.00"}},
	}})
}

// happened is a later event of an order.
func happened(kind, order, id string, at time.Time) []byte {
	return body(kind, order, id, at, object{"order": object{"id": order}})
}

func (s *stack) journey(order string) followup.Journey {
	s.t.Helper()
	js, err := s.store.Journeys(s.t.Context(), []followup.JourneyID{followup.NewJourneyID("main", order)})
	if err != nil {
		s.t.Fatal(err)
	}
	return js[0]
}

func (s *stack) mails() []followup.Stored {
	s.t.Helper()
	all, _, err := s.mail.Mail(s.t.Context(), 1000, "")
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

// planned puts follow-ups into the table whose looks are at a time, as a service
// mail each of an order of its own, and returns their ids.
func (s *stack) sold(n int) {
	s.t.Helper()
	for i := range n {
		order := strconv.Itoa(1000 + i)
		s.accept(bought(order, s.Now()))
		s.accept(happened("order.delivered", order, "delivered", s.Now()))
	}
}
