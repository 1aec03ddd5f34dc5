// Package source turns the raw webhooks of stores into events of the domain:
// it checks the signature on the raw bytes, names the body for the inbox, and
// reads it. Reading is pure: the same body gives the same events, today and at
// any replay.
package source

import (
	"net/http"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// MaxBody is the size of the largest body that is read, in bytes.
const MaxBody = 1 << 20

// Request is a webhook as it came in. Body is the raw bytes: signatures are
// over them, so nothing may have touched them.
type Request struct {
	Method string
	Header http.Header
	Body   []byte
}

// Secrets are the live secrets of one source of one shop: one, or two while
// they are exchanged. None refuses everything.
type Secrets [][]byte

// Source checks and reads one kind of webhook. It holds no state, so it is safe
// for concurrent use. Every error is a [*Fault].
type Source interface {
	// Name is the last but one part of the path: "shopify", "generic".
	Name() string
	// Verify checks the signature of the raw body against each secret in
	// constant time; now judges the age where the sender signs a time. Its
	// fault has status 401, or 422 when nothing was signed, rightly.
	Verify(r Request, secrets Secrets, now time.Time) error
	// Key names the body for ever: the key of the inbox, and the topic that a
	// header told ("" when the body says itself what it is).
	Key(r Request) (key, topic string, err error)
	// Translate reads a body. A fault has status 422, or 413.
	Translate(in followup.Incoming, env Env) (Translation, error)
}

// Env is what reading a body needs to know beside the body.
type Env struct {
	Shop *followup.Shop
	// ContactKey gives the keyed hash that names a contact. Kinds: "mail",
	// "phone" (E.164), "order" (a journey id), and "statement" (a digest of what
	// an order body says, so that an id can tell two bodies of one second apart
	// without holding anything personal).
	ContactKey func(kind, value string) followup.ContactID
}

// Translation is what a body says.
type Translation struct {
	Events    []followup.Event
	Erase     []followup.ContactID // contacts to erase (customers/redact)
	EraseShop bool                 // everything of the shop is to be erased (shop/redact)
	Ignored   string               // why nothing follows from a body that was understood
}

// sources are the sources that exist, in the order of their names.
var sources = [...]Source{generic{}, shopify{}}

// Lookup returns the source of that name.
func Lookup(name string) (Source, bool) {
	for _, s := range sources {
		if s.Name() == name {
			return s, true
		}
	}
	return nil, false
}

// Names returns the names of all sources, sorted.
func Names() []string {
	names := make([]string, 0, len(sources))
	for _, s := range sources {
		names = append(names, s.Name())
	}
	return names
}

// key returns the contact key of value, "" when there is no value.
func (e Env) key(kind, value string) followup.ContactID {
	if value == "" || e.ContactKey == nil {
		return ""
	}
	return e.ContactKey(kind, value)
}

// zone returns the shop's zone, in which times without an offset are meant.
func (e Env) zone() *time.Location {
	loc, err := civil.Zone(e.Shop.Zone)
	if err != nil {
		return time.UTC // the default; configuration has refused a wrong name
	}
	return loc
}

// keys returns the contact ids of a person in an order.
func (e Env) keys(p person, order string) followup.Keys {
	return followup.Keys{
		Mail:  e.key("mail", p.mailKey),
		Phone: e.key("phone", p.Phone),
		Order: e.key("order", string(followup.NewJourneyID(e.Shop.ID, order))),
	}
}
