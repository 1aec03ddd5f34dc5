package followup

import (
	"slices"

	"aftersales/internal/civil"
)

// dateClock is the clock of an anchor that has only a date (rule 10).
const dateClock civil.Clock = 10 * 3600

// cover computes every coverage of the journey with its dates (rule 7).
func (d *desire) cover() {
	for _, c := range d.plan.Coverages {
		if !c.PerUnit {
			d.coverOrder(c)
			continue
		}
		for _, key := range d.picked {
			if cov, ok := d.coverUnit(c, d.unit(key)); ok {
				d.covered = append(d.covered, cov)
			}
		}
	}
}

func (d *desire) coverUnit(c Coverage, u *Unit) (Covered, bool) {
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
func (d *desire) coverOrder(c Coverage) {
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
	d.covered = append(d.covered, out)
}

func (d *desire) length(c Coverage, u *Unit) (civil.Period, string) {
	if l := d.line(u.Line()); l != nil {
		p, _ := d.r.Catalogue.Lookup(*l)
		if length, ok := p.Lengths[c.Name]; ok {
			return length, length.String() + " of the catalogue"
		}
	}
	return c.Length, c.Length.String() + " of the plan"
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

// covering returns the coverage of that name for a unit, or for the order.
func (d *desire) covering(name string, unit UnitKey) (Covered, bool) {
	for _, c := range d.covered {
		if c.Name == name && (c.Unit == unit || c.Unit == "") {
			return c, true
		}
	}
	return Covered{}, false
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

// delivered returns the fact, else the plan's assumption (rule 6).
func (d *desire) delivered(u *Unit) (Fact, bool) {
	if !u.Delivered.IsZero() || d.plan.Assume == nil {
		return u.Delivered, !u.Delivered.IsZero()
	}
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
	return Fact{At: at, Source: "assumed", Event: string(d.plan.Assume.After) + " + " + wait.String()}, true
}

// orderAnchor returns the latest fact over the live picked units, once all of
// them have it (rule 5).
func (d *desire) orderAnchor(a Anchor) (Fact, bool) {
	var latest Fact
	for _, key := range d.live {
		f, ok := d.unitAnchor(a, d.unit(key))
		if !ok {
			return Fact{}, false
		}
		if latest.IsZero() || f.At.In(d.zone.Loc(), dateClock).Compare(latest.At.In(d.zone.Loc(), dateClock)) > 0 {
			latest = f
		}
	}
	return latest, !latest.IsZero()
}
