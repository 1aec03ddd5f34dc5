package local

import (
	"math"
	"sync"
	"time"
)

// Clock tells the time of the engine. Started with a start time it runs from
// there, Speed times as fast as the machine's; the demo moves it by hand. It is
// safe for concurrent use.
type Clock struct {
	real  func() time.Time
	base  time.Time // the machine's time when the clock was set
	start time.Time // the clock's time then
	speed float64
	set   bool // it is not the machine's

	mu    sync.Mutex
	shift time.Duration
	moved chan struct{} // closed and replaced at each Advance
}

// NewClock returns a clock that is the machine's, when start is zero, else one
// that starts there and runs speed times as fast; speed 0 stands still.
func NewClock(realNow func() time.Time, start time.Time, speed float64) *Clock {
	// Without its monotonic reading, which stands still while a machine sleeps and
	// knows nothing of a clock that was set: then wall time counts.
	c := &Clock{real: realNow, base: realNow().Round(0), start: start, speed: speed, set: !start.IsZero(), moved: make(chan struct{})}
	if start.IsZero() {
		c.start, c.speed = c.base, 1
	}
	return c
}

// Set reports whether the clock was started at a time of its own.
func (c *Clock) Set() bool { return c.set }

// Now returns the clock's time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ran := c.real().Sub(c.base)
	if c.speed != 1 { // years in nanoseconds do not fit a float64
		ran = time.Duration(float64(ran) * c.speed)
	}
	return c.start.Add(ran + c.shift).UTC()
}

// Advance moves the clock forward by hand and wakes who waits for it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
	close(c.moved)
	c.moved = make(chan struct{})
}

// AdvanceTo moves the clock forward by hand to t; a t that has passed changes
// nothing.
func (c *Clock) AdvanceTo(t time.Time) {
	if d := t.Sub(c.Now()); d > 0 {
		c.Advance(d)
	}
}

// until returns how long the machine has to wait until t, and a channel that is
// closed when the clock is moved by hand before. A clock that stands still
// waits for that only.
func (c *Clock) until(t time.Time) (time.Duration, <-chan struct{}) {
	left := t.Sub(c.Now())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.speed <= 0 && left > 0 {
		return forever, c.moved
	}
	if c.speed > 0 && c.speed != 1 {
		left = time.Duration(math.Ceil(float64(left) / c.speed)) // never a moment too early
	}
	return max(0, left), c.moved
}

// forever is longer than any wait of the loop.
const forever = 24 * time.Hour
