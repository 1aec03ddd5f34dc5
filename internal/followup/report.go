package followup

import (
	"slices"
	"time"
)

// Report is what a provider says of an attempt after the call, by an event of
// its own: late, more than once, in any order. It carries no personal data.
type Report struct {
	FollowUp FollowUpID
	Attempt  string     // of that call; "" when the provider does not say
	Kind     ReportKind //
	At       time.Time  // when it happened at the provider; zero: not said
	Sent     time.Time  // when the provider took the attempt: the stream is known up to here; zero: not said
	Provider string     // the provider's own id of the attempt
	Detail   string     // codes for people, such as "Permanent General 5.1.1"
	Outcome  Outcome    // ReportCalled: how an automated call went
	CallMe   bool       // ReportCalled: wants to be called by a person
}

// ReportKind is what became of an attempt.
type ReportKind string

// The kinds. Each is evidence that the attempt was accepted.
const (
	ReportAccepted   ReportKind = "accepted"
	ReportDelivered  ReportKind = "delivered"  // handed to the customer's own server
	ReportDelayed    ReportKind = "delayed"    // the provider goes on trying
	ReportReturned   ReportKind = "returned"   // came back for now: mailbox full, absence note
	ReportBounced    ReportKind = "bounced"    // came back for good: nobody has that address
	ReportComplained ReportKind = "complained" // the customer called it spam
	ReportRejected   ReportKind = "rejected"   // taken, then not sent: the provider found a virus, or could not render it
	ReportCalled     ReportKind = "called"     // an automated call ended, see Outcome
)

// state returns what a row is after a report. What a provider took and never
// sent has come back, as far as the customer is concerned.
func (k ReportKind) state() State {
	switch k {
	case ReportAccepted, ReportDelayed, ReportReturned, ReportCalled:
		return Sent
	case ReportDelivered:
		return Delivered
	case ReportBounced, ReportRejected:
		return Bounced
	case ReportComplained:
		return Complained
	default:
		return ""
	}
}

// say returns one sentence for people.
func (r *Report) say() string {
	if r.Detail == "" {
		return string(r.Kind)
	}
	return string(r.Kind) + ": " + r.Detail
}

// Told records a report and says whether it changed anything: a repeated or
// outdated one does not. The rank only grows. For a row whose attempt is under
// way or unclear it is evidence, of whatever attempt it speaks.
func (f FollowUp) Told(r Report, now time.Time) (FollowUp, bool) {
	state := r.Kind.state()
	if state == "" {
		return f, false
	}
	changed := false
	if f.State.rank() == 0 {
		accepted, err := f.Accept(r.Provider, "the provider reported it: "+string(r.Kind), now)
		if err != nil {
			return f, false
		}
		f, changed = accepted, true
	}
	d := Decision{At: now, Result: ResultRecord, Rule: "reported", Reason: r.say()}
	if r.Attempt != "" && r.Attempt != f.Attempt {
		d.Facts = map[string]string{"attempt": r.Attempt}
	}
	switch {
	case state.rank() > f.State.rank():
		f.State = state
	case r.Kind == ReportDelayed || r.Kind == ReportReturned:
		if slices.ContainsFunc(f.Decisions, func(o Decision) bool { return o.Rule == d.Rule && o.Reason == d.Reason }) {
			return f, changed
		}
	default:
		return f, changed
	}
	f.Decide(d)
	return f, true
}
