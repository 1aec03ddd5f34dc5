package followup

import (
	"slices"

	"aftersales/internal/civil"
)

// dateClock is the clock of an anchor that has only a date (rule 10).
const dateClock civil.Clock = 10 * 3600

// cover computes every coverage of the journey with its dates (rule 7).
func (d *desire) cover() {
	for i := range d.plan.Coverages {
		c := &d.plan.Coverages[i]
		if !c.PerUnit {
			d.coverOrder(c)
			continue
		}
		for _, key := range d.picked {
			if cov, ok := d.coverUnit(c, d.unit(key)); ok {
				d.promise(cov)
			}
		}
	}
}

// coverKey names a coverage of a unit; unit "" is the order's.
type coverKey struct {
	name string
	unit UnitKey
}

// promise adds a coverage. Of many it notes the places.
func (d *desire) promise(c Covered) {
	d.covered, d.anchors = append(d.covered, c), nil // what hangs on it is known now
	if len(d.picked) <= few {
		return
	}
	if d.coverAt == nil {
		d.coverAt = make(map[coverKey]int, len(d.picked)*len(d.plan.Coverages))
	}
	if key := (coverKey{c.Name, c.Unit}); d.coverAt[key] == 0 {
		d.coverAt[key] = len(d.covered) // from 1: the first of a name counts
	}
}

func (d *desire) coverUnit(c *Coverage, u *Unit) (Covered, bool) {
	out := Covered{Name: c.Name, Unit: u.Key}
	if ev, ok := coveredByEvent(u, c.Name); ok {
		out.From, out.Until, out.Basis = ev.From, ev.Until, "unit.covered"
		out.Start = Fact{At: Moment{Date: ev.From}, Source: string(UnitCovered)}
		return extend(out, u), true
	}
	if c.Start.Kind == AnchorEvent {
		return out, false
	}
	start, ok := d.unitAnchor(c.Start, u)
	if !ok {
		return out, false
	}
	length, basis := d.length(c, u)
	out.Start, out.Basis = start, basis
	out.From = start.At.In(d.zone.Loc(), dateClock).Date
	if d.plan.Restart && !u.Replaced.IsZero() {
		out.Start, out.From = u.Replaced, u.Replaced.At.In(d.zone.Loc(), dateClock).Date
	}
	out.Until = out.From.Add(length)
	return extend(out, u), true
}

// coverOrder counts from the latest of the live picked units. Where their
// lengths differ the shortest holds: a promise is never stretched.
func (d *desire) coverOrder(c *Coverage) {
	start, ok := d.orderAnchor(c.Start)
	if !ok || c.Start.Kind == AnchorEvent {
		return
	}
	out := Covered{Name: c.Name, Start: start, From: start.At.In(d.zone.Loc(), dateClock).Date}
	for _, key := range d.live {
		length, basis := d.length(c, d.unit(key))
		if until := out.From.Add(length); out.Until.IsZero() || until.Before(out.Until) {
			out.Until, out.Basis = until, basis
		}
	}
	d.promise(out)
}

// measure is how long a coverage of the units of a line is, and who says so.
type measure struct {
	coverage *Coverage
	line     *Line
	length   civil.Period
	basis    string
}

// length returns the catalogue's length for the line of u, else the plan's. The
// units of a line are mostly asked for one after another.
func (d *desire) length(c *Coverage, u *Unit) (civil.Period, string) {
	line := d.line(u.Line())
	if m := &d.measured; m.coverage != c || m.line != line {
		*m = measure{c, line, c.Length, ""}
		if length, ok := d.lengths(line)[c.Name]; ok {
			m.length, m.basis = length, length.String()+" of the catalogue"
		}
		if m.basis == "" {
			m.basis = c.Length.String() + " of the plan"
		}
	}
	return d.measured.length, d.measured.basis
}

// lengths returns what the catalogue says of the coverages of a line, which d.line found.
func (d *desire) lengths(l *Line) map[string]civil.Period {
	if l == nil || d.r.Catalogue == nil {
		return nil
	}
	if p := d.scope.product(d.lineAt); p != nil {
		return p.Lengths
	}
	return d.r.Catalogue.Default.Lengths
}

func coveredByEvent(u *Unit, name string) (Cover, bool) {
	for _, c := range u.Covers {
		if c.Name == name {
			return c, true
		}
	}
	return Cover{}, false
}

