// Package events reads what SES reports about mail. It stands apart from the
// channel, so that whoever only reads is built without the client of SES.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aftersales/internal/awscall"
	"aftersales/internal/followup"
	"aftersales/internal/ses/tag"
)

// ErrEvent is an event that cannot be read, or is none of ours; the text says
// why. Reading it again would not help.
var ErrEvent = errors.New("not an event of our mail")

// envelope is an event of SES as EventBridge delivers it. Its detail is what SES
// publishes everywhere (Amazon SES Developer Guide, "Contents of event data").
type envelope struct {
	Source string          `json:"source"`
	Detail json.RawMessage `json:"detail"`
}

type detail struct {
	Type string `json:"eventType"`
	Mail struct {
		Timestamp time.Time           `json:"timestamp"`
		ID        string              `json:"messageId"`
		Tags      map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce struct {
		Type       string      `json:"bounceType"`
		SubType    string      `json:"bounceSubType"`
		Recipients []recipient `json:"bouncedRecipients"`
		Timestamp  string      `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		SubType   string `json:"complaintSubType"`
		Feedback  string `json:"complaintFeedbackType"`
		Timestamp string `json:"timestamp"`
	} `json:"complaint"`
	Delivery struct {
		Timestamp string `json:"timestamp"`
	} `json:"delivery"`
	Delay struct {
		Type       string      `json:"delayType"`
		Recipients []recipient `json:"delayedRecipients"`
		Timestamp  string      `json:"timestamp"`
	} `json:"deliveryDelay"`
}

type recipient struct {
	Status string `json:"status"` // the diagnostic text beside it repeats addresses and is not read
}

// Read reads an event of SES as EventBridge delivers it. What says nothing about
// an attempt (opened, clicked, subscribed, not spam after all) gives no report
// and no error. An event of another configuration set than set, or of a mail
// without our tags, is an [ErrEvent]; set "" is any.
func Read(event []byte, set string) ([]followup.Report, error) {
	var e envelope
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("%w: it is not JSON of that shape", ErrEvent)
	}
	if e.Source != "aws.ses" {
		return nil, fmt.Errorf("%w: its source is %q, want aws.ses", ErrEvent, awscall.Code(e.Source))
	}
	var d detail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return nil, fmt.Errorf("%w: its detail is not JSON of that shape", ErrEvent)
	}
	if got := d.Mail.Tags["ses:configuration-set"]; set != "" && (len(got) != 1 || got[0] != set) {
		return nil, fmt.Errorf("%w: its configuration set is not %s", ErrEvent, set)
	}
	return d.report()
}

func (d *detail) report() ([]followup.Report, error) {
	id, attempt, ours, err := tag.Read(d.Mail.Tags)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	case d.Type == "":
		return nil, fmt.Errorf("%w: it names no event type", ErrEvent)
	case !ours:
		return nil, fmt.Errorf("%w: the mail has no tags %s and %s", ErrEvent, tag.Journey, tag.FollowUp)
	}
	r := followup.Report{FollowUp: id, Attempt: attempt, Sent: d.Mail.Timestamp, Provider: d.Mail.ID}
	if !d.fill(&r) {
		return nil, nil
	}
	return []followup.Report{r}, nil
}

// fill says what happened; false when it is nothing that concerns an attempt.
func (d *detail) fill(r *followup.Report) bool {
	switch d.Type {
	case "Send":
		r.Kind, r.At = followup.ReportAccepted, d.Mail.Timestamp
	case "Delivery":
		r.Kind, r.At = followup.ReportDelivered, moment(d.Delivery.Timestamp)
	case "DeliveryDelay":
		r.Kind, r.At = followup.ReportDelayed, moment(d.Delay.Timestamp)
		r.Detail = codes(d.Delay.Type, status(d.Delay.Recipients))
	case "Bounce":
		r.Kind, r.At = followup.ReportReturned, moment(d.Bounce.Timestamp)
		if d.Bounce.Type == "Permanent" {
			r.Kind = followup.ReportBounced
		}
		r.Detail = codes(d.Bounce.Type, d.Bounce.SubType, status(d.Bounce.Recipients))
	case "Complaint":
		r.Kind, r.At = followup.ReportComplained, moment(d.Complaint.Timestamp)
		r.Detail = codes(d.Complaint.SubType, d.Complaint.Feedback)
		return d.Complaint.Feedback != "not-spam" // the customer took it out of the spam folder
	case "Reject":
		r.Kind, r.At, r.Detail = followup.ReportRejected, d.Mail.Timestamp, "reject"
	case "Rendering Failure", "RenderingFailure":
		r.Kind, r.At, r.Detail = followup.ReportRejected, d.Mail.Timestamp, "rendering-failure"
	default: // Open, Click, Subscription, and what may come
		return false
	}
	return true
}

func status(all []recipient) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Status
}

// codes joins codes by spaces.
func codes(all ...string) string {
	var out []string
	for _, c := range all {
		if c = awscall.Code(c); c != "" {
			out = append(out, c)
		}
	}
	return strings.Join(out, " ")
}

// moment reads a time; zero when it cannot be read: nothing hangs on it.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
