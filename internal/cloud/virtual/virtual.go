// Package virtual runs the handlers of all functions in one process, under a
// clock that is moved by hand: a whole deployment for tests that live for years.
// Its queues delay, repeat and reorder as SQS may; its store is whatever it is
// given.
package virtual

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/queue"
	"aftersales/internal/ready"
	"aftersales/internal/setup"
	"aftersales/internal/transfer"
)

// Options make a Deployment. Twice and Seed may be zero.
type Options struct {
	Config *config.Config
	Inputs setup.Inputs
	Key    []byte // of links and contact ids
	Begin  time.Time
	NewID  func() string
	Sent   func(followup.Message) // told of each accepted mail, one at a time
	Log    *slog.Logger           // nil: discarded
	Store  followup.SweptStore
	Twice  float64 // share of messages that the queues repeat
	Seed   uint64  // of repeating and reordering
}

// Deployment is every function of one stack. It is not safe for concurrent use:
// one message is handled after another, in the order of their looks.
type Deployment struct {
	o       Options
	store   *counting
	enroll  *queue.Memory
	deliver *queue.Memory
	dead    *queue.Memory
	forms   map[config.Function]*cloud.Form
	shop    *ready.Shop
	desk    *engine.Engine

	mu  sync.Mutex
	now time.Time

	swept time.Time // when the sweep last ran: it queued all that was due then
}

// Open makes a deployment.
func Open(ctx context.Context, o Options) (*Deployment, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Deployment{o: o, now: o.Begin, forms: map[config.Function]*cloud.Form{}}
	d.store = &counting{SweptStore: o.Store, now: d.Now, looks: map[followup.FollowUpID]time.Time{}}
	const receives = 5
	d.dead = queue.NewMemory(queue.Options{Now: d.Now})
	habits := queue.Options{Now: d.Now, MaxReceives: receives, Dead: d.dead, Twice: o.Twice, Shuffle: true, Seed: o.Seed}
	d.enroll, d.deliver = queue.NewMemory(habits), queue.NewMemory(habits)
	if err := d.restart(ctx); err != nil {
		return nil, err
	}
	return d, d.store.look(ctx)
}

// restart starts every function anew: it reads keys, plans and the epoch. A stack
// that was moved away has no desk.
func (d *Deployment) restart(ctx context.Context) (err error) {
	for _, f := range config.Functions {
		d.forms[f] = cloud.New(d.parts(f))
	}
	d.shop, d.desk, err = d.forms[config.Console].Desk(ctx)
	if _, moved := errors.AsType[*transfer.Moved](err); moved {
		return nil
	}
	return err
}

// reopen takes a deployment into use again; there is no queue of failed reports.
func (d *Deployment) reopen(ctx context.Context) error {
	if err := transfer.Reopen(ctx, transfer.Records(d.store)); err != nil {
		return err
	}
	return errors.Join(d.restart(ctx), d.store.look(ctx))
}

// clearer is what of a table the store does not see.
type clearer interface {
	Clear(ctx context.Context) error
}

// Target is the state of the deployment as an import or an export sees it. The
// store has to have a census.
func (d *Deployment) Target(ctx context.Context) (transfer.Target, error) {
	whole, ok := d.o.Store.(cloud.Table)
	if !ok {
		return transfer.Target{}, fmt.Errorf("%T cannot be moved", d.o.Store)
	}
	parts := d.parts(config.Console)
	parts.EnrollQueue = d.enroll
	stack := cloud.Stack{Form: cloud.New(parts), Parse: setup.Parse, Table: struct {
		followup.SweptStore
		followup.Census
		clearer
	}{d.store, whole, whole}}
	to, err := stack.Target(ctx)
	to.Raised, to.Reopen = d.restart, d.reopen
	return to, err
}

func (d *Deployment) parts(f config.Function) cloud.Parts {
	files := setup.Source{Config: d.o.Config, Inputs: d.o.Inputs}
	p := cloud.Parts{
		Env:    &config.Cloud{Function: f, Stack: "virtual", Voice: config.Voice{Provider: config.NoVoice}},
		Config: d.o.Config, Files: files.Files, Composer: files.Composer, Store: d.store, Secrets: secrets(d.o.Key), Account: plenty{},
		Now: d.Now, NewID: d.o.NewID, Log: d.o.Log, Version: "virtual",
		Mail: &observed{Channel: mailbox.New(&mailbox.Memory{}, d.Now), tell: d.o.Sent},
	}
	if f == config.Intake || f == config.Sweep {
		p.EnrollQueue = d.enroll
	}
	if f == config.Enroll || f == config.Deliver {
		p.DeadQueue = d.dead
	}
	if f != config.Intake {
		p.DeliverQueue = d.deliver
	}
	return p
}

