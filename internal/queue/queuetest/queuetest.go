// Package queuetest says what every queue must do. A queue of a service passes
// it as the one in memory does.
package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/queue"
)

// Harness is a fresh, empty queue under test.
type Harness struct {
	Queue   queue.Sender
	Receive func(ctx context.Context, limit int) ([]queue.Received, error) // what is visible now, at most limit
	Delete  func(ctx context.Context, receipt string) error
	Dead    func(ctx context.Context) ([]queue.Received, error) // what is on the dead letter queue
	Pass    func(d time.Duration)                               // lets d pass: moves a clock, or sleeps

	Visibility  time.Duration // of a received message; whole seconds
	MaxReceives int           // after which a message goes to Dead
}

// Run runs the suite; each test gets a queue of its own, and all run at once: where
// Pass sleeps, they sleep together.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"what is sent is received whole", received},
		{"any number is sent", many},
		{"large ones are sent in several batches", large},
		{"nothing sent is nothing done", nothing},
		{"attributes come with it, to its end", attributed},
		{"a delay hides it", delayed},
		{"a receive hides it until its visibility ends", hidden},
		{"a deleted one is gone", deleted},
		{"received too often, it is dead", dead},
		{"what can never be queued is refused whole", refused},
		{"a context that has ended sends nothing", ended},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, fresh(t))
		})
	}
}

func send(t *testing.T, h Harness, messages ...queue.Message) {
	t.Helper()
	if err := h.Queue.Send(t.Context(), messages); err != nil {
		t.Fatalf("send: %v", err)
	}
}

func body(format string, args ...any) []byte { return fmt.Appendf(nil, format, args...) }

// take receives until nothing is visible, deleting each, and returns the bodies sorted.
func take(t *testing.T, h Harness) []string {
	t.Helper()
	var out []string
	for range 100 {
		got, err := h.Receive(t.Context(), queue.MaxBatch)
		if err != nil {
			t.Fatalf("receive: %v", err)
		}
		if len(got) == 0 {
			break
		}
		for _, m := range got {
			out = append(out, string(m.Body))
			if err := h.Delete(t.Context(), m.Receipt); err != nil {
				t.Fatalf("delete: %v", err)
			}
		}
	}
	slices.Sort(out)
	return out
}

func received(t *testing.T, h Harness) {
	want := "{\"a\":\"ø خ 🙂 <&> \\u0000\"}\n\t"
	send(t, h, queue.Message{Body: []byte(want)})
	got, err := h.Receive(t.Context(), 1)
	if err != nil || len(got) != 1 {
		t.Fatalf("received %d messages, %v; want 1", len(got), err)
	}
	if string(got[0].Body) != want || got[0].Count != 1 || got[0].ID == "" || got[0].Receipt == "" {
		t.Errorf("received %+v, want body %q at its first receive, with id and receipt", got[0], want)
	}
}

// attributed sends one message with attributes and one without, and sees both dead.
func attributed(t *testing.T, h Harness) {
	want := map[string]string{"reason": "it's \"ø خ 🙂\" <&>\n", "receives": "1"}
	send(t, h, queue.Message{Body: body("with"), Attributes: want}, queue.Message{Body: body("without")})
	for range h.MaxReceives {
		got, err := h.Receive(t.Context(), queue.MaxBatch)
		if err != nil || len(got) != 2 {
			t.Fatalf("received %d messages, %v; want 2", len(got), err)
		}
		checkAttributes(t, got, want)
		h.Pass(h.Visibility + 100*time.Millisecond)
	}
	if got, err := h.Receive(t.Context(), queue.MaxBatch); err != nil || len(got) != 0 {
		t.Fatalf("received %+v after %d receives, %v", got, h.MaxReceives, err)
	}
	buried, err := h.Dead(t.Context())
	if err != nil || len(buried) != 2 {
		t.Fatalf("%d dead letters, %v; want 2", len(buried), err)
	}
	checkAttributes(t, buried, want)
}

// checkAttributes wants attributes on the message "with", and none on the other.
func checkAttributes(t *testing.T, got []queue.Received, want map[string]string) {
	t.Helper()
	for _, m := range got {
		if string(m.Body) == "with" && !maps.Equal(m.Attributes, want) || string(m.Body) == "without" && len(m.Attributes) > 0 {
			t.Errorf("%s has the attributes %q", m.Body, m.Attributes)
		}
		if m.Sent.IsZero() {
			t.Errorf("%s was sent at no time", m.Body)
		}
	}
}

func many(t *testing.T, h Harness) {
	const n = 2*queue.MaxBatch + 3
	var messages []queue.Message
	var want []string
	for i := range n {
		messages = append(messages, queue.Message{Body: body("n%02d", i)})
		want = append(want, fmt.Sprintf("n%02d", i))
	}
	send(t, h, messages...)
	if got := take(t, h); !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
}

func large(t *testing.T, h Harness) {
	big := bytes.Repeat([]byte("x"), queue.MaxBytes*2/5)
	send(t, h, queue.Message{Body: big}, queue.Message{Body: big}, queue.Message{Body: big})
	if got := take(t, h); len(got) != 3 || len(got[0]) != len(big) {
		t.Errorf("received %d messages, want 3 of %d bytes", len(got), len(big))
	}
}

