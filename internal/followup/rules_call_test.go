package followup_test

import (
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

const calling = head + `late: {more_than: P14D, then: skip}
steps:
  - id: call
    class: feedback
    channel: call
    message: check-in-call
    unless: answered("works") or answered("problem")
    after: {event: delivered, wait: P4D, between: "10:00-16:00", on: workdays}
    tries: {max: 3, spacing: P1D}
    late: {more_than: P5D, then: skip}
    otherwise: mail
  - id: mail
    class: feedback
    channel: email
    message: check-in
    unless: answered("works") or answered("problem")
    after: {event: delivered, wait: P4D, at: "10:00"}
`

// called plays an order delivered on Monday 2 March: the call is due on Friday 6.
func called(t *testing.T, text string) *journal {
	t.Helper()
	return newJournal(t, text).tell("2026-03-02T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T11:00"))
}

func answer(value, when string) followup.Event {
	e := event(followup.AnswerGiven, when)
	e.Answer = &followup.Said{Value: value, By: "page", Step: "mail"}
	e.Unit = &followup.UnitRef{Line: "l1", Index: 1}
	return e
}

func TestRule13Answered(t *testing.T) {
	// The latest answer counts, of this unit; order scope: of any unit.
	j := called(t, calling).tell("2026-03-03T12:00", answer("not-yet", "2026-03-03T12:00")).
		want("call[1#1] planned 2026-03-06T10:00:00")
	j.tell("2026-03-03T13:00", answer("works", "2026-03-03T13:00")).want("call[1#1] voided 2026-03-06T10:00:00").why("call", "1#1", "condition")
	j.tell("2026-03-03T14:00", answer("not-yet", "2026-03-03T14:00")).want("call[1#1] planned 2026-03-06T10:00:00")
}

func TestRule13AnsweredToAChain(t *testing.T) {
	// `call` and `mail` are one chain: an answer to either is an answer to both.
	text := calling + "  - {id: later, class: feedback, channel: email, message: check-in, when: 'answered(\"call\", \"works\")', after: {event: delivered, wait: P9D, at: \"10:00\"}}\n"
	other := answer("works", "2026-03-03T12:00")
	other.Answer.Step = "later"
	j := called(t, text).tell("2026-03-03T12:00", other)
	if j.find("later", "") != nil {
		t.Error("an answer to another step counted")
	}
	j.tell("2026-03-03T13:00", answer("works", "2026-03-03T13:00")).row("later", "1")
}

func TestRule14OtherwiseOnlyWhenMissed(t *testing.T) {
	j := called(t, calling).want("call[1#1] planned 2026-03-06T10:00:00").run("2026-03-06T10:00").
		want("call[1#1] listed 2026-03-06T10:00:00")
	j.call("call", "1#1", "2026-03-06T10:20", followup.OutcomeWorks, "")
	j.want("call[1#1] sent 2026-03-06T10:00:00") // reached: nothing follows
}

func TestRule14OtherwiseOfAnUnwantedStep(t *testing.T) {
	dear := called(t, calling)
	dear.rules.Plans[0].Steps[0].When = never{}
	dear.tell("2026-03-02T12:00").want("call[1#1] voided 2026-03-06T10:00:00", "mail[1] planned 2026-03-06T10:00:00")
}

type never struct{}

func (never) Holds(*followup.Scope) (bool, error) { return false, nil }
func (never) String() string                      { return "never" }

func TestRule14And15OtherwiseOfASkippedCall(t *testing.T) {
	j := called(t, calling)
	j.contact.Fields["phone"] = followup.Stated{}
	j.run("2026-03-06T10:00").
		want("call[1#1] skipped 2026-03-06T10:00:00", "mail[1] sent 2026-03-06T10:00:00").why("call", "1#1", "no-number")
}

func TestRule14NeverAfterAnExit(t *testing.T) {
	called(t, calling).run("2026-03-06T10:00").tell("2026-03-06T10:01", event(followup.OrderCancelled, "2026-03-06T10:01")).
		run("2026-03-20T10:00").want("call[1#1] voided 2026-03-06T10:00:00")
}

func TestRule15OtherwiseKeepsItsOwnDueWhenNeverListed(t *testing.T) {
	// Heard of three weeks late: the call is created EXPIRED, and so is the mail.
	newJournal(t, calling).tell("2026-03-23T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T11:00")).
		want("call[1#1] expired 2026-03-06T10:00:00", "mail[1] expired 2026-03-06T10:00:00")
}

// A call that is skipped at its time has its mail at that time, however much
// later a busy machine looks.
func TestRule15SkippedALittleLater(t *testing.T) {
	for _, late := range []time.Duration{0, 50 * time.Millisecond, 20 * time.Second, 40 * time.Minute} {
		j := called(t, calling)
		j.contact = followup.Contact{ID: "c"}
		j.contact.State(followup.Person{Mail: "a@example.com"}, followup.Stamp{})
		row := j.row("call", "1#1")
		due := row.Due.String()
		j.look(row, row.Next.Add(late))
		j.reconcile(row.DueAt.Add(late))
		if call, mail := j.row("call", "1#1"), j.row("mail", "1"); call.State != followup.Skipped || mail.Due.String() != due {
			t.Errorf("looked at %v late: the call is %s, its mail due %s, want %s", late, call.State, mail.Due, due)
		}
	}
}

