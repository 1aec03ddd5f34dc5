package calllist

import (
	"context"
	"sync"

	"aftersales/internal/followup"
)

// Memory is a [Desk] that remembers what it showed, for tests and the memory
// form. The zero value is empty and ready; it is safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	shown []followup.Message // oldest first
}

var _ Desk = (*Memory)(nil)

// Show remembers m, once per attempt.
func (d *Memory) Show(_ context.Context, m followup.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.shown {
		if o.FollowUp == m.FollowUp && o.Attempt == m.Attempt {
			return nil
		}
	}
	d.shown = append(d.shown, m)
	return nil
}

// Shown returns what was shown, oldest first.
func (d *Memory) Shown() []followup.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]followup.Message(nil), d.shown...)
}
