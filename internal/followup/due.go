package followup

import (
	"strconv"
	"time"

	"aftersales/internal/civil"
)

// horizon is how far a due time is moved to find an allowed moment (rule 11).
const horizon = 14

// occurrences bounds `every` (rule 18).
const occurrences = 120

// defaultLate is how late is too late when a plan does not say (rule 20).
var defaultLate = civil.Period{Days: 3}

// slot is one occurrence before its condition, tries and holds were looked at.
type slot struct {
	key   string
	n     int            // every: its number; before: its place in Step.By
	base  civil.DateTime // before hours
	exact time.Time      // instead of base, for waits in hours
	fact  Fact           // the anchor
	from  civil.Date     // the day that was no workday; zero: not moved
	stale time.Time      // before: when it has no point any more

	at   time.Time // base or exact as an instant
	due  time.Time // the first allowed moment from then
	open bool      // there is one
}

// occurrences puts the occurrences of s whose anchors are known into slots;
// false when there are none.
func (d *desire) occurrences(s *Step, u *Unit) bool {
	d.slots = d.slots[:0]
	if s.Anchor.Kind == AnchorCaseClosed {
		d.caseSlots(s, u)
	} else if fact, ok := d.anchor(s.Anchor, u); ok {
		switch s.Timing {
		case Before:
			d.beforeSlots(s, fact)
		case Every:
			d.everySlots(s, u, fact)
		default:
			d.slot(s, "1", fact, fact.At.In(d.zone.Loc(), dateClock), s.Wait)
		}
	}
	return len(d.slots) > 0
}

// missing says why what was planned of s has no occurrence any more.
func (d *desire) missing(s *Step, u *Unit) string {
	if s.Anchor.Kind == AnchorCaseClosed {
		return caseAgain
	}
	if _, ok := d.anchor(s.Anchor, u); !ok {
		return s.Anchor.String() + " is not known"
	}
	if s.Timing == Before {
		return "no date to count from"
	}
	if _, ok := d.anchor(s.Until, u); !ok && s.Until.Kind != "" {
		return s.Until.String() + " is not known"
	}
	return "the first occurrence would not be before " + s.Until.String()
}

func (d *desire) anchor(a Anchor, u *Unit) (Fact, bool) {
	if u == nil {
		return d.orderAnchor(a)
	}
	return d.unitAnchor(a, u)
}

// slot adds an occurrence that counts wait from fact, whose wall clock is local:
// calendar units on the date, hours from the instant (rule 9), then the clock of
// the step (rule 10).
func (d *desire) slot(s *Step, key string, fact Fact, local civil.DateTime, wait civil.Period) *slot {
	loc := d.zone.Loc()
	d.slots = append(d.slots, slot{key: key, fact: fact})
	sl := &d.slots[len(d.slots)-1]
	plain := s.At == nil && s.Between == nil
	if !wait.Calendar() && !wait.IsZero() || wait.IsZero() && plain && !fact.At.Time.IsZero() {
		sl.exact = local.Resolve(loc).Add(wait.Exact)
		if !fact.At.Time.IsZero() {
			sl.exact = fact.At.Time.Add(wait.Exact)
		}
		local = civil.DateTimeOf(sl.exact, loc)
	} else {
		local.Date = local.Date.Add(wait)
	}
	sl.base = d.clock(s, local, false)
	if !sl.exact.IsZero() && sl.base.Resolve(loc).Before(sl.exact) { // never before the wait is over
		if s.At != nil {
			local.Date = local.Date.AddDays(1)
			sl.base = d.clock(s, local, false)
		} else if sl.base.Date == local.Date {
			sl.base = local
		}
	}
	if s.Workdays && sl.base.Date != local.Date {
		sl.from = local.Date
	}
	if !plain || sl.base != local {
		sl.exact = time.Time{}
	}
	d.settle(s, sl)
	return sl
}

