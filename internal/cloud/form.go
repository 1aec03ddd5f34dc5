// Package cloud is the composition root of the functions: it makes an engine of
// a configuration, tables, queues and the provider's channels, and turns the
// events of each trigger into calls of it. Every handler is a method of Form.
package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/queue"
	"aftersales/internal/ready"
	"aftersales/internal/transfer"
)

// Parts are what a Form is made of. A function needs only those it uses; the
// others are nil.
type Parts struct {
	Env          *config.Cloud
	Config       *config.Config
	Files        func() (ready.Files, error)                  // reads plans and catalogue, once; nil: the function needs none
	Digest       string                                       // of the same, see [ready.Files.Digest]; "": Files are read for it
	Composer     func(*link.Links) (followup.Composer, error) // deliver, console; nil: nothing is composed
	Store        followup.SweptStore                          //
	Secrets      Secrets                                      //
	EnrollQueue  queue.Sender                                 // intake, sweep
	DeliverQueue queue.Sender                                 // all but intake
	DeadQueue    queue.Sender                                 // enroll, deliver, outcome; nil: what is malformed is left to the queue
	Mail         followup.Channel                             // deliver
	Voice        followup.Channel                             // deliver, with a voice provider; nil: calls are tasks for people
	Calls        Calls                                        // outcome, with a voice provider; nil: no events of calls are read
	Account      Account                                      // sweep
	Now          func() time.Time                             // the product's clock
	NewID        func() string                                // names of attempts and of our own events
	Log          *slog.Logger                                 //
	Metrics      io.Writer                                    // where lines of metrics go: the function's stdout; nil: nothing is measured
	Version      string                                       //

	// Wait waits before try 1, 2, ... at a record that somebody else wrote meanwhile;
	// nil: 10 ms, doubled each time up to 160 ms, and by chance up to as much again.
	Wait func(ctx context.Context, try int) error
}

// Form is one function's part of the product. It lives as long as its sandbox
// and is safe for concurrent use.
type Form struct {
	Parts
	metrics  metrics
	hasSwept atomic.Bool // here, before

	mu     sync.Mutex
	made   *Work
	marked time.Time    // when the watermark was last written here
	files  *ready.Files // nil: not read yet
}

// New returns a form. It does nothing yet: what needs the network is done by
// the first invocation, which can fail and come again.
func New(p Parts) *Form {
	if p.Wait == nil {
		p.Wait = backOff
	}
	return &Form{Parts: p, metrics: metrics{p.Metrics, p.Env.Stack}}
}

// Work is what an invocation works with: a shop, its engine, and what both hang on.
type Work struct {
	*ready.Shop
	Engine  *engine.Engine
	Epoch   int // of the deployment, raised by a restore
	form    *Form
	full    bool      // plans and catalogue were read
	keys    string    // the secrets it was made with
	checked time.Time // when keys and epoch were last looked at
}

// fresh is how long keys and epoch are taken as they are.
const fresh = time.Minute

// errSecret is a secret that has to be set before anything works.
var errSecret = errors.New("secret is not set")

// Work returns what to work with, made anew when a key or the epoch changed.
// What was made stays in use while they cannot be read.
func (f *Form) Work(ctx context.Context) (*Work, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.Now()
	if f.made != nil && now.Sub(f.made.checked) < fresh {
		return f.made, nil
	}
	var keys ready.Keys
	var unread error
	var reading sync.WaitGroup
	reading.Go(func() { keys, unread = f.keys(ctx) }) // of another service than the rest
	names := []string{transfer.MovedKey, epochRecord}
	if f.guarded() {
		names = append(names, tableRecord)
	}
	if f.made == nil && f.Files != nil {
		names = append(names, plansRecord)
	}
	kept, err := f.Store.ReadRecords(ctx, names)
	reading.Wait()
	epoch := 0
	if err == nil {
		if moved := movedIn(kept[0]); moved != nil {
			return nil, moved
		}
		epoch, err = epochIn(kept[1])
		kept = kept[2:]
	}
	if err == nil && f.guarded() {
		if epoch, err = f.epochOf(ctx, kept[0], epoch); errors.Is(err, ErrRestored) {
			return nil, err
		}
		kept = kept[1:]
	}
	err = cmp.Or(unread, err)
	text := joined(keys)
	switch {
	case err != nil && f.made != nil:
		f.Log.WarnContext(ctx, "keys and epoch cannot be read; the old ones stay", "err", err)
	case err != nil:
		return nil, err
	case f.made == nil || f.made.keys != text || f.made.Epoch != epoch:
		made, err := f.make(ctx, keys, epoch, kept)
		if err != nil {
			return nil, err
		}
		made.keys = text
		f.made = made
	}
	f.made.checked = now
	return f.made, nil
}

