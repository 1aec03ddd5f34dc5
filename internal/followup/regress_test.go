package followup_test

// What a sceptical reader broke once: each test is a case that was wrong.

import (
	"testing"
	"time"

	"aftersales/internal/followup"
)

func TestOtherwiseAfterReached(t *testing.T) { // rule 14
	j := called(t, head+`steps:
  - {id: call, class: feedback, channel: call, message: c, unless: answered("works"), after: {event: delivered, wait: P4D, between: "10:00-16:00", on: workdays}, otherwise: mail}
  - {id: mail, class: feedback, channel: email, message: m, after: {event: delivered, wait: P4D, at: "10:00"}}
`).run("2026-03-06T10:00").call("call", "1", "2026-03-06T10:20", followup.OutcomeWorks, "")
	said := answer("works", "2026-03-06T10:20")
	said.Answer.By = "phone"
	j.tell("2026-03-06T10:20", said).want("call[1] sent 2026-03-06T10:00:00")

	called(t, head+`steps:
  - {id: a, class: feedback, channel: email, message: c, unless: answered("works"), after: {event: delivered, wait: P4D, at: "10:00"}, otherwise: b}
  - {id: b, class: feedback, channel: email, message: m, after: {event: delivered, wait: P6D, at: "10:00"}}
`).run("2026-03-06T10:00").tell("2026-03-06T12:00", answer("works", "2026-03-06T12:00")).want("a[1] sent 2026-03-06T10:00:00")
}

const perUnitCalls = head + `steps:
  - {id: call, class: service, channel: call, message: c, per: unit, after: {event: delivered, wait: P4D, between: "10:00-16:00", on: workdays}, tries: {max: 3, spacing: P1D}, otherwise: mail}
  - {id: mail, class: service, channel: email, message: m, per: unit, after: {event: delivered, wait: P6D, at: "10:00"}}
`

func two(when string, kind followup.EventType, serial string) (o, leaves followup.Event) {
	o = order("2026-03-01T09:00", 2)
	o.Lines[0].Serials = []string{"A", "B"}
	leaves = event(kind, when)
	leaves.Parts = []followup.Part{{Line: "l1", Serials: []string{serial}}}
	return o, leaves
}

func TestMergedUnitLeavesThenTheOtherIsMissed(t *testing.T) { // rules 14, 16, 23
	o, ret := two("2026-03-04T11:00", followup.OrderReturned, "A")
	j := newJournal(t, perUnitCalls).tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00")).tell("2026-03-04T11:00", ret)
	j.contact.Fields["phone"] = followup.Stated{}
	j.run("2026-03-06T10:00")
	if j.find("mail", "") == nil {
		t.Errorf("call of unit 2 skipped, its otherwise is not planned: %v", j.list())
	}
	j = newJournal(t, perUnitCalls).tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00")).tell("2026-03-04T11:00", ret).run("2026-03-06T10:00")
	done, _ := j.j.Row("main/1/call/l1~2/1#1").Claim("a", j.desire.Plan.Hash, "s", at("2026-03-06T10:20")).Called(followup.OutcomeNoAnswer, at("2026-03-06T10:20"))
	j.put(done)
	j.reconcile(at("2026-03-06T10:20"))
	if j.find("call", "1#2") == nil {
		t.Errorf("no answer at unit 2, no second try: %v", j.list())
	}
}

