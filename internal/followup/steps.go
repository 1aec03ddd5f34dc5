package followup

import (
	"cmp"
	"strconv"
	"time"
)

// room is about how many follow-ups the plan wants.
func (d *desire) room() (n int) {
	const open, most = 4, 256 // without a number of times; more is made when it is needed
	for i := range d.plan.Steps {
		s, each := &d.plan.Steps[i], 1
		switch s.Timing {
		case Before:
			each = len(s.By)
		case Every:
			each = cmp.Or(s.Times, open)
		default:
		}
		if s.PerUnit {
			each *= min(len(d.picked), len(d.facts.Lines)) // units of a line mostly go together
		}
		n = min(n+each, most)
	}
	return n
}

// steps computes every step, the source of an otherwise before the step it names.
func (d *desire) steps() {
	var room [64]bool
	seen := room[:]
	if len(d.plan.Steps) > len(room) {
		seen = make([]bool, len(d.plan.Steps))
	}
	for i := range d.plan.Steps {
		d.inTurn(i, seen)
	}
}

func (d *desire) inTurn(i int, seen []bool) {
	if seen[i] {
		return
	}
	seen[i] = true
	s := &d.plan.Steps[i]
	if source := d.plan.source(s.ID); source >= 0 {
		d.inTurn(source, seen)
	}
	d.step(s)
}

// step computes every occurrence of s, for the order or for each picked unit.
func (d *desire) step(s *Step) {
	if s.Class == Recall { // goes to units that left, too
		live := d.live
		d.live, d.anchors = d.picked, nil
		defer func() { d.live, d.anchors = live, nil }()
	}
	if !s.PerUnit {
		d.scoped(s, nil, nil)
		return
	}
	for i, key := range d.picked {
		d.scoped(s, d.unit(key), d.picked[i:i+1:i+1])
	}
}

// scoped computes s for one unit, or for the order when u is nil; units names it.
func (d *desire) scoped(s *Step, u *Unit, units []UnitKey) {
	if d.exit(s, u) {
		return
	}
	if !d.occurrences(s, u) {
		d.refuse(s, u, "", func() Refusal { return Refusal{Rule: "anchor", Reason: d.missing(s, u)} })
		return
	}
	wanted, err := d.condition(s, u)
	for i := range d.slots {
		sl := &d.slots[i]
		if wanted {
			d.occurrence(s, u, units, sl)
			continue
		}
		if s.Otherwise != "" {
			d.remember(s, u, sl.key, d.unwanted(s, u, sl.key))
		}
		d.refuse(s, u, sl.key, func() Refusal { return unmet(s, err) })
	}
}

// exit says whether the step has nobody left to go to (rule 8).
func (d *desire) exit(s *Step, u *Unit) bool {
	switch {
	case s.Class == Recall:
		return false
	case u == nil:
		if len(d.live) > 0 {
			return false
		}
		d.refuse(s, nil, "", func() Refusal {
			return Refusal{
				Rule: "exit", Reason: "no unit of the plan is with the customer any more",
				Facts: map[string]string{"picked": strconv.Itoa(len(d.picked)), "live": "0"},
			}
		})
		return true
	}
	x := d.leftBy(u)
	if x == "" {
		return false
	}
	d.refuse(s, u, "", func() Refusal {
		return Refusal{
			Rule: "exit", Reason: "the unit left the customer: " + string(x),
			Facts: map[string]string{"unit": string(u.Key), "exit": string(x)},
		}
	})
	return true
}

// condition evaluates when and not unless (rule 12).
func (d *desire) condition(s *Step, u *Unit) (bool, error) {
	if s.When == nil {
		return true, nil
	}
	d.scope.Coverages, d.scope.Unit, d.scope.Picked, d.scope.Step = d.covered, u, d.live, s.ID
	ok, err := s.When.Holds(&d.scope)
	if err != nil {
		d.fault(s.ID, err)
		return false, err
	}
	return ok, nil
}

// unmet says why the condition of s does not hold.
func unmet(s *Step, err error) Refusal {
	if err != nil {
		return Refusal{Rule: "condition", Reason: "the condition failed: " + err.Error()}
	}
	return Refusal{Rule: "condition", Reason: "not wanted: " + s.When.String()}
}

// occurrence decides one occurrence of s, whose condition holds: otherwise, tries, due.
func (d *desire) occurrence(s *Step, u *Unit, units []UnitKey, sl *slot) {
	var floor time.Time // rule 15
	if src := d.plan.Source(s.ID); src != nil {
		f := d.recall(src, u, sl.key)
		if !f.missed {
			if s.Otherwise != "" {
				d.remember(s, u, sl.key, fate{how: src.ID + " was not missed"})
			}
			d.refuse(s, u, sl.key, func() Refusal {
				return Refusal{Rule: "otherwise", Reason: "only when " + src.ID + " did not happen: " + f.say()}
			})
			return
		}
		floor = f.ended
	}
	w := Wanted{Step: s, Rule: "due", unit: u, Unit: keyOf(u), Units: units, anchor: sl.fact, n: sl.n, from: sl.from}
	d.place(&w, sl, floor)
	if s.Channel == Call {
		d.tries(&w, sl)
		return
	}
	d.want(&w, sl.key)
	if s.Otherwise != "" {
		d.remember(s, u, sl.key, d.fateOf(&w, d.row(s, u, sl.key)))
	}
}

// refuse notes why an occurrence of s ("": any) is not wanted, under every id it
// may have as a row that can still be voided.
func (d *desire) refuse(s *Step, u *Unit, key string, why func() Refusal) {
	for _, i := range d.near(s, u, key) {
		row := &d.j.Rows[i]
		if row.State.Open() && row.Step == s.ID && (key == "" || base(row.Occurrence) == key) && concerns(row, u) {
			if d.out.Refused == nil {
				d.out.Refused = map[FollowUpID]Refusal{}
			}
			d.out.Refused[row.ID] = why()
		}
	}
}
