package followup_test

import (
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// A repair that was over before the warranty began adds no day to it.
func TestRule7RepairBeforeTheCoverage(t *testing.T) {
	for until, want := range map[civil.Date]string{
		{Year: 2026, Month: 2, Day: 20}: "2028-03-02", // before it
		{Year: 2026, Month: 3, Day: 2}:  "2028-03-22", // on its first day
	} {
		r := event(followup.UnitRepaired, "2026-03-03T09:00")
		r.Unit, r.From, r.Until = &followup.UnitRef{Line: "l1", Index: 1}, until.AddDays(-20), until
		j := bought(t, asking).tell("2026-03-03T12:00", r)
		if got := j.desire.Coverages[0].Until.String(); got != want {
			t.Errorf("repaired until %s: the warranty ends on %s, want %s", until, got, want)
		}
	}
}

// What was said on the phone is the outcome of a try, and voids none by itself.
func TestRule16AnswerByPhoneVoidsNoTry(t *testing.T) {
	j := called(t, calling)
	j.rules.Plans[0].Steps[0].When, j.rules.Plans[0].Steps[1].When = nil, nil
	said := answer("works", "2026-03-06T11:00")
	said.Answer.By = "phone"
	j.tell("2026-03-02T12:00").run("2026-03-06T10:00").call("call", "1#1", "2026-03-06T10:30", followup.OutcomeNoAnswer, "").
		tell("2026-03-06T11:00", said).
		want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] planned 2026-03-09T12:00:00")
}

// A call that was recorded outside its window counts as one of the nearest third.
func TestRule16ThirdOutsideTheWindow(t *testing.T) {
	for ended, next := range map[string]string{
		"2026-03-06T09:00": "2026-03-09T12:00:00", // before it: the first, so the second is next
		"2026-03-06T18:00": "2026-03-09T10:00:00", // after it: the last, so the first is next
	} {
		called(t, calling).run("2026-03-06T10:00").call("call", "1#1", ended, followup.OutcomeNoAnswer, "").
			want("call[1#1] sent 2026-03-06T10:00:00", "call[1#2] planned "+next)
	}
}

// A moment is polite wherever the customer may be, as far as the hours of the
// channel allow: mails go out for twelve hours a day here, calls for eight.
func TestPoliteInEveryCandidateZone(t *testing.T) {
	const plan = "steps:\n" +
		"  - {id: mail, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D, at: \"15:00\"}}\n" +
		"  - {id: call, class: service, channel: call, message: set-up, after: {event: delivered, wait: P1D}}\n" +
		"  - {id: eve, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D, between: \"18:00-23:00\"}}\n"
	for _, c := range []struct {
		zones []string
		want  []string // in UTC
	}{
		// Kaliningrad to Kamchatka: mails from 06:00 to 08:00 UTC; no hour for calls, and none of the evening: Moscow counts.
		{[]string{"Europe/Moscow", "Europe/Kaliningrad", "Asia/Kamchatka"}, []string{"06:00", "07:00", "15:00"}},
		// Eight hours: mails from 08:00 to 12:00 UTC, no calls for both.
		{[]string{"Europe/London", "Asia/Shanghai"}, []string{"08:00", "10:00", "18:00"}},
		// Seven hours: calls at 10:00 in London, 17:00 in Bangkok.
		{[]string{"Europe/London", "Asia/Bangkok"}, []string{"08:00", "10:00", "18:00"}},
		// Seven the other way round: 10:00 in Bangkok is 03:00 in London, so calls wait until 17:00 there.
		{[]string{"Asia/Bangkok", "Europe/London"}, []string{"08:00", "10:00", "11:00"}},
	} {
		o := order("2026-03-01T09:00", 1)
		o.Facts = &followup.OrderFacts{PhoneZones: c.zones}
		j := newJournal(t, head+plan).tell("2026-03-02T06:00", o, delivered("2026-03-02T03:00"))
		for i, step := range []string{"mail", "call", "eve"} {
			if got := j.row(step, "").DueAt.UTC().Format("15:04"); got != c.want[i] {
				t.Errorf("%v: the %s goes out at %s UTC (%s), want %s", c.zones, step, got, j.row(step, "").Due, c.want[i])
			}
		}
	}
}

// The cap of a hold counts from the due, not from when the case was met.
func TestRule22CapCountsFromTheDue(t *testing.T) {
	j := bought(t, "budget: {email: 1 per P7D}\n"+asking)
	j.contact.Spend(followup.Spend{FollowUp: "main/9/x/-/1", At: at("2026-03-06T12:00"), Channel: followup.Email, Class: followup.Feedback})
	j.run("2026-03-11T19:00").why("review", "1", "budget")
	j.tell("2026-03-12T09:00", answer("problem", "2026-03-12T09:00")).run("2026-03-13T19:00").why("review", "1", "case")
	j.run("2026-03-25T18:00")
	if row := j.row("review", "1"); row.State != followup.Sent || !row.CaseText {
		t.Errorf("fourteen days after its due of 11 March the review is %s, next %s", row.State, row.Next)
	}
}

// Rule 20: a reminder before a date has no point after it, whatever the plan says
// of late ones, unless its own step says otherwise.
func TestRule20AStaleReminderIsNotSent(t *testing.T) {
	const own = `, late: {more_than: P60D, then: send}`
	for late, want := range map[string]string{"": "s[P7D] expired 2026-03-24T10:00:00", own: "s[P7D] planned 2026-03-24T10:00:00"} {
		text := head + "late: {more_than: P60D, then: send}\ncoverage:\n  - {name: w, start: delivered, length: P30D, applies: order}\nsteps:\n" +
			step("s", `before: {event: coverage_end("w"), by: [P7D], at: "10:00"}`+late)
		newJournal(t, text).tell("2026-04-05T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-01T09:00")).want(want)
	}
}

// A new date begins the count of refusals anew: the goods may be asked about by
// another address, or years on.
func TestANewDateForgetsRefusals(t *testing.T) {
	j := newJournal(t, perUnit).tell("2026-03-03T09:00", order("2026-03-02T09:00", 1), delivered("2026-03-03T08:00"))
	row := *j.row("s", "")
	row.Refusals = 3
	j.put(row)
	j.tell("2026-03-03T10:00", delivered("2026-03-05T08:00"))
	if got := j.row("s", ""); got.Refusals != 0 || got.DueAt.Equal(row.DueAt) {
		t.Errorf("due %s with %d refusals", got.Due, got.Refusals)
	}
}

// A call that comes back to the list keeps when it first stood there.
func TestAListedCallKeepsWhenItWasListed(t *testing.T) {
	j := called(t, calling).run("2026-03-06T10:00")
	first := j.row("call", "1#1").Listed
	j.look(j.row("call", "1#1"), at("2026-03-06T16:00")) // its window ends: it is moved
	j.run("2026-03-09T10:00")
	if row := j.row("call", "1#1"); row.State != followup.Listed || first.IsZero() || !row.Listed.Equal(first) {
		t.Errorf("%s, listed %s, first %s", row.State, row.Listed, first)
	}
}
