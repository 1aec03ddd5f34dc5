package mailbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/mailbox/mailboxtest"
)

func get(t *testing.T, s mailbox.Storage, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mailbox.Handler(s, slog.New(slog.DiscardHandler), berlin).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
	return w
}

func filled(t *testing.T, count int) mailbox.Storage {
	t.Helper()
	s := &mailbox.Memory{}
	for n := range count {
		if _, err := s.PutMail(t.Context(), mailboxtest.Message(n), start); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

type page struct {
	Messages []map[string]any `json:"messages"`
	Next     *string          `json:"next"`
}

func messages(t *testing.T, s mailbox.Storage, query string) page {
	t.Helper()
	w := get(t, s, "/mailbox/messages"+query)
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	return p
}

func TestMessagesJSON(t *testing.T) {
	const want = `{"messages":[{"id":"1","follow_up":"main/1000/check-in/-/1","to":"zoe@customer.example",` +
		`"subject":"How is your washing machine?","sent_at":"2026-03-05T10:00:00Z","headers":{"Auto-Submitted":"auto-generated",` +
		`"Date":"Thu, 05 Mar 2026 10:00:00 +0000","From":"Shop \u003cshop@shop.example\u003e",` +
		`"List-Unsubscribe":"\u003chttps://shop.example/u/token\u003e","List-Unsubscribe-Post":"List-Unsubscribe=One-Click",` +
		`"Message-ID":"\u003c1000.check-in@shop.example\u003e","Reply-To":"Help \u003chelp@shop.example\u003e",` +
		`"Subject":"How is your washing machine?","To":"Zoë Ångström \u003czoe@customer.example\u003e"},` +
		`"text":"Hello Zoë\n","html":"\u003cp\u003eHello Zoë\u003c/p\u003e"}],"next":null}` + "\n"
	if got := get(t, filled(t, 1), "/mailbox/messages").Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := get(t, filled(t, 0), "/mailbox/messages").Body.String(); got != `{"messages":[],"next":null}`+"\n" {
		t.Errorf("empty: %s", got)
	}
}

func TestMessagesPages(t *testing.T) {
	s := filled(t, 1001)
	for query, want := range map[string]struct {
		count int
		first string
		next  string
	}{
		"":                        {100, "1001", "902"},
		"?limit=":                 {100, "1001", "902"},
		"?limit=1":                {1, "1001", "1001"},
		"?limit=1000":             {1000, "1001", "2"},
		"?limit=1000&before=2":    {1, "1", ""},
		"?limit=3&before=10":      {3, "9", "7"},
		"?limit=1000&before=9999": {0, "", ""}, // kept for 35 days only
	} {
		p := messages(t, s, query)
		first, next := "", ""
		if len(p.Messages) > 0 {
			first = fmt.Sprint(p.Messages[0]["id"])
		}
		if p.Next != nil {
			next = *p.Next
		}
		if len(p.Messages) != want.count || first != want.first || next != want.next {
			t.Errorf("%q: %d from %s, next %q; want %+v", query, len(p.Messages), first, next, want)
		}
	}
}

func TestMessagesRefuseBadQueries(t *testing.T) {
	const limits = "limit is no number from 1 to 1000"
	for query, detail := range map[string]string{
		"?limit=0": limits, "?limit=-1": limits, "?limit=1001": limits, "?limit=ten": limits, "?limit=1e2": limits,
		"?limit=99999999999999999999": limits, "?limit=1.5": limits, "?limit=%20": limits,
		"?before=zzz": "before is no id of a message", "?before=-1": "before is no id of a message", "?limit=5&before=1%00": "before is no id of a message",
		"?limit=1;before=%zz": "the query cannot be read",
	} {
		w := get(t, filled(t, 1), "/mailbox/messages"+query)
		var p struct {
			Type, Title, Detail, Mend string
			Status                    int
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %v", query, err)
		}
		if w.Code != http.StatusBadRequest || p.Status != http.StatusBadRequest || p.Title != "Bad Request" || p.Detail != detail ||
			p.Type != "urn:problem:aftersales:query" || p.Mend == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", query, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	if w := get(t, filled(t, 1), "/mailbox?before=zzz"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no such page") {
		t.Errorf("the page for people: %d %s", w.Code, w.Body)
	}
}

// berlin is the zone of every shop, an hour ahead of UTC.
func berlin(followup.ShopID) *time.Location { return time.FixedZone("Europe/Berlin", 3600) }

func TestPagesShowTheShopsTime(t *testing.T) {
	s := filled(t, 1)
	mail, _, err := s.Mail(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	at := mail[0].At.Add(time.Hour)
	if page := get(t, s, "/mailbox").Body.String(); !strings.Contains(page, ">"+at.Format("Mon 2 Jan 2006, 15:04")+"</time>") || !strings.Contains(page, mail[0].At.UTC().Format(`datetime="2006-01-02T15:04:05Z"`)) {
		t.Errorf("the list: %s", page)
	}
	if page := get(t, s, "/mailbox/1").Body.String(); !strings.Contains(page, at.Format("Monday 2 January 2006, 15:04")+" Europe/Berlin</time>") {
		t.Errorf("the mail: %s", page)
	}
}

func TestAddressesThatLeadNowhere(t *testing.T) {
	if w := get(t, filled(t, 1), "/mailbox/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `href="/mailbox/1"`) {
		t.Errorf("with a slash at its end: %d %s", w.Code, w.Body)
	}
	if w := get(t, filled(t, 1), "/mailbox/1/html/x"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is nothing at this address.") {
		t.Errorf("below a mail: %d %s", w.Code, w.Body)
	}
}

func TestListShowsTheNewestFirst(t *testing.T) {
	body := get(t, filled(t, 101), "/mailbox").Body.String()
	newest, second := strings.Index(body, `href="/mailbox/101"`), strings.Index(body, `href="/mailbox/100"`)
	if newest < 0 || second < newest {
		t.Errorf("101 at %d, 100 at %d", newest, second)
	}
	if !strings.Contains(body, `href="/mailbox?before=2"`) || strings.Contains(body, `href="/mailbox/1"`) {
		t.Error("the page does not end at the hundredth, with a link to older ones")
	}
	older := get(t, filled(t, 101), "/mailbox?before=2").Body.String()
	if !strings.Contains(older, `href="/mailbox/1"`) || strings.Contains(older, "Older messages") {
		t.Error("the last page is wrong")
	}
	if empty := get(t, filled(t, 0), "/mailbox").Body.String(); !strings.Contains(empty, "No messages here") {
		t.Error("an empty mailbox does not say so")
	}
}

func TestMailPageShowsBothFormsAndHeaders(t *testing.T) {
	w := get(t, filled(t, 1), "/mailbox/1")
	for _, want := range []string{
		`<iframe src="/mailbox/1/html" title="The message as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"`,
		"Hello Zoë\n</pre>", "List-Unsubscribe-Post", "main/1000/check-in/-/1", "Zoë Ångström", "color-scheme",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(w.Body.String(), "<p>Hello Zoë</p>") {
		t.Error("the HTML of the message is on our own page")
	}
}

func TestHTMLIsSandboxedAndItsLinksOpen(t *testing.T) {
	w := get(t, filled(t, 1), "/mailbox/1/html")
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"sandbox allow-popups allow-popups-to-escape-sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "script") || strings.Contains(policy, "allow-same-origin") {
		t.Errorf("policy %q lets scripts in", policy)
	}
	if got := w.Body.String(); got != `<base target="_blank"><p>Hello Zoë</p>` {
		t.Errorf("body %s", got)
	}
}

func TestBaseComesAfterTheDoctype(t *testing.T) {
	for in, want := range map[string]string{
		"<!doctype html><html><head><title>x</title>": `<!doctype html><html><head><base target="_blank"><title>x</title>`,
		"<!DOCTYPE html>\n<HTML lang=\"en\"><body>x":  "<!DOCTYPE html>\n<HTML lang=\"en\">" + `<base target="_blank"><body>x`,
		"<!doctype html><p>x":                         `<!doctype html><base target="_blank"><p>x`,
		"<html":                                       `<base target="_blank"><html`,
		"":                                            `<base target="_blank">`,
		"<p>\u0130</p><html>":                         `<base target="_blank">` + "<p>\u0130</p><html>", // lower case is longer: positions would not agree
		`<!doctype html><html><head><meta charset="utf-8">text`: `<!doctype html><html><head><base target="_blank"><meta charset="utf-8">text`,
	} {
		s := &mailbox.Memory{}
		m := mailboxtest.Message(1)
		m.HTML = in
		if _, err := s.PutMail(t.Context(), m, start); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, "/mailbox/1/html").Body.String(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPagesEscapeWhatCustomersWrote(t *testing.T) {
	s := &mailbox.Memory{}
	m := mailboxtest.Message(1)
	const evil = `"><script>alert(1)</script>`
	m.Subject, m.To.Name, m.Text, m.Preview, m.Headers["X-Evil"] = evil, evil, evil, evil, evil
	if _, err := s.PutMail(t.Context(), m, start); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/mailbox", "/mailbox/1"} {
		w := get(t, s, target)
		if strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s: a script got through", target)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
}

func TestUnknownPages(t *testing.T) {
	for target, want := range map[string]int{
		"/mailbox/2": http.StatusNotFound, "/mailbox/x/html": http.StatusNotFound, "/mailbox/1/text": http.StatusNotFound,
		"/mailbox": http.StatusOK, "/mailbox/1": http.StatusOK, "/mailbox/1/html": http.StatusOK,
	} {
		if got := get(t, filled(t, 1), target).Code; got != want {
			t.Errorf("%s: %d, want %d", target, got, want)
		}
	}
	w := httptest.NewRecorder()
	mailbox.Handler(filled(t, 1), slog.New(slog.DiscardHandler), berlin).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mailbox", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

type brokenStorage struct{ mailbox.Memory }

var errBroken = errors.New("disk I/O error at /var/lib/secret")

func (*brokenStorage) Mail(context.Context, int, string) ([]followup.Stored, string, error) {
	return nil, "", errBroken
}

func (*brokenStorage) OneMail(context.Context, string) (followup.Stored, bool, error) {
	return followup.Stored{}, false, errBroken
}

func TestBrokenStorageSaysTryAgain(t *testing.T) {
	for _, target := range []string{"/mailbox", "/mailbox/1", "/mailbox/1/html", "/mailbox/messages"} {
		w := get(t, &brokenStorage{}, target)
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}
