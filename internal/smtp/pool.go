package smtp

import (
	"sync"
	"time"
)

// Bounds of what is kept open between sends.
const (
	maxIdle    = 4   // connections
	maxPerConn = 100 // messages; many relays end a connection after about that many
)

// pool keeps idle connections for a while.
type pool struct {
	keep time.Duration

	mu     sync.Mutex
	closed bool
	conns  []*idleConn
}

type idleConn struct {
	conn  *conn
	timer *time.Timer
}

// take returns the connection used last, or nil. Nobody else has it then.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) == 0 {
		return nil
	}
	last := p.conns[len(p.conns)-1]
	p.conns = p.conns[:len(p.conns)-1]
	last.timer.Stop()
	return last.conn
}

// put keeps c, or ends it when there are enough.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) >= maxIdle || c.sent >= maxPerConn {
		go c.quit()
		return
	}
	i := &idleConn{conn: c}
	i.timer = time.AfterFunc(p.keep, func() { p.expire(i) })
	p.conns = append(p.conns, i)
}

// expire ends a connection that nobody has taken.
func (p *pool) expire(i *idleConn) {
	if p.remove(i) {
		i.conn.quit()
	}
}

func (p *pool) remove(i *idleConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, o := range p.conns {
		if o == i {
			p.conns = append(p.conns[:n], p.conns[n+1:]...)
			return true
		}
	}
	return false
}

func (p *pool) close() {
	p.mu.Lock()
	conns := p.conns
	p.conns, p.closed = nil, true
	p.mu.Unlock()
	for _, i := range conns {
		i.timer.Stop()
		i.conn.quit()
	}
}
