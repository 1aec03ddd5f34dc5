// Package queue is what waits between two functions: messages that appear after
// a delay, at least once, in no promised order. SQS is one form of it, Memory
// the one of tests; package queuetest says what both must do.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of every queue, which are those of SQS.
const (
	MaxDelay = 900 * time.Second
	MaxBytes = 1 << 20 // of a message, and of all messages of one batch together
	MaxBatch = 10      // messages

	MaxAttributes = 10 // of a message
)

// ErrMessage says that a message can never be put on a queue, however often it
// is tried.
var ErrMessage = errors.New("message cannot be queued")

// Message is one piece of work: a short JSON body of keys, no personal data.
type Message struct {
	Body  []byte        // 1 byte to MaxBytes of UTF-8 text
	Delay time.Duration // until it can be received; 0 to MaxDelay, fractions of a second are rounded up

	// Attributes are for people who find the message, no personal data either. Names
	// are small letters, digits and _; values are text that is not empty, see [Text].
	// At most MaxAttributes; with the body they count towards MaxBytes.
	Attributes map[string]string
}

// Sender puts messages on a queue.
type Sender interface {
	// Send puts any number of messages on the queue, in batches. A nil error means
	// that all are there, durably; with any other some may be, so that sending all
	// of them again makes duplicates, which are harmless. An error that wraps
	// [ErrMessage] is definite: nothing was sent, and never will be.
	Send(ctx context.Context, messages []Message) error
}

// Received is a message in the hands of a receiver, who deletes it or sees it
// again when its visibility ends.
type Received struct {
	ID         string // the same at every receive
	Receipt    string // of this receive: deletes it
	Body       []byte
	Count      int // receives so far, this one included
	Attributes map[string]string
	Sent       time.Time // when it was put on the queue; of a dead letter that its queue moved, on that one
}

// Batches cuts messages into batches within MaxBatch and MaxBytes, in order. It
// refuses all of them, with an error that wraps [ErrMessage], when one is empty,
// too large, no text, or delayed for too long.
func Batches(messages []Message) ([][]Message, error) {
	var out [][]Message
	start, size := 0, 0
	for i, m := range messages {
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("message %d of %d: %w", i+1, len(messages), err)
		}
		if i > start && (i-start == MaxBatch || size+m.Size() > MaxBytes) {
			out = append(out, messages[start:i])
			start, size = i, 0
		}
		size += m.Size()
	}
	if start < len(messages) {
		out = append(out, messages[start:])
	}
	return out, nil
}

func (m Message) check() error {
	switch {
	case len(m.Body) == 0:
		return fmt.Errorf("%w: it has no body", ErrMessage)
	case m.Size() > MaxBytes:
		return fmt.Errorf("%w: its %d bytes are more than %d", ErrMessage, m.Size(), MaxBytes)
	case m.Delay < 0 || m.Seconds() > int(MaxDelay/time.Second):
		return fmt.Errorf("%w: its delay of %s is not between 0 and %s", ErrMessage, m.Delay, MaxDelay)
	case !text(m.Body):
		return fmt.Errorf("%w: its body is not text", ErrMessage)
	case len(m.Attributes) > MaxAttributes:
		return fmt.Errorf("%w: its %d attributes are more than %d", ErrMessage, len(m.Attributes), MaxAttributes)
	}
	for name, value := range m.Attributes {
		if name == "" || strings.Trim(name, attributeLetters) != "" || value == "" || !text([]byte(value)) {
			return fmt.Errorf("%w: its attribute %q is none", ErrMessage, name)
		}
	}
	return nil
}

// attributeLetters are what names of attributes are made of.
const attributeLetters = "abcdefghijklmnopqrstuvwxyz0123456789_"

// AttributeType is what SQS calls the type of every attribute.
const AttributeType = "String"

// Size is how many bytes of MaxBytes a message takes: its body, and name, type and
// value of each attribute.
func (m Message) Size() int {
	n := len(m.Body)
	for name, value := range m.Attributes {
		n += len(name) + len(AttributeType) + len(value)
	}
	return n
}

// Seconds is the delay in whole seconds, rounded up: no message comes early.
func (m Message) Seconds() int {
	return int((m.Delay + time.Second - 1) / time.Second)
}

// text reports whether SQS takes b: the characters that XML can carry.
func text(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || !carried(r) {
			return false
		}
		b = b[n:]
	}
	return true
}

func carried(r rune) bool {
	control := r < ' ' && r != '\t' && r != '\n' && r != '\r'
	return !control && r != 0xFFFE && r != 0xFFFF
}

// Text returns s as a value of an attribute: what no queue carries is replaced, and
// what is beyond limit bytes is cut off. It is empty when s is, or limit is none.
func Text(s string, limit int) string {
	s = strings.Map(func(r rune) rune { // what is no UTF-8 comes as the replacement already
		if !carried(r) {
			return utf8.RuneError
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	end := max(0, limit)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
