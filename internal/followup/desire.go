package followup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
)

// Wanted is a follow-up as the plan wants it at some now.
type Wanted struct {
	ID         FollowUpID
	Step       *Step
	Unit       UnitKey // lowest of Units; "" order scope
	Units      []UnitKey
	Occurrence string
	Due        civil.DateTime // in Zone
	DueAt      time.Time      // rules 5-11, 16 and 22
	Last       time.Time      // after it the follow-up is too late; zero: never
	Send       bool           // then: send
	Closed     bool           // no allowed moment within 14 days (rule 11)
	HeldBy     int            // number of the open case that holds it; 0 none
	HeldUntil  time.Time      // the cap; zero: until the case closes
	CaseText   bool           // goes out at the cap, although a case is open
	Rule       string
	Reason     string

	anchor Fact              // what the due counts from
	facts  map[string]string // said instead of the anchor's
}

// Refusal is why a follow-up is not wanted.
type Refusal struct {
	Rule   string
	Reason string
	Facts  map[string]string
}

// Desire is everything a plan wants of a journey at some now, and why the rest
// is not wanted. It is a pure function of the journey, the contact and now.
type Desire struct {
	Plan      *Plan // nil: none matched
	Why       string
	Zone      Zone
	Coverages []Covered
	Picked    []UnitKey // units the plan cares for
	Live      []UnitKey // those of them that did not leave
	Wanted    []Wanted  // by plan order, then id
	Refused   map[FollowUpID]Refusal
	Faults    []string // conditions that failed

	facts *Facts
}

// desire is one computation of a Desire.
type desire struct {
	r       *Rules
	j       *Journey
	facts   *Facts
	contact *Contact
	now     time.Time

	plan    *Plan
	zone    Zone
	cal     civil.Calendar
	covered []Covered
	picked  []UnitKey
	live    []UnitKey
	out     Desire
	single  []Wanted // one per unit, before merging
	fates   map[string]fate
}

// Desire computes what the plan wants of j now. j.Head.Facts must be current.
func (r *Rules) Desire(j *Journey, c *Contact, now time.Time) Desire {
	d := &desire{r: r, j: j, facts: &j.Head.Facts, contact: c, now: now, fates: map[string]fate{}}
	d.zone, d.cal = r.zone(d.facts), r.calendar(d.facts)
	d.out = Desire{Zone: d.zone, Refused: map[FollowUpID]Refusal{}, facts: d.facts}
	d.plan, d.out.Why = r.match(j, d.facts, c)
	if d.plan == nil {
		return d.out
	}
	d.out.Plan = d.plan
	d.single = make([]Wanted, 0, len(d.plan.Steps)+len(d.j.Rows))
	d.pick()
	d.cover()
	if !d.facts.Erased {
		for _, s := range d.byNeed() {
			d.step(s)
		}
		d.merge()
	}
	d.out.Coverages, d.out.Picked, d.out.Live = d.covered, d.picked, d.live
	slices.SortFunc(d.out.Wanted, func(a, b Wanted) int {
		return cmp.Or(cmp.Compare(a.Step.Index, b.Step.Index), cmp.Compare(a.ID, b.ID))
	})
	return d.out
}

// pick finds the units the plan cares for, and those still with the customer.
func (d *desire) pick() {
	for i := range d.facts.Units {
		u := &d.facts.Units[i]
		if d.plan.Units != nil {
			ok, err := d.plan.Units.Holds(&Scope{Facts: d.facts, Plan: d.plan, Catalogue: d.r.Catalogue, Contact: d.contact, Unit: u})
			if err != nil {
				d.fault("units", err)
			}
			if !ok || err != nil {
				continue
			}
		}
		d.picked = append(d.picked, u.Key)
		if d.leftBy(u) == "" {
			d.live = append(d.live, u.Key)
		}
	}
}

// leftBy returns the exit word that took u away, or "" (rule 8).
func (d *desire) leftBy(u *Unit) Exit {
	for _, x := range d.plan.Exit {
		switch {
		case x == ExitCancelled && !u.Cancelled.IsZero(),
			x == ExitReturned && !u.Returned.IsZero(),
			x == ExitRefunded && !u.Refunded.IsZero():
			return x
		}
	}
	return ""
}

