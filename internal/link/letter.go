package link

import (
	"strings"
	"time"

	"aftersales/internal/followup"
)

// How long the links of a message open. Unsubscribe links must outlive the
// mail in which they stand: people keep mail for years.
const (
	answerLife      = 400 * 24 * time.Hour
	unsubscribeLife = 3 * 366 * 24 * time.Hour
)

// Links makes the addresses in messages. It is safe for concurrent use.
type Links struct{ signer *Signer }

// NewLinks returns links signed by signer.
func NewLinks(signer *Signer) *Links { return &Links{signer: signer} }

// Answer returns the address where l is answered, for 400 days.
func (k *Links) Answer(l followup.Letter) string {
	return k.address(l.Shop.PublicURL, "/a/", Answer, l.Now.Add(answerLife), string(l.Row.ID))
}

// Unsubscribe returns the address that stops what l belongs to, for three years.
func (k *Links) Unsubscribe(l followup.Letter) string {
	s := Stop{Class: l.Row.Class, Journey: l.Journey}
	if l.Contact != nil {
		s.Contact = l.Contact.ID
	}
	return k.address(l.Shop.PublicURL, "/u/", Unsubscribe, l.Now.Add(unsubscribeLife), s.String())
}

// address is that of a page with its token.
func (k *Links) address(base, path string, purpose Purpose, expires time.Time, subject string) string {
	var room [512]byte
	return string(k.signer.Append(append(append(room[:0], base...), path...), purpose, subject, expires))
}

// Stop is the subject of an unsubscribe link: which messages, to whom. The
// journey tells the shop.
type Stop struct {
	Class   followup.Class
	Contact followup.ContactID
	Journey followup.JourneyID
}

// String writes s as it stands in a token.
func (s Stop) String() string {
	return string(s.Class) + "|" + string(s.Contact) + "|" + string(s.Journey)
}

// ParseStop reads the subject of an unsubscribe link.
func ParseStop(subject string) (s Stop, ok bool) {
	parts := strings.SplitN(subject, "|", 3)
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return s, false
	}
	return Stop{followup.Class(parts[0]), followup.ContactID(parts[1]), followup.JourneyID(parts[2])}, true
}

// Classes returns what the link stops: the class of its mail, or everything
// where the mail was about the order itself.
func (s Stop) Classes() []followup.Class {
	switch s.Class {
	case followup.Feedback, followup.Marketing:
		return []followup.Class{s.Class}
	default:
		return []followup.Class{followup.Service, followup.Feedback, followup.Marketing}
	}
}