// settle resolves sl and moves it into the hours. A base has the step's own
// clock, so where it is open it is the next `at` as well.
func (d *desire) settle(s *Step, sl *slot) {
	sl.at = sl.exact
	if sl.at.IsZero() {
		sl.at = sl.base.Resolve(d.zone.Loc())
	}
	if h := d.hours(s); sl.at.Nanosecond() == 0 && h.Open(sl.at) {
		sl.due, sl.open = time.Unix(sl.at.Unix(), 0).UTC(), true
		return
	}
	sl.due, sl.open = d.allowed(s, sl.at)
}

// clock puts the step's own clock and workday on a local time.
func (d *desire) clock(s *Step, local civil.DateTime, backwards bool) civil.DateTime {
	switch {
	case s.At != nil:
		local.Clock = *s.At
	case s.Between != nil:
		local.Clock = s.Between.From
	}
	if s.Workdays {
		if backwards {
			local.Date = d.cal.PrevWorkday(local.Date)
		} else {
			local.Date = d.cal.NextWorkday(local.Date)
		}
	}
	return local
}

// beforeSlots gives one occurrence for each `by`, stale once the next one's
// due, or the date itself, has passed (rule 17).
func (d *desire) beforeSlots(s *Step, fact Fact) {
	loc := d.zone.Loc()
	end := fact.At.In(loc, dateClock)
	for i, by := range s.By {
		local := end
		if by.Calendar() {
			local.Date = local.Date.Add(by.Neg())
		} else {
			local = civil.DateTimeOf(end.Resolve(loc).Add(-by.Exact), loc)
		}
		if s.At == nil && s.Between == nil && fact.At.Time.IsZero() && by.Calendar() {
			local.Clock = dateClock
		}
		d.slots = append(d.slots, slot{key: by.String(), n: i, base: d.clock(s, local, true), fact: fact})
		d.settle(s, &d.slots[i])
	}
	for i := range d.slots {
		switch {
		case i+1 == len(d.slots):
			d.slots[i].stale = end.Date.AddDays(1).At(0).Resolve(loc)
		case d.slots[i+1].open:
			d.slots[i].stale = d.slots[i+1].due
		default:
			d.slots[i].stale = d.slots[i+1].at
		}
	}
}

// everySlots gives occurrence n at start + n x wait, strictly before until.
func (d *desire) everySlots(s *Step, u *Unit, start Fact) {
	loc := d.zone.Loc()
	limit := s.Times
	if limit <= 0 || limit > occurrences {
		limit = occurrences
	}
	var until civil.DateTime
	if s.Until.Kind != "" {
		end, ok := d.anchor(s.Until, u)
		if !ok {
			return
		}
		until = end.At.In(loc, 0)
	}
	local, first := start.At.In(loc, dateClock), start.At.In(loc, 0)
	for n := 1; n <= limit; n++ {
		wait := s.Wait.Times(n)
		if !until.IsZero() {
			at := first
			if s.Wait.Calendar() {
				at.Date = at.Date.Add(wait)
			} else {
				at = civil.DateTimeOf(at.Resolve(loc).Add(wait.Exact), loc)
			}
			if at.Compare(until) >= 0 {
				return
			}
		}
		d.slot(s, strconv.Itoa(n), start, local, wait).n = n
	}
}

// caseSlots gives one occurrence for the latest closing of each closed case.
func (d *desire) caseSlots(s *Step, u *Unit) {
	for i := range d.facts.Cases {
		c := &d.facts.Cases[i]
		if c.Open() || c.Reason == "data-request" || u != nil && c.Unit != u.Key {
			continue
		}
		fact := Fact{At: Moment{Time: c.Closed}, Source: "case", Event: strconv.Itoa(c.Number)}
		d.slot(s, c.Key(), fact, fact.At.In(d.zone.Loc(), dateClock), s.Wait)
	}
}

