package followup_test

import (
	"strconv"
	"testing"
	"time"

	"aftersales/internal/followup"
)

// sixSteps gives an order six follow-ups, with conditions on most of them: the
// plan of docs/performance.md.
const sixSteps = `plan: six
version: 1
orders:
  when: any(lines, .category == "appliance")
units: .category == "appliance"
exit: [cancelled, returned, refunded]
delivered: {assume: {after: ordered, wait: P5D}}
late: {more_than: P14D, then: skip}
budget: {email: 2 per P7D}
coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: set-up, class: service, channel: email, message: set-up, unless: answered("works"), after: {event: delivered, wait: P1D, at: "10:00"}}
  - {id: check-in, class: feedback, channel: email, message: check-in, when: order.total >= money("150.00 EUR") or contact.tier == "vip", unless: answered("works") or answered("problem"), after: {event: delivered, wait: P4D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P21D, at: "18:00"}, hold: {while: case_open, at_most: P14D}}
  - {id: service-visit, class: service, channel: email, message: service-due, per: unit, unless: answered("problem"), after: {event: delivered, wait: P6M, at: "10:00"}}
  - {id: warranty-ending, class: service, channel: email, message: warranty-ending, per: unit, before: {event: 'coverage_end("warranty")', by: [P60D, P7D], at: "10:00"}}
`

// sixFollowUps is an order with its six follow-ups planned.
func sixFollowUps(b *testing.B) *journal {
	return newJournal(b, sixSteps).tell("2026-01-05T09:00", order("2026-01-05T09:00", 1))
}

// BenchmarkDesire computes what a plan wants of an order whose follow-ups exist.
func BenchmarkDesire(b *testing.B) {
	j, now := sixFollowUps(b), at("2026-01-11T10:00")
	b.ReportAllocs()
	for b.Loop() {
		if d := j.rules.Desire(&j.j, &j.contact, now); len(d.Wanted) != 6 {
			b.Fatalf("%d wanted", len(d.Wanted))
		}
	}
}

// BenchmarkDecide rules on one of six follow-ups that is due.
func BenchmarkDecide(b *testing.B) {
	j, now := sixFollowUps(b), at("2026-01-11T10:00")
	d, row := j.rules.Desire(&j.j, &j.contact, now), j.row("set-up", "1")
	b.ReportAllocs()
	for b.Loop() {
		if r := j.rules.Decide(&d, &j.j, row, &j.contact, now, false); r.Result != followup.ResultSend {
			b.Fatal(r.Reason)
		}
	}
}

// BenchmarkLetter collects what the message of a follow-up may say.
func BenchmarkLetter(b *testing.B) {
	j, now := sixFollowUps(b), at("2026-01-11T10:00")
	d := j.rules.Desire(&j.j, &j.contact, now)
	r := j.rules.Decide(&d, &j.j, j.row("set-up", "1"), &j.contact, now, false)
	b.ReportAllocs()
	for b.Loop() {
		j.rules.Letter(&d, &j.j, r.Row, r.Wanted, &j.contact, now)
	}
}

// BenchmarkReconcileNew plans the six follow-ups of a new order.
func BenchmarkReconcileNew(b *testing.B) {
	j, now := sixFollowUps(b), at("2026-01-05T09:00")
	j.j.Rows = nil
	d := j.rules.Desire(&j.j, &j.contact, now)
	b.ReportAllocs()
	for b.Loop() {
		if rows := followup.Reconcile(&j.j, &d, now); len(rows) != 6 {
			b.Fatalf("%d rows", len(rows))
		}
	}
}

// BenchmarkReconcileSettled finds six follow-ups as they should be.
func BenchmarkReconcileSettled(b *testing.B) {
	j, now := sixFollowUps(b), at("2026-01-06T09:00")
	d := j.rules.Desire(&j.j, &j.contact, now)
	b.ReportAllocs()
	for b.Loop() {
		if rows := followup.Reconcile(&j.j, &d, now); len(rows) != 0 {
			b.Fatalf("%d rows", len(rows))
		}
	}
}

// manyUnits is a plan that asks much of an order with many units: a yearly
// visit of each unit for ten years, in an order of several lines.
const manyUnits = `coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: visit, class: service, channel: email, message: set-up, per: unit, when: 'unit.category == "appliance"', every: {start: delivered, wait: P1M, times: 119, at: "10:00"}}
`

// BenchmarkManyUnits plans 119 visits for each of a thousand units in ten lines,
// and finds them again.
func BenchmarkManyUnits(b *testing.B) {
	j := newJournal(b, head+manyUnits)
	created := order("2026-01-05T09:00", 100)
	line := created.Lines[0]
	for n := 2; n <= 10; n++ {
		line.ID = "l" + strconv.Itoa(n)
		created.Lines = append(created.Lines, line)
	}
	now := at("2026-01-05T09:00")
	j.tell("2026-01-05T09:00", created, event(followup.OrderFulfilled, "2026-01-05T09:00"))
	for i := range j.j.Head.Facts.Units { // units that are due on days of their own are not merged
		u := &j.j.Head.Facts.Units[i]
		u.Delivered = followup.Fact{At: followup.Moment{Time: now.Add(time.Duration(i) * time.Hour)}}
	}
	b.ReportAllocs()
	for b.Loop() {
		j.j.Rows = nil
		d := j.rules.Desire(&j.j, &j.contact, now)
		j.j.Rows = followup.Reconcile(&j.j, &d, now)
		d = j.rules.Desire(&j.j, &j.contact, now)
		if again := followup.Reconcile(&j.j, &d, now); len(again) > 0 || len(j.j.Rows) == 0 {
			b.Fatalf("%d rows, %d changed", len(j.j.Rows), len(again))
		}
	}
}
