package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// errMalformed is a message that can never be understood, however often it is
// received: it goes to the dead letter queue at once, with its reason.
var errMalformed = errors.New("malformed message")

// Enrol is a message of the enroll queue. Exactly one of its kinds is set; an
// event of a bus stands for itself and is none of these.
type Enrol struct {
	Inbox *followup.InboxKey   `json:"inbox,omitempty"` // a body that is stored
	Again []followup.JourneyID `json:"again,omitempty"` // journeys to be reconciled
}

// Look is a message of the deliver queue: follow-ups of one journey that have a
// look due.
type Look struct {
	Journey followup.JourneyID    `json:"journey"`
	IDs     []followup.FollowUpID `json:"ids"`
	At      time.Time             `json:"at"`
}

// encode writes a message, with a delay.
func encode(v any, delay time.Duration) (queue.Message, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return queue.Message{}, fmt.Errorf("encode message: %w", err)
	}
	return queue.Message{Body: ascii(body), Delay: min(max(delay, 0), queue.MaxDelay)}, nil
}

// ascii writes whatever is beyond ASCII in JSON as an escape: ids may hold what
// a queue refuses to carry.
func ascii(b []byte) []byte {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x7f }) {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		switch {
		case r < 0x7f:
			out.WriteByte(byte(r))
		case r <= 0xffff:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		}
	}
	return out.Bytes()
}

// lookOf reads a message of the deliver queue.
func lookOf(body string) (Look, error) {
	var l Look
	if err := strict(body, &l); err != nil {
		return l, err
	}
	if l.Journey == "" || len(l.IDs) == 0 || l.At.IsZero() {
		return l, fmt.Errorf("%w: want a journey, ids and the time of the look", errMalformed)
	}
	for _, id := range l.IDs {
		if id.Journey() != l.Journey {
			return l, fmt.Errorf("%w: follow-up %q is not of journey %q", errMalformed, id, l.Journey)
		}
	}
	return l, nil
}

// enrolOf reads a message of the enroll queue; bus is set when it is an event of
// a bus instead.
func enrolOf(body string) (m Enrol, bus *busEvent, err error) {
	var kind struct {
		DetailType *string `json:"detail-type"`
	}
	if err := json.Unmarshal([]byte(body), &kind); err != nil {
		return m, nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if kind.DetailType != nil {
		bus, err = busOf(body)
		return m, bus, err
	}
	if err := strict(body, &m); err != nil {
		return m, nil, err
	}
	switch {
	case (m.Inbox == nil) == (len(m.Again) == 0):
		return m, nil, fmt.Errorf("%w: want one of inbox, again and an event with a detail-type", errMalformed)
	case m.Inbox != nil && (m.Inbox.Shop == "" || m.Inbox.Source == "" || m.Inbox.Key == ""):
		return m, nil, fmt.Errorf("%w: the inbox key lacks shop, source or key", errMalformed)
	}
	return m, nil, nil
}

// strict decodes one JSON value without fields that are unknown: what another
// version queued is told, not guessed.
func strict(body string, v any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the value", errMalformed)
	}
	return nil
}
