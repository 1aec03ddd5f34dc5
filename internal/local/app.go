// Package local is the composition root of the single binary: it makes an
// engine from a configuration, a SQLite folder and channels, runs the loop and
// serves the two listeners.
package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/plan"
	"aftersales/internal/source"
	"aftersales/internal/sqlite"
	"aftersales/internal/web"
	"aftersales/messages"
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
type Inputs struct {
	Plans     fs.FS // *.yaml in file-name order
	Catalogue []byte
	Messages  fs.FS
}

// App is the engine on one machine, with everything it stands on.
type App struct {
	Config *config.Config
	Clock  *Clock
	Log    *slog.Logger
	Store  *sqlite.Store
	Engine *engine.Engine
	Links  *web.Links
	Signer *link.Signer
	Plans  []*followup.Plan

	key       []byte // of contact ids
	catalogue *followup.Catalogue
	turns     *turns // to send mail
	shops     map[followup.ShopID]*followup.Shop
	mail      followup.Channel
}

// Open makes an App. Every fault of plans, catalogue and messages is reported
// at once. Close it when done.
func Open(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{Config: o.Config, Clock: o.Clock, Log: o.Log}
	if a.Clock == nil {
		a.Clock = NewClock(time.Now, time.Time{}, 1)
	}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	if o.NewID == nil {
		o.NewID = rand.Text
	}
	docs, catalogue, err := a.inputs(o.Paths)
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
	if err := a.keys(); err != nil {
		return nil, err
	}
	composer, err := a.composer(o.Paths.Messages)
	if err != nil {
		return nil, err
	}
	if err := a.keepPlans(ctx, docs); err != nil {
		return nil, err
	}
	epoch, err := a.epoch(ctx)
	if err != nil {
		return nil, err
	}
	if a.mail, err = a.mailChannel(); err != nil {
		return nil, err
	}
	if o.Sent != nil {
		a.mail = &observed{Channel: a.mail, tell: o.Sent}
	}
	a.catalogue, a.turns = catalogue, newTurns(a.Config.Email.Rate, time.Now)
	a.Engine = engine.New(engine.Config{
		Store: a.Store, Shops: a.rules(catalogue, epoch), Channels: a.channels(), Composer: composer,
		Read: a.Read, Parse: parseStored, ID: o.NewID, Turn: func(followup.ShopID) bool { return a.turns.take() }, Parallel: a.parallel(), Log: a.Log,
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

// inputs reads plans and catalogue.
func (a *App) inputs(in Inputs) ([]followup.PlanDoc, *followup.Catalogue, error) {
	if in.Plans == nil {
		in.Plans = os.DirFS(a.Config.Plans)
	}
	plans, docs, faults := plan.LoadDir(in.Plans, ".")
	a.Plans = plans
	name := "products"
	if in.Catalogue == nil && a.Config.Products != "" {
		body, err := os.ReadFile(a.Config.Products)
		if err != nil {
			return nil, nil, fmt.Errorf("read catalogue: %w", err)
		}
		in.Catalogue, name = body, filepath.Base(a.Config.Products)
	}
	catalogue := &followup.Catalogue{}
	if in.Catalogue != nil {
		c, more := plan.ParseCatalogue(name, in.Catalogue)
		catalogue, faults = c, append(faults, more...)
	}
	return docs, catalogue, faults.Err()
}

// keys reads the keys of links and contact ids, making the file when there is none.
func (a *App) keys() error {
	var secrets [][]byte
	for _, s := range a.Config.LinkKeys {
		secrets = append(secrets, []byte(s.Reveal()))
	}
	own, err := link.LoadOrCreate(filepath.Join(a.Config.Data, linkKeyFile))
	if err != nil {
		return err
	}
	// Contact ids must never change with a rotation of link keys: they hang on
	// the first key this folder had.
	a.key = append([]byte(a.Config.Business+"\x00"), own...)
	a.Signer, err = link.New(append(secrets, own)...)
	return err
}

func (a *App) composer(own fs.FS) (*compose.Composer, error) {
	if own == nil && a.Config.Messages != "" {
		own = os.DirFS(a.Config.Messages)
	}
	a.Links = web.NewLinks(a.Signer)
	c, err := compose.New(compose.Options{Messages: own, Defaults: messages.Files(), Links: a.Links})
	if err != nil {
		return nil, err
	}
	var missing plan.Faults
	for _, p := range a.Plans {
		for i := range p.Steps {
			if s := &p.Steps[i]; !c.Has(s.Message) {
				missing = append(missing, plan.Fault{
					File: p.Name, Path: "steps." + s.ID + ".message", Cause: fmt.Sprintf("there is no message %q", s.Message),
					Mend: fmt.Sprintf("write messages/%s/en.md, or name one that exists", s.Message),
				})
			}
		}
	}
	return c, missing.Err()
}

// keepPlans stores every plan, so that journeys can be pinned to it; changed
// content under an old number is refused here.
func (a *App) keepPlans(ctx context.Context, docs []followup.PlanDoc) error {
	var errs []error
	for _, d := range docs {
		if err := a.Store.SavePlan(ctx, d); err != nil {
			if errors.Is(err, followup.ErrVersionReused) {
				err = fmt.Errorf("plan %s: version %d was used with other content: raise `version` to %d", d.Name, d.Version, d.Version+1)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *App) epoch(ctx context.Context) (int, error) {
	text, err := a.Store.Meta(ctx, "epoch")
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("epoch %q in the database is not a number: %w", text, err)
	}
	return n, nil
}

func (a *App) rules(catalogue *followup.Catalogue, epoch int) map[followup.ShopID]*followup.Rules {
	out := map[followup.ShopID]*followup.Rules{}
	a.shops = map[followup.ShopID]*followup.Shop{}
	for i := range a.Config.Shops {
		s := &a.Config.Shops[i]
		a.shops[s.ID] = s
		out[s.ID] = &followup.Rules{Shop: s, Plans: a.Plans, Catalogue: catalogue, Holidays: a.Config.Holidays, Epoch: epoch}
	}
	return out
}

func parseStored(d followup.PlanDoc) (*followup.Plan, error) {
	p, faults := plan.Parse(d.Name, d.Source)
	return p, faults.Err()
}

// ContactKey names a contact by keyed hash.
func (a *App) ContactKey(kind, value string) followup.ContactID {
	return link.ContactID(a.key, kind, value)
}

// Read translates a body of the inbox. It is pure: nothing is written.
func (a *App) Read(in followup.Incoming) (engine.Reading, error) {
	src, ok := source.Lookup(in.Source)
	shop := a.shops[in.Shop]
	if !ok || shop == nil {
		return engine.Reading{}, fmt.Errorf("source %q of shop %q is not configured any more", in.Source, in.Shop)
	}
	t, err := src.Translate(in, source.Env{Shop: shop, ContactKey: a.ContactKey})
	if err != nil {
		return engine.Reading{}, err
	}
	return engine.Reading{Events: t.Events, Erase: t.Erase, EraseShop: t.EraseShop, Ignored: t.Ignored}, nil
}
