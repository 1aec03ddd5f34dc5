package smtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
	"aftersales/internal/smtp"
)

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{
		New:     newBench,
		CanFind: false, // a relay cannot be asked
		CanTell: false, // nor does it know our attempts
		Writes:  true,
	})
}

func newBench(t *testing.T) channeltest.Bench {
	r := newRelay(t, nil)
	return channeltest.Bench{
		Channel: r.channel(t, nil),
		Message: message(),
		Calls: func() int {
			calls, _, _ := r.count()
			return calls
		},
		Accepted: func() []channeltest.Accepted { return accepted(t, r) },
		Fail: func(f followup.Failure, m followup.Message) followup.Message {
			echo := "<" + m.To.Mail + "> (" + m.To.Name + "): " + m.Subject // relays like to repeat
			switch f {
			case followup.NotAccepted:
				r.once("end", &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 3, 0}, Message: echo})
			case followup.Refused:
				r.once("rcpt", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: echo})
			case followup.Account:
				r.once("mail", &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: echo})
			default:
				r.mu.Lock()
				r.kill = true
				r.mu.Unlock()
			}
			return m
		},
	}
}

func accepted(t *testing.T, r *relay) []channeltest.Accepted {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []channeltest.Accepted
	for _, raw := range r.mail {
		all = append(all, channeltest.Accepted{Headers: decoded(t, parse(t, string(raw)))})
	}
	return all
}

func parse(t *testing.T, raw string) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("the relay took what is no mail: %v", err)
	}
	return m
}

func decoded(t *testing.T, m *netmail.Message) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for name, values := range m.Header {
		for _, v := range values {
			text, err := (&mime.WordDecoder{}).DecodeHeader(v)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all[name] = append(all[name], text)
		}
	}
	return all
}

func TestEverySecurity(t *testing.T) {
	for name, c := range map[string]struct {
		relay  func(*relay)
		config func(*smtp.Config)
		port   string
	}{
		"starttls": {nil, nil, "587"},
		"tls":      {implicitTLS(t), func(c *smtp.Config) { c.Security = smtp.ImplicitTLS }, "465"},
		"none":     {func(r *relay) { r.TLSConfig = nil }, func(c *smtp.Config) { c.Security = smtp.NoTLS }, "25"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, c.relay)
			dialled := ""
			ch := r.channel(t, func(conf *smtp.Config) {
				if c.config != nil {
					c.config(conf)
				}
				dial := conf.Dial
				conf.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialled = addr
					return dial(ctx, network, addr)
				}
			})
			if _, err := ch.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			if dialled != relayHost+":"+c.port {
				t.Errorf("dialled %s", dialled)
			}
			r.got(t)
		})
	}
}

func TestNothingIsSentWithoutTheProtectionWanted(t *testing.T) {
	stranger := newAuthority(t)
	for name, c := range map[string]struct {
		relay  func(*relay)
		config func(*smtp.Config)
	}{
		"no starttls offered":         {func(r *relay) { r.TLSConfig = nil }, nil},
		"certificate of a stranger":   {nil, func(c *smtp.Config) { c.TLS.RootCAs = stranger.roots }},
		"certificate of another host": {nil, func(c *smtp.Config) { c.Host = "other.test" }},
		"certificate out of date":     {func(r *relay) { r.TLSConfig = r.ca.issue(t, relayHost, time.Now().Add(-time.Hour)) }, nil},
		"old TLS only":                {func(r *relay) { r.TLSConfig.MaxVersion = tls.VersionTLS11; r.TLSConfig.MinVersion = tls.VersionTLS10 }, nil},
		"tls to a plain port":         {nil, func(c *smtp.Config) { c.Security = smtp.ImplicitTLS }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, c.relay)
			_, err := r.channel(t, c.config).Send(t.Context(), message())
			if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != account || se.Phase != "tls" {
				t.Errorf("%v, want an account fault at tls", err)
			}
			if calls, _, _ := r.count(); calls != 0 {
				t.Errorf("%d transactions", calls)
			}
		})
	}
}

func TestTLSThatHangsOrDiesIsNotAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		replies map[string]string
		mode    smtp.Security
		want    followup.Failure
	}{
		"starttls hangs":        {map[string]string{"starttls": hang}, smtp.StartTLS, later},
		"starttls dies":         {map[string]string{"starttls": die}, smtp.StartTLS, later},
		"starttls not now":      {map[string]string{"starttls": "454 4.7.0 not now"}, smtp.StartTLS, later},
		"starttls never":        {map[string]string{"starttls": "502 5.5.1 no"}, smtp.StartTLS, account},
		"starttls answers mail": {map[string]string{"starttls": "220 go\r\n250 injected"}, smtp.StartTLS, account},
		"handshake dies":        {map[string]string{"starttls": dieThen + "220 go"}, smtp.StartTLS, later},
		"implicit hangs":        {map[string]string{"greeting": hang}, smtp.ImplicitTLS, later},
		"implicit dies":         {map[string]string{"greeting": die}, smtp.ImplicitTLS, later},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.replies["ehlo"] = "250-relay.test\r\n250 STARTTLS"
			s := newScript(t, c.replies)
			_, err := s.channel(t, func(conf *smtp.Config) { conf.Security = c.mode }).Send(s.patience(t), message())
			if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != c.want || se.Phase != "tls" {
				t.Errorf("%v, want %s at tls", err, c.want)
			}
			if strings.Contains(s.transcript(), "MAIL") {
				t.Error("the mail was begun in the clear")
			}
		})
	}
}

func TestLogIn(t *testing.T) {
	for name, c := range map[string]struct {
		offered  []string
		want     smtp.Mechanism
		password string
		ok       bool
	}{
		"plain by itself":       {[]string{"LOGIN", "PLAIN"}, smtp.AnyAuth, "pass word", true},
		"login by itself":       {[]string{"LOGIN"}, smtp.AnyAuth, "pass word", true},
		"plain":                 {[]string{"LOGIN", "PLAIN"}, smtp.PlainAuth, "pass word", true},
		"login":                 {[]string{"LOGIN", "PLAIN"}, smtp.LoginAuth, "pass word", true},
		"plain, but not there":  {[]string{"LOGIN"}, smtp.PlainAuth, "pass word", false},
		"nothing of use":        {[]string{"CRAM-MD5"}, smtp.AnyAuth, "pass word", false},
		"wrong password, plain": {[]string{"PLAIN"}, smtp.AnyAuth, "secret", false},
		"wrong password, login": {[]string{"LOGIN"}, smtp.AnyAuth, "secret", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, func(r *relay) { r.mechanisms = c.offered })
			_, err := r.channel(t, func(conf *smtp.Config) {
				conf.Username, conf.Password, conf.Mechanism = "user", c.password, c.want
			}).Send(t.Context(), message())
			if c.ok && err != nil {
				t.Fatal(err)
			}
			if se, ok := errors.AsType[*followup.SendError](err); !c.ok && (!ok || se.Failure != account || se.Phase != "auth" || strings.Contains(err.Error(), c.password)) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestNoPasswordInTheClear(t *testing.T) {
	s := newScript(t, map[string]string{})
	_, err := s.channel(t, func(c *smtp.Config) { withPassword(c); c.Host = "relay.test" }).Send(t.Context(), message())
	if followup.Classify(err) != account || strings.Contains(s.transcript(), "AUTH PLAIN") {
		t.Errorf("%v; the relay heard %q", err, s.transcript())
	}
}

func TestNobodyThereIsNotAccepted(t *testing.T) {
	r := newRelay(t, nil)
	near, err := net.Dial("tcp", r.listener.Addr().String()) // its own end listens to nobody, and nobody else gets its port
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	_, err = r.channel(t, func(c *smtp.Config) { c.Dial = dialTo(near.LocalAddr()) }).Send(t.Context(), message())
	if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != later || se.Phase != "dial" {
		t.Error(err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for want, c := range map[string]smtp.Config{
		"no host":    {Now: clock},
		"security":   {Host: "h", Now: clock, Security: "ssl"},
		"mechanism":  {Host: "h", Now: clock, Mechanism: "cram"},
		"port 70000": {Host: "h", Now: clock, Port: 70000},
		"no clock":   {Host: "h"},
	} {
		if _, err := smtp.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
