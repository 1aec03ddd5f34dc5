package smtp_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/smtp"
)

const (
	later   = followup.NotAccepted
	never   = followup.Refused
	unclear = followup.UnclearResult
	account = followup.Account
)

// TestEveryPhaseIsClassed is the table of the channel: what the relay does at
// which phase, and what is then known of the message.
func TestEveryPhaseIsClassed(t *testing.T) {
	for _, c := range []struct {
		phase, reply string
		want         followup.Failure
		said         string // phase in the error, if it is another
		code         string
		bounce       bool
	}{
		{phase: "greeting", reply: hang, want: later},
		{phase: "greeting", reply: die, want: later},
		{phase: "greeting", reply: flood, want: later},
		{phase: "greeting", reply: drip, want: later},
		{phase: "greeting", reply: "hello there", want: later},
		{phase: "greeting", reply: "421 4.3.2 too busy", want: later, code: "421 4.3.2"},
		{phase: "greeting", reply: "554 5.7.1 go away", want: account, code: "554 5.7.1"},

		{phase: "ehlo", reply: hang, want: later},
		{phase: "ehlo", reply: die, want: later},
		{phase: "ehlo", reply: flood, want: later},
		{phase: "ehlo", reply: dieThen + "421 too busy", want: later, code: "421"},

		{phase: "auth", reply: hang, want: later},
		{phase: "auth", reply: die, want: later},
		{phase: "auth", reply: "454 4.7.0 try later", want: later, code: "454 4.7.0"},
		{phase: "auth", reply: "535 5.7.8 wrong", want: account, code: "535 5.7.8"},
		{phase: "auth", reply: "504 5.5.4 unknown mechanism", want: account, code: "504 5.5.4"},
		{phase: "auth", reply: "334 bW9yZQ==", want: account},

		{phase: "mail", reply: hang, want: later},
		{phase: "mail", reply: die, want: later},
		{phase: "mail", reply: flood, want: later},
		{phase: "mail", reply: drip, want: later},
		{phase: "mail", reply: "banana", want: later},
		{phase: "mail", reply: "250 ok\r\n250 ok", want: later, said: "rcpt"},
		{phase: "mail", reply: "354 what", want: later, code: "354"},
		{phase: "mail", reply: "421 4.3.2 closing", want: later, code: "421 4.3.2"},
		{phase: "mail", reply: "451 4.3.0 later", want: later, code: "451 4.3.0"},
		{phase: "mail", reply: "503 5.5.1 sender already specified", want: later, code: "503 5.5.1"},
		{phase: "mail", reply: "530 5.7.0 authentication required", want: account, code: "530 5.7.0"},
		{phase: "mail", reply: "550 5.7.1 not your domain", want: account, code: "550 5.7.1"},
		{phase: "mail", reply: "553 5.1.8 bad sender", want: account, code: "553 5.1.8"},
		{phase: "mail", reply: "554 5.1.0 sender denied", want: account, code: "554 5.1.0"},
		{phase: "mail", reply: "501 syntax", want: account, code: "501"},
		{phase: "mail", reply: "552 5.3.4 too big", want: never, code: "552 5.3.4"},
		{phase: "mail", reply: "554 transaction failed", want: never, code: "554"},

		{phase: "rcpt", reply: hang, want: later},
		{phase: "rcpt", reply: die, want: later},
		{phase: "rcpt", reply: "421 closing", want: later, code: "421"},
		{phase: "rcpt", reply: "450 4.2.1 greylisted", want: later, code: "450 4.2.1"},
		{phase: "rcpt", reply: "452 4.2.2 over quota", want: later, code: "452 4.2.2"},
		{phase: "rcpt", reply: "550 5.1.1 <zoe@customer.example> unknown", want: never, code: "550 5.1.1", bounce: true},
		{phase: "rcpt", reply: "550-5.1.1 no\r\n550 5.1.1 such user", want: never, code: "550 5.1.1", bounce: true},
		{phase: "rcpt", reply: "556 5.1.10 null MX", want: never, code: "556 5.1.10", bounce: true},
		{phase: "rcpt", reply: "550 5.1.1 unknown at relay.example", want: never, code: "550 5.1.1", bounce: true},
		{phase: "rcpt", reply: "550 no such user", want: never, code: "550"},
		{phase: "rcpt", reply: "552 5.2.2 mailbox full", want: never, code: "552 5.2.2"},
		{phase: "rcpt", reply: "550 5.7.1 blocked", want: never, code: "550 5.7.1"},
		{phase: "rcpt", reply: "554 5.7.1 <zoe@customer.example>: Relay access denied", want: account, code: "554 5.7.1"},
		{phase: "rcpt", reply: "550 relay not permitted", want: account, code: "550"},
		{phase: "rcpt", reply: "550 5.7.54 SMTP; Unable to relay recipient", want: account, code: "550 5.7.54"},
		{phase: "rcpt", reply: "550 5.1.8 bad sender", want: account, code: "550 5.1.8"},
		{phase: "rcpt", reply: "530 5.7.0 authentication required", want: account, code: "530 5.7.0"},

		{phase: "data", reply: hang, want: later},
		{phase: "data", reply: die, want: later},
		{phase: "data", reply: "250 ok", want: later, code: "250"},
		{phase: "data", reply: "354 go\r\n250 2.0.0 queued", want: later},
		{phase: "data", reply: "451 4.3.0 later", want: later, code: "451 4.3.0"},
		{phase: "data", reply: "503 no recipients", want: later, code: "503"},
		{phase: "data", reply: "554 5.5.0 no", want: never, code: "554 5.5.0"},

		{phase: "end", reply: hang, want: unclear},
		{phase: "end", reply: die, want: unclear},
		{phase: "end", reply: flood, want: unclear},
		{phase: "end", reply: drip, want: unclear},
		{phase: "end", reply: "banana", want: unclear},
		{phase: "end", reply: "354 go on", want: unclear, code: "354"},
		{phase: "end", reply: dieThen + "25", want: unclear},
		{phase: "end", reply: "421 4.3.0 closing", want: later, code: "421 4.3.0"},
		{phase: "end", reply: "451 4.3.0 later", want: later, code: "451 4.3.0"},
		{phase: "end", reply: "454 Throttling failure: Maximum sending rate exceeded", want: later, code: "454"},
		{phase: "end", reply: "454 Throttling failure: Daily message quota exceeded", want: account, code: "454"},
		{phase: "end", reply: "554 Message rejected: Email address is not verified", want: account, code: "554"},
		{phase: "end", reply: "554 5.6.0 spam", want: never, code: "554 5.6.0"},
		{phase: "end", reply: "550 5.1.1 user unknown", want: never, code: "550 5.1.1"},
		{phase: "end", reply: "503 5.5.1 what", want: never, code: "503 5.5.1"},
	} {
		t.Run(c.phase+" "+strings.Trim(c.reply[:min(40, len(c.reply))], "\x00"), func(t *testing.T) {
			t.Parallel()
			s := newScript(t, map[string]string{c.phase: c.reply})
			_, err := s.channel(t, withPassword).Send(s.patience(t), message())
			se, ok := errors.AsType[*followup.SendError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			phase := c.phase
			if c.said != "" {
				phase = c.said
			}
			if se.Failure != c.want || se.Phase != phase || se.Code != c.code || se.Bounce != c.bounce {
				t.Errorf("%v, bounce %t; want %s at %s (%s), bounce %t", se, se.Bounce, c.want, phase, c.code, c.bounce)
			}
			if conns, mails := s.count(); conns != 1 || mails != 0 {
				t.Errorf("%d connections, %d messages accepted", conns, mails)
			}
			for _, secret := range []string{"zoe", "customer", "Ång", "pass word", "washing"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q stands in %v", secret, err)
				}
			}
		})
	}
}

