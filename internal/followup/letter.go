package followup

import (
	"cmp"
	"slices"
	"time"
)

// Letter is everything a message may say: the values a composer renders.
type Letter struct {
	Shop      *Shop
	Plan      *Plan
	Step      *Step
	Row       FollowUp
	Attempt   string
	Journey   JourneyID
	Facts     *Facts
	Contact   *Contact
	Catalogue *Catalogue
	Coverages []Covered
	Units     []Unit // the units concerned; order scope: all live picked units, dearest first
	Delivered Fact   // latest of Units; may be assumed, may be zero
	Zone      *time.Location
	Now       time.Time
	OpenCase  *Case     // rule 22: the message goes out although this case is open
	Case      *Case     // the case a case_closed step asks about
	ReplyDue  time.Time // a problem reported now is answered by then, see [Rules.Letter]
}

// Composer turns a letter into a message. A failure is a fault of the text or
// of what it refers to: the follow-up is held, never sent half-rendered.
type Composer interface {
	Compose(l Letter) (Message, error)
}

// Letter collects what a message about row may say. ReplyDue is the promise
// that an answer to it gets: that of the case it belongs to, else one of now.
func (r *Rules) Letter(d *Desire, j *Journey, row FollowUp, w Wanted, c *Contact, now time.Time) Letter {
	f := &j.Head.Facts
	l := Letter{
		Shop: r.Shop, Plan: d.Plan, Step: w.Step, Row: row, Journey: j.ID, Facts: f, Contact: c, Catalogue: r.Catalogue,
		Coverages: d.Coverages, Zone: d.Zone.Loc(), Now: now,
	}
	keys := row.Units
	if len(keys) == 0 {
		keys = d.Live
		if w.Step.Class == Recall {
			keys = d.Picked
		}
	}
	de := desire{r: r, facts: f, plan: d.Plan, zone: d.Zone, live: keys}
	for _, key := range keys {
		if u := de.unit(key); u != nil {
			l.Units = append(l.Units, *u)
		}
	}
	sortDearest(l.Units, f)
	l.ReplyDue = r.promised(f, l.Units, now)
	l.Delivered, _ = de.orderAnchor(Anchor{Kind: AnchorDelivered})
	for i := range f.Cases {
		k := &f.Cases[i]
		if w.CaseText && k.Open() && l.OpenCase == nil {
			l.OpenCase = k
		}
		if w.Step.Anchor.Kind == AnchorCaseClosed && k.Key() == base(row.Occurrence) {
			l.Case = k
		}
	}
	return l
}

// promised returns when somebody who writes now hears from the shop: what they
// write goes to the open case of a unit, whose promise holds while it is ahead;
// without one it is counted from now.
func (r *Rules) promised(f *Facts, units []Unit, now time.Time) time.Time {
	due := r.ReplyDue(now)
	for _, c := range f.Cases {
		if !c.Open() || c.Reason == "data-request" || !slices.ContainsFunc(units, func(u Unit) bool { return c.Covers(u.Key) }) {
			continue
		}
		if made := r.ReplyDue(c.Opened); made.After(now) && made.Before(due) {
			due = made
		}
	}
	return due
}

// sortDearest puts the unit with the highest price first; equals keep their order.
func sortDearest(units []Unit, f *Facts) {
	price := func(u Unit) int64 {
		for _, l := range f.Lines {
			if l.ID == u.Line() {
				return l.Price.Minor
			}
		}
		return 0
	}
	slices.SortStableFunc(units, func(a, b Unit) int { return cmp.Compare(price(b), price(a)) })
}