func TestEndedMergedRowComesBackUnderAnotherId(t *testing.T) { // rules 21, 23, 14
	o, ret := two("2026-03-06T13:00", followup.OrderReturned, "A")
	j := newJournal(t, head+"steps:\n  - {id: mail, class: service, channel: email, message: m, per: unit, after: {event: delivered, wait: P4D, at: \"10:00\"}}\n").
		tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00"))
	now := at("2026-03-06T10:00")
	parked := j.row("mail", "1").Arm("a", j.desire.Plan.Hash, now, time.Minute).Lose("x", now).Resolve(followup.Known{}, followup.Park, now.Add(time.Hour))
	voided, err := parked.Operator(followup.Voided, "not wanted", now.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	j.put(voided)
	j.tell("2026-03-06T13:00", ret).run("2026-03-06T14:00").want("mail[1]{l1/1+l1/2} voided 2026-03-06T10:00:00")

	j = newJournal(t, perUnitCalls).tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00"))
	phone := j.contact.Fields["phone"]
	j.contact.Fields["phone"] = followup.Stated{}
	j.run("2026-03-06T10:00")
	j.contact.Fields["phone"] = phone
	j.tell("2026-03-06T13:00", ret).run("2026-03-09T10:30")
	if c := j.j.Row("main/1/call/l1~2/1#1"); c != nil {
		t.Errorf("the skipped call is back beside its mail: %v", j.list())
	}
}

func TestHeldLongerThanLate(t *testing.T) { // rule 22, order of the gates
	open := event(followup.CaseOpened, "2026-03-05T09:00")
	open.Case = &followup.CaseWord{Number: 1}
	text := head + "steps:\n  - {id: review, class: feedback, channel: email, message: m, after: {event: delivered, wait: P4D, at: \"18:00\"}}\n"
	j := called(t, text).tell("2026-03-05T09:00", open).run("2026-03-12T09:00").want("review[1] held 2026-03-06T18:00:00")
	u := event(followup.OrderUpdated, "2026-03-12T09:00")
	u.Facts = &followup.OrderFacts{Zone: "Europe/London"}
	j.tell("2026-03-12T09:00", u).want("review[1] held 2026-03-06T18:00:00")
	if j.run("2026-03-21T20:00"); j.row("review", "1").State != followup.Sent {
		t.Errorf("the cap (20 March) passed: %v", j.list())
	}
	newJournal(t, text).tell("2026-03-12T09:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T11:00"), open).want("review[1] held 2026-03-06T18:00:00")
	j = called(t, text).tell("2026-03-05T09:00", open).run("2026-03-07T09:00")
	j.tell("2026-03-08T09:00", event(followup.OrderCancelled, "2026-03-08T09:00")).
		tell("2026-03-10T09:00", event(followup.OrderReinstated, "2026-03-10T09:00")).want("review[1] held 2026-03-06T18:00:00")
}

func TestAnswerWhileTheCallWasClaimed(t *testing.T) { // rule 16
	j := called(t, calling)
	j.rules.Plans[0].Steps[0].When, j.rules.Plans[0].Steps[1].When = nil, nil
	j.tell("2026-03-02T12:00").run("2026-03-06T10:00")
	j.put(j.row("call", "1#1").Claim("a", j.desire.Plan.Hash, "staff", at("2026-03-06T10:00")))
	j.tell("2026-03-06T10:05", answer("works", "2026-03-06T10:05"))
	done, _ := j.row("call", "1#1").Called(followup.OutcomeNoAnswer, at("2026-03-06T10:20"))
	j.put(done)
	j.reconcile(at("2026-03-06T10:20"))
	j.want("call[1#1] sent 2026-03-06T10:00:00")
}

func TestOneCancelledTheOtherReturned(t *testing.T) { // rule 2, invariant "no send against a voided order"
	one := []followup.Part{{Line: "l1", Quantity: 1}}
	part := func(k followup.EventType, when string) followup.Event { e := event(k, when); e.Parts = one; return e }
	text := head + "steps:\n" + step("s", `after: {event: delivered, wait: P30D, at: "10:00"}`)
	for _, first := range [][]followup.Event{
		{part(followup.OrderCancelled, "2026-03-02T09:00")},
		{part(followup.OrderCancelled, "2026-03-02T09:00"), part(followup.OrderRefunded, "2026-03-02T09:01")},
	} {
		newJournal(t, text).tell("2026-03-06T12:00", append(first, order("2026-03-01T09:00", 2), delivered("2026-03-03T11:00"), part(followup.OrderReturned, "2026-03-06T09:00"))...).want()
	}
}

