package main

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/queue"
)

// probe notes what an invocation asks of AWS, and when.
type probe struct {
	http.RoundTripper
	mu   sync.Mutex
	asks []span
	sent int // messages
	puts int // requests that sent them
}

// newProbe keeps connections, as a function does.
func newProbe() *probe {
	keeps := http.DefaultTransport.(*http.Transport).Clone()
	keeps.MaxIdleConnsPerHost = 64
	return &probe{RoundTripper: keeps}
}

type span struct{ began, ended time.Time }

// slow is added to each request: those that are made at once overlap then,
// whatever the server does.
const slow = 4 * time.Millisecond

func (p *probe) ask(do func()) {
	s := span{began: time.Now()}
	time.Sleep(slow)
	do()
	s.ended = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = append(p.asks, s)
}

// RoundTrip notes a request.
func (p *probe) RoundTrip(r *http.Request) (out *http.Response, err error) {
	p.ask(func() { out, err = p.RoundTripper.RoundTrip(r) })
	return out, err
}

// waits is how often in a row something was waited for: the longest chain of
// requests each of which began when the one before had ended.
func (p *probe) waits() int {
	slices.SortFunc(p.asks, func(a, b span) int { return a.ended.Compare(b.ended) })
	n, end := 0, time.Time{}
	for _, s := range p.asks {
		if !s.began.Before(end) {
			n, end = n+1, s.ended
		}
	}
	return n
}

// sender is a queue whose requests are noted.
type sender struct {
	*queue.Memory
	p *probe
}

// Send notes the messages and requests of a send.
func (s sender) Send(ctx context.Context, messages []queue.Message) (err error) {
	if len(messages) == 0 {
		return nil
	}
	s.p.ask(func() { err = s.Memory.Send(ctx, messages) })
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.sent += len(messages)
	s.p.puts += (len(messages) + queue.MaxBatch - 1) / queue.MaxBatch
	return err
}

// spent is what invocations of one function took in all.
type spent struct {
	calls     int // invocations
	things    int // messages or requests they were for
	units     dynamotest.Units
	waits     int
	processor time.Duration
	sent      int // messages
	puts      int // requests that sent them
	logged    int // bytes
}

// invoke runs one invocation for so many things and adds what it took.
func (w *world) invoke(s *spent, things int, do func() error) error {
	w.probe.asks, w.probe.sent, w.probe.puts = nil, 0, 0
	w.meter.Take()
	w.logs.bytes = 0
	before, err := processor()
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := processor()
	if err != nil {
		return err
	}
	u := w.meter.Take()
	s.calls, s.things = s.calls+1, s.things+things
	s.units.Read, s.units.Write = s.units.Read+u.Read, s.units.Write+u.Write
	s.waits, s.processor = s.waits+w.probe.waits(), s.processor+after-before
	s.sent, s.puts, s.logged = s.sent+w.probe.sent, s.puts+w.probe.puts, s.logged+w.logs.bytes
	return nil
}

// processor returns the processor time of this process.
func processor() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
