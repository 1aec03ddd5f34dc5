package followup_test

import (
	"slices"
	"strings"
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

const twoCovers = head + `coverage:
  - {name: warranty, start: delivered, length: P24M}
  - {name: support, start: delivered, length: P6M, applies: order}
steps:
  - {id: hello, class: service, channel: email, after: {event: delivered, wait: P1D}, message: set-up}
`

// aboutUnit makes an event about one unit.
func aboutUnit(kind followup.EventType, r followup.UnitRef) followup.Event {
	e := event(kind, "2026-03-02T09:00")
	e.ID, e.Unit = "u1", &r
	return e
}

func coveredBy(name string) followup.Event {
	e := aboutUnit(followup.UnitCovered, followup.UnitRef{Line: "l1", Index: 1})
	e.Cover = &followup.Cover{Name: name, From: civil.Date{Year: 2026, Month: 3, Day: 2}, Until: civil.Date{Year: 2028, Month: 3, Day: 2}}
	return e
}

func returned(part followup.Part) followup.Event {
	e := event(followup.OrderReturned, "2026-03-02T09:00")
	e.ID, e.Parts = "u1", []followup.Part{part}
	return e
}

// Every event that names what the order does not have is told, with the event,
// the field, what is known and what to do.
func TestEventsThatConcernNothingAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		event followup.Event
		want  []string // in the one fault; none: no fault
	}{
		"line of a unit":    {aboutUnit(followup.UnitRegistered, followup.UnitRef{Line: "l9", Index: 1}), []string{"event u1 of test (unit.registered)", `unit.line "l9"`, "which has l1, so it was passed over", "order.updated"}},
		"index":             {aboutUnit(followup.UnitInstalled, followup.UnitRef{Line: "l1", Index: 3}), []string{`unit.index "3"`, "line l1, which has 2", "the right unit"}},
		"serial":            {aboutUnit(followup.UnitRegistered, followup.UnitRef{Serial: "S9"}), []string{`unit.serial "S9"`, "known: S1", "the right unit"}},
		"a known serial":    {aboutUnit(followup.UnitInstalled, followup.UnitRef{Serial: "S1"}), nil},
		"a new serial":      {aboutUnit(followup.UnitRegistered, followup.UnitRef{Line: "l1", Serial: "S2"}), nil},
		"coverage":          {coveredBy("warrenty"), []string{"(unit.covered)", `coverage.name "warrenty"`, "plan test, which has warranty, support", "coverage"}},
		"coverage of order": {coveredBy("support"), []string{`coverage.name "support"`, "order as a whole", "applies: unit"}},
		"known coverage":    {coveredBy("warranty"), nil},
		"line of a part":    {returned(followup.Part{Line: "l9"}), []string{"(order.returned)", `lines[0].id "l9"`, "which has l1"}},
		"too many":          {returned(followup.Part{Line: "l1", Quantity: 3}), []string{`lines[0].quantity "3"`, "more than the 2 of line l1, so no more were counted"}},
		"as many as sold":   {returned(followup.Part{Line: "l1", Quantity: 2}), nil},
		"line never sold": {
			followup.Event{ID: "u1", Type: followup.OrderUpdated, Time: at("2026-03-02T09:00"), Lines: []followup.Line{{ID: "l9"}}},
			[]string{`order.lines.id "l9"`, "quantity"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := order("2026-03-01T09:00", 2)
			o.Lines[0].Serials = []string{"S1"}
			j := newJournal(t, twoCovers).tell("2026-03-02T10:00", o, c.event)
			strays := j.desire.Strays()
			if len(c.want) == 0 {
				if len(strays) > 0 {
					t.Fatalf("told %v", strays)
				}
				return
			}
			if len(strays) != 1 {
				t.Fatalf("told %d, want one: %v", len(strays), strays)
			}
			for _, want := range c.want {
				if text := strays[0].String(); !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
		})
	}
}

// A later event may complete the order, or come before the order itself.
func TestStrayIsGoneOnceTheOrderHasTheLine(t *testing.T) {
	stray := aboutUnit(followup.UnitRegistered, followup.UnitRef{Line: "l9", Index: 1})
	j := newJournal(t, twoCovers).tell("2026-03-02T10:00", stray)
	if got := j.desire.Strays(); len(got) > 0 {
		t.Fatalf("before the order: %v", got)
	}
	j.tell("2026-03-02T11:00", order("2026-03-01T09:00", 1))
	if got := j.desire.Strays(); len(got) != 1 {
		t.Fatalf("with the order: %v", got)
	}
	j.tell("2026-03-02T12:00", followup.Event{
		Type: followup.OrderUpdated, Time: at("2026-03-02T12:00"), Lines: []followup.Line{{ID: "l9", Quantity: 1}},
	})
	if got := j.desire.Strays(); len(got) > 0 {
		t.Fatalf("with the line: %v", got)
	}
	if u := j.j.Head.Facts.Units; u[slices.IndexFunc(u, func(u followup.Unit) bool { return u.Line() == "l9" })].Registered.IsZero() {
		t.Error("the unit is not registered")
	}
}

// What is told stays short, whatever a store sends.
func TestStraysAreBounded(t *testing.T) {
	e := event(followup.OrderReturned, "2026-03-02T09:00")
	for range 100 {
		e.Parts = append(e.Parts, followup.Part{Line: strings.Repeat("x", 5000)})
	}
	j := newJournal(t, twoCovers).tell("2026-03-02T10:00", order("2026-03-01T09:00", 1), e)
	total := 0
	for _, s := range j.desire.Strays() {
		total += len(s.String())
	}
	if total == 0 || total > 20*500 {
		t.Errorf("%d bytes are told", total)
	}
}