// Store returns what the functions work on.
func (d *Deployment) Store() followup.Store { return d.store }

// Engine returns what people act through, as the console and the pages do.
func (d *Deployment) Engine() *engine.Engine { return d.desk }

// Read translates a body.
func (d *Deployment) Read(in followup.Incoming) (engine.Reading, error) { return d.shop.Read(in) }

// Now returns the clock's time.
func (d *Deployment) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// AdvanceTo moves the clock forward; a t that has passed changes nothing.
func (d *Deployment) AdvanceTo(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.After(d.now) {
		d.now = t.UTC()
	}
}

// Close has nothing to release.
func (d *Deployment) Close() error { return nil }

// NextLook returns when something can be done next: a message is received, or a
// look that no sweep has queued yet is due.
func (d *Deployment) NextLook(context.Context) (next time.Time, ok bool, err error) {
	sooner := func(t time.Time) {
		if !ok || t.Before(next) {
			next, ok = t, true
		}
	}
	for _, q := range []*queue.Memory{d.enroll, d.deliver} {
		if t, some := q.Next(); some {
			sooner(t)
		}
	}
	if t, some := d.store.after(d.swept); some {
		sooner(t)
	}
	return next, ok, nil
}

// Drain lets every function do what it can do now. Of the tally only Listed is
// known.
func (d *Deployment) Drain(ctx context.Context) (engine.Tally, error) {
	d.store.listed = 0
	for {
		took, err := d.take(ctx, d.enroll, d.forms[config.Enroll].Enroll)
		if err != nil {
			return engine.Tally{}, err
		}
		swept, err := d.sweep(ctx)
		if err != nil {
			return engine.Tally{}, err
		}
		more, err := d.take(ctx, d.deliver, d.forms[config.Deliver].Deliver)
		if err != nil {
			return engine.Tally{}, err
		}
		if took+more == 0 && !swept {
			return engine.Tally{Listed: d.store.listed}, nil
		}
	}
}

// sweep lets the sweep run when it would find anything due.
func (d *Deployment) sweep(ctx context.Context) (bool, error) {
	first, some := d.store.after(d.swept)
	if !some || first.After(d.Now()) {
		return false, nil
	}
	d.swept = d.Now()
	return true, d.forms[config.Sweep].Sweep(ctx, nil)
}

// take hands what is visible on a queue to a function, one by one by (look, id),
// and returns how many there were.
func (d *Deployment) take(ctx context.Context, q *queue.Memory, h func(context.Context, cloud.QueueEvent) (events.SQSEventResponse, error)) (int, error) {
	const all = 1 << 20
	got := q.Receive(all)
	slices.SortStableFunc(got, func(a, b queue.Received) int {
		x, y := lookOf(a.Body), lookOf(b.Body)
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Journey, y.Journey), slices.Compare(x.IDs, y.IDs))
	})
	for _, m := range got {
		out, err := h(ctx, cloud.QueueEvent{Records: []cloud.QueueMessage{{
			MessageID: m.ID, Body: string(m.Body), Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Count)},
		}}})
		if err != nil {
			return 0, err
		}
		if len(out.BatchItemFailures)+d.dead.Len() > 0 {
			return 0, fmt.Errorf("message %s failed: %s", m.ID, m.Body)
		}
		q.Delete(m.Receipt)
	}
	return len(got), nil
}

// lookOf reads a message of the deliver queue; another's is zero.
func lookOf(body []byte) (l cloud.Look) {
	_ = json.Unmarshal(body, &l) // what is none stays in its place
	return l
}

// Post takes a body through the intake function, signed as its store signs.
func (d *Deployment) Post(ctx context.Context, in followup.Incoming) (followup.Verdict, error) {
	e := events.APIGatewayV2HTTPRequest{
		RawPath: "/hooks/" + in.Source + "/" + string(in.Shop), Body: base64.StdEncoding.EncodeToString(in.Body), IsBase64Encoded: true,
		Headers: map[string]string{"content-type": "application/json"},
	}
	e.RequestContext.HTTP.Method, e.RequestContext.DomainName = http.MethodPost, "api.example"
	if in.Source == "shopify" {
		e.Headers["x-shopify-topic"], e.Headers["x-shopify-event-id"] = in.Topic, in.Key
		e.Headers["x-shopify-hmac-sha256"] = signature(string(in.Body))
	} else {
		stamp := strconv.FormatInt(time.Now().Unix(), 10) // ages of signatures are judged by the machine's clock
		e.Headers["webhook-id"], e.Headers["webhook-timestamp"] = "msg", stamp
		e.Headers["webhook-signature"] = "v1," + signature("msg."+stamp+"."+string(in.Body))
	}
	out, err := d.forms[config.Intake].Intake(ctx, e)
	switch {
	case err != nil:
		return "", err
	case out.StatusCode == http.StatusAccepted:
		return followup.Accepted, nil
	case out.StatusCode == http.StatusOK:
		return followup.Seen, nil
	case out.StatusCode == http.StatusConflict:
		return followup.Different, nil
	}
	return "", fmt.Errorf("intake answered %d: %s", out.StatusCode, out.Body)
}