func TestPartsAndSerials(t *testing.T) { // rule 2
	text := head + "steps:\n" + step("s", `after: {event: delivered, wait: P1D, at: "10:00"}`)
	d := delivered("2026-03-03T11:00")
	d.Parts = []followup.Part{{Line: "l1", Quantity: 1}, {Line: "l1", Quantity: 1}}
	j := newJournal(t, text).tell("2026-03-03T12:00", order("2026-03-01T09:00", 2), d)
	if j.j.Head.Facts.Units[1].Delivered.IsZero() {
		t.Error("one + one of l1 delivered: unit 2 is not")
	}
	d.Parts = []followup.Part{{Line: "l1", Quantity: 1, Serials: []string{"SN"}}}
	j = newJournal(t, text).tell("2026-03-03T12:00", order("2026-03-01T09:00", 1), d)
	if j.j.Head.Facts.Units[0].Delivered.IsZero() {
		t.Error("delivered with a serial that was not known: nothing is delivered")
	}
	r := event(followup.OrderReturned, "2026-03-04T11:00")
	r.Parts = d.Parts
	j = newJournal(t, text).tell("2026-03-04T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-03T11:00"), r)
	if j.j.Head.Facts.Units[0].Returned.IsZero() {
		t.Error("returned with a serial that was not known: nothing is returned")
	}
	reg := event(followup.UnitRegistered, "2026-03-04T11:00")
	reg.Unit = &followup.UnitRef{Line: "l1", Serial: "SN"}
	j = newJournal(t, text).tell("2026-03-04T12:00", order("2026-03-01T09:00", 1), reg)
	if u := j.j.Head.Facts.Units[0]; u.Registered.IsZero() || u.Serial != "SN" {
		t.Error("registered by line and serial, one unit: nothing is registered")
	}
}

func TestLineAddedAfterDelivery(t *testing.T) { // rules 1, 2; "a delivered date is never guessed silently"
	u := event(followup.OrderUpdated, "2026-03-10T11:00")
	u.Lines = []followup.Line{{ID: "l2", Title: "Second", Quantity: 1}}
	j := newJournal(t, head+"steps:\n"+step("s", `per: unit, after: {event: delivered, wait: P10D, at: "10:00"}`)).
		tell("2026-03-10T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-03T11:00"), u)
	if f := j.j.Head.Facts.Units[1].Delivered; !f.IsZero() {
		t.Errorf("a line sold on the 10th was delivered on %s: %v", f.At.Time, j.list())
	}
}

func TestWholeOrderThenUnit(t *testing.T) { // rule 13
	whole := answer("works", "2026-03-03T12:00")
	whole.Unit = nil
	j := called(t, head+"steps:\n"+step("s", `unless: answered("works"), after: {event: delivered, wait: P30D, at: "10:00"}`)).
		tell("2026-03-03T12:00", whole).tell("2026-03-04T12:00", answer("problem", "2026-03-04T12:00"))
	j.want("s[1] planned 2026-04-01T10:00:00")
}

func TestRecallOfAReturnedOrder(t *testing.T) { // rule 8
	called(t, head+"steps:\n  - {id: recall, class: recall, channel: email, message: m, after: {event: delivered, wait: P30D, at: \"10:00\"}}\n").
		tell("2026-03-05T12:00", event(followup.OrderReturned, "2026-03-05T12:00")).want("recall[1] planned 2026-04-01T10:00:00")
}

