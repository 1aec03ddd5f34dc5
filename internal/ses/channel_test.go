package ses_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
	"aftersales/internal/ses"
)

func message() followup.Message {
	return followup.Message{
		FollowUp: "main/1001/check-in/-/1", Attempt: "ATTEMPT1", Shop: "main", Class: followup.Feedback, Language: "en",
		From: followup.Address{Name: "Küchen & Co", Mail: "service@shop.example"}, ReplyTo: followup.Address{Mail: "help@shop.example"},
		To:      followup.Address{Name: "Zoë Bergström", Mail: "zoe.bergstroem@customer.example"},
		Subject: "How is your machine working?", Text: "Dear Zoë", HTML: "<p>Dear Zoë</p>", MessageID: "1001.check-in@shop.example",
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Shop": "main"},
	}
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{
		New:     newBench,
		CanFind: false, // SES reports by events, it cannot be asked
		CanTell: false, // nor has it an idempotency token
		Writes:  true,
	})
}

func newBench(t *testing.T) channeltest.Bench {
	e := newEndpoint(t)
	return channeltest.Bench{
		Channel: e.channel(), Message: message(), Accepted: e.headers,
		Calls: func() int {
			calls, _ := e.count()
			return calls
		},
		Fail: func(f followup.Failure, m followup.Message) followup.Message {
			echo := m.To.Mail + " (" + m.To.Name + "): " + m.Subject // SES likes to repeat
			switch f {
			case followup.NotAccepted:
				e.once(refusal(429, "TooManyRequestsException", "Maximum sending rate exceeded. "+echo))
			case followup.Refused:
				e.once(refusal(400, "BadRequestException", "Illegal address "+echo))
			case followup.Account:
				e.once(refusal(400, "MessageRejected", "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "+echo))
			default:
				e.once(e.takenThenReset)
			}
			return m
		},
	}
}

