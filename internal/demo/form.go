package demo

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/setup"
	"aftersales/internal/sqlite"
)

// Form is one form of the product, under a clock that is moved by hand.
type Form interface {
	Store() followup.Store
	Engine() *engine.Engine // people act through it
	Read(in followup.Incoming) (engine.Reading, error)
	Now() time.Time
	AdvanceTo(t time.Time)
	// NextLook returns when something is due next; false when nothing is.
	NextLook(ctx context.Context) (time.Time, bool, error)
	// Post takes a body as a store's webhook brings it.
	Post(ctx context.Context, in followup.Incoming) (followup.Verdict, error)
	// Drain does all that can be done now.
	Drain(ctx context.Context) (engine.Tally, error)
	Close() error
}

// Start is what a Form begins with: the demo's shop, and its first moment.
type Start struct {
	Config *config.Config
	Inputs setup.Inputs
	Key    []byte // of links and contact ids
	Begin  time.Time
	NewID  func() string
	Sent   func(followup.Message) // told of each accepted mail, one at a time
	Log    *slog.Logger           // nil: discarded
}

// Embedded is the single binary, on a folder that is thrown away.
type Embedded struct {
	App  *local.App
	loop *local.Loop
}

// OpenEmbedded opens the data folder of s as the single binary does; realNow is
// the machine's clock.
func OpenEmbedded(ctx context.Context, s Start, realNow func() time.Time) (*Embedded, error) {
	const keyFile = "link.key" // of the data folder: found there, none is made
	if err := os.WriteFile(filepath.Join(s.Config.Data, keyFile), s.Key, 0o600); err != nil {
		return nil, fmt.Errorf("write demo key: %w", err)
	}
	app, err := local.Open(ctx, local.Options{
		Config: s.Config, Clock: local.NewClock(realNow, s.Begin, 0), Log: s.Log, NewID: s.NewID,
		// The world is thrown away: a commit need not wait for the disk.
		Store: sqlite.Options{NoSync: true}, Paths: s.Inputs, Sent: s.Sent,
	})
	if err != nil {
		return nil, err
	}
	return &Embedded{app, app.NewLoop()}, nil
}

// Store returns the folder's.
func (e *Embedded) Store() followup.Store { return e.App.Store }

// Engine returns what people act through.
func (e *Embedded) Engine() *engine.Engine { return e.App.Engine }

// Read translates a body.
func (e *Embedded) Read(in followup.Incoming) (engine.Reading, error) { return e.App.Read(in) }

// Now returns the clock's time.
func (e *Embedded) Now() time.Time { return e.App.Clock.Now() }

// AdvanceTo moves the clock forward; a t that has passed changes nothing.
func (e *Embedded) AdvanceTo(t time.Time) { e.App.Clock.AdvanceTo(t) }

// NextLook returns when something is due next; false when nothing is.
func (e *Embedded) NextLook(ctx context.Context) (time.Time, bool, error) {
	return e.App.Store.NextLook(ctx)
}

// Post puts a body into the inbox.
func (e *Embedded) Post(ctx context.Context, in followup.Incoming) (followup.Verdict, error) {
	verdicts, err := e.App.Store.Accept(ctx, []followup.Incoming{in})
	if err != nil {
		return "", err
	}
	return verdicts[0], nil
}

// Drain does all that can be done now.
func (e *Embedded) Drain(ctx context.Context) (engine.Tally, error) { return e.loop.Drain(ctx) }

// Close releases the folder.
func (e *Embedded) Close() error { return e.App.Close() }
