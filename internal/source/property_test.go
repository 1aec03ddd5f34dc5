package source_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftersales/internal/followup"
	"aftersales/internal/source"
)

// delivery is one body with its topic.
type delivery struct {
	name, topic string
	body        []byte
}

// story is everything that may come in about order 450789469.
func story(t testing.TB) []delivery {
	t.Helper()
	var out []delivery
	for name, topics := range map[string][]string{
		"shopify/order_450789469_cancelled.json":          {"orders/cancelled", "orders/updated"},
		"shopify/order_450789469_cancelled_refunded.json": {"orders/cancelled", "orders/updated", "orders/paid"},
		"shopify/order_450789469_partially_refunded.json": {"orders/create", "orders/updated"},
		"shopify/order_450789469_phone_changed.json":      {"orders/updated", "orders/fulfilled"},
		"shopify/fulfillment_255858046.json":              {"fulfillments/update"},
		"shopify/fulfillment_created_partial.json":        {"fulfillments/create"},
		"shopify/fulfillment_created_tracking.json":       {"fulfillments/create", "fulfillments/update"},
		"shopify-made/fulfillment_event_delivered.json":   {"fulfillment_events/create"},
		"shopify/refund_509562969.json":                   {"refunds/create"},
		"shopify/refund_created_amount.json":              {"refunds/create"},
		"shopify-made/orders_edited_removal.json":         {"orders/edited"},
	} {
		for _, topic := range topics {
			out = append(out, delivery{name, topic, body(t, name)})
		}
	}
	return out
}

// Any order of arrival and any repetition of the deliveries gives the same facts.
func TestArrivalDoesNotMatter(t *testing.T) {
	all := story(t)
	var events []followup.Event
	for _, d := range all {
		events = append(events, translate(t, "shopify", d.topic, d.body).Events...)
	}
	want := followup.Fold(events)
	rapid.Check(t, func(rt *rapid.T) {
		var events []followup.Event
		for _, d := range append(rapid.Permutation(all).Draw(rt, "order"), rapid.SliceOf(rapid.SampledFrom(all)).Draw(rt, "again")...) {
			events = append(events, translate(t, "shopify", d.topic, d.body).Events...)
		}
		if d := cmp.Diff(want, followup.Fold(events)); d != "" {
			rt.Fatal(d)
		}
	})
}

// An id names one content: events of the same id are the same, whatever body
// they came with. The body they came with and personal data do not count.
func TestAnIDNamesOneContent(t *testing.T) {
	seen := map[string]followup.Event{}
	for _, d := range story(t) {
		for _, e := range translate(t, "shopify", d.topic, d.body).Events {
			e.Inbox = followup.InboxKey{}
			if old, ok := seen[e.ID]; ok {
				if diff := cmp.Diff(old, e); diff != "" {
					t.Errorf("%s:\n%s", e.ID, diff)
				}
			}
			seen[e.ID] = e
		}
	}
	base := statement(t, `"name": "#1"`)
	for _, more := range []string{
		`"name": "#2"`, `"name": "#1", "email": "a@example.com"`, `"name": "#1", "customer": {"first_name": "A"}`, `"name": "#1", "buyer_accepts_marketing": true`,
		`"name": "#1", "line_items": [{"id": 1, "quantity": 2}]`, `"name": "#1", "updated_at": "2026-03-02T09:15:01+01:00"`,
	} {
		if e := statement(t, more); e.ID == base.ID {
			t.Errorf("%s has the id of another statement of the same second", more)
		}
	}
	if e := statement(t, `"name": "#1", "note": "not read"`); e.ID != base.ID {
		t.Error("what is not read changes the id")
	}
	a, b := statement(t, `"name": "#1", "email": "a@example.com"`).ID, statement(t, `"name": "#1", "email": "b@example.com"`).ID
	if a == b || strings.Contains(a, "example") {
		t.Errorf("ids are %s and %s", a, b)
	}
}

func TestTranslateIsPure(t *testing.T) {
	for _, folder := range []string{"generic", "shopify", "shopify-made"} {
		for name, b := range bodies(t, folder) {
			src := strings.TrimSuffix(folder, "-made")
			before := string(b)
			x, errX := lookup(t, src).Translate(incoming(src, "", b), env())
			y, errY := lookup(t, src).Translate(incoming(src, "", b), env())
			if !reflect.DeepEqual(x, y) || fmt.Sprint(errX) != fmt.Sprint(errY) || string(b) != before {
				t.Errorf("%s: read twice, it says two things", name)
			}
		}
	}
}

// What holds of whatever is understood.
func checkTranslation(t testing.TB, name string, tr source.Translation, err error) {
	if err != nil {
		f, ok := errors.AsType[*source.Fault](err)
		if !ok || f.Status != 422 && f.Status != 413 || f.Kind == "" || f.Detail == "" || f.Mend == "" {
			t.Fatalf("%s: the error %v is no whole fault", name, err)
		}
		return
	}
	if len(tr.Events) == 0 && tr.Ignored == "" && len(tr.Erase) == 0 && !tr.EraseShop {
		t.Fatalf("%s: nothing follows, and nothing says why", name)
	}
	for _, e := range tr.Events {
		switch {
		case e.ID == "" || e.Source == "" || e.Order == "" || e.Shop != "main" || e.Time.IsZero() || e.Type == "":
			t.Fatalf("%s: half an event: %+v", name, e)
		case e.Time.Location().String() != "UTC":
			t.Fatalf("%s: time in %v", name, e.Time.Location())
		case strings.ContainsRune(e.Order, 0):
			t.Fatalf("%s: a zero byte in an id", name)
		}
		for _, l := range e.Lines {
			if l.ID == "" || l.Quantity < 0 || l.Quantity > 1_000_000 || l.Current != nil && (*l.Current < 0 || *l.Current > l.Quantity) {
				t.Fatalf("%s: line %+v", name, l)
			}
		}
	}
	followup.Fold(tr.Events)
}

func FuzzShopify(f *testing.F) {
	for _, folder := range []string{"shopify", "shopify-made"} {
		for name, b := range bodies(f, folder) {
			f.Add(source.Guess(b), b)
			if strings.Contains(name, "order_") {
				f.Add("orders/updated", b)
			}
		}
	}
	f.Add("orders/create", shopOrder(`"line_items": [{"id": 1, "quantity": 2, "properties": {"sn": "1,2"}}], "phone": "+1 (312) 345-6789 x1", "email": "a@bücher.example"`))
	s, _ := source.Lookup("shopify")
	f.Fuzz(func(t *testing.T, topic string, b []byte) {
		tr, err := s.Translate(incoming("shopify", topic, b), env())
		checkTranslation(t, topic, tr, err)
	})
}

func FuzzGeneric(f *testing.F) {
	for _, b := range bodies(f, "generic") {
		f.Add(b)
	}
	f.Add(cloud("order.updated", `{"order":{"id":"\ud83c\udf89","customer":{"phone":"tel:+1-201-555-0123;ext=1"}},"at":"2026-03-02 10:00:00"}`))
	s, _ := source.Lookup("generic")
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := s.Translate(incoming("generic", "", b), env())
		checkTranslation(t, "generic", tr, err)
		_, _, keyErr := s.Key(source.Request{Body: b})
		if err == nil && keyErr != nil {
			t.Fatalf("it is understood, but has no key: %v", keyErr)
		}
	})
}
