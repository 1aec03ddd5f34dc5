package followup

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reconcile compares what is wanted with the rows that exist and returns the
// rows to write: new ones (Version 0), moved, released, returned and voided
// ones. What is armed or later is never touched, and a row that is as it should
// be is not returned, so reconciling again returns nothing. d must be the Desire
// of the same journey.
func Reconcile(j *Journey, d *Desire, now time.Time) []FollowUp {
	rec := reconciler{j: j, d: d, now: now, wanted: make([]bool, len(j.Rows)), written: make([]bool, len(j.Rows))}
	for i := range d.Wanted {
		if at := rec.find(&d.Wanted[i]); at < 0 {
			rec.fresh = append(rec.fresh, int32(i))
		} else {
			rec.wanted[at] = true
			rec.adjust(at, &d.Wanted[i])
		}
	}
	rec.create()
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State.Open() && !rec.wanted[i] {
			rec.void(i)
		}
		if row.Awaited() && !rec.written[i] { // what waited for its end is planned with this Save
			rec.change(i).Next = time.Time{}
		}
	}
	if !rec.sorted() {
		slices.SortFunc(rec.out, func(a, b FollowUp) int { return cmp.Compare(a.ID, b.ID) })
	}
	return rec.out
}

// sorted reports whether the rows to write are in the order of their ids. Rows
// are large: they are compared, and created, where they stand.
func (r *reconciler) sorted() bool {
	for i := 1; i < len(r.out); i++ {
		if r.out[i].ID < r.out[i-1].ID {
			return false
		}
	}
	return true
}

// Awaited reports whether row ended and another follow-up waits for that: it
// keeps a look until the journey was enrolled again.
func (f *FollowUp) Awaited() bool { return !f.Next.IsZero() && f.State.Terminal() }

// Await keeps a look on a row that ended, when a next try or an otherwise may
// follow from it.
func (f *FollowUp) Await(p *Plan, now time.Time) {
	if !f.State.Terminal() || p == nil {
		return
	}
	if s := p.Step(f.Step); s != nil && (s.Otherwise != "" || f.Outcome == OutcomeNoAnswer || f.Outcome == OutcomeCallBack) {
		f.Next = now
	}
}

type reconciler struct {
	j       *Journey
	d       *Desire
	now     time.Time
	wanted  []bool // by place of the row
	written []bool
	fresh   []int32 // places of what is wanted and has no row
	out     []FollowUp

	// What decisions say again and again.
	zone   string
	anchor Moment
	at     string // the anchor, on the customer's clock
}

// find returns the place of w's row, or -1. The Desire noted it; rows that were
// added since are looked through.
func (r *reconciler) find(w *Wanted) int {
	rows := r.j.Rows
	if at := int(w.at) - 1; at >= 0 && at < len(rows) && rows[at].ID == w.ID {
		return at
	}
	if w.at == 0 && len(rows) == r.d.rows {
		return -1
	}
	return slices.IndexFunc(rows, func(f FollowUp) bool { return f.ID == w.ID })
}

// change adds a copy of a row to what is written.
func (r *reconciler) change(at int) *FollowUp {
	r.written[at] = true
	r.out = append(r.out, r.j.Rows[at])
	return &r.out[len(r.out)-1]
}

// create plans what does not exist, in the order of the ids; what is too late
// already is created EXPIRED, so that people can see why nothing came.
func (r *reconciler) create() {
	slices.SortFunc(r.fresh, func(a, b int32) int { return cmp.Compare(r.d.Wanted[a].ID, r.d.Wanted[b].ID) })
	r.out = slices.Grow(r.out, len(r.fresh))
	for _, i := range r.fresh {
		w := &r.d.Wanted[i]
		r.out = append(r.out, FollowUp{
			ID: w.ID, Step: w.Step.ID, Unit: w.Unit, Occurrence: w.Occurrence,
			Class: w.Step.Class, Channel: w.Step.Channel, Order: w.Step.Index,
		})
		r.place(&r.out[len(r.out)-1], w, Decision{At: r.now, Result: ResultPlan, Rule: w.Rule, Reason: w.Reason()})
	}
}

