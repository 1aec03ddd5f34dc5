package sqs_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/queue"
	"aftersales/internal/sqs"
)

// letters is SQS with one queue of failed messages, as far as a redrive uses it.
// Its clock stands still until a test moves it.
type letters struct {
	t *testing.T

	mu      sync.Mutex
	now     time.Time
	queue   *queue.Memory
	down    int            // how many calls are answered 500
	looked  bool           // receives are to look only
	shown   bool           // what is received is seen again at once
	keep    map[string]int // how often a receipt's body is not deleted
	bodies  map[string]string
	largest int
	calls   map[string]int
}

const visibility = time.Minute

func newLetters(t *testing.T, bodies ...string) *letters {
	t.Helper()
	l := &letters{t: t, now: time.Unix(0, 0), keep: map[string]int{}, bodies: map[string]string{}, calls: map[string]int{}}
	l.queue = queue.NewMemory(queue.Options{Now: func() time.Time { return l.now }, Visibility: visibility})
	var all []queue.Message
	for _, b := range bodies {
		all = append(all, queue.Message{Body: []byte(b)})
	}
	if err := l.queue.Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *letters) drain(limit int, move func(context.Context, []queue.Message) error) (int, error) {
	return l.dead().Drain(l.t.Context(), limit, move)
}

func (l *letters) dead() *sqs.Queue {
	return sqs.New(aws.Config{
		Region: "eu-central-1", HTTPClient: within{l}, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}, url)
}

// later lets everything that was received and not deleted be seen again.
func (l *letters) later() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(visibility)
}

// left is what is still on the queue.
func (l *letters) left() (out []string) {
	l.later()
	for _, m := range l.queue.Receive(1000) {
		out = append(out, string(m.Body))
	}
	slices.Sort(out)
	return out
}