// What hours had moved counts from there.
func TestRule15SkippedWhereItsLookWasMoved(t *testing.T) {
	row := followup.FollowUp{State: followup.Skipped, DueAt: at("2026-03-06T10:00"), Ended: at("2026-03-07T10:20")}
	row.Decisions = []followup.Decision{{Next: row.DueAt}, {Next: at("2026-03-07T10:00")}, {Next: at("2026-03-09T10:00")}, {}}
	if got := row.SkippedAt(); !got.Equal(at("2026-03-07T10:00")) {
		t.Errorf("skipped at %s", got)
	}
	row.Ended = at("2026-03-05T10:00")
	if got := row.SkippedAt(); !got.Equal(row.Ended) {
		t.Errorf("skipped before it was due: %s", got)
	}
}

// A due that was brought forward counts, not the look that belonged to the one before.
func TestRule15SkippedAfterItsDueWasBroughtForward(t *testing.T) {
	row := followup.FollowUp{State: followup.Skipped, DueAt: at("2026-03-05T10:00"), Ended: at("2026-03-10T10:00")}
	row.Decisions = []followup.Decision{
		{Result: followup.ResultPlan, Rule: "due", Next: at("2026-03-06T10:00")},
		{Result: followup.ResultMove, Rule: "moved", Next: row.DueAt},
		{Result: followup.ResultSkip, Rule: "no-number"},
	}
	if got := row.SkippedAt(); !got.Equal(row.DueAt) {
		t.Errorf("skipped at %s, want %s", got, row.DueAt)
	}
	row.Decisions[1].Rule = "hours"
	if got := row.SkippedAt(); !got.Equal(at("2026-03-06T10:00")) {
		t.Errorf("a look that was moved: skipped at %s", got)
	}
}

func TestRule15NobodyCalled(t *testing.T) {
	j := called(t, calling).run("2026-03-20T09:00")
	j.why("call", "1#1", "late")
	row := j.row("mail", "1")
	if row.State != followup.Sent || row.Due.Date != (civil.Date{Year: 2026, Month: 3, Day: 12}) {
		t.Errorf("mail %s %s, want sent on the first morning after the call expired", row.State, row.Due)
	}
}

func TestRule16Tries(t *testing.T) {
	// Window 10-16 in thirds: 10, 12, 14. Friday's first third, then Monday's
	// second (Saturday and Sunday are no workdays), then Tuesday's third.
	j := called(t, calling).run("2026-03-06T10:00").call("call", "1#1", "2026-03-06T10:30", followup.OutcomeNoAnswer, "").
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] planned 2026-03-09T12:00:00")
	j.run("2026-03-09T12:00").call("call", "1#2", "2026-03-09T12:10", followup.OutcomeNoAnswer, "").
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] sent 2026-03-09T12:00:00", "call[1#3] planned 2026-03-10T14:00:00")
	j.run("2026-03-10T14:00").call("call", "1#3", "2026-03-10T14:10", followup.OutcomeNoAnswer, "").
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] sent 2026-03-09T12:00:00", "call[1#3] sent 2026-03-10T14:00:00",
			"mail[1] planned 2026-03-11T10:00:00")
}

func TestRule16CyclicThirds(t *testing.T) {
	called(t, calling).run("2026-03-06T10:00").call("call", "1#1", "2026-03-06T15:30", followup.OutcomeNoAnswer, "").
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] planned 2026-03-09T10:00:00")
}

func TestRule16CallBackPastMax(t *testing.T) {
	text := calling
	j := called(t, text)
	j.rules.Plans[0].Steps[0].Tries = 1
	j.tell("2026-03-02T12:00").run("2026-03-06T10:00").
		call("call", "1#1", "2026-03-06T10:30", followup.OutcomeCallBack, "2026-03-09T19:00"). // out of hours: the next morning
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] planned 2026-03-10T10:00:00").why("call", "1#2", "call-back")
}

func TestRule16EndsOfTries(t *testing.T) {
	for outcome, mail := range map[followup.Outcome]bool{
		followup.OutcomeWrongNumber: true, followup.OutcomeDoNotCall: false, followup.OutcomeHelp: false,
	} {
		j := called(t, calling).run("2026-03-06T10:00").call("call", "1#1", "2026-03-06T10:30", outcome, "")
		if got := j.find("mail", "") != nil; got != mail || j.find("call", "1#2") != nil {
			t.Errorf("%s: rows %v", outcome, j.list())
		}
	}
}

func TestRule16AnswerVoidsRemainingTries(t *testing.T) {
	text := calling
	j := called(t, text)
	j.rules.Plans[0].Steps[0].When, j.rules.Plans[0].Steps[1].When = nil, nil // the rule alone, not the plan's `unless`
	j.tell("2026-03-02T12:00").run("2026-03-06T10:00").call("call", "1#1", "2026-03-06T10:30", followup.OutcomeNoAnswer, "").
		tell("2026-03-06T11:00", answer("works", "2026-03-06T11:00")).
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] voided 2026-03-09T12:00:00").why("call", "1#2", "reached")
}

func TestRule19Keys(t *testing.T) {
	j := called(t, calling)
	if id := j.row("call", "1#1").ID; id != "main/1/call/-/1#1" {
		t.Errorf("id %s", id)
	}
}