func nothing(t *testing.T, h Harness) {
	send(t, h)
	if got := take(t, h); len(got) != 0 {
		t.Errorf("received %v, want nothing", got)
	}
}

func delayed(t *testing.T, h Harness) {
	send(t, h, queue.Message{Body: body("late"), Delay: h.Visibility}, queue.Message{Body: body("now")})
	if got := take(t, h); !slices.Equal(got, []string{"now"}) {
		t.Fatalf("received %v at once, want only what is not delayed", got)
	}
	h.Pass(h.Visibility + 100*time.Millisecond)
	if got := take(t, h); !slices.Equal(got, []string{"late"}) {
		t.Errorf("received %v after the delay, want late", got)
	}
}

func hidden(t *testing.T, h Harness) {
	send(t, h, queue.Message{Body: body("a")})
	first, err := h.Receive(t.Context(), 1)
	if err != nil || len(first) != 1 {
		t.Fatalf("received %d messages, %v; want 1", len(first), err)
	}
	if again, err := h.Receive(t.Context(), 1); err != nil || len(again) != 0 {
		t.Fatalf("received %d messages while it was hidden, %v", len(again), err)
	}
	h.Pass(h.Visibility + 100*time.Millisecond)
	again, err := h.Receive(t.Context(), 1)
	if err != nil || len(again) != 1 {
		t.Fatalf("received %d messages after its visibility, %v; want 1", len(again), err)
	}
	if again[0].Count != 2 || again[0].ID != first[0].ID {
		t.Errorf("received count %d of %q, want the second receive of %q", again[0].Count, again[0].ID, first[0].ID)
	}
}

func deleted(t *testing.T, h Harness) {
	send(t, h, queue.Message{Body: body("a")})
	if got := take(t, h); len(got) != 1 {
		t.Fatalf("received %v, want one", got)
	}
	h.Pass(h.Visibility + 100*time.Millisecond)
	if got := take(t, h); len(got) != 0 {
		t.Errorf("received %v after it was deleted", got)
	}
}

func dead(t *testing.T, h Harness) {
	send(t, h, queue.Message{Body: body("poison")})
	for n := range h.MaxReceives {
		if got, err := h.Receive(t.Context(), 1); err != nil || len(got) != 1 || got[0].Count != n+1 {
			t.Fatalf("receive %d: %+v, %v", n+1, got, err)
		}
		h.Pass(h.Visibility + 100*time.Millisecond)
	}
	if got, err := h.Receive(t.Context(), 1); err != nil || len(got) != 0 {
		t.Fatalf("received %+v after %d receives, %v", got, h.MaxReceives, err)
	}
	buried, err := h.Dead(t.Context())
	if err != nil || len(buried) != 1 || string(buried[0].Body) != "poison" {
		t.Errorf("dead letters are %+v, %v; want the one message", buried, err)
	}
}

func refused(t *testing.T, h Harness) {
	good := queue.Message{Body: body("good")}
	eleven := map[string]string{}
	for i := range queue.MaxAttributes + 1 {
		eleven[fmt.Sprintf("a%d", i)] = "a"
	}
	for name, bad := range map[string]queue.Message{
		"too large with an attribute":  {Body: []byte(strings.Repeat("x", queue.MaxBytes-10)), Attributes: map[string]string{"reason": "why"}},
		"too many attributes":          {Body: body("a"), Attributes: eleven},
		"an attribute without a name":  {Body: body("a"), Attributes: map[string]string{"": "why"}},
		"an attribute of another name": {Body: body("a"), Attributes: map[string]string{"Reason why": "why"}},
		"an attribute without a value": {Body: body("a"), Attributes: map[string]string{"reason": ""}},
		"an attribute that is no text": {Body: body("a"), Attributes: map[string]string{"reason": "a\x00"}},
		"empty":                        {},
		"too large":                    {Body: []byte(strings.Repeat("x", queue.MaxBytes+1))},
		"delayed too long":             {Body: body("a"), Delay: queue.MaxDelay + time.Millisecond},
		"delayed by nothing":           {Body: body("a"), Delay: -time.Second},
		"not UTF-8":                    {Body: []byte("a\xff")},
		"a control":                    {Body: []byte("a\x00")},
		"not a character":              {Body: []byte("a\uffff")},
	} {
		err := h.Queue.Send(t.Context(), []queue.Message{good, bad})
		if !errors.Is(err, queue.ErrMessage) {
			t.Errorf("%s: send answered %v, want ErrMessage", name, err)
		}
	}
	if got := take(t, h); len(got) != 0 {
		t.Errorf("received %d messages of refused sends", len(got))
	}
}

func ended(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Queue.Send(ctx, []queue.Message{{Body: body("a")}}); err == nil {
		t.Error("send answered nil although its context had ended")
	}
	if got := take(t, h); len(got) != 0 {
		t.Errorf("received %v of a context that had ended", got)
	}
}