func (l *letters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	var in struct {
		QueueURL                           string `json:"QueueUrl"`
		MaxNumberOfMessages                int
		VisibilityTimeout, WaitTimeSeconds int
		MessageAttributeNames              []string
		MessageSystemAttributeNames        []string
		Entries                            []struct {
			ID            string `json:"Id"`
			ReceiptHandle string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.QueueURL != url {
		l.t.Errorf("queue %q: %v", in.QueueURL, err)
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	l.calls[action]++
	if l.down > 0 {
		l.down--
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"__type":"InternalFailure"}`))
		return
	}
	switch action {
	case "GetQueueAttributes":
		n := strconv.Itoa(l.queue.Len())
		_ = json.NewEncoder(w).Encode(map[string]any{"Attributes": map[string]string{"ApproximateNumberOfMessages": n}})
	case "ReceiveMessage":
		hidden := map[bool]time.Duration{false: visibility, true: 5 * time.Second}[l.looked]
		if time.Duration(in.VisibilityTimeout)*time.Second != hidden || in.MaxNumberOfMessages < 1 || in.MaxNumberOfMessages > 10 ||
			slices.Contains(in.MessageAttributeNames, "All") != l.looked || !slices.Contains(in.MessageSystemAttributeNames, "SentTimestamp") {
			l.t.Errorf("receive %d, hidden for %d s, with %v and %v", in.MaxNumberOfMessages, in.VisibilityTimeout, in.MessageAttributeNames, in.MessageSystemAttributeNames)
		}
		w.Header().Set("Date", l.now.UTC().Format(http.TimeFormat)) // whole seconds
		type message struct {
			ID                             string `json:"MessageId"`
			ReceiptHandle, Body, MD5OfBody string
			Attributes                     map[string]string
			MessageAttributes              map[string]attribute `json:",omitempty"`
		}
		var out struct {
			Messages []message `json:",omitempty"`
		}
		for _, m := range l.queue.Receive(in.MaxNumberOfMessages) {
			l.bodies[m.Receipt] = string(m.Body)
			if l.shown {
				l.queue.Release(m.Receipt)
			}
			sum := md5.Sum(m.Body)
			one := message{m.ID, m.Receipt, string(m.Body), hex.EncodeToString(sum[:]), map[string]string{"SentTimestamp": strconv.FormatInt(m.Sent.UnixMilli(), 10)}, nil}
			for name, value := range m.Attributes {
				if one.MessageAttributes == nil {
					one.MessageAttributes = map[string]attribute{}
				}
				one.MessageAttributes[name] = attribute{"String", value}
			}
			out.Messages = append(out.Messages, one)
		}
		l.largest = max(l.largest, len(out.Messages))
		_ = json.NewEncoder(w).Encode(out)
	case "DeleteMessageBatch":
		type result struct {
			ID   string `json:"Id"`
			Code string `json:",omitempty"`
		}
		var out struct{ Successful, Failed []result }
		for _, e := range in.Entries {
			if body := l.bodies[e.ReceiptHandle]; l.keep[body] > 0 {
				l.keep[body]--
				out.Failed = append(out.Failed, result{e.ID, "InternalError"})
				continue
			}
			l.queue.Delete(e.ReceiptHandle)
			out.Successful = append(out.Successful, result{ID: e.ID})
		}
		_ = json.NewEncoder(w).Encode(out)
	default:
		l.t.Errorf("%s is not asked for", action)
	}
}

// target takes moved messages, and counts how often each came.
type target map[string]int

func (to target) move(_ context.Context, batch []queue.Message) error {
	for _, m := range batch {
		to[string(m.Body)]++
	}
	return nil
}

// each wants every body moved that often.
func (to target) each(t *testing.T, bodies []string, times int) {
	t.Helper()
	for _, b := range bodies {
		if to[b] != times {
			t.Errorf("%s was moved %d times, want %d", b, to[b], times)
		}
	}
}

func TestDrainOfAnEmptyQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLetters(t)
		n, err := l.drain(100, func(context.Context, []queue.Message) error { t.Error("something is moved"); return nil })
		if n != 0 || err != nil || l.calls["ReceiveMessage"] != 1 || l.calls["DeleteMessageBatch"] != 0 {
			t.Errorf("%d moved, %v, calls %v", n, err, l.calls)
		}
		if n, err := l.dead().Waiting(t.Context()); n != 0 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

func TestDrainInBatchesUpToALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(23)
		l := newLetters(t, bodies...)
		if n, err := l.dead().Waiting(t.Context()); n != 23 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
		to := target{}
		if n, err := l.drain(15, to.move); n != 15 || err != nil || len(l.left()) != 8 {
			t.Errorf("%d moved, %v", n, err)
		}
		l.later()
		if n, err := l.drain(1000, to.move); n != 8 || err != nil || len(l.left()) != 0 || l.largest != 10 {
			t.Errorf("%d moved, %v, up to %d at once", n, err, l.largest)
		}
		to.each(t, bodies, 1)
	})
}

// TestADeathBeforeTheDeletionDoublesAndLosesNothing ends the program when a batch
// is where it belongs and still on the queue.
func TestADeathBeforeTheDeletionDoublesAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(7)
		l := newLetters(t, bodies...)
		to := target{}
		ctx, die := context.WithCancel(t.Context())
		_, err := l.dead().Drain(ctx, 1000, func(ctx context.Context, batch []queue.Message) error {
			defer die()
			return to.move(ctx, batch)
		})
		if !errors.Is(err, context.Canceled) || l.calls["DeleteMessageBatch"] != 0 {
			t.Errorf("%v, calls %v", err, l.calls)
		}
		to.each(t, bodies, 1)
		l.later()
		if n, err := l.drain(1000, to.move); n != 7 || err != nil || len(l.left()) != 0 {
			t.Errorf("%d moved, %v", n, err)
		}
		to.each(t, bodies, 2)
	})
}

func TestWhatWasNotDeletedIsDeletedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(12)
		l := newLetters(t, bodies...)
		l.keep["n003"], l.keep["n007"] = 1, 2
		to := target{}
		if n, err := l.drain(1000, to.move); n != 12 || err != nil || len(l.left()) != 0 || l.calls["DeleteMessageBatch"] != 4 {
			t.Errorf("%d moved, %v, calls %v", n, err, l.calls)
		}
		to.each(t, bodies, 1)
	})
}

func TestWhatCannotBeDeletedIsAnErrorAndStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(3)
		l := newLetters(t, bodies...)
		l.keep["n001"] = 99
		to := target{}
		if n, err := l.drain(1000, to.move); n != 3 || err == nil || !slices.Equal(l.left(), []string{"n001"}) {
			t.Errorf("%d moved, %v", n, err)
		}
		to.each(t, bodies, 1)
	})
}

// TestPoisonStays moves everything but two messages that nobody takes.
func TestPoisonStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(25)
		l := newLetters(t, bodies...)
		poison := errors.New("nobody takes that")
		to := target{}
		n, err := l.drain(1000, func(ctx context.Context, batch []queue.Message) error {
			for _, m := range batch {
				if b := string(m.Body); b == "n003" || b == "n014" {
					return poison
				}
			}
			return to.move(ctx, batch)
		})
		if n != 23 || !errors.Is(err, poison) {
			t.Errorf("%d moved, %v", n, err)
		}
		if left := l.left(); !slices.Equal(left, []string{"n003", "n014"}) {
			t.Errorf("%v stay", left)
		}
		to.each(t, slices.DeleteFunc(bodies, func(b string) bool { return b == "n003" || b == "n014" }), 1)
	})
}

// TestATargetThatIsDownEndsTheDrain leaves everything where it is.
func TestATargetThatIsDownEndsTheDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(25)
		l := newLetters(t, bodies...)
		down := errors.New("down")
		if n, err := l.drain(1000, func(context.Context, []queue.Message) error { return down }); n != 0 || !errors.Is(err, down) {
			t.Errorf("%d moved, %v", n, err)
		}
		if l.calls["ReceiveMessage"] != 1 || l.calls["DeleteMessageBatch"] != 0 || len(l.left()) != 25 {
			t.Errorf("calls %v, %d left", l.calls, len(l.left()))
		}
	})
}

func TestDrainOfAServiceThatIsDownForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(3)
		l := newLetters(t, bodies...)
		l.down = 1
		to := target{}
		if n, err := l.drain(1000, to.move); n != 3 || err != nil {
			t.Errorf("%d moved, %v", n, err)
		}
		to.each(t, bodies, 1)
	})
}

// TestARefusedMessageIsNotMovedForEver moves messages to where two of them are refused
// at once, as what nobody can read is: they come back as often as they are moved. The
// clock stands at a fraction of a second, which the service does not tell.
func TestARefusedMessageIsNotMovedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(12)
		l := newLetters(t)
		l.now = l.now.Add(700 * time.Millisecond)
		for _, b := range bodies {
			if err := l.queue.Send(t.Context(), []queue.Message{{Body: []byte(b)}}); err != nil {
				t.Fatal(err)
			}
		}
		to := target{}
		n, err := l.drain(1000, func(ctx context.Context, batch []queue.Message) error {
			l.mu.Lock()
			l.now = l.now.Add(2 * time.Second)
			l.mu.Unlock()
			if len(batch) == 0 {
				t.Error("nothing is moved")
			}
			for _, m := range batch {
				if to[string(m.Body)] > 5 {
					return errors.New("it is moved for ever")
				}
				if b := string(m.Body); b == "n003" || b == "n011" { // one comes back beside others, one alone
					if err := l.queue.Send(ctx, []queue.Message{m}); err != nil {
						return err
					}
				}
			}
			return to.move(ctx, batch)
		})
		if n != 12 || err != nil || !slices.Equal(l.left(), []string{"n003", "n011"}) {
			t.Errorf("%d moved, %v; want 12, and the refused ones again", n, err)
		}
		to.each(t, bodies, 1)
	})
}

// TestPeekLeavesEverything looks at more than a batch, and moves it all after that.
func TestPeekLeavesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bodies := messages(23)
		l := newLetters(t, bodies...)
		sent := l.now.UTC()
		if err := l.queue.Send(t.Context(), []queue.Message{{Body: []byte("why"), Attributes: map[string]string{"reason": "nobody reads that"}}}); err != nil {
			t.Fatal(err)
		}
		l.looked = true
		all, err := l.dead().Peek(t.Context(), 100)
		if err != nil || len(all) != 24 || l.calls["DeleteMessageBatch"] != 0 {
			t.Fatalf("saw %d, %v, calls %v", len(all), err, l.calls)
		}
		seen := map[string]bool{}
		for _, m := range all {
			seen[m.ID] = true
			if want := map[string]string{"why": "nobody reads that"}[string(m.Body)]; m.Attributes["reason"] != want || !m.Sent.Equal(sent) {
				t.Errorf("%s: reason %q, sent %s", m.Body, m.Attributes["reason"], m.Sent)
			}
		}
		if len(seen) != 24 {
			t.Errorf("saw %d messages, want 24", len(seen))
		}
		l.later()
		if some, err := l.dead().Peek(t.Context(), 15); err != nil || len(some) != 15 || l.largest != 10 {
			t.Errorf("saw %d of at most 15, %v, up to %d at once", len(some), err, l.largest)
		}
		l.later()
		l.looked = false
		to := target{}
		if n, err := l.drain(1000, func(ctx context.Context, batch []queue.Message) error {
			for _, m := range batch {
				if m.Attributes != nil {
					t.Errorf("%s is moved with its attributes %v", m.Body, m.Attributes)
				}
			}
			return to.move(ctx, batch)
		}); n != 24 || err != nil {
			t.Errorf("%d moved, %v", n, err)
		}
	})
}

// TestPeekEnds looks at messages that nothing hides: each is told once.
func TestPeekEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLetters(t, "a", "b")
		l.looked, l.shown = true, true
		all, err := l.dead().Peek(t.Context(), 100)
		if err != nil || len(all) != 2 || l.calls["ReceiveMessage"] != 2 {
			t.Errorf("saw %d, %v, calls %v", len(all), err, l.calls)
		}
		l.down = 99
		if _, err := l.dead().Peek(t.Context(), 100); err == nil || !strings.Contains(err.Error(), "look at messages") {
			t.Errorf("a service that is down: %v", err)
		}
	})
}
