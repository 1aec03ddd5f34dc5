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
	Serve  bool                   // take the folder for the one who serves it, before anything is written
	Beside bool                   // work by what the last Serve of the folder runs on: files may be half edited
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

	files setup.Files
	lock  *sqlite.ServeLock // nil: another may serve the folder
	turns *turns            // to send mail
	mail  followup.Channel
}

// Open makes an App. Every fault of plans, catalogue and messages is reported
// at once. With Serve the error wraps a [*sqlite.HeldError] when another process
// serves the folder. Close it when done.
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
	if !o.Beside { // a fault of the files leaves no folder behind
		if a.files, err = setup.Read(o.Config, o.Paths); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.release())
		}
	}()
	if o.Serve {
		if a.lock, err = sqlite.Lock(o.Config.Data, holder()); err != nil {
			return nil, err
		}
	}
	if a.Store, err = sqlite.Open(ctx, o.Config.Data, o.Store); err != nil {
		return nil, err
	}
	if err = a.ready(ctx, o); err != nil {
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

// ready makes the Setup, and keeps its plans unless they are kept already.
func (a *App) ready(ctx context.Context, o Options) error {
	kept := false
	if o.Beside {
		var err error
		if o.Config, kept, err = a.served(ctx, o); err != nil {
			return err
		}
	}
	keys, err := keysOf(o.Config)
	if err != nil {
		return err
	}
	if a.Setup, err = setup.New(o.Config, a.files, keys); err != nil || kept {
		return err
	}
	return a.KeepPlans(ctx, a.Store)
}

// served reads what the last serve of the folder runs on, whose plans are kept.
// Where nobody has served it, or nobody does and another version did, the files
// count.
func (a *App) served(ctx context.Context, o Options) (c *config.Config, kept bool, err error) {
	text, err := a.Store.Meta(ctx, servingKey)
	if err != nil {
		return nil, false, err
	}
	if text != "" {
		c, a.files, err = setup.ReadServing([]byte(text), o.Config)
		if !errors.Is(err, setup.ErrOtherVersion) || held(o.Config.Data) {
			return c, true, err
		}
	}
	a.files, err = setup.Read(o.Config, o.Paths)
	return o.Config, false, err
}

// held reports whether somebody serves a folder, or it cannot be told.
func held(dir string) bool {
	lock, err := sqlite.Lock(dir, holder())
	return err != nil || lock.Close() != nil
}

// servingKey is where the store keeps what its serve runs on, for whoever works
// beside it.
const servingKey = "serving"

// noteServing keeps that, unless it is kept already.
func (a *App) noteServing(ctx context.Context) error {
	text, err := setup.WriteServing(a.Config, a.files)
	if err != nil {
		return err
	}
	before, err := a.Store.Meta(ctx, servingKey)
	if err != nil || before == string(text) {
		return err
	}
	return a.Store.SetMeta(ctx, servingKey, string(text))
}

// Close releases the folder and the connections to the mail server.
func (a *App) Close() error {
	if c, ok := a.mail.(interface{ Close() }); ok {
		c.Close()
	}
	return a.release()
}

func (a *App) release() error {
	var errs []error
	if a.Store != nil {
		errs = append(errs, a.Store.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
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
