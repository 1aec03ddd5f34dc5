package followup

import (
	"cmp"
	"slices"

	"aftersales/internal/civil"
)

// merged is what units of one follow-up share (rule 23).
type merged struct {
	step *Step
	key  string
	line string
	due  civil.DateTime
}

// want adds w under its key. Units of one step, occurrence, line and due are
// joined into one follow-up, keyed by the lowest (rule 23); a unit that an armed
// or later one names is done.
func (d *desire) want(w *Wanted, key string) {
	w.Occurrence = key
	if w.unit != nil {
		if d.done(w) {
			return
		}
		if at := d.partner(w); at >= 0 {
			d.wanted[at].Units = append(d.wanted[at].Units, w.Unit)
			return
		}
	}
	d.name(w)
	d.wanted = append(d.wanted, *w)
}

// byStep orders what is wanted by plan order, then id.
func byStep(a, b Wanted) int {
	if a.Step != b.Step {
		return cmp.Compare(a.Step.Index, b.Step.Index)
	}
	return cmp.Compare(a.ID, b.ID)
}

// partner returns the place of the follow-up that w goes with, or -1. A few are
// looked through; the places of many are noted.
func (d *desire) partner(w *Wanted) int {
	if len(d.wanted) <= few {
		m := w.merged()
		for at := range d.wanted {
			if o := &d.wanted[at]; o.Step == w.Step && o.unit != nil && o.merged() == m {
				return at
			}
		}
		return -1
	}
	for ; d.noted < len(d.wanted); d.noted++ {
		if d.places == nil {
			d.places = make(map[merged]int, 2*len(d.wanted))
		}
		if o := &d.wanted[d.noted]; o.unit != nil {
			d.places[o.merged()] = d.noted
		}
	}
	if at, ok := d.places[w.merged()]; ok {
		return at
	}
	return -1
}

func (w *Wanted) merged() merged {
	line, _ := w.Unit.Split()
	return merged{w.Step, w.Occurrence, line, w.Due}
}

// done reports whether a follow-up that is over named the unit of w already.
func (d *desire) done(w *Wanted) bool {
	for _, i := range d.near(w.Step, w.unit, base(w.Occurrence)) {
		row := &d.j.Rows[i]
		if row.Step == w.Step.ID && row.Occurrence == w.Occurrence && row.over() && slices.Contains(row.Units, w.Unit) {
			return true
		}
	}
	return false
}

// name gives w its id, and the place of its row where there is one.
func (d *desire) name(w *Wanted) {
	for _, i := range d.near(w.Step, w.unit, base(w.Occurrence)) {
		if row := &d.j.Rows[i]; row.Step == w.Step.ID && row.Unit == w.Unit && row.Occurrence == w.Occurrence {
			w.ID, w.at = row.ID, i+1
			return
		}
	}
	w.at = 0
	w.ID = NewFollowUpID(d.j.ID, w.Step.ID, w.Unit, w.Occurrence)
}
