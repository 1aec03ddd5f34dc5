package followup

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrState is answered when a row is not in a state that allows the change.
var ErrState = errors.New("not in a state that allows this")

// Arm returns the row as it is while attempt's one provider call is under way.
func (f FollowUp) Arm(attempt, plan string, now time.Time, timeout time.Duration) FollowUp {
	f.State, f.Attempt, f.Plan = Armed, attempt, plan
	f.ArmedAt, f.Deadline = now, now.Add(timeout)
	f.Next = f.Deadline.Add(UnclearMargin)
	f.Receives = 0 // it could be looked at
	return f
}

// Claim returns a call as it is while a person holds it.
func (f FollowUp) Claim(attempt, plan, person string, now time.Time) FollowUp {
	f = f.Arm(attempt, plan, now, ClaimTime)
	f.Claimed, f.Next = person, f.Deadline
	f.Decide(Decision{At: now, Result: ResultSend, Rule: "claimed", Reason: "claimed from the call list", Next: f.Next})
	return f
}

// Release returns a claimed call that was not dialled to the list.
func (f FollowUp) Release(reason string, now time.Time) (FollowUp, error) {
	if f.State != Armed || f.Claimed == "" {
		return f, fmt.Errorf("release %s: %w", f.ID, ErrState)
	}
	f.State, f.Claimed, f.Attempt, f.Deadline, f.Next = Listed, "", "", time.Time{}, now
	f.Decide(Decision{At: now, Result: ResultList, Rule: "released", Reason: reason, Next: now})
	return f, nil
}

// Accept records that the provider took the attempt under way, or evidence that
// it took any attempt of this row.
func (f FollowUp) Accept(provider, how string, now time.Time) (FollowUp, error) {
	switch {
	case f.State == Armed, f.State == Unknown, f.State == Parked:
	case (f.State == Planned || f.State == Held) && !f.ArmedAt.IsZero(): // to be sent again after an unclear attempt
	default:
		return f, fmt.Errorf("record %s: %w", f.ID, ErrState)
	}
	f.end(Sent, now)
	f.Provider, f.Deadline = provider, time.Time{}
	f.Decide(Decision{At: now, Result: ResultRecord, Rule: "accepted", Reason: how})
	return f, nil
}

// Fail records how the attempt under way failed.
func (f FollowUp) Fail(err error, now time.Time) FollowUp {
	f.Deadline = time.Time{}
	d := Decision{At: now, Result: ResultRecord, Reason: err.Error()}
	switch Classify(err) {
	case NotAccepted:
		d.Rule = "not-accepted"
		if f.Refusals >= len(Retries) {
			f.end(Failed, now)
			d.Reason = "given up after " + fmt.Sprint(f.Refusals+1) + " attempts: " + d.Reason
			break
		}
		f.State, f.Next = Planned, now.Add(Retries[f.Refusals])
		f.Refusals++
	case Account:
		d.Rule = "account"
		f.State, f.Next = Planned, now.Add(AccountPause)
	case Refused:
		d.Rule = "refused"
		f.end(Failed, now)
		if se, ok := errors.AsType[*SendError](err); ok {
			f.Bounce = se.Bounce
		}
	default:
		return f.Lose("the result of the send is not known: "+d.Reason, now)
	}
	d.Next = f.Next
	f.Decide(d)
	return f
}

// AccountPause is how long a lane rests after a fault of the account.
const AccountPause = 15 * time.Minute

// Lose says that nobody knows what became of the attempt under way.
func (f FollowUp) Lose(reason string, now time.Time) FollowUp {
	f.State, f.Next, f.Deadline = Unknown, now, time.Time{}
	f.Decide(Decision{At: now, Result: ResultRecord, Rule: "unclear", Reason: reason, Next: now})
	return f
}

// Overdue reports whether an armed row's worker must be dead, or a claimed call
// was forgotten.
func (f *FollowUp) Overdue(now time.Time) bool {
	return f.State == Armed && !now.Before(f.Next)
}

// Known is what can be found out about the attempts of an UNKNOWN row.
type Known struct {
	Evidence
	Asked     bool      // the channel could be asked
	Stream    bool      // the channel reports sends by events
	Watermark time.Time // latest send of the stream whose event arrived
	Restored  bool      // it was reserved before a restore: its reports may have come before, too
}

