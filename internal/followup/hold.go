package followup

import "time"

// hold puts the due of w after the cases that hold it (rule 22): t stays when
// nothing holds it; an open case holds it from its due on, until the case
// closes or the cap is reached, and then the due is the first allowed moment.
func (d *desire) hold(w *Wanted, key string, t time.Time) {
	s := w.Step
	w.DueAt = t
	if len(d.facts.Cases) == 0 || s.Hold.Off || s.Class != Feedback && s.Class != Marketing {
		return
	}
	due := t
	if held := d.heldAt(s, w.unit, key); held.After(t) {
		t = held
	}
	limit := d.capOf(s, due)
	for range 1 + 2*len(d.facts.Cases) + d.spans() {
		number, until, found := d.caseAt(t)
		if !found {
			break
		}
		capped := !limit.IsZero() && (until.IsZero() || limit.Before(until))
		end := until
		if capped {
			end = limit
		}
		if end.IsZero() || end.After(d.now) {
			if !t.After(d.now) {
				w.HeldBy, w.HeldUntil = number, limit
			}
			break
		}
		next, ok := d.allowed(s, end)
		if !ok {
			break
		}
		t = next
		w.DueAt, w.Rule, w.said = t, "hold", "waited until the case was solved"
		if capped {
			w.said = "waited for the case as long as the plan allows"
			_, _, still := d.caseAt(t)
			w.CaseText = still
			break
		}
	}
}

// capOf returns when a hold ends whatever happens, counted from the due.
func (d *desire) capOf(s *Step, due time.Time) time.Time {
	if s.Hold.AtMost.IsZero() {
		return time.Time{}
	}
	return s.Hold.AtMost.After(due, d.zone.Loc())
}

// heldAt returns the look at which the row was held, if its due had passed by then.
func (d *desire) heldAt(s *Step, u *Unit, key string) time.Time {
	if row := d.row(s, u, key); row != nil {
		return row.HeldAt
	}
	return time.Time{}
}

// caseAt returns a case that was open at t; until is zero while it still is.
func (d *desire) caseAt(t time.Time) (number int, until time.Time, ok bool) {
	for i := range d.facts.Cases {
		c := &d.facts.Cases[i]
		if c.Reason == "data-request" {
			continue // paperwork, not a problem with the goods
		}
		for _, s := range c.Spans {
			if !t.Before(s.From) && t.Before(s.Until) {
				return c.Number, s.Until, true
			}
		}
		if !t.Before(c.Opened) && (c.Open() || t.Before(c.Closed)) {
			return c.Number, c.Closed, true
		}
	}
	return 0, time.Time{}, false
}

func (d *desire) spans() int {
	n := 0
	for i := range d.facts.Cases {
		n += len(d.facts.Cases[i].Spans)
	}
	return n
}
