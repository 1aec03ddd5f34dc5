package services_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"aftersales/awstest/localaws"
	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
	"aftersales/internal/ses"
)

// endpoint returns the address of the AWS of this machine.
func endpoint(t *testing.T) string {
	t.Helper()
	url := os.Getenv("AWS_ENDPOINT_URL")
	if url == "" {
		t.Fatal("AWS_ENDPOINT_URL is not set: run `make test-aws`, or `scripts/ministack run COMMAND`")
	}
	return url
}

func config(url string) aws.Config {
	return aws.Config{Region: localaws.Region, Credentials: localaws.Credentials(), BaseEndpoint: &url}
}

// proxy stands before the local SES, which never fails by itself, and lets one
// send fail on its way there or back.
type proxy struct {
	t      *testing.T
	behind string

	mu    sync.Mutex
	fail  followup.Failure
	calls int
	heads map[string]map[string][]string // by message id: what the local SES does not keep
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Errorf("read request: %v", err)
	}
	p.mu.Lock()
	fail := p.fail
	p.fail = ""
	p.calls++
	p.mu.Unlock()
	switch fail {
	case followup.NotAccepted:
		refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", body)
		return
	case followup.Refused:
		refuse(w, http.StatusBadRequest, "BadRequestException", body)
		return
	}
	status, kind, answer := p.forward(r, body)
	if fail == followup.UnclearResult {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			p.t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// refuse answers as SES does, and as it likes to: with the customer's address.
func refuse(w http.ResponseWriter, status int, code string, echo []byte) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": string(echo)})
}

func (p *proxy) forward(r *http.Request, body []byte) (status int, kind string, answer []byte) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, p.behind+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return http.StatusBadGateway, "", nil
	}
	out.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return http.StatusBadGateway, "", nil // the sender has gone
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		p.t.Error(err)
	}
	p.remember(answer, body)
	return resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), answer
}

// remember keeps the headers of an accepted mail.
func (p *proxy) remember(answer, body []byte) {
	var got struct{ MessageId string } //nolint:revive // the name on the wire
	var sent struct {
		Content struct {
			Simple struct {
				Headers []struct{ Name, Value string }
			}
		}
	}
	if json.Unmarshal(answer, &got) != nil || got.MessageId == "" {
		return
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		p.t.Error(err)
	}
	heads := map[string][]string{}
	for _, h := range sent.Content.Simple.Headers {
		heads[h.Name] = append(heads[h.Name], decode(p.t, h.Value))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heads[got.MessageId] = heads
}

func decode(t *testing.T, s string) string {
	text, err := (&mime.WordDecoder{}).DecodeHeader(s)
	if err != nil {
		t.Errorf("%q: %v", s, err)
	}
	return text
}

// accepted returns what the local SES took from a sender.
func (p *proxy) accepted(sender string) []channeltest.Accepted {
	resp, err := http.Get(p.behind + "/_ministack/ses/messages")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all struct {
		Messages map[string][]struct {
			MessageId, Source, Subject string //nolint:revive // the name on the wire
			To                         []string
			Timestamp                  float64
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		p.t.Fatal(err)
	}
	var out []channeltest.Accepted
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range all.Messages["000000000000"] {
		from, err := netmail.ParseAddress(m.Source)
		if err != nil || from.Address != sender {
			continue
		}
		h := map[string][]string{"From": {decode(p.t, m.Source)}, "To": {decode(p.t, m.To[0])}, "Subject": {decode(p.t, m.Subject)}}
		maps.Copy(h, p.heads[m.MessageId])
		out = append(out, channeltest.Accepted{Provider: m.MessageId, Headers: h})
	}
	return out
}

func TestSESChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{New: newSES, Writes: true})
}

func newSES(t *testing.T) channeltest.Bench {
	p := &proxy{t: t, behind: endpoint(t), heads: map[string]map[string][]string{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	domain := strings.ToLower(rand.Text()[:12]) + ".example"
	client := sesv2.NewFromConfig(config(p.behind))
	if _, err := client.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &domain}); err != nil {
		t.Fatal(err)
	}
	sender := "service@" + domain
	ch := ses.New(config(srv.URL), ses.Config{ConfigurationSet: "ours", Timeout: time.Minute})
	t.Cleanup(ch.CloseIdle)
	return channeltest.Bench{
		Channel: ch,
		Message: followup.Message{
			Shop: "main", Class: followup.Feedback, Language: "en", From: followup.Address{Name: "Küchen & Co", Mail: sender},
			To:      followup.Address{Name: "Zoë Bergström", Mail: "zoe.bergstroem@customer.example"},
			Subject: "How is your machine working?", Text: "Dear Zoë", HTML: "<p>Dear Zoë</p>",
			Headers: map[string]string{"Auto-Submitted": "auto-generated"},
		},
		Calls: func() int {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.calls
		},
		Accepted: func() []channeltest.Accepted { return p.accepted(sender) },
		Fail: func(f followup.Failure, m followup.Message) followup.Message {
			if f == followup.Account {
				m.From.Mail = "service@never-verified.example" // the local SES refuses that itself
				return m
			}
			p.mu.Lock()
			p.fail = f
			p.mu.Unlock()
			return m
		},
	}
}

func TestSESQuota(t *testing.T) {
	q, err := ses.New(config(endpoint(t)), ses.Config{}).Quota(t.Context())
	if err != nil || q.PerSecond <= 0 || q.Left <= 0 || q.Paused {
		t.Errorf("%+v, %v", q, err)
	}
}
