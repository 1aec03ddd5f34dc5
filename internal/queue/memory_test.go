package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/queue"
	"aftersales/internal/queue/queuetest"
)

// clock is a time that passes by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)} }

func TestMemory(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Harness {
		c := newClock()
		dead := queue.NewMemory(queue.Options{Now: c.Now})
		m := queue.NewMemory(queue.Options{Now: c.Now, MaxReceives: 5, Dead: dead, Shuffle: true})
		return queuetest.Harness{
			Queue:   m,
			Receive: func(_ context.Context, n int) ([]queue.Received, error) { return m.Receive(n), nil },
			Delete:  func(_ context.Context, receipt string) error { m.Delete(receipt); return nil },
			Dead:    func(context.Context) ([]queue.Received, error) { return dead.Receive(10), nil },
			Pass:    func(d time.Duration) { c.now = c.now.Add(d) },

			Visibility: 30 * time.Second, MaxReceives: 5,
		}
	})
}

func TestMemorySendsSomeTwice(t *testing.T) {
	m := queue.NewMemory(queue.Options{Now: newClock().Now, Twice: 1})
	if err := m.Send(t.Context(), []queue.Message{{Body: []byte("a")}, {Body: []byte("b")}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range m.Bodies() {
		got = append(got, string(b))
	}
	if want := []string{"a", "a", "b", "b"}; !slices.Equal(got, want) {
		t.Errorf("the queue holds %v, want %v", got, want)
	}
}

func TestMemoryShufflesWhatIsVisible(t *testing.T) {
	order := func(shuffle bool) string {
		m := queue.NewMemory(queue.Options{Now: newClock().Now, Shuffle: shuffle, Seed: 1})
		for i := range 20 {
			if err := m.Send(t.Context(), []queue.Message{{Body: fmt.Appendf(nil, "%02d", i)}}); err != nil {
				t.Fatal(err)
			}
		}
		var b strings.Builder
		for _, r := range m.Receive(20) {
			b.Write(r.Body)
		}
		return b.String()
	}
	if first, again := order(true), order(true); first == order(false) || first != again {
		t.Error("want another order than that of sending, the same for the same seed")
	}
}

func TestMemoryNextIsWhenSomethingCanBeReceived(t *testing.T) {
	c := newClock()
	m := queue.NewMemory(queue.Options{Now: c.Now})
	if _, ok := m.Next(); ok {
		t.Error("an empty queue has a next message")
	}
	start := c.now
	if err := m.Send(t.Context(), []queue.Message{{Body: []byte("a"), Delay: 90 * time.Second}, {Body: []byte("b"), Delay: 1500 * time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	if at, ok := m.Next(); !ok || !at.Equal(start.Add(2*time.Second)) {
		t.Errorf("next is %s, %t; want the rounded delay of the first", at.Sub(start), ok)
	}
}

func TestRedriveReturnsTheDead(t *testing.T) {
	c := newClock()
	dead := queue.NewMemory(queue.Options{Now: c.Now})
	m := queue.NewMemory(queue.Options{Now: c.Now, MaxReceives: 1, Dead: dead})
	if err := m.Send(t.Context(), []queue.Message{{Body: []byte("a"), Attributes: map[string]string{"reason": "why"}}}); err != nil {
		t.Fatal(err)
	}
	m.Release(m.Receive(1)[0].Receipt)
	if got := m.Receive(1); len(got) != 0 || dead.Len() != 1 {
		t.Fatalf("received %v, %d are dead; want nothing, and one", got, dead.Len())
	}
	if n := dead.Redrive(m); n != 1 || dead.Len() != 0 {
		t.Errorf("redrove %d, %d stay dead", n, dead.Len())
	}
	if got := m.Receive(1); len(got) != 1 || got[0].Count != 1 || got[0].Attributes != nil {
		t.Errorf("received %+v after the redrive, want a first receive, without attributes", got)
	}
}

// A dead letter was sent when its message was, not when it died.
func TestADeadLetterIsAsOldAsItsMessage(t *testing.T) {
	c := newClock()
	dead := queue.NewMemory(queue.Options{Now: c.Now})
	m := queue.NewMemory(queue.Options{Now: c.Now, MaxReceives: 1, Dead: dead})
	sent := c.now
	if err := m.Send(t.Context(), []queue.Message{{Body: []byte("a"), Delay: time.Minute}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.now = c.now.Add(time.Hour)
		m.Receive(1)
	}
	if got := dead.Receive(1); len(got) != 1 || !got[0].Sent.Equal(sent) {
		t.Errorf("dead is %+v, want what was sent at %s", got, sent)
	}
}

func TestTextIsWhatAQueueCarries(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"why: \"ø\"\n\t", 100, "why: \"ø\"\n\t"},
		{"a\x00b\x1b[1m\ufffe", 100, "a\ufffdb\ufffd[1m\ufffd"},
		{"a\xffb", 100, "a\ufffdb"},
		{"abc", 2, "ab"},
		{"aøø", 4, "aø"}, // a letter is not cut
		{"🙂", 3, ""},
		{"abc", 3, "abc"},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"", 10, ""},
	} {
		if got := queue.Text(c.in, c.limit); got != c.want {
			t.Errorf("Text(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestAnOlderReceiptDeletesNothing(t *testing.T) {
	m := queue.NewMemory(queue.Options{Now: newClock().Now})
	if err := m.Send(t.Context(), []queue.Message{{Body: []byte("a")}}); err != nil {
		t.Fatal(err)
	}
	old := m.Receive(1)[0].Receipt
	m.Release(old)
	m.Receive(1)
	m.Delete(old)
	if m.Len() != 1 {
		t.Error("a receipt that is not the latest deleted the message")
	}
}

func TestBatchesKeepOrderAndLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, queue.MaxBytes/3), 0, 40).Draw(t, "sizes")
		beside := strings.Repeat("y", rapid.IntRange(1, queue.MaxBytes/3).Draw(t, "attribute"))
		var in []queue.Message
		for i, n := range sizes {
			m := queue.Message{Body: make([]byte, n)}
			if i%2 > 0 {
				m.Attributes = map[string]string{"reason": beside}
			}
			in = append(in, m)
		}
		for i := range in {
			for b := range in[i].Body {
				in[i].Body[b] = byte('a' + i%26)
			}
		}
		batches, err := queue.Batches(in)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, b := range batches {
			size := 0
			for _, m := range b {
				if len(m.Body) != len(in[seen].Body) {
					t.Fatalf("message %d is not in its place", seen)
				}
				size += len(m.Body)
				for name, value := range m.Attributes {
					size += len(name) + len("String") + len(value)
				}
				seen++
			}
			if len(b) == 0 || len(b) > queue.MaxBatch || size > queue.MaxBytes {
				t.Fatalf("a batch of %d messages and %d bytes", len(b), size)
			}
		}
		if seen != len(in) {
			t.Fatalf("%d of %d messages are in batches", seen, len(in))
		}
	})
}
