package web_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/civil"
	"aftersales/internal/compose"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
	"aftersales/internal/source"
	"aftersales/internal/web"
	"aftersales/messages"
)

// start is Monday 2 March 2026, 9:15 in Berlin.
var start = time.Date(2026, 3, 2, 8, 15, 0, 0, time.UTC)

var secret = []byte("0123456789abcdef0123456789abcdef")

// spy counts what is written, and can be told to fail.
type spy struct {
	followup.Store
	mu     sync.Mutex
	writes int
	fail   error
	hold   chan struct{} // Accept waits for it
}

func (s *spy) wrote() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	return s.fail
}

func (s *spy) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *spy) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	if s.hold != nil {
		<-s.hold
	}
	if err := s.wrote(); err != nil {
		return nil, err
	}
	return s.Store.Accept(ctx, in)
}

func (s *spy) Save(ctx context.Context, c []followup.Change) ([]error, error) {
	if err := s.wrote(); err != nil {
		return nil, err
	}
	return s.Store.Save(ctx, c)
}

func (s *spy) SaveContacts(ctx context.Context, c []followup.Contact) ([]error, error) {
	if err := s.wrote(); err != nil {
		return nil, err
	}
	return s.Store.SaveContacts(ctx, c)
}

func (s *spy) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	_ = s.wrote()
	return s.Store.Done(ctx, keys, reason)
}

func (s *spy) Arm(ctx context.Context, a []followup.Arm) ([]followup.ArmResult, error) {
	_ = s.wrote()
	return s.Store.Arm(ctx, a)
}

func (s *spy) Finish(ctx context.Context, f []followup.Finish) ([]error, error) {
	_ = s.wrote()
	return s.Store.Finish(ctx, f)
}

func (s *spy) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	_ = s.wrote()
	return s.Store.SavePlan(ctx, p)
}

// town is a shop with everything behind it but the network.
type town struct {
	t        testing.TB
	now      time.Time
	store    *spy
	shop     *followup.Shop
	engine   *engine.Engine
	signer   *link.Signer
	mail     *mailbox.Memory
	logs     *bytes.Buffer
	public   http.Handler
	operator http.Handler
	wakes    atomic.Int64
	moved    []string
	nameless int
	shopify  bool // that source is on, too
}

type option func(*town, *web.PublicConfig, *web.OperatorConfig)

func newTown(t testing.TB, options ...option) *town {
	t.Helper()
	signer, err := link.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, now: start, store: &spy{Store: memory.New()}, signer: signer, mail: &mailbox.Memory{}, logs: &bytes.Buffer{}}
	w.shop = &followup.Shop{
		ID: "main", Name: "Nordlicht Haushalt", Sender: "service@nordlicht.example", ReplyTo: "hilfe@nordlicht.example",
		PublicURL: "https://shop.example", Phone: "+49 30 901820", Address: "Seestr. 5, 13353 Berlin", Language: "en", Country: "DE",
		Zone: "Europe/Berlin", ReviewURL: "https://reviews.example/nordlicht",
		Hours:         map[followup.Medium]civil.Window{followup.Email: window(t, "08:00-20:00"), followup.Call: window(t, "10:00-18:00 workdays")},
		BusinessHours: window(t, "09:00-17:00 workdays"), ReplyWithin: civil.Period{Exact: 4 * time.Hour},
	}
	log := slog.New(slog.NewTextHandler(w.logs, nil))
	composer, err := compose.New(compose.Options{Defaults: messages.Files(), Links: link.NewLinks(signer)})
	if err != nil {
		t.Fatal(err)
	}
	shops := map[followup.ShopID]*followup.Shop{"main": w.shop}
	contactKey := func(kind, value string) followup.ContactID { return link.ContactID(secret, kind, value) }
	w.engine = engine.New(engine.Config{
		Store: w.store,
		Shops: map[followup.ShopID]*followup.Rules{"main": {Shop: w.shop, Plans: []*followup.Plan{testPlan()}, Catalogue: testCatalogue()}},
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{
			"main": {followup.Email: mailbox.New(w.mail, func() time.Time { return w.now }), followup.Call: calllist.New(&calllist.Memory{})},
		},
		Composer: composer,
		Read: func(in followup.Incoming) (engine.Reading, error) {
			s, _ := source.Lookup(in.Source)
			tr, err := s.Translate(in, source.Env{Shop: w.shop, ContactKey: contactKey})
			return engine.Reading{Events: tr.Events, Erase: tr.Erase, Ignored: tr.Ignored}, err
		},
		Parse: func(followup.PlanDoc) (*followup.Plan, error) { return testPlan(), nil },
		ID: func() string {
			w.nameless++
			return "id" + strconv.Itoa(w.nameless)
		},
		Log: log,
	})
	pc := web.PublicConfig{
		Engine: w.engine, Shops: shops, Links: signer, ContactKey: contactKey,
		Secrets: func(name string, shop followup.ShopID) source.Secrets {
			if (name == "generic" || w.shopify && name == "shopify") && shop == "main" {
				return source.Secrets{secret}
			}
			return nil
		},
		Now: func() time.Time { return w.now }, RealNow: func() time.Time { return machine }, Wake: func() { w.wakes.Add(1) },
		Version: "1.2.3", Log: log,
	}
	oc := web.OperatorConfig{
		Engine: w.engine, Shops: shops, Mailbox: mailbox.Handler(w.mail, log, func(followup.ShopID) *time.Location { return time.UTC }), Now: func() time.Time { return w.now }, Version: "1.2.3", Log: log,
	}
	for _, o := range options {
		o(w, &pc, &oc)
	}
	w.public, w.operator = web.Public(pc), web.Operator(oc)
	return w
}

