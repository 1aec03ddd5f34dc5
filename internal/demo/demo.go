// Package demo lives three years of a shop in seconds: the bodies under events/,
// one family and a seeded crowd go through the true engine on a SQLite folder,
// with customers who answer and staff who call, under a clock moved by hand.
package demo

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/setup"
	"aftersales/plans"
)

// Options of Run.
type Options struct {
	Seed      uint64
	Orders    int    // 0: 200
	PublicURL string // base of the links in messages
	Log       *slog.Logger
	RealNow   func() time.Time    // the machine's clock
	Progress  func(share float64) // told how far it is, 0 to 1; nil: nobody is

	// Open makes the form that is lived in; nil: the single binary.
	Open func(ctx context.Context, s Start) (Form, error)
	// Sent is told of each accepted mail, one at a time; nil: nobody is.
	Sent func(at time.Time, m followup.Message)
}

// The demo's three years. It begins on the day before the oldest published
// body is of use, and ends at a living moment: a mail has just arrived.
var (
	begin = time.Date(2025, 7, 1, 6, 0, 0, 0, time.UTC)
	end   = time.Date(2028, 7, 3, 8, 0, 0, 0, time.UTC)
)

// World is the shop after its three years, ready to be looked at.
type World struct {
	App    *local.App  // nil in another form
	Loop   *local.Loop // likewise
	Result Result

	form     Form
	dir      string
	seed     uint64
	rand     *rand.Rand
	todo     agenda
	told     int // events told
	mails    []mail
	unread   []followup.Message
	over     bool                         // the three years are
	taken    map[followup.FollowUpID]bool // calls somebody has taken on
	progress func(float64)
}

// mail is what the mailbox accepted, as far as the totals need it.
type mail struct {
	id    followup.FollowUpID
	at    time.Time
	class followup.Class
}

// Run lives the three years. Close the world when done.
func Run(ctx context.Context, o Options) (_ *World, err error) {
	if o.Orders <= 0 {
		o.Orders = 200
	}
	if o.Progress == nil {
		o.Progress = func(float64) {}
	}
	w := &World{seed: o.Seed, rand: rand.New(rand.NewPCG(o.Seed, 0x5eed)), //nolint:gosec // the crowd must be repeatable, not secret
		taken: map[followup.FollowUpID]bool{}, progress: o.Progress}
	if w.dir, err = os.MkdirTemp("", "aftersales-demo-"); err != nil {
		return nil, fmt.Errorf("make demo folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err := w.open(ctx, o); err != nil {
		return nil, err
	}
	if err := w.script(o.Orders); err != nil {
		return nil, err
	}
	if err := w.live(ctx); err != nil {
		return nil, err
	}
	w.over = true
	w.Result, err = w.count(ctx)
	return w, err
}

// Close removes the world.
func (w *World) Close() error {
	var err error
	if w.form != nil {
		err = w.form.Close()
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

func (w *World) open(ctx context.Context, o Options) (err error) {
	shop := config.Default("main")
	shop.Name, shop.Sender, shop.Phone = "Nordlight Home", "care@nordlight.example", "+49 30 12345678"
	shop.Address, shop.Country, shop.Zone = "Lindenstraße 4, 10969 Berlin", "DE", "Europe/Berlin"
	shop.PublicURL = o.PublicURL
	var n atomic.Int64 // groups are on their way at once
	key := sha256.Sum256(fmt.Appendf(nil, "a world of %d, which is thrown away", o.Seed))
	start := Start{
		Config: &config.Config{
			Business: "demo", Data: w.dir, Shops: []followup.Shop{shop},
			Email: config.Email{Channel: config.Mailbox, Concurrency: 4},
		},
		Inputs: setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products()}, Key: hex.AppendEncode(nil, key[:]),
		Begin: begin, NewID: func() string { return fmt.Sprintf("demo-%d-%06d", o.Seed, n.Add(1)) }, Log: o.Log,
		Sent: func(m followup.Message) { w.sent(m, o.Sent) },
	}
	if o.Open != nil {
		w.form, err = o.Open(ctx, start)
		return err
	}
	e, err := OpenEmbedded(ctx, start, o.RealNow)
	if err != nil {
		return err
	}
	w.form, w.App, w.Loop = e, e.App, e.loop
	return nil
}

// Form returns the form that was lived in.
func (w *World) Form() Form { return w.form }

// sent is told of each accepted mail, in any order.
func (w *World) sent(m followup.Message, tell func(time.Time, followup.Message)) {
	if w.over { // from here on people are real
		return
	}
	if tell != nil {
		tell(w.form.Now(), m)
	}
	w.mails = append(w.mails, mail{m.FollowUp, w.form.Now(), m.Class})
	w.unread = append(w.unread, m)
}

// drain does what is due now and lets customers read what arrived, in an order
// that does not depend on which send was faster.
func (w *World) drain(ctx context.Context) (engine.Tally, error) {
	did, err := w.form.Drain(ctx)
	if err != nil {
		return did, err
	}
	mails := w.unread
	w.unread = nil
	slices.SortFunc(mails, func(a, b followup.Message) int { return cmp.Compare(a.FollowUp, b.FollowUp) })
	for _, m := range mails {
		w.customer(m)
	}
	return did, nil
}

// live moves the clock from stop to stop: whatever comes first, something due
// or something a person does.
func (w *World) live(ctx context.Context) error {
	for len(w.todo) > 0 {
		next := w.todo.pop()
		if next.at.After(end) {
			continue
		}
		if err := w.travel(ctx, next.at); err != nil {
			return err
		}
		if err := next.do(ctx); err != nil {
			return err
		}
	}
	return w.travel(ctx, end)
}

// travel lets everything happen that is due until t. What people decide to do
// on the way may come before t, so it stops there first.
func (w *World) travel(ctx context.Context, t time.Time) error {
	for {
		stop := t
		if len(w.todo) > 0 && w.todo[0].at.Before(stop) {
			stop = w.todo[0].at
		}
		look, ok, err := w.form.NextLook(ctx)
		if err != nil {
			return err
		}
		if ok && look.Before(stop) {
			stop = look
		}
		w.form.AdvanceTo(stop)
		did, err := w.drain(ctx)
		if err != nil {
			return err
		}
		if did.Listed > 0 {
			if err := w.staff(ctx); err != nil {
				return err
			}
		}
		w.progress(float64(stop.Sub(begin)) / float64(end.Sub(begin)))
		switch {
		case len(w.todo) > 0 && !w.todo[0].at.After(stop) && stop.Before(t):
			next := w.todo.pop()
			if err := next.do(ctx); err != nil {
				return err
			}
		case !stop.Before(t):
			return nil
		}
	}
}

// post puts a body into the inbox, as a store's webhook does.
func (w *World) post(ctx context.Context, source, key, topic string, body []byte) error {
	sum := sha256.Sum256(append([]byte(topic+"\n"), body...))
	in := followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: source, Key: key}, Topic: topic,
		Hash: hex.EncodeToString(sum[:]), Body: body, At: w.form.Now(),
	}
	verdict, err := w.form.Post(ctx, in)
	if err != nil {
		return fmt.Errorf("post %s: %w", key, err)
	}
	if verdict == followup.Different {
		return fmt.Errorf("post %s: the same key was used for another body", key)
	}
	w.told++
	_, err = w.drain(ctx)
	return err
}
