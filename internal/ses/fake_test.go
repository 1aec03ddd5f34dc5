package ses_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/followup/channeltest"
	"aftersales/internal/ses"
)

// mail is a SendEmail request as it stands on the wire.
type mail struct {
	From        string `json:"FromEmailAddress"`
	Set         string `json:"ConfigurationSetName"`
	Destination struct{ ToAddresses []string }
	ReplyTos    []string                       `json:"ReplyToAddresses"`
	Tags        []struct{ Name, Value string } `json:"EmailTags"`
	Content     struct {
		Simple struct {
			Subject struct{ Data, Charset string }
			Body    struct {
				Text, Html *struct{ Data, Charset string } //nolint:revive // the name on the wire
			}
			Headers []struct{ Name, Value string }
		}
	}
}

func (m mail) tags() map[string]string {
	out := map[string]string{}
	for _, t := range m.Tags {
		out[t.Name] = t.Value
	}
	return out
}

// endpoint is SES as far as we use it: JSON over HTTP on the loopback interface.
type endpoint struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	fail     []func(w http.ResponseWriter, r *http.Request) // each for the next send only
	calls    int                                            // requests that arrived, whole or not
	accepted []mail
	account  string // answer of GetAccount
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{t: t}
	e.Server = httptest.NewServer(e.routes())
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/email/outbound-emails", e.send)
	mux.HandleFunc("GET /v2/email/account", func(w http.ResponseWriter, _ *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		_, _ = io.WriteString(w, e.account)
	})
	return mux
}

func (e *endpoint) send(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.calls++
	var fail func(http.ResponseWriter, *http.Request)
	if len(e.fail) > 0 {
		fail, e.fail = e.fail[0], e.fail[1:]
	}
	e.mu.Unlock()
	if fail != nil {
		fail(w, r)
		return
	}
	id := e.take(r)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"MessageId":%q}`, id)
}

// take accepts a mail and returns its id.
func (e *endpoint) take(r *http.Request) string {
	var m mail
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		e.t.Errorf("the request is not JSON: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accepted = append(e.accepted, m)
	return fmt.Sprintf("0100-%d", len(e.accepted))
}

// once makes the next send fail.
func (e *endpoint) once(fail func(http.ResponseWriter, *http.Request)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = append(e.fail, fail)
}

// refusal answers with an error of SES.
func refusal(status int, code, text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Amzn-Errortype", code)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
	}
}

// reset closes the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// takenThenReset accepts the mail, and the answer is lost.
func (e *endpoint) takenThenReset(w http.ResponseWriter, r *http.Request) {
	e.take(r)
	reset(w)
}

func (e *endpoint) count() (calls, accepted int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls, len(e.accepted)
}

// got returns the only mail that was accepted.
func (e *endpoint) got() mail {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.accepted) != 1 {
		e.t.Fatalf("%d mails accepted, want 1", len(e.accepted))
	}
	return e.accepted[0]
}

// config is what a function would load from its environment.
func (e *endpoint) config() aws.Config {
	c := anywhere()
	c.BaseEndpoint = &e.URL
	return c
}

// anywhere is what it would load but for the endpoint.
func anywhere() aws.Config {
	return aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}
}

func (e *endpoint) channel() *ses.Channel {
	ch := ses.New(e.config(), ses.Config{ConfigurationSet: "ours", Timeout: time.Minute})
	e.t.Cleanup(ch.CloseIdle)
	return ch
}

// headers returns what a reader of an accepted mail sees.
func (e *endpoint) headers() []channeltest.Accepted {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []channeltest.Accepted
	for n, m := range e.accepted {
		h := map[string][]string{
			"From": {e.parse(m.From)}, "To": {e.parse(m.Destination.ToAddresses[0])}, "Subject": {e.decode(m.Content.Simple.Subject.Data)},
		}
		for _, r := range m.ReplyTos {
			h["Reply-To"] = append(h["Reply-To"], e.parse(r))
		}
		for _, c := range m.Content.Simple.Headers {
			if len(c.Value) > 995 || len(c.Name)+len(c.Value) > 996 {
				e.t.Errorf("header %s has %d characters", c.Name, len(c.Value))
			}
			h[c.Name] = append(h[c.Name], e.decode(c.Value))
		}
		out = append(out, channeltest.Accepted{Provider: fmt.Sprintf("0100-%d", n+1), Headers: h})
	}
	return out
}

func (e *endpoint) decode(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		e.t.Errorf("%q is not printable ASCII", s)
	}
	text, err := (&mime.WordDecoder{}).DecodeHeader(s)
	if err != nil {
		e.t.Errorf("%q: %v", s, err)
	}
	return text
}

func (e *endpoint) parse(s string) string {
	if len(s) > 320 {
		e.t.Errorf("an address of %d characters", len(s))
	}
	e.decode(s)
	a, err := netmail.ParseAddress(s)
	if err != nil {
		e.t.Errorf("%q is no address: %v", s, err)
		return ""
	}
	return a.Name + " <" + a.Address + ">"
}
