package followup_test

import (
	"fmt"
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

const perUnit = head + "steps:\n  - {id: s, class: service, channel: email, message: set-up, per: unit, after: {event: delivered, wait: P1D, at: \"10:00\"}}\n"

func parts(n int) []followup.Part { return []followup.Part{{Line: "l1", Quantity: n}} }

func TestRule1UnitsAreLineTimesIndex(t *testing.T) {
	f := followup.Fold([]followup.Event{order("2026-03-02T09:00", 3)})
	if got := fmt.Sprintf("%d %s %s", len(f.Units), f.Units[0].Key, f.Units[2].Key); got != "3 l1/1 l1/3" {
		t.Errorf("units %s", got)
	}
}

func TestRule2LowestArriveHighestLeave(t *testing.T) {
	part := delivered("2026-03-04T12:00")
	part.Parts = parts(1)
	second := delivered("2026-03-06T12:00")
	second.Parts = parts(1)
	gone := event(followup.OrderReturned, "2026-03-07T12:00")
	gone.Parts = parts(1)
	newJournal(t, perUnit).
		tell("2026-03-02T09:00", order("2026-03-02T09:00", 3)).want().
		tell("2026-03-04T12:00", part).want("s[1]{l1/1} planned 2026-03-05T10:00:00").
		tell("2026-03-06T12:00", second).
		want("s[1]{l1/1} planned 2026-03-05T10:00:00", "s[1]{l1/2} planned 2026-03-07T10:00:00").
		tell("2026-03-07T12:00", gone, delivered("2026-03-07T12:01")).
		want("s[1]{l1/1} planned 2026-03-05T10:00:00", "s[1]{l1/2} planned 2026-03-07T10:00:00")
}

func TestRule2SerialWins(t *testing.T) {
	o := order("2026-03-02T09:00", 3)
	o.Lines[0].Serials = []string{"A", "B", "C"}
	gone := event(followup.OrderReturned, "2026-03-07T12:00")
	gone.Parts = []followup.Part{{Line: "l1", Serials: []string{"A"}}}
	j := newJournal(t, perUnit).tell("2026-03-07T12:00", o, delivered("2026-03-07T11:00"), gone)
	j.want("s[1]{l1/2+l1/3} planned 2026-03-08T10:00:00")
}

func TestRule2MoneyBackForGoodsThatCameBack(t *testing.T) {
	gone := event(followup.OrderReturned, "2026-03-07T12:00")
	gone.Parts = parts(1)
	back := event(followup.OrderRefunded, "2026-03-08T12:00")
	back.Parts = parts(1)
	j := newJournal(t, perUnit).tell("2026-03-08T12:00", order("2026-03-02T09:00", 3), delivered("2026-03-08T09:00"), gone, back)
	j.want("s[1]{l1/1+l1/2} planned 2026-03-09T10:00:00")
}

func TestRule3RefundWithoutLines(t *testing.T) {
	for amount, live := range map[string]int{"": 0, "649.00": 0, "700.00": 0, "648.99": 2} {
		refund := event(followup.OrderRefunded, "2026-03-03T09:00")
		if amount != "" {
			m, _ := followup.ParseMoney(amount, "EUR")
			refund.Amount = &m
		}
		j := newJournal(t, perUnit).tell("2026-03-03T09:00", refund, order("2026-03-02T09:00", 2)) // the refund came first
		if got := len(j.desire.Live); got != live {
			t.Errorf("refund of %q: %d units live, want %d", amount, got, live)
		}
	}
}

func TestRule4Matching(t *testing.T) {
	const when = "plan: test\nversion: 1\norders: {from: 2026-01-01, when: 'any(lines, .category == \"appliance\")'}\nsteps:\n" +
		"  - {id: s, class: service, channel: email, message: set-up, after: {event: ordered, wait: P1D, at: \"10:00\"}}\n"
	old := order("2025-12-31T23:59", 1)
	other := order("2026-03-02T09:00", 1)
	other.Lines[0].Category, other.Lines[0].SKU = "", "HOSE-2"
	test := order("2026-03-02T09:00", 1)
	test.Facts.Test = new(true)
	for name, c := range map[string]struct {
		ev      followup.Event
		matched bool
		why     string
	}{
		"fits":      {order("2026-03-02T09:00", 1), true, ""},
		"first day": {order("2026-01-01T00:00", 1), true, ""},
		"too old":   {old, false, "older than 2026-01-01"},
		"unknown":   {other, false, `add {sku: "HOSE-2", category: ...}`},
		"test":      {test, false, "test order"},
	} {
		j := newJournal(t, when).tell("2026-03-03T09:00", c.ev)
		if (j.desire.Plan != nil) != c.matched || !contains(j.desire.Why, c.why) {
			t.Errorf("%s: matched %v, why %q", name, j.desire.Plan != nil, j.desire.Why)
		}
	}
}

func TestRule4UnitsPickWhatIsCaredFor(t *testing.T) {
	o := order("2026-03-02T09:00", 1)
	o.Lines = append(o.Lines, followup.Line{ID: "l2", Category: "part", Quantity: 2})
	j := newJournal(t, "units: .category == \"appliance\"\n"+perUnit).tell("2026-03-03T09:00", o, delivered("2026-03-03T08:00"))
	j.want("s[1]{l1/1} planned 2026-03-04T10:00:00")
}

func TestRule5OrderScopeWaitsForTheLast(t *testing.T) {
	first, last := delivered("2026-03-04T12:00"), delivered("2026-03-06T12:00")
	first.Parts, last.Parts = parts(1), parts(1)
	newJournal(t, head+"steps:\n"+step("s", "after: {event: delivered, wait: P1D, at: \"10:00\"}")).
		tell("2026-03-04T12:00", order("2026-03-02T09:00", 2), first).want().
		tell("2026-03-06T12:00", last).want("s[1] planned 2026-03-07T10:00:00")
}

func TestRule6AssumedDateIsMovedByTheRealOne(t *testing.T) {
	j := newJournal(t, perUnit).tell("2026-03-02T12:00", order("2026-03-02T09:00", 1), event(followup.OrderFulfilled, "2026-03-02T10:00"))
	j.want("s[1]{l1/1} planned 2026-03-08T10:00:00")
	if d := j.row("s", "1").Decisions[0]; d.Facts["source"] != "assumed" {
		t.Errorf("the assumption is not told: %v", d.Facts)
	}
	j.tell("2026-03-05T12:00", delivered("2026-03-05T11:00")).want("s[1]{l1/1} planned 2026-03-06T10:00:00").why("s", "1", "moved")
	j.run("2026-03-06T11:00").tell("2026-03-07T12:00", delivered("2026-03-07T11:00")). // what was sent stays
												want("s[1]{l1/1} sent 2026-03-06T10:00:00")
}

const covered = head + "coverage:\n  - {name: warranty, start: delivered, length: P24M, applies: unit}\n  - {name: contract, start: event, applies: unit}\n"

func TestRule7Coverage(t *testing.T) {
	repaired := followup.Event{
		Type: followup.UnitRepaired, Time: at("2025-01-20T09:00"), Unit: &followup.UnitRef{Line: "l1", Index: 1},
		From: civil.Date{Year: 2025, Month: 1, Day: 10}, Until: civil.Date{Year: 2025, Month: 1, Day: 20},
	}
	replaced := followup.Event{Type: followup.UnitReplaced, Time: at("2025-03-01T09:00"), Unit: &followup.UnitRef{Line: "l1", Index: 1}, Serial: "N"}
	contract := followup.Event{
		Type: followup.UnitCovered, Time: at("2025-03-01T09:00"), Unit: &followup.UnitRef{Line: "l1"},
		Cover: &followup.Cover{Name: "contract", From: civil.Date{Year: 2025, Month: 4, Day: 1}, Until: civil.Date{Year: 2026, Month: 3, Day: 31}},
	}
	const tail = "steps:\n  - {id: s, class: service, channel: email, message: set-up, per: unit, before: {event: 'coverage_end(\"warranty\")', by: P7D, at: \"10:00\"}}\n"
	for name, c := range map[string]struct {
		plan   string
		events []followup.Event
		lines  map[string]int
		want   string
	}{
		"leap day":  {covered, nil, nil, "[warranty 2024-02-29 2026-02-28]"},
		"repaired":  {covered, []followup.Event{repaired}, nil, "[warranty 2024-02-29 2026-03-10]"},
		"replaced":  {covered, []followup.Event{replaced}, nil, "[warranty 2024-02-29 2026-02-28]"},
		"restarted": {"replaced: restart\n" + covered, []followup.Event{replaced}, nil, "[warranty 2025-03-01 2027-03-01]"},
		"contract":  {covered, []followup.Event{contract}, nil, "[warranty 2024-02-29 2026-02-28 contract 2025-04-01 2026-03-31]"},
		"catalogue": {covered, nil, map[string]int{"warranty": 12}, "[warranty 2024-02-29 2025-02-28]"},
	} {
		j := newJournal(t, c.plan+tail)
		if c.lines != nil {
			j.rules.Catalogue = &followup.Catalogue{Products: []followup.Product{{Title: "washing*", Lengths: map[string]civil.Period{"warranty": {Months: 12}}}}}
		}
		j.tell("2024-03-01T12:00", append([]followup.Event{order("2024-02-28T09:00", 1), delivered("2024-02-29T09:00")}, c.events...)...)
		var got []string
		for _, v := range j.desire.Coverages {
			got = append(got, v.Name, v.From.String(), v.Until.String())
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestRule8DeadUnitsAndOrders(t *testing.T) {
	cancel := event(followup.OrderCancelled, "2026-03-04T09:00")
	j := newJournal(t, head+"steps:\n"+step("o", "after: {event: delivered, wait: P1D, at: \"10:00\"}")+
		step("u", "per: unit, after: {event: delivered, wait: P1D, at: \"10:00\"}")+
		"  - {id: r, class: recall, channel: email, message: set-up, per: unit, after: {event: delivered, wait: P1D, at: \"10:00\"}}\n")
	j.tell("2026-03-03T12:00", order("2026-03-02T09:00", 1), delivered("2026-03-03T11:00")).
		tell("2026-03-04T09:00", cancel).
		want("o[1] voided 2026-03-04T10:00:00", "u[1]{l1/1} voided 2026-03-04T10:00:00", "r[1]{l1/1} planned 2026-03-04T10:00:00").
		why("o", "1", "exit").why("u", "1", "exit")
	j.tell("2026-03-04T09:10", event(followup.OrderReinstated, "2026-03-04T09:10")).
		want("o[1] planned 2026-03-04T10:00:00", "u[1]{l1/1} planned 2026-03-04T10:00:00", "r[1]{l1/1} planned 2026-03-04T10:00:00")
}

func TestRule23Merge(t *testing.T) {
	part := delivered("2026-03-03T12:00")
	part.Parts = parts(2)
	rest := delivered("2026-03-05T12:00")
	j := newJournal(t, perUnit).tell("2026-03-03T12:00", order("2026-03-02T09:00", 3), part).
		want("s[1]{l1/1+l1/2} planned 2026-03-04T10:00:00").
		tell("2026-03-03T13:00", rest). // one unit more, later: its own
		want("s[1]{l1/1+l1/2} planned 2026-03-04T10:00:00", "s[1]{l1/3} planned 2026-03-06T10:00:00").
		run("2026-03-04T11:00")
	j.want("s[1]{l1/1+l1/2} sent 2026-03-04T10:00:00", "s[1]{l1/3} planned 2026-03-06T10:00:00")
	gone := event(followup.OrderReturned, "2026-03-05T13:00")
	gone.Parts = []followup.Part{{Line: "l1", Quantity: 1}}
	j.tell("2026-03-05T13:00", gone).want("s[1]{l1/1+l1/2} sent 2026-03-04T10:00:00", "s[1]{l1/3} voided 2026-03-06T10:00:00")
}