func TestOperatorResendAfterRestore(t *testing.T) { // section 6
	j := called(t, head+"steps:\n"+step("s", `after: {event: delivered, wait: P1D, at: "10:00"}`))
	row := j.row("s", "1")
	now := at("2026-03-03T10:00")
	j.contact.Spend(followup.Spend{FollowUp: row.ID, Epoch: 0, At: now, Channel: followup.Email, Class: followup.Service})
	j.rules.Epoch = 1
	j.look(row, now)
	n, err := j.row("s", "1").Operator(followup.Planned, "send it", now)
	if err != nil {
		t.Fatal(err)
	}
	j.put(n)
	j.look(j.row("s", "1"), now)
	j.want("s[1] sent 2026-03-03T10:00:00")
}

func TestExactWaits(t *testing.T) { // rules 9, 10, 18
	j := newJournal(t, head+"coverage: [{name: w, start: delivered, length: P14D, applies: order}]\nsteps:\n"+
		step("between", `after: {event: delivered, wait: PT2H, between: "10:00-18:00"}`)+
		step("every", `every: {start: delivered, wait: PT36H, until: coverage_end("w")}`)).
		tell("2026-03-02T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T12:00"))
	if due := j.row("between", "1").DueAt; due.Before(at("2026-03-02T14:00")) {
		t.Errorf("PT2H after 12:00, between 10 and 18: due %s", due.In(at("2026-03-02T14:00").Location()))
	}
	if last := j.find("every", "120"); last != nil {
		t.Errorf("every PT36H until 16 March: occurrence 120 is due %s", last.Due)
	}
}

func TestListedPastLate(t *testing.T) { // section 6, rule 20
	called(t, head+`steps:
  - {id: call, class: service, channel: call, message: c, after: {event: delivered, wait: P4D, between: "10:00-16:00", on: workdays}, late: {more_than: PT2H, then: skip}, otherwise: mail}
  - {id: mail, class: service, channel: email, message: m, after: {event: delivered, wait: P4D, at: "10:00"}}
`).run("2026-03-06T13:00").want("call[1] expired 2026-03-06T10:00:00", "mail[1] planned 2026-03-07T10:00:00")
}

func TestCapTextOfALaterCase(t *testing.T) { // rule 22
	j := called(t, head+`budget: {email: 1 per P20D}
steps:
  - {id: a, class: feedback, channel: email, message: c, after: {event: delivered, wait: P4D, at: "10:00"}, late: {more_than: P60D, then: skip}, hold: {while: case_open, at_most: P3D}}
`)
	j.contact.Spend(followup.Spend{FollowUp: "main/9/x/-/1", At: at("2026-03-05T10:00"), Channel: followup.Email, Class: followup.Feedback})
	open := event(followup.CaseOpened, "2026-03-08T09:00")
	open.Case = &followup.CaseWord{Number: 1}
	j.run("2026-03-07T20:00").tell("2026-03-08T09:00", open).run("2026-03-26T12:00")
	if r := j.row("a", "1"); r.State != followup.Sent || !r.CaseText {
		t.Errorf("%s, knows of the open case: %v", r.State, r.CaseText)
	}
}

func TestSmallRules(t *testing.T) {
	// rule 10: an overnight window belongs to the day it starts; rule 16 thirds
	j := called(t, head+"steps:\n  - {id: call, class: service, channel: call, message: c, after: {event: delivered, wait: P4D, between: \"20:00-02:00\"}, tries: {max: 3, spacing: P1D}}\n")
	delete(j.rules.Shop.Hours, followup.Call)
	j.tell("2026-03-02T12:00").run("2026-03-06T20:00").call("call", "1#1", "2026-03-07T00:30", followup.OutcomeNoAnswer, "").
		want("call[1#1] sent 2026-03-06T20:00:00", "call[1#2] planned 2026-03-07T20:00:00")
	// rule 17: stale once the next one's due has passed; that due is Monday 30 March
	j = newJournal(t, head+"coverage: [{name: w, start: delivered, length: P30D, applies: order}]\nsteps:\n"+step("b", `before: {event: coverage_end("w"), by: [P10D, P3D], at: "10:00"}`))
	w := j.rules.Shop.Hours[followup.Email]
	w.Workdays = true
	j.rules.Shop.Hours[followup.Email] = w
	j.tell("2026-03-29T12:00", order("2026-02-28T09:00", 1), delivered("2026-03-01T11:00")).
		want("b[P10D] planned 2026-03-23T10:00:00", "b[P3D] planned 2026-03-30T10:00:00")
	// rule 24: rolling hours; 28 March 10:00 to 29 March 10:00 is 23 hours
	j = newJournal(t, head+"budget: {email: 1 per P1D}\nsteps:\n  - {id: a, class: feedback, channel: email, message: c, after: {event: delivered, wait: P4D, at: \"10:00\"}}\n").
		tell("2026-03-25T12:00", order("2026-03-24T09:00", 1), delivered("2026-03-25T11:00"))
	j.contact.Spend(followup.Spend{FollowUp: "main/9/x/-/1", At: at("2026-03-28T10:00"), Channel: followup.Email, Class: followup.Feedback})
	j.run("2026-03-29T10:30").want("a[1] planned 2026-03-29T10:00:00")
}

