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

// embedded is the single binary, on a folder that is thrown away.
type embedded struct {
	app  *local.App
	loop *local.Loop
}

func openEmbedded(ctx context.Context, s Start, realNow func() time.Time) (*embedded, error) {
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
	return &embedded{app, app.NewLoop()}, nil
}

func (e *embedded) Store() followup.Store  { return e.app.Store }
func (e *embedded) Engine() *engine.Engine { return e.app.Engine }
func (e *embedded) Read(in followup.Incoming) (engine.Reading, error) {
	return e.app.Read(in)
}
func (e *embedded) Now() time.Time        { return e.app.Clock.Now() }
func (e *embedded) AdvanceTo(t time.Time) { e.app.Clock.AdvanceTo(t) }
func (e *embedded) NextLook(ctx context.Context) (time.Time, bool, error) {
	return e.app.Store.NextLook(ctx)
}

func (e *embedded) Post(ctx context.Context, in followup.Incoming) (followup.Verdict, error) {
	verdicts, err := e.app.Store.Accept(ctx, []followup.Incoming{in})
	if err != nil {
		return "", err
	}
	return verdicts[0], nil
}
func (e *embedded) Drain(ctx context.Context) (engine.Tally, error) { return e.loop.Drain(ctx) }
func (e *embedded) Close() error                                    { return e.app.Close() }
