package local_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
	"aftersales/plans"
)

// TestMain runs the tests, or what a test wants to see in a process of its own.
func TestMain(m *testing.M) {
	if what := os.Getenv(childWhat); what != "" {
		os.Exit(child(what))
	}
	goleak.VerifyTestMain(m)
}

const (
	genericKey = "0123456789 generic secret 0123456789"
	shopifyKey = "shopify client secret"
)

type object = map[string]any

// settings is a shop in Berlin with the mailbox, its data in dir.
func settings(dir string) *config.Config {
	shop := config.Default("main")
	shop.Name, shop.Sender, shop.Phone = "Nordlight Home", "care@nordlight.example", "+493012345678"
	shop.Address, shop.Country, shop.Zone = "Lindenstraße 4, 10969 Berlin", "DE", "Europe/Berlin"
	shop.PublicURL = "https://nordlight.example"
	return &config.Config{
		Business: "test", Data: dir, Shops: []followup.Shop{shop},
		Email: config.Email{Channel: config.Mailbox, Concurrency: 8},
		Hooks: map[followup.ShopID]map[string][]config.Secret{"main": {
			"generic": {config.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(genericKey)))},
			"shopify": {config.NewSecret(shopifyKey)},
		}},
	}
}

// options opens dir with the plans that come with the product.
func options(dir string) local.Options {
	return local.Options{Config: settings(dir), Paths: local.Inputs{Plans: plans.Files(), Catalogue: plans.Products()}}
}

// open makes an App that is closed with the test.
func open(t testing.TB, o local.Options) *local.App {
	t.Helper()
	if o.Log == nil && os.Getenv("AFTERSALES_TEST_LOG") != "" {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	a, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// run starts the loop; stop ends it and waits until it has.
func run(t testing.TB, l *local.Loop) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the loop ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// body is a generic event. Its id names order and what happened.
func body(kind, order, id string, at time.Time, data object) []byte {
	text, err := json.Marshal(object{
		"specversion": "1.0", "id": order + "-" + id, "source": "shop/main", "type": kind,
		"time": at.UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		panic(err)
	}
	return text
}

// bought is an order of one article by the customer of that number.
func bought(order string, at time.Time, sku, customer, country, zone string, more object) []byte {
	who := object{
		"id": customer, "name": "Anna Berg", "first_name": "Anna", "email": "anna" + customer + "@example.com",
		"phone": "+4930" + fmt.Sprintf("%07s", customer), "language": "en", "zone": zone,
	}
	maps.Copy(who, more)
	return body("order.created", order, "created", at, object{"order": object{
		"id": order, "number": "#" + order, "currency": "EUR", "total": "649.00", "test": false, "customer": who,
		"address": object{"country": country, "city": "Here"},
		"lines":   []object{{"id": "l1", "sku": sku, "name": "An article", "quantity": 1, "price": "649.00"}},
	}})
}

// happened is a later event of an order.
func happened(kind, order, id string, at time.Time, more object) []byte {
	data := object{"order": object{"id": order}}
	maps.Copy(data, more)
	return body(kind, order, id, at, data)
}

// incoming is a body as the inbox takes it.
func incoming(text []byte, at time.Time) followup.Incoming {
	var e struct{ ID, Source string }
	if err := json.Unmarshal(text, &e); err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append([]byte("\n"), text...))
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: e.Source + "|" + e.ID},
		Hash:     hex.EncodeToString(sum[:]), Body: text, At: at,
	}
}

// accept puts bodies into the inbox, as another process would.
func accept(t testing.TB, s *sqlite.Store, at time.Time, bodies ...[]byte) {
	t.Helper()
	in := make([]followup.Incoming, len(bodies))
	for i, b := range bodies {
		in[i] = incoming(b, at)
	}
	verdicts, err := s.Accept(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if v != followup.Accepted {
			t.Fatalf("body %d: %s", i, v)
		}
	}
}

// post signs and posts a generic event.
func post(h http.Handler, text []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hooks/generic/main", bytes.NewReader(text))
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(genericKey))
	fmt.Fprintf(mac, "msg_1.%s.%s", stamp, text)
	r.Header.Set("webhook-id", "msg_1")
	r.Header.Set("webhook-timestamp", stamp)
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// must posts events that are new.
func must(t testing.TB, h http.Handler, bodies ...[]byte) {
	t.Helper()
	for _, b := range bodies {
		if w := post(h, b); w.Code != http.StatusAccepted {
			t.Fatalf("post: %d %s", w.Code, w.Body)
		}
	}
}

// mails returns what the mailbox took, oldest first.
func mails(t testing.TB, s *sqlite.Store) []followup.Stored {
	t.Helper()
	out, _, err := s.Mail(t.Context(), 5000, "")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(out)
	return out
}

// journeys returns every journey.
func journeys(t testing.TB, s *sqlite.Store) []followup.Journey {
	t.Helper()
	ids, next, err := s.Find(t.Context(), followup.Query{All: true}, "", 5000)
	if err != nil || next != "" {
		t.Fatalf("find journeys: %v, more %q", err, next)
	}
	js, err := s.Journeys(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// journey returns the journey of an order.
func journey(t testing.TB, s *sqlite.Store, order string) *followup.Journey {
	t.Helper()
	js, err := s.Journeys(t.Context(), []followup.JourneyID{followup.NewJourneyID("main", order)})
	if err != nil {
		t.Fatal(err)
	}
	return &js[0]
}

// once reports mails of which more than one went out.
func once(t testing.TB, all []followup.Stored) map[followup.FollowUpID]followup.Stored {
	t.Helper()
	out := map[followup.FollowUpID]followup.Stored{}
	for _, m := range all {
		if first, ok := out[m.FollowUp]; ok {
			t.Errorf("%s went out twice, at %s and %s", m.FollowUp, first.At, m.At)
		}
		out[m.FollowUp] = m
	}
	return out
}

// drain does what can be done now.
func drain(t testing.TB, l *local.Loop) {
	t.Helper()
	if _, err := l.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// utc parses a moment such as 2026-03-05T09:00.
func utc(s string) time.Time {
	at, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return at
}
