package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aftersales/internal/followup"
)

// The orders of the story. Their numbers are their ids; they are others at each run.
var (
	first     = number(1)
	byBus     = number(2)
	taken     = number(3) // cancelled
	called    = number(4) // its customer answers nothing, so a person has to call
	frozenOne = number(5)
	poisoned  = number(6)
)

var begun = time.Now()

// number is the number of the nth order of this run.
func number(n int) string { return strconv.FormatInt(begun.Unix()%1_000_000_000*100+int64(n), 10) }

func health(ctx context.Context, s *stack) (string, error) {
	err := until(ctx, patience, func() error {
		status, body, err := s.get(ctx, "/healthz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, body)
		}
		return err
	})
	return "200 through the API", err
}

func (s *stack) get(ctx context.Context, path string) (int, string, error) {
	out, err := s.answerOf(ctx, http.MethodGet, s.api+path, nil)
	if err != nil {
		return 0, "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return out.StatusCode, string(body), err
}

// customer is where the customer of an order is written to.
func customer(order string) string { return "c" + order + "@customer.example" }

// shopify is the body of orders/create.
func shopify(order string, at time.Time) []byte {
	body, _ := json.Marshal(map[string]any{
		"id": json.Number(order), "name": "#" + order, "email": customer(order), "currency": "EUR", "total_price": "49.00",
		"phone": "+3545551234", "created_at": at.UTC().Format(time.RFC3339), "updated_at": at.UTC().Format(time.RFC3339), "financial_status": "paid",
		"customer":         map[string]any{"id": json.Number(order), "first_name": "Anna", "email": customer(order)},
		"shipping_address": map[string]any{"country_code": "IS", "phone": "+3545551234"},
		"line_items":       []any{map[string]any{"id": json.Number(order + "1"), "sku": "KETTLE-1", "title": "Kettle", "quantity": 1, "price": "49.00"}},
	})
	return body
}

// post sends a webhook of Shopify's, signed as Shopify signs.
func (s *stack) post(ctx context.Context, topic, event string, body, signed []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.api+"/hooks/shopify/"+string(shop), strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	mac := hmac.New(sha256.New, []byte(output("ShopifySecret")))
	_, _ = mac.Write(signed) // a hash never fails
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Topic", topic)
	r.Header.Set("X-Shopify-Event-Id", event)
	r.Header.Set("X-Shopify-Webhook-Id", event+"-delivery")
	r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	out, err := s.web.Do(r)
	if err != nil {
		return 0, err
	}
	return out.StatusCode, out.Body.Close()
}

// buy posts an order that has to be taken.
func (s *stack) buy(ctx context.Context, order string, at time.Time) error {
	body := shopify(order, at)
	status, err := s.post(ctx, "orders/create", "created-"+order, body, body)
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("order %s: %d", order, status)
	}
	return err
}

