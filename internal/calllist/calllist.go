// Package calllist is the channel of calls that people make: the provider is
// the person who claimed the task.
//
// A send is the moment the call sheet, number and all, is put before that
// person. Whether they dial cannot be asked of anybody but them, so the channel
// is no Finder: a claimed call without an outcome becomes a question to an
// operator, never a second call.
package calllist

import (
	"context"
	"errors"

	"aftersales/internal/followup"
)

// Desk is where a person sees what to do: a page, a terminal.
type Desk interface {
	// Show puts the sheet of a claimed call before the person, once per attempt: the
	// same attempt again shows the same sheet. After an error the person may have
	// seen it or not.
	Show(ctx context.Context, m followup.Message) error
}

// Channel hands calls to a desk. It implements [followup.Channel].
type Channel struct {
	desk Desk
}

var _ followup.Channel = (*Channel)(nil)

// New returns a channel to that desk.
func New(desk Desk) *Channel { return &Channel{desk: desk} }

var errPhone = errors.New("the phone number cannot be dialled")

// Send shows the sheet. The receipt is the attempt: the person gives no other
// id. A message without an E.164 number is refused for good; a desk that fails
// leaves the result unclear.
func (c *Channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	if !validPhone(m.Phone) {
		return followup.Receipt{}, &followup.SendError{Failure: followup.Refused, Phase: "check", Err: errPhone}
	}
	if err := ctx.Err(); err != nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "start", Err: err}
	}
	if err := c.desk.Show(ctx, m); err != nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.UnclearResult, Phase: "desk", Err: err}
	}
	return followup.Receipt{Provider: m.Attempt}, nil
}

// Digits of an E.164 number (ITU-T E.164 6.2; nothing shorter than seven is in use).
const (
	minDigits = 7
	maxDigits = 15
)

func validPhone(s string) bool {
	if len(s) < 1+minDigits || len(s) > 1+maxDigits || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
