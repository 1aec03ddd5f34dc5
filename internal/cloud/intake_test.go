package cloud_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	bodies "aftersales/events"
	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// post is a request as the HTTP API hands it on.
func post(path string, head map[string]string, body []byte, coded bool) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RawPath: path, Headers: head, Body: string(body)}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = http.MethodPost, "192.0.2.1"
	e.RequestContext.DomainName, e.RequestContext.Stage = "api.example", "$default"
	if coded {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// signed is a webhook of the generic source, signed now: ages of signatures are
// judged by the machine's clock.
func signed(body []byte, secret string) events.APIGatewayV2HTTPRequest {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("msg_1." + stamp + "."))
	mac.Write(body)
	return post("/hooks/generic/main", map[string]string{
		"content-type": "application/json", "webhook-id": "msg_1", "webhook-timestamp": stamp,
		"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}, body, false)
}

func shopify(body []byte, secret string, coded bool) events.APIGatewayV2HTTPRequest {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return post("/hooks/shopify/main", map[string]string{
		"content-type": "application/json", "x-shopify-topic": "orders/create", "x-shopify-event-id": "ev1",
		"x-shopify-hmac-sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}, body, coded)
}

func (s *stack) intake(e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	s.t.Helper()
	out, err := s.form(config.Intake).Intake(s.t.Context(), e)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestIntakeStoresThenQueuesThenAnswers(t *testing.T) {
	s := newStack(t)
	order := bought("1000", s.Now())
	if out := s.intake(signed(order, genericSecret)); out.StatusCode != http.StatusAccepted {
		t.Fatalf("answered %d %s", out.StatusCode, out.Body)
	}
	want := `{"inbox":{"shop":"main","source":"generic","key":"shop/main|1000-created"}}`
	if got := s.enroll.Bodies(); len(got) != 1 || string(got[0]) != want {
		t.Fatalf("queued %s, want %s", got, want)
	}
	if out := s.intake(signed(order, genericSecret)); out.StatusCode != http.StatusOK || s.enroll.Len() != 2 {
		t.Errorf("the same again: %d, %d messages; want 200, and queued again", out.StatusCode, s.enroll.Len())
	}
	other := []byte(strings.Replace(string(order), "649.00", "650.00", 1))
	if out := s.intake(signed(other, genericSecret)); out.StatusCode != http.StatusConflict || s.enroll.Len() != 2 {
		t.Errorf("another body under the same key: %d, %d messages", out.StatusCode, s.enroll.Len())
	}
	s.work()
	if s.journey("1000").Version == 0 {
		t.Error("the order was not enrolled")
	}
}

func TestIntakeTakesCodedBodies(t *testing.T) {
	s := newStack(t)
	body, err := bodies.Files.ReadFile("shopify/order_1073459966_guest.json")
	if err != nil {
		t.Fatal(err)
	}
	if out := s.intake(shopify(body, shopifySecret, true)); out.StatusCode != http.StatusAccepted {
		t.Fatalf("answered %d %s", out.StatusCode, out.Body)
	}
	e := shopify(body, shopifySecret, true)
	e.Body = "%%%"
	if out := s.intake(e); out.StatusCode != http.StatusBadRequest {
		t.Errorf("a body that is not base64: %d", out.StatusCode)
	}
}

// broken is a queue that takes nothing.
type broken struct{}

func (broken) Send(context.Context, []queue.Message) error { return errors.New("no queue today") }

// What is stored but not queued is not answered with success: its sender comes again.
func TestIntakeDoesNotAnswerBeforeItQueued(t *testing.T) {
	s := newStack(t)
	parts := s.parts(config.Intake)
	parts.EnrollQueue = broken{}
	out, err := cloud.New(parts).Intake(t.Context(), signed(bought("1000", s.Now()), genericSecret))
	if err != nil || out.StatusCode != http.StatusServiceUnavailable || out.Headers["Retry-After"] == "" {
		t.Errorf("answered %d %v, want 503 with Retry-After", out.StatusCode, out.Headers)
	}
}

func TestMissingSecretIsNoWrongSignature(t *testing.T) {
	for _, name := range []string{"AFTERSALES_GENERIC_SECRET_MAIN", "AFTERSALES_LINK_KEY", "AFTERSALES_CONTACT_KEY"} {
		s := newStack(t)
		delete(s.secrets.values, name)
		out := s.intake(signed(bought("1000", s.Now()), genericSecret))
		if out.StatusCode != http.StatusServiceUnavailable || out.Headers["Retry-After"] == "" {
			t.Errorf("without %s: %d %s", name, out.StatusCode, out.Body)
		}
		if !strings.Contains(s.metrics.text(), `"SecretMissing":1`) || !strings.Contains(s.logs.text(), name) {
			t.Errorf("without %s: metric %q, log %q", name, s.metrics.text(), s.logs.text())
		}
		if strings.Contains(out.Body, name) {
			t.Errorf("the answer tells the sender of %s", name)
		}
	}
	s := newStack(t)
	s.secrets.err = errors.New("access denied")
	if out := s.intake(signed(bought("1000", s.Now()), genericSecret)); out.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("parameters that cannot be read: %d", out.StatusCode)
	}
	s = newStack(t)
	for path, want := range map[string]int{"/hooks/generic/other": 404, "/hooks/nobody/main": 404, "/hooks/": 404, "/nothing": 404} {
		e := signed(bought("1000", s.Now()), genericSecret)
		e.RawPath = path
		if out := s.intake(e); out.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, out.StatusCode, want)
		}
	}
}

func TestAWrongSignatureReadsTheSecretAnewOnceAMinute(t *testing.T) {
	s := newStack(t)
	fresh := "another secret of thirty-two bytes"
	s.secrets.after = map[string]string{"AFTERSALES_GENERIC_SECRET_MAIN": "whsec_" + base64.StdEncoding.EncodeToString([]byte(fresh))}
	order := bought("1000", s.Now())
	if out := s.intake(signed(order, fresh)); out.StatusCode != http.StatusAccepted {
		t.Errorf("signed with the secret that was set a moment ago: %d %s", out.StatusCode, out.Body)
	}
	if out := s.intake(signed(order, "wrong")); out.StatusCode != http.StatusUnauthorized || len(s.secrets.refreshed) != 2 {
		t.Errorf("a wrong signature: %d, read anew %d times", out.StatusCode, len(s.secrets.refreshed))
	}
}

func TestBothSecretsOfAnExchangeSign(t *testing.T) {
	s := newStack(t)
	s.secrets.values["AFTERSALES_GENERIC_SECRET_MAIN_NEXT"] = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the next secret of the shop"))
	for i, secret := range []string{genericSecret, "the next secret of the shop"} {
		if out := s.intake(signed(bought(strconv.Itoa(1000+i), s.Now()), secret)); out.StatusCode != http.StatusAccepted {
			t.Errorf("secret %d: %d %s", i, out.StatusCode, out.Body)
		}
	}
}

func TestEventsOfABusEnterByTheSameInbox(t *testing.T) {
	guest, err := bodies.Files.ReadFile("shopify/order_1073459966_guest.json")
	if err != nil {
		t.Fatal(err)
	}
	partner := func(metadata object) string {
		return event(t, object{
			"version": "0", "id": "b1", "source": "aws.partner/shopify.com/4711/main", "detail-type": "shopifyWebhook", "time": "2026-03-02T08:00:00Z",
			"detail": object{"payload": json.RawMessage(guest), "metadata": metadata},
		})
	}
	whole := bought("1000", noon)
	var data object
	if err := json.Unmarshal(bought("1001", noon), &data); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ event, order, key string }{
		"shopify":                {partner(object{"X-Shopify-Topic": "orders/create", "X-Shopify-Event-Id": "ev1", "Content-Type": "application/json"}), "1073459966", "shopify|orders/create|ev1"},
		"shopify, lower case":    {partner(object{"shopify-topic": "orders/create", "shopify-webhook-id": "w1", "x": 7}), "1073459966", "shopify|orders/create|w1"},
		"shopify without ids":    {partner(object{"X-Shopify-Topic": "orders/create"}), "1073459966", "shopify|orders/create|b1"},
		"a whole CloudEvent":     {event(t, object{"source": "aftersales", "detail-type": "order.created", "id": "b2", "time": noon, "detail": json.RawMessage(whole)}), "1000", "generic|shop/main|1000-created"},
		"the data of one":        {event(t, object{"source": "aftersales", "detail-type": "order.created", "id": "b3", "time": noon, "detail": data["data"]}), "1001", "generic|aftersales|b3"},
		"with the shop it is of": {event(t, object{"source": "aftersales", "detail-type": "order.paid", "id": "b4", "time": noon, "detail": object{"shop": "main", "order": object{"id": "1002"}}}), "1002", "generic|aftersales|b4"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			if err := s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(c.event)}, {Body: []byte(c.event)}}); err != nil {
				t.Fatal(err)
			}
			s.work()
			if s.journey(c.order).Version == 0 || s.enroll.Len() != 0 {
				t.Fatalf("not enrolled; log %s", s.logs.text())
			}
			source, key, _ := strings.Cut(c.key, "|")
			in, err := s.store.Incoming(t.Context(), followup.InboxKey{Shop: "main", Source: source, Key: key})
			if err != nil || in.Hash == "" {
				t.Errorf("the inbox under %s: %v", c.key, err)
			}
		})
	}
}

// An event by webhook and the same one by bus are one.
func TestWebhookAndBusAreOneEvent(t *testing.T) {
	s := newStack(t)
	guest, err := bodies.Files.ReadFile("shopify/order_1073459966_guest.json")
	if err != nil {
		t.Fatal(err)
	}
	var compact object
	if err := json.Unmarshal(guest, &compact); err != nil {
		t.Fatal(err)
	}
	if out := s.intake(shopify(guest, shopifySecret, false)); out.StatusCode != http.StatusAccepted {
		t.Fatal(out.Body)
	}
	e := event(t, object{"source": "aws.partner/shopify.com/1/x", "detail-type": "shopifyWebhook", "id": "b", "detail": object{
		"payload": compact, "metadata": object{"X-Shopify-Topic": "orders/create", "X-Shopify-Event-Id": "ev1"},
	}})
	if err := s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(e)}}); err != nil {
		t.Fatal(err)
	}
	s.work()
	if n := s.journey("1073459966").Head.Seen; n == 0 || s.enroll.Len() > 1 {
		t.Errorf("%d events, %d messages left", n, s.enroll.Len())
	}
}
