package smtp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"aftersales/internal/followup"
	"aftersales/internal/smtp"
)

var start = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)

func clock() time.Time { return start }

// patient is of channels whose relay answers: no wait of theirs ends because the machine is slow.
var patient = smtp.Timeouts{Dial: time.Minute, Check: time.Minute, Idle: time.Hour}

// authority makes certificates for one test.
type authority struct {
	roots *x509.CertPool
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{roots: x509.NewCertPool(), key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.roots.AddCert(a.cert)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue returns a certificate for a host, valid from an hour ago until then.
func (a *authority) issue(t *testing.T, host string, until time.Time) *tls.Config {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

const relayHost = "relay.test"

// relay is a real SMTP server that can be told to refuse.
type relay struct {
	*gosmtp.Server
	ca       *authority
	listener net.Listener

	mu         sync.Mutex
	fail       map[string]error // by phase, for the next time only
	gate       func()           // every mail waits for it
	kill       bool             // close the connection after the mail was taken
	mechanisms []string
	calls      int // transactions begun
	conns      int
	mail       [][]byte
	envelopes  []envelope
}

type envelope struct {
	from, to string
	utf8     bool
}

// newRelay starts a relay; setup changes it before it listens. It ends with the test.
func newRelay(t *testing.T, setup func(*relay)) *relay {
	t.Helper()
	r := &relay{ca: newAuthority(t), fail: map[string]error{}}
	r.Server = gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &session{relay: r, conn: c}, nil
	}))
	r.Domain = relayHost
	r.TLSConfig = r.ca.issue(t, relayHost, time.Now().Add(time.Hour))
	r.ErrorLog = discard{}
	if setup != nil {
		setup(r)
	}
	var err error
	if r.listener == nil {
		if r.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Serve(r.listener) })
	t.Cleanup(func() {
		_ = r.listener.Close() // Close of the server does not know a listener that Serve has not yet taken
		_ = r.Close()
		wg.Wait()
	})
	return r
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// implicitTLS makes the relay speak TLS from the first byte.
func implicitTLS(t *testing.T) func(*relay) {
	return func(r *relay) {
		l, err := tls.Listen("tcp", "127.0.0.1:0", r.TLSConfig)
		if err != nil {
			t.Fatal(err)
		}
		r.listener = l
	}
}

// channel returns a channel to the relay; setup changes its configuration.
func (r *relay) channel(t *testing.T, setup func(*smtp.Config)) *smtp.Channel {
	t.Helper()
	dial := dialTo(r.listener.Addr())
	c := smtp.Config{
		Host: relayHost, TLS: &tls.Config{RootCAs: r.ca.roots}, Now: clock, Timeouts: patient,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			r.mu.Lock()
			r.conns++
			r.mu.Unlock()
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

// once makes the next command of a phase fail.
func (r *relay) once(phase string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail[phase] = err
}

func (r *relay) failing(phase string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.fail[phase]
	delete(r.fail, phase)
	return err
}

// got returns the only mail the relay took.
func (r *relay) got(t *testing.T) (string, envelope) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mail) != 1 {
		t.Fatalf("the relay took %d messages", len(r.mail))
	}
	return string(r.mail[0]), r.envelopes[0]
}

func (r *relay) count() (calls, conns, mail int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls, r.conns, len(r.mail)
}

type session struct {
	relay *relay
	conn  *gosmtp.Conn
	envelope
}

func (s *session) Reset()        { s.envelope = envelope{} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return s.relay.mechanisms }

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if err := s.relay.failing("auth"); err != nil {
			return err
		}
		if user != "user" || password != "pass word" {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}
	if mech == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the server's side of LOGIN, which go-sasl lacks.
type loginServer struct {
	step  int
	user  string
	check func(user, password string) error
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}

func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	s.relay.mu.Lock()
	s.relay.calls++
	s.relay.mu.Unlock()
	s.envelope = envelope{from: from, utf8: o.UTF8}
	return s.relay.failing("mail")
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = to
	return s.relay.failing("rcpt")
}

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.relay.mu.Lock()
	gate := s.relay.gate
	s.relay.mu.Unlock()
	if gate != nil {
		gate()
	}
	if err := s.relay.failing("end"); err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.mail = append(s.relay.mail, body)
	s.relay.envelopes = append(s.relay.envelopes, s.envelope)
	if s.relay.kill {
		s.relay.kill = false
		return errors.Join(s.conn.Conn().Close()) // taken, but nobody hears of it
	}
	return nil
}

func message() followup.Message {
	return followup.Message{
		FollowUp: "main/1001/check-in/-/1", Attempt: "attempt-1", Shop: "main", Class: followup.Feedback, Language: "en",
		From:    followup.Address{Name: "Shop", Mail: "shop@shop.example"},
		To:      followup.Address{Name: "Zoë Ångström", Mail: "zoe@customer.example"},
		Subject: "How is your washing machine?", HTML: "<p>Hello Zoë</p>\n", Text: "Hello Zoë\n",
		MessageID: "1001.check-in@shop.example",
		Headers: map[string]string{
			"List-Unsubscribe": "<https://shop.example/u/token>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Auto-Submitted": "auto-generated",
		},
	}
}
