package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// letterbox is a queue in memory as an operator reaches it.
type letterbox struct {
	*queue.Memory
	pass func(time.Duration)
}

func (l letterbox) Waiting(context.Context) (int, error) { return l.Len(), nil }

func (l letterbox) Peek(_ context.Context, limit int) ([]queue.Received, error) {
	got := l.Receive(limit)
	l.pass(31 * time.Second)
	return got, nil
}

func (l letterbox) Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (moved int, err error) {
	for _, m := range l.Receive(limit) {
		if err := move(ctx, []queue.Message{{Body: m.Body}}); err != nil {
			return moved, err
		}
		l.Delete(m.Receipt)
		moved++
	}
	return moved, nil
}

// What nobody can read is buried at its first receive, its reason can be seen, and put
// back it is judged anew: mended it is done, and what is not is buried again.
func TestABuriedMessageIsSeenAndPutBack(t *testing.T) {
	s := newStack(t)
	op := s.operator()
	op.Queue = func(output string) cloud.FailedQueue {
		return letterbox{map[string]*queue.Memory{"EnrollDeadQueue": s.dead, "EnrollQueue": s.enroll}[output], s.pass}
	}
	key := followup.InboxKey{Shop: "main", Source: "generic", Key: "1000-created"}
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(event(t, object{"inbox": key}))}}))
	s.pass(time.Minute)
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(`{"again":["other/1"]}`)}}))
	first := s.Now()
	if n, failed := s.batch(s.enroll, s.form(config.Enroll).Enroll); n != 2 || failed != 0 {
		t.Fatalf("%d of %d failed", failed, n)
	}
	dead, err := op.Failed(t.Context(), []string{"enroll"}, 10)
	if err != nil || len(dead) != 1 || dead[0].Waiting != 2 || len(dead[0].Messages) != 2 {
		t.Fatalf("%+v, %v", dead, err)
	}
	for i, want := range []cloud.Failed{
		{ID: "m1", At: first, Kind: `body "1000-created" of main, source "generic"`, Reason: "malformed message: the inbox holds no such body"},
		{ID: "m2", At: first, Kind: "reconcile other/1", Reason: `malformed message: journey "other/1" is of no shop that is configured`},
	} {
		if got := dead[0].Messages[i]; got != want {
			t.Errorf("it tells %+v, want %+v", got, want)
		}
	}
	s.must(s.receive(key, bought("1000", s.Now())))
	if dead, err = op.Redrive(t.Context(), []string{"enroll"}, cloud.Pace{}); err != nil || dead[0].Moved != 2 || s.dead.Len() != 0 {
		t.Fatalf("%+v, %v", dead, err)
	}
	if n, failed := s.batch(s.enroll, s.form(config.Enroll).Enroll); n != 2 || failed != 0 || s.journey("1000").Version == 0 {
		t.Errorf("%d of %d failed, or the order is not enrolled", failed, n)
	}
	if left := s.dead.Bodies(); len(left) != 1 || string(left[0]) != `{"again":["other/1"]}` {
		t.Errorf("%q is buried again", left)
	}
}

func TestWhatFailedIsToldOldestFirst(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	op := newStack(t).operator()
	op.Queue = func(string) cloud.FailedQueue {
		return peeked{{ID: "b", Sent: at.Add(time.Second)}, {ID: "c", Sent: at.Add(time.Minute)}, {ID: "a", Sent: at}}
	}
	dead, err := op.Failed(t.Context(), []string{"outcome"}, 3)
	if err != nil || len(dead[0].Messages) != 3 || dead[0].Messages[0].ID != "a" || dead[0].Messages[2].ID != "c" {
		t.Errorf("%+v, %v", dead, err)
	}
	if _, err := op.Failed(t.Context(), []string{"outcomes"}, 3); !errors.Is(err, cloud.ErrQueue) {
		t.Errorf("of a queue that is none it tells %v", err)
	}
}

// Every kind of message is told by its keys, with what its carrier says of it.
func TestWhatFailed(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		body         string
		more         map[string]string
		kind, reason string
	}{
		{`{"journey":"main/1000","ids":["main/1000/a/-/1"],"at":"2026-03-02T08:00:00Z"}`, nil, "look at main/1000", ""},
		{`{"again":["main/1"]}`, nil, "reconcile main/1", ""},
		{`{"again":["main/1","main/2","main/3"]}`, nil, "reconcile main/1 and 2 more", ""},
		{`{"again":17}`, map[string]string{"reason": "why"}, "nothing of ours", "why"},
		{`{"inbox":{"shop":"main","source":"shopify","key":"k"}}`, nil, `body "k" of main, source "shopify"`, ""},
		{`{"source":"aws.ses","detail-type":"Email Sent","detail":{"mail":{"destination":["anna@example.com"]}}}`, nil, `event "Email Sent" of "aws.ses"`, ""},
		{`{"source":"` + strings.Repeat("x", 100) + `"}`, nil, `event "" of "` + strings.Repeat("x", 60) + `"`, ""},
		{`{"source":"aftersales","detail-type":"order.created"}`, map[string]string{"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "may not", "RETRY_ATTEMPTS": "5"}, `event "order.created" of "aftersales"`, "NO_PERMISSIONS: may not"},
		{`{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":{},"responsePayload":{"errorType":"x","errorMessage":"tables do not answer"}}`, nil, "sweep", "tables do not answer"},
		{`{"requestContext":{"condition":"EventAgeExceeded"},"requestPayload":{}}`, nil, "sweep", "EventAgeExceeded"},
		{`{}`, nil, "nothing of ours", ""},
		{`null`, nil, "nothing of ours", ""},
		{`Anna Berg`, nil, "nothing of ours", ""},
	} {
		op := newStack(t).operator()
		op.Queue = func(string) cloud.FailedQueue {
			return peeked{{ID: "m", Body: []byte(c.body), Attributes: c.more, Sent: at}}
		}
		dead, err := op.Failed(t.Context(), []string{"bus"}, 10)
		if err != nil || len(dead) != 1 || !slices.Equal(dead[0].Messages, []cloud.Failed{{ID: "m", At: at, Kind: c.kind, Reason: c.reason}}) {
			t.Errorf("of %s it tells %+v, %v", c.body, dead, err)
		}
		text, err := json.Marshal(dead)
		s := string(text)
		if err != nil || strings.Contains(s, "anna@") || strings.Contains(s, "Anna") {
			t.Errorf("%s, %v", s, err)
		}
	}
}

// peeked is a queue with messages to look at.
type peeked []queue.Received

func (p peeked) Send(context.Context, []queue.Message) error { return errors.New("nothing is sent") }

func (p peeked) Waiting(context.Context) (int, error) { return len(p), nil }

func (p peeked) Peek(context.Context, int) ([]queue.Received, error) {
	return p, nil
}

func (p peeked) Drain(context.Context, int, func(context.Context, []queue.Message) error) (int, error) {
	return 0, errors.New("nothing is moved")
}
