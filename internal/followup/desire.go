package followup

import (
	"cmp"
	"slices"
	"strconv"
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

	anchor Fact              // what the due counts from
	facts  map[string]string // said instead of the anchor's
	said   string            // the reason, where it is not how the due was counted
	n      int               // every: the number of the occurrence; before: the place in Step.By
	from   civil.Date        // the day that was no workday; zero: not moved
	moved  bool              // into the allowed hours
	unit   *Unit             // the unit, nil in order scope
	at     int32             // place of its row among the journey's, from 1; 0: there is none
}

// Reason says in a sentence what the due was counted from. Sentences and facts
// are made when they are asked for: most follow-ups are wanted as they are already.
func (w *Wanted) Reason() string {
	if w.said != "" {
		return w.said
	}
	s := w.Step
	sign, wait := " + ", s.Wait
	switch {
	case s.Anchor.Kind == AnchorCaseClosed:
	case s.Timing == Before:
		sign, wait = " - ", s.By[w.n]
	case s.Timing == Every:
		wait = s.Wait.Times(w.n)
	}
	day, clock, hours := "", "", ""
	if !w.from.IsZero() {
		day = ", moved from " + w.from.Weekday().String() + " to a workday"
	}
	if s.At != nil {
		clock = " at " + s.At.String()
	}
	if w.moved {
		hours = ", moved into the allowed hours"
	}
	return s.Anchor.String() + sign + wait.String() + day + clock + hours
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
	Picked    []UnitKey              // units the plan cares for
	Live      []UnitKey              // those of them that did not leave
	Wanted    []Wanted               // by plan order, then id
	Refused   map[FollowUpID]Refusal // of rows that may still be voided
	Faults    []string               // conditions that failed

	facts *Facts
	cal   civil.Calendar
	rows  int // how many rows the journey had
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
	wanted  []Wanted
	fates   map[fateKey]fate

	// What is worked out once, or asked for again and again.
	index    map[rowKey][]int32 // of many rows
	coverAt  map[coverKey]int   // of many coverages
	places   map[merged]int     // of many follow-ups; so many are noted
	noted    int                //
	scope    Scope              // of the condition under way
	slots    []slot             // of the step under way
	windows  [2]civil.Window    // room for those of open
	open     civil.Hours        // of the step openFor
	openFor  *Step              //
	anchors  []anchored         // of the live units
	arrived  arrival            // of the unit that was asked for last
	measured measure            // of the line and coverage that were asked for last
	assumed  string             // why a delivery was assumed
	unitAt   int                // where the last unit and line were found
	lineAt   int                //
}

// Desire computes what the plan wants of j now. j.Head.Facts must be current.
func (r *Rules) Desire(j *Journey, c *Contact, now time.Time) Desire {
	d := &desire{r: r, j: j, facts: &j.Head.Facts, contact: c, now: now}
	d.zone, d.cal = r.zone(d.facts), r.calendar(d.facts)
	d.out = Desire{Zone: d.zone, facts: d.facts, cal: d.cal, rows: len(j.Rows)}
	d.scope = Scope{Facts: d.facts, Catalogue: r.Catalogue, Contact: c}
	d.plan, d.out.Why = r.match(j, &d.scope)
	if d.plan == nil {
		return d.out
	}
	d.out.Plan, d.scope.Plan = d.plan, d.plan
	d.pick()
	d.cover()
	if !d.facts.Erased {
		d.index = indexRows(j.Rows)
		d.wanted = make([]Wanted, 0, d.room())
		d.steps()
		if !slices.IsSortedFunc(d.wanted, byStep) {
			slices.SortFunc(d.wanted, byStep)
		}
	}
	d.out.Wanted = d.wanted
	d.out.Coverages, d.out.Picked, d.out.Live = d.covered, d.picked, d.live
	return d.out
}

// pick finds the units the plan cares for, and those still with the customer.
func (d *desire) pick() {
	for i := range d.facts.Units {
		u := &d.facts.Units[i]
		if d.plan.Units != nil {
			d.scope.Unit = u
			ok, err := d.plan.Units.Holds(&d.scope)
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

func (d *desire) fault(where string, err error) {
	text := where + ": " + err.Error()
	if !slices.Contains(d.out.Faults, text) {
		d.out.Faults = append(d.out.Faults, text)
	}
}

// unit returns the unit of that key, or nil. Units are mostly asked for in their
// order, so the search begins where the last one ended.
func (d *desire) unit(key UnitKey) *Unit {
	for range d.facts.Units {
		if d.unitAt >= len(d.facts.Units) {
			d.unitAt = 0
		}
		if u := &d.facts.Units[d.unitAt]; u.Key == key {
			return u
		}
		d.unitAt++
	}
	return nil
}

// line returns the line of that id, or nil, searching as unit does.
func (d *desire) line(id string) *Line {
	for range d.facts.Lines {
		if d.lineAt >= len(d.facts.Lines) {
			d.lineAt = 0
		}
		if l := &d.facts.Lines[d.lineAt]; l.ID == id {
			return l
		}
		d.lineAt++
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
