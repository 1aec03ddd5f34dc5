// Package channeltest says what every channel must do. A channel's own tests
// call [Run] with a [Harness]; what the channel cannot do is a field of it, so
// that nothing is skipped in silence.
package channeltest

import (
	"fmt"
	"slices"
	"testing"

	"aftersales/internal/followup"
)

// Harness is a channel under test, and what it can do.
type Harness struct {
	// New returns a fresh channel and its provider; they end with the test.
	New func(t *testing.T) Bench

	CanFind bool // is a Finder that tells accepted, and never will be, for certain
	CanTell bool // accepts one attempt once, however often it is sent
	Writes  bool // writes names and subject into header lines

	// Never lists failures that cannot happen to this channel.
	Never []followup.Failure
}

// Bench is one channel with a provider that the suite can look into.
type Bench struct {
	Channel followup.Channel

	// Message is one the provider accepts. The suite gives it ids of its own.
	Message followup.Message

	// Calls counts the messages handed to the provider, accepted or not.
	Calls func() int

	// Accepted returns what the provider accepted, oldest first.
	Accepted func() []Accepted

	// Fail makes the next send of the message it returns fail like f. The message
	// is m, or m spoilt. Only that one send fails.
	Fail func(f followup.Failure, m followup.Message) followup.Message
}

// Accepted is a message as the provider sees it.
type Accepted struct {
	Provider string              // id in the receipt; "" when the provider gives none that it shows
	Headers  map[string][]string // decoded values; only of channels that write headers
}

// Run tests a channel.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"an accepted send has a receipt", receipt},
		{"a second send of an attempt", twice},
		{"an attempt sent many times at once", atOnce},
		{"find", find},
		{"find of what was never sent", findNothing},
		{"a cancelled context", cancelled},
		{"classed failures", failures},
		{"a send after a failure", afterFailure},
		{"no personal data in errors", impersonal},
		{"many sends at once", concurrent},
		{"hostile names and subjects", hostile},
		{"unfit addresses", unfit},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, h) })
	}
}

// message returns the bench's message as attempt n of its own follow-up.
func (b Bench) message(n int) followup.Message {
	m := b.Message
	m.FollowUp = followup.NewFollowUpID(followup.NewJourneyID("main", fmt.Sprint(1000+n)), "check-in", "", "1")
	m.Attempt = fmt.Sprintf("attempt-%d", n)
	m.MessageID = fmt.Sprintf("%d.check-in@shop.example", 1000+n)
	return m
}

func (h Harness) fails(f followup.Failure) bool { return !slices.Contains(h.Never, f) }

var allFailures = []followup.Failure{followup.NotAccepted, followup.Refused, followup.UnclearResult, followup.Account}

// mustSend sends m and fails the test unless it is accepted.
func mustSend(t *testing.T, b Bench, m followup.Message) followup.Receipt {
	t.Helper()
	r, err := b.Channel.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("send %s: %v", m.Attempt, err)
	}
	if r.Provider == "" {
		t.Fatalf("send %s: accepted without a provider's id", m.Attempt)
	}
	return r
}

// wantAccepted fails the test unless the provider accepted n messages.
func wantAccepted(t *testing.T, b Bench, n int) []Accepted {
	t.Helper()
	got := b.Accepted()
	if len(got) != n {
		t.Errorf("provider accepted %d messages, want %d", len(got), n)
	}
	return got
}
