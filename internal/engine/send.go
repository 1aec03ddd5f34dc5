package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aftersales/internal/followup"
)

// dispatch arms the queued sends in one write, makes the one provider call of
// each that was armed, and records the results in one write.
func (r *round) dispatch(ctx context.Context) error {
	if len(r.sends) == 0 {
		return nil
	}
	if !r.e.room(ctx) { // what was written before took too long: rows keep their look
		r.full = true
		return nil
	}
	results, err := r.e.c.Store.Arm(ctx, r.arms)
	if err != nil { // unknown: only a row that shows our attempt may be sent
		if results, err = r.e.armed(ctx, r.arms, err); err != nil {
			return err // rows that are armed are found after their deadline
		}
	}
	ends := make([]followup.Finish, len(r.sends))
	// The time-out starts when the rows were armed: a call that had to wait too
	// long for its turn is not made.
	calls, cancel := context.WithTimeout(ctx, followup.CallTimeout)
	defer cancel()
	armed := make([]int, 0, len(r.sends))
	for i := range r.sends {
		switch results[i] {
		case followup.ArmedNow:
			armed = append(armed, i)
		case followup.Closed:
			r.later[r.arms[i].Row.ID.Journey()] = true // the contact moved: decide again
		default: // somebody else acts on the row
		}
	}
	var next atomic.Int64
	var callers sync.WaitGroup
	for range min(len(armed), cap(r.e.turns)) {
		callers.Go(func() {
			for n := int(next.Add(1)); n <= len(armed); n = int(next.Add(1)) {
				i := armed[n-1]
				ends[i] = r.e.call(calls, &r.sends[i], &r.arms[i], r.now)
			}
		})
	}
	callers.Wait() // calls return no error: each result is recorded
	return r.record(ctx, ends)
}

// armed reads again which rows an unclear Arm has armed.
func (e *Engine) armed(ctx context.Context, arms []followup.Arm, cause error) ([]followup.ArmResult, error) {
	ids := make([]followup.JourneyID, 0, len(arms))
	for _, a := range arms {
		if id := a.Row.ID.Journey(); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	js, err := e.c.Store.Journeys(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("arm: %w", errors.Join(cause, err))
	}
	results, found := make([]followup.ArmResult, len(arms)), false
	for i, a := range arms {
		results[i] = followup.Lost
		for n := range js {
			if row := js[n].Row(a.Row.ID); row != nil && row.State == followup.Armed && row.Attempt == a.Row.Attempt {
				results[i], found = followup.ArmedNow, true
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("arm: %w", cause)
	}
	return results, nil
}

// call makes the one provider call of an armed attempt.
func (e *Engine) call(ctx context.Context, s *send, arm *followup.Arm, now time.Time) followup.Finish {
	// The row as stored: arming raised its version by one.
	row := arm.Row
	row.Version++
	end := followup.Finish{Attempt: row.Attempt}
	receipt, err := e.hand(ctx, s, arm)
	if err == nil {
		end.Row, _ = row.Accept(receipt.Provider, "accepted", now)
	} else {
		if followup.Classify(err) == followup.Account {
			e.rest(ctx, lane{s.shop, s.medium}, now, err)
		}
		end.Row = row.Fail(err, now)
		if end.Row.State == followup.Failed {
			end.Unspend = arm.Contact.ID
		}
	}
	end.Row.Await(s.plan, now)
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	e.c.Log.LogAttrs(ctx, level, "attempt", slog.String("follow_up", string(row.ID)), slog.String("attempt", row.Attempt),
		slog.String("channel", string(row.Channel)), slog.String("class", string(row.Class)), slog.String("shop", string(s.shop)),
		slog.String("state", string(end.Row.State)), slog.Int64("late_s", int64(s.lag.Seconds())), slog.Any("err", err))
	return end
}

// hand waits for a place among the parallel sends and gives the message to the channel.
func (e *Engine) hand(ctx context.Context, s *send, arm *followup.Arm) (followup.Receipt, error) {
	select {
	case e.turns <- struct{}{}:
		defer func() { <-e.turns }()
	case <-ctx.Done():
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "wait", Err: ctx.Err()}
	}
	if !e.room(ctx) { // arming took too long: a call now might not end before this process does
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "wait", Err: errors.New("no time is left for a call")}
	}
	if _, resting := e.rests(lane{s.shop, s.medium}, arm.Row.ArmedAt); resting { // another call of this group found it out
		return followup.Receipt{}, &followup.SendError{Failure: followup.Account, Phase: "lane", Err: errors.New("the lane rests after a fault of the account")}
	}
	ch := e.c.Channels[s.shop][s.medium]
	if ch == nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.Account, Phase: "channel", Err: errors.New("no channel is configured for " + string(s.medium))}
	}
	return ch.Send(ctx, s.message)
}

// record writes what became of the calls. The write must not be lost because
// the program is stopping: it has its own short deadline.
func (r *round) record(ctx context.Context, ends []followup.Finish) error {
	done, of := ends, make([]int, 0, len(ends)) // of: the places in sends
	for i := range ends {
		if ends[i].Attempt != "" {
			of = append(of, i)
		}
	}
	if len(of) < len(ends) {
		done = make([]followup.Finish, len(of))
		for n, i := range of {
			done[n] = ends[i]
		}
	}
	if len(done) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	errs, err := r.e.c.Store.Finish(ctx, done)
	if err != nil { // repeating a Finish is harmless
		errs, err = r.e.c.Store.Finish(ctx, done)
	}
	if err != nil {
		return fmt.Errorf("record sends: %w", err)
	}
	for i, err := range errs {
		if err != nil {
			r.e.c.Log.ErrorContext(ctx, "record send", "follow_up", done[i].Row.ID, "err", err)
		}
		r.recorded(ctx, of[i], &done[i].Row)
	}
	return nil
}

// recordTime bounds the write that records results.
const recordTime = 30 * time.Second

func (r *round) recorded(ctx context.Context, i int, row *followup.FollowUp) {
	switch row.State {
	case followup.Sent:
		r.tally.Sent++
	case followup.Failed:
		r.tally.Failed++
		r.bounced(ctx, i, row)
	case followup.Planned:
		r.tally.Retried++
	default:
		r.tally.Unclear++
	}
	if row.Awaited() {
		r.again[row.ID.Journey()] = true
	}
}

// bounced closes a mail address that its own server refused.
func (r *round) bounced(ctx context.Context, i int, row *followup.FollowUp) {
	if !row.Bounce {
		return
	}
	err := r.e.updateContact(ctx, r.arms[i].Contact.ID, func(c *followup.Contact) bool {
		return c.Suppress(followup.Suppression{Channel: r.sends[i].medium, Reason: "bounce", At: r.now})
	})
	if err != nil {
		r.e.c.Log.ErrorContext(ctx, "suppress bounced address", "follow_up", row.ID, "err", err)
	}
}

// updateContact changes a contact, loading it again when somebody else did.
func (e *Engine) updateContact(ctx context.Context, id followup.ContactID, change func(*followup.Contact) bool) error {
	for range conflicts {
		cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{id})
		if err != nil {
			return fmt.Errorf("load contact: %w", err)
		}
		c := cs[0].Clone()
		if !change(&c) {
			return nil
		}
		errs, err := e.c.Store.SaveContacts(ctx, []followup.Contact{c})
		if err != nil {
			return fmt.Errorf("save contact: %w", err)
		}
		if !errors.Is(errs[0], followup.ErrConflict) {
			return errs[0]
		}
	}
	return fmt.Errorf("save contact: %w", followup.ErrConflict)
}
