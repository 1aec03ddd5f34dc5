package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// ErrNotNow is a call that may not be made now; the text says why.
var ErrNotNow = errors.New("this call may not be made now")

// Claim gives a listed call to one person: it is decided again, armed durably,
// and only then the message with the number is returned.
func (e *Engine) Claim(ctx context.Context, now time.Time, id followup.FollowUpID, person string) (followup.Message, error) {
	l, row, err := e.open(ctx, now, id)
	if err != nil {
		return followup.Message{}, err
	}
	if row.State != followup.Listed {
		return followup.Message{}, fmt.Errorf("claim %s: %w: it is %s", id, ErrNotNow, describe(row))
	}
	ruling := l.rules.Decide(l.desire, l.j, row, l.contact, now, true)
	if ruling.Result != followup.ResultSend {
		r := &round{e: e, now: now, again: map[followup.JourneyID]bool{}}
		r.change(l.j.ID, ruling.Row, l.desire.Plan)
		if err := r.write(ctx); err != nil {
			return followup.Message{}, err
		}
		for j := range r.again {
			if err := e.Again(ctx, now, []followup.JourneyID{j}); err != nil {
				return followup.Message{}, err
			}
		}
		return followup.Message{}, fmt.Errorf("claim %s: %w: %s", id, ErrNotNow, ruling.Reason)
	}
	l.r = &round{e: e, now: now}
	s, arms := send{}, make([]followup.Arm, 1)
	if err := l.prepare(&ruling, &s, &arms[0]); err != nil {
		return followup.Message{}, fmt.Errorf("claim %s: the script has a fault: %w", id, err)
	}
	arms[0].Row = ruling.Row.Claim(s.message.Attempt, l.desire.Plan.Hash, person, now)
	results, err := e.c.Store.Arm(ctx, arms)
	if err != nil {
		return followup.Message{}, fmt.Errorf("claim %s: %w", id, err)
	}
	if results[0] != followup.ArmedNow {
		return followup.Message{}, fmt.Errorf("claim %s: %w: somebody else was faster", id, followup.ErrConflict)
	}
	return s.message, e.show(ctx, now, &s, &arms[0])
}

// show hands the sheet of a claimed call to the call list. A number that nobody
// can dial ends the call, a fault before anybody saw it puts it back on the
// list, and an unclear one leaves it claimed.
func (e *Engine) show(ctx context.Context, now time.Time, s *send, arm *followup.Arm) error {
	_, err := e.hand(ctx, s, arm)
	if err == nil {
		return nil
	}
	row := arm.Row
	row.Version++
	end := followup.Finish{Attempt: row.Attempt, Unspend: arm.Contact.ID}
	switch followup.Classify(err) {
	case followup.Refused:
		end.Row = row.Fail(err, now)
		end.Row.Await(s.plan, now)
	case followup.UnclearResult:
		return fmt.Errorf("claim %s: %w", row.ID, err)
	default:
		freed, rerr := row.Release("the call list failed: "+err.Error(), now)
		end.Row, err = freed, errors.Join(err, rerr)
	}
	errs, ferr := e.c.Store.Finish(ctx, []followup.Finish{end})
	again := e.Again(ctx, now, []followup.JourneyID{row.ID.Journey()})
	return fmt.Errorf("claim %s: %w", row.ID, errors.Join(append(errs, err, ferr, again)...))
}

func describe(row *followup.FollowUp) string {
	if row.State == followup.Armed && row.Claimed != "" {
		return "claimed by " + row.Claimed
	}
	return string(row.State)
}

