package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/web"
)

const phone = "+491701234567"

// called brings the call of a fresh order to the list.
func called(t *testing.T) (*town, followup.FollowUpID) {
	t.Helper()
	w := newTown(t)
	id := w.sell("1001", 1)
	w.pass(3*24*time.Hour + time.Hour) // Thursday, past ten
	call := followup.NewFollowUpID(id, "check-in-call", "", "1")
	j := w.journey(id)
	if row := j.Row(call); row == nil || row.State != followup.Listed {
		t.Fatalf("the call is not on the list: %+v", row)
	}
	return w, call
}

func TestCalls(t *testing.T) {
	w, call := called(t)
	page := w.get(w.operator, "/calls").Body.String()
	must(t, page, "Anna Berg", "#1001", "Thu 5 Mar 2026, 10:00", "Claim and show the number")
	mustNot(t, page, phone, "1701234567")
	must(t, page, "Am I speaking with Anna Berg?\n\nI am calling about", "\n- It works: I am glad to hear that. If anything comes up later, call us at +49") // lines of the screen, not of a mail
	var list []map[string]any
	r := httptest.NewRequest(http.MethodGet, "/calls", nil)
	r.Host = "localhost:8081"
	r.Header.Set("Accept", "application/json")
	if err := json.Unmarshal(w.do(w.operator, r).Body.Bytes(), &list); err != nil || len(list) != 1 {
		t.Fatalf("%d calls, %v", len(list), err)
	}
	want := map[string]any{"id": string(call), "order": "1001", "contact": "Anna Berg", "phone": "", "due_local": "2026-03-05T10:00:00", "zone": "Europe/Berlin", "try": 1.0, "claimed_by": ""}
	for k, v := range want {
		if list[0][k] != v {
			t.Errorf("%s is %v, want %v", k, list[0][k], v)
		}
	}
	if len(list[0]) != 10 {
		t.Errorf("%d fields, want ten: %v", len(list[0]), list[0])
	}

	if rec := w.send(w.operator, "/calls/claim", url.Values{"id": {string(call)}}); rec.Code != 422 {
		t.Errorf("claim without a name: %d", rec.Code)
	}
	rec := w.send(w.operator, "/calls/claim", url.Values{"id": {string(call)}, "by": {"Mia"}})
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/calls?said=claimed" {
		t.Fatalf("claim: %d %s", rec.Code, rec.Body)
	}
	if c := rec.Header().Get("Set-Cookie"); !strings.Contains(c, "Mia") || !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "HttpOnly") {
		t.Errorf("cookie %q", c)
	}
	must(t, w.get(w.operator, "/calls?said=claimed").Body.String(), "The call is yours", `href="tel:`+phone+`"`, "claimed by <strong><bdi>Mia", "How did it go?", `value="call-back"`)
	if rec := w.send(w.operator, "/calls/claim", url.Values{"id": {string(call)}, "by": {"Ben"}}); rec.Code != http.StatusConflict {
		t.Errorf("claim of a claimed call: %d", rec.Code)
	}
	if rec := w.send(w.operator, "/calls/release", url.Values{"id": {string(call)}, "by": {"Ben"}, "reason": {"x"}}); rec.Code != http.StatusConflict {
		t.Errorf("release by somebody else at once: %d", rec.Code)
	}
	if rec := w.send(w.operator, "/calls/release", url.Values{"id": {string(call)}, "by": {"Mia"}}); rec.Code != 422 {
		t.Errorf("release without a reason: %d", rec.Code)
	}
	if rec := w.send(w.operator, "/calls/release", url.Values{"id": {string(call)}, "by": {"Mia"}, "reason": {"lunch"}}); rec.Code != 303 {
		t.Errorf("release: %d %s", rec.Code, rec.Body)
	}
	mustNot(t, w.get(w.operator, "/calls").Body.String(), phone)
}