func TestTheMailAsSESGetsIt(t *testing.T) {
	e := newEndpoint(t)
	m := message()
	m.Headers = map[string]string{
		"List-Unsubscribe": "<https://shop.example/u/token>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "auto-generated",
	}
	r, err := e.channel().Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := e.got()
	simple := got.Content.Simple
	for name, pair := range map[string][2]string{
		"provider":      {r.Provider, "0100-1"},
		"set":           {got.Set, "ours"},
		"from":          {got.From, "=?utf-8?b?S8O8Y2hlbiAmIENv?= <service@shop.example>"},
		"to":            {got.Destination.ToAddresses[0], "=?utf-8?q?Zo=C3=AB_Bergstr=C3=B6m?= <zoe.bergstroem@customer.example>"},
		"reply-to":      {got.ReplyTos[0], "help@shop.example"},
		"subject":       {simple.Subject.Data, "How is your machine working?"},
		"text":          {simple.Body.Text.Data + simple.Body.Text.Charset, "Dear ZoëUTF-8"},
		"html":          {simple.Body.Html.Data + simple.Body.Html.Charset, "<p>Dear Zoë</p>UTF-8"},
		"headers":       {fmt.Sprint(simple.Headers), "[{Auto-Submitted auto-generated} {List-Unsubscribe <https://shop.example/u/token>} {List-Unsubscribe-Post List-Unsubscribe=One-Click}]"},
		"tag journey":   {got.tags()["j"], "bWFpbi8xMDAx"},
		"tag follow-up": {got.tags()["f"], "Y2hlY2staW4vLS8x"},
		"tag attempt":   {got.tags()["at"], "ATTEMPT1"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
}

func TestSubjectsOfEveryScript(t *testing.T) {
	for _, subject := range []string{
		"دستگاه شما چطور کار می\u200cکند؟", "كيف تعمل آلتك؟", "Hvernig gengur með þvottavélina þína, Þórdís?", "ご購入ありがとうございます", "Grüße",
		"Geht es gut? 🙂", strings.Repeat("یخچال ", 100), strings.Repeat("plain ", 400),
	} {
		e := newEndpoint(t)
		m := message()
		m.Subject, m.From.Name = subject, subject
		if _, err := e.channel().Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		want := strings.Join(strings.Fields(subject), " ")
		got := e.headers()[0].Headers
		if s := got["Subject"][0]; s != want && (len(want) < 300 || !strings.HasPrefix(want, s) || len(s) < 300) {
			t.Errorf("subject %q arrives as %q", want, s)
		}
		if from := strings.TrimSuffix(got["From"][0], " <service@shop.example>"); !strings.HasPrefix(want, from) || len(from) < 20 && from != want {
			t.Errorf("sender %q arrives as %q", want, from)
		}
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	for mail, want := range map[string]string{
		"anna@müller.de":                    "anna@xn--mller-kva.de",
		"anna@bücher.müller.de":             "anna@xn--bcher-kva.xn--mller-kva.de",
		"anna@MÜLLER.de":                    "anna@xn--mller-kva.de",
		"anna@مثال.ایران":                   "anna@xn--mgbh0fb.xn--mgba3a4f16a",
		"anna@例え.テスト":                       "anna@xn--r8jz45g.xn--zckzah",
		"anna@þórshöfn.is":                  "anna@xn--rshfn-ztay3d.is",
		"anna@ليهمابتكلموشعربي.example":     "anna@xn--mgbcah9ar9a4efegftvvn.example",
		"анна@shop.example":                 "",
		"plain@customer.example":            "plain@customer.example",
		"anna@" + "ä" + ".customer.example": "anna@xn--4ca.customer.example",
	} {
		e := newEndpoint(t)
		m := message()
		m.To = followup.Address{Mail: mail}
		_, err := e.channel().Send(t.Context(), m)
		if want == "" {
			if followup.Classify(err) != followup.Refused {
				t.Errorf("%s: %v, want it refused", mail, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", mail, err)
			continue
		}
		if got := e.got().Destination.ToAddresses[0]; got != want {
			t.Errorf("%s is written as %s, want %s", mail, got, want)
		}
	}
}

func TestWhatSESWouldNeverTake(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		spoil func(*followup.Message)
		want  followup.Failure
	}{
		"a way out that is cut off": {func(m *followup.Message) {
			m.Headers = map[string]string{"List-Unsubscribe": "<https://shop.example/" + long + ">"}
		}, followup.Refused},
		"sixteen headers": {func(m *followup.Message) {
			for n := range 16 {
				m.Headers[fmt.Sprint("X-", n)] = "x"
			}
		}, followup.Refused},
		"an attempt that is no tag":    {func(m *followup.Message) { m.Attempt = "a b" }, followup.Refused},
		"no attempt":                   {func(m *followup.Message) { m.Attempt = "" }, followup.Refused},
		"no id":                        {func(m *followup.Message) { m.FollowUp = "x" }, followup.Refused},
		"an endless id":                {func(m *followup.Message) { m.FollowUp = followup.FollowUpID("main/" + long + "/s/-/1") }, followup.Refused},
		"a sender beyond ASCII":        {func(m *followup.Message) { m.From.Mail = "küche@shop.example" }, followup.Account},
		"a reply-to address beyond it": {func(m *followup.Message) { m.ReplyTo.Mail = "küche@shop.example" }, followup.Account},
	} {
		e := newEndpoint(t)
		m := message()
		c.spoil(&m)
		_, err := e.channel().Send(t.Context(), m)
		if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != c.want || se.Phase != "check" {
			t.Errorf("%s: %v, want %s at check", name, err, c.want)
		}
		if calls, _ := e.count(); calls != 0 {
			t.Errorf("%s: %d calls", name, calls)
		}
	}
}

func TestAnswersThatSayNo(t *testing.T) {
	for _, c := range []struct {
		status     int
		code, text string
		want       followup.Failure
	}{
		{400, "AccountSuspendedException", "", followup.Account},
		{400, "SendingPausedException", "", followup.Account},
		{400, "MailFromDomainNotVerifiedException", "", followup.Account},
		{400, "LimitExceededException", "Daily message quota exceeded.", followup.Account},
		{429, "TooManyRequestsException", "Daily message quota exceeded.", followup.Account},
		{429, "TooManyRequestsException", "Maximum sending rate exceeded.", followup.NotAccepted},
		{400, "ThrottlingException", "Rate exceeded", followup.NotAccepted},
		{429, "", "", followup.NotAccepted},
		{404, "NotFoundException", "Configuration set <ours> does not exist.", followup.Account},
		{403, "AccessDeniedException", "User is not authorized to perform ses:SendEmail", followup.Account},
		{403, "", "", followup.Account},
		{403, "ExpiredTokenException", "", followup.Account},
		{400, "ExpiredTokenException", "", followup.Account},
		{403, "InvalidSignatureException", "Signature expired", followup.Account},
		{400, "MessageRejected", "Email address is not verified. The following identities failed", followup.Account},
		{400, "MessageRejected", "Sending paused for this account.", followup.Account},
		{400, "MessageRejected", "Address blacklisted.", followup.Refused},
		{400, "BadRequestException", "Missing final '@domain'", followup.Refused},
		{400, "BadRequestException:http://internal.amazon.com/coral/com.amazonaws.ses/", "Illegal address", followup.Refused},
		{400, "ValidationException", "", followup.Refused},
		{400, "SomethingNewException", "", followup.NotAccepted},
		{404, "", "", followup.NotAccepted},
		{301, "", "", followup.NotAccepted},
		{408, "", "", followup.UnclearResult},
		{500, "InternalFailure", "", followup.UnclearResult},
		{502, "", "", followup.UnclearResult},
		{503, "ServiceUnavailable", "Email address is not verified", followup.UnclearResult},
		{504, "ThrottlingException", "", followup.UnclearResult},
	} {
		e := newEndpoint(t)
		e.once(refusal(c.status, c.code, c.text))
		_, err := e.channel().Send(t.Context(), message())
		se, ok := errors.AsType[*followup.SendError](err)
		if !ok || se.Failure != c.want || se.Phase != "reply" {
			t.Errorf("%d %s %q: %v, want %s", c.status, c.code, c.text, err, c.want)
		}
		if c.text != "" && strings.Contains(err.Error(), c.text) {
			t.Errorf("what SES wrote stands in %v", err)
		}
		if calls, _ := e.count(); calls != 1 {
			t.Errorf("%d %s: one send made %d calls", c.status, c.code, calls)
		}
	}
}

// TestTheConversationBreaks breaks one HTTP request at every phase.
func TestTheConversationBreaks(t *testing.T) {
	for name, c := range map[string]struct {
		fail     func(e *endpoint) func(http.ResponseWriter, *http.Request)
		want     followup.Failure
		phase    string
		accepted int
	}{
		"accepted, and the answer is lost": {func(e *endpoint) func(http.ResponseWriter, *http.Request) { return e.takenThenReset }, followup.UnclearResult, "reply", 1},
		"accepted, and half an answer": {func(e *endpoint) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				e.take(r)
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, `{"Mess`)
			}
		}, followup.UnclearResult, "reply", 1},
		"accepted, and an answer of garbage": {func(e *endpoint) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) { e.take(r); _, _ = io.WriteString(w, "<html>OK</html>") }
		}, followup.UnclearResult, "reply", 1},
		"accepted, without an id": {func(e *endpoint) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) { e.take(r); _, _ = io.WriteString(w, "{}") }
		}, followup.UnclearResult, "reply", 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.once(c.fail(e))
			_, err := e.channel().Send(t.Context(), message())
			if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != c.want || se.Phase != c.phase {
				t.Errorf("%v, want %s at %s", err, c.want, c.phase)
			}
			calls, accepted := e.count()
			if calls != 1 || accepted != c.accepted {
				t.Errorf("%d calls, %d accepted; want 1 and %d", calls, accepted, c.accepted)
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	e := newEndpoint(t)
	e.once(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, e.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	_, err := e.channel().Send(t.Context(), message())
	if calls, accepted := e.count(); followup.Classify(err) != followup.NotAccepted || calls != 1 || accepted != 0 {
		t.Errorf("%v, %d calls, %d accepted", err, calls, accepted)
	}
}

// A reset at once may be seen while the request is written, or after: both are
// true, and neither may be taken for the other.
func TestResetBeforeTheBodyIsRead(t *testing.T) {
	e := newEndpoint(t)
	for range 20 {
		e.once(func(w http.ResponseWriter, _ *http.Request) { reset(w) })
		_, err := e.channel().Send(t.Context(), message())
		se, ok := errors.AsType[*followup.SendError](err)
		if !ok || (se.Phase != "request" || se.Failure != followup.NotAccepted) && (se.Phase != "reply" || se.Failure != followup.UnclearResult) {
			t.Errorf("%v", err)
		}
	}
	if calls, _ := e.count(); calls != 20 {
		t.Errorf("%d calls for 20 sends", calls)
	}
}

func TestNothingWasSentForCertain(t *testing.T) {
	secret := newEndpoint(t)
	unsigned := newEndpoint(t)
	for name, c := range map[string]struct {
		channel *ses.Channel
		want    followup.Failure
		phase   string
	}{
		"connection refused": {at(secret, "http://"+nobodyListens(t)), followup.NotAccepted, "dial"},
		"not TLS":            {at(secret, strings.Replace(secret.URL, "http:", "https:", 1)), followup.NotAccepted, "dial"},
		"no such host":       {at(secret, "http://"+strings.Repeat("x", 64)+".invalid"), followup.NotAccepted, "dial"},
		"no credentials": {func() *ses.Channel {
			shared := unsigned.config()
			shared.Credentials = nobody{}
			return ses.New(shared, ses.Config{})
		}(), followup.Account, "sign"},
	} {
		_, err := c.channel.Send(t.Context(), message())
		if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != c.want || se.Phase != c.phase {
			t.Errorf("%s: %v, want %s at %s", name, err, c.want, c.phase)
		}
	}
	for _, e := range []*endpoint{secret, unsigned} {
		if calls, _ := e.count(); calls != 0 {
			t.Errorf("%d calls", calls)
		}
	}
}

// nobodyListens returns an address that refuses connections, and is nobody else's
// for as long as the test runs: the near end of a connection.
func nobodyListens(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), l.Close() })
	return conn.LocalAddr().String()
}

