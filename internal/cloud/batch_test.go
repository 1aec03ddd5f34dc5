package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// sending is a queue that does what it is told with what is sent to it.
type sending func(ctx context.Context, m []queue.Message) error

func (s sending) Send(ctx context.Context, m []queue.Message) error { return s(ctx, m) }

// buried wants exactly these messages in the dead letter queue, each with a reason and
// where it came from, and takes them off. receives "" is any number.
func (s *stack) buried(by config.Function, receives string, want []cloud.QueueMessage) {
	s.t.Helper()
	got := s.dead.Receive(1000)
	if len(got) != len(want) {
		s.t.Errorf("%s buried %d messages, want %d", by, len(got), len(want))
	}
	for _, m := range got {
		s.dead.Delete(m.Receipt)
		a := m.Attributes
		i := slices.IndexFunc(want, func(w cloud.QueueMessage) bool {
			return w.MessageID == a["source_message_id"] && (w.Body == string(m.Body) || w.Body == "" && string(m.Body) == "null")
		})
		if i < 0 || len(a["reason"]) < len("so it is") || a["function"] != string(by) || receives != "" && a["receives"] != receives {
			s.t.Errorf("%s buried %q with %q", by, m.Body, a)
		}
	}
}

// A dead letter queue that takes nothing leaves malformed messages to their queue,
// which moves them after the last receive.
func TestWhatCannotBeBuriedComesAgain(t *testing.T) {
	s := newStack(t)
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte("nonsense")}, {Body: []byte("{}")}}))
	parts := s.parts(config.Enroll)
	down := true
	parts.DeadQueue = sending(func(ctx context.Context, m []queue.Message) error {
		if down {
			return errors.New("no queue today")
		}
		return s.dead.Send(ctx, m)
	})
	for n := range 5 {
		if received, failed := s.batch(s.enroll, cloud.New(parts).Enroll); received != 2 || failed != 2 {
			t.Fatalf("receive %d: %d of %d failed", n+1, failed, received)
		}
		s.pass(31 * time.Second)
	}
	if !strings.Contains(s.logs.text(), `"msg":"dead letter queue takes nothing; malformed messages come again","function":"enroll","messages":2,"err":"no queue today"`) {
		t.Error("the log does not say why")
	}
	if received, _ := s.batch(s.enroll, cloud.New(parts).Enroll); received != 0 || s.dead.Len() != 2 {
		t.Errorf("after five receives %d come again, %d are dead", received, s.dead.Len())
	}
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte("nonsense")}}))
	if _, failed := s.batch(s.enroll, cloud.New(parts).Enroll); failed != 1 {
		t.Errorf("%d failed, want one", failed)
	}
	down = false
	s.pass(31 * time.Second)
	if received, failed := s.batch(s.enroll, cloud.New(parts).Enroll); received != 1 || failed != 0 || s.dead.Len() != 3 {
		t.Errorf("%d of %d failed, %d are dead; want none, and the third", failed, received, s.dead.Len())
	}
}

// A process that dies between burying and its answer leaves a message twice. Put back,
// both are one order.
func TestADeathAfterTheBurialDoublesAndDoesNoHarm(t *testing.T) {
	s := newStack(t)
	key := followup.InboxKey{Shop: "main", Source: "generic", Key: "1000-created"}
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(event(t, object{"inbox": key}))}}))
	for range 2 { // what it answered the first time is lost
		got := s.enroll.Receive(10)
		out, err := s.form(config.Enroll).Enroll(t.Context(), records(got))
		if err != nil || len(got) != 1 || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%d messages, failed %v, %v", len(got), out.BatchItemFailures, err)
		}
		s.pass(31 * time.Second)
	}
	if s.dead.Len() != 2 {
		t.Fatalf("%d dead, want the message twice", s.dead.Len())
	}
	s.must(s.receive(key, bought("1000", s.Now())))
	s.enroll = queue.NewMemory(queue.Options{Now: s.Now})
	s.dead.Redrive(s.enroll)
	s.work()
	if j := s.journey("1000"); j.Version == 0 || len(j.Head.Facts.Units) != 1 || s.dead.Len() != 0 {
		t.Errorf("%d dead, journey %+v", s.dead.Len(), j.Head)
	}
}

