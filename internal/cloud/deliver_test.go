package cloud_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// channel is a mail channel that does what a test wants.
type channel struct {
	send func(context.Context, followup.Message) (followup.Receipt, error)
	idle atomic.Int64
	sent atomic.Int64
}

func (c *channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	c.sent.Add(1)
	if c.send == nil {
		return followup.Receipt{Provider: "p"}, nil
	}
	return c.send(ctx, m)
}

func (c *channel) CloseIdle() { c.idle.Add(1) }

// deliverer is a deliver function on a channel of its own.
func (s *stack) deliverer(c *channel) *cloud.Form {
	parts := s.parts(config.Deliver)
	parts.Mail = c
	return cloud.New(parts)
}

// until lets time pass to when the first look of an order's rows is due, and
// returns these.
func (s *stack) until(order string) []followup.FollowUpID {
	s.t.Helper()
	first := time.Time{}
	for _, r := range s.journey(order).Rows {
		if r.Channel == followup.Email && !r.Next.IsZero() && (first.IsZero() || r.Next.Before(first)) {
			first = r.Next
		}
	}
	s.pass(first.Sub(s.Now()))
	var ids []followup.FollowUpID
	for _, r := range s.journey(order).Rows {
		if r.Next.Equal(first) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// message is a look as a sweep queues it.
func message(t testing.TB, id string, at time.Time, receives string, ids ...followup.FollowUpID) cloud.QueueMessage {
	return cloud.QueueMessage{
		MessageID: id, Body: event(t, cloud.Look{Journey: ids[0].Journey(), IDs: ids, At: at}),
		Attributes: map[string]string{"ApproximateReceiveCount": receives},
	}
}

func one(m ...cloud.QueueMessage) cloud.QueueEvent { return cloud.QueueEvent{Records: m} }

func (s *stack) state(id followup.FollowUpID) followup.FollowUp {
	s.t.Helper()
	js, err := s.store.Journeys(s.t.Context(), []followup.JourneyID{id.Journey()})
	if err != nil {
		s.t.Fatal(err)
	}
	return *js[0].Row(id)
}

func TestDeliverSendsABatch(t *testing.T) {
	s := newStack(t)
	s.sold(3)
	c := &channel{}
	var e cloud.QueueEvent
	for _, order := range []string{"1000", "1001", "1002"} {
		ids := s.until(order)
		e.Records = append(e.Records, message(t, order, s.Now(), "1", ids...))
	}
	out, err := s.deliverer(c).Deliver(t.Context(), e)
	if err != nil || len(out.BatchItemFailures) != 0 || c.sent.Load() != 3 {
		t.Fatalf("failed %v, %v; %d sent", out.BatchItemFailures, err, c.sent.Load())
	}
	if c.idle.Load() != 1 {
		t.Errorf("idle connections were closed %d times, want once, at the start", c.idle.Load())
	}
	again, err := s.deliverer(c).Deliver(t.Context(), e)
	if err != nil || len(again.BatchItemFailures) != 0 || c.sent.Load() != 3 {
		t.Errorf("the same messages again: failed %v, %v; %d sent in all", again.BatchItemFailures, err, c.sent.Load())
	}
}

func TestDeliverDropsALookThatMoved(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	at := s.Now()
	s.pass(-time.Hour) // the row's look is an hour ahead of this message
	c := &channel{}
	out, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "m", at.Add(-time.Hour), "1", ids...)))
	if err != nil || len(out.BatchItemFailures) != 0 || c.sent.Load() != 0 {
		t.Errorf("failed %v, %v; %d sent", out.BatchItemFailures, err, c.sent.Load())
	}
}

func TestDeliverWaitsForALookAMomentAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		s.sold(1)
		ids := s.until("1000")
		at := s.Now()
		shift := time.Until(at.Add(-900 * time.Millisecond))
		parts := s.parts(config.Deliver)
		c := &channel{}
		parts.Mail, parts.Now = c, func() time.Time { return time.Now().Add(shift).UTC() }
		start := time.Now()
		if out, err := cloud.New(parts).Deliver(t.Context(), one(message(t, "m", at, "1", ids...))); err != nil || len(out.BatchItemFailures) != 0 {
			t.Fatal(out, err)
		}
		if c.sent.Load() != 1 || time.Since(start) != 900*time.Millisecond {
			t.Errorf("%d sent after %s, want one after 900 ms", c.sent.Load(), time.Since(start))
		}
	})
}

// One that is further ahead goes back to the queue, and is not at fault.
func TestDeliverPutsBackWhatIsAhead(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	at := s.Now()
	s.pass(-20 * time.Second)
	n := s.deliver.Len()
	c := &channel{}
	out, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "m", at, "1", ids...)))
	if err != nil || len(out.BatchItemFailures) != 0 || c.sent.Load() != 0 || s.deliver.Len() != n+1 {
		t.Errorf("failed %v, %v; %d sent; %d queued", out.BatchItemFailures, err, c.sent.Load(), s.deliver.Len()-n)
	}
}

// postman counts what is sent to a queue, and how often.
type postman struct {
	queue.Sender
	times, messages int
}

func (c *postman) Send(ctx context.Context, m []queue.Message) error {
	c.times, c.messages = c.times+1, c.messages+len(m)
	return c.Sender.Send(ctx, m)
}

// Ten of them go back by one call, each delayed to its own look.
func TestDeliverPutsBackAllAtOnce(t *testing.T) {
	s := newStack(t)
	ids := s.dueMails(3)
	s.dropQueued()
	parts := s.parts(config.Deliver)
	sent := &postman{Sender: parts.DeliverQueue}
	parts.DeliverQueue = sent
	var e []cloud.QueueMessage
	for i, id := range ids {
		e = append(e, message(t, string(id), s.Now().Add(time.Duration(i+1)*time.Minute), "1", id))
	}
	out, err := cloud.New(parts).Deliver(t.Context(), one(e...))
	if err != nil || len(out.BatchItemFailures) != 0 || sent.times != 1 || sent.messages != 3 {
		t.Errorf("failed %v, %v; %d calls with %d messages, want one with three", out.BatchItemFailures, err, sent.times, sent.messages)
	}
	for i := range ids {
		if next, ok := s.deliver.Next(); !ok || !next.Equal(s.Now().Add(time.Minute)) || len(s.deliver.Receive(10)) != 0 {
			t.Errorf("number %d can be received at %s, %v", i, next, ok)
		}
		s.pass(time.Minute)
		for _, m := range s.deliver.Receive(10) {
			s.deliver.Delete(m.Receipt)
		}
	}
}

// One that nobody queues so early would go round for ever: the sweep queues its
// look when it is due.
func TestDeliverDropsWhatIsFarAhead(t *testing.T) {
	s := newStack(t)
	ids := s.dueMails(1)
	s.dropQueued()
	for ahead, want := range map[time.Duration]int{queue.MaxDelay: 1, queue.MaxDelay + time.Second: 0, 8760 * time.Hour: 0} {
		out, err := s.deliverer(&channel{}).Deliver(t.Context(), one(message(t, "m", s.Now().Add(ahead), "1", ids...)))
		if err != nil || len(out.BatchItemFailures) != 0 || s.deliver.Len() != want {
			t.Errorf("%s ahead: failed %v, %v; %d queued, want %d", ahead, out.BatchItemFailures, err, s.deliver.Len(), want)
		}
		s.dropQueued()
	}
	if !strings.Contains(s.logs.text(), "far ahead") {
		t.Error("the log does not say so")
	}
}

func TestDeliverArmsNothingWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		s.sold(1)
		ids := s.until("1000")
		n := s.deliver.Len()
		c := &channel{}
		ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
		defer cancel()
		out, err := s.deliverer(c).Deliver(ctx, one(message(t, "m", s.Now(), "1", ids...)))
		if err != nil || len(out.BatchItemFailures) != 0 || c.sent.Load() != 0 {
			t.Errorf("failed %v, %v; %d sent", out.BatchItemFailures, err, c.sent.Load())
		}
		if s.state(ids[0]).State != followup.Planned || s.deliver.Len() != n+1 {
			t.Errorf("the row is %s, %d messages went back", s.state(ids[0]).State, s.deliver.Len()-n)
		}
		parts := s.parts(config.Deliver)
		parts.DeliverQueue = broken{}
		if out, err := cloud.New(parts).Deliver(ctx, one(message(t, "m", s.Now(), "1", ids...))); err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("what cannot be put back is not left to the queue: %v, %v", out.BatchItemFailures, err)
		}
	})
}

// A message that came back is tried alone, after the others are recorded.
func TestWhatCameBackIsTriedAlone(t *testing.T) {
	s := newStack(t)
	s.sold(2)
	suspects, others := s.until("1000"), s.until("1001")
	var order []followup.FollowUpID
	c := &channel{}
	c.send = func(_ context.Context, m followup.Message) (followup.Receipt, error) {
		if m.FollowUp == suspects[0] && s.state(others[0]).State != followup.Sent { //nolint:contextcheck // the test's own context will do
			t.Error("the suspect was tried before the other was recorded")
		}
		order = append(order, m.FollowUp)
		return followup.Receipt{}, nil
	}
	if _, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "s", s.Now(), "2", suspects...), message(t, "o", s.Now(), "1", others...))); err != nil {
		t.Fatal(err)
	}
	if want := []followup.FollowUpID{others[0], suspects[0]}; !slices.Equal(order, want) {
		t.Errorf("sent %v, want %v", order, want)
	}
}

func TestMalformedLooks(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	var e cloud.QueueEvent
	for name, body := range map[string]string{
		"empty": "", "null": "null", "no ids": `{"journey":"main/1000","ids":[],"at":"2026-03-02T08:00:00Z"}`,
		"null ids": `{"journey":"main/1000","ids":null,"at":"2026-03-02T08:00:00Z"}`, "a null id": `{"journey":"main/1000","ids":[null],"at":"2026-03-02T08:00:00Z"}`,
		"no time": `{"journey":"main/1000","ids":["main/1000/a/-/1"]}`, "another's id": `{"journey":"main/1000","ids":["main/1001/a/-/1"],"at":"2026-03-02T08:00:00Z"}`,
		"an old version": `{"id":"main/1000/a/-/1"}`, "no time at all": `{"journey":"main/1000","ids":["main/1000/a/-/1"],"at":"soon"}`,
	} {
		e.Records = append(e.Records, cloud.QueueMessage{MessageID: name, Body: body, Attributes: map[string]string{"ApproximateReceiveCount": "4"}})
	}
	bad := len(e.Records)
	e.Records = append(e.Records, message(t, "good", s.Now(), "not a number", ids...))
	c := &channel{}
	out, err := s.deliverer(c).Deliver(t.Context(), e)
	if err != nil || len(out.BatchItemFailures) != 0 || c.sent.Load() != 1 {
		t.Errorf("failed %v, %v; %d sent", out.BatchItemFailures, err, c.sent.Load())
	}
	s.buried(config.Deliver, "4", e.Records[:bad])
}

// A fault of the account: the row waits, and the sweep queues nothing more until
// the pause is over.
func TestAccountFaultPausesTheLanes(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	c := &channel{send: func(context.Context, followup.Message) (followup.Receipt, error) {
		return followup.Receipt{}, &followup.SendError{Failure: followup.Account, Phase: "send", Err: errors.New("not verified")}
	}}
	if _, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "m", s.Now(), "1", ids...))); err != nil {
		t.Fatal(err)
	}
	row := s.state(ids[0])
	if row.State != followup.Planned || !row.Next.Equal(s.Now().Add(followup.AccountPause)) {
		t.Errorf("the row is %s, next look in %s", row.State, row.Next.Sub(s.Now()))
	}
	if !strings.Contains(s.logs.text(), "sending rests") {
		t.Error("the log does not say so")
	}
	states, err := s.form(config.Console).LaneStates(t.Context())
	if err != nil || states[0].Paused == nil || !states[0].Paused.Until.Equal(row.Next) || !strings.Contains(states[1].Paused.Why, "not verified") || states[3].Paused != nil {
		t.Errorf("lanes %+v, %v", states, err)
	}
	s.due(2, s.Now(), followup.Service)
	n := len(s.queued())
	s.sweep()
	if got := len(s.queued()); got != n {
		t.Errorf("the sweep queued %d more", got-n)
	}
	s.pass(followup.AccountPause)
	s.sweep()
	if got := len(s.queued()); got != n+3 {
		t.Errorf("after the pause %d more were queued, want the row and two", got-n)
	}
}

