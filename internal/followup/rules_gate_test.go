package followup_test

import (
	"fmt"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

const asking = head + `coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: set-up, class: service, channel: email, message: set-up, after: {event: delivered, wait: P9D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P9D, at: "18:00"}}
  - {id: offer, class: marketing, channel: email, message: contract-offer, after: {event: delivered, wait: P9D, at: "12:00"}}
  - {id: recovered, class: feedback, channel: email, message: recovered, after: {event: case_closed, wait: P3D, at: "10:00"}}
`

func bought(t *testing.T, text string) *journal {
	t.Helper()
	return newJournal(t, text).tell("2026-03-02T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T11:00"))
}

func closed(number int, when string) followup.Event {
	e := event(followup.CaseClosed, when)
	e.Case = &followup.CaseWord{Number: number, Reason: "repaired"}
	return e
}

func reopened(number int, when string) followup.Event {
	e := event(followup.CaseReopened, when)
	e.Case = &followup.CaseWord{Number: number}
	return e
}

func TestRule5CaseClosed(t *testing.T) {
	j := bought(t, asking).tell("2026-03-03T12:00", answer("problem", "2026-03-03T12:00"))
	if j.find("recovered", "") != nil {
		t.Error("asked again before the case was closed")
	}
	j.tell("2026-03-05T15:00", closed(1, "2026-03-05T15:00"))
	if got := j.row("recovered", "1").Due.String(); got != "2026-03-08T10:00:00" {
		t.Errorf("recovered due %s", got)
	}
	j.run("2026-03-08T10:00").tell("2026-03-09T09:00", reopened(1, "2026-03-09T09:00"), closed(1, "2026-03-09T15:00"))
	j.row("recovered", "1.2") // rule 19: its second closing
	if s := j.row("recovered", "1").State; s != followup.Sent {
		t.Errorf("the first asking is %s", s)
	}
}

// What begins within a second is due at the next whole one: no hours moved it.
func TestAWholeSecondIsNoMoveIntoTheHours(t *testing.T) {
	const steps = head + "steps:\n  - {id: after, class: feedback, channel: email, message: recovered, after: {event: case_closed, wait: PT2H}}\n"
	for when, c := range map[string]struct{ due, hours string }{
		"2026-03-05T15:00": {"2026-03-05T17:00:01", ""},
		"2026-03-05T20:00": {"2026-03-06T08:00:00", ", moved into the allowed hours"},
	} {
		e := closed(1, when)
		e.Time = e.Time.Add(400 * time.Millisecond)
		row := bought(t, steps).tell("2026-03-03T12:00", answer("problem", "2026-03-03T12:00")).tell("2026-03-05T21:00", e).row("after", "1")
		if got := row.Decisions[len(row.Decisions)-1].Reason; row.Due.String() != c.due || got != "case_closed + PT2H"+c.hours {
			t.Errorf("closed at %s: due %s, %q", when, row.Due, got)
		}
	}
}

func TestRule22HoldAndRelease(t *testing.T) {
	j := bought(t, asking).tell("2026-03-10T12:00", answer("problem", "2026-03-10T12:00")).run("2026-03-11T19:00")
	j.want("set-up[1] sent 2026-03-11T10:00:00", "review[1] held 2026-03-11T18:00:00", "offer[1] held 2026-03-11T12:00:00").
		why("review", "1", "case")
	j.tell("2026-03-12T14:30", closed(1, "2026-03-12T14:30")).
		want("set-up[1] sent 2026-03-11T10:00:00", "review[1] planned 2026-03-12T18:00:00", "offer[1] planned 2026-03-13T12:00:00",
			"recovered[1] planned 2026-03-15T10:00:00")
}