// Desk returns what people of the shop act through, as the console does.
func (f *Form) Desk(ctx context.Context) (*ready.Shop, *engine.Engine, error) {
	w, err := f.Work(ctx)
	if err != nil {
		return nil, nil, err
	}
	return w.Shop, w.Engine, nil
}

func joined(k ready.Keys) string {
	var b strings.Builder
	for _, key := range append(slices.Clone(k.Links), k.Contact) {
		b.Write(key)
		b.WriteByte(0)
	}
	return b.String()
}

// The secrets of every deployment, by the names of the other form.
const (
	linkKey    = "AFTERSALES_LINK_KEY"
	linkKeyOld = "AFTERSALES_LINK_KEY_OLD" // retired ones, with commas between
	contactKey = "AFTERSALES_CONTACT_KEY"

	SessionKey = "AFTERSALES_SESSION_KEY" // the console's
)

func (f *Form) keys(ctx context.Context) (k ready.Keys, err error) {
	link, err := f.Secret(ctx, linkKey)
	if err != nil {
		return k, err
	}
	contact, err := f.Secret(ctx, contactKey)
	if err != nil {
		return k, err
	}
	old, err := f.Secrets.Secret(ctx, linkKeyOld)
	if err != nil {
		return k, fmt.Errorf("read secret %s: %w", linkKeyOld, err)
	}
	k.Links, k.Contact = [][]byte{[]byte(link)}, []byte(contact)
	for word := range strings.SplitSeq(old, ",") {
		word = strings.TrimSpace(word)
		// While a key is rotated the new one stands in both.
		if word != "" && !slices.ContainsFunc(k.Links, func(b []byte) bool { return string(b) == word }) {
			k.Links = append(k.Links, []byte(word))
		}
	}
	return k, nil
}

// Secret returns a secret that must be set; without it an alarm rings. One that is
// missing is asked for again, once a minute at most.
func (f *Form) Secret(ctx context.Context, name string) (string, error) {
	text, err := f.Secrets.Secret(ctx, name)
	if err == nil && text == "" && f.Secrets.Refresh(name) {
		text, err = f.Secrets.Secret(ctx, name)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("read secret %s: %w", name, err)
	case text == "":
		f.metrics.put(f.Now(), metricSecrets, "Count", 1)
		return "", fmt.Errorf("%w: %s; %s", errSecret, name, f.cure(name))
	}
	return text, nil
}

// cure says which command sets a secret.
func (f *Form) cure(name string) string {
	for i := range f.Config.Shops {
		for _, source := range config.Sources {
			if shop := f.Config.Shops[i].ID; config.SecretName(source, shop) == name {
				return fmt.Sprintf("`aftersales secrets set %s %s --stack %s` sets it", shop, source, f.Env.Stack)
			}
		}
	}
	return fmt.Sprintf("`aftersales secrets init --stack %s` makes it", f.Env.Stack)
}

// The records of the operation.
const (
	epochRecord    = "epoch"
	plansRecord    = "plans"    // fingerprint of the plans that are kept
	settingsRecord = "settings" // fingerprint of the settings that journeys were reconciled with
)

func (f *Form) epoch(ctx context.Context) (int, error) {
	value, version, err := f.Store.Record(ctx, epochRecord)
	if err != nil {
		return 0, err
	}
	return epochIn(followup.Record{Value: value, Version: version})
}

// epochIn reads the epoch, which is raised by hand after a restore: reservations of
// an older one may have been sent.
func epochIn(r followup.Record) (n int, err error) {
	if r.Version == 0 {
		return 0, nil
	}
	if err := json.Unmarshal(r.Value, &n); err != nil {
		return 0, fmt.Errorf("read epoch: %w", err)
	}
	return n, nil
}