func order(ctx context.Context, s *stack) (string, error) {
	body := shopify(first, time.Now())
	other := shopify(first, time.Now().Add(-time.Hour))
	for _, c := range []struct {
		what         string
		body, signed []byte
		want         int
	}{
		{"signed by nobody", body, other, http.StatusUnauthorized},
		{"signed", body, body, http.StatusAccepted},
		{"the same again", body, body, http.StatusOK},
		{"the same event with another body", other, other, http.StatusConflict},
	} {
		got, err := s.post(ctx, "orders/create", "created-"+first, c.body, c.signed)
		if err != nil {
			return "", err
		}
		if got != c.want {
			return "", fmt.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	return "401 forged, 202 stored, 200 again, 409 altered", nil
}

func enrolled(ctx context.Context, s *stack) (string, error) {
	if err := s.buy(ctx, called, time.Now()); err != nil {
		return "", err
	}
	var told string
	err := until(ctx, patience, func() error {
		j, err := s.journey(ctx, first)
		if err != nil {
			return err
		}
		var all []string
		for i := range j.Rows {
			all = append(all, j.Rows[i].Step+" "+string(j.Rows[i].State))
		}
		if told = strings.Join(all, ", "); len(all) != 4 {
			return fmt.Errorf("rows: %s", told)
		}
		return nil
	})
	return "inbox, queue, journey: " + told, err
}

// Our own producers put CloudEvents' data on the bus; the rule leads them to the same inbox.
func busOrder(ctx context.Context, s *stack) (string, error) {
	detail, _ := json.Marshal(map[string]any{"order": map[string]any{
		"id": byBus, "number": "#" + byBus, "currency": "EUR", "total": "49.00",
		"customer": map[string]any{"email": customer(byBus), "zone": "Atlantic/Reykjavik"},
		"lines":    []any{map[string]any{"id": "l1", "sku": "KETTLE-1", "name": "Kettle", "quantity": 1, "price": "49.00"}},
	}})
	out, err := s.events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(output("EventBus")), Source: aws.String("aftersales"), DetailType: aws.String("order.created"), Detail: aws.String(string(detail)),
	}}})
	if err != nil || out.FailedEntryCount > 0 {
		return "", fmt.Errorf("put event: %v %v", err, out)
	}
	return "rule, queue, inbox, journey", until(ctx, patience, func() error { _, err := s.journey(ctx, byBus); return err })
}

func cancelled(ctx context.Context, s *stack) (string, error) {
	if err := s.buy(ctx, taken, time.Now()); err != nil {
		return "", err
	}
	if _, err := s.reaches(ctx, patience, taken, "soon", followup.Planned); err != nil { // else there is nothing to cancel
		return "", err
	}
	body := shopify(taken, time.Now())
	var o map[string]any
	if err := json.Unmarshal(body, &o); err != nil {
		return "", err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	o["id"], o["cancelled_at"], o["updated_at"], o["cancel_reason"] = json.Number(taken), now, now, "customer"
	body, _ = json.Marshal(o)
	status, err := s.post(ctx, "orders/cancelled", "cancelled-"+taken, body, body)
	if err != nil || status != http.StatusAccepted {
		return "", fmt.Errorf("%d %v", status, err)
	}
	for _, step := range []string{"soon", "swept", "later"} {
		if _, err := s.reaches(ctx, patience, taken, step, followup.Voided); err != nil {
			return "", err
		}
	}
	return "nothing of it goes out", nil
}

func soon(ctx context.Context, s *stack) (string, error) {
	row, err := s.reaches(ctx, patience, first, "soon", followup.Sent)
	if err != nil {
		return "", err
	}
	mails := s.wire.to(customer(first))
	if len(mails) != 1 || mails[0].id != row.Provider {
		return "", fmt.Errorf("SES took %d mails, recorded is %q", len(mails), row.Provider)
	}
	if err := s.inSES(ctx, customer(first)); err != nil {
		return "", err
	}
	link := regexp.MustCompile(regexp.QuoteMeta(s.api) + `/a/\S+`).FindString(mails[0].text)
	if link == "" {
		return "", fmt.Errorf("the mail has no link to %s/a/", s.api)
	}
	s.page = link
	return fmt.Sprintf("%.1f s after it was due", mails[0].at.Sub(row.DueAt).Seconds()), nil
}

// inSES asks the local SES itself.
func (s *stack) inSES(ctx context.Context, to string) error {
	status, body, err := s.read(ctx, output("Address")+"/_ministack/ses/messages")
	if err == nil && (status != http.StatusOK || !strings.Contains(body, to)) {
		err = fmt.Errorf("SES shows no mail to %s", to)
	}
	return err
}

func (s *stack) read(ctx context.Context, address string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	out, err := s.web.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return out.StatusCode, string(body), err
}

// report puts what SES would say of a mail where the rule would put it.
func (s *stack) report(ctx context.Context, m mail, kind, detailType string) error {
	tags := map[string][]string{"ses:configuration-set": {output("Stack")}}
	for name, value := range m.tags {
		tags[name] = value
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	detail := map[string]any{
		"eventType": kind, strings.ToLower(kind): map[string]any{"timestamp": now, "recipients": []string{m.to}},
		"mail": map[string]any{"timestamp": m.at.UTC().Format(time.RFC3339Nano), "messageId": m.id, "destination": []string{m.to}, "tags": tags},
	}
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": "report-" + m.id + kind, "detail-type": detailType, "source": "aws.ses", "account": "000000000000", "time": now,
		"region": "us-east-1", "resources": []string{}, "detail": detail,
	})
	if err != nil {
		return err
	}
	rules, err := s.events.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: aws.String("default")})
	if err != nil {
		return err
	}
	for _, rule := range rules.Rules {
		if pattern := aws.ToString(rule.EventPattern); strings.Contains(pattern, "aws.ses") {
			out, err := s.events.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{Event: aws.String(string(event)), EventPattern: &pattern})
			if err != nil {
				return fmt.Errorf("test the rule: %w", err)
			}
			if !out.Result {
				return fmt.Errorf("the rule %s drops %s", pattern, event)
			}
			return s.send(ctx, "OutcomeQueue", string(event))
		}
	}
	return fmt.Errorf("no rule reads the events of SES")
}

