package compose

import (
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// number is a phone number of a shop.
type number struct {
	shown string // international, as people read it: +49 30 901820
	dial  string // E.164; "" when it cannot be told
}

// phones remembers how the shops' numbers are shown: telling it takes longer than the rest of a message. Only shops'
// numbers come here, so it stays as small as the configuration.
type phones struct{ known sync.Map }

type phoneKey struct{ phone, country string }

func (p *phones) of(phone, country string) number {
	if phone == "" {
		return number{}
	}
	k := phoneKey{phone, country}
	if n, ok := p.known.Load(k); ok {
		return n.(number)
	}
	n := number{shown: clean(phone, longestValue)}
	if parsed, err := phonenumbers.Parse(phone, country); err == nil {
		n.shown = phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
		n.dial = phonenumbers.Format(parsed, phonenumbers.E164)
	}
	p.known.Store(k, n)
	return n
}
