// Package contact reads what a contact of Amazon Connect says of itself: whose call
// it is, and which key was pressed. It stands apart from the channel, so that
// whoever only reads is built without the client of Connect.
package contact

import (
	"encoding/json"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// Attributes of our contacts.
const (
	FollowUp = "f"
	Attempt  = "at"
	Key      = "key" // that was pressed, set by the flow
)

// ErrEvent is an event or invocation that cannot be read, or is none of our
// calls; the text says why. Reading it again would not help.
var ErrEvent = errors.New("not an event of our calls")

// Report says whose call a contact with these attributes is.
func Report(attributes map[string]string) (followup.Report, bool) {
	r := followup.Report{Kind: followup.ReportCalled, FollowUp: followup.FollowUpID(attributes[FollowUp]), Attempt: attributes[Attempt]}
	return r, r.FollowUp.Journey() != "" && r.Attempt != ""
}

// The keys that a customer may press.
const (
	keyWorks   = "1"
	keyProblem = "2"
	keyCallMe  = "3"
)

// Pressed reads an invocation of the function callflow by the flow: the key is in
// its parameter "key". No key, and any that has no meaning, is no answer. A call
// that is none of ours is an [ErrEvent].
func Pressed(raw []byte) (followup.Report, error) {
	var in struct {
		Details struct {
			ContactData struct {
				Attributes map[string]string
				ContactID  string `json:"ContactId"`
			}
			Parameters map[string]string
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return followup.Report{}, fmt.Errorf("%w: it is not JSON of that shape", ErrEvent)
	}
	data := &in.Details.ContactData
	r, ok := Report(data.Attributes)
	if !ok {
		return r, fmt.Errorf("%w: the contact has no attributes %s and %s", ErrEvent, FollowUp, Attempt)
	}
	r.Provider = data.ContactID
	Press(&r, in.Details.Parameters[Key])
	return r, nil
}

// Press says what a key means.
func Press(r *followup.Report, key string) {
	switch key {
	case keyWorks:
		r.Outcome = followup.OutcomeWorks
	case keyProblem:
		r.Outcome = followup.OutcomeProblem
	case keyCallMe:
		r.Outcome, r.CallMe = followup.OutcomeHelp, true
	default:
		r.Outcome = followup.OutcomeNoAnswer
	}
}
