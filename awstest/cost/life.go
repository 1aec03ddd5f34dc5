package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	aws "github.com/aws/aws-lambda-go/events"

	"aftersales/events"
	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/ses/tag"
)

type handler = func(context.Context, cloud.QueueEvent) (aws.SQSEventResponse, error)

// webhooks are the four of an order, and how long after it each comes.
var webhooks = []struct {
	topic, file string
	after       time.Duration
}{
	{"orders/create", "shopify/order_450789469_phone_changed.json", 0},
	{"orders/paid", "shopify/order_450789469_phone_changed.json", time.Minute},
	{"fulfillments/create", "shopify/fulfillment_255858046.json", 30 * time.Hour},
	{"fulfillment_events/create", "shopify-made/fulfillment_event_delivered.json", 76 * time.Hour},
}

// family is the order of those bodies, and its fulfillment.
const (
	family = "450789469"
	parcel = "255858046"
)

// hook is a webhook of order n as Shopify posts it at a time: without spaces,
// slashes escaped. Of what happened to the examples nothing has happened yet.
func hook(n, which int, at time.Time) ([]byte, error) {
	body, err := example(n, webhooks[which].file)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"created_at", "updated_at", "processed_at", "happened_at"} {
		if body[name] != nil {
			body[name] = at.Format(time.RFC3339)
		}
	}
	switch topic := webhooks[which].topic; {
	case strings.HasPrefix(topic, "orders/"):
		body["refunds"], body["fulfillments"] = []any{}, []any{}
		body["financial_status"] = strings.TrimPrefix(strings.Replace(topic, "create", "pending", 1), "orders/")
		err = whole(body)
	case topic == "fulfillments/create": // everything, in one parcel
		order, failed := example(n, webhooks[0].file)
		body["status"], body["line_items"], err = "success", order["line_items"], failed
	}
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(body)
	return bytes.ReplaceAll(out, []byte("/"), []byte(`\/`)), err
}

// example reads a body of the family, its ids and customer those of order n.
func example(n int, file string) (body map[string]any, err error) {
	text, err := fs.ReadFile(events.Files, file)
	if err != nil {
		return nil, err
	}
	order := strconv.Itoa(5_000_000_000_000 + n)
	text = []byte(strings.NewReplacer(
		family, order, `"fulfillment_id": 1069019871`, `"fulfillment_id": 7`+order, parcel, "7"+order, "bob.norman", "bob.norman"+strconv.Itoa(n),
	).Replace(string(text)))
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&body)
	return body, err
}

// whole takes back what left the lines of an order.
func whole(body map[string]any) error {
	lines, ok := body["line_items"].([]any)
	for _, l := range lines {
		line, is := l.(map[string]any)
		if ok = ok && is; is {
			line["current_quantity"], line["fulfillable_quantity"], line["fulfillment_status"] = line["quantity"], line["quantity"], nil
		}
	}
	if !ok {
		return errors.New("the example has no lines")
	}
	return nil
}

