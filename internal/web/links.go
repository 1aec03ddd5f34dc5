package web

import (
	"strings"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// How long the links of a message open. Unsubscribe links must outlive the
// mail in which they stand: people keep mail for years.
const (
	answerLife      = 400 * 24 * time.Hour
	unsubscribeLife = 3 * 366 * 24 * time.Hour
)

// Links makes the addresses in messages. It is safe for concurrent use.
type Links struct{ signer *link.Signer }

// NewLinks returns links signed by signer.
func NewLinks(signer *link.Signer) *Links { return &Links{signer: signer} }

// Answer returns the address where l is answered, for 400 days.
func (k *Links) Answer(l followup.Letter) string {
	return l.Shop.PublicURL + "/a/" + k.signer.Token(link.Answer, string(l.Row.ID), l.Now.Add(answerLife))
}

// Unsubscribe returns the address that stops what l belongs to, for three years.
func (k *Links) Unsubscribe(l followup.Letter) string {
	s := stop{class: l.Row.Class, journey: l.Journey}
	if l.Contact != nil {
		s.contact = l.Contact.ID
	}
	return l.Shop.PublicURL + "/u/" + k.signer.Token(link.Unsubscribe, s.String(), l.Now.Add(unsubscribeLife))
}

// stop is the subject of an unsubscribe link: which messages, to whom. The
// journey tells the shop.
type stop struct {
	class   followup.Class
	contact followup.ContactID
	journey followup.JourneyID
}

// String writes s as it stands in a token.
func (s stop) String() string {
	return string(s.class) + "|" + string(s.contact) + "|" + string(s.journey)
}

func parseStop(subject string) (s stop, ok bool) {
	parts := strings.SplitN(subject, "|", 3)
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return s, false
	}
	return stop{followup.Class(parts[0]), followup.ContactID(parts[1]), followup.JourneyID(parts[2])}, true
}

// classes returns what the link stops: the class of its mail, or everything
// where the mail was about the order itself.
func (s stop) classes() []followup.Class {
	switch s.class {
	case followup.Feedback, followup.Marketing:
		return []followup.Class{s.class}
	default:
		return []followup.Class{followup.Service, followup.Feedback, followup.Marketing}
	}
}
