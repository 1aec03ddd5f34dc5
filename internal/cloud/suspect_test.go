package cloud_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/queue"
)

// fatal composes by ending the process: nothing comes after, and nobody recovers.
type fatal struct {
	followup.Composer
	order string
}

func (f fatal) Compose(l followup.Letter) (followup.Message, error) {
	if _, order := l.Row.ID.Journey().Split(); order == f.order {
		runtime.Goexit()
	}
	return f.Composer.Compose(l)
}

// mortal is a deliver function, in a sandbox of its own each time, that the text
// of one order kills; "" kills nobody.
func (s *stack) mortal(c *channel, order string) *cloud.Form {
	parts := s.parts(config.Deliver)
	compose := parts.Composer
	parts.Mail = c
	parts.Composer = func(l *link.Links) (followup.Composer, error) {
		inner, err := compose(l)
		return fatal{inner, order}, err
	}
	return cloud.New(parts)
}

// invoke runs a function on what is visible on the deliver queue; false: it died,
// and settled nothing.
func (s *stack) invoke(h handler) bool {
	s.t.Helper()
	got := s.deliver.Receive(10)
	if len(got) == 0 {
		return true
	}
	var out events.SQSEventResponse
	err := errors.New("died")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		out, err = h(s.t.Context(), records(got))
	}()
	<-ended
	if err != nil {
		return false
	}
	bad := map[string]bool{}
	for _, f := range out.BatchItemFailures {
		bad[f.ItemIdentifier] = true
	}
	for _, m := range got {
		if !bad[m.ID] {
			s.deliver.Delete(m.Receipt)
		}
	}
	return true
}

// dueMails makes orders whose first mail is due now, a message of each on the
// deliver queue, in this order.
func (s *stack) dueMails(n int) (ids []followup.FollowUpID) {
	s.t.Helper()
	s.sold(n)
	s.dropQueued()
	var messages []queue.Message
	for _, order := range []string{"1000", "1001", "1002", "1003", "1004"}[:n] {
		id := s.until(order)[0]
		ids = append(ids, id)
		messages = append(messages, queue.Message{Body: []byte(event(s.t, cloud.Look{Journey: id.Journey(), IDs: ids[len(ids)-1:], At: s.Now()}))})
	}
	s.must(s.deliver.Send(s.t.Context(), messages))
	return ids
}

// dropQueued empties the deliver queue.
func (s *stack) dropQueued() {
	for s.deliver.Len() > 0 {
		if next, ok := s.deliver.Next(); ok && next.After(s.Now()) {
			s.pass(next.Sub(s.Now()))
		}
		for _, m := range s.deliver.Receive(100) {
			s.deliver.Delete(m.Receipt)
		}
	}
}

// A message that kills the process stands before four others. These go out, and
// it alone is parked.
func TestADeadlyMessageParksItselfAlone(t *testing.T) {
	for _, deadly := range []int{0, 2} {
		s := newStack(t)
		ids := s.dueMails(5)
		c, died := &channel{}, 0
		for round := range 5 {
			if _, order := ids[deadly].Journey().Split(); !s.invoke(s.mortal(c, order).Deliver) {
				died++
			}
			if round == 2 && c.sent.Load() != 4 {
				t.Errorf("at the third receive %d went out, want the four others", c.sent.Load())
			}
			s.pass(3 * time.Minute)
		}
		for i, id := range ids {
			want := followup.Sent
			if i == deadly {
				want = followup.Parked
			}
			if row := s.state(id); row.State != want || want == followup.Sent && row.Receives != 0 {
				t.Errorf("message %d is deadly: number %d is %s after %d failed looks", deadly, i, row.State, row.Receives)
			}
		}
		if died != 4 || c.sent.Load() != 4 || s.deliver.Len() != 0 || s.dead.Len() != 0 {
			t.Errorf("%d died, %d sent, %d queued, %d dead", died, c.sent.Load(), s.deliver.Len(), s.dead.Len())
		}
	}
}

// refusing is a store that does only some of what it should.
type refusing struct {
	followup.SweptStore
	arm error
}

func (r *refusing) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	if r.arm != nil {
		return nil, r.arm
	}
	return r.SweptStore.Arm(ctx, arms)
}