func delivered(ctx context.Context, s *stack) (string, error) {
	mails := s.wire.to(customer(first))
	if len(mails) == 0 {
		return "", fmt.Errorf("no mail")
	}
	if err := s.report(ctx, mails[0], "Delivery", "Email Delivered"); err != nil {
		return "", err
	}
	_, err := s.reaches(ctx, patience, first, "soon", followup.Delivered)
	return "rule's pattern, outcome queue with its delay, row", err
}

func answer(ctx context.Context, s *stack) (string, error) {
	before, err := s.journey(ctx, first)
	if err != nil {
		return "", err
	}
	path := strings.TrimPrefix(s.page, s.api)
	status, body, err := s.get(ctx, path)
	if err != nil || status != http.StatusOK || !strings.Contains(body, `name="answer"`) {
		return "", fmt.Errorf("GET %d %v", status, err)
	}
	after, err := s.journey(ctx, first)
	if err != nil {
		return "", err
	}
	if after.Version != before.Version {
		return "", fmt.Errorf("looking at the page wrote: version %d, then %d", before.Version, after.Version)
	}
	form := url.Values{"answer": {"problem"}, "text": {"It hums."}}
	if m := regexp.MustCompile(`name="unit" value="([^"]+)"`).FindStringSubmatch(body); m != nil {
		form.Set("unit", m[1])
	}
	out, err := s.answerOf(ctx, http.MethodPost, s.api+path, form)
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	if out.StatusCode >= http.StatusBadRequest {
		return "", fmt.Errorf("POST %d", out.StatusCode)
	}
	return "answered, a case is open", until(ctx, patience, func() error {
		j, err := s.journey(ctx, first)
		if err != nil {
			return err
		}
		if cases := j.Head.Facts.Cases; len(cases) != 1 || !cases[0].Closed.IsZero() {
			return fmt.Errorf("cases: %d", len(cases))
		}
		return nil
	})
}

func callList(ctx context.Context, s *stack) (string, error) {
	row, err := s.reaches(ctx, patience, called, "call", followup.Listed)
	if err != nil {
		return "", err
	}
	return "listed at " + row.Listed.Format(time.TimeOnly), nil
}

func swept(ctx context.Context, s *stack) (string, error) {
	row, err := s.reaches(ctx, 2*patience, first, "swept", followup.Sent)
	if err != nil {
		return "", err
	}
	mails := s.wire.to(customer(first))
	if len(mails) != 2 {
		return "", fmt.Errorf("%d mails, want soon and swept", len(mails))
	}
	return fmt.Sprintf("found by the minute's sweep, %.1f s after it was due", mails[len(mails)-1].at.Sub(row.DueAt).Seconds()), nil
}