func TestCallDone(t *testing.T) {
	w, call := called(t)
	w.send(w.operator, "/calls/claim", url.Values{"id": {string(call)}, "by": {"Mia"}})
	for name, form := range map[string]url.Values{
		"no outcome":           {},
		"unknown outcome":      {"outcome": {"asleep"}},
		"call-back without at": {"outcome": {"call-back"}},
	} {
		form.Set("id", string(call))
		if rec := w.send(w.operator, "/calls/done", form); rec.Code != 422 {
			t.Errorf("%s: %d, want 422", name, rec.Code)
		}
	}
	rec := w.send(w.operator, "/calls/done", url.Values{"id": {string(call)}, "outcome": {"problem"}, "note": {"drum is loud"}, "by": {"Mia"}})
	if rec.Code != 303 {
		t.Fatalf("done: %d %s", rec.Code, rec.Body)
	}
	must(t, w.get(w.operator, "/cases").Body.String(), "main/1001-1", "Anna Berg", "problem", "drum is loud")
	must(t, w.get(w.operator, "/orders/main/1001").Body.String(), "drum is loud", "by phone")
}

// Units of one line are told apart by number, not by their ids.
func TestUnitsHaveNames(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 2)
	w.follow(w.answerPath(id), url.Values{"answer": {"problem"}, "unit": {"l1/2"}})
	must(t, w.get(w.operator, "/cases").Body.String(), "<bdi>Laundry Pro 700 (2 of 2)</bdi></dd>")
	page := w.get(w.operator, "/orders/main/1001").Body.String()
	must(t, page, "<p>problem: <bdi>Laundry Pro 700 (2 of 2)</bdi>, opened", "<strong>problem</strong> <bdi>Laundry Pro 700 (2 of 2)</bdi>",
		`<option value="l1/1">Laundry Pro 700 (1 of 2)</option>`, " · <bdi>Laundry Pro 700 (1 of 2)</bdi>")
}

func TestOrderTellsStrays(t *testing.T) {
	w := newTown(t)
	w.sell("1001", 1)
	rec := w.post(`{"specversion":"1.0","id":"reg-9","source":"shop/main","type":"unit.registered","time":"2026-03-02T09:17:00+01:00",
"data":{"unit":{"order":"1001","line":"l1","index":7}}}`)
	if rec.Code != http.StatusAccepted {
		t.Fatalf("posted: %d %s", rec.Code, rec.Body)
	}
	w.enroll()
	must(t, w.get(w.operator, "/").Body.String(), `href="#faults"><b>1</b>faults`, "the unclear sends and the faults.",
		`<a href="/orders/main/1001"><bdi>#1001</bdi></a>: <bdi>event reg-9 of shop/main (unit.registered): unit.index`)
	mustNot(t, w.get(w.operator, "/").Body.String(), " more</span>", "Follow-ups with a fault")
	must(t, w.get(w.operator, "/orders/main/1001").Body.String(), `<dd class="bad">event reg-9 of shop/main (unit.registered): unit.index &#34;7&#34;`, "line l1, which has 1")
}

