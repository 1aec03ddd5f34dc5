package source_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"aftersales/internal/source"
)

func request(body string, headers ...string) source.Request {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return source.Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestShopifyKey(t *testing.T) {
	const topic = "X-Shopify-Topic"
	for _, c := range []struct {
		headers    []string
		key, topic string
	}{
		{[]string{topic, "orders/create", "X-Shopify-Event-Id", "e1", "X-Shopify-Webhook-Id", "w1"}, "orders/create|e1", "orders/create"},
		{[]string{topic, "orders/create", "X-Shopify-Event-Id", "e1", "X-Shopify-Webhook-Id", "w2"}, "orders/create|e1", "orders/create"}, // trap 7
		{[]string{topic, "Orders/Paid", "X-Shopify-Webhook-Id", "w1"}, "orders/paid|w1", "orders/paid"},
		{[]string{"X-Shopify-Webhook-Id", "w1"}, "|w1", ""},
	} {
		key, got, err := lookup(t, "shopify").Key(request("{}", c.headers...))
		if err != nil || key != c.key || got != c.topic {
			t.Errorf("%v = %q, %q, %v, want %q, %q", c.headers, key, got, err, c.key, c.topic)
		}
	}
	a, _, _ := lookup(t, "shopify").Key(request("{}", topic, "orders/create"))
	b, _, _ := lookup(t, "shopify").Key(request("{ }", topic, "orders/create"))
	if a == b || !strings.HasPrefix(a, "orders/create|") {
		t.Errorf("without ids the body names itself: %q, %q", a, b)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	for _, r := range []source.Request{
		request("{}", "X-Shopify-Topic", "products/create", "X-Shopify-Webhook-Id", "w"),
		request("{}", "X-Shopify-Topic", "orders/create", "X-Shopify-Webhook-Id", strings.Repeat("w", 201)),
	} {
		_, _, err := lookup(t, "shopify").Key(r)
		if f, ok := errors.AsType[*source.Fault](err); !ok || f.Status != 422 {
			t.Errorf("%v: %v", r.Header, err)
		}
	}
	_, _, err := lookup(t, "shopify").Key(request("{}", "X-Shopify-Topic", "products/create"))
	if !strings.Contains(err.Error(), "orders/create, orders/paid") {
		t.Errorf("an unknown topic must be told what is understood: %v", err)
	}
}

func TestGenericKey(t *testing.T) {
	key, topic, err := lookup(t, "generic").Key(request(string(body(t, "generic/order.created.json")), "webhook-id", "msg_7"))
	if err != nil || key != "shop/main|ord-1001-created" || topic != "" {
		t.Errorf("got %q, %q, %v", key, topic, err)
	}
	for _, b := range []string{`{}`, `[]`, `{"specversion":"0.3"}`, `{"specversion":"1.0","id":"1","source":"s"}`, `x`} {
		_, _, err := lookup(t, "generic").Key(request(b))
		if f, ok := errors.AsType[*source.Fault](err); !ok || f.Status != 422 {
			t.Errorf("%s: %v", b, err)
		}
	}
}

// Source and id of an event name it together, whatever stands in them.
func TestGenericKeysApart(t *testing.T) {
	seen := map[string]string{}
	for _, pair := range [][2]string{{"a", "b|c"}, {"a|b", "c"}, {"a%7Cb", "c"}, {"a#b", "c"}, {"a", "b#c"}, {"a/b", ".."}} {
		body := `{"specversion":"1.0","id":"` + pair[1] + `","source":"` + pair[0] + `","type":"order.paid","time":"2026-03-05T11:42:00Z","data":{"order":{"id":"1"}}}`
		key, _, err := lookup(t, "generic").Key(request(body))
		if err != nil || seen[key] != "" {
			t.Errorf("%q has the key %s of %s, %v", pair, key, seen[key], err)
		}
		seen[key] = pair[0] + " and " + pair[1]
	}
}
