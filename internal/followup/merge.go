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

// merge joins units of one step, occurrence, line and due into one follow-up,
// keyed by the lowest (rule 23). A unit that an armed or later one names is done.
func (d *desire) merge() {
	out := d.single[:0]
	var places map[merged]int // of many; a few are looked through
	if len(d.single) > few {
		places = make(map[merged]int, len(d.single))
	}
	for i := range d.single {
		w := &d.single[i]
		if w.unit != nil {
			if d.done(w) {
				continue
			}
			if at := d.partner(out, places, w); at >= 0 {
				out[at].Units = append(out[at].Units, w.Unit)
				continue
			}
		}
		d.name(w)
		if out = d.single[:len(out)+1]; len(out) <= i { // mostly none was left out, and w stands there already
			out[len(out)-1] = *w
		}
	}
	d.out.Wanted = out
	if !slices.IsSortedFunc(out, byStep) {
		slices.SortFunc(out, byStep)
	}
}

// byStep orders what is wanted by plan order, then id.
func byStep(a, b Wanted) int {
	if a.Step != b.Step {
		return cmp.Compare(a.Step.Index, b.Step.Index)
	}
	return cmp.Compare(a.ID, b.ID)
}

// partner returns the place in out of the follow-up that w goes with, or -1. It
// notes in places, where there are any, that w has the next place.
func (d *desire) partner(out []Wanted, places map[merged]int, w *Wanted) int {
	line, _ := w.Unit.Split()
	if places != nil {
		m := merged{w.Step, w.Occurrence, line, w.Due}
		if at, ok := places[m]; ok {
			return at
		}
		places[m] = len(out)
		return -1
	}
	for at := range out {
		if o := &out[at]; o.unit != nil && o.Step == w.Step && o.Occurrence == w.Occurrence && o.Due == w.Due {
			if l, _ := o.Unit.Split(); l == line {
				return at
			}
		}
	}
	return -1
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
	w.ID = NewFollowUpID(d.j.ID, w.Step.ID, w.Unit, w.Occurrence)
}