// facts returns what the due of w was computed from.
func (r *reconciler) facts(w *Wanted) map[string]string {
	if w.facts != nil {
		return w.facts
	}
	if r.zone == "" {
		r.zone = r.d.Zone.String()
	}
	if r.at == "" || r.anchor != w.anchor.At {
		r.anchor, r.at = w.anchor.At, w.anchor.At.written(r.d.Zone.Loc())
	}
	return w.counted(r.at, r.zone)
}

// place gives row the due of w and the state that goes with it. why gets the
// facts of w.
func (r *reconciler) place(row *FollowUp, w *Wanted, why Decision) {
	why.Facts = r.facts(w)
	row.Plan, row.Contact = r.d.Plan.Hash, r.j.Head.Contact
	row.Units = w.Units
	row.Due, row.Zone, row.DueAt = w.Due, r.d.Zone.Name, w.DueAt
	row.CaseText = w.CaseText
	row.Ended, row.Listed = time.Time{}, time.Time{}
	switch {
	case w.TooLate(r.now):
		row.Decide(why)
		row.expire(w, r.now)
		return
	case w.HeldBy != 0:
		row.Decide(why)
		row.hold(w, r.now)
		return
	}
	row.State, row.Next, row.HeldFor = Planned, w.DueAt, ""
	why.Next = row.Next
	row.Decide(why)
}

// expire ends row as too late.
func (f *FollowUp) expire(w *Wanted, now time.Time) {
	f.end(Expired, now)
	d := Decision{At: now, Result: ResultExpire, Rule: "late", Reason: "too late: was due " + w.Due.String()}
	if w.Closed {
		d.Rule, d.Reason = "hours", "no allowed moment within 14 days of "+w.Due.String()
	}
	d.Facts = map[string]string{"due": w.Due.String(), "last": w.Last.UTC().Format(time.RFC3339)}
	f.Decide(d)
}

// hold keeps row back for an open case.
func (f *FollowUp) hold(w *Wanted, now time.Time) {
	f.State, f.HeldFor, f.Next = Held, "case", w.HeldUntil
	f.Decide(Decision{
		At: now, Result: ResultHold, Rule: "case", Reason: fmt.Sprintf("case %d is open", w.HeldBy),
		Facts: map[string]string{"case": fmt.Sprint(w.HeldBy)}, Next: w.HeldUntil,
	})
}

// adjust moves, releases or brings back a row that exists.
func (r *reconciler) adjust(at int, w *Wanted) {
	row := &r.j.Rows[at]
	why := Decision{At: r.now, Result: ResultPlan, Rule: w.Rule}
	switch {
	case row.State == Voided && !row.Hand:
		why.Reason = "wanted again: " + w.Reason()
		r.place(r.change(at), w, why)
	case row.State == Expired && w.returns(row, r.now):
		why.Reason = "a later date: " + w.Reason()
		r.place(r.change(at), w, why)
	case !row.State.Open():
	case row.Due != w.Due || row.Zone != r.d.Zone.Name || !row.DueAt.Equal(w.DueAt):
		why.Result, why.Rule = ResultMove, "moved"
		why.Reason = "was due " + row.Due.String() + " " + row.Zone + "; now " + w.Reason()
		if row.Contact != r.j.Head.Contact {
			why.Reason += "; " + newContact
		}
		changed := r.change(at)
		changed.Refusals = 0
		r.place(changed, w, why)
	case w.HeldBy != 0 && row.State != Held:
		r.change(at).hold(w, r.now)
	case row.State == Held && row.HeldFor == "case" && w.HeldBy == 0 && !r.caseOpen():
		why.Rule, why.Reason = "released", "the case was solved"
		r.place(r.change(at), w, why)
	case row.State == Held && row.HeldFor == "paused" && r.d.goes:
		why.Rule, why.Reason = "released", "the pause is over"
		r.place(r.change(at), w, why)
	case row.State == Listed && w.holdable() && r.caseOpen():
		changed := r.change(at)
		changed.HeldAt = r.now
		r.holdNow(changed, w)
	case row.Contact != r.j.Head.Contact:
		why.Rule, why.Reason = "contact", newContact
		r.redirect(r.change(at), w, why)
	case !slices.Equal(row.Units, w.Units):
		why.Rule, why.Reason = "units", "about "+pieces(w.Units)+", was about "+pieces(row.Units)
		if len(w.Units) == len(row.Units) {
			why.Reason = "about other units of the same article"
		}
		r.redirect(r.change(at), w, why)
	}
}