// What is due soon is queued by who wrote it, a later look is not.
func TestSoonDueIsQueuedByItsWriter(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	for len(s.deliver.Receive(10)) > 0 {
	}
	ids := s.until("1000")
	n := s.deliver.Len()
	c := &channel{send: func(context.Context, followup.Message) (followup.Receipt, error) {
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "send", Err: errors.New("try again")}
	}}
	if _, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "m", s.Now(), "1", ids...))); err != nil {
		t.Fatal(err)
	}
	row := s.state(ids[0])
	if got := row.Next.Sub(s.Now()); got != time.Minute {
		t.Fatalf("the next look is in %s", got)
	}
	if s.deliver.Len() != n+1 {
		t.Fatalf("%d messages more, want one", s.deliver.Len()-n)
	}
	bodies := s.deliver.Bodies()
	if want := event(t, cloud.Look{Journey: ids[0].Journey(), IDs: ids[:1], At: row.Next}); string(bodies[len(bodies)-1]) != want {
		t.Errorf("queued %s, want %s", bodies[len(bodies)-1], want)
	}
	// No sweep has read the limits yet, so the rate is the sandbox's, by which not every second has a turn.
	if next := s.lastVisible(); next.Before(row.Next) || next.After(row.Next.Add(time.Second)) {
		t.Errorf("it is visible at %s, the look at %s", next, row.Next)
	}
}

// lastVisible returns when the last message of the deliver queue can be received.
func (s *stack) lastVisible() time.Time {
	var last time.Time
	copied := s.Now()
	for s.deliver.Len() > 0 {
		next, _ := s.deliver.Next()
		s.pass(max(0, next.Sub(s.Now())))
		last = next
		for _, m := range s.deliver.Receive(100) {
			s.deliver.Delete(m.Receipt)
		}
	}
	s.pass(copied.Sub(s.Now()))
	return last
}

// A queue that fails after a write only says so: healing finds the look.
func TestSoonDueSurvivesItsQueue(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	parts := s.parts(config.Deliver)
	parts.DeliverQueue = broken{}
	parts.Mail = &channel{send: func(context.Context, followup.Message) (followup.Receipt, error) {
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "send", Err: errors.New("try again")}
	}}
	out, err := cloud.New(parts).Deliver(t.Context(), one(message(t, "m", s.Now(), "1", ids...)))
	if err != nil || len(out.BatchItemFailures) != 0 {
		t.Fatalf("failed %v, %v", out.BatchItemFailures, err)
	}
	if log := s.logs.text(); !strings.Contains(log, "healing finds it") || !strings.Contains(log, `"looks":1,"err"`) {
		t.Errorf("the log does not say so, or not of how many: %s", log)
	}
}

// A store that fails makes the messages come again, each by its name.
func TestDeliverLeavesWhatTheStoreFailed(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	ctx, cancel := context.WithCancel(t.Context())
	form := s.deliverer(&channel{})
	if _, err := form.Deliver(ctx, one()); err != nil {
		t.Fatal(err)
	}
	cancel()
	out, err := form.Deliver(ctx, one(message(t, "a", s.Now(), "1", ids...), message(t, "b", s.Now(), "2", ids...)))
	if err != nil || len(out.BatchItemFailures) != 2 {
		t.Errorf("failed %v, %v; want both", out.BatchItemFailures, err)
	}
}

var _ queue.Sender = broken{}