// Whatever fails around the rows parks none of them, however often: secrets that
// cannot be read, a store that refuses, too little time.
func TestFaultsOfTheEnvironmentParkNothing(t *testing.T) {
	for name, fail := range map[string]func(*stack) func(p *cloud.Parts, ctx context.Context) (context.Context, context.CancelFunc){
		"secrets": func(s *stack) func(*cloud.Parts, context.Context) (context.Context, context.CancelFunc) {
			return func(p *cloud.Parts, ctx context.Context) (context.Context, context.CancelFunc) {
				p.Secrets = &secrets{err: errors.New("the parameter store is down")}
				return context.WithCancel(ctx)
			}
		},
		"throttled": func(s *stack) func(*cloud.Parts, context.Context) (context.Context, context.CancelFunc) {
			return func(p *cloud.Parts, ctx context.Context) (context.Context, context.CancelFunc) {
				p.Store = &refusing{s.store, errors.New("throttled")}
				return context.WithCancel(ctx)
			}
		},
	} {
		s := newStack(t)
		ids := s.dueMails(5)
		c := &channel{}
		broken := fail(s)
		for range 6 {
			parts := s.parts(config.Deliver)
			parts.Mail = c
			ctx, cancel := broken(&parts, t.Context())
			if got := s.deliver.Receive(10); len(got) > 0 {
				if out, err := cloud.New(parts).Deliver(ctx, records(got)); err != nil || len(out.BatchItemFailures) != len(got) {
					t.Fatalf("%s: failed %v, %v", name, out.BatchItemFailures, err)
				}
			}
			cancel()
			s.pass(3 * time.Minute)
		}
		for _, id := range ids {
			if row := s.state(id); row.State != followup.Planned || row.Receives != 0 {
				t.Fatalf("%s: %s is %s after %d failed looks", name, id, row.State, row.Receives)
			}
		}
		if s.dead.Len() != 5 {
			t.Errorf("%s: %d are in the dead letter queue, where somebody sees them", name, s.dead.Len())
		}
		for range 30 { // the sweep finds them again
			s.minutes(1)
		}
		for _, id := range ids {
			if row := s.state(id); row.State != followup.Sent {
				t.Errorf("%s: mended, and %s is %s", name, id, row.State)
			}
		}
	}
}

// That a message was received often says nothing: what stands behind it goes out.
func TestManyReceivesParkNothing(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	c := &channel{}
	out, err := s.deliverer(c).Deliver(t.Context(), one(message(t, "m", s.Now(), "5", ids...)))
	if row := s.state(ids[0]); err != nil || len(out.BatchItemFailures) != 0 || row.State != followup.Sent || row.Receives != 0 {
		t.Errorf("failed %v, %v; it is %s, %d failed", out.BatchItemFailures, err, row.State, row.Receives)
	}
}

// A look that is noted is taken back when it ended, whatever came of it.
func TestALookThatEndedCountsAsNoDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		s.sold(1)
		ids := s.until("1000")
		ctx, cancel := context.WithTimeout(t.Context(), 16*time.Second) // too little to arm, with the last moments set aside
		defer cancel()
		for range 4 {
			out, err := s.deliverer(&channel{}).Deliver(ctx, one(message(t, "m", s.Now(), "2", ids...)))
			if row := s.state(ids[0]); err != nil || len(out.BatchItemFailures) != 0 || row.State != followup.Planned || row.Receives != 0 {
				t.Fatalf("failed %v, %v; it is %s, %d failed", out.BatchItemFailures, err, row.State, row.Receives)
			}
		}
	})
}

// A store that cannot note what is looked at has it come again, not looked at.
func TestWhatCannotBeNotedIsNotLookedAt(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	parts := s.parts(config.Deliver)
	c := &channel{}
	parts.Mail, parts.Store = c, &unwritable{s.store}
	out, err := cloud.New(parts).Deliver(t.Context(), one(message(t, "m", s.Now(), "2", ids...)))
	if err != nil || len(out.BatchItemFailures) != 1 || c.sent.Load() != 0 || !strings.Contains(s.logs.text(), "note what is looked at") {
		t.Errorf("failed %v, %v; %d sent", out.BatchItemFailures, err, c.sent.Load())
	}
}

// unwritable is a store that takes no rows.
type unwritable struct{ followup.SweptStore }

func (u *unwritable) Save(context.Context, []followup.Change) ([]error, error) {
	return nil, errors.New("no")
}