// Resolve settles an UNKNOWN row by evidence, never by blind retry. That nothing
// was reported since a restore proves nothing about what was sent before it.
func (f FollowUp) Resolve(k Known, unclear Unclear, now time.Time) FollowUp {
	since := f.ArmedAt
	switch {
	case k.Accepted:
		f.end(Sent, now)
		f.Provider = k.Provider
		f.Decide(Decision{At: now, Result: ResultRecord, Rule: "evidence", Reason: "the channel has it: it was accepted"})
	case k.Asked && k.Conclusive:
		f.State, f.Next = Planned, now
		f.Decide(Decision{At: now, Result: ResultPlan, Rule: "evidence", Reason: "the channel never had it; planned again", Next: now})
	case k.Stream && !k.Restored && unclear == Resend && f.Resends == 0 && now.Sub(since) >= UnclearWindow && k.Watermark.After(since.Add(UnclearWindow)):
		f.Resends++
		f.State, f.Next = Planned, now
		f.Decide(Decision{At: now, Result: ResultPlan, Rule: "resend", Reason: "later sends were reported, this one was not; once more", Next: now})
	case (k.Asked || k.Stream) && now.Sub(since) < UnclearLongest:
		f.Next = now.Add(UnclearWindow)
		f.Decide(Decision{At: now, Result: ResultHold, Rule: "unclear", Reason: "waiting for evidence", Next: f.Next})
	case !k.Asked && !k.Stream && now.Sub(since) < UnclearMargin:
		f.Next = since.Add(UnclearMargin)
		f.Decide(Decision{At: now, Result: ResultHold, Rule: "unclear", Reason: "waiting for the customer or an operator", Next: f.Next})
	default:
		f.State, f.Next = Parked, time.Time{}
		f.Decide(Decision{At: now, Result: ResultPark, Rule: "unclear", Reason: "nobody can say whether it was sent; a person has to decide"})
	}
	return f
}

// Poison parks a row that failed to be looked at four times.
func (f FollowUp) Poison(reason string, now time.Time) FollowUp {
	f.State, f.Next = Parked, time.Time{}
	f.Decide(Decision{At: now, Result: ResultPark, Rule: "poison", Reason: reason})
	return f
}

// Fault holds a row whose message cannot be made: the text has to be mended.
func (f FollowUp) Fault(reason string, now time.Time) FollowUp {
	f.State, f.HeldFor, f.Next = Held, "fault", now.Add(time.Hour)
	f.Decide(Decision{At: now, Result: ResultHold, Rule: "fault", Reason: reason, Next: f.Next})
	return f
}

// Called records the outcome of a claimed call, or of an automated one after it
// was accepted; an automated call that nobody answered at first may still have
// been answered, since its reports come in any order.
func (f FollowUp) Called(o Outcome, now time.Time) (FollowUp, error) {
	if !slices.Contains(Outcomes, o) {
		return f, fmt.Errorf("outcome %q is not one of works, problem, help, no-answer, call-back, wrong-number, do-not-call", o)
	}
	taken := f.State == Sent && (f.Outcome == "" || f.Claimed == "" && f.Outcome == OutcomeNoAnswer && o.Answers())
	if f.State != Armed && f.State != Unknown && f.State != Parked && !taken || f.Channel != Call {
		return f, fmt.Errorf("record the outcome of %s: %w", f.ID, ErrState)
	}
	f.end(Sent, now)
	f.Outcome, f.Deadline = o, time.Time{}
	f.Decide(Decision{At: now, Result: ResultRecord, Rule: "called", Reason: string(o)})
	return f, nil
}

// Operator applies what a person decided about a PARKED row: sent, planned
// (resend) or voided.
func (f FollowUp) Operator(to State, reason string, now time.Time) (FollowUp, error) {
	if f.State != Parked && f.State != Unknown {
		return f, fmt.Errorf("decide %s: %w: it is %s, not parked", f.ID, ErrState, f.State)
	}
	d := Decision{At: now, Result: ResultRecord, Rule: "operator", Reason: reason}
	switch to {
	case Sent:
		f.end(Sent, now)
	case Planned:
		f.State, f.Next, f.Refusals = Planned, now, 0
		d.Result, d.Next = ResultPlan, now
	case Voided:
		f.end(Voided, now)
		f.Hand = true
		d.Result = ResultVoid
	default:
		return f, fmt.Errorf("decide %s: a parked follow-up becomes sent, planned or voided, not %s", f.ID, to)
	}
	f.Decide(d)
	return f, nil
}
