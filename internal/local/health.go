package local

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// How often a monitor's question makes a write, and how long that may take.
const (
	pulseEvery = 10 * time.Second
	pulseTime  = 5 * time.Second
)

// pulseSize is what an order takes, about: on a full disk a few bytes may find
// room where no order does.
const pulseSize = 24 << 10

// pulseKey names the setting that is written to see that the disk takes writes.
const pulseKey = "pulse"

// pulse asks whether something works, at most once in pulseEvery: who asks more
// often gets the last answer.
type pulse struct {
	beat func(ctx context.Context) error
	now  func() time.Time // of the machine

	mu   sync.Mutex
	last time.Time
	err  error
}

// check returns why it does not work. A monitor that hangs up does not count.
func (p *pulse) check(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); p.last.IsZero() || now.Sub(p.last) >= pulseEvery {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pulseTime)
		defer cancel()
		p.last, p.err = now, p.beat(ctx)
	}
	return p.err
}

// health returns what says why the service cannot work: the database does not
// answer, or the disk takes no writes.
func (a *App) health() func(context.Context) error {
	written := &pulse{now: time.Now, beat: func(ctx context.Context) error {
		return a.Store.SetMeta(ctx, pulseKey, time.Now().UTC().Format(time.RFC3339)+strings.Repeat(" ", pulseSize))
	}}
	return func(ctx context.Context) error {
		if _, _, err := a.Store.NextLook(ctx); err != nil {
			return err
		}
		if err := written.check(ctx); err != nil {
			return fmt.Errorf("the database takes no writes: %w", err)
		}
		return nil
	}
}