// receive posts a webhook and enrolls what it brings.
func (w *world) receive(ctx context.Context, p *phases, n, which int) error {
	body, err := hook(n, which, w.now)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	e := request(http.MethodPost, "/hooks/shopify/main", string(body))
	e.Headers["x-shopify-topic"], e.Headers["x-shopify-event-id"] = webhooks[which].topic, fmt.Sprintf("00000000-0000-4000-8000-%08d%04d", n, which)
	e.Headers["x-shopify-hmac-sha256"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	err = w.invoke(&p.intake, 1, func() error {
		out, err := w.forms[config.Intake].Intake(ctx, e)
		if err == nil && out.StatusCode != http.StatusAccepted {
			err = fmt.Errorf("%s was answered %d: %s", webhooks[which].topic, out.StatusCode, out.Body)
		}
		return err
	})
	if err != nil {
		return err
	}
	p.bytes += len(body)
	for {
		if n, err := w.batch(ctx, &p.enroll, w.enroll, 1, w.forms[config.Enroll].Enroll); err != nil || n == 0 {
			return err
		}
	}
}

func request(method, path, body string) aws.APIGatewayV2HTTPRequest {
	e := aws.APIGatewayV2HTTPRequest{RawPath: path, Headers: map[string]string{"content-type": "application/json"}, Body: body}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP, e.RequestContext.DomainName = method, "192.0.2.1", "shop.example"
	return e
}

// send lets all that waits go out, each at its time: minutes in which nothing is
// due are left out.
func (w *world) send(ctx context.Context, p *phases) error {
	for {
		at, some, err := w.first(ctx)
		if err != nil || !some {
			return err
		}
		if early := at.Add(-time.Minute); early.After(w.now) {
			w.now = early
		}
		if err := w.sweep(ctx, &p.sweep); err != nil {
			return err
		}
		for end := w.now.Add(time.Minute); w.now.Before(end); w.now = w.now.Add(time.Second) {
			if _, err := w.batch(ctx, &p.deliver, w.deliver, 10, w.forms[config.Deliver].Deliver); err != nil {
				return err
			}
		}
	}
}

// report tells what SES says of every mail, in batches.
func (w *world) report(ctx context.Context, p *phases, limit int) error {
	var e cloud.QueueEvent
	for i := range w.mail.sent {
		m := &w.mail.sent[i]
		for _, kind := range []string{"Send", "Delivery"} {
			body, err := reported(m, kind, w.now)
			if err != nil {
				return err
			}
			e.Records = append(e.Records, record(fmt.Sprintf("%d-%s", i, kind), body))
		}
	}
	for len(e.Records) > 0 {
		n := min(limit, len(e.Records))
		if err := w.hand(ctx, &p.outcome, cloud.QueueEvent{Records: e.Records[:n]}, w.forms[config.Outcome].Outcome); err != nil {
			return err
		}
		e.Records = e.Records[n:]
	}
	return nil
}

// reported is an event of SES about a mail, as EventBridge delivers it.
func reported(m *mail, kind string, at time.Time) (string, error) {
	tags, err := tag.Write(m.FollowUp, m.Attempt)
	if err != nil {
		return "", err
	}
	named := map[string][]string{}
	for _, t := range tags {
		named[t.Name] = []string{t.Value}
	}
	detail := map[string]any{
		"eventType":           kind,
		"mail":                map[string]any{"timestamp": at, "messageId": "0100" + m.Attempt, "destination": []string{m.To.Mail}, "tags": named},
		strings.ToLower(kind): map[string]any{"timestamp": at, "recipients": []string{m.To.Mail}},
	}
	text, err := json.Marshal(map[string]any{"source": "aws.ses", "detail-type": "Email " + kind, "detail": detail})
	return string(text), err
}

// link finds the answer page in a mail.
var link = regexp.MustCompile(`https://shop\.example(/a/[^\s)>\]"]+)`)

// answer lets every customer open the page of one mail and say that all works.
func (w *world) answer(ctx context.Context, p *phases) error {
	answered := map[followup.JourneyID]bool{}
	for i := range w.mail.sent {
		m := &w.mail.sent[i]
		found := link.FindStringSubmatch(m.Text)
		if answered[m.FollowUp.Journey()] || found == nil {
			continue
		}
		answered[m.FollowUp.Journey()], w.now = true, m.at.Add(time.Hour)
		if err := w.click(ctx, p, found[1]); err != nil {
			return err
		}
	}
	if p.pages.calls == 0 {
		return errors.New("no mail asks anything")
	}
	return nil
}

// click opens an answer page and answers.
func (w *world) click(ctx context.Context, p *phases, path string) error {
	path, _, _ = strings.Cut(path, "?")
	post := request(http.MethodPost, path, url.Values{"answer": {"works"}, "unit": {"all"}}.Encode())
	post.Headers["content-type"] = "application/x-www-form-urlencoded"
	for _, e := range []aws.APIGatewayV2HTTPRequest{request(http.MethodGet, path, ""), post} {
		err := w.invoke(&p.pages, 1, func() error {
			out, err := w.pages.Handle(ctx, e)
			if err == nil && out.StatusCode >= http.StatusBadRequest {
				err = fmt.Errorf("the answer page: %d: %.200s", out.StatusCode, out.Body)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
