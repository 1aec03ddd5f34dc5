package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/queue"
	"aftersales/internal/setup"
)

// rushPlan writes to each a day after delivery, to the minute.
const rushPlan = `plan: rush
version: 1
steps:
  - {id: check-in, class: feedback, channel: email, message: check-in, after: {event: delivered, wait: PT24H}}
`

// What a sandbox takes for ten mails on AWS (assumed), and how many there are.
const (
	batchTakes = 300 * time.Millisecond
	sandboxes  = 4
)

// minute is when the first of them are due.
var minute = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)

// world is the AWS form in one process, in virtual time: the handlers are the
// real ones, store and queues are in memory.
type world struct {
	mu      sync.Mutex // of late
	now     time.Time
	rate    float64
	due     map[followup.FollowUpID]time.Time
	late    []time.Duration
	deliver *queue.Memory
	parts   func(config.Function) cloud.Parts
	swept   time.Duration // real time in Sweep
	sent    time.Duration // real time in Deliver
}

// rush lets n mails be due in one minute, at the rates of two accounts.
func rush(ctx context.Context, n int) error {
	fmt.Printf("\n%d mails due in one minute; handlers as deployed, store and queues in memory, time virtual; %d sandboxes take %s for ten (assumed)\n\n",
		n, sandboxes, batchTakes)
	fmt.Printf("| rate of the account | done after | late by, median | 99 of 100 | at most | sweep, looks/s | deliver, mails/s of one CPU |\n|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, rate := range []float64{1000, 100} {
		w := &world{rate: rate, now: minute.Add(-48 * time.Hour), due: map[followup.FollowUpID]time.Time{}}
		if err := w.run(ctx, n); err != nil {
			return err
		}
		slices.Sort(w.late)
		at := func(share float64) time.Duration { return w.late[min(len(w.late)-1, int(share*float64(len(w.late))))] }
		fmt.Printf("| %.0f/s | %s | %s | %s | %s | %.0f | %.0f |\n", rate, w.now.Sub(minute).Round(time.Second), at(0.5).Round(100*time.Millisecond),
			at(0.99).Round(100*time.Millisecond), at(1).Round(100*time.Millisecond), float64(n)/w.swept.Seconds(), float64(n)/w.sent.Seconds())
	}
	return nil
}

// dropped is the enroll queue: that the settings are new has to be told to
// nobody here.
type dropped struct{}

// Send drops.
func (dropped) Send(context.Context, []queue.Message) error { return nil }

func (w *world) clock() time.Time { return w.now }

// Secret gives every secret the same long value.
func (w *world) Secret(context.Context, string) (string, error) { return strings.Repeat("k", 48), nil }

// Refresh has nothing newer.
func (w *world) Refresh(...string) bool { return false }

// Limits are the account's.
func (w *world) Limits(context.Context) (cloud.Limits, error) {
	return cloud.Limits{PerSecond: w.rate, Left: 10_000_000}, nil
}

// Send takes a mail and notes how late it is.
func (w *world) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	w.mu.Lock() // ten at once
	defer w.mu.Unlock()
	w.late = append(w.late, w.now.Sub(w.due[m.FollowUp]))
	return followup.Receipt{Provider: "p"}, nil
}

func (w *world) run(ctx context.Context, n int) error {
	shop := config.Default("main")
	shop.Sender, shop.PublicURL, shop.Zone = "care@shop.example", "https://shop.example", "UTC"
	c := &config.Config{Business: "bench", Shops: []followup.Shop{shop}}
	files := setup.Source{Config: c, Inputs: setup.Inputs{Plans: fstest.MapFS{"rush.yaml": {Data: []byte(rushPlan)}}}}
	store := memory.New()
	w.deliver = queue.NewMemory(queue.Options{Now: w.clock, Visibility: 3 * time.Minute})
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.parts = func(f config.Function) cloud.Parts {
		p := cloud.Parts{
			Env:    &config.Cloud{Function: f, Stack: "bench", Voice: config.Voice{Provider: config.NoVoice}},
			Config: c, Files: files.Files, Composer: files.Composer, Store: store, Secrets: w, DeliverQueue: w.deliver, EnrollQueue: dropped{}, Mail: w, Account: w,
			Now: w.clock, NewID: rand.Text, Log: log, Metrics: io.Discard, Version: "bench",
		}
		return p
	}
	if err := w.orders(ctx, c, files.Inputs, store, n); err != nil {
		return err
	}
	usual, err := json.Marshal(cloud.Stream{Lanes: map[followup.Lane]*cloud.Standing{followup.LaneRest: {Free: minute.Add(24 * time.Hour)}}})
	if err != nil {
		return err
	}
	if err := store.SetRecord(ctx, "sweep#mail", usual, 0); err != nil { // an operator said that it is no fault
		return err
	}
	w.now = minute.Add(-3 * time.Minute)
	return w.live(ctx, n)
}

