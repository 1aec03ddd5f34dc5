package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// follow posts a form and opens the page it leads to, as a browser does.
func (w *town) follow(path string, form url.Values) string {
	w.t.Helper()
	rec := w.send(w.public, path, form)
	if rec.Code != http.StatusSeeOther {
		w.t.Fatalf("post %v: %d %s", form, rec.Code, body(rec.Body.String()))
	}
	base, err := url.Parse(path)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := base.Parse(rec.Header().Get("Location"))
	if err != nil || to.Path != strings.SplitN(path, "?", 2)[0] {
		w.t.Fatalf("leads to %v, %v; want the page itself", to, err)
	}
	page := w.get(w.public, to.Path)
	if page.Code != http.StatusOK {
		w.t.Fatalf("page after the answer: %d", page.Code)
	}
	return page.Body.String()
}

func TestAnswerPage(t *testing.T) {
	w := newTown(t)
	path := w.answerPath(w.sell("1001", 1))
	writes, before := w.store.count(), w.dump()
	for _, p := range []string{path, path + "?answer=works", path + "?answer=problem&rating=5&unit=l1/1"} {
		page := w.get(w.public, p).Body.String()
		must(t, page, `lang="en"`, `dir="ltr"`, "washing machine", "#1001", "Nordlicht Haushalt", `href="tel:+4930901820"`,
			"mailto:hilfe@nordlicht.example", "Mon–Fri 9:00–17:00 (Berlin time)", `name="answer" value="works"`, `name="call_me"`, "It works well")
		mustNot(t, page, " checked", "<script", "onload", "autosubmit", `name="unit"`, "Anna")
		if len(page) >= 15_000 {
			t.Errorf("the page has %d bytes, want less than 15,000", len(page))
		}
		if strings.Contains(p, "works") != strings.Contains(page, `class="choice lead"><input type="radio" name="answer" value="works"`) {
			t.Errorf("%s: the tapped answer is not the one in sight", p)
		}
		rec := httptest.NewRecorder()
		w.public.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, p, nil))
		if rec.Code != 200 || rec.Body.Len() != 0 {
			t.Errorf("HEAD: %d with %d bytes", rec.Code, rec.Body.Len())
		}
	}
	if w.store.count() != writes || w.dump() != before {
		t.Error("reading the page changed something")
	}
}

func TestAnswerProblem(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.answerPath(id)
	page := w.follow(path+"?answer=problem", url.Values{"answer": {"problem"}, "text": {"It leaks.\r\nEverywhere\x00\u202e"}, "rating": {"2"}})
	// Four business hours from Monday 9:15 in Berlin.
	must(t, page, "You told us on Monday 2 March, 9:15 (Berlin time)", "There is a problem", "Your case number is", "1001-1",
		"A person will reply by <strong>Monday 2 March, 13:15 (Berlin time)</strong>", "2 of 5", "We have your note", "Has something changed?")
	mustNot(t, page, " checked", "leaks", "glad to hear")
	c := w.contact(id)
	if len(c.Texts) != 1 || c.Texts[0].Body != "It leaks.\nEverywhere" {
		t.Errorf("texts kept: %+v", c.Texts)
	}
	if w.wakes.Load() != 3 { // two webhooks and the answer
		t.Errorf("%d wakes, want 3", w.wakes.Load())
	}

	// The same again, and another tap: one case; the latest answer is shown.
	w.now = w.now.Add(time.Hour)
	w.follow(path, url.Values{"answer": {"problem"}})
	page = w.follow(path, url.Values{"answer": {"works"}, "rating": {"5"}})
	must(t, page, "Monday 2 March, 10:15", "It works well", "5 of 5", "1001-1", "13:15")
	mustNot(t, page, "1001-2", "Monday 2 March, 9:15", "glad to hear") // glad would be early: the case is open
	if n := len(w.journey(id).Head.Facts.Cases); n != 1 {
		t.Errorf("%d cases, want one", n)
	}
}

