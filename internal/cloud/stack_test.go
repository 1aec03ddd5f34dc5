package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/queue"
)

// operator is the stack as its operator reaches it from another machine.
func (s *stack) operator() *cloud.Stack {
	parts := s.parts(config.Sweep)
	return &cloud.Stack{Form: cloud.New(parts), Table: s.store, Queue: func(string) cloud.FailedQueue { return &shelf{} }}
}

// fed returns the keys of the bodies that wait on the enroll queue.
func (s *stack) fed() []string {
	s.t.Helper()
	var out []string
	for _, b := range s.enroll.Bodies() {
		var m cloud.Enrol
		if err := json.Unmarshal(b, &m); err != nil {
			s.t.Fatal(err)
		}
		if m.Inbox != nil {
			out = append(out, m.Inbox.Key)
		}
	}
	return out
}

// TestNothingIsFedUntilEveryFunctionKnowsTheEpoch raises the epoch while a
// function is warm: it works with the old one for a minute, in which nothing of
// the inbox may reach it.
func TestNothingIsFedUntilEveryFunctionKnowsTheEpoch(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	deliver, op := s.form(config.Deliver), s.operator()
	if _, err := deliver.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := op.RaiseEpoch(t.Context())
	if err != nil || n != 1 {
		t.Fatalf("raised to %d, %v", n, err)
	}
	for {
		w, err := deliver.Work(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fed, err := op.FeedAgain(t.Context(), time.Time{}, func(int) {})
		if err == nil {
			if w.Epoch != 1 || fed == 0 || len(s.fed()) != fed {
				t.Errorf("%d were fed to functions at epoch %d, %v are queued", fed, w.Epoch, s.fed())
			}
			break
		}
		if !errors.Is(err, cloud.ErrYoung) || !strings.Contains(err.Error(), "08:02:00 UTC") || fed != 0 || len(s.fed()) != 0 {
			t.Fatalf("%d were fed: %v", fed, err)
		}
		if raised := op.Raised(t.Context()); !errors.Is(raised, cloud.ErrYoung) {
			t.Fatalf("feeding is refused, going on is not: %v", raised)
		}
		s.pass(10 * time.Second)
	}
	if err := op.Raised(t.Context()); err != nil || s.Now().Sub(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)) < time.Minute {
		t.Errorf("at %s: %v", s.Now(), err)
	}
}

// TestRestoreDrill loses the journeys after two mails went out, of which later
// ones were reported, and brings them back by the runbook: neither goes out again.
// Of one the provider says so; about the other a person decides.
func TestRestoreDrill(t *testing.T) {
	s := newStack(t)
	s.sold(2)
	c := &channel{}
	parts := func() cloud.Parts {
		p := s.parts(config.Deliver)
		p.Env.ConfigurationSet, p.Mail = "set", c
		return p
	}
	deliver := cloud.New(parts())
	first, second := s.until("1000")[0], s.until("1001")[0]
	look := func(id followup.FollowUpID) {
		t.Helper()
		if out, err := deliver.Deliver(t.Context(), one(message(t, "m", s.Now(), "1", id))); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatal(out, err)
		}
	}
	look(first)
	look(second)
	if c.sent.Load() != 2 {
		t.Fatalf("%d went out", c.sent.Load())
	}
	s.forget()
	op := s.operator()
	if _, err := op.RaiseEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pass(cloud.Settle)
	if _, err := op.FeedAgain(t.Context(), time.Time{}, func(int) {}); err != nil {
		t.Fatal(err)
	}
	for enroll, n := s.form(config.Enroll), 1; n > 0; {
		n, _ = s.batch(s.enroll, enroll.Enroll)
	}
	deliver = cloud.New(parts())
	look(first)
	look(second)
	for _, id := range []followup.FollowUpID{first, second} {
		if got := s.state(id); got.State != followup.Unknown {
			t.Fatalf("%s is %s after the restore", id, got.State)
		}
	}
	if _, err := s.form(config.Outcome).Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "a", Body: told(t, "Send", first, "id1", s.Now())})); err != nil {
		t.Fatal(err)
	}
	for range 27 * 4 {
		s.pass(15 * time.Minute)
		s.mark(s.Now()) // the stream goes on
		look(first)
		look(second)
	}
	if a, b := s.state(first).State, s.state(second).State; a != followup.Sent || b != followup.Parked || c.sent.Load() != 2 {
		t.Errorf("the one that was reported is %s, the other %s, %d mails in all; want sent, parked, 2", a, b, c.sent.Load())
	}
}

// mark says that a mail of this moment was reported.
func (s *stack) mark(at time.Time) {
	s.t.Helper()
	_, version, err := s.store.Record(s.t.Context(), "seen#email")
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := json.Marshal(at)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.SetRecord(s.t.Context(), "seen#email", value, version); err != nil {
		s.t.Fatal(err)
	}
}