// hookSecret signs webhooks of this deployment, which nobody else reaches.
const hookSecret = "the webhooks of a deployment in one process"

func signature(text string) string {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// secrets are the parameters: one key for links and ids, one secret for hooks.
type secrets []byte

// Secret returns the key, or the secret of a hook.
func (s secrets) Secret(_ context.Context, name string) (string, error) {
	switch name {
	case "AFTERSALES_LINK_KEY", "AFTERSALES_CONTACT_KEY":
		return string(s), nil
	case config.SecretName("shopify", "main"), config.SecretName("generic", "main"):
		return hookSecret, nil
	default:
		return "", nil
	}
}

// Refresh never finds anything new.
func (s secrets) Refresh(...string) bool { return false }

// plenty is an account that never makes anybody wait.
type plenty struct{}

// Limits are far above what a test sends.
func (plenty) Limits(context.Context) (cloud.Limits, error) {
	return cloud.Limits{PerSecond: 10_000, Left: -1}, nil
}

// observed tells of each accepted message, one at a time.
type observed struct {
	followup.Channel
	mu   sync.Mutex
	tell func(followup.Message)
}

// Send passes m on.
func (o *observed) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	r, err := o.Channel.Send(ctx, m)
	if err == nil && o.tell != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.tell(m)
	}
	return r, err
}

// counting counts the calls that come onto the list, and remembers the looks of
// what is written.
type counting struct {
	followup.SweptStore
	now    func() time.Time
	listed int
	looks  map[followup.FollowUpID]time.Time
}

// look remembers the looks that are there already, and no other.
func (c *counting) look(ctx context.Context) error {
	clear(c.looks)
	const page, always = 1000, 100 * 365 * 24 * time.Hour
	for _, lane := range followup.Lanes {
		for shard := range c.Shards() {
			for from := (followup.Place{}); ; {
				refs, err := c.DueIn(ctx, lane, shard, from, c.now().Add(always), page)
				if err != nil {
					return err
				}
				for _, r := range refs {
					c.looks[r.ID] = r.Next
				}
				if len(refs) < page {
					break
				}
				from = followup.Place{At: refs[page-1].Next, ID: refs[page-1].ID}
			}
		}
	}
	return nil
}

// after returns the first look after t; false when there is none.
func (c *counting) after(t time.Time) (first time.Time, ok bool) {
	for _, next := range c.looks {
		if next.After(t) && (!ok || next.Before(first)) {
			first, ok = next, true
		}
	}
	return first, ok
}

// note remembers the look of a row that was written.
func (c *counting) note(row *followup.FollowUp) {
	if row.Next.IsZero() {
		delete(c.looks, row.ID)
		return
	}
	c.looks[row.ID] = row.Next
}

// Finish passes ends on.
func (c *counting) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	errs, err := c.SweptStore.Finish(ctx, ends)
	for i := range ends {
		if err == nil && errs[i] == nil {
			c.note(&ends[i].Row)
		}
	}
	return errs, err
}

// Arm passes arms on. The look of an armed row is that of its deadline.
func (c *counting) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	results, err := c.SweptStore.Arm(ctx, arms)
	for i := range arms {
		if err == nil && results[i] == followup.ArmedNow {
			c.note(&arms[i].Row)
		}
	}
	return results, err
}

// Save passes changes on.
func (c *counting) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	errs, err := c.SweptStore.Save(ctx, changes)
	for i := range changes {
		if err != nil || errs[i] != nil {
			continue
		}
		for n := range changes[i].Rows {
			r := &changes[i].Rows[n]
			c.note(r)
			if n := len(r.Decisions); changes[i].Head == nil && r.State == followup.Listed && n > 0 &&
				r.Decisions[n-1].Result == followup.ResultList && r.Decisions[n-1].At.Equal(c.now()) {
				c.listed++
			}
		}
	}
	return errs, err
}
