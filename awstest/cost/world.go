package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/pages"
	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/setup"
)

// world is a deployment in one process, in virtual time, on real tables.
type world struct {
	now     time.Time
	client  *dynamodb.Client
	tables  dynamo.Tables
	meter   *dynamotest.Meter
	probe   *probe
	enroll  *queue.Memory
	deliver *queue.Memory
	mail    outbox
	logs    logs
	store   *dynamo.Store
	forms   map[config.Function]*cloud.Form
	pages   *pages.Pages
}

// start is a Monday morning.
var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func (w *world) clock() time.Time { return w.now }

// Secret gives every secret the same long value.
func (w *world) Secret(context.Context, string) (string, error) { return secret, nil }

const secret = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

// Refresh has nothing newer.
func (w *world) Refresh(...string) bool { return false }

// Limits are those of an account that left the sandbox.
func (w *world) Limits(context.Context) (cloud.Limits, error) {
	return cloud.Limits{PerSecond: 14, Left: 50_000, At: w.now}, nil
}

// outbox takes every mail.
type outbox struct {
	mu   sync.Mutex
	now  func() time.Time
	sent []mail
}

// mail is one that went out, and when.
type mail struct {
	followup.Message
	at time.Time
}

// Send takes a mail.
func (o *outbox) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, mail{m, o.now()})
	return followup.Receipt{Provider: "0100" + m.Attempt}, nil
}

// logs counts what CloudWatch is billed for; what is wrong people see.
type logs struct {
	mu    sync.Mutex
	bytes int
}

// lineOverhead is what CloudWatch counts for each line, in bytes.
const lineOverhead = 26

// Write counts lines.
func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += len(b) + lineOverhead*bytes.Count(b, []byte("\n"))
	if bytes.Contains(b, []byte(`"level":"WARN"`)) || bytes.Contains(b, []byte(`"level":"ERROR"`)) {
		return os.Stderr.Write(b)
	}
	return len(b), nil
}

// open makes empty tables and every function on them.
func open(ctx context.Context, endpoint string) (*world, error) {
	w := &world{now: start, probe: newProbe()}
	w.mail.now = w.clock
	w.client = dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: w.probe},
	})
	name := "cost" + strings.ToLower(rand.Text()[:12])
	w.tables = dynamo.Tables{Journeys: name + "-journeys", Contacts: name + "-contacts", Inbox: name + "-inbox"}
	if err := dynamo.CreateTables(ctx, w.client, w.tables); err != nil {
		return nil, err
	}
	w.meter = dynamotest.Metered(w.client)
	w.store = dynamo.New(w.meter, w.tables, dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: w.clock})
	w.enroll = queue.NewMemory(queue.Options{Now: w.clock, Visibility: 3 * time.Minute})
	w.deliver = queue.NewMemory(queue.Options{Now: w.clock, Visibility: 3 * time.Minute})
	shop := config.Default("main")
	shop.Sender, shop.PublicURL, shop.Zone, shop.Country = "care@shop.example", "https://shop.example", "America/Toronto", "CA"
	settings := &config.Config{Business: "cost", Shops: []followup.Shop{shop}}
	files := setup.Source{Config: settings, Inputs: setup.Inputs{Plans: fstest.MapFS{"machine.yaml": {Data: []byte(dynamotest.SixMails)}}}}
	w.forms = map[config.Function]*cloud.Form{}
	for _, f := range []config.Function{config.Intake, config.Enroll, config.Sweep, config.Deliver, config.Outcome, config.Pages} {
		p := cloud.Parts{
			Env:    &config.Cloud{Function: f, Stack: "cost", DueShards: 1, Voice: config.Voice{Provider: config.NoVoice}},
			Config: settings, Files: files.Files, Composer: files.Composer, Store: w.store, Secrets: w,
			Mail: &w.mail, Account: w, Now: w.clock, NewID: rand.Text, Log: slog.New(slog.NewJSONHandler(&w.logs, nil)),
			Metrics: &w.logs, Version: "cost",
		}
		if f == config.Intake || f == config.Sweep {
			p.EnrollQueue = sender{w.enroll, w.probe}
		}
		if f != config.Intake {
			p.DeliverQueue = sender{w.deliver, w.probe}
		}
		w.forms[f] = cloud.New(p)
	}
	w.pages = pages.New(w.forms[config.Pages])
	return w, nil
}

// batch hands up to limit visible messages of a queue to a function, and deletes them.
func (w *world) batch(ctx context.Context, s *spent, q *queue.Memory, limit int, h handler) (int, error) {
	got := q.Receive(limit)
	if len(got) == 0 {
		return 0, nil
	}
	var e cloud.QueueEvent
	for _, m := range got {
		e.Records = append(e.Records, record(m.ID, string(m.Body)))
	}
	if err := w.hand(ctx, s, e, h); err != nil {
		return 0, err
	}
	for _, m := range got {
		q.Delete(m.Receipt)
	}
	return len(got), nil
}

// hand runs a function on messages, none of which may fail.
func (w *world) hand(ctx context.Context, s *spent, e cloud.QueueEvent, h handler) error {
	return w.invoke(s, len(e.Records), func() error {
		out, err := h(ctx, e)
		if err == nil && len(out.BatchItemFailures) > 0 {
			err = fmt.Errorf("%d of %d messages failed", len(out.BatchItemFailures), len(e.Records))
		}
		return err
	})
}

func record(id, body string) cloud.QueueMessage {
	return cloud.QueueMessage{
		MessageID: id, Body: body, EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:queue",
		Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(1)},
	}
}

// sweep runs the sweep of this minute.
func (w *world) sweep(ctx context.Context, s *spent) error {
	return w.invoke(s, 1, func() error { return w.forms[config.Sweep].Sweep(ctx, json.RawMessage(`{}`)) })
}

// first is the time of the first look that waits; false: none does.
func (w *world) first(ctx context.Context) (at time.Time, some bool, err error) {
	for _, lane := range followup.Lanes {
		for shard := range w.store.Shards() {
			refs, err := w.store.DueIn(ctx, lane, shard, followup.Place{}, start.AddDate(10, 0, 0), 1)
			if err != nil {
				return at, false, err
			}
			if len(refs) > 0 && (!some || refs[0].Next.Before(at)) {
				at, some = refs[0].Next, true
			}
		}
	}
	return at, some, nil
}