// byNeed orders steps so that the source of an otherwise comes before it.
func (d *desire) byNeed() []*Step {
	var out []*Step
	seen := map[string]bool{}
	var add func(s *Step)
	add = func(s *Step) {
		if seen[s.ID] {
			return
		}
		seen[s.ID] = true
		if src := d.plan.Source(s.ID); src != nil {
			add(src)
		}
		out = append(out, s)
	}
	for i := range d.plan.Steps {
		add(&d.plan.Steps[i])
	}
	return out
}

// step computes every occurrence of s, for the order or for each picked unit.
func (d *desire) step(s *Step) {
	if s.Class == Recall { // goes to units that left, too
		live := d.live
		d.live = d.picked
		defer func() { d.live = live }()
	}
	if !s.PerUnit {
		d.scoped(s, nil)
		return
	}
	for _, key := range d.picked {
		d.scoped(s, d.unit(key))
	}
}

// slot is one occurrence before its condition, tries and holds were looked at.
type slot struct {
	key   string
	base  civil.DateTime // before hours
	exact time.Time      // instead of base, for waits in hours
	fact  Fact           // the anchor
	stale time.Time      // before: when it has no point any more
	how   string         // "delivered + P1D"
}

// scoped computes s for one unit, or for the order when u is nil.
func (d *desire) scoped(s *Step, u *Unit) {
	if r, dead := d.exit(s, u); dead {
		d.refuseAll(s, u, r)
		return
	}
	slots, why := d.slots(s, u)
	if len(slots) == 0 {
		d.refuseAll(s, u, Refusal{Rule: "anchor", Reason: why})
		return
	}
	wanted, refusal := d.condition(s, u)
	for _, sl := range slots {
		d.occurrence(s, u, sl, wanted, refusal)
	}
}

// exit says whether the step has nobody left to go to (rule 8).
func (d *desire) exit(s *Step, u *Unit) (Refusal, bool) {
	if s.Class == Recall {
		return Refusal{}, false
	}
	if u != nil {
		if x := d.leftBy(u); x != "" {
			return Refusal{Rule: "exit", Reason: "the unit left the customer: " + string(x), Facts: map[string]string{"unit": string(u.Key), "exit": string(x)}}, true
		}
		return Refusal{}, false
	}
	if len(d.live) == 0 {
		return Refusal{Rule: "exit", Reason: "no unit of the plan is with the customer any more", Facts: map[string]string{"picked": fmt.Sprint(len(d.picked)), "live": "0"}}, true
	}
	return Refusal{}, false
}

// condition evaluates when and not unless (rule 12).
func (d *desire) condition(s *Step, u *Unit) (bool, Refusal) {
	if s.When == nil {
		return true, Refusal{}
	}
	ok, err := s.When.Holds(&Scope{
		Facts: d.facts, Plan: d.plan, Catalogue: d.r.Catalogue, Contact: d.contact,
		Coverages: d.covered, Unit: u, Picked: d.live, Step: s.ID,
	})
	if err != nil {
		d.fault(s.ID, err)
		return false, Refusal{Rule: "condition", Reason: "the condition failed: " + err.Error()}
	}
	if !ok {
		return false, Refusal{Rule: "condition", Reason: "not wanted: " + s.When.String()}
	}
	return true, Refusal{}
}

// occurrence decides one occurrence of s: condition, otherwise, tries, due.
func (d *desire) occurrence(s *Step, u *Unit, sl slot, wanted bool, why Refusal) {
	if !wanted {
		d.remember(s, u, sl.key, d.unwanted(s, u, sl.key))
		d.refuse(s, u, sl.key, why)
		return
	}
	var floor time.Time // rule 15
	if src := d.plan.Source(s.ID); src != nil {
		f := d.recall(src, u, sl.key)
		if !f.missed {
			d.remember(s, u, sl.key, fate{how: src.ID + " was not missed"})
			d.refuse(s, u, sl.key, Refusal{Rule: "otherwise", Reason: "only when " + src.ID + " did not happen: " + f.say()})
			return
		}
		floor = f.ended
	}
	w := d.place(s, u, sl, floor)
	if s.Channel == Call {
		d.tries(s, u, sl, w)
		return
	}
	d.want(u, sl.key, w)
	d.remember(s, u, sl.key, d.fateOf(s, u, sl.key, w))
}