// machine is the machine's time, far from the virtual one, and from the real one:
// a server ends its reading by it.
var machine = time.Date(2131, 1, 1, 12, 0, 0, 0, time.UTC)

func window(t testing.TB, s string) civil.Window {
	t.Helper()
	w, err := civil.ParseWindow(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func testCatalogue() *followup.Catalogue {
	return &followup.Catalogue{Products: []followup.Product{
		{SKU: "WM-*", Category: "appliance", Name: map[string]string{"en": "washing machine"}},
		{SKU: "DR-*", Category: "appliance", Name: map[string]string{"en": "dryer"}},
	}}
}

func testPlan() *followup.Plan {
	ten := civil.Clock(10 * 3600)
	after := func(id string, i int, class followup.Class, ch followup.Medium, days int) followup.Step {
		return followup.Step{
			ID: id, Index: i, Class: class, Channel: ch, Message: id, Timing: followup.After,
			Anchor: followup.Anchor{Kind: followup.AnchorDelivered}, Wait: civil.Period{Days: days}, At: &ten,
			Unclear: followup.Park,
		}
	}
	return &followup.Plan{
		Name: "test", Version: 1, Hash: "h1", Exit: []followup.Exit{followup.ExitCancelled, followup.ExitReturned, followup.ExitRefunded},
		Steps: []followup.Step{
			after("set-up", 0, followup.Service, followup.Email, 1),
			after("check-in", 1, followup.Feedback, followup.Email, 2),
			after("check-in-call", 2, followup.Feedback, followup.Call, 3),
		},
	}
}

// post signs and posts an event of the generic source.
func (w *town) post(body string) *httptest.ResponseRecorder {
	return w.do(w.public, signed("/hooks/generic/main", []byte(body), machine))
}

func signed(path string, body []byte, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "msg_1.%s.%s", stamp, body)
	r.Header.Set("webhook-id", "msg_1")
	r.Header.Set("webhook-timestamp", stamp)
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	return r
}

func (w *town) do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func (w *town) get(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8081"
	return w.do(h, r)
}

// send posts a form as a browser on the same page does.
func (w *town) send(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Host = "127.0.0.1:8081"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.do(h, r)
}

// orderBody is an order of that many washing machines.
func orderBody(id, customer string, machines int, title string) string {
	name, _ := json.Marshal(customer)
	text, _ := json.Marshal(title)
	return fmt.Sprintf(`{"specversion":"1.0","id":"%[1]s-created","source":"shop/main","type":"order.created","time":"2026-03-02T09:15:00+01:00",
"data":{"order":{"id":"%[1]s","number":"#%[1]s","currency":"EUR","total":"649.00","test":false,
"customer":{"id":"77","name":%[2]s,"first_name":%[2]s,"email":"anna%[1]s@example.com","phone":"+491701234567","language":"en","zone":"Europe/Berlin"},
"address":{"country":"DE","city":"Berlin"},
"lines":[{"id":"l1","sku":"WM-700","name":%[4]s,"category":"appliance","quantity":%[3]d,"price":"599.00","serials":["SN-<1>"]}]}}}`,
		id, name, machines, text)
}

func deliveredBody(id string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%[1]s-delivered","source":"shop/main","type":"order.delivered","time":"2026-03-02T09:16:00+01:00",
"data":{"order":{"id":"%[1]s"},"at":"2026-03-02"}}`, id)
}

// sell enrolls an order that was delivered, and returns its journey.
func (w *town) sell(id string, machines int) followup.JourneyID {
	return w.sellTo(id, "Anna Berg", machines, "Laundry Pro 700")
}

func (w *town) sellTo(id, customer string, machines int, title string) followup.JourneyID {
	w.t.Helper()
	for _, body := range []string{orderBody(id, customer, machines, title), deliveredBody(id)} {
		if rec := w.post(body); rec.Code != http.StatusAccepted {
			w.t.Fatalf("post order: %d %s", rec.Code, rec.Body)
		}
	}
	w.enroll()
	return followup.NewJourneyID("main", id)
}

func (w *town) enroll() {
	w.t.Helper()
	in, _, err := w.store.Waiting(w.t.Context(), "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	errs, err := w.engine.Receive(w.t.Context(), w.now, in)
	for _, e := range append(errs, err) {
		if e != nil {
			w.t.Fatal(e)
		}
	}
}

// pass lets time go by and sends what is due.
func (w *town) pass(d time.Duration) {
	w.t.Helper()
	for until := w.now.Add(d); ; {
		refs, _, err := w.store.Due(w.t.Context(), until, "", 100)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(refs) == 0 {
			w.now = until
			return
		}
		if refs[0].Next.After(w.now) {
			w.now = refs[0].Next
		}
		if _, err := w.engine.Deliver(w.t.Context(), w.now, refs[:1]); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) journey(id followup.JourneyID) followup.Journey {
	w.t.Helper()
	js, err := w.store.Journeys(w.t.Context(), []followup.JourneyID{id})
	if err != nil {
		w.t.Fatal(err)
	}
	return js[0]
}

func (w *town) contact(id followup.JourneyID) followup.Contact {
	w.t.Helper()
	cs, err := w.store.Contacts(w.t.Context(), []followup.ContactID{w.journey(id).Head.Contact})
	if err != nil {
		w.t.Fatal(err)
	}
	return cs[0]
}

// answerPath is the link of the check-in of an order.
func (w *town) answerPath(id followup.JourneyID) string {
	return "/a/" + w.signer.Token(link.Answer, string(followup.NewFollowUpID(id, "check-in", "", "1")), w.now.Add(48*time.Hour))
}

func (w *town) stopPath(id followup.JourneyID, class followup.Class) string {
	subject := string(class) + "|" + string(w.journey(id).Head.Contact) + "|" + string(id)
	return "/u/" + w.signer.Token(link.Unsubscribe, subject, w.now.Add(48*time.Hour))
}

// dump writes everything that is stored.
func (w *town) dump() string {
	w.t.Helper()
	ids, _, err := w.store.Find(w.t.Context(), followup.Query{All: true}, "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	js, err := w.store.Journeys(w.t.Context(), ids)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []any
	for _, j := range js {
		events, _, err := w.store.Events(w.t.Context(), j.ID, "", 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		c := w.contact(j.ID)
		all = append(all, j, events, c, c.Version)
		for _, row := range j.Rows {
			all = append(all, row.Version)
		}
	}
	waiting, _, err := w.store.Waiting(w.t.Context(), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := json.Marshal(append(all, waiting))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(out)
}

// hrefs returns the local addresses a page leads to.
func hrefs(page string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?:href|src|action)="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		out = append(out, strings.ReplaceAll(m[1], "&amp;", "&"))
	}
	return out
}

// must fails when the page lacks one of the texts.
func must(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q:\n%s", s, body(page))
		}
	}
}

func mustNot(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(page, s) {
			t.Errorf("the page has %q:\n%s", s, body(page))
		}
	}
}

// body cuts the style sheet away.
func body(page string) string {
	if i := strings.Index(page, "<body>"); i >= 0 {
		return page[i:]
	}
	return page
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
