// Package cloud is the composition root of the functions: it makes an engine of
// a configuration, tables, queues and the provider's channels, and turns the
// events of each trigger into calls of it. Every handler is a method of Form.
package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"aftersales/internal/calllist"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/setup"
)

// Parts are what a Form is made of. A function needs only those it uses; the
// others are nil.
type Parts struct {
	Env          *config.Cloud
	Config       *config.Config
	Inputs       setup.Inputs        // replaces the merchant's files, for tests
	Store        followup.SweptStore //
	Secrets      Secrets             //
	EnrollQueue  queue.Sender        // intake, sweep
	DeliverQueue queue.Sender        // all but intake
	Mail         followup.Channel    // deliver
	Voice        followup.Channel    // deliver, with a voice provider; nil: calls are tasks for people
	Calls        Calls               // outcome, with a voice provider; nil: no events of calls are read
	Account      Account             // sweep
	Web          *http.Client        // console: reaches the keys and tokens of the log-in
	Now          func() time.Time    // the product's clock
	NewID        func() string       // names of attempts and of our own events
	Log          *slog.Logger        //
	Metrics      io.Writer           // where lines of metrics go: the function's stdout; nil: nothing is measured
	Version      string              //
}

// Form is one function's part of the product. It lives as long as its sandbox
// and is safe for concurrent use.
type Form struct {
	Parts
	metrics metrics

	mu     sync.Mutex
	made   *work
	marked time.Time // when the watermark was last written here
	print  string    // fingerprint of the settings; "" not made yet
	tokens *oidc.IDTokenVerifier
}

// New returns a form. It does nothing yet: what needs the network is done by
// the first invocation, which can fail and come again.
func New(p Parts) *Form {
	return &Form{Parts: p, metrics: metrics{p.Metrics, p.Env.Stack}}
}

// work is what an invocation works with: a setup, its engine, and what both
// hang on.
type work struct {
	*setup.Setup
	engine  *engine.Engine
	keys    string // the secrets it was made with
	epoch   int
	checked time.Time // when keys and epoch were last looked at
}

// fresh is how long keys and epoch are taken as they are.
const fresh = time.Minute

// errSecret is a secret that has to be set before anything works.
var errSecret = errors.New("secret is not set")

// work returns what to work with, made anew when a key or the epoch changed.
// What was made stays in use while they cannot be read.
func (f *Form) work(ctx context.Context) (*work, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.Now()
	if f.made != nil && now.Sub(f.made.checked) < fresh {
		return f.made, nil
	}
	if err := f.here(ctx); err != nil {
		return nil, err
	}
	keys, err := f.keys(ctx)
	epoch := 0
	if err == nil {
		epoch, err = f.epoch(ctx)
	}
	text := joined(keys)
	switch {
	case err != nil && f.made != nil:
		f.Log.WarnContext(ctx, "keys and epoch cannot be read; the old ones stay", "err", err)
	case err != nil:
		return nil, err
	case f.made == nil || f.made.keys != text || f.made.epoch != epoch:
		made, err := f.make(ctx, keys, epoch)
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
func (f *Form) Desk(ctx context.Context) (*setup.Setup, *engine.Engine, error) {
	w, err := f.work(ctx)
	if err != nil {
		return nil, nil, err
	}
	return w.Setup, w.engine, nil
}

func joined(k setup.Keys) string {
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
	sessionKey = "AFTERSALES_SESSION_KEY"
)

func (f *Form) keys(ctx context.Context) (k setup.Keys, err error) {
	link, err := f.secret(ctx, linkKey)
	if err != nil {
		return k, err
	}
	contact, err := f.secret(ctx, contactKey)
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

// secret returns a secret that must be set.
func (f *Form) secret(ctx context.Context, name string) (string, error) {
	text, err := f.Secrets.Secret(ctx, name)
	switch {
	case err != nil:
		return "", fmt.Errorf("read secret %s: %w", name, err)
	case text == "":
		f.metrics.put(f.Now(), metricSecrets, "Count", 1)
		return "", fmt.Errorf("%w: %s; aftersales secrets init makes it", errSecret, name)
	}
	return text, nil
}

// The records of the operation.
const (
	epochRecord    = "epoch"
	plansRecord    = "plans"    // fingerprint of the plans that are kept
	settingsRecord = "settings" // fingerprint of the settings that journeys were reconciled with
)

// epoch is raised by hand after a restore: reservations of an older one may
// have been sent.
func (f *Form) epoch(ctx context.Context) (int, error) {
	value, version, err := f.Store.Record(ctx, epochRecord)
	if err != nil || version == 0 {
		return 0, err
	}
	var n int
	if err := json.Unmarshal(value, &n); err != nil {
		return 0, fmt.Errorf("read epoch: %w", err)
	}
	return n, nil
}

func (f *Form) make(ctx context.Context, keys setup.Keys, epoch int) (*work, error) {
	files, err := setup.Read(f.Config, f.Inputs)
	if err != nil {
		return nil, err
	}
	s, err := setup.New(f.Config, files, keys)
	if err != nil {
		return nil, err
	}
	if err := f.keepPlans(ctx, s); err != nil {
		return nil, err
	}
	return &work{Setup: s, epoch: epoch, engine: f.engine(s, epoch, f.store())}, nil
}

func (f *Form) engine(s *setup.Setup, epoch int, store followup.Store) *engine.Engine {
	return engine.New(engine.Config{
		Store: store, Shops: s.Rules(epoch), Channels: f.channels(s), Composer: s.Composer, Read: s.Read, Parse: setup.Parse,
		ID: f.NewID, Parallel: parallel, Log: f.Log, Room: f.room, Rest: f.rest, Watermark: f.watermark,
	})
}

// keepPlans stores the plans unless these very ones were stored before, so that
// a cold start costs one read.
func (f *Form) keepPlans(ctx context.Context, s *setup.Setup) error {
	now, err := json.Marshal(s.Fingerprint())
	if err != nil {
		return err
	}
	kept, version, err := f.Store.Record(ctx, plansRecord)
	if err != nil || version > 0 && string(kept) == string(now) {
		return err
	}
	if err := s.KeepPlans(ctx, f.Store); err != nil {
		return err
	}
	if err := f.Store.SetRecord(ctx, plansRecord, now, version); !errors.Is(err, followup.ErrConflict) {
		return err
	}
	return nil // another sandbox kept them
}

// store returns the store as the engine of this function sees it.
func (f *Form) store() followup.SweptStore {
	store := f.Store
	if f.DeliverQueue != nil {
		store = &soon{SweptStore: store, queue: f.DeliverQueue, now: f.Now, log: f.Log}
	}
	if f.EnrollQueue != nil && f.DeliverQueue == nil {
		store = &queued{SweptStore: store, queue: f.EnrollQueue}
	}
	return store
}

// channels gives every shop the mail channel and its calls.
func (f *Form) channels(s *setup.Setup) channels {
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
