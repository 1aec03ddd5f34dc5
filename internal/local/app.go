// Package local is the composition root of the single binary: it makes an
// engine from a configuration, a SQLite folder and channels, runs the loop and
// serves the two listeners.
package local

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/setup"
	"aftersales/internal/sqlite"
	"aftersales/internal/transfer"
)

// linkKeyFile holds the key of links and contact ids, in the data folder.
const linkKeyFile = "link.key"

// Options are what an App is made of beside its configuration.
type Options struct {
	Config *config.Config
	Clock  *Clock                 // nil: the machine's
	Log    *slog.Logger           // nil: discarded
	NewID  func() string          // nil: random
	Store  sqlite.Options         //
	Paths  Inputs                 // where plans come from; zero: the configuration's files
	Sent   func(followup.Message) // told of each accepted mail, one at a time; nil: nobody is
}

// Inputs replaces files of the configuration, for the demo and tests.
type Inputs = setup.Inputs

// App is the engine on one machine, with everything it stands on.
type App struct {
	*setup.Setup
	Clock  *Clock
	Log    *slog.Logger
	Store  *sqlite.Store
	Engine *engine.Engine

	turns *turns // to send mail
	mail  followup.Channel
}

// Open makes an App. Every fault of plans, catalogue and messages is reported
// at once. Close it when done.
func Open(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{Clock: o.Clock, Log: o.Log}
	if a.Clock == nil {
		a.Clock = NewClock(time.Now, time.Time{}, 1)
	}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	if o.NewID == nil {
		o.NewID = rand.Text
	}
	files, err := setup.Read(o.Config, o.Paths)
	if err != nil {
		return nil, err
	}
	if a.Store, err = sqlite.Open(ctx, o.Config.Data, o.Store); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Store.Close())
		}
	}()
	keys, err := keysOf(o.Config)
	if err != nil {
		return nil, err
	}
	if a.Setup, err = setup.New(o.Config, files, keys); err != nil {
		return nil, err
	}
	if err := a.KeepPlans(ctx, a.Store); err != nil {
		return nil, err
	}
	epoch, err := transfer.Epoch(ctx, a.Store)
	if err != nil {
		return nil, err
	}
	if a.mail, err = a.mailChannel(); err != nil {
		return nil, err
	}
	if o.Sent != nil {
		a.mail = &observed{Channel: a.mail, tell: o.Sent}
	}
	a.turns = newTurns(a.Config.Email.Rate, time.Now)
	a.Engine = engine.New(engine.Config{
		Store: a.Store, Shops: a.Rules(epoch), Channels: a.channels(), Composer: a.Composer,
		Read: a.Read, Parse: setup.Parse, ID: o.NewID, Turn: func(followup.ShopID) bool { return a.turns.take() }, Parallel: a.parallel(), Log: a.Log,
	})
	return a, nil
}

// Close releases the database and the connections to the mail server.
func (a *App) Close() error {
	if c, ok := a.mail.(interface{ Close() }); ok {
		c.Close()
	}
	return a.Store.Close()
}

// keysOf reads the keys of links and contact ids, making the file when there is none.
func keysOf(c *config.Config) (k setup.Keys, err error) {
	for _, s := range c.LinkKeys {
		k.Links = append(k.Links, []byte(s.Reveal()))
	}
	own, err := link.LoadOrCreate(filepath.Join(c.Data, linkKeyFile))
	if err != nil {
		return k, err
	}
	// Contact ids must never change with a rotation of link keys: they hang on
	// the first key this folder had.
	k.Links, k.Contact = append(k.Links, own), own
	return k, nil
}
