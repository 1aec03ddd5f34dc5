package local

import (
	"context"
	"time"
)

// Limiter returns a limiter's wait, for so many turns a second.
func Limiter(rate float64) func(context.Context) error {
	l := &limiter{gap: time.Duration(float64(time.Second) / rate), now: time.Now}
	return l.wait
}

// Until tells how long the machine has to wait for the clock.
func (c *Clock) Until(t time.Time) (time.Duration, <-chan struct{}) { return c.until(t) }

// Forever is longer than any wait.
const Forever = forever

// ReconcileAll does what a start does after a change of settings.
func (a *App) ReconcileAll(ctx context.Context) error { return a.reconcileAll(ctx) }

// CollectLess is what Serve does to the garbage collector.
func CollectLess() { collectLess() }
