package connect_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/connect"
	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
)

// call is a StartOutboundVoiceContact request as it stands on the wire.
type call struct {
	ClientToken, InstanceID, ContactFlowID, SourcePhoneNumber, DestinationPhoneNumber, TrafficType string
	RingTimeoutInSeconds                                                                           int
	Attributes                                                                                     map[string]string
}

// centre is Amazon Connect as far as we use it: one token starts one contact.
type centre struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	fail     []func(w http.ResponseWriter, r *http.Request)
	requests int
	tokens   map[string]string // to contact ids
	calls    []call
	contacts map[string]map[string]string // attributes by contact id
}

func newCentre(t *testing.T) *centre {
	t.Helper()
	c := &centre{t: t, tokens: map[string]string{}, contacts: map[string]map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /contact/outbound-voice", c.start)
	mux.HandleFunc("GET /contact/attributes/{instance}/{contact}", c.attributes)
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *centre) start(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.requests++
	var fail func(http.ResponseWriter, *http.Request)
	if len(c.fail) > 0 {
		fail, c.fail = c.fail[0], c.fail[1:]
	}
	c.mu.Unlock()
	if fail != nil {
		fail(w, r)
		return
	}
	_, _ = fmt.Fprintf(w, `{"ContactId":%q}`, c.take(r))
}

// take rings once for one token.
func (c *centre) take(r *http.Request) string {
	var in call
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		c.t.Errorf("the request is not JSON: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if in.ClientToken == "" || len(in.ClientToken) > 500 {
		c.t.Errorf("token %q", in.ClientToken)
	}
	if id, ok := c.tokens[in.ClientToken]; ok {
		return id
	}
	id := fmt.Sprintf("contact-%d", len(c.tokens)+1)
	c.tokens[in.ClientToken] = id
	c.contacts[id] = in.Attributes
	c.calls = append(c.calls, in)
	return id
}

func (c *centre) attributes(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.contacts[r.PathValue("contact")]
	if !ok || r.PathValue("instance") != "inst" {
		refusal(404, "ResourceNotFoundException")(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Attributes": a})
}

func (c *centre) once(fail ...func(http.ResponseWriter, *http.Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = append(c.fail, fail...)
}

func refusal(status int, code string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		echo, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"Message": string(echo)})
	}
}

// taken rings, and the answer is lost.
func (c *centre) taken(w http.ResponseWriter, r *http.Request) {
	c.take(r)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

func (c *centre) rung() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func config(url string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}
}

func (c *centre) channel() *connect.Channel {
	return connect.New(config(c.URL), connect.Config{Instance: "inst", Flow: "flow", Number: "+4930555", Timeout: time.Minute})
}

func message() followup.Message {
	return followup.Message{
		FollowUp: "main/1001/call/-/1#1", Attempt: "ATTEMPT", Shop: "main", Class: followup.Feedback, Language: "de",
		From: followup.Address{Name: "Nordlicht"}, To: followup.Address{Name: "Zoë Bergström", Mail: "+491701234567"}, Phone: "+491701234567",
		Text: "Hello, this is for a person, Zoë", Spoken: "Guten Tag, Zoë Bergström. Drücken Sie die 1.",
	}
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{
		CanTell: true, // one token, one contact
		New: func(t *testing.T) channeltest.Bench {
			c := newCentre(t)
			return channeltest.Bench{
				Channel: c.channel(), Message: message(),
				Calls: func() int { c.mu.Lock(); defer c.mu.Unlock(); return c.requests },
				Accepted: func() []channeltest.Accepted {
					var out []channeltest.Accepted
					for n := range c.rung() {
						out = append(out, channeltest.Accepted{Provider: fmt.Sprintf("contact-%d", n+1)})
					}
					return out
				},
				Fail: func(f followup.Failure, m followup.Message) followup.Message {
					switch f {
					case followup.NotAccepted:
						c.once(refusal(400, "SomethingNewException"))
					case followup.Refused:
						c.once(refusal(403, "DestinationNotAllowedException"))
					case followup.Account:
						c.once(refusal(429, "LimitExceededException"))
					default:
						c.once(refusal(409, "IdempotencyException"))
					}
					return m
				},
			}
		},
	})
}

func TestTheCallAsConnectGetsIt(t *testing.T) {
	c := newCentre(t)
	r, err := c.channel().Send(t.Context(), message())
	if err != nil || r.Provider != "contact-1" {
		t.Fatal(r, err)
	}
	got := c.rung()[0]
	if got.DestinationPhoneNumber != "+491701234567" || got.SourcePhoneNumber != "+4930555" || got.InstanceID != "inst" || got.ContactFlowID != "flow" ||
		got.TrafficType != "GENERAL" || got.RingTimeoutInSeconds != 30 {
		t.Errorf("%+v", got)
	}
	want := map[string]string{
		"f": "main/1001/call/-/1#1", "at": "ATTEMPT", "language": "de", "shop": "Nordlicht", "say": "text", "text": message().Spoken,
		"voice": "Vicki", "engine": "standard", "thanks": "Vielen Dank. Auf Wiederhören.",
	}
	if fmt.Sprint(got.Attributes) != fmt.Sprint(want) {
		t.Errorf("attributes\n got %v\nwant %v", got.Attributes, want)
	}
}

