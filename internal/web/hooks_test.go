package web_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/events"
	"aftersales/internal/followup"
	"aftersales/internal/web"
)

func problemOf(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	if kind := rec.Header().Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("content type %q, want a problem: %s", kind, rec.Body)
	}
	var p map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p["status"] != float64(rec.Code) || p["title"] == "" || p["type"] == "" || p["detail"] == "" || p["mend"] == nil {
		t.Errorf("problem %v of status %d lacks something", p, rec.Code)
	}
	return p
}

func TestHookStatus(t *testing.T) {
	good := orderBody("1001", "Anna", 1, "Laundry")
	for _, tc := range []struct {
		name   string
		path   string
		body   string
		change func(*http.Request)
		status int
		kind   string
	}{
		{name: "stored", body: good, status: 202},
		{name: "unknown source", path: "/hooks/magento/main", body: good, status: 404, kind: "unknown-address"},
		{name: "unknown shop", path: "/hooks/generic/other", body: good, status: 404, kind: "unknown-address"},
		{name: "source without secret", path: "/hooks/shopify/main", body: good, status: 404, kind: "unknown-address"},
		{name: "no such path", path: "/hooks/generic", body: good, status: 404, kind: "unknown-address"},
		{name: "bad signature", body: good, change: func(r *http.Request) { r.Header.Set("webhook-signature", "v1,AAAA") }, status: 401, kind: "signature"},
		{name: "no signature", body: good, change: func(r *http.Request) { r.Header.Del("webhook-signature") }, status: 401, kind: "signature"},
		{name: "not JSON", body: "{", status: 422, kind: "malformed"},
		{name: "wrong type", body: strings.Replace(good, `"quantity":1`, `"quantity":"many"`, 1), status: 422, kind: "wrong-type"},
		{name: "unknown event", body: strings.Replace(good, "order.created", "order.sung", 1), status: 422, kind: "unknown-type"},
		{name: "over 1 MiB", body: strings.Repeat("x", 1<<20+1), status: 413, kind: "too-large"},
		{name: "over 1 MiB, length unknown", body: strings.Repeat("x", 1<<20+1), change: func(r *http.Request) { r.ContentLength = -1 }, status: 413, kind: "too-large"},
		{name: "GET", body: "", change: func(r *http.Request) { r.Method = http.MethodGet }, status: 405, kind: "method"},
		{name: "PUT", body: good, change: func(r *http.Request) { r.Method = http.MethodPut }, status: 405, kind: "method"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newTown(t)
			path := tc.path
			if path == "" {
				path = "/hooks/generic/main"
			}
			r := signed(path, []byte(tc.body), machine)
			if tc.change != nil {
				tc.change(r)
			}
			rec := w.do(w.public, r)
			if rec.Code != tc.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, tc.status, rec.Body)
			}
			if tc.status == 405 && rec.Header().Get("Allow") != "POST" {
				t.Errorf("Allow is %q", rec.Header().Get("Allow"))
			}
			if tc.kind == "" {
				if w.wakes.Load() != 1 || w.store.count() != 1 {
					t.Errorf("%d wakes, %d writes; want one each", w.wakes.Load(), w.store.count())
				}
				return
			}
			if w.store.count() != 0 || w.wakes.Load() != 0 {
				t.Error("a refused body was stored")
			}
			if p := problemOf(t, rec); p["type"] != "urn:problem:aftersales:"+tc.kind {
				t.Errorf("type %v, want %s", p["type"], tc.kind)
			}
		})
	}
}

func TestHookAgainAndAltered(t *testing.T) {
	w := newTown(t)
	first := orderBody("1001", "Anna Berg", 1, "Laundry")
	if rec := w.post(first); rec.Code != 202 {
		t.Fatalf("first: %d", rec.Code)
	}
	if rec := w.post(first); rec.Code != 200 {
		t.Errorf("again: %d, want 200", rec.Code)
	}
	if w.wakes.Load() != 2 {
		t.Errorf("%d wakes, want 2: a body seen before is queued again", w.wakes.Load())
	}
	rec := w.post(strings.Replace(first, "649.00", "650.00", 1))
	if rec.Code != 409 {
		t.Fatalf("altered: %d, want 409", rec.Code)
	}
	problemOf(t, rec)
	if w.wakes.Load() != 2 {
		t.Error("a conflicting body woke the loop")
	}
	if strings.Contains(w.logs.String(), "Berg") || strings.Contains(w.logs.String(), "@") {
		t.Errorf("the log names the customer:\n%s", w.logs)
	}
}