// TestAnswerZone holds that the promise is told on the customer's clock.
func TestAnswerZone(t *testing.T) {
	w := newTown(t)
	body := strings.Replace(orderBody("1001", "Anna", 1, "Laundry"), "Europe/Berlin", "Asia/Kathmandu", 1)
	w.post(body)
	w.post(deliveredBody("1001"))
	w.enroll()
	page := w.follow(w.answerPath("main/1001"), url.Values{"answer": {"problem"}})
	must(t, page, "A person will reply by <strong>Monday 2 March, 18:00 (Kathmandu time)</strong>", "Mon–Fri 9:00–17:00 (Berlin time)")
}

func TestAnswerOfSeveralUnits(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 2)
	path := w.answerPath(id)
	page := w.get(w.public, path).Body.String()
	must(t, page, `name="unit" value="l1/1" required`, "washing machine (1 of 2)", "washing machine (2 of 2)", "SN-&lt;1&gt;", `value="all"`)

	rec := w.send(w.public, path, url.Values{"answer": {"problem"}, "text": {"It leaks <b>"}})
	if rec.Code != http.StatusUnprocessableEntity {
		t.Fatalf("without a unit: %d", rec.Code)
	}
	must(t, rec.Body.String(), "Please choose which one it is about.", "It leaks &lt;b&gt;", `value="problem" required checked`)
	if n := len(w.journey(id).Head.Facts.Answers); n != 0 {
		t.Errorf("%d answers kept of a form that was not understood", n)
	}

	w.follow(path, url.Values{"answer": {"problem"}, "unit": {"l1/1"}})
	page = w.follow(path, url.Values{"answer": {"help"}, "unit": {"l1/2"}})
	must(t, page, "1001-1", "1001-2", "washing machine (1 of 2)</bdi>: <strong>There is a problem", "washing machine (2 of 2)</bdi>: <strong>I need help")
	cases := w.journey(id).Head.Facts.Cases
	if len(cases) != 2 || cases[0].Unit != "l1/1" || cases[1].Unit != "l1/2" {
		t.Errorf("cases %+v, want one for each unit", cases)
	}
	page = w.follow(path, url.Values{"answer": {"works"}, "unit": {"all"}})
	must(t, page, "It works well")
}

// TestReviewForEverybody holds that nobody's score decides who sees the link.
func TestReviewForEverybody(t *testing.T) {
	for _, form := range []url.Values{
		{"answer": {"works"}, "rating": {"5"}},
		{"answer": {"works"}, "rating": {"1"}},
		{"answer": {"problem"}, "rating": {"1"}},
		{"answer": {"help"}},
		{"answer": {"not-yet"}},
		{"rating": {"1"}},
		{"rating": {"5"}},
		{"call_me": {"yes"}},
	} {
		w := newTown(t)
		page := w.follow(w.answerPath(w.sell("1001", 1)), form)
		must(t, page, `href="https://reviews.example/nordlicht" rel="noopener noreferrer">Write a review`)
	}
	w := newTown(t)
	w.shop.ReviewURL = "javascript:alert(1)"
	mustNot(t, w.follow(w.answerPath(w.sell("1001", 1)), url.Values{"answer": {"works"}}), "Write a review", "javascript:")
}

// Who wants a call is told which number is meant, or that there is none.
func TestAnswerCallMe(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	must(t, w.get(w.public, w.answerPath(id)).Body.String(), "At the number of your order.")
	body := strings.Replace(orderBody("1002", "Ben", 1, "Dryer"), `"phone":"+491701234567",`, "", 1)
	for _, b := range []string{body, deliveredBody("1002")} {
		w.post(b)
	}
	w.enroll()
	page := w.get(w.public, w.answerPath("main/1002")).Body.String()
	must(t, page, "We have no number of yours: please write it into the text.")
	mustNot(t, page, "At the number of your order.")
}

func TestAnswerWords(t *testing.T) {
	w := newTown(t)
	path := w.answerPath(w.sell("1001", 1))
	must(t, w.follow(path, url.Values{"answer": {"works"}}), "Thank you", "We are glad to hear that it works.")
	w.now = w.now.Add(time.Minute)
	page := w.follow(path, url.Values{"answer": {"not-yet"}})
	must(t, page, "Not in use yet", "come back to this page")
	mustNot(t, page, "glad", "ask you again", "remind")
	w.now = w.now.Add(time.Minute)
	must(t, w.follow(path, url.Values{"answer": {"works"}, "call_me": {"yes"}}), "1001-1", "A person will reply by")
}