// want adds w under its key.
func (d *desire) want(u *Unit, key string, w Wanted) {
	w.Occurrence = key
	if u != nil {
		w.Units = []UnitKey{u.Key}
		w.Unit = u.Key
	}
	d.single = append(d.single, w)
}

// refuse notes why an occurrence is not wanted, under every id it may have as a row.
func (d *desire) refuse(s *Step, u *Unit, key string, r Refusal) {
	for i := range d.j.Rows {
		row := &d.j.Rows[i]
		if row.Step == s.ID && base(row.Occurrence) == key && concerns(row, u) {
			d.out.Refused[row.ID] = r
		}
	}
}

func (d *desire) refuseAll(s *Step, u *Unit, r Refusal) {
	for i := range d.j.Rows {
		row := &d.j.Rows[i]
		if row.Step == s.ID && concerns(row, u) {
			d.out.Refused[row.ID] = r
		}
	}
}

// base returns an occurrence key without its try.
func base(key string) string { k, _, _ := strings.Cut(key, "#"); return k }

// concerns reports whether row is about u (nil: the order).
func concerns(row *FollowUp, u *Unit) bool {
	if u == nil {
		return row.Unit == ""
	}
	return slices.Contains(row.Units, u.Key)
}

// merge joins units of one step, occurrence, line and due into one follow-up,
// keyed by the lowest (rule 23). A unit that an armed or later one names is done.
func (d *desire) merge() {
	d.out.Wanted = make([]Wanted, 0, len(d.single))
	for _, w := range d.single {
		w.ID = NewFollowUpID(d.j.ID, w.Step.ID, w.Unit, w.Occurrence)
		if w.Unit == "" || d.done(w) {
			if w.Unit == "" {
				d.out.Wanted = append(d.out.Wanted, w)
			}
			continue
		}
		line, _ := w.Unit.Split()
		i := slices.IndexFunc(d.out.Wanted, func(o Wanted) bool {
			l, _ := o.Unit.Split()
			return o.Unit != "" && o.Step == w.Step && o.Occurrence == w.Occurrence && l == line && o.Due == w.Due
		})
		if i < 0 {
			d.out.Wanted = append(d.out.Wanted, w)
			continue
		}
		d.out.Wanted[i].Units = append(d.out.Wanted[i].Units, w.Unit)
	}
}

// over reports whether what f is about had its chance: armed or later, skipped,
// or ended by an operator.
func (f *FollowUp) over() bool { return f.State.Settled() || f.State == Skipped || f.Hand }

// done reports whether a follow-up that is over named the unit of w already.
func (d *desire) done(w Wanted) bool {
	for i := range d.j.Rows {
		row := &d.j.Rows[i]
		if row.Step == w.Step.ID && row.Occurrence == w.Occurrence && row.over() && slices.Contains(row.Units, w.Unit) {
			return true
		}
	}
	return false
}

func (d *desire) fault(where string, err error) {
	text := where + ": " + err.Error()
	if !slices.Contains(d.out.Faults, text) {
		d.out.Faults = append(d.out.Faults, text)
	}
}

func (d *desire) unit(key UnitKey) *Unit {
	for i := range d.facts.Units {
		if d.facts.Units[i].Key == key {
			return &d.facts.Units[i]
		}
	}
	return nil
}

func (d *desire) line(id string) *Line {
	for i := range d.facts.Lines {
		if d.facts.Lines[i].ID == id {
			return &d.facts.Lines[i]
		}
	}
	return nil
}

// Delivered returns when u was delivered as the plan sees it: the fact, else
// the assumption, else nothing.
func (d *Desire) Delivered(u Unit) Fact {
	if d.Plan == nil {
		return u.Delivered
	}
	de := desire{plan: d.Plan, zone: d.Zone, facts: d.facts}
	f, _ := de.delivered(&u)
	return f
}
