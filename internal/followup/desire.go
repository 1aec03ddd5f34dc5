package followup

import (
	"slices"
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
	rows  int  // how many rows the journey had
	goes  bool // neither shop nor plan is paused
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
	d.out.goes = !r.Shop.Paused && !r.paused(d.plan)
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