// make makes what to work with; plans says which are kept, if that was read.
func (f *Form) make(ctx context.Context, keys ready.Keys, epoch int, plans []followup.Record) (*Work, error) {
	s, err := ready.New(f.Config, ready.Files{}, keys)
	if err != nil {
		return nil, err
	}
	w := &Work{Shop: s, Epoch: epoch, form: f}
	if f.Files != nil {
		if err := f.plansKept(ctx, w, plans); err != nil {
			return nil, err
		}
	}
	w.Engine, err = f.EngineOn(w, f.Seen())
	return w, err
}

// plansKept stores the plans unless the record that was read says that they are:
// then they need not even be read.
func (f *Form) plansKept(ctx context.Context, w *Work, record []followup.Record) error {
	name, err := f.print()
	if err != nil {
		return err
	}
	now, err := json.Marshal(name)
	if err != nil || len(record) == 1 && record[0].Version > 0 && string(record[0].Value) == string(now) {
		return err
	}
	if err := w.read(); err != nil {
		return err
	}
	return f.keepPlans(ctx, w.Shop)
}

// plans returns plans and catalogue, as an engine asks for them.
func (w *Work) plans() ([]*followup.Plan, *followup.Catalogue, error) {
	w.form.mu.Lock()
	defer w.form.mu.Unlock()
	err := w.read()
	return w.Plans, w.Catalogue, err
}

// read reads plans and catalogue unless they are there. The form must be locked.
func (w *Work) read() error {
	if w.full {
		return nil
	}
	files, err := w.form.read()
	if err == nil {
		w.Files, w.full = *files, true
	}
	return err
}

// read reads plans and catalogue; they live as long as the sandbox. The form must be locked.
func (f *Form) read() (*ready.Files, error) {
	switch {
	case f.files != nil:
	case f.Files == nil:
		f.files = &ready.Files{}
	default:
		files, err := f.Files()
		if err != nil {
			return nil, err
		}
		f.files = &files
	}
	return f.files, nil
}

// Health says why the service cannot work, in words for everybody: the tables do not
// answer. The log has the cause.
func (f *Form) Health(ctx context.Context) error {
	_, _, err := f.Store.Record(ctx, epochRecord)
	if err != nil {
		f.Log.ErrorContext(ctx, "the service is ill", "err", err)
	}
	return Ill(err)
}

// What everybody may know of why the service cannot work.
var (
	errNoAnswer = errors.New("its tables or its secrets cannot be read now")
	errUnset    = errors.New("a secret is not set")
	errAway     = errors.New("it was moved away from here, or an import is not finished")
)

// Ill says for everybody what an error of Work means; nil for nil.
func Ill(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errSecret):
		return errUnset
	case closed(err):
		return errAway
	default:
		return errNoAnswer
	}
}

// EngineOn returns an engine that works on a store.
func (f *Form) EngineOn(w *Work, store followup.Store) (*engine.Engine, error) {
	c := engine.Config{
		Store: store, Shops: w.Rules(w.Epoch), Channels: f.channels(w.Shop), Plans: w.plans, Read: w.Read, Parse: f.stored, ID: f.NewID, Parallel: parallel,
		Log: f.Log, Room: f.room, Rest: f.rest, Watermark: f.watermark,
	}
	if f.Composer != nil {
		var err error
		if c.Composer, err = f.Composer(w.Links); err != nil {
			return nil, err
		}
	}
	return engine.New(c), nil
}

// Seen returns the store as the engine of this function sees it.
func (f *Form) Seen() followup.SweptStore {
	store := f.Store
	if f.DeliverQueue != nil {
		store = &soon{SweptStore: store, form: f}
	}
	if f.EnrollQueue != nil && f.DeliverQueue == nil {
		store = &queued{SweptStore: store, queue: f.EnrollQueue}
	}
	return store
}

// channels gives every shop the mail channel and its calls.
func (f *Form) channels(s *ready.Shop) channels {
	var call followup.Channel = calllist.New(claimant{})
	if f.Voice != nil {
		call = f.Voice
	}
	out := channels{}
	for id := range s.Shops {
		out[id] = map[followup.Medium]followup.Channel{followup.Call: call}
		if f.Mail != nil {
			out[id][followup.Email] = f.Mail
		}
	}
	return out
}

// claimant is the desk of the call list: whoever claims a call reads its sheet
// in the answer to the claim, so there is nothing to keep.
type claimant struct{}

// Show has nothing to do.
func (claimant) Show(context.Context, followup.Message) error { return nil }
