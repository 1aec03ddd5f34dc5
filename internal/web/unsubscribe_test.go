package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
)

// consents writes what is recorded, such as "feedback:no".
func (w *town) consents(id followup.JourneyID) string {
	var out []string
	for _, k := range w.contact(id).Consents {
		word := ":no"
		if k.Given {
			word = ":yes"
		}
		out = append(out, string(k.Purpose)+word)
	}
	return strings.Join(out, " ")
}

// oneClick posts as a mail program does: from nowhere, without a cookie.
func (w *town) oneClick(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("List-Unsubscribe=One-Click"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://mail.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return w.do(w.public, r)
}

func TestOneClickTwice(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.stopPath(id, followup.Feedback)
	var after string
	for n := range 2 {
		rec := w.oneClick(path)
		if rec.Code != http.StatusOK || rec.Header().Get("Location") != "" || rec.Header().Get("Set-Cookie") != "" {
			t.Fatalf("post %d: %d %v", n, rec.Code, rec.Header())
		}
		must(t, rec.Body.String(), "You are unsubscribed", "questions about how your goods are doing", "Keep writing to me")
		if got := w.consents(id); got != "feedback:no" {
			t.Fatalf("post %d: consents %q", n, got)
		}
		if n == 0 {
			after = w.dump()
		}
		w.now = w.now.Add(time.Minute)
	}
	if w.dump() != after {
		t.Error("the second post changed something")
	}
	w.pass(3 * 24 * time.Hour)
	mail, _, _ := w.mail.Mail(t.Context(), 10, "")
	if len(mail) != 1 || mail[0].Class != followup.Service {
		t.Errorf("%d mails went out; want the service one only", len(mail))
	}
}

func TestOneClickMultipart(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("List-Unsubscribe", "One-Click")
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, w.stopPath(id, followup.Marketing), &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if rec := w.do(w.public, r); rec.Code != 200 || w.consents(id) != "marketing:no" {
		t.Errorf("%d, consents %q", rec.Code, w.consents(id))
	}
}

func TestUnsubscribePage(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.stopPath(id, followup.Feedback)
	before := w.dump()
	page := w.get(w.public, path).Body.String()
	must(t, page, "You will get no more e-mail with:", "<li>questions about how your goods are doing", "Service messages about your orders", ">Unsubscribe</button>")
	mustNot(t, page, "anna1001", "Anna", "unsubscribed")
	if strings.Count(page, "<button") != 1 {
		t.Error("want one button")
	}
	if w.dump() != before {
		t.Error("reading the page changed something")
	}
	// Another site's form is no one-click.
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("stop=yes"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if rec := w.do(w.public, r); rec.Code != 403 || w.dump() != before {
		t.Errorf("another site's form: %d", rec.Code)
	}
	must(t, w.send(w.public, path, url.Values{"stop": {"yes"}}).Body.String(), "You are unsubscribed")
	must(t, w.get(w.public, path).Body.String(), "You are unsubscribed", "Keep writing to me")

	// The clock stands still meanwhile: the last word must win all the same.
	must(t, w.send(w.public, path, url.Values{"undo": {"yes"}}).Body.String(), "We keep writing to you")
	if got := w.consents(id); got != "feedback:yes" {
		t.Errorf("after undo: %q", got)
	}
	must(t, w.oneClick(path).Body.String(), "You are unsubscribed")
	if got := w.consents(id); got != "feedback:no" {
		t.Errorf("after another stop: %q", got)
	}
	w.send(w.public, path, url.Values{"undo": {"yes"}})
	if got := w.consents(id); got != "feedback:yes" {
		t.Errorf("after another undo: %q", got)
	}
}

// TestUndoGivesNothingMore holds that taking back a stop restores what was, and
// no consent that was never given.
func TestUndoGivesNothingMore(t *testing.T) {
	w := newTown(t)
	w.shop.Consent = map[followup.Class]map[followup.Medium]bool{followup.Marketing: {followup.Email: true}}
	id := w.sell("1001", 1)
	w.oneClick(w.stopPath(id, followup.Feedback)) // an older no
	w.now = w.now.Add(time.Hour)
	service := w.stopPath(id, followup.Service)
	must(t, w.oneClick(service).Body.String(), "questions about how your goods are doing", "offers", "recalled")
	if got := w.consents(id); got != "feedback:no marketing:no service:no" {
		t.Fatalf("stopped: %q", got)
	}
	w.send(w.public, service, url.Values{"undo": {"yes"}})
	if got := w.consents(id); got != "feedback:no marketing:no service:yes" {
		t.Errorf("undone: %q, want only what that stop had stopped and needs no consent of its own", got)
	}
}

func TestUnsubscribeLinks(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.stopPath(id, followup.Feedback)
	for _, p := range []string{"/u/abc", path[:len(path)-3], strings.Replace(w.answerPath(id), "/a/", "/u/", 1)} {
		if rec := w.oneClick(p); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", p, rec.Code)
		}
	}
	w.now = w.now.Add(50 * time.Hour)
	rec := w.get(w.public, path)
	if rec.Code != http.StatusGone {
		t.Errorf("expired: %d", rec.Code)
	}
	must(t, rec.Body.String(), "out of date", "hilfe@nordlicht.example")
	if w.consents(id) != "" {
		t.Error("something was recorded")
	}
}

// TestLinksOfMails holds that the links in real mails open, and for how long.
func TestLinksOfMails(t *testing.T) {
	w := newTown(t)
	w.sell("1001", 1)
	w.pass(3 * 24 * time.Hour)
	mail, _, err := w.mail.Mail(t.Context(), 10, "")
	if err != nil || len(mail) != 2 {
		t.Fatalf("%d mails, %v; want two", len(mail), err)
	}
	for _, m := range mail {
		stop, ok := strings.CutPrefix(m.Unsubscribe, "https://shop.example")
		if !ok || w.get(w.public, stop).Code != 200 {
			t.Fatalf("%s: the unsubscribe link %q does not open", m.FollowUp, m.Unsubscribe)
		}
		if m.Class == followup.Feedback {
			i := strings.Index(m.Text, "https://shop.example/a/")
			path := strings.Fields(m.Text[i:])[0][len("https://shop.example"):]
			must(t, w.get(w.public, path).Body.String(), "How is it working?")
			sent := w.now
			w.now = sent.Add(399 * 24 * time.Hour)
			if code := w.get(w.public, path).Code; code != 200 {
				t.Errorf("answer link after 399 days: %d", code)
			}
			w.now = sent.Add(401 * 24 * time.Hour)
			if code := w.get(w.public, path).Code; code != 410 {
				t.Errorf("answer link after 401 days: %d", code)
			}
			w.now = sent.Add(3 * 365 * 24 * time.Hour)
			if code := w.get(w.public, stop).Code; code != 200 {
				t.Errorf("unsubscribe link after three years: %d", code)
			}
			w.now = sent
		}
	}
}