// hours returns when s may go out: the shop's hours and the step's own window,
// in every zone the customer may be in.
func (d *desire) hours(s *Step) civil.Hours {
	if d.openFor != s {
		d.open, d.openFor = d.r.hours(d.windows[:0], s, d.zone, d.cal), s
	}
	return d.open
}

// hours needs room for two windows.
func (r *Rules) hours(room []civil.Window, s *Step, z Zone, cal civil.Calendar) civil.Hours {
	h := civil.Hours{Windows: room, Workdays: s.Workdays, Cal: cal}
	if w, ok := r.Shop.Hours[s.Channel]; ok {
		h.Windows = append(h.Windows, w)
	}
	if s.Between != nil {
		h.Windows = append(h.Windows, *s.Between)
	}
	h.Zones = z.polite(h.Windows)
	return h
}

// allowed returns the first allowed moment from t: with `at` the next allowed
// `at`, else the first instant inside the hours; ok is false when there is none
// within 14 days (rule 11).
func (d *desire) allowed(s *Step, t time.Time) (time.Time, bool) {
	h, limit := d.hours(s), t.AddDate(0, 0, horizon)
	if s.At != nil {
		if at, ok := h.NextAt(t, *s.At, limit); ok {
			return at, true
		}
	}
	return h.Next(t, limit)
}

// place gives w the due of its slot: inside the hours, not before floor, and
// after a case that held it.
func (d *desire) place(w *Wanted, sl *slot, floor time.Time) {
	s, t := w.Step, sl.due
	if !floor.IsZero() {
		if from, ok := d.allowed(s, floor); ok && from.After(t) {
			t, w.Rule = from, "otherwise"
		}
	}
	w.moved = sl.open && t.Sub(sl.at) >= time.Second && w.Rule == "due" // less is only that it is a whole second
	if w.Closed = !sl.open; w.Closed {
		t = sl.at
	}
	key := sl.key
	if s.Channel == Call {
		key = tryKey(s, key, 1)
	}
	d.hold(w, key, t)
	d.stamp(w, sl)
}

// stamp writes due, zone and how late is too late.
func (d *desire) stamp(w *Wanted, sl *slot) {
	s, loc := w.Step, d.zone.Loc()
	w.Due = civil.DateTimeOf(w.DueAt, loc)
	late := d.late(s)
	w.Send = late.Send
	if late.MoreThan.Calendar() {
		w.Last = w.Due.Add(late.MoreThan).Resolve(loc)
	} else {
		w.Last = late.MoreThan.After(w.DueAt, loc)
	}
	if s.Timing == Before && !sl.stale.IsZero() {
		if last := sl.stale.Add(-time.Second); s.Late == nil || last.Before(w.Last) {
			w.Last = last
		}
		if s.Late == nil {
			w.Send = false // a stale reminder has no point
		}
	}
}

// late returns how late is too late for s.
func (d *desire) late(s *Step) Late {
	l := d.plan.Late
	if s.Late != nil {
		l = *s.Late
	}
	if l.MoreThan.IsZero() {
		l.MoreThan = d.plan.Late.MoreThan
	}
	if l.MoreThan.IsZero() {
		l.MoreThan = defaultLate
	}
	return l
}

// Facts returns what the due was computed from, in the zone of the Desire.
func (w *Wanted) Facts(z Zone) map[string]string {
	if w.facts != nil {
		return w.facts
	}
	return w.counted(w.anchor.At.written(z.Loc()), z.String())
}

// counted says what the due was counted from: when that was, in which zone.
func (w *Wanted) counted(at, zone string) map[string]string {
	return map[string]string{"anchor": w.Step.Anchor.String(), "at": at, "source": w.anchor.Source, "zone": zone}
}

// written writes m as a wall clock in loc shows it, or as the date that it is.
func (m Moment) written(loc *time.Location) string {
	at := m.In(loc, 0)
	if m.Time.IsZero() {
		return at.Date.String()
	}
	return at.String()
}
