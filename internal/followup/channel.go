package followup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Message is what one attempt hands to a channel. It is personal: never logged, never stored with the journey.
type Message struct {
	FollowUp FollowUpID `json:"follow_up"`
	Attempt  string     `json:"attempt"` // names this call to the provider
	Shop     ShopID     `json:"shop"`
	Class    Class      `json:"class"`
	Language string     `json:"language"`

	From    Address `json:"from"`
	ReplyTo Address `json:"reply_to"` // zero: From
	To      Address `json:"to"`       // mail address, or E.164 in Mail's place for calls
	Phone   string  `json:"phone"`    // calls: E.164

	Subject string `json:"subject"`
	Preview string `json:"preview"`
	HTML    string `json:"html"`
	Text    string `json:"text"` // plain text; for calls the script

	Spoken    string `json:"spoken,omitempty"`    // calls: what a machine says; "" and no Recording: only a person can make the call
	Recording string `json:"recording,omitempty"` // calls: address of what a machine plays instead

	MessageID   string            `json:"message_id"`  // stable per follow-up, without angle brackets
	Headers     map[string]string `json:"headers"`     // List-Unsubscribe, List-Unsubscribe-Post, Auto-Submitted ...
	Unsubscribe string            `json:"unsubscribe"` // address of the one-click page
}

// Address is a name and a mail address.
type Address struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
}

// Receipt says that a provider accepted a message.
type Receipt struct {
	Provider string // the provider's own id
}

// Channel hands messages to a provider. Package channeltest says what every
// channel must do.
type Channel interface {
	// Send makes exactly one call to the provider. A nil error means accepted;
	// any other is, or wraps, a [*SendError], and what is not is taken as unclear.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Finder is a channel that can be asked about an attempt of the past.
type Finder interface {
	// Find says what became of the attempts of a follow-up.
	Find(ctx context.Context, id FollowUpID, attempt string) (Evidence, error)
}

// Voice is a channel that makes calls without a person.
type Voice interface {
	Channel
	// Speaks says why the call that m is cannot be made by a machine, "" when it
	// can: it has a voice for the language, or a recording.
	Speaks(m Message) string
}

// Evidence is what a channel knows about an attempt.
type Evidence struct {
	Accepted   bool
	Conclusive bool   // when not accepted: it never will be
	Provider   string // id of the accepted send
}

// Failure classes the ways a send can fail.
type Failure string

// The failures.
const (
	NotAccepted   Failure = "not accepted"     // definite: try again later
	Refused       Failure = "refused for good" // definite: never try this again
	UnclearResult Failure = "unclear"          // may have been accepted
	Account       Failure = "account"          // ours, not the mail's: pause the lane
)

// SendError is a classed failure. Its text carries no personal data.
type SendError struct {
	Failure Failure
	Phase   string // dial, tls, auth, mail, rcpt, data, end
	Code    string // provider's code, such as 550 5.1.1
	Bounce  bool   // the address itself was refused: suppress it
	Err     error
}

// Error returns phase, failure and code.
func (e *SendError) Error() string {
	s := fmt.Sprintf("send at %s: %s", e.Phase, e.Failure)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Classify returns the class of a send's error; what is no SendError is unclear.
func Classify(err error) Failure {
	if se, ok := errors.AsType[*SendError](err); ok {
		return se.Failure
	}
	return UnclearResult
}

// Stored is a message as the built-in mailbox keeps it.
type Stored struct {
	ID string    // newest has the greatest
	At time.Time // accepted
	Message
}
