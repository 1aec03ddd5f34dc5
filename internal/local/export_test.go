package local

import (
	"context"
	"time"
)

// Turns returns what takes a turn and what tells whether there is one, for so
// many turns a second.
func Turns(rate float64) (take, ready func() bool) {
	t := newTurns(rate, time.Now)
	return t.take, t.ready
}

// Until tells how long the machine has to wait for the clock.
func (c *Clock) Until(t time.Time) (time.Duration, <-chan struct{}) { return c.until(t) }

// Forever is longer than any wait.
const Forever = forever

// ReconcileAll does what a start does after a change of settings.
func (a *App) ReconcileAll(ctx context.Context) error { return a.reconcileAll(ctx) }

// CollectLess is what Serve does to the garbage collector.
func CollectLess() { collectLess() }

// Pulse returns a check of beat that runs at most every ten seconds of now.
func Pulse(beat func(context.Context) error, now func() time.Time) func(context.Context) error {
	return (&pulse{beat: beat, now: now}).check
}

// PulseKey names what a health check writes.
const PulseKey = pulseKey

// Sweep forgets what is old, once an hour until ctx ends.
func (a *App) Sweep(ctx context.Context) error { return a.sweep(ctx) }

// ServingKey names what serve keeps for whoever works beside it.
const ServingKey = servingKey
