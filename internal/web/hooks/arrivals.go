package hooks

import (
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	arriving      = 512      // bodies on their way at the same time
	arrivingBytes = 64 << 20 // of all of them, as far as they have come
)

// arrivals are the bodies that are on their way. Nobody who sends one is known
// yet, so nobody may keep others out: where there is no room the one that has
// taken longest gives way. A store's webhook comes with its headers, in no time.
type arrivals struct {
	mu    sync.Mutex
	all   []*arrival // oldest first
	bytes int
	most  int // bodies
	room  int // bytes
}

// arrival is one body on its way.
type arrival struct {
	of    *arrivals
	body  io.Reader
	stop  func() // makes a Read under way end
	bytes int    // that are kept
	away  bool   // it gave way
	gone  bool   // what comes is dropped
}

// add lets a body in.
func (a *arrivals) add(w http.ResponseWriter, body io.Reader) *arrival {
	control := http.NewResponseController(w)
	b := &arrival{of: a, body: body, stop: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }} // not every server can; then away ends it
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.all) >= a.most {
		a.oust()
	}
	a.all = append(a.all, b)
	return b
}

// oust makes the oldest give way.
func (a *arrivals) oust() {
	b := a.all[0]
	a.all, a.bytes = slices.Delete(a.all, 0, 1), a.bytes-b.bytes
	b.away = true
	b.stop()
}

// Read reads on; os.ErrDeadlineExceeded once the body gave way.
func (b *arrival) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if b.away {
		return n, os.ErrDeadlineExceeded
	}
	if b.gone {
		return n, err
	}
	b.bytes += n
	b.of.bytes += n
	for b.of.bytes > b.of.room && len(b.of.all) > 1 {
		b.of.oust()
	}
	return n, err
}

// drop reads on and keeps nothing, until the body ends, gives way or most bytes came.
func (b *arrival) drop(most int64) {
	b.of.mu.Lock()
	if !b.away {
		b.of.bytes -= b.bytes
	}
	b.bytes, b.gone = 0, true
	b.of.mu.Unlock()
	_, _ = io.CopyN(io.Discard, b, most) // however it ends, the body is refused
}

// end takes the body off the list and reports whether it gave way.
func (b *arrival) end() (away bool) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if i := slices.Index(b.of.all, b); i >= 0 {
		b.of.all, b.of.bytes = slices.Delete(b.of.all, i, i+1), b.of.bytes-b.bytes
	}
	return b.away
}
