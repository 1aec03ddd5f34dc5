package smtp

import (
	"context"
	"time"
)

// follow ends every wait of the connection when ctx does. The function it
// returns stops that, and reports false when ctx had ended before.
func (n *conn) follow(ctx context.Context) (stop func() bool) {
	n.mu.Lock()
	n.cut = false
	n.mu.Unlock()
	return context.AfterFunc(ctx, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.cut = true
		_ = n.raw.SetDeadline(time.Unix(1, 0)) // fails only when closed already
	})
}

// setDeadline moves the deadline, unless the context has ended.
func (n *conn) setDeadline(at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.cut {
		_ = n.raw.SetDeadline(at) // fails only when closed already
	}
}
