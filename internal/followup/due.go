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

// slots lists the occurrences of s whose anchors are known; why says what is
// missing when there are none.
func (d *desire) slots(s *Step, u *Unit) (out []slot, why string) {
	if s.Anchor.Kind == AnchorCaseClosed {
		return d.caseSlots(s, u), "no case was closed"
	}
	fact, ok := d.anchor(s.Anchor, u)
	if !ok {
		return nil, s.Anchor.String() + " is not known"
	}
	switch s.Timing {
	case Before:
		return d.beforeSlots(s, fact), "no date to count from"
	case Every:
		return d.everySlots(s, u, fact)
	default:
		return []slot{d.slot(s, "1", fact, s.Wait)}, ""
	}
}

func (d *desire) anchor(a Anchor, u *Unit) (Fact, bool) {
	if u == nil {
		return d.orderAnchor(a)
	}
	return d.unitAnchor(a, u)
}

// slot counts wait from fact: calendar units on the date, hours from the
// instant (rule 9), then the clock of the step (rule 10).
func (d *desire) slot(s *Step, key string, fact Fact, wait civil.Period) slot {
	loc := d.zone.Loc()
	sl := slot{key: key, fact: fact, how: s.Anchor.String() + " + " + wait.String()}
	local := fact.At.In(loc, dateClock)
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
		sl.how += ", moved from " + local.Date.Weekday().String() + " to a workday"
	}
	if !plain || sl.base != local {
		sl.exact = time.Time{}
	}
	return sl
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
func (d *desire) beforeSlots(s *Step, fact Fact) []slot {
	loc := d.zone.Loc()
	end := fact.At.In(loc, dateClock)
	var out []slot
	for _, by := range s.By {
		local := end
		how := s.Anchor.String() + " - " + by.String()
		if by.Calendar() {
			local.Date = local.Date.Add(by.Neg())
		} else {
			local = civil.DateTimeOf(end.Resolve(loc).Add(-by.Exact), loc)
		}
		if s.At == nil && s.Between == nil && fact.At.Time.IsZero() && by.Calendar() {
			local.Clock = dateClock
		}
		out = append(out, slot{key: by.String(), base: d.clock(s, local, true), fact: fact, how: how})
	}
	for i := range out {
		if i+1 < len(out) {
			out[i].stale = out[i+1].base.Resolve(loc)
			if due, ok := d.allowed(s, out[i].stale); ok {
				out[i].stale = due
			}
		} else {
			out[i].stale = end.Date.AddDays(1).At(0).Resolve(loc)
		}
	}
	return out
}

// everySlots gives occurrence n at start + n x wait, strictly before until.
func (d *desire) everySlots(s *Step, u *Unit, start Fact) ([]slot, string) {
	loc := d.zone.Loc()
	limit := s.Times
	if limit <= 0 || limit > occurrences {
		limit = occurrences
	}
	var until civil.DateTime
	if s.Until.Kind != "" {
		end, ok := d.anchor(s.Until, u)
		if !ok {
			return nil, s.Until.String() + " is not known"
		}
		until = end.At.In(loc, 0)
	}
	var out []slot
	for n := 1; n <= limit; n++ {
		sl := d.slot(s, strconv.Itoa(n), start, s.Wait.Times(n))
		at := start.At.In(loc, 0)
		if s.Wait.Calendar() {
			at.Date = at.Date.Add(s.Wait.Times(n))
		} else {
			at = civil.DateTimeOf(at.Resolve(loc).Add(s.Wait.Times(n).Exact), loc)
		}
		if !until.IsZero() && at.Compare(until) >= 0 {
			break
		}
		out = append(out, sl)
	}
	return out, "the first occurrence would not be before " + s.Until.String()
}

// caseSlots gives one occurrence for the latest closing of each closed case.
func (d *desire) caseSlots(s *Step, u *Unit) []slot {
	var out []slot
	for _, c := range d.facts.Cases {
		if c.Open() || c.Reason == "data-request" || u != nil && c.Unit != u.Key {
			continue
		}
		fact := Fact{At: Moment{Time: c.Closed}, Source: "case", Event: strconv.Itoa(c.Number)}
		out = append(out, d.slot(s, c.Key(), fact, s.Wait))
	}
	return out
}

// hours returns when s may go out: the shop's hours and the step's own window,
// in every zone the customer may be in.
func (d *desire) hours(s *Step) civil.Hours { return d.r.hours(s, d.zone, d.cal) }

func (r *Rules) hours(s *Step, z Zone, cal civil.Calendar) civil.Hours {
	h := civil.Hours{Workdays: s.Workdays, Cal: cal, Zones: z.Candidates}
	if w, ok := r.Shop.Hours[s.Channel]; ok {
		h.Windows = append(h.Windows, w)
	}
	if s.Between != nil {
		h.Windows = append(h.Windows, *s.Between)
	}
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

// place gives a slot its due: inside the hours, not before floor, and after a
// case that held it.
func (d *desire) place(s *Step, u *Unit, sl slot, floor time.Time) Wanted {
	t := sl.exact
	if t.IsZero() {
		t = sl.base.Resolve(d.zone.Loc())
	}
	own := t
	t, open := d.allowed(s, t)
	w := Wanted{Step: s, Rule: "due", anchor: sl.fact}
	if !floor.IsZero() {
		if from, ok := d.allowed(s, floor); ok && from.After(t) {
			t, w.Rule = from, "otherwise"
		}
	}
	w.Reason = sl.how
	if s.At != nil {
		w.Reason += " at " + s.At.String()
	}
	if open && !t.Equal(own) && w.Rule == "due" {
		w.Reason += ", moved into the allowed hours"
	}
	w.Closed = !open
	if !open {
		t = own
	}
	key := sl.key
	if s.Channel == Call {
		key = tryKey(s, key, 1)
	}
	d.hold(s, u, key, t, &w)
	d.stamp(s, sl, &w)
	return w
}

// stamp writes due, zone and how late is too late.
func (d *desire) stamp(s *Step, sl slot, w *Wanted) {
	w.Due = civil.DateTimeOf(w.DueAt, d.zone.Loc())
	late := d.late(s)
	w.Send = late.Send
	w.Last = late.MoreThan.After(w.DueAt, d.zone.Loc())
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

// Facts returns what the due was computed from, in the zone of the Desire. They
// are made when asked for: most follow-ups are wanted as they are already.
func (w *Wanted) Facts(z Zone) map[string]string {
	if w.facts != nil {
		return w.facts
	}
	at := w.anchor.At.In(z.Loc(), 0)
	when := at.String()
	if w.anchor.At.Time.IsZero() {
		when = at.Date.String()
	}
	return map[string]string{
		"anchor": w.Step.Anchor.String(), "at": when, "source": w.anchor.Source, "zone": z.Name + " (" + string(z.Source) + ")",
	}
}