// at returns a channel to another address.
func at(e *endpoint, url string) *ses.Channel {
	shared := e.config()
	shared.BaseEndpoint = &url
	ch := ses.New(shared, ses.Config{Timeout: time.Minute})
	ch.DialBy((&net.Dialer{}).DialContext)
	return ch
}

// half reads a request to its middle and closes the connection.
func half(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, conn, 4096)
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestHalfARequestIsNoRequest(t *testing.T) {
	m := message()
	m.HTML = string(bytes.Repeat([]byte("x"), 12<<20)) // more than any buffer between
	shared, url := newEndpoint(t).config(), half(t)
	shared.BaseEndpoint = &url
	_, err := ses.New(shared, ses.Config{Timeout: time.Minute}).Send(t.Context(), m)
	if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != followup.NotAccepted || se.Phase != "request" {
		t.Errorf("%v, want it not accepted at request", err)
	}
}

// unhurried answers a request when all of it is written, as whoever is far away
// does. The SDK closes the body of a request as soon as the answer is there, and
// net/http gives up a connection whose request it still looked at.
type unhurried struct {
	http.Handler
	written chan struct{}
}

func (u unhurried) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the mail does not arrive, which its test sees
	}
	<-u.written
	r.Body = io.NopCloser(bytes.NewReader(body))
	u.Handler.ServeHTTP(w, r)
}