// Reasons fit into a message, whatever the message is.
func TestReasonsFit(t *testing.T) {
	s := newStack(t)
	long := `{"again":["` + strings.Repeat("ø", 5000) + `\u0000/1"]}`
	huge := `{"again":["other/1"],"x":"` + strings.Repeat("x", queue.MaxBytes-30) + `"}`
	whole := huge + strings.Repeat(" ", queue.MaxBytes-len(huge))
	e := one(cloud.QueueMessage{MessageID: "long", Body: long}, cloud.QueueMessage{MessageID: "whole", Body: whole},
		cloud.QueueMessage{MessageID: strings.Repeat("m", 5000), Body: "x"})
	out, err := s.form(config.Enroll).Enroll(t.Context(), e)
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("failed %v, %v", out.BatchItemFailures, err)
	}
	for _, m := range s.dead.Receive(10) {
		reason := m.Attributes["reason"]
		switch string(m.Body) {
		case whole:
			if len(m.Attributes) > 0 {
				t.Errorf("a message of 1 MiB has attributes")
			}
		default:
			if len(reason) > 1000 || !utf8.ValidString(reason) || !strings.HasPrefix(reason, "malformed message: ") || len(m.Attributes["source_message_id"]) > 1000 {
				t.Errorf("reason %q of %d bytes", reason, len(reason))
			}
		}
		if string(m.Body) == long && len(reason) < 990 {
			t.Errorf("only %d bytes of the reason", len(reason))
		}
	}
}

// undone is a store that cannot mark bodies done, some times.
type undone struct {
	followup.SweptStore
	times int
}

func (u *undone) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	if u.times--; u.times >= 0 {
		return errors.New("throttled")
	}
	return u.SweptStore.Done(ctx, keys, reason)
}

// A body that nobody reads is buried once that is noted: a store that cannot note it
// may get better.
func TestABodyIsBuriedOnceItIsMarked(t *testing.T) {
	s := newStack(t)
	key := followup.InboxKey{Shop: "main", Source: "generic", Key: "k"}
	s.must(s.receive(key, []byte(`{"specversion":"1.0","type":"order.eaten"}`)))
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(event(t, object{"inbox": key}))}}))
	parts := s.parts(config.Enroll)
	parts.Store = &undone{s.store, 1}
	for n, want := range []struct{ failed, dead int }{{1, 0}, {0, 1}} {
		if received, failed := s.batch(s.enroll, cloud.New(parts).Enroll); received != 1 || failed != want.failed || s.dead.Len() != want.dead {
			t.Errorf("receive %d: %d of %d failed, %d dead; want %+v", n+1, failed, received, s.dead.Len(), want)
		}
		s.pass(31 * time.Second)
	}
	if got := s.dead.Receive(1)[0].Attributes; got["receives"] != "2" || got["function"] != "enroll" || got["reason"] == "" {
		t.Errorf("it says %q", got)
	}
}

// receive puts a body into the inbox, as intake does.
func (s *stack) receive(key followup.InboxKey, body []byte) error {
	s.names++
	_, err := s.store.Accept(s.t.Context(), []followup.Incoming{{InboxKey: key, Topic: kind(body), Body: body, Hash: strconv.Itoa(s.names), At: s.Now()}})
	return err
}

// TestBurialLeavesTimeToAnswer looks at how long each function waits for a dead letter
// queue: it ends two seconds before the invocation does.
func TestBurialLeavesTimeToAnswer(t *testing.T) {
	s := newStack(t)
	end := time.Now().Add(time.Hour) // an invocation's end is of the machine's clock; it is never reached
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	asked := 0
	handlers := map[config.Function]func(*cloud.Form) handler{
		config.Enroll: func(f *cloud.Form) handler { return f.Enroll }, config.Deliver: func(f *cloud.Form) handler { return f.Deliver },
		config.Outcome: func(f *cloud.Form) handler { return f.Outcome },
	}
	for f, of := range handlers {
		parts := s.parts(f)
		parts.DeadQueue = sending(func(ctx context.Context, _ []queue.Message) error {
			asked++
			if last, ok := ctx.Deadline(); !ok || end.Sub(last) != 2*time.Second {
				t.Errorf("%s waits until %s before its end", f, end.Sub(last))
			}
			return nil
		})
		if _, err := of(cloud.New(parts))(ctx, one(cloud.QueueMessage{MessageID: "m", Body: "nonsense"})); err != nil {
			t.Error(err)
		}
	}
	if asked != len(handlers) {
		t.Errorf("%d functions bury, want %d", asked, len(handlers))
	}
}

// What does not come from a queue is told in the log: nobody would learn of it else.
func TestAnEventOfNoQueueIsTold(t *testing.T) {
	for text, told := range map[string]bool{`{"rawPath":"/healthz"}`: true, `{"Records":null}`: true, `null`: true, `{"Records":[]}`: false} {
		s := newStack(t)
		for f, handle := range map[config.Function]handler{
			config.Enroll: s.form(config.Enroll).Enroll, config.Deliver: s.form(config.Deliver).Deliver, config.Outcome: s.form(config.Outcome).Outcome,
		} {
			var e cloud.QueueEvent
			s.must(json.Unmarshal([]byte(text), &e))
			if out, err := handle(t.Context(), e); err != nil || len(out.BatchItemFailures) > 0 {
				t.Errorf("%s of %s: %v, %v", f, text, out, err)
			}
			if line := lineOf(s.logs.text(), `"function":"`+string(f)+`"`); strings.Contains(line, `"WARN","msg":"nothing is done: the event has no Records`) != told {
				t.Errorf("%s of %s: the log says %q", f, text, line)
			}
		}
	}
}