func TestRule22Cap(t *testing.T) {
	j := bought(t, asking).tell("2026-03-10T12:00", answer("problem", "2026-03-10T12:00")).run("2026-03-25T18:00")
	row := j.row("review", "1")
	if row.State != followup.Sent || row.Due.String() != "2026-03-25T18:00:00" || !row.CaseText {
		t.Errorf("review at the cap: %s %s, knows of the case: %v", row.State, row.Due, row.CaseText)
	}
	if s := j.row("offer", "1").State; s != followup.Held {
		t.Errorf("marketing has no cap, it is %s", s)
	}
}

func TestRule22CaseOpenedAfterTheDue(t *testing.T) {
	// The review waited for the budget when the case was opened: held from then.
	j := bought(t, "budget: {email: 1 per P7D}\n"+asking)
	j.contact.Spend(followup.Spend{FollowUp: "main/9/x/-/1", At: at("2026-03-06T12:00"), Channel: followup.Email, Class: followup.Feedback})
	j.run("2026-03-11T19:00").why("review", "1", "budget")
	j.tell("2026-03-12T09:00", answer("problem", "2026-03-12T09:00")).run("2026-03-13T19:00").why("review", "1", "case")
	j.tell("2026-03-14T09:00", closed(1, "2026-03-14T09:00"))
	if got := j.row("review", "1"); got.State != followup.Planned || got.Due.String() != "2026-03-14T18:00:00" {
		t.Errorf("released: %s %s", got.State, got.Due)
	}
}

func TestRule22Off(t *testing.T) {
	j := bought(t, asking)
	j.rules.Plans[0].Steps[1].Hold.Off = true
	j.tell("2026-03-10T12:00", answer("problem", "2026-03-10T12:00")).run("2026-03-11T19:00")
	if s := j.row("review", "1").State; s != followup.Sent {
		t.Errorf("a review that is not held is %s", s)
	}
}

func TestRule12And22ConsentsInConditions(t *testing.T) {
	j := bought(t, head+"steps:\n  - {id: offer, class: marketing, channel: email, message: contract-offer, when: 'consents(\"marketing\", \"email\")', after: {event: delivered, wait: P9D, at: \"12:00\"}}\n")
	j.want()
	yes := followup.Consent{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: at("2026-03-03T12:00")}
	j.contact.Consent(yes)
	j.tell("2026-03-03T12:00").want("offer[1] planned 2026-03-11T12:00:00")
	yes.Given, yes.At = false, at("2026-03-04T12:00")
	j.contact.Consent(yes)
	j.tell("2026-03-04T12:00").want("offer[1] voided 2026-03-11T12:00:00").why("offer", "1", "condition")
}

func TestRule12FaultMakesUnwanted(t *testing.T) {
	j := bought(t, head+"steps:\n  - {id: s, class: service, channel: email, message: set-up, when: 'order.total >= money(\"1.00 USD\")', after: {event: delivered, wait: P9D, at: \"12:00\"}}\n")
	j.want()
	if len(j.desire.Faults) != 1 {
		t.Errorf("faults %v", j.desire.Faults)
	}
}

func TestRule24Budget(t *testing.T) {
	j := bought(t, "budget: {email: 2 per P7D}\n"+asking)
	spend := func(order int, when string, class followup.Class) {
		j.contact.Spend(followup.Spend{FollowUp: followup.FollowUpID(fmt.Sprintf("main/%d/x/-/1", order)), At: at(when), Channel: followup.Email, Class: class})
	}
	spend(7, "2026-03-04T12:00", followup.Service) // exempt
	spend(8, "2026-03-05T12:00", followup.Feedback)
	j.run("2026-03-11T12:00")
	if s := j.row("offer", "1").State; s != followup.Sent {
		t.Fatalf("one of two was spent, the offer is %s", s)
	}
	j.run("2026-03-11T18:00").why("review", "1", "budget")
	if got := j.row("review", "1").Next; !got.Equal(at("2026-03-12T18:00")) {
		t.Errorf("moved to %s, want the first 18:00 with room", got)
	}
	if got := j.row("review", "1").Due.String(); got != "2026-03-11T18:00:00" {
		t.Errorf("the due moved to %s", got)
	}
	// Past late: skipped.
	full := bought(t, "late: {more_than: P1D, then: skip}\nbudget: {email: 1 per P7D}\n"+asking)
	full.contact.Spend(followup.Spend{FollowUp: "main/8/x/-/1", At: at("2026-03-10T12:00"), Channel: followup.Email, Class: followup.Feedback})
	full.run("2026-03-11T19:00").why("review", "1", "budget")
	if s := full.row("review", "1").State; s != followup.Skipped {
		t.Errorf("no room until it is too late: %s", s)
	}
}