// orders enrolls n orders, delivered a day before that minute.
func (w *world) orders(ctx context.Context, c *config.Config, in setup.Inputs, store followup.Store, n int) error {
	files, err := setup.Read(c, in)
	if err != nil {
		return err
	}
	key := []byte(strings.Repeat("k", 48))
	s, err := setup.New(c, files, setup.Keys{Links: [][]byte{key}, Contact: key})
	if err != nil {
		return err
	}
	if err := s.KeepPlans(ctx, store); err != nil {
		return err
	}
	e := engine.New(engine.Config{
		Store: store, Shops: s.Rules(0), Composer: s.Composer, Read: s.Read, Parse: setup.Parse, ID: func() string { return "x" }, Log: slog.New(slog.DiscardHandler),
	})
	var groups []engine.Group
	for i := range n {
		mail := fmt.Sprintf("c%d@example.org", i)
		id := followup.NewJourneyID("main", strconv.Itoa(1000+i))
		delivered := minute.Add(-24*time.Hour + time.Duration(i%60)*time.Second)
		w.due[followup.NewFollowUpID(id, "check-in", "", "1")] = delivered.Add(24 * time.Hour)
		groups = append(groups, engine.Group{Journey: id, Events: []followup.Event{
			{
				Source: "bench", ID: "created", Type: followup.OrderCreated, Time: minute.Add(-72 * time.Hour), Keys: followup.Keys{Mail: s.ContactKey("mail", mail)},
				Facts: &followup.OrderFacts{Number: "#" + strconv.Itoa(1000+i), Currency: "EUR", Country: "DE"}, Person: &followup.Person{Name: "Anna Muster", Mail: mail},
				Lines: []followup.Line{{ID: "1", Title: "Washing machine 8 kg", Quantity: 1}},
			},
			{Source: "bench", ID: "delivered", Type: followup.OrderDelivered, Time: delivered},
		}})
		if len(groups) == 100 || i == n-1 {
			for _, err := range e.Enroll(ctx, delivered, groups) {
				if err != nil {
					return err
				}
			}
			groups = groups[:0]
		}
	}
	return nil
}

// live sweeps once a minute and hands what is visible to the first sandbox that
// is free, until all is sent.
func (w *world) live(ctx context.Context, n int) error {
	sweep := cloud.New(w.parts(config.Sweep))
	forms := make([]*cloud.Form, sandboxes)
	free := make([]time.Time, sandboxes)
	for i := range forms {
		forms[i] = cloud.New(w.parts(config.Deliver))
	}
	for next, end := w.now, minute.Add(6*time.Hour); len(w.late) < n; {
		if w.now.After(end) {
			return fmt.Errorf("only %d of %d were sent in six hours", len(w.late), n)
		}
		if !w.now.Before(next) {
			began := time.Now()
			if err := sweep.Sweep(ctx, nil); err != nil {
				return err
			}
			w.swept += time.Since(began)
			next = next.Add(time.Minute)
		}
		i := slices.IndexFunc(free, func(t time.Time) bool { return !t.After(w.now) })
		if i >= 0 {
			if some, err := w.batch(ctx, forms[i]); err != nil {
				return err
			} else if some {
				free[i] = w.now.Add(batchTakes)
				continue
			}
		}
		w.now = w.soonest(next, free, i < 0)
	}
	return nil
}

// soonest is when there is something to do again: a sweep, a free sandbox when
// none is, else a message.
func (w *world) soonest(next time.Time, free []time.Time, all bool) time.Time {
	if all {
		if t := slices.MinFunc(free, time.Time.Compare); t.Before(next) {
			return t
		}
		return next
	}
	if t, ok := w.deliver.Next(); ok && t.Before(next) && t.After(w.now) {
		return t
	}
	return next
}

// batch hands up to ten messages to a sandbox.
func (w *world) batch(ctx context.Context, f *cloud.Form) (bool, error) {
	got := w.deliver.Receive(10)
	if len(got) == 0 {
		return false, nil
	}
	var e cloud.QueueEvent
	for _, m := range got {
		e.Records = append(e.Records, cloud.QueueMessage{
			MessageID: m.ID, Body: string(m.Body), EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:deliver",
			Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Count)},
		})
	}
	began := time.Now()
	out, err := f.Deliver(ctx, e)
	w.sent += time.Since(began)
	if err != nil || len(out.BatchItemFailures) > 0 {
		return false, fmt.Errorf("deliver: %v, %d failed", err, len(out.BatchItemFailures))
	}
	for _, m := range got {
		w.deliver.Delete(m.Receipt)
	}
	return true, nil
}