// open loads the journey of a follow-up for a person who looks at it.
func (e *Engine) open(ctx context.Context, now time.Time, id followup.FollowUpID) (*look, *followup.FollowUp, error) {
	js, err := e.c.Store.Journeys(ctx, []followup.JourneyID{id.Journey()})
	if err != nil {
		return nil, nil, fmt.Errorf("load %s: %w", id, err)
	}
	j := &js[0]
	row := j.Row(id)
	if row == nil {
		return nil, nil, fmt.Errorf("follow-up %s: %w", id, followup.ErrNotFound)
	}
	rules, err := e.Rules(ctx, j)
	if err != nil {
		return nil, nil, err
	}
	contact := followup.Contact{ID: j.Head.Contact}
	if j.Head.Contact != "" {
		cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{j.Head.Contact})
		if err != nil {
			return nil, nil, fmt.Errorf("load contact of %s: %w", id, err)
		}
		contact = cs[0]
	}
	desire := rules.Desire(j, &contact, now)
	return &look{j: j, rules: rules, desire: &desire, contact: &contact}, row, nil
}

// Called is the outcome of a claimed call.
type Called struct {
	ID      followup.FollowUpID
	Outcome followup.Outcome
	Unit    followup.UnitKey // the one that was spoken of; "" the only one, or the order as one
	Back    civil.DateTime   // call-back: when, on the customer's clock
	Note    string
	By      string
	CallMe  bool // wants to be called by a person, after an automated call
}

// Done records the outcome of a call. Works, problem and help are answers as
// well; do-not-call closes the channel. What follows from the outcome is written
// first, under a name that the call gives it, and the outcome last: a death in
// between leaves the call claimed, and recording it again completes it.
func (e *Engine) Done(ctx context.Context, now time.Time, c Called) (Heard, error) {
	l, row, err := e.open(ctx, now, c.ID)
	if err != nil {
		return Heard{}, err
	}
	if c.Outcome == followup.OutcomeCallBack && c.Back.IsZero() {
		return Heard{}, fmt.Errorf("record the outcome of %s: call-back needs a time, such as --at 2026-03-05T15:00", c.ID)
	}
	if row.State == followup.Listed {
		return Heard{}, fmt.Errorf("record the outcome of %s: %w: nobody has claimed it; claim it first: aftersales calls claim %s", c.ID, followup.ErrState, c.ID)
	}
	repeated := row.State == followup.Sent && row.Outcome == c.Outcome
	if !repeated {
		if _, err := row.Called(c.Outcome, now); err != nil {
			return Heard{}, err
		}
	}
	heard, err := e.heard(ctx, now, l, row, c)
	if err != nil || repeated {
		return heard, err
	}
	if err := e.finishCall(ctx, now, l, row, c); err != nil {
		return Heard{}, err
	}
	return heard, e.Again(ctx, now, []followup.JourneyID{l.j.ID})
}

func (e *Engine) finishCall(ctx context.Context, now time.Time, l *look, row *followup.FollowUp, c Called) error {
	done, err := row.Called(c.Outcome, now)
	if err != nil {
		return err
	}
	done.CallBack = c.Back
	done.Await(l.desire.Plan, now)
	var errs []error
	if row.State == followup.Armed {
		errs, err = e.c.Store.Finish(ctx, []followup.Finish{{Row: done, Attempt: row.Attempt}})
	} else { // nobody recorded it in time; the person knows better
		errs, err = e.c.Store.Save(ctx, []followup.Change{{Journey: l.j.ID, Rows: []followup.FollowUp{done}}})
	}
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("record the outcome of %s: %w", c.ID, err)
	}
	return nil
}

// heard writes what follows from an outcome; every part may be repeated.
func (e *Engine) heard(ctx context.Context, now time.Time, l *look, row *followup.FollowUp, c Called) (Heard, error) {
	if c.Outcome == followup.OutcomeDoNotCall {
		err := e.updateContact(ctx, l.j.Head.Contact, func(k *followup.Contact) bool {
			return k.Suppress(followup.Suppression{Channel: followup.Call, Reason: "do-not-call", At: now})
		})
		if err != nil {
			return Heard{}, err
		}
	}
	name := "call/" + string(c.ID) + "/" + row.Attempt
	if c.Outcome.Answers() {
		said := Said{Journey: l.j.ID, FollowUp: c.ID, Unit: c.Unit, Value: string(c.Outcome), Text: c.Note, By: "phone", CallMe: c.CallMe}
		if about := concerned(row, l.desire); said.Unit == "" && len(about) == 1 {
			said.Unit = about[0]
		}
		return e.answer(ctx, now, name, said)
	}
	if c.Note == "" {
		return Heard{}, nil
	}
	text := followup.Text{Event: name, Journey: l.j.ID, At: now, Body: clip(c.Note)}
	return Heard{}, e.updateContact(ctx, l.j.Head.Contact, func(k *followup.Contact) bool { return k.Note(text) })
}

