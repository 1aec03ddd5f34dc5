package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"

	"aftersales/internal/followup"
)

// ErrEvent is an event or invocation that cannot be read, or is none of our
// calls; the text says why. Reading it again would not help.
var ErrEvent = errors.New("not an event of our calls")

// event is a contact event as EventBridge delivers it (Amazon Connect
// Administrator Guide, "Contact events"). Connect spells some names in two ways;
// encoding/json does not mind.
type event struct {
	Source string          `json:"source"`
	Kind   string          `json:"detail-type"`
	Detail json.RawMessage `json:"detail"`
}

type contactEvent struct {
	Type      string    `json:"eventType"`
	Contact   string    `json:"contactId"`
	Initial   string    `json:"initialContactId"`
	Channel   string    `json:"channel"`
	Method    string    `json:"initiationMethod"`
	Reason    string    `json:"disconnectReason"`
	Ended     time.Time `json:"disconnectTimestamp"`
	Initiated time.Time `json:"initiationTimestamp"`
}

// Events reads what Connect says about the contacts of an instance.
type Events struct {
	attributes func(context.Context, *connect.GetContactAttributesInput, ...func(*connect.Options)) (*connect.GetContactAttributesOutput, error)
	instance   string
}

// NewEvents returns a reader of events. Region, credentials and endpoint are
// those of shared. It opens no connection yet.
func NewEvents(shared aws.Config, instance string) *Events {
	return &Events{connect.NewFromConfig(shared).GetContactAttributes, instance}
}

// Read reads an event about a contact. Only the end of a call says something
// here: the key that was pressed, or that none was. The attributes of the contact
// say both, and whose call it was; this asks Connect for them. A contact that is
// none of our calls gives no report and no error; what is no event of a contact
// is an [ErrEvent].
func (c *Events) Read(ctx context.Context, raw []byte) ([]followup.Report, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Source != "aws.connect" {
		return nil, fmt.Errorf("%w: it is not JSON of that shape, from aws.connect", ErrEvent)
	}
	var d contactEvent
	if err := json.Unmarshal(e.Detail, &d); err != nil || d.Type == "" || d.Contact == "" {
		return nil, fmt.Errorf("%w: its detail is not JSON of that shape, with a type and a contact", ErrEvent)
	}
	if d.Type != "DISCONNECTED" || !strings.EqualFold(d.Channel, "VOICE") || d.Method != "" && d.Method != "API" {
		return nil, nil
	}
	first := d.Initial
	if first == "" {
		first = d.Contact
	}
	out, err := c.attributes(ctx, &connect.GetContactAttributesInput{InstanceId: &c.instance, InitialContactId: &first})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); gone {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read attributes of contact %s: %w", tidy(first), err)
	}
	r, ok := report(out.Attributes)
	if !ok {
		return nil, nil
	}
	press(&r, out.Attributes[attrKey])
	r.Provider, r.Detail = d.Contact, tidy(d.Reason)
	r.At, r.Sent = d.Ended, d.Initiated
	return []followup.Report{r}, nil
}

// report says whose call a contact with these attributes is.
func report(attributes map[string]string) (followup.Report, bool) {
	r := followup.Report{Kind: followup.ReportCalled, FollowUp: followup.FollowUpID(attributes[attrFollowUp]), Attempt: attributes[attrAttempt]}
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
	r, ok := report(data.Attributes)
	if !ok {
		return r, fmt.Errorf("%w: the contact has no attributes %s and %s", ErrEvent, attrFollowUp, attrAttempt)
	}
	r.Provider = data.ContactID
	press(&r, in.Details.Parameters[attrKey])
	return r, nil
}

// press says what a key means.
func press(r *followup.Report, key string) {
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

// tidy keeps what a code or an id consists of, at most 60 characters.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 60)]
}
