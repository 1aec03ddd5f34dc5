package compose

import (
	"sync"

	"aftersales/internal/civil"
	numbers "aftersales/internal/phone" // phone is a function here
	"aftersales/internal/world"
)

// number is a phone number of a shop.
type number struct {
	shown string // international, as people read it: +49 30 901820
	dial  string // E.164; "" when it cannot be told
}

// remembered keeps what was worked out of a shop's settings, which takes longer than the rest of a message. Nothing of
// customers comes here, so it stays as small as the configuration.
type remembered[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]V
}

// of returns what is known of k, or makes it.
func (r *remembered[K, V]) of(k K, build func() V) V {
	r.mu.RLock()
	v, ok := r.known[k]
	r.mu.RUnlock()
	if ok {
		return v
	}
	v = build()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[K]V{}
	}
	r.known[k] = v
	return v
}

// phones remembers how the shops' numbers are shown.
type phones struct{ remembered[phoneKey, number] }

type phoneKey struct{ phone, country string }

func (p *phones) of(written, country string) number {
	if written == "" {
		return number{}
	}
	return p.remembered.of(phoneKey{written, country}, func() number {
		n := number{shown: clean(written, longestValue)}
		if parsed, ok := numbers.Parse(written, country); ok {
			n.shown, n.dial = parsed.International(), parsed.E164()
		}
		return n
	})
}

// openings remembers how the shops' business hours are said.
type openings struct{ remembered[openingKey, string] }

type openingKey struct {
	texts   *texts
	window  civil.Window
	country string
}

func (o *openings) of(t *texts, w civil.Window, country string) string {
	return o.remembered.of(openingKey{t, w, country}, func() string { return t.businessHours(w, world.Weekend(country)) })
}