// sent makes one send; reused: over a connection that was open; kept: which
// the next may use again.
func (u unhurried) sent(t *testing.T, ch *ses.Channel) (reused, kept bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { reused = i.Reused },
		WroteRequest: func(httptrace.WroteRequestInfo) { u.written <- struct{}{} },
		PutIdleConn:  func(err error) { kept = err == nil },
	})
	if _, err := ch.Send(ctx, message()); err != nil {
		t.Fatal(err)
	}
	return reused, kept
}

func TestAFrozenSandboxOpensNewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{t: t}
		u := unhurried{e.routes(), make(chan struct{}, 1)}
		ch := within(t, u, anywhere(), ses.Config{})
		if reused, kept := u.sent(t, ch); reused || !kept {
			t.Errorf("the first send: over a connection that was open: %t; kept: %t", reused, kept)
		}
		if reused, kept := u.sent(t, ch); !reused || !kept {
			t.Errorf("the second send: over a connection that was open: %t; kept: %t", reused, kept)
		}
		ch.CloseIdle()
		if reused, _ := u.sent(t, ch); reused {
			t.Error("a connection from before the freeze is used after it")
		}
	})
}

// An answer that hangs is waited for as long as one call may take: the mail may
// have gone.
func TestTheTimeOutIsOfOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{t: t}
		e.once(func(_ http.ResponseWriter, r *http.Request) { e.take(r); <-r.Context().Done() })
		ch := within(t, e.routes(), anywhere(), ses.Config{Timeout: 7 * time.Second})
		begun := time.Now()
		_, err := ch.Send(t.Context(), message())
		if took := time.Since(begun); took != 7*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %s", err, took)
		}
		if se, ok := errors.AsType[*followup.SendError](err); !ok || se.Failure != followup.UnclearResult || se.Phase != "reply" {
			t.Errorf("%v, want it unclear at reply", err)
		}
		if calls, accepted := e.count(); calls != 1 || accepted != 1 {
			t.Errorf("%d calls, %d accepted; want one of each", calls, accepted)
		}
	})
}