// TestAnswerOfAnotherMessage holds that a page shows the answers to its own
// question, and the open cases whatever opened them.
func TestAnswerOfAnotherMessage(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	w.follow(w.answerPath(id), url.Values{"answer": {"problem"}})
	other := "/a/" + w.signer.Token(link.Answer, string(followup.NewFollowUpID(id, "set-up", "", "1")), w.now.Add(time.Hour))
	page := w.get(w.public, other).Body.String()
	must(t, page, "1001-1", "How is it working?")
	mustNot(t, page, "You told us", "Write a review")
}

func TestAnswerOfTheErased(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.answerPath(id)
	erased := followup.Event{Source: "privacy", ID: "e", Type: followup.PersonErased, Time: w.now}
	if err := w.engine.Enroll(t.Context(), w.now, []engine.Group{{Journey: id, Events: []followup.Event{erased}}})[0]; err != nil {
		t.Fatal(err)
	}
	if rec := w.get(w.public, path); rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "washing") {
		t.Errorf("page of an erased customer: %d", rec.Code)
	}
}

func TestAnswerMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		form   url.Values
		status int
		text   string
	}{
		"nothing":        {url.Values{}, 422, "Please choose one of the answers."},
		"unknown answer": {url.Values{"answer": {"superb"}}, 422, "Please choose one of the answers."},
		"rating 6":       {url.Values{"answer": {"works"}, "rating": {"6"}}, 422, "could not be read"},
		"rating 0":       {url.Values{"answer": {"works"}, "rating": {"0"}}, 422, "could not be read"},
		"rating words":   {url.Values{"answer": {"works"}, "rating": {"five"}}, 422, "could not be read"},
		"said twice":     {url.Values{"answer": {"works", "problem"}}, 422, "could not be read"},
		"foreign unit":   {url.Values{"answer": {"works"}, "unit": {"l9/1"}}, 422, "Please choose which one"},
		"long text":      {url.Values{"answer": {"works"}, "text": {strings.Repeat("é", 2058)}}, 422, "about 10 characters too long"},
		"endless text":   {url.Values{"answer": {"works"}, "text": {strings.Repeat("e", 70_000)}}, 413, "shorter text"},
		"only spaces":    {url.Values{"text": {" \n\x00"}}, 422, "Please choose one of the answers."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			path := w.answerPath(w.sell("1001", 1))
			writes := w.store.count()
			rec := w.send(w.public, path, tc.form)
			if rec.Code != tc.status {
				t.Errorf("status %d, want %d", rec.Code, tc.status)
			}
			must(t, rec.Body.String(), tc.text, `role="alert"`)
			if w.store.count() != writes {
				t.Error("something was written")
			}
		})
	}
	w := newTown(t)
	path := w.answerPath(w.sell("1001", 1))
	page := w.send(w.public, path, url.Values{"answer": {"problem"}, "text": {strings.Repeat("e", 4096)}})
	if page.Code != http.StatusSeeOther {
		t.Errorf("4096 bytes: %d", page.Code)
	}
}

func TestAnswerStoreFails(t *testing.T) {
	w := newTown(t)
	path := w.answerPath(w.sell("1001", 1))
	w.store.fail = errors.New("disk full")
	rec := w.send(w.public, path, url.Values{"answer": {"problem"}, "text": {"it leaks"}})
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("status %d", rec.Code)
	}
	must(t, rec.Body.String(), "send it again in a minute", "it leaks")
	mustNot(t, rec.Body.String(), "disk full")
}

