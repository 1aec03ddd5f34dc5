package cloud_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/console"
	"aftersales/internal/cloud/pages"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// invoke runs a handler as the runtime does, on the bytes of an event.
func invoke(t *testing.T, h any, payload []byte) (events.SQSEventResponse, []byte, error) {
	t.Helper()
	out, err := lambda.NewHandler(h).Invoke(t.Context(), payload)
	var response events.SQSEventResponse
	if err == nil {
		if err := json.Unmarshal(out, &response); err != nil {
			t.Fatalf("answer %s: %v", out, err)
		}
	}
	return response, out, err
}

// malformed are bodies that no queue of ours should bring.
var malformed = map[string]string{
	"empty":               ``,
	"no JSON":             `Test message.`,
	"null":                `null`,
	"a list":              `[]`,
	"a string":            `"{}"`,
	"nothing in it":       `{}`,
	"null for a list":     `{"again":null}`,
	"an empty list":       `{"again":[]}`,
	"null for an id":      `{"again":[null]}`,
	"a number for an id":  `{"again":[17]}`,
	"two kinds":           `{"inbox":{"shop":"main","source":"generic","key":"k"},"again":["main/1"]}`,
	"a null key":          `{"inbox":{"shop":"main","source":"generic","key":null}}`,
	"of another version":  `{"inbox":{"shop":"main","source":"generic","key":"k","v":2}}`,
	"a body nobody has":   `{"inbox":{"shop":"main","source":"generic","key":"k"}}`,
	"a shop nobody has":   `{"again":["other/1"]}`,
	"something behind it": `{"again":["main/1"]} {}`,
	"detail is a string":  `{"source":"aftersales","detail-type":"order.created","detail":"{}"}`,
	"detail is null":      `{"source":"aftersales","detail-type":"order.created","detail":null}`,
	"detail is empty":     `{"source":"aftersales","detail-type":"order.created","detail":{}}`,
	"detail is no event":  `{"source":"aftersales","detail-type":"order.created","detail":{"specversion":"9","type":"order.created","id":"x","source":"y"}}`,
	"another type inside": `{"source":"aftersales","detail-type":"order.paid","detail":{"specversion":"1.0","type":"order.created","id":"x","source":"y"}}`,
	"an unknown type":     `{"source":"aftersales","detail-type":"order.eaten","id":"x","detail":{"order":{"id":"1"}}}`,
	"a null type":         `{"source":"aftersales","detail-type":null,"detail":{}}`,
	"another shop":        `{"source":"aftersales","detail-type":"order.created","id":"x","time":"2026-03-02T08:00:00Z","detail":{"shop":"other","order":{"id":"7"}}}`,
	"another shop's":      `{"source":"aftersales","detail-type":"order.created","detail":{"specversion":"1.0","type":"order.created","id":"x","source":"y","time":"2026-03-02T08:00:00Z","shop":"other","data":{"order":{"id":"7"}}}}`,
	"null for lines":      `{"source":"aftersales","detail-type":"order.created","id":"n","time":"2026-03-02T08:00:00Z","detail":{"order":{"id":"7","lines":null}}}`,
	"a foreign source":    `{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{"state":"terminated"}}`,
	"payload is a string": `{"source":"aws.partner/shopify.com/1/main","detail-type":"shopifyWebhook","detail":{"payload":"{}","metadata":{}}}`,
	"no payload":          `{"source":"aws.partner/shopify.com/1/main","detail-type":"shopifyWebhook","detail":{"metadata":null}}`,
	"an unknown topic":    `{"source":"aws.partner/shopify.com/1/main","detail-type":"shopifyWebhook","detail":{"payload":{"id":1},"metadata":{"X-Shopify-Topic":"products/update"}}}`,
}

// Each malformed message goes to the dead letter queue with its reason, all with one
// call, and the good ones among them are done.
func TestMalformedMessagesBlockNothing(t *testing.T) {
	s := newStack(t)
	var e cloud.QueueEvent
	e.Records = append(e.Records, cloud.QueueMessage{MessageID: "good 1", Body: event(t, object{"source": "aftersales", "detail-type": "order.created", "detail": json.RawMessage(bought("1000", s.Now()))})})
	for name, body := range malformed {
		e.Records = append(e.Records, cloud.QueueMessage{MessageID: name, Body: body})
	}
	e.Records = append(e.Records, cloud.QueueMessage{Body: "without an id"}, cloud.QueueMessage{})
	bad := e.Records[1:]
	e.Records = append(e.Records, cloud.QueueMessage{MessageID: "good 2", Body: event(t, object{"source": "aftersales", "detail-type": "order.created", "detail": json.RawMessage(bought("1001", s.Now()))})})
	parts, calls := s.parts(config.Enroll), 0
	parts.DeadQueue = sending(func(ctx context.Context, m []queue.Message) error {
		calls++
		return s.dead.Send(ctx, m)
	})
	out, err := cloud.New(parts).Enroll(t.Context(), e)
	if err != nil || len(out.BatchItemFailures) > 0 || calls != 1 {
		t.Fatalf("failed %v, %v, %d calls", out.BatchItemFailures, err, calls)
	}
	s.buried(config.Enroll, "1", bad)
	if s.journey("7").Version != 0 {
		t.Error("a malformed order was enrolled")
	}
	if s.journey("1000").Version == 0 || s.journey("1001").Version == 0 {
		t.Error("a good message was not done")
	}
	for name := range malformed {
		if line := lineOf(s.logs.text(), `"message_id":"`+name+`"`); !strings.Contains(line, `"reason":"`) || !strings.Contains(line, `"kind":"malformed"`) {
			t.Errorf("%s: the log says %q", name, line)
		}
	}
}