func TestRule24TriesShareOneSpend(t *testing.T) {
	j := called(t, "budget: {call: 1 per P14D}\n"+calling).run("2026-03-06T10:00")
	j.contact.Spend(followup.Spend{FollowUp: "main/1/call/-/1#1", At: at("2026-03-06T10:30"), Channel: followup.Call, Class: followup.Feedback})
	j.call("call", "1#1", "2026-03-06T10:30", followup.OutcomeNoAnswer, "").run("2026-03-09T12:00")
	if s := j.row("call", "1#2").State; s != followup.Listed {
		t.Errorf("the second try is %s", s)
	}
}

func TestRule25Pinned(t *testing.T) {
	j := bought(t, asking).run("2026-03-11T10:00")
	old := j.rules.Plans[0]
	next := *old
	next.Version, next.Hash, next.Steps = 2, "other", old.Steps[:1]
	j.rules.Plans, j.rules.Stored = []*followup.Plan{&next}, map[string]*followup.Plan{old.Hash: old}
	j.tell("2026-03-11T10:30")
	if j.desire.Plan != old || j.row("review", "1").State != followup.Planned {
		t.Error("a journey that was armed follows another plan")
	}
	fresh := bought(t, asking)
	fresh.rules.Plans = []*followup.Plan{&next}
	fresh.tell("2026-03-03T10:00").want("set-up[1] planned 2026-03-11T10:00:00", "review[1] voided 2026-03-11T18:00:00", "offer[1] voided 2026-03-11T12:00:00").
		why("review", "1", "plan")
}

// Each gate, alone: what it answers when everything before it is open.
func TestGates(t *testing.T) {
	now := "2026-03-11T18:00"
	for name, c := range map[string]struct {
		set   func(*journal)
		state followup.State
	}{
		"no-address": {func(j *journal) { delete(j.contact.Fields, "mail") }, followup.Skipped},
		"suppressed": {func(j *journal) { j.contact.Suppress(followup.Suppression{Channel: followup.Email, Reason: "bounce"}) }, followup.Skipped},
		"opted-out": {func(j *journal) {
			j.contact.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Email})
		}, followup.Skipped},
		"no-consent": {func(j *journal) {
			j.rules.Shop.Consent = map[followup.Class]map[followup.Medium]bool{followup.Feedback: {followup.Email: true}}
		}, followup.Skipped},
		"paused":   {func(j *journal) { j.rules.Shop.Paused = true }, followup.Held},
		"send":     {func(*journal) {}, followup.Sent},
		"restored": {func(j *journal) { j.rules.Epoch = 1; j.contact.Spend(followup.Spend{FollowUp: "main/1/review/-/1"}) }, followup.Unknown},
	} {
		j := bought(t, asking)
		c.set(j)
		row := j.row("review", "1")
		j.look(row, at(now))
		row = j.row("review", "1")
		if row.State != c.state {
			t.Errorf("%s: %s, want %s", name, row.State, c.state)
		}
		if name != "send" {
			j.why("review", "1", name)
		}
	}
}