// extend adds the days in the workshop: the customer did not have the unit.
func extend(c Covered, u *Unit) Covered {
	if len(u.Repairs) == 0 {
		return c
	}
	repairs := slices.Clone(u.Repairs)
	slices.SortFunc(repairs, func(a, b Repair) int { return a.From.Compare(b.From) })
	var counted civil.Date // days before it count once, however many repairs name them
	for _, r := range repairs {
		if !counted.IsZero() && r.From.Before(counted) {
			r.From = counted
		}
		days := r.From.DaysUntil(r.Until)
		if days > 0 && !r.From.After(c.Until) && !r.Until.Before(c.From) {
			c.Until, counted = c.Until.AddDays(days), r.Until
		}
	}
	return c
}

// covering returns the coverage of that name for a unit, or for the order: the
// first of them.
func (d *desire) covering(name string, unit UnitKey) (*Covered, bool) {
	if d.coverAt != nil {
		at := d.coverAt[coverKey{name, unit}]
		if order := d.coverAt[coverKey{name, ""}]; at == 0 || order != 0 && order < at {
			at = order
		}
		if at == 0 {
			return nil, false
		}
		return &d.covered[at-1], true
	}
	for i := range d.covered {
		if c := &d.covered[i]; c.Name == name && (c.Unit == unit || c.Unit == "") {
			return c, true
		}
	}
	return nil, false
}

// unitAnchor returns the fact of one unit an anchor stands for.
func (d *desire) unitAnchor(a Anchor, u *Unit) (Fact, bool) {
	switch a.Kind {
	case AnchorOrdered:
		return d.facts.Ordered, !d.facts.Ordered.IsZero()
	case AnchorPaid:
		return d.facts.Paid, !d.facts.Paid.IsZero()
	case AnchorFulfilled:
		return u.Fulfilled, !u.Fulfilled.IsZero()
	case AnchorInstalled:
		return u.Installed, !u.Installed.IsZero()
	case AnchorRegistered:
		return u.Registered, !u.Registered.IsZero()
	case AnchorDelivered:
		return d.delivered(u)
	case AnchorCoverageStart, AnchorCoverageEnd:
		c, ok := d.covering(a.Coverage, u.Key)
		if !ok {
			return Fact{}, false
		}
		date := c.From
		if a.Kind == AnchorCoverageEnd {
			date = c.Until
		}
		return Fact{At: Moment{Date: date}, Source: c.Start.Source, Event: c.Basis}, true
	default:
		return Fact{}, false
	}
}

// arrival is when a unit was delivered, as the plan sees it.
type arrival struct {
	unit *Unit
	fact Fact
	ok   bool
}

// delivered returns the fact, else the plan's assumption (rule 6).
func (d *desire) delivered(u *Unit) (Fact, bool) {
	if !u.Delivered.IsZero() || d.plan.Assume == nil {
		return u.Delivered, !u.Delivered.IsZero()
	}
	if d.arrived.unit != u {
		fact, ok := d.assume(u)
		d.arrived = arrival{u, fact, ok}
	}
	return d.arrived.fact, d.arrived.ok
}

func (d *desire) assume(u *Unit) (Fact, bool) {
	base, ok := d.unitAnchor(Anchor{Kind: d.plan.Assume.After}, u)
	if !ok {
		return Fact{}, false
	}
	wait := d.plan.Assume.Wait
	at := base.At
	switch {
	case at.Time.IsZero():
		at.Date = at.Date.Add(wait)
	default:
		at.Time = wait.After(at.Time, d.zone.Loc())
	}
	if d.assumed == "" {
		d.assumed = string(d.plan.Assume.After) + " + " + wait.String()
	}
	return Fact{At: at, Source: "assumed", Event: d.assumed}, true
}

// anchored is what an anchor stands for in order scope.
type anchored struct {
	anchor Anchor
	fact   Fact
	ok     bool
}

// orderAnchor returns the latest fact over the live picked units, once all of
// them have it (rule 5).
func (d *desire) orderAnchor(a Anchor) (Fact, bool) {
	if len(d.live) <= 1 {
		return d.latest(a)
	}
	for i := range d.anchors {
		if known := &d.anchors[i]; known.anchor == a {
			return known.fact, known.ok
		}
	}
	fact, ok := d.latest(a)
	d.anchors = append(d.anchors, anchored{a, fact, ok})
	return fact, ok
}

func (d *desire) latest(a Anchor) (latest Fact, ok bool) {
	var last civil.DateTime
	for i, key := range d.live {
		f, ok := d.unitAnchor(a, d.unit(key))
		if !ok {
			return Fact{}, false
		}
		if len(d.live) == 1 {
			return f, !f.IsZero()
		}
		if at := f.At.In(d.zone.Loc(), dateClock); i == 0 || at.Compare(last) > 0 {
			latest, last = f, at
		}
	}
	return latest, !latest.IsZero()
}
