package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// Failed says of a failed message what a person needs to mend it. Its body, which may
// be personal, stays where it is.
type Failed struct {
	ID     string    `json:"id"`     // by which the functions' log knows it
	At     time.Time `json:"at"`     // when it was queued, or given up by a function; UTC
	Kind   string    `json:"kind"`   // what it is: an event, a look at an order, ...
	Reason string    `json:"reason"` // "": only the log has it
}

// Failed tells of at most limit messages of each queue of failed ones, of all queues
// or of those that are named, why they are there. For some seconds a redrive does not
// find them.
func (s *Stack) Failed(ctx context.Context, names []string, limit int) ([]Dead, error) {
	return s.dead(ctx, names, func(d *Dead, from FailedQueue) error {
		all, err := from.Peek(ctx, limit)
		for i := range all {
			d.Messages = append(d.Messages, failedOf(&all[i]))
		}
		slices.SortStableFunc(d.Messages, func(a, b Failed) int { return a.At.Compare(b.At) })
		return err
	})
}

// failedOf reads a dead letter: one that a function wrote, one that its queue moved,
// or one of EventBridge, which has attributes of its own.
func failedOf(m *queue.Received) Failed {
	kind, reason := contentOf(m.Body)
	if code := m.Attributes["ERROR_CODE"]; code != "" {
		reason = code + ": " + m.Attributes["ERROR_MESSAGE"]
	}
	return Failed{
		ID: cmp.Or(m.Attributes[attrSource], m.ID), At: m.Sent, Kind: kind, Reason: cmp.Or(m.Attributes[attrReason], reason),
	}
}

// contentOf says what a message is, by keys alone, and why it failed where that is in
// it: in Lambda's record of a sweep.
func contentOf(body []byte) (kind, reason string) {
	var m struct {
		Enrol
		Journey followup.JourneyID
		Source  string
		Type    string `json:"detail-type"`
		Context struct {
			Condition string
		} `json:"requestContext"`
		Answer struct {
			Message string `json:"errorMessage"`
		} `json:"responsePayload"`
	}
	_ = json.Unmarshal(body, &m) // what could be read says enough
	switch {
	case m.Source+m.Type != "":
		return fmt.Sprintf("event %.60q of %.60q", m.Type, m.Source), ""
	case m.Inbox != nil:
		return fmt.Sprintf("body %.60q of %.60s, source %.30q", m.Inbox.Key, m.Inbox.Shop, m.Inbox.Source), ""
	case len(m.Again) == 1:
		return fmt.Sprintf("reconcile %.60s", m.Again[0]), ""
	case len(m.Again) > 0:
		return fmt.Sprintf("reconcile %.60s and %d more", m.Again[0], len(m.Again)-1), ""
	case m.Journey != "":
		return fmt.Sprintf("look at %.60s", m.Journey), ""
	case m.Context.Condition != "":
		return "sweep", cmp.Or(m.Answer.Message, m.Context.Condition)
	default:
		return "nothing of ours", ""
	}
}