// What a pause kept back is looked at as soon as the pause is over, not at the
// next look an hour on.
func TestEndOfAPauseReleases(t *testing.T) {
	pauses := map[string]func(*journal, bool){
		"shop": func(j *journal, yes bool) { j.rules.Shop.Paused = yes },
		"plan": func(j *journal, yes bool) { j.rules.Plans[0].Paused = yes },
	}
	for name, pause := range pauses {
		j := bought(t, asking)
		pause(j, true)
		j.look(j.row("review", "1"), at("2026-03-11T18:00"))
		j.reconcile(at("2026-03-11T18:02"))
		if row := j.row("review", "1"); row.State != followup.Held || row.HeldFor != "paused" {
			t.Errorf("%s paused: %s for %q", name, row.State, row.HeldFor)
		}
		pause(j, false)
		j.reconcile(at("2026-03-11T18:05"))
		if row := j.row("review", "1"); row.State != followup.Planned || row.Next.After(at("2026-03-11T18:05")) {
			t.Errorf("%s goes on: %s, looked at %s", name, row.State, row.Next)
		}
		j.why("review", "1", "released")
	}
}

// An address that is none, and none at all, are told apart, and the word is not
// kept once a right one comes.
func TestWhyNoAddress(t *testing.T) {
	for want, said := range map[string][]followup.Person{
		"no mail address is known":                  {{FirstName: "Anna"}},
		"the mail address given is not a valid one": {{FirstName: "Anna", BadMail: true}},
		"sent": {{BadMail: true}, {Mail: "anna@example.com"}},
	} {
		j := bought(t, asking)
		j.contact.Fields = nil
		for i, p := range said {
			j.contact.State(p, followup.Stamp{Time: at("2026-03-01T09:00").AddDate(0, 0, i)})
		}
		j.look(j.row("review", "1"), at("2026-03-11T18:00"))
		row := j.row("review", "1")
		if got := row.Decisions[len(row.Decisions)-1].Reason; got != want && string(row.State) != want {
			t.Errorf("%s: %s, %q", want, row.State, got)
		}
	}
}

func TestZoneSources(t *testing.T) {
	for want, facts := range map[string]followup.OrderFacts{
		"stated Asia/Tehran":       {Zone: "Asia/Tehran", Country: "DE"},
		"address Europe/Berlin":    {Country: "DE", PhoneZones: []string{"Asia/Tokyo"}},
		"address America/New_York": {Country: "US", Region: "KY", PhoneZones: []string{"America/New_York"}},
		"phone Asia/Tokyo":         {PhoneZones: []string{"Asia/Tokyo"}},
		"shop Europe/Berlin":       {Zone: "Not/There"},
	} {
		o := order("2026-03-01T09:00", 1)
		o.Facts = &facts
		j := newJournal(t, asking).tell("2026-03-02T12:00", o)
		if got := string(j.desire.Zone.Source) + " " + j.desire.Zone.Name; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestUnsureZoneIsPoliteEverywhere(t *testing.T) {
	o := order("2026-03-01T09:00", 1)
	o.Facts = &followup.OrderFacts{Country: "US"}
	j := newJournal(t, asking).tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00"))
	for _, row := range j.j.Rows {
		for _, name := range []string{"America/New_York", "America/Los_Angeles", "America/Chicago"} {
			loc, err := civil.Zone(name)
			if err != nil {
				t.Fatal(err)
			}
			if h := row.DueAt.In(loc).Hour(); h < 8 || h >= 20 {
				t.Errorf("%s at %d o'clock in %s", row.Step, h, name)
			}
		}
	}
}

func TestReplyDueCountsBusinessHours(t *testing.T) {
	j := newJournal(t, asking)
	for opened, want := range map[string]string{
		"2026-03-06T15:00": "2026-03-09T15:00", // Friday afternoon: Monday
		"2026-03-07T12:00": "2026-03-09T17:00",
		"2026-03-04T08:00": "2026-03-04T17:00",
	} {
		if got := j.rules.ReplyDue(at(opened)); !got.Equal(at(want)) {
			t.Errorf("%s: %s, want %s", opened, got.In(at(want).Location()), want)
		}
	}
}