func TestAnswerLinks(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.answerPath(id)
	other, err := link.New([]byte("another secret of thirty-two bytes!!"))
	if err != nil {
		t.Fatal(err)
	}
	subject := string(followup.NewFollowUpID(id, "check-in", "", "1"))
	for name, p := range map[string]string{
		"made up": "/a/abc", "flipped": path[:len(path)-2] + "zz", "cut": path[:len(path)-4], "other purpose": strings.Replace(w.stopPath(id, followup.Feedback), "/u/", "/a/", 1),
		"other key":       "/a/" + other.Token(link.Answer, subject, w.now.Add(time.Hour)),
		"no order":        "/a/" + w.signer.Token(link.Answer, "main/9999/check-in/-/1", w.now.Add(time.Hour)),
		"strange subject": "/a/" + w.signer.Token(link.Answer, "hello", w.now.Add(time.Hour)),
		"nothing there":   "/b/", "root": "/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, p, nil)
			rec := w.do(w.public, r)
			if rec.Code != http.StatusNotFound {
				t.Errorf("%s: %s gives %d, want 404", name, method, rec.Code)
			}
			must(t, rec.Body.String(), "This page does not exist", "+49 30 901820")
			mustNot(t, rec.Body.String(), "1001", "washing")
		}
	}
	w.now = w.now.Add(50 * time.Hour)
	rec := w.get(w.public, path)
	if rec.Code != http.StatusGone {
		t.Errorf("expired: %d, want 410", rec.Code)
	}
	must(t, rec.Body.String(), "out of date", "+49 30 901820", "hilfe@nordlicht.example")
	mustNot(t, rec.Body.String(), "1001", "<form")
	if rec := w.send(w.public, path, url.Values{"answer": {"works"}}); rec.Code != http.StatusGone {
		t.Errorf("post to expired: %d", rec.Code)
	}
	if rec := w.do(w.public, httptest.NewRequest(http.MethodDelete, path, nil)); rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("DELETE: %d, Allow %q", rec.Code, rec.Header().Get("Allow"))
	}
}

func TestAnswerFromAnotherSite(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.answerPath(id)
	for _, tc := range []struct {
		site, origin string
		want         int
	}{
		{"cross-site", "https://evil.example", 403},
		{"same-site", "", 403},
		{"", "https://evil.example", 403},
		{"cross-site", "null", 403},
		{"", "null", 303},
		{"same-origin", "null", 303},
		{"none", "", 303},
		{"", "", 303},
		{"", "http://example.com", 303},
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("answer=problem"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range map[string]string{"Sec-Fetch-Site": tc.site, "Origin": tc.origin} {
			if v != "" {
				r.Header.Set(k, v)
			}
		}
		before := len(w.journey(id).Head.Facts.Answers)
		if rec := w.do(w.public, r); rec.Code != tc.want {
			t.Errorf("Sec-Fetch-Site %q, Origin %q: %d, want %d", tc.site, tc.origin, rec.Code, tc.want)
		}
		if tc.want == 403 && len(w.journey(id).Head.Facts.Answers) != before {
			t.Error("it was recorded")
		}
	}
}

// hostile is what people and stores write into names, titles and texts.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'onmouseover='alert(1)`, `</title><script>x</script>`, `</style><script>x</script>`,
	`javascript:alert(1)`, `{{.Shop}}`, `<!--`, `]]>`, `&lt;script&gt;`, "\u202egnp.exe", "a\r\nSet-Cookie: x=1", `</textarea><script>x</script>`, "\x00\x1b[31m",
}

func TestHostileValues(t *testing.T) {
	for i, evil := range hostile {
		w := newTown(t)
		w.shop.Name = evil
		id := w.sellTo("1001", "Anna "+evil, 2, "Laundry "+evil)
		path := w.answerPath(id)
		pages := []string{
			w.get(w.public, path+"?answer="+url.QueryEscape(evil)).Body.String(),
			w.send(w.public, path, url.Values{"text": {evil}, "answer": {evil}}).Body.String(),
			w.follow(path, url.Values{"answer": {"problem"}, "text": {evil}, "unit": {"l1/1"}}),
			w.get(w.public, w.stopPath(id, followup.Feedback)).Body.String(),
		}
		w.pass(4 * 24 * time.Hour)
		for _, p := range []string{"/", "/calls", "/cases", "/cases?all=1", "/orders", "/orders?q=" + url.QueryEscape(evil), "/orders/main/1001", "/parked", "/" + url.PathEscape(evil)} {
			pages = append(pages, w.get(w.operator, p).Body.String())
		}
		for n, page := range pages {
			for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "\u202e", "\x00", "\x1b", `href="javascript`, "<!--", "</textarea><script"} {
				if strings.Contains(body(page), bad) {
					t.Errorf("value %d, page %d has %q:\n%s", i, n, bad, body(page))
				}
			}
			if c := strings.Count(page, "</style>"); c != 1 {
				t.Errorf("value %d, page %d closes %d style sheets", i, n, c)
			}
		}
	}
}