// forget puts the stack on a table without journeys: contacts, inbox and records
// are as they were.
func (s *stack) forget() {
	s.t.Helper()
	ctx, old, fresh := s.t.Context(), s.store, memory.New()
	ids, _, err := old.ContactIDs(ctx, "", 1000)
	s.must(err)
	contacts, err := old.Contacts(ctx, ids)
	s.must(err)
	for i := range contacts {
		contacts[i].Version = 0
	}
	errs, err := fresh.SaveContacts(ctx, contacts)
	s.must(errors.Join(append(errs, err)...))
	kept, _, err := old.Bodies(ctx, "", 1000)
	s.must(err)
	for i := range kept {
		_, err := fresh.Accept(ctx, []followup.Incoming{kept[i].Incoming})
		s.must(err)
	}
	s.store = fresh
}

func (s *stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// shelf is a queue that an operator empties by hand.
type shelf struct{ held []queue.Message }

func (q *shelf) Send(_ context.Context, m []queue.Message) error {
	q.held = append(q.held, m...)
	return nil
}

func (q *shelf) Waiting(context.Context) (int, error) { return len(q.held), nil }

func (q *shelf) Peek(_ context.Context, limit int) (out []queue.Received, err error) {
	for _, m := range q.held[:min(limit, len(q.held))] {
		out = append(out, queue.Received{ID: "m", Body: m.Body, Attributes: m.Attributes})
	}
	return out, nil
}

func (q *shelf) Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (moved int, err error) {
	for len(q.held) > 0 && moved < limit {
		n := min(len(q.held), limit-moved, queue.MaxBatch)
		if err := move(ctx, q.held[:n]); err != nil {
			return moved, err
		}
		q.held, moved = q.held[n:], moved+n
	}
	return moved, nil
}

// shelves are queues by the output that names them.
type shelves map[string]*shelf

func (s shelves) queue(output string) cloud.FailedQueue {
	if s[output] == nil {
		s[output] = &shelf{}
	}
	return s[output]
}

// TestRedriveKeepsItsPace puts back at most so many, of all queues together, and
// no faster than it is told.
func TestRedriveKeepsItsPace(t *testing.T) {
	for _, c := range []struct {
		pace  cloud.Pace
		moved []int // of enroll, deliver, outcome, bus
		takes time.Duration
	}{
		{cloud.Pace{}, []int{25, 10, 7, 3}, 0},
		{cloud.Pace{Max: 30}, []int{25, 5, 0, 0}, 0},
		{cloud.Pace{PerSecond: 5}, []int{25, 10, 7, 3}, (25 + 10 + 7) * time.Second / 5}, // nothing follows the last
		{cloud.Pace{Max: 12, PerSecond: 2}, []int{12, 0, 0, 0}, 5 * time.Second},
		{cloud.Pace{Max: 1000}, []int{25, 10, 7, 3}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			queues := shelves{}
			op := newStack(t).operator()
			op.Queue = queues.queue
			for output, n := range map[string]int{"EnrollDeadQueue": 25, "DeliverDeadQueue": 10, "OutcomeDeadQueue": 7, "BusDeadQueue": 3} {
				queues.queue(output).(*shelf).held = slices.Repeat([]queue.Message{{Body: []byte(`{"source":"aftersales"}`)}}, n)
			}
			began := time.Now()
			dead, err := op.Redrive(t.Context(), nil, c.pace)
			if err != nil {
				t.Fatal(err)
			}
			var moved []int
			for _, d := range dead {
				moved = append(moved, d.Moved)
			}
			if took := time.Since(began); !slices.Equal(moved, c.moved) || took != c.takes {
				t.Errorf("%+v moved %v in %s, want %v in %s", c.pace, moved, took, c.moved, c.takes)
			}
		})
	}
}

// What no rule could deliver goes to the queue of its kind, and a minute's tick
// that failed goes nowhere: it would only fail as an event.
func TestRedriveSortsTheBus(t *testing.T) {
	queues := shelves{}
	op := newStack(t).operator()
	op.Queue = queues.queue
	const sale, bounce, nonsense = `{"source":"aftersales","detail-type":"order.created"}`, `{"source":"aws.ses","detail-type":"Email Bounced"}`, `nonsense`
	bus := op.Queue("BusDeadQueue").(*shelf)
	for _, body := range []string{sale, bounce, nonsense, "{}", `{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":{}}`} {
		bus.held = append(bus.held, queue.Message{Body: []byte(body)})
	}
	dead, err := op.Redrive(t.Context(), []string{"bus"}, cloud.Pace{})
	if err != nil || len(dead) != 1 || dead[0].Moved != 5 {
		t.Fatalf("%+v, %v", dead, err)
	}
	for output, want := range map[string][]string{"EnrollQueue": {sale, nonsense}, "OutcomeQueue": {bounce}, "BusDeadQueue": nil, "DeliverQueue": nil} {
		var got []string
		if q := queues[output]; q != nil {
			for _, m := range q.held {
				got = append(got, string(m.Body))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", output, got, want)
		}
	}
}