func TestCases(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	w.follow(w.answerPath(id), url.Values{"answer": {"problem"}, "text": {"It leaks"}})
	must(t, w.get(w.operator, "/").Body.String(), "<b>1</b>open cases", "main/1001-1", "Mon 2 Mar 2026, 13:15")
	page := w.get(w.operator, "/cases").Body.String()
	must(t, page, "main/1001-1", "It leaks", "Mon 2 Mar 2026, 13:15", "<option>repaired</option>", "<dt>About</dt><dd><bdi>Laundry Pro 700</bdi></dd>")
	mustNot(t, page, "overdue", "l1/1")
	must(t, w.get(w.operator, "/orders/main/1001").Body.String(), "<p>problem: <bdi>Laundry Pro 700</bdi>, opened")
	must(t, w.get(w.operator, "/orders/main/1001").Body.String(), phone, "anna1001@example.com")

	var list []map[string]any
	if err := json.Unmarshal(w.get(w.operator, "/cases?format=json").Body.Bytes(), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	want := map[string]any{"id": "main/1001-1", "order": "1001", "opened_at": "2026-03-02T08:15:00Z", "reason": "problem", "state": "open", "reply_due": "2026-03-02T12:15:00Z"}
	for k, v := range want {
		if list[0][k] != v {
			t.Errorf("%s is %v, want %v", k, list[0][k], v)
		}
	}
	w.now = w.now.Add(24 * time.Hour)
	must(t, w.get(w.operator, "/cases").Body.String(), "overdue")
	must(t, w.get(w.operator, "/").Body.String(), "past the promised reply")

	post := func(path string, want int, form url.Values) {
		t.Helper()
		if rec := w.send(w.operator, path, form); rec.Code != want {
			t.Errorf("%s %v: %d, want %d: %s", path, form, rec.Code, want, body(rec.Body.String()))
		}
		w.now = w.now.Add(time.Minute)
	}
	post("/cases/note", 422, url.Values{"id": {"main/1001-1"}})
	post("/cases/note", 303, url.Values{"id": {"main/1001-1"}, "text": {"hose ordered"}})
	post("/cases/close", 422, url.Values{"id": {"main/1001-1"}, "reason": {"bored"}})
	post("/cases/close", 404, url.Values{"id": {"main/1001-7"}, "reason": {"repaired"}})
	post("/cases/close", 404, url.Values{"id": {"nonsense"}, "reason": {"repaired"}})
	post("/cases/close", 303, url.Values{"id": {"main/1001-1"}, "reason": {"repaired"}, "by": {"Mia"}})
	post("/cases/close", 409, url.Values{"id": {"main/1001-1"}, "reason": {"repaired"}})
	must(t, w.get(w.operator, "/cases").Body.String(), "No open cases.")
	must(t, w.get(w.operator, "/cases?all=1").Body.String(), "closed", "repaired", "hose ordered", "Reopen")
	mustNot(t, w.get(w.operator, "/orders/main/1001").Body.String(), phone)
	must(t, w.get(w.public, w.answerPath(id)).Body.String(), "Your case is closed:", "3 March 2026")
	post("/cases/reopen", 303, url.Values{"id": {"main/1001-1"}})
	post("/cases/open", 409, url.Values{"order": {"main/1001"}, "unit": {"l1/1"}})
	post("/cases/open", 409, url.Values{"order": {"main/1001"}}) // its only unit has one
	post("/cases/close", 303, url.Values{"id": {"main/1001-1"}, "reason": {"repaired"}})
	post("/cases/open", 303, url.Values{"order": {"main/1001"}, "back": {"/orders/main/1001"}})
	post("/cases/open", 404, url.Values{"order": {"main/9"}})
}

func TestOrders(t *testing.T) {
	w := newTown(t)
	w.sell("1001", 1)
	w.sell("10a/b", 2)
	page := w.get(w.operator, "/orders").Body.String()
	must(t, page, "#1001", `href="/orders/main?order=10a%2Fb"`, "Tue 3 Mar 2026, 10:00")
	for q, want := range map[string]string{"1001": "#1001", "#1001": "#1001", " 1001 ": "#1001", "main/1001-1": "#1001", "10a/b": "#10a/b", "#10A/B": "#10a/b", "1001-1": "#1001"} {
		found := w.get(w.operator, "/orders?q="+url.QueryEscape(q)).Body.String()
		if n := strings.Count(found, `href="/orders/main`); n != 1 || !strings.Contains(found, "<bdi>"+want+"</bdi>") {
			t.Errorf("search %q finds %d orders, want %s", q, n, want)
		}
	}
	must(t, w.get(w.operator, "/orders?q=nothing").Body.String(), "No order has that number or id.")
	story := w.get(w.operator, "/orders/main/10a%2Fb").Body.String()
	must(t, story, "Order #10a/b", "check-in", "planned", "Wed 4 Mar 2026, 10:00", "Europe/Berlin", "Laundry Pro 700", "order.delivered", "test version 1", "Decisions")
	mustNot(t, story, phone)
	// A gateway may have decoded the path.
	for _, path := range []string{"/orders/main/10a/b", "/orders/main?order=10a%2Fb"} {
		must(t, w.get(w.operator, path).Body.String(), "Order #10a/b")
	}
	for _, id := range []string{"..", ".", "a//b", "a/../b", "c/"} {
		w.sell(id, 1)
		for _, path := range []string{"/orders/main/" + id, "/orders/main/" + url.PathEscape(id), "/orders/main?order=" + url.QueryEscape(id)} {
			must(t, w.get(w.operator, path).Body.String(), "Order #"+id+"<")
		}
		if link := `href="/orders/main?order=` + url.QueryEscape(id) + `"`; !strings.Contains(w.get(w.operator, "/orders").Body.String(), link) {
			t.Errorf("no link %s", link)
		}
	}
	if rec := w.get(w.operator, "/orders/main/9999"); rec.Code != 404 {
		t.Errorf("unknown order: %d", rec.Code)
	}
	if rec := w.get(w.operator, "/orders/main/9999?format=json"); rec.Code != 404 || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("unknown order, for a machine: %d %s", rec.Code, rec.Header().Get("Content-Type"))
	}
	if rec := w.get(w.operator, "/nothing"); rec.Code != 404 {
		t.Errorf("unknown address: %d", rec.Code)
	}
}