// What changes on a pending follow-up is said, and what was decided before stays.
func TestNewContactIsToldAndTheDueStays(t *testing.T) {
	j := newJournal(t, perUnit).tell("2026-03-03T09:00", order("2026-03-02T09:00", 1), delivered("2026-03-03T08:00"))
	before := *j.row("s", "")
	j.contact.ID = "c2"
	j.tell("2026-03-03T12:00")
	row := j.row("s", "")
	last := row.Decisions[len(row.Decisions)-1]
	if row.Contact != "c2" || len(row.Decisions) != 2 || row.Decisions[0].At != before.Decisions[0].At || !row.Next.Equal(before.Next) {
		t.Errorf("row goes to %s, next %s, %+v", row.Contact, row.Next, row.Decisions)
	}
	if last.Result != followup.ResultMove || last.Rule != "contact" || !last.Next.Equal(row.Next) || !contains(last.Reason, "new address or number") {
		t.Errorf("told as %+v", last)
	}
	j.contact.ID = "c3"
	j.tell("2026-03-05T09:00", event(followup.OrderCancelled, "2026-03-03T13:00"), event(followup.OrderReinstated, "2026-03-03T14:00"), delivered("2026-03-05T08:00"))
	if row = j.row("s", ""); row.Contact != "c3" || !contains(row.Decisions[len(row.Decisions)-1].Reason, "was due 2026-03-04T10:00:00 Europe/Berlin; now ") ||
		!contains(row.Decisions[len(row.Decisions)-1].Reason, "new address or number") {
		t.Errorf("moved in time as well: %+v", row.Decisions)
	}
}

func TestUnitsThatChangeAreTold(t *testing.T) {
	j := newJournal(t, perUnit).tell("2026-03-03T09:00", order("2026-03-02T09:00", 1), delivered("2026-03-03T08:00"))
	j.tell("2026-03-03T12:00", order("2026-03-03T12:00", 3))
	row := j.row("s", "")
	if last := row.Decisions[len(row.Decisions)-1]; last.Rule != "units" || last.Reason != "about 3 units, was about 1 unit" || !last.Next.Equal(row.Next) {
		t.Errorf("told as %+v of %+v", last, row)
	}
}

func TestReopenedCaseIsTheReasonOfItsVoid(t *testing.T) {
	j := bought(t, asking).tell("2026-03-03T12:00", answer("problem", "2026-03-03T12:00")).
		tell("2026-03-05T15:00", closed(1, "2026-03-05T15:00")).tell("2026-03-06T12:00", reopened(1, "2026-03-06T12:00"))
	row := j.row("recovered", "1")
	if last := row.Decisions[len(row.Decisions)-1]; row.State != followup.Voided || last.Rule != "anchor" || !contains(last.Reason, "opened again") {
		t.Errorf("%s, told as %+v", row.State, last)
	}
}