func lineOf(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// Every function on a queue answers every event of AWS, and what is no event at
// all, with an empty list: what it brings of messages is in the dead letter queue.
func TestForeignEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/aws/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	payloads := map[string][]byte{"null": []byte("null"), "empty": []byte("{}"), "no records": []byte(`{"Records":null}`), "a null record": []byte(`{"Records":[null]}`)}
	for _, f := range files {
		if payloads[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	s := newStack(t)
	for fn, h := range map[config.Function]any{
		config.Enroll: s.form(config.Enroll).Enroll, config.Deliver: s.form(config.Deliver).Deliver, config.Outcome: s.form(config.Outcome).Outcome,
	} {
		for name, payload := range payloads {
			_, raw, err := invoke(t, h, payload)
			if err != nil {
				t.Errorf("%s on %s: %v", fn, name, err)
			}
			if string(raw) != `{"batchItemFailures":[]}` {
				t.Errorf("%s on %s answers %s", fn, name, raw)
			}
			var e cloud.QueueEvent
			_ = json.Unmarshal(payload, &e) // what it could read of it
			s.buried(fn, "", e.Records)
		}
	}
	for fn, h := range map[config.Function]any{
		config.Intake: s.form(config.Intake).Intake, config.Pages: pages.New(s.form(config.Pages)).Handle, config.Console: console.New(s.form(config.Console), nil).Handle,
	} {
		for name, payload := range payloads {
			out, err := lambda.NewHandler(h).Invoke(t.Context(), payload)
			var answer events.APIGatewayV2HTTPResponse
			if err != nil || json.Unmarshal(out, &answer) != nil || strings.Contains(string(out), ":null") || answer.StatusCode < 300 || answer.StatusCode >= 500 {
				t.Errorf("%s on %s answers %s, %v", fn, name, out, err)
			}
		}
	}
	for name, payload := range payloads {
		if _, err := lambda.NewHandler(s.form(config.Sweep).Sweep).Invoke(t.Context(), payload); err != nil {
			t.Errorf("sweep on %s: %v", name, err)
		}
	}
}

func TestJourneysAreReconciledAgain(t *testing.T) {
	s := newStack(t)
	s.sold(2)
	before := s.journey("1000").Version
	s.config.Shops[0].Hours[followup.Email] = s.config.Shops[0].BusinessHours
	for _, again := range []string{`{"again":["main/1000","main/1001"]}`} {
		if err := s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(again)}}); err != nil {
			t.Fatal(err)
		}
	}
	s.work()
	if s.enroll.Len() != 0 || s.journey("1000").Version < before {
		t.Errorf("%d messages left", s.enroll.Len())
	}
}

// A store that fails leaves every message to the queue.
func TestAStoreThatFailsLeavesTheBatch(t *testing.T) {
	s := newStack(t)
	s.secrets.err = os.ErrPermission
	var e cloud.QueueEvent
	for _, id := range []string{"a", "b"} {
		e.Records = append(e.Records, cloud.QueueMessage{MessageID: id, Body: `{"again":["main/1"]}`})
	}
	e.Records = append(e.Records, cloud.QueueMessage{MessageID: "c", Body: "nonsense"})
	out, err := s.form(config.Enroll).Enroll(t.Context(), e)
	if err != nil || len(out.BatchItemFailures) != 3 || s.dead.Len() != 0 {
		t.Errorf("failed %v, %v; want all; %d dead", out.BatchItemFailures, err, s.dead.Len())
	}
}

func FuzzEnrollMessage(f *testing.F) {
	for _, body := range malformed {
		f.Add(body)
	}
	f.Add(`{"inbox":{"shop":"main","source":"generic","key":"k"}}`)
	f.Add(`{"again":["main/1","main/2"]}`)
	f.Add(`{"source":"aws.partner/shopify.com/1/main","detail-type":"shopifyWebhook","id":"b","detail":{"payload":{"id":1},"metadata":{"X-Shopify-Topic":"orders/create"}}}`)
	form := newStack(f).form(config.Enroll)
	f.Fuzz(func(t *testing.T, body string) {
		out, err := form.Enroll(t.Context(), cloud.QueueEvent{Records: []cloud.QueueMessage{{MessageID: "m", Body: body}}})
		if err != nil || out.BatchItemFailures == nil {
			t.Errorf("answered %v, %v", out, err)
		}
	})
}