// concerned returns the units a follow-up is about: its own, else all that the
// plan cares for; of these, those that the customer still has.
func concerned(row *followup.FollowUp, d *followup.Desire) []followup.UnitKey {
	own := slices.DeleteFunc(slices.Clone(row.Units), func(k followup.UnitKey) bool { return !slices.Contains(d.Live, k) })
	switch {
	case len(own) > 0:
		return own
	case len(row.Units) > 0:
		return row.Units
	}
	return d.Live
}

// claimAge is when anybody may release a claimed call, not only who claimed it.
const claimAge = 15 * time.Minute

// Release returns a claimed call that was not dialled to the list.
func (e *Engine) Release(ctx context.Context, now time.Time, id followup.FollowUpID, person, reason string) error {
	l, row, err := e.open(ctx, now, id)
	if err != nil {
		return err
	}
	if row.Claimed != person && now.Sub(row.ArmedAt) < claimAge {
		return fmt.Errorf("release %s: %w: %s claimed it less than 15 minutes ago", id, followup.ErrState, row.Claimed)
	}
	freed, err := row.Release(reason, now)
	if err != nil {
		return err
	}
	errs, err := e.c.Store.Finish(ctx, []followup.Finish{{Row: freed, Attempt: row.Attempt, Unspend: l.contact.ID}})
	return errors.Join(append(errs, err)...)
}

// Settle applies what an operator decided about a parked row.
func (e *Engine) Settle(ctx context.Context, now time.Time, id followup.FollowUpID, to followup.State, reason string) error {
	if reason == "" {
		return fmt.Errorf("decide %s: a reason is needed, such as --reason \"the customer has it\"", id)
	}
	l, row, err := e.open(ctx, now, id)
	if err != nil {
		return err
	}
	settled, err := row.Operator(to, reason, now)
	if err != nil {
		return err
	}
	settled.Await(l.desire.Plan, now)
	errs, err := e.c.Store.Save(ctx, []followup.Change{{Journey: l.j.ID, Rows: []followup.FollowUp{settled}}})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("decide %s: %w", id, err)
	}
	return e.Again(ctx, now, []followup.JourneyID{l.j.ID})
}

// Recover treats what a dead process had armed: each such row is UNKNOWN at
// once and looked at. Calls that people claimed are theirs still.
func (e *Engine) Recover(ctx context.Context, now time.Time) (int, error) {
	lost := 0
	for after := followup.Cursor(""); ; {
		ids, next, err := e.c.Store.Find(ctx, followup.Query{State: followup.Armed}, after, 100)
		if err != nil {
			return lost, fmt.Errorf("find armed rows: %w", err)
		}
		js, err := e.c.Store.Journeys(ctx, ids)
		if err != nil {
			return lost, fmt.Errorf("load armed rows: %w", err)
		}
		var changes []followup.Change
		for _, j := range js {
			rows := slices.DeleteFunc(slices.Clone(j.Rows), func(f followup.FollowUp) bool {
				return f.State != followup.Armed || f.Claimed != ""
			})
			for i := range rows {
				rows[i] = rows[i].Lose("the program stopped while it was being sent", now)
			}
			if len(rows) > 0 {
				changes = append(changes, followup.Change{Journey: j.ID, Rows: rows})
				lost += len(rows)
			}
		}
		errs, err := e.c.Store.Save(ctx, changes)
		if err = errors.Join(append(errs, err)...); err != nil {
			return lost, fmt.Errorf("save lost rows: %w", err)
		}
		if next == "" {
			return lost, nil
		}
		after = next
	}
}
