// Package engine moves journeys through the ports: it enrolls events, decides
// and sends what is due, and records what people say. It holds no rule of its
// own (those are in package followup) and no clock: now is an argument. Both
// forms of the product run it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// Reading is what a received body says.
type Reading struct {
	Events    []followup.Event
	Erase     []followup.ContactID // people who asked to be forgotten
	EraseShop bool                 // the shop itself left
	Ignored   string               // understood, but nothing to do, and why
}

// Config is what an engine is made of. Fields down to ID, and Log, are required.
type Config struct {
	Store    followup.Store
	Shops    map[followup.ShopID]*followup.Rules
	Channels map[followup.ShopID]map[followup.Medium]followup.Channel
	Composer followup.Composer
	Read     func(followup.Incoming) (Reading, error)       // pure
	Parse    func(followup.PlanDoc) (*followup.Plan, error) // a stored plan
	ID       func() string                                  // a new name: attempts and our own events; never repeats
	Turn     func(shop followup.ShopID) bool                // rate limit: takes a turn for one mail, if there is one now; nil: always
	Parallel int                                            // sends at once, over all Delivers; 0: 8
	Log      *slog.Logger

	// Plans returns the plans and the catalogue of all Shops, when rules are first
	// asked for: much of what comes needs none. nil: Shops has them.
	Plans func() ([]*followup.Plan, *followup.Catalogue, error)
	// Room says whether there is time for another send; without it nothing is
	// armed, and rows keep their look. nil: always.
	Room func(ctx context.Context) bool
	// Rest is told once a pause that a fault of the account stopped a medium of a
	// shop; reason carries no personal data. nil: only this process knows.
	Rest func(ctx context.Context, shop followup.ShopID, medium followup.Medium, until time.Time, reason string)
	// Watermark returns when the latest send of a stream was made of which an event
	// has arrived; false: the channel reports no sends by events. nil: none does.
	Watermark func(ctx context.Context, shop followup.ShopID, medium followup.Medium) (time.Time, bool)
}

// Engine is safe for concurrent use.
type Engine struct {
	c     Config
	turns chan struct{} // as many as sends may be made at once
	mu    sync.Mutex
	rules map[followup.ShopID]*followup.Rules
	ready bool                        // rules have their plans
	busy  map[followup.ContactID]bool // contacts that a round is sending to
	lanes map[lane]time.Time          // until when a lane rests after a fault of the account
}

// New returns an engine.
func New(c Config) *Engine {
	if c.Parallel <= 0 {
		c.Parallel = 8
	}
	e := &Engine{
		c: c, turns: make(chan struct{}, c.Parallel), rules: make(map[followup.ShopID]*followup.Rules, len(c.Shops)), busy: map[followup.ContactID]bool{},
		lanes: map[lane]time.Time{},
	}
	maps.Copy(e.rules, c.Shops)
	return e
}

// Store returns the store the engine works on.
func (e *Engine) Store() followup.Store { return e.c.Store }

// Rules returns the settings of the shop of a journey, with the plan the
// journey is pinned to among them.
func (e *Engine) Rules(ctx context.Context, j *followup.Journey) (*followup.Rules, error) {
	shop, _ := j.ID.Split()
	r, err := e.rulesOf(shop)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("journey %s: shop %q is not configured", j.ID, shop)
	}
	hash := j.Pinned()
	if hash == "" || r.Knows(hash) {
		return r, nil
	}
	doc, err := e.c.Store.Plan(ctx, hash)
	switch {
	case errors.Is(err, followup.ErrNotFound):
		return r, nil // Desire says that the plan is not stored
	case err != nil:
		return nil, fmt.Errorf("load stored plan %s: %w", hash, err)
	}
	p, err := e.c.Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("read stored plan %s: %w", hash, err)
	}
	return e.learn(shop, p), nil
}

// rulesOf returns the settings of a shop, nil when there is none of that id.
func (e *Engine) rulesOf(shop followup.ShopID) (*followup.Rules, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ready && e.c.Plans != nil {
		plans, catalogue, err := e.c.Plans()
		if err != nil {
			return nil, err
		}
		for id, r := range e.rules {
			full := *r
			full.Plans, full.Catalogue = plans, catalogue
			e.rules[id] = &full
		}
	}
	e.ready = true
	return e.rules[shop], nil
}

// learn adds a stored plan to the shop's rules, which are never changed in place.
func (e *Engine) learn(shop followup.ShopID, p *followup.Plan) *followup.Rules {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := *e.rules[shop]
	stored := make(map[string]*followup.Plan, len(r.Stored)+1)
	maps.Copy(stored, r.Stored)
	stored[p.Hash] = p
	r.Stored = stored
	e.rules[shop] = &r
	return &r
}
