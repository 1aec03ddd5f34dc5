package smtp_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aftersales/internal/followup"
	"aftersales/internal/smtp"
)

func TestOneConnectionServesManySends(t *testing.T) {
	r := newRelay(t, nil)
	ch := r.channel(t, nil)
	for range 5 {
		if _, err := ch.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	if calls, conns, mail := r.count(); calls != 5 || conns != 1 || mail != 5 {
		t.Errorf("%d transactions, %d connections, %d messages", calls, conns, mail)
	}
}

func TestConnectionIsReplacedAfterAHundred(t *testing.T) {
	s := newScript(t, map[string]string{})
	ch := s.channel(t, nil)
	for range 101 {
		if _, err := ch.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	if conns, _ := s.count(); conns != 2 {
		t.Errorf("%d connections", conns)
	}
}

// A connection that went bad while idle costs no mail: it is checked before the
// mail is begun.
func TestBadIdleConnectionIsReplaced(t *testing.T) {
	for _, reply := range []string{hang, die, "421 4.4.2 timeout", "503 sender already specified", "banana", "250 ok\r\n250 ok"} {
		t.Run(strings.Trim(reply, "\x00"), func(t *testing.T) {
			s := newScript(t, map[string]string{})
			ch := s.channel(t, func(c *smtp.Config) {
				if reply == hang {
					c.Timeouts.Check = 30 * time.Millisecond
				}
			})
			if _, err := ch.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			s.set("rset", reply)
			_, err := ch.Send(t.Context(), message())
			conns, mails := s.count()
			if strings.HasPrefix(reply, "250") { // the extra reply shows only at the next command
				if followup.Classify(err) != later || mails != 1 {
					t.Errorf("%v after %d messages", err, mails)
				}
				return
			}
			if err != nil || conns != 2 || mails != 2 {
				t.Errorf("%v; %d connections, %d messages", err, conns, mails)
			}
		})
	}
}

func TestNoConnectionIsUsedAgainAfterAFailure(t *testing.T) {
	for _, phase := range []string{"mail", "rcpt", "data", "end"} {
		s := newScript(t, map[string]string{phase: "451 4.3.0 later"})
		ch := s.channel(t, nil)
		if _, err := ch.Send(t.Context(), message()); followup.Classify(err) != later {
			t.Errorf("%s: %v", phase, err)
		}
		s.set(phase, usual[phase])
		if _, err := ch.Send(t.Context(), message()); err != nil {
			t.Errorf("%s: %v", phase, err)
		}
		if conns, _ := s.count(); conns != 2 {
			t.Errorf("%s: %d connections", phase, conns)
		}
	}
}

// TestIdleConnectionIsClosed waits for the relay to hear the goodbye.
func TestIdleConnectionIsClosed(t *testing.T) {
	s := newScript(t, map[string]string{})
	ch := s.channel(t, func(c *smtp.Config) { c.Timeouts.Idle = time.Millisecond })
	if _, err := ch.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	_ = s.listener.Close()
	s.wg.Wait() // every conversation has ended
	if !strings.HasSuffix(s.transcript(), "QUIT\r\n") {
		t.Error("it went without a word")
	}
}

func TestCloseEndsWhatIsIdle(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := newScript(t, map[string]string{})
	ch := s.channel(t, nil)
	var wg sync.WaitGroup
	for range 6 { // more than are kept
		wg.Go(func() {
			if _, err := ch.Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ch.Close()
	before, _ := s.count()
	for range 2 { // a send that was late still goes, and keeps nothing open
		if _, err := ch.Send(t.Context(), message()); err != nil {
			t.Error(err)
		}
	}
	if conns, _ := s.count(); conns != before+2 {
		t.Errorf("%d connections for two sends after Close", conns-before)
	}
	_ = s.listener.Close()
	s.wg.Wait()
}

func TestEveryWaitHasItsTime(t *testing.T) {
	const soon = 30 * time.Millisecond
	for phase, timeouts := range map[string]smtp.Timeouts{
		"greeting": {Command: soon}, "data": {Data: soon}, "end": {End: soon},
	} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, map[string]string{phase: hang})
			_, err := s.channel(t, func(c *smtp.Config) { c.Timeouts = timeouts }).Send(t.Context(), message())
			if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Phase != phase || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestDeadlineOfTheContextEndsAWait(t *testing.T) {
	s := newScript(t, map[string]string{"greeting": hang})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := s.channel(t, nil).Send(ctx, message()); followup.Classify(err) != later {
		t.Error(err)
	}
}

// between ends a context after a reply was read and before the next wait begins.
type between struct {
	net.Conn
	reply  string
	cancel func()
	cut    chan struct{} // closed once the deadline is in the past
}

func (b *between) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if strings.Contains(string(p[:n]), b.reply) {
		b.cancel()
		<-b.cut
	}
	return n, err
}

func (b *between) SetDeadline(at time.Time) error {
	if at.Year() < 2000 {
		close(b.cut)
	}
	return b.Conn.SetDeadline(at)
}

// A context that ends between two waits must not be forgotten by the second.
func TestContextThatEndedBetweenWaitsEndsTheNext(t *testing.T) {
	s := newScript(t, map[string]string{"rcpt": hang})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := s.channel(t, func(c *smtp.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return &between{Conn: conn, reply: usual["mail"], cancel: cancel, cut: make(chan struct{})}, err
		}
	}).Send(ctx, message())
	if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != later || se.Phase != "rcpt" {
		t.Error(err)
	}
}

func TestFewConnectionsAreKept(t *testing.T) {
	const senders, kept = 6, 4
	r := newRelay(t, nil)
	ch := r.channel(t, nil)
	for range 2 {
		var all, sends sync.WaitGroup
		all.Add(senders)
		r.mu.Lock()
		r.gate = func() { all.Done(); all.Wait() } // every sender needs a connection of its own
		r.mu.Unlock()
		for range senders {
			sends.Go(func() {
				if _, err := ch.Send(t.Context(), message()); err != nil {
					t.Error(err)
				}
			})
		}
		sends.Wait()
	}
	if _, conns, _ := r.count(); conns != 2*senders-kept {
		t.Errorf("%d connections for two rounds of %d", conns, senders)
	}
}

func TestDialThatHangsEndsWithTheContext(t *testing.T) {
	r := newRelay(t, nil)
	ch := r.channel(t, func(c *smtp.Config) {
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c.Timeouts.Dial = 20 * time.Millisecond
	})
	_, err := ch.Send(t.Context(), message())
	if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != later || se.Phase != "dial" {
		t.Error(err)
	}
}