// A lost answer is asked for again with the same token: it rings once.
func TestALostAnswerRingsOnce(t *testing.T) {
	c := newCentre(t)
	c.once(c.taken, refusal(500, "InternalServiceException"))
	r, err := c.channel().Send(t.Context(), message())
	if err != nil || r.Provider != "contact-1" {
		t.Fatal(r, err)
	}
	if c.requests != 3 || len(c.rung()) != 1 {
		t.Errorf("%d requests, %d calls", c.requests, len(c.rung()))
	}
}

func TestWhatStaysLostIsUnclear(t *testing.T) {
	c := newCentre(t)
	c.once(c.taken, c.taken, c.taken)
	_, err := c.channel().Send(t.Context(), message())
	if followup.Classify(err) != followup.UnclearResult || len(c.rung()) != 1 {
		t.Errorf("%v, %d calls", err, len(c.rung()))
	}
}

func TestAnswersThatSayNo(t *testing.T) {
	for code, want := range map[string]followup.Failure{
		"400 InvalidRequestException": followup.Refused, "400 InvalidParameterException": followup.Refused,
		"403 DestinationNotAllowedException": followup.Refused, "403 OutboundContactNotPermittedException": followup.Refused,
		"404 ResourceNotFoundException": followup.Account, "403 AccessDeniedException": followup.Account, "402 ServiceQuotaExceededException": followup.Account,
		"429 LimitExceededException": followup.Account, "403 ": followup.Account, "418 ": followup.NotAccepted, "409 IdempotencyException": followup.UnclearResult,
	} {
		c := newCentre(t)
		var status int
		var kind string
		_, _ = fmt.Sscan(code, &status, &kind)
		c.once(refusal(status, kind))
		if _, err := c.channel().Send(t.Context(), message()); followup.Classify(err) != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	near, err := net.Dial("tcp", l.Addr().String()) // its own end listens to nobody, and nobody else gets its port
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer near.Close()
	ch := connect.New(config("http://"+near.LocalAddr().String()), connect.Config{Instance: "inst", Flow: "flow", Number: "+4930555"})
	if _, err := ch.Send(t.Context(), message()); followup.Classify(err) != followup.NotAccepted {
		t.Errorf("%v", err)
	}
}

// Without credentials no call of ours would fare better: the channel stops, and
// no call is used up by trying.
func TestNoCredentials(t *testing.T) {
	c := newCentre(t)
	none := config(c.URL)
	none.Credentials = credentials.NewStaticCredentialsProvider("", "", "")
	_, err := connect.New(none, connect.Config{Instance: "inst", Flow: "flow", Number: "+4930555"}).Send(t.Context(), message())
	if followup.Classify(err) != followup.Account || c.requests != 0 {
		t.Errorf("%v, %d requests", err, c.requests)
	}
}

func TestWhatCannotBeCalled(t *testing.T) {
	for name, spoil := range map[string]func(*followup.Message){
		"no number":      func(m *followup.Message) { m.Phone = "" },
		"no E.164":       func(m *followup.Message) { m.Phone = "0170 1234567" },
		"letters":        func(m *followup.Message) { m.Phone = "+49170CALLME" },
		"nothing to say": func(m *followup.Message) { m.Spoken = "" },
		"Persian":        func(m *followup.Message) { m.Language = "fa" },
		"endless":        func(m *followup.Message) { m.Spoken = strings.Repeat("x", 32768) },
	} {
		c := newCentre(t)
		m := message()
		spoil(&m)
		if _, err := c.channel().Send(t.Context(), m); followup.Classify(err) != followup.Refused || c.requests != 0 {
			t.Errorf("%s: %v, %d requests", name, err, c.requests)
		}
	}
}

func TestSpeaks(t *testing.T) {
	ch := newCentre(t).channel()
	for _, c := range []struct {
		language, spoken, recording string
		ok                          bool
	}{
		{"de", "x", "", true},
		{"de-CH", "x", "", true},
		{"de_LU", "x", "", true},
		{"ar-EG", "x", "", true},
		{"is", "x", "", true},
		{"fa", "x", "", false},
		{"fa-IR", "x", "", false},
		{"fa", "x", "s3://shop/fa.wav", true},
		{"fa", "", "s3://shop/fa.wav", true},
		{"de", "", "", false},
		{"", "x", "", false},
		{"el", "x", "", false},
	} {
		if why := ch.Speaks(followup.Message{Language: c.language, Spoken: c.spoken, Recording: c.recording}); (why == "") != c.ok {
			t.Errorf("%s, %q, %q: %q", c.language, c.spoken, c.recording, why)
		}
	}
}

func TestARecordingIsPlayed(t *testing.T) {
	c := newCentre(t)
	m := message()
	m.Language, m.Recording = "fa", "s3://shop/fa.wav"
	if _, err := c.channel().Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	a := c.rung()[0].Attributes
	if a["say"] != "recording" || a["sound"] != "s3://shop/fa.wav" || a["text"] != "" || a["voice"] != "" {
		t.Errorf("attributes %v", a)
	}
}
