package sqs_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
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

// url is of every queue here.
const url = "https://sqs.example/q"

// within is a service inside the process: no time passes on the way to it.
type within struct{ http.Handler }

func (in within) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w.Result(), r.Context().Err()
}

// service is SQS as far as we use it.
type service struct {
	t *testing.T

	mu      sync.Mutex
	refuse  map[string]int // how often a body is not taken
	fault   bool           // as the sender's fault
	down    int            // how many calls are answered 500
	calls   int
	taken   []string
	delays  map[string]int32
	more    map[string]map[string]attribute // by body
	largest int
}

// attribute is one of a message, as SQS names its parts.
type attribute struct{ DataType, StringValue string }

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{t: t, refuse: map[string]int{}, delays: map[string]int32{}, more: map[string]map[string]attribute{}}
	return s
}

type entry struct {
	ID                string `json:"Id"`
	MessageBody       string
	DelaySeconds      int32
	MessageAttributes map[string]attribute
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if s.down > 0 {
		s.down--
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"__type":"InternalFailure"}`))
		return
	}
	var in struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []entry
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" || in.QueueURL != url {
		s.t.Errorf("target %q, queue %q: %v", r.Header.Get("X-Amz-Target"), in.QueueURL, err)
	}
	type success struct {
		ID  string `json:"Id"`
		MID string `json:"MessageId"`
		MD5 string `json:"MD5OfMessageBody"`
	}
	type failure struct {
		ID          string `json:"Id"`
		Code        string
		SenderFault bool
	}
	var out struct {
		Successful []success
		Failed     []failure
	}
	size := 0
	for _, e := range in.Entries {
		size += len(e.MessageBody)
		for name, a := range e.MessageAttributes {
			size += len(name) + len(a.DataType) + len(a.StringValue)
		}
		if s.refuse[e.MessageBody] > 0 {
			s.refuse[e.MessageBody]--
			out.Failed = append(out.Failed, failure{e.ID, "InternalError", s.fault})
			continue
		}
		s.taken = append(s.taken, e.MessageBody)
		s.delays[e.MessageBody], s.more[e.MessageBody] = e.DelaySeconds, e.MessageAttributes
		sum := md5.Sum([]byte(e.MessageBody))
		out.Successful = append(out.Successful, success{e.ID, "m", hex.EncodeToString(sum[:])})
	}
	if len(in.Entries) > queue.MaxBatch || size > queue.MaxBytes {
		s.t.Errorf("a batch of %d messages and %d bytes", len(in.Entries), size)
	}
	s.largest = max(s.largest, len(in.Entries))
	_ = json.NewEncoder(w).Encode(out)
}

func (s *service) queue() *sqs.Queue {
	return sqs.New(aws.Config{
		Region: "eu-central-1", HTTPClient: within{s}, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}, url)
}

func messages(n int) (all []queue.Message, bodies []string) {
	for i := range n {
		body := fmt.Sprintf("n%03d", i)
		all, bodies = append(all, queue.Message{Body: []byte(body), Delay: time.Duration(i) * 1500 * time.Millisecond}), append(bodies, body)
	}
	return all, bodies
}

func TestSendInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		all, want := messages(123)
		if err := s.queue().Send(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		slices.Sort(s.taken)
		if !slices.Equal(s.taken, want) || s.largest != queue.MaxBatch || s.calls != 13 {
			t.Errorf("%d messages in %d calls of up to %d", len(s.taken), s.calls, s.largest)
		}
		if s.delays["n001"] != 2 || s.delays["n002"] != 3 || s.delays["n000"] != 0 {
			t.Errorf("delays %v: want whole seconds, never early", s.delays)
		}
	})
}

func TestSendWithAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		err := s.queue().Send(t.Context(), []queue.Message{
			{Body: []byte("a"), Attributes: map[string]string{"reason": "nobody reads that: ø", "receives": "1"}}, {Body: []byte("b")},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]attribute{"reason": {"String", "nobody reads that: ø"}, "receives": {"String", "1"}}
		if !maps.Equal(s.more["a"], want) || len(s.more["b"]) > 0 {
			t.Errorf("sent with %v and %v, want %v and none", s.more["a"], s.more["b"], want)
		}
	})
}

func TestOnlyWhatFailedIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.refuse["n003"], s.refuse["n007"] = 1, 2
		all, want := messages(10)
		if err := s.queue().Send(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		slices.Sort(s.taken)
		if !slices.Equal(s.taken, want) {
			t.Errorf("taken %v: want each once", s.taken)
		}
		if s.calls != 3 {
			t.Errorf("%d calls, want 3", s.calls)
		}
	})
}

func TestWhatStaysUntakenIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, fault := range map[string]bool{"again and again": false, "by our own fault": true} {
			s := newService(t)
			s.refuse["n003"], s.fault = 99, fault
			all, _ := messages(10)
			if err := s.queue().Send(t.Context(), all); err == nil {
				t.Errorf("%s: nil", name)
			} else if errors.Is(err, queue.ErrMessage) {
				t.Errorf("%s: %v says that nothing was sent", name, err)
			}
			if want := map[bool]int{false: 4, true: 1}[fault]; s.calls != want {
				t.Errorf("%s: %d calls, want %d", name, s.calls, want)
			}
		}
	})
}

func TestServiceDownForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.down = 1
		all, want := messages(3)
		if err := s.queue().Send(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(s.taken); !slices.Equal(s.taken, want) {
			t.Errorf("taken %v", s.taken)
		}
	})
}

func TestTooMuchDelayIsRefusedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		all, _ := messages(3)
		all[2].Delay = 901 * time.Second
		if err := s.queue().Send(t.Context(), all); !errors.Is(err, queue.ErrMessage) || s.calls != 0 {
			t.Errorf("%v, %d calls", err, s.calls)
		}
	})
}

func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.refuse["n000"] = 99
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		all, _ := messages(1)
		if err := s.queue().Send(ctx, all); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// silent answers nothing until a call.
type silent struct {
	aws.HTTPClient
	until int
	calls int
}

func (s *silent) Do(r *http.Request) (*http.Response, error) {
	if s.calls++; s.calls < s.until {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(`{"Successful":[]}`)),
	}, nil
}

// A queue that hangs leaves its caller's time to further calls, and is told before
// that time is over.
func TestAHangingQueueIsToldInTime(t *testing.T) {
	for until, want := range map[int]bool{1: true, 3: true, 99: false} {
		synctest.Test(t, func(t *testing.T) {
			client := &silent{until: until}
			q := sqs.New(aws.Config{Region: "eu-central-1", HTTPClient: client, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}, url)
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			all, _ := messages(1)
			err := q.Send(ctx, all)
			if ctx.Err() != nil || want != (err == nil) || client.calls > 4 {
				t.Errorf("answering from call %d: %v after %d calls, %v", until, err, client.calls, ctx.Err())
			}
		})
	}
}
