package followup

import (
	"aftersales/internal/civil"
)

// Shop is one brand: who writes, from where, in which hours.
type Shop struct {
	ID        ShopID
	Name      string
	Sender    string // mail address messages come from
	ReplyTo   string // "" the sender
	PublicURL string // https base of answer pages, without a slash at the end
	Phone     string // E.164 or as people dial it
	Address   string // postal, for the foot of messages
	Language  string // BCP 47; default en
	Country   string // ISO 3166 alpha-2; "" unknown
	Zone      string // IANA; default UTC
	ReviewURL string // where reviews are written; "" the answer page asks
	Staff     []string

	Hours         map[Medium]civil.Window   // in the customer's zone
	BusinessHours civil.Window              // in the shop's zone
	ReplyWithin   civil.Period              // promised reply, in business hours; exact
	Consent       map[Class]map[Medium]bool // true: a recorded consent is needed
	Paused        bool
}

// NeedsConsent reports whether the shop writes to class on channel only with a
// recorded consent.
func (s *Shop) NeedsConsent(c Class, m Medium) bool {
	if c == Recall {
		c = Service
	}
	return s.Consent[c][m]
}