// newContact says that a follow-up goes elsewhere, without saying where.
const newContact = "to the customer's new address or number"

// redirect sends row to whom, and about what, w says; when it goes out is as it was.
func (r *reconciler) redirect(row *FollowUp, w *Wanted, why Decision) {
	row.Units, row.Contact = w.Units, r.j.Head.Contact
	why.Result, why.Facts, why.Next = ResultMove, r.facts(w), row.Next
	row.Decide(why)
}

// pieces writes how many units a follow-up is about.
func pieces(units []UnitKey) string {
	if len(units) == 1 {
		return "1 unit"
	}
	return fmt.Sprintf("%d units", len(units))
}

// holdNow holds a row whose due came before its case was opened.
func (r *reconciler) holdNow(row *FollowUp, w *Wanted) {
	held := *w
	held.HeldBy, held.HeldUntil = r.openCase(), w.HeldUntil
	if !w.Step.Hold.AtMost.IsZero() {
		held.HeldUntil = w.Step.Hold.AtMost.After(w.DueAt, r.d.Zone.Loc())
	}
	row.hold(&held, r.now)
}

// holdable reports whether an open case holds follow-ups of w's step (rule 22).
func (w *Wanted) holdable() bool {
	return !w.Step.Hold.Off && (w.Step.Class == Feedback || w.Step.Class == Marketing) && !w.CaseText
}

func (r *reconciler) caseOpen() bool { return r.openCase() != 0 }

func (r *reconciler) openCase() int { return r.j.Head.Facts.OpenCase() }

// OpenCase returns the number of the oldest open case that is about the goods,
// or 0.
func (f *Facts) OpenCase() int {
	for _, c := range f.Cases {
		if c.Open() && c.Reason != "data-request" {
			return c.Number
		}
	}
	return 0
}

// void ends a row that is not wanted any more, with the reason.
func (r *reconciler) void(at int) {
	why := r.refusal(&r.j.Rows[at])
	changed := r.change(at)
	changed.end(Voided, r.now)
	changed.Decide(Decision{At: r.now, Result: ResultVoid, Rule: why.Rule, Reason: why.Reason, Facts: why.Facts})
}

func (r *reconciler) refusal(row *FollowUp) Refusal {
	if why, ok := r.d.Refused[row.ID]; ok {
		return why
	}
	switch {
	case r.j.Head.Facts.Erased:
		return Refusal{Rule: "erased", Reason: "the customer asked to be forgotten"}
	case r.d.Plan == nil:
		return Refusal{Rule: "plan", Reason: r.d.Why}
	case r.d.Plan.Step(row.Step) == nil:
		return Refusal{Rule: "plan", Reason: fmt.Sprintf("plan %s version %d has no step %s", r.d.Plan.Name, r.d.Plan.Version, row.Step)}
	case r.merged(row):
		return Refusal{Rule: "merged", Reason: "its units go with another follow-up"}
	case r.d.Plan.Step(row.Step).Anchor.Kind == AnchorCaseClosed:
		return Refusal{Rule: "anchor", Reason: caseAgain}
	default:
		return Refusal{Rule: "anchor", Reason: "its date is gone: " + r.d.Plan.Step(row.Step).Anchor.String() + " is told otherwise now"}
	}
}

// caseAgain is why a follow-up of a closed case is not wanted any more.
const caseAgain = "the case was opened again; the customer is asked once it is solved"

// merged reports whether another follow-up of the same step is about a unit of row.
func (r *reconciler) merged(row *FollowUp) bool {
	return slices.ContainsFunc(r.d.Wanted, func(w Wanted) bool {
		return w.Step.ID == row.Step && slices.ContainsFunc(row.Units, func(u UnitKey) bool { return slices.Contains(w.Units, u) })
	})
}
