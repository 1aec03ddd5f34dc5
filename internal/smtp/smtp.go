// Package smtp is the mail channel that hands messages to a relay over SMTP
// (RFC 5321), with TLS unless told otherwise.
//
// MIME and the commands are those of wneessen/go-mail. Its Client is not used:
// it decides by itself what to repeat and hides the phase a conversation died
// in, and the phase is what tells "not accepted" from "nobody knows".
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"aftersales/internal/followup"
)

// Security is how a connection is protected. There is no way from one to another:
// a relay that cannot do what is wanted gets no mail.
type Security string

// The securities.
const (
	StartTLS    Security = "starttls" // begins in the clear on port 587, mail only after TLS
	ImplicitTLS Security = "tls"      // TLS from the first byte, port 465
	NoTLS       Security = "none"     // for a relay on the same machine, port 25
)

// Mechanism is how to log in.
type Mechanism string

// The mechanisms.
const (
	AnyAuth   Mechanism = ""      // PLAIN if offered, else LOGIN
	PlainAuth Mechanism = "plain" // RFC 4616
	LoginAuth Mechanism = "login"
)

// Timeouts bound the waits of a conversation; zero is the default, that of RFC
// 5321 4.5.3.2 where it names one. The context bounds all of it together.
type Timeouts struct {
	Dial    time.Duration // TCP connect; 30 s
	Command time.Duration // greeting, TLS, and the reply to any command; 5 min
	Data    time.Duration // the reply to DATA; 2 min
	Block   time.Duration // writing 64 KiB of the mail; 3 min
	End     time.Duration // the reply to the mail; 10 min
	Check   time.Duration // the sign of life of a connection used again; 5 s
	Idle    time.Duration // how long an unused connection stays open; 30 s
}

// Config says where mail goes.
type Config struct {
	Host     string   // name of the relay; also the name its certificate must have
	Port     int      // 0: that of Security
	Security Security // "": StartTLS
	TLS      *tls.Config
	Hello    string // our name in EHLO; "": localhost

	Username  string // "": no log-in
	Password  string
	Mechanism Mechanism

	Timeouts Timeouts

	Now  func() time.Time                                                  // for the Date header
	Dial func(ctx context.Context, network, addr string) (net.Conn, error) // nil: TCP
}

// Channel sends mail. It implements [followup.Channel], and is no Finder: a
// relay cannot be asked what it accepted. It is safe for concurrent use; each
// send in progress has a connection of its own.
type Channel struct {
	config Config
	addr   string
	idle   pool
}

var _ followup.Channel = (*Channel)(nil)

// New returns a channel to a relay. It opens no connection yet.
func New(c Config) (*Channel, error) {
	port := map[Security]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}
	if c.Security == "" {
		c.Security = StartTLS
	}
	switch {
	case c.Host == "":
		return nil, errors.New("smtp: no host, want the name of a relay such as mail.example.com")
	case port[c.Security] == 0:
		return nil, fmt.Errorf("smtp: security %q, want starttls, tls or none", c.Security)
	case c.Mechanism != AnyAuth && c.Mechanism != PlainAuth && c.Mechanism != LoginAuth:
		return nil, fmt.Errorf("smtp: mechanism %q, want plain or login", c.Mechanism)
	case c.Port < 0 || c.Port > 65535:
		return nil, fmt.Errorf("smtp: port %d, want 1 to 65535", c.Port)
	case c.Now == nil:
		return nil, errors.New("smtp: no clock")
	}
	if c.Port == 0 {
		c.Port = port[c.Security]
	}
	c.Timeouts = c.Timeouts.withDefaults()
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: c.Timeouts.Dial}).DialContext
	}
	c.TLS = tlsConfig(c.TLS, c.Host)
	return &Channel{config: c, addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), idle: pool{keep: c.Timeouts.Idle}}, nil
}

func (t Timeouts) withDefaults() Timeouts {
	for d, standard := range map[*time.Duration]time.Duration{
		&t.Dial: 30 * time.Second, &t.Command: 5 * time.Minute, &t.Data: 2 * time.Minute, &t.Block: 3 * time.Minute,
		&t.End: 10 * time.Minute, &t.Check: 5 * time.Second, &t.Idle: 30 * time.Second,
	} {
		if *d <= 0 {
			*d = standard
		}
	}
	return t
}

func tlsConfig(c *tls.Config, host string) *tls.Config {
	if c == nil {
		c = &tls.Config{}
	}
	c = c.Clone()
	if c.ServerName == "" {
		c.ServerName = host
	}
	return c
}

// Send hands m to the relay: one transaction, never repeated. A connection of
// an earlier send is used again if it shows a sign of life, else a new one is
// opened; after any failure the connection is closed.
func (c *Channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	mail, err := c.compose(m)
	if err != nil {
		return followup.Receipt{}, err
	}
	conn, err := c.connect(ctx)
	if err != nil {
		return followup.Receipt{}, err
	}
	stop := conn.follow(ctx)
	reply, err := conn.deliver(mail)
	if !stop() && err == nil {
		conn.close() // accepted, but the context has spoilt the deadline
	} else if err == nil {
		c.idle.put(conn)
	}
	if err != nil {
		conn.close()
		return followup.Receipt{}, err
	}
	return followup.Receipt{Provider: providerID(reply, m)}, nil
}

// Close closes the idle connections. Sends in progress go on, and close theirs.
func (c *Channel) Close() { c.idle.close() }

// connect returns a connection that is ready for a transaction.
func (c *Channel) connect(ctx context.Context) (*conn, error) {
	for {
		old := c.idle.take()
		if old == nil {
			return c.open(ctx)
		}
		stop := old.follow(ctx)
		err := old.check()
		if stop() && err == nil {
			return old, nil
		}
		old.close() // it died of age; the mail has not been touched
		if err := ctx.Err(); err != nil {
			return nil, failure(phaseDial, err)
		}
	}
}
