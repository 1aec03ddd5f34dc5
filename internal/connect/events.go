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

	"aftersales/internal/connect/contact"
	"aftersales/internal/followup"
)

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
// is an [contact.ErrEvent].
func (c *Events) Read(ctx context.Context, raw []byte) ([]followup.Report, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Source != "aws.connect" {
		return nil, fmt.Errorf("%w: it is not JSON of that shape, from aws.connect", contact.ErrEvent)
	}
	var d contactEvent
	if err := json.Unmarshal(e.Detail, &d); err != nil || d.Type == "" || d.Contact == "" {
		return nil, fmt.Errorf("%w: its detail is not JSON of that shape, with a type and a contact", contact.ErrEvent)
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
	r, ok := contact.Report(out.Attributes)
	if !ok {
		return nil, nil
	}
	contact.Press(&r, out.Attributes[contact.Key])
	r.Provider, r.Detail = d.Contact, tidy(d.Reason)
	r.At, r.Sent = d.Ended, d.Initiated
	return []followup.Report{r}, nil
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