func TestAQuotaThatIsNotToldIsNoEndlessWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mute := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ch := within(t, mute, anywhere(), ses.Config{Timeout: 7 * time.Second})
		begun := time.Now()
		_, err := ch.Quota(t.Context())
		if took := time.Since(begun); took != 7*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %s", err, took)
		}
	})
}

func TestQuota(t *testing.T) {
	for account, want := range map[string]ses.Quota{
		`{"SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":123},"SendingEnabled":true,"ProductionAccessEnabled":true}`:       {PerSecond: 14, Left: 49877},
		`{"SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":250},"SendingEnabled":true}`:                                         {PerSecond: 1, Left: 0, Sandbox: true},
		`{"SendQuota":{"Max24HourSend":-1,"MaxSendRate":500,"SentLast24Hours":1e6},"SendingEnabled":true,"ProductionAccessEnabled":true}`:         {PerSecond: 500, Left: -1},
		`{"SendQuota":{"Max24HourSend":200,"MaxSendRate":1},"SendingEnabled":true,"EnforcementStatus":"SHUTDOWN","ProductionAccessEnabled":true}`: {PerSecond: 1, Left: 200, Paused: true},
		`{"SendingEnabled":false,"ProductionAccessEnabled":true}`:                                                                                 {Left: -1, Paused: true},
	} {
		e := newEndpoint(t)
		e.account = account
		if got, err := e.channel().Quota(t.Context()); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", account, got, err, want)
		}
	}
}

// nobody has no credentials.
type nobody struct{}

func (nobody) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("no credentials for zoe.bergstroem")
}
