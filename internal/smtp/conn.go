package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Bytes a relay may send in one phase. A reply line has at most 512 octets (RFC
// 5321 4.5.3.1.5), a reply to EHLO some dozen lines.
const (
	maxReply     = 64 << 10
	maxHandshake = 256 << 10 // chains of certificates
	blockSize    = 64 << 10
	quitTime     = 2 * time.Second
)

var (
	errLongReply  = errors.New("the reply is too long")
	errExtraReply = errors.New("a reply came that nothing had asked for")
)

// conn is one conversation with a relay.
type conn struct {
	raw      *guard
	client   *smtp.Client
	timeouts Timeouts
	sent     int // messages accepted

	mu  sync.Mutex
	cut bool // the context has ended: no deadline may be set any more
}

// guard is a connection that reads no more than a budget in each phase, however
// long a line the relay writes.
type guard struct {
	net.Conn
	budget int
}

func (g *guard) Read(b []byte) (int, error) {
	if g.budget <= 0 {
		return 0, errLongReply
	}
	n, err := g.Conn.Read(b[:min(len(b), g.budget)])
	g.budget -= n
	return n, err
}

// open dials, and goes through greeting, EHLO, TLS and log-in.
func (c *Channel) open(ctx context.Context) (*conn, error) {
	dialCtx, cancel := context.WithTimeout(ctx, c.config.Timeouts.Dial)
	defer cancel()
	tcp, err := c.config.Dial(dialCtx, "tcp", c.addr)
	if err != nil {
		return nil, failure(phaseDial, err)
	}
	n := &conn{raw: &guard{Conn: tcp}, timeouts: c.config.Timeouts}
	stop := n.follow(ctx)
	err = n.start(ctx, c.config)
	if !stop() && err == nil {
		err = failure(phaseDial, ctx.Err())
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *conn) start(ctx context.Context, c Config) error {
	var transport net.Conn = n.raw
	if c.Security == ImplicitTLS {
		n.within(c.Timeouts.Command, maxHandshake)
		secured := tls.Client(n.raw, c.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			return failure(phaseTLS, err)
		}
		transport = secured
	}
	n.within(c.Timeouts.Command, maxReply)
	client, err := smtp.NewClient(transport, c.Host)
	if err != nil {
		return failure(phaseGreeting, err)
	}
	n.client = client
	n.within(c.Timeouts.Command, maxReply)
	if err := n.ask(func() error { return client.Hello(helloName(c.Hello)) }); err != nil {
		return failure(phaseHello, err)
	}
	if c.Security == StartTLS {
		if err := n.startTLS(c); err != nil {
			return failure(phaseTLS, err)
		}
	}
	if c.Username == "" {
		return nil
	}
	n.within(c.Timeouts.Command, maxReply)
	return failureOf(phaseAuth, n.ask(func() error { return n.login(c) }))
}

func helloName(s string) string {
	if s == "" {
		return "localhost"
	}
	return s
}

// ask runs one command, unless a reply is waiting that belongs to none: then
// every later reply would be taken for that of the command before it.
func (n *conn) ask(command func() error) error {
	if n.client.Text.R.Buffered() > 0 {
		return errExtraReply
	}
	return command()
}

// within bounds the next phase by time and bytes. The context's end is earlier
// if it has one: see follow.
func (n *conn) within(d time.Duration, bytes int) {
	n.raw.budget = bytes
	n.setDeadline(time.Now().Add(d)) //nolint:forbidigo // sockets know no other clock than the machine's
}

// check asks an idle connection for a sign of life and forgets a transaction
// half done.
func (n *conn) check() error {
	n.within(n.timeouts.Check, maxReply)
	return n.ask(n.client.Reset)
}

// close ends the connection at once.
func (n *conn) close() { _ = n.raw.Close() } // nothing depends on how it ends

// quit says goodbye before.
func (n *conn) quit() {
	n.within(quitTime, maxReply)
	_ = n.client.Quit() // what was accepted stays accepted, whatever the relay says now
	n.close()
}

// deliver makes the one transaction, and returns the text of the reply that accepted it.
func (n *conn) deliver(m mail) (string, error) {
	n.client.SkipSMTPUTF8(!m.utf8)
	if ok, _ := n.client.Extension("SMTPUTF8"); m.utf8 && !ok {
		return "", failure(phaseRcpt, errNoUTF8)
	}
	for _, c := range []struct {
		phase   phase
		command func() error
	}{
		{phaseMail, func() error { return n.client.Mail("<" + m.from + ">") }},
		{phaseRcpt, func() error { return n.client.Rcpt("<" + m.to + ">") }},
	} {
		n.within(n.timeouts.Command, maxReply)
		if err := n.ask(c.command); err != nil {
			return "", failure(c.phase, err)
		}
	}
	var w io.WriteCloser
	n.within(n.timeouts.Data, maxReply)
	err := n.ask(func() (err error) { w, err = n.client.Data(); return err })
	if err == nil && n.client.Text.R.Buffered() > 0 {
		err = errExtraReply // it could be taken for the reply to the mail
	}
	if err != nil {
		return "", failure(phaseData, err)
	}
	return n.write(w, m.bytes)
}

// write sends the mail. Until the final dot is on its way a failure is definite;
// from then on only a reply is.
func (n *conn) write(w io.WriteCloser, mail []byte) (string, error) {
	for len(mail) > 0 {
		block := mail[:min(len(mail), blockSize)]
		n.within(n.timeouts.Block, maxReply)
		if _, err := w.Write(block); err != nil {
			return "", failure(phaseData, err)
		}
		mail = mail[len(block):]
	}
	n.within(n.timeouts.End, maxReply)
	err := w.Close() // writes the dot and waits for the reply
	if code, _ := reply(err); err != nil && code/100 != 2 {
		return "", failure(phaseEnd, err)
	}
	n.sent++
	if d, ok := w.(*smtp.DataCloser); ok {
		return d.ServerResponse(), nil
	}
	return "", nil
}
