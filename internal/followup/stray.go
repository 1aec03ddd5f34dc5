package followup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Stray is something that an event names and the order does not have, so that
// it was passed over. A later event may still complete the order: the stray is
// gone then.
type Stray struct {
	Source string    `json:"src"`           // with Event it names the event
	Event  string    `json:"id"`            //
	Type   EventType `json:"type"`          //
	Field  string    `json:"field"`         // under data, such as unit.line
	Value  string    `json:"v"`             // what the field says
	Why    string    `json:"why"`           // what it is not, and what is known
	Mend   string    `json:"mend,omitzero"` // what to send
}

// Cause says which event, which field, and what is known instead.
func (s *Stray) Cause() string {
	return fmt.Sprintf("event %s of %s (%s): %s %s %s", s.Event, s.Source, s.Type, s.Field, strconv.Quote(s.Value), s.Why)
}

// String gives cause and mend on one line.
func (s *Stray) String() string { return s.Cause() + "; " + s.Mend }

const (
	mostStrays  = 20 // kept of one order; more say nothing new
	namesShown  = 5  // of what is known
	longestName = 80 // of a value that is repeated, in bytes

	passed = ", so it was passed over" // what became of it
)

// stray notes that e's field names nothing there is.
func (f *folder) stray(e *Event, field, value, why, mend string) {
	if len(f.facts.Strays) < mostStrays {
		f.facts.Strays = append(f.facts.Strays, Stray{
			Source: e.Source, Event: e.ID, Type: e.Type, Field: field, Value: shortened(value), Why: why, Mend: mend,
		})
	}
}

// knowsParts notes the parts of e that are no part of the order.
func (f *folder) knowsParts(e *Event) {
	for i := range e.Parts {
		p := &e.Parts[i]
		l := f.line(p.Line)
		switch field := "lines[" + strconv.Itoa(i) + "]"; {
		case l == nil:
			f.strayLine(e, field+".id", p.Line)
		case p.Quantity > l.Quantity:
			f.stray(e, field+".quantity", strconv.Itoa(p.Quantity), "is more than the "+strconv.Itoa(l.Quantity)+" of line "+shortened(l.ID)+", so no more were counted",
				"send the true quantity in an event with an id of its own, or the line's in order.updated")
		}
	}
}

// strayUnit notes that e's unit is none of the order.
func (f *folder) strayUnit(e *Event) {
	const mend = "send it again, with an id of its own and the right unit"
	r := e.Unit
	if r == nil {
		return
	}
	l := f.line(r.Line)
	switch {
	case r.Line == "":
		f.stray(e, "unit.serial", r.Serial, "is that of no unit of the order"+f.serials("")+passed, mend+` or with "line" and "index"`)
	case l == nil:
		f.strayLine(e, "unit.line", r.Line)
	case l.Quantity == 0: // told already, see unsold
	case r.Index > l.Quantity:
		f.stray(e, "unit.index", strconv.Itoa(r.Index), fmt.Sprintf("is beyond the units of line %s, which has %d", shortened(l.ID), l.Quantity)+passed, mend)
	case r.Index > MostUnits || r.Index > 1 && r.Serial == "":
		f.stray(e, "unit.index", strconv.Itoa(r.Index), fmt.Sprintf("is beyond the units of line %s that are followed one by one", shortened(l.ID))+passed, "nothing needs mending, or send the line as an order of its own")
	default:
		f.stray(e, "unit.serial", r.Serial, "is that of no unit of line "+shortened(l.ID)+f.serials(l.ID)+passed, mend+` or with "index"`)
	}
}

func (f *folder) strayLine(e *Event, field, line string) {
	ids := make([]string, len(f.facts.Lines))
	for i := range f.facts.Lines {
		ids[i] = f.facts.Lines[i].ID
	}
	f.stray(e, field, line, "is no line of the order, which has "+named(ids, "none")+passed,
		"let the store state the line (order.updated; of Shopify, orders/updated), or send the event again with an id of its own and the right line")
}

// unsold notes lines of which nobody said how many were sold: they have no units.
func (f *folder) unsold() {
	for i := range f.facts.Lines {
		if l := &f.facts.Lines[i]; l.Quantity == 0 {
			by := f.trims[i]
			f.stray(&Event{Source: by.Source, ID: by.Event, Type: OrderUpdated}, "order.lines.id", l.ID,
				"is a line that nobody stated a quantity of, so it has no units", `send the line with its "quantity" in order.updated, if the order has it`)
		}
	}
}

// serials says which serial numbers are known, of a line or ("") of all.
func (f *folder) serials(line string) string {
	var known []string
	for i := range f.facts.Units {
		if u := &f.facts.Units[i]; u.Serial != "" && (line == "" || u.Line() == line) {
			known = append(known, u.Serial)
		}
	}
	return " (known: " + named(known, "none") + ")"
}

func (f *folder) line(id string) *Line {
	for i := range f.facts.Lines {
		if f.facts.Lines[i].ID == id {
			return &f.facts.Lines[i]
		}
	}
	return nil
}

// named lists names, the first few of many.
func named(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	shown := make([]string, 0, namesShown)
	for _, n := range names[:min(len(names), namesShown)] {
		shown = append(shown, shortened(n))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func shortened(s string) string {
	if len(s) > longestName {
		s = strings.ToValidUTF8(s[:longestName], "") + "…"
	}
	return s
}

// Strays returns what events name in vain: goods that the order does not have,
// and coverages that its plan does not. While nobody has stated the order itself
// there are none: it is what has to come first, and Why says so.
func (d *Desire) Strays() []Stray {
	if d.facts == nil || !d.facts.Created {
		return nil
	}
	out := slices.Clone(d.facts.Strays)
	if d.Plan == nil {
		return out
	}
	for i := range d.facts.Units {
		for _, c := range d.facts.Units[i].Covers {
			if s, ok := d.strayCover(c); ok && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// strayCover says why the plan has no use for dates that came with an event.
func (d *Desire) strayCover(c Cover) (s Stray, stray bool) {
	s = Stray{Source: c.Source, Event: c.Event, Type: UnitCovered, Field: "coverage.name", Value: shortened(c.Name)}
	names := make([]string, len(d.Plan.Coverages))
	for i, known := range d.Plan.Coverages {
		names[i] = known.Name
		if known.Name != c.Name {
			continue
		}
		s.Why = "is counted for the order as a whole in plan " + d.Plan.Name + passed
		s.Mend = "write `applies: unit` for it in the plan, or send no dates for single units"
		return s, !known.PerUnit
	}
	s.Why = "is no coverage of plan " + d.Plan.Name + ", which has " + named(names, "none") + passed
	s.Mend = "send one of those with an id of its own, or add " + shortened(c.Name) + " to the plan's coverage"
	return s, true
}
