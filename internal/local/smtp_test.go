package local_test

import (
	"bytes"
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/local"
)

// relay is a mail server on this machine, without TLS.
type relay struct {
	host string
	port int

	mu   sync.Mutex
	dies bool          // it takes a mail and closes, and nobody hears of it
	took [][]byte      // mails
	left chan struct{} // has a value for each client that said goodbye
}

func (r *relay) taken() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.took
}

type relaySession struct {
	relay *relay
	conn  *gosmtp.Conn
}

func (relaySession) Reset()                                 {}
func (relaySession) Mail(string, *gosmtp.MailOptions) error { return nil }
func (relaySession) Rcpt(string, *gosmtp.RcptOptions) error { return nil }

func (s relaySession) Logout() error {
	s.relay.left <- struct{}{}
	return nil
}

func (s relaySession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.took = append(s.relay.took, text)
	if s.relay.dies {
		return s.conn.Conn().Close()
	}
	return nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	r := &relay{host: at.IP.String(), port: at.Port, left: make(chan struct{}, 100)}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) { return relaySession{r, c}, nil }))
	s.Domain, s.ErrorLog = "relay.test", quiet{}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() {
		_ = l.Close()
		_ = s.Close()
		wg.Wait()
	})
	return r
}

// mailing is an App that sends through r, an hour before its first mail is due.
func mailing(t *testing.T, r *relay) (*local.App, *local.Loop) {
	t.Helper()
	o := options(t.TempDir())
	o.Config.Email = config.Email{
		Channel: config.SMTP, Concurrency: 4, Rate: 100,
		SMTP: config.SMTPServer{Host: r.host, Port: r.port, TLS: "none", Helo: "shop.test"},
	}
	o.Clock = local.NewClock(time.Now, tenOClock.Add(-time.Hour), 0)
	app := open(t, o)
	at := tenOClock.AddDate(0, 0, -5)
	accept(t, app.Store, at, mugs(1, at)...)
	return app, app.NewLoop()
}

func TestMailGoesOutBySMTP(t *testing.T) {
	r := newRelay(t)
	app, loop := mailing(t, r)
	if n := loop.Hands * loop.Group; n != 500 {
		t.Errorf("a death leaves up to %d mails to people, want 500 as operations.md says", n)
	}
	drain(t, loop)
	if n := len(r.taken()); n != 0 {
		t.Fatalf("%d mails an hour too early", n)
	}
	app.Clock.AdvanceTo(tenOClock)
	drain(t, loop)
	drain(t, loop)
	all := r.taken()
	if len(all) != 1 {
		t.Fatalf("the server took %d mails, want 1", len(all))
	}
	m, err := mail.ReadMessage(bytes.NewReader(all[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"To": "anna1000@example.com", "From": "care@nordlight.example", "List-Unsubscribe": "<https://nordlight.example/u/",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Message-Id": "@nordlight.example>",
	} {
		if got := m.Header.Get(name); !bytes.Contains([]byte(got), []byte(want)) {
			t.Errorf("%s is %q, want %q in it", name, got, want)
		}
	}
	if s := journey(t, app.Store, "1000").Row("main/1000/check-in/-/1").State; s != followup.Sent {
		t.Errorf("the row is %s", s)
	}
	if n := len(mails(t, app.Store)); n != 0 {
		t.Errorf("%d mails in the mailbox, which is not in use", n)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.left:
	case <-time.After(5 * time.Minute): // only ends a test that fails
		t.Error("the connection to the mail server is open after Close")
	}
}

// A server that takes the mail and dies before it says so leaves a send of
// which nobody knows: it is parked after the margin, shown, and not sent again.
func TestUnclearMailIsParkedAndNotSentAgain(t *testing.T) {
	r := newRelay(t)
	r.dies = true
	app, loop := mailing(t, r)
	app.Clock.AdvanceTo(tenOClock)
	drain(t, loop)
	id := followup.FollowUpID("main/1000/check-in/-/1")
	if s := journey(t, app.Store, "1000").Row(id).State; s != followup.Unknown {
		t.Errorf("after the server died the row is %s, want unknown", s)
	}
	app.Clock.Advance(followup.UnclearMargin - time.Second)
	drain(t, loop)
	if s := journey(t, app.Store, "1000").Row(id).State; s != followup.Unknown {
		t.Errorf("within the margin the row is %s, want unknown", s)
	}
	app.Clock.Advance(time.Second)
	drain(t, loop)
	parked, err := app.Engine.Parked(t.Context())
	if err != nil || len(parked) != 1 || parked[0].ID != id || parked[0].State != "parked" || parked[0].Reason == "" {
		t.Errorf("parked: %+v, %v, want the check-in", parked, err)
	}
	r.mu.Lock()
	r.dies = false
	r.mu.Unlock()
	if err := loop.Travel(t.Context(), tenOClock.AddDate(0, 0, 2), nil); err != nil {
		t.Fatal(err)
	}
	if n := len(r.taken()); n != 1 {
		t.Errorf("the server took the mail %d times", n)
	}
	// A person decides: once more.
	if err := app.Engine.Settle(t.Context(), app.Clock.Now(), id, followup.Planned, "the server's log has nothing"); err != nil {
		t.Fatal(err)
	}
	drain(t, loop)
	if s, n := journey(t, app.Store, "1000").Row(id).State, len(r.taken()); n != 2 || s != followup.Sent {
		t.Errorf("after the operator's word it is %s, taken %d times", s, n)
	}
}
