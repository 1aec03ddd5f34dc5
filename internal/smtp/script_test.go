package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"aftersales/internal/smtp"
)

func dialTo(addr net.Addr) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr.String())
	}
}

// What a scripted relay does instead of its reply.
const (
	hang    = "\x00hang"  // nothing, until the client goes
	die     = "\x00die"   // closes
	dieThen = "\x00then:" // says the rest, then closes
	drip    = "\x00drip"  // never ends its line
	flood   = "\x00flood" // a line of 10 MB
)

// script is a relay in the clear that misbehaves at one phase, each time it
// comes to it, and keeps what it read.
type script struct {
	listener net.Listener
	replies  map[string]string
	hung     chan struct{} // has a value once the script hangs
	dialled  chan struct{} // has a value once a client has its connection

	mu    sync.Mutex
	heard bytes.Buffer // every byte of every client
	conns int
	mails int // final dots that were answered with yes
	wg    sync.WaitGroup
}

var usual = map[string]string{
	"greeting": "220 relay.test ESMTP", "ehlo": "250-relay.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME", "helo": "250 relay.test",
	"auth": "235 2.7.0 welcome", "mail": "250 2.1.0 ok", "rcpt": "250 2.1.5 ok", "data": "354 go ahead",
	"end": "250 2.0.0 Ok: queued as 4XyZ12345678", "rset": "250 ok", "noop": "250 ok", "quit": "221 bye", "starttls": "220 go ahead",
}

func newScript(t *testing.T, replies map[string]string) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{listener: l, replies: replies, hung: make(chan struct{}, 1), dialled: make(chan struct{}, 1)}
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.wg.Wait()
	})
	return s
}

func (s *script) serve(c net.Conn) {
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4096) // a mail is not to vanish in a buffer as a whole
	r := bufio.NewReader(io.TeeReader(c, lockedWriter{s}))
	if !s.say(c, r, "greeting") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToLower(strings.Trim(strings.SplitN(strings.TrimSpace(line), " ", 2)[0], "\x00"))
		if !s.say(c, r, verb) {
			return
		}
		if verb == "data" && s.reply("data")[:3] == "354" && !s.body(c, r) {
			return
		}
	}
}

// body reads up to the final dot.
func (s *script) body(c net.Conn, r *bufio.Reader) bool {
	if s.reply("body") == die {
		_, _ = r.ReadString('\n')
		return false
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
	}
	if strings.HasPrefix(strings.TrimPrefix(s.reply("end"), dieThen), "250") {
		s.mu.Lock()
		s.mails++
		s.mu.Unlock()
	}
	return s.say(c, r, "end")
}

func (s *script) reply(phase string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.replies[phase]; ok {
		return text
	}
	if text, ok := usual[phase]; ok {
		return text
	}
	return "500 5.5.1 what?"
}

// say answers, and reports whether the conversation goes on.
func (s *script) say(c net.Conn, r *bufio.Reader, phase string) bool {
	text := s.reply(phase)
	switch {
	case text == hang:
		tell(s.hung)
		_, _ = io.Copy(io.Discard, r)
		return false
	case text == die:
		return false
	case text == flood:
		_, _ = c.Write([]byte("250 " + strings.Repeat("x", 10<<20) + "\r\n"))
		_, _ = io.Copy(io.Discard, r)
		return false
	case text == drip:
		for {
			if _, err := c.Write([]byte("2")); err != nil {
				return false
			}
		}
	case strings.HasPrefix(text, dieThen):
		_, _ = c.Write([]byte(strings.TrimPrefix(text, dieThen) + "\r\n"))
		return false
	}
	_, err := c.Write([]byte(text + "\r\n"))
	return err == nil && phase != "quit"
}

type lockedWriter struct{ s *script }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.heard.Write(b)
}

// set changes a reply while the script runs.
func (s *script) set(phase, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[phase] = text
}

func (s *script) count() (conns, mails int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns, s.mails
}

func (s *script) transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.String()
}

func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// patience returns a context that ends when the script has begun to hang.
func (s *script) patience(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	s.wg.Go(func() {
		for _, c := range []chan struct{}{s.hung, s.dialled} { // the kernel accepts before Dial is back
			select {
			case <-c:
			case <-ctx.Done():
				return
			}
		}
		cancel()
	})
	t.Cleanup(cancel) // before the script waits for its own
	return ctx
}

// channel returns a channel to the script.
func (s *script) channel(t *testing.T, setup func(*smtp.Config)) *smtp.Channel {
	t.Helper()
	dial := dialTo(s.listener.Addr())
	c := smtp.Config{
		Host: "127.0.0.1", Security: smtp.NoTLS, Now: clock, Timeouts: patient,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			defer tell(s.dialled)
			return dial(ctx, network, addr)
		},
	}
	if setup != nil {
		setup(&c)
	}
	ch, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ch.Close)
	return ch
}