func withPassword(c *smtp.Config) { c.Username, c.Password = "user", "pass word" }

func TestEHLORefusedIsOursToMend(t *testing.T) {
	s := newScript(t, map[string]string{"ehlo": "550 5.7.1 who are you", "helo": "550 5.7.1 who are you"})
	_, err := s.channel(t, nil).Send(t.Context(), message())
	if followup.Classify(err) != account {
		t.Error(err)
	}
}

func TestDeathInTheMiddleOfTheMailIsDefinite(t *testing.T) {
	s := newScript(t, map[string]string{"body": die})
	m := message()
	m.Text = strings.Repeat("a line of text that goes on\n", 1<<15) // far more than such a socket buffers
	_, err := s.channel(t, func(c *smtp.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if tcp, ok := conn.(*net.TCPConn); ok {
				err = errors.Join(err, tcp.SetWriteBuffer(4096))
			}
			return conn, err
		}
	}).Send(t.Context(), m)
	if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != later || se.Phase != "data" {
		t.Errorf("%v", err)
	}
}

func TestAcceptedThenDeathIsAccepted(t *testing.T) {
	s := newScript(t, map[string]string{"end": dieThen + "250 2.0.0 Ok: queued as 4XyZ12345678"})
	ch := s.channel(t, nil)
	r, err := ch.Send(t.Context(), message())
	if err != nil || r.Provider != "4XyZ12345678" {
		t.Fatalf("%+v, %v", r, err)
	}
	// The dead connection is found dead, and the next mail is not lost to it.
	if _, err := ch.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
	if conns, mails := s.count(); conns != 2 || mails != 2 {
		t.Errorf("%d connections, %d messages", conns, mails)
	}
}

func TestOther2xxAfterTheDotIsAccepted(t *testing.T) {
	s := newScript(t, map[string]string{"end": "251 taken"})
	if _, err := s.channel(t, nil).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}