func TestOrderPages(t *testing.T) {
	w := newTown(t)
	for i := range 120 {
		w.sell("o"+string(rune('a'+i/26))+string(rune('a'+i%26)), 1)
	}
	next := regexp.MustCompile(`href="(/orders\?after=[^"]+)" rel="next"`)
	seen, path := map[string]bool{}, "/orders"
	for range 5 {
		page := w.get(w.operator, path).Body.String()
		for _, m := range regexp.MustCompile(`href="(/orders/main/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			seen[m[1]] = true
		}
		m := next.FindStringSubmatch(page)
		if m == nil {
			break
		}
		path = strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if len(seen) != 120 {
		t.Errorf("%d orders on all pages, want 120", len(seen))
	}
}

func TestParked(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	w.pass(26 * time.Hour)
	j := w.journey(id)
	row := *j.Row(followup.NewFollowUpID(id, "check-in", "", "1"))
	row.State, row.Next = followup.Parked, time.Time{}
	row.Decide(followup.Decision{At: w.now, Result: followup.ResultPark, Rule: "unclear", Reason: "nobody can say"})
	if errs, err := w.store.Save(t.Context(), []followup.Change{{Journey: id, Rows: []followup.FollowUp{row}}}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	must(t, w.get(w.operator, "/parked").Body.String(), "check-in", "nobody can say", "Send it again")
	must(t, w.get(w.operator, "/").Body.String(), "<b>1</b>unclear sends")
	settle := func(to, reason string) int {
		return w.send(w.operator, "/parked/settle", url.Values{"id": {string(row.ID)}, "to": {to}, "reason": {reason}}).Code
	}
	if got := []int{settle("sent", ""), settle("gone", "x"), settle("void", "not needed"), settle("void", "again")}; !slices.Equal(got, []int{422, 422, 303, 409}) {
		t.Errorf("settle answers %v", got)
	}
	j = w.journey(id)
	if s := j.Row(row.ID).State; s != followup.Voided {
		t.Errorf("state %s, want voided", s)
	}
}

// TestCrawl opens everything that can be reached from both listeners, twice,
// with GET and HEAD, and finds nothing changed.
func TestCrawl(t *testing.T) {
	w, _ := called(t)
	id := followup.JourneyID("main/1001")
	w.follow(w.answerPath(id), url.Values{"answer": {"problem"}})
	before, writes := w.dump(), w.store.count()
	seen := map[string]bool{}
	crawl := func(h http.Handler, roots ...string) {
		queue := roots
		for len(queue) > 0 {
			path := queue[0]
			queue = queue[1:]
			if seen[path] {
				continue
			}
			seen[path] = true
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
				r := httptest.NewRequest(method, path, nil)
				r.Host = "127.0.0.1"
				rec := w.do(h, r)
				if rec.Code >= 500 {
					t.Errorf("%s %s: %d", method, path, rec.Code)
				}
				if rec.Header().Get("Set-Cookie") != "" {
					t.Errorf("%s %s sets a cookie", method, path)
				}
				checkHeaders(t, path, rec)
				queue = append(queue, hrefs(rec.Body.String())...)
			}
		}
	}
	crawl(w.operator, "/")
	if !seen["/mailbox/1"] || !seen["/mailbox/1/html"] || !seen["/orders/main/1001"] || !seen["/calls"] {
		t.Errorf("the crawl did not get far: %v", seen)
	}
	answer, stop := w.answerPath(id), w.stopPath(id, followup.Feedback)
	crawl(w.public, "/", answer, answer+"?answer=works", stop, stop+"?List-Unsubscribe=One-Click", "/healthz", "/hooks/generic/main")
	if w.dump() != before || w.store.count() != writes {
		t.Error("reading changed something")
	}
}

func checkHeaders(t *testing.T, path string, rec *httptest.ResponseRecorder) {
	t.Helper()
	h := rec.Header()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
		}
	}
	if p := h.Get("Referrer-Policy"); p != "no-referrer" && p != "same-origin" {
		t.Errorf("%s: Referrer-Policy is %q", path, p)
	}
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors") || strings.Contains(csp, "script-src") {
		t.Errorf("%s: policy %q", path, csp)
	}
}

// TestHeaders holds that the policy lets exactly the page's style through.
func TestHeaders(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	for _, p := range []string{"/", "/nothing", w.answerPath(id), w.stopPath(id, followup.Feedback), "/healthz", "/hooks/x/y", "/hooks/"} {
		rec := w.get(w.public, p)
		checkHeaders(t, p, rec)
		if rec.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s tells others where it is", p)
		}
	}
	for _, rec := range []*httptest.ResponseRecorder{w.get(w.public, w.answerPath(id)), w.get(w.operator, "/")} {
		page := rec.Body.String()
		style := page[strings.Index(page, "<style>")+7 : strings.Index(page, "</style>")]
		must(t, rec.Header().Get("Content-Security-Policy"), "style-src 'sha256-"+sha(style)+"'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'")
		mustNot(t, body(page), " style=", "<style", "<script", "http://")
	}
}

func TestHost(t *testing.T) {
	w := newTown(t, func(_ *town, _ *web.PublicConfig, c *web.OperatorConfig) { c.Hosts = []string{"desk.lan"} })
	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:8081": 200, "localhost:1": 200, "LOCALHOST": 200, "[::1]:8081": 200, "[::1]": 200, "desk.lan:8081": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "": 421, "localhost.evil.example:8081": 421, "10.0.0.1": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		if rec := w.do(w.operator, r); rec.Code != want {
			t.Errorf("host %q: %d, want %d", host, rec.Code, want)
		}
	}
}

func TestOperatorForms(t *testing.T) {
	w, call := called(t)
	for _, path := range []string{"/calls/claim", "/calls/done", "/calls/release", "/cases/open", "/cases/note", "/cases/close", "/cases/reopen", "/parked/settle"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(url.Values{"id": {string(call)}, "by": {"Eve"}}.Encode()))
			r.Host = "127.0.0.1:8081"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			writes := w.store.count()
			if rec := w.do(w.operator, r); rec.Code != http.StatusForbidden || w.store.count() != writes {
				t.Errorf("%s from another site: %d", path, rec.Code)
			}
		}
		if rec := w.get(w.operator, path); rec.Code != 404 && rec.Code != 405 {
			t.Errorf("GET %s: %d", path, rec.Code)
		}
		if rec := w.send(w.operator, path, url.Values{"text": {strings.Repeat("x", 70_000)}}); rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with a large form: %d", path, rec.Code)
		}
	}
	// A form leads back to a page of ours, never elsewhere.
	for back, want := range map[string]string{
		"/orders/main/1001": "/orders/main/1001?said=opened", "https://evil.example/": "/?said=opened", "//evil.example": "/?said=opened",
		`/\evil.example`: "/?said=opened", "": "/?said=opened", "javascript:x": "/?said=opened",
	} {
		w := newTown(t)
		w.sell("1001", 1)
		rec := w.send(w.operator, "/cases/open", url.Values{"order": {"main/1001"}, "back": {back}})
		if got := rec.Header().Get("Location"); got != want {
			t.Errorf("back %q leads to %q, want %q", back, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	virtual := start.Add(48 * time.Hour)
	w := newTown(t, func(w *town, _ *web.PublicConfig, c *web.OperatorConfig) {
		c.Clock = &web.ClockControl{
			Now:     func() time.Time { return virtual },
			Advance: func(_ context.Context, by string) error { w.moved = append(w.moved, by); return nil },
		}
	})
	w.sell("1001", 1)
	w.pass(26 * time.Hour)
	for _, p := range []string{"/", "/calls", "/cases", "/orders", "/orders/main/1001", "/parked", "/mailbox", "/mailbox/1", "/nothing"} {
		rec := w.get(w.operator, p)
		page := rec.Body.String()
		must(t, page, "+1 hour", "+1 day", "+1 month", "Wed 4 Mar 2026, 09:15", `name="back" value="`+p+`"`, `<a href="/calls"`)
		must(t, rec.Header().Get("Content-Security-Policy"), "form-action 'self'")
		if strings.Count(page, "<body>") != 1 {
			t.Errorf("%s has %d bodies", p, strings.Count(page, "<body>"))
		}
	}
	mustNot(t, w.get(w.operator, "/mailbox/1/html").Body.String(), "+1 hour")
	if kind := w.get(w.operator, "/mailbox/messages").Header().Get("Content-Type"); !strings.Contains(kind, "json") {
		t.Errorf("mailbox as JSON is %q", kind)
	}
	for _, by := range []string{"hour", "day", "month"} {
		rec := w.send(w.operator, "/clock/advance", url.Values{"by": {by}, "back": {"/mailbox/1"}})
		if rec.Code != 303 || rec.Header().Get("Location") != "/mailbox/1?said=advanced" || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("advance by %s: %d %v", by, rec.Code, rec.Header())
		}
	}
	if rec := w.send(w.operator, "/clock/advance", url.Values{"by": {"year"}}); rec.Code != 422 {
		t.Errorf("advance by a year: %d", rec.Code)
	}
	if !slices.Equal(w.moved, []string{"hour", "day", "month"}) {
		t.Errorf("moved by %v", w.moved)
	}

	still := newTown(t)
	mustNot(t, still.get(still.operator, "/").Body.String(), "+1 hour")
	if rec := still.send(still.operator, "/clock/advance", url.Values{"by": {"hour"}}); rec.Code != 405 && rec.Code != 404 {
		t.Errorf("a real clock was moved: %d", rec.Code)
	}
}

// TestFramed holds that the bar comes on the pages of the mailbox, and never
// into the messages that customers get.
func TestFramed(t *testing.T) {
	w := newTown(t, func(_ *town, _ *web.PublicConfig, c *web.OperatorConfig) {
		c.Mailbox = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte("<html><body>mail</body></html>"))
		})
	})
	for path, barred := range map[string]bool{"/mailbox": true, "/mailbox/7": true, "/mailbox/7/html": false} {
		rec := w.get(w.operator, path)
		if rec.Code != http.StatusTeapot || strings.Contains(rec.Body.String(), "<nav") != barred || !strings.Contains(rec.Body.String(), "mail</body>") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// TestPanic holds that a fault in one handler is an answer and a line in the
// log, without what it was about.
func TestPanic(t *testing.T) {
	w := newTown(t, func(_ *town, _ *web.PublicConfig, c *web.OperatorConfig) {
		c.Mailbox = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("anna@example.com") })
	})
	if rec := w.get(w.operator, "/mailbox"); rec.Code != http.StatusInternalServerError {
		t.Errorf("status %d", rec.Code)
	}
	must(t, w.logs.String(), "handler panicked")
	mustNot(t, w.logs.String(), "anna")
}

func TestPublicHasNoOperatorPages(t *testing.T) {
	w := newTown(t)
	w.sell("1001", 1)
	w.pass(26 * time.Hour)
	for _, p := range []string{"/mailbox", "/mailbox/1", "/calls", "/cases", "/orders", "/orders/main/1001", "/parked"} {
		if rec := w.get(w.public, p); rec.Code != 404 {
			t.Errorf("%s on the public listener: %d", p, rec.Code)
		}
	}
}

// A customer of whom only the first name is known is known by it.
func TestOrderOfAFirstName(t *testing.T) {
	w := newTown(t)
	rec := w.post(`{"specversion":"1.0","id":"2002-created","source":"shop/main","type":"order.created","time":"2026-03-02T09:17:00+01:00",
"data":{"order":{"id":"2002","currency":"EUR","total":"49.00","customer":{"first_name":"Anna","email":"anna@example.com"},
"lines":[{"id":"l1","sku":"KETTLE-1","name":"Kettle","quantity":1,"price":"49.00"}]}}}`)
	if rec.Code != http.StatusAccepted {
		t.Fatalf("posted: %d %s", rec.Code, rec.Body)
	}
	w.enroll()
	page := w.get(w.operator, "/orders/main/2002").Body.String()
	must(t, page, "<bdi>Anna</bdi>")
	if strings.Contains(page, "not known") {
		t.Error("the page says that the customer is not known")
	}
}