// TestHookAge holds that the age of a signature is judged by the machine's
// clock: the product's stands years before it.
func TestHookAge(t *testing.T) {
	w := newTown(t)
	body := []byte(orderBody("1001", "Anna", 1, "Laundry"))
	for at, want := range map[time.Time]int{machine: 202, machine.Add(-6 * time.Minute): 401, machine.Add(6 * time.Minute): 401, w.now: 401} {
		if rec := w.do(w.public, signed("/hooks/generic/main", body, at)); rec.Code != want && (want != 202 || rec.Code != 200) {
			t.Errorf("signed at %s: %d, want %d", at, rec.Code, want)
		}
	}
}

func TestHookStoreFails(t *testing.T) {
	w := newTown(t)
	w.store.fail = errors.New("disk full")
	rec := w.post(orderBody("1001", "Anna", 1, "Laundry"))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", rec.Code, rec.Header().Get("Retry-After"))
	}
	problemOf(t, rec)
	if w.wakes.Load() != 0 {
		t.Error("woke the loop for nothing")
	}
}

func TestHookOverloaded(t *testing.T) {
	w := newTown(t, func(_ *town, c *web.PublicConfig, _ *web.OperatorConfig) { c.Hooks = 2 })
	w.store.hold = make(chan struct{})
	codes := make(chan int, 3)
	server := httptest.NewServer(w.public)
	defer server.Close()
	post := func(id string) {
		r := signed("/hooks/generic/main", []byte(orderBody(id, "Anna", 1, "Laundry")), machine)
		out, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/hooks/generic/main", r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		out.Header = r.Header
		resp, err := http.DefaultClient.Do(out)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode == 429 && resp.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		codes <- resp.StatusCode
	}
	for _, id := range []string{"1", "2", "3"} {
		go post(id)
	}
	if code := <-codes; code != 429 { // two are held, so only the third can answer
		t.Errorf("third at once: %d, want 429", code)
	}
	close(w.store.hold)
	for range 2 {
		if code := <-codes; code != 202 {
			t.Errorf("held one: %d, want 202", code)
		}
	}
}

// TestHookSlow holds that a sender who dawdles gives up the slot.
func TestHookSlow(t *testing.T) {
	w := newTown(t, func(_ *town, c *web.PublicConfig, _ *web.OperatorConfig) {
		c.BodyTime, c.RealNow = 50*time.Millisecond, time.Now
	})
	server := httptest.NewServer(w.public)
	defer server.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /hooks/generic/main HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) {
		t.Errorf("got %q, %v; want 408", answer, err)
	}
}

func TestHealth(t *testing.T) {
	w := newTown(t)
	rec := w.get(w.public, "/healthz")
	if rec.Code != 200 || strings.TrimSpace(rec.Body.String()) != `{"status":"ok","version":"1.2.3"}` {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	ill := newTown(t, func(_ *town, c *web.PublicConfig, _ *web.OperatorConfig) {
		c.Health = func(context.Context) error { return errors.New("the disk is full") }
	})
	rec = ill.get(ill.public, "/healthz")
	if rec.Code != 503 || !strings.Contains(rec.Body.String(), "the disk is full") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// TestHookShopify holds what the inbox keeps of a body whose topic a header tells.
func TestHookShopify(t *testing.T) {
	w := newTown(t)
	w.shopify = true
	body, err := events.Files.ReadFile("shopify/order_1073459966_guest.json")
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	post := func(sum []byte) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/hooks/shopify/main", bytes.NewReader(body))
		r.Header.Set("X-Shopify-Topic", "orders/create")
		r.Header.Set("X-Shopify-Event-Id", "e-1")
		r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(sum))
		return w.do(w.public, r)
	}
	for _, want := range []int{202, 200} {
		if rec := post(mac.Sum(nil)); rec.Code != want {
			t.Fatalf("status %d, want %d: %s", rec.Code, want, rec.Body)
		}
	}
	if rec := post(make([]byte, sha256.Size)); rec.Code != 401 {
		t.Errorf("altered: %d, want 401", rec.Code)
	}
	in, _, err := w.store.Waiting(t.Context(), "", 10)
	if err != nil || len(in) != 1 {
		t.Fatalf("%d bodies wait, %v; want one", len(in), err)
	}
	want := followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: "orders/create|e-1"}, Topic: "orders/create",
		Hash: fmt.Sprintf("%x", sha256.Sum256(append([]byte("orders/create\n"), body...))), Body: body, At: start,
	}
	if diff := cmp.Diff(want, in[0]); diff != "" {
		t.Error(diff)
	}
}
