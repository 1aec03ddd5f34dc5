package cloud

import (
	"context"
	"fmt"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/ready"
	"aftersales/internal/transfer"
)

// StateForm is what a state of this form says it comes from.
const StateForm = "aws"

// Target is the stack's state as an import sees it: bodies that wait are put on
// the enroll queue. An export reads it, too.
func (s *Stack) Target(ctx context.Context) (transfer.Target, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return transfer.Target{}, err
	}
	return transfer.Target{
		Store: &importing{s.Table, s.Parse}, Settings: transfer.Records(s.Table), Enroll: s.enroll,
		Key: transfer.KeyName(ready.ContactKey(s.Config, keys.Contact)), Clear: s.Table.Clear,
		Reopen: func(ctx context.Context) error {
			_, err := s.Reopen(ctx)
			return err
		},
	}, nil
}

func (s *Stack) enroll(ctx context.Context, keys []followup.InboxKey) error {
	messages := make([]queue.Message, len(keys))
	for i := range keys {
		m, err := encode(Enrol{Inbox: &keys[i]}, 0)
		if err != nil {
			return err
		}
		messages[i] = m
	}
	return s.EnrollQueue.Send(ctx, messages)
}

// Settle is how long a stack that was moved away may still be at work: functions
// take what they know for a minute, and finish what they have in hand.
const Settle = fresh + time.Minute

// Close notes that the stack is moved away, under id unless it is already, and
// returns the note. A stack whose import is not finished is refused. Nobody sends any more once Settle has passed since.
func (s *Stack) Close(ctx context.Context, id string, now time.Time) (transfer.Moved, error) {
	set := transfer.Records(s.Table)
	if err := transfer.Whole(ctx, set); err != nil {
		return transfer.Moved{}, err
	}
	old, err := transfer.ReadMoved(ctx, set)
	if old == nil && err == nil {
		old = &transfer.Moved{ID: id, At: now.UTC()}
		err = transfer.Close(ctx, set, *old)
	}
	if err != nil {
		return transfer.Moved{}, err
	}
	return *old, err
}

// Back is what came for a stack while it was closed, and is at work now.
type Back struct {
	Bodies  int // of the inbox
	Reports int // of providers; about
}

// Reopen takes a stack into use, whose export was never imported, or whose import is
// finished, and queues what came for it meanwhile: bodies of the inbox, and what mail providers reported,
// which ended among the failed messages. An error behind the opening says what to
// do about them.
func (s *Stack) Reopen(ctx context.Context) (Back, error) {
	if err := transfer.Reopen(ctx, transfer.Records(s.Table)); err != nil {
		return Back{}, err
	}
	bodies, err := s.resume(ctx)
	if err != nil {
		return Back{Bodies: bodies}, err
	}
	dead, err := s.Redrive(ctx, []string{outcomeQueue}, Pace{})
	if err != nil {
		err = fmt.Errorf("it is open again; say `aftersales stack redrive outcome` for what was reported meanwhile: %w", err)
	}
	back := Back{Bodies: bodies}
	for _, d := range dead {
		back.Reports += d.Moved
	}
	return back, err
}
