package followup

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
)

// fate is how an occurrence of a step ended, as far as its otherwise cares
// (rule 14). The zero fate is pending or happened.
type fate struct {
	missed bool      // not wanted by its own condition, FAILED, SKIPPED, missed, expired
	ended  time.Time // when it ended; zero: the otherwise keeps its own due (rule 15)
	how    string
}

func (f fate) say() string {
	switch {
	case f.how != "":
		return f.how
	default:
		return "it is still to come"
	}
}

// fateKey names an occurrence of a step for a unit ("" the order).
type fateKey struct {
	step *Step
	unit UnitKey
	key  string
}

// remember keeps the fate of an occurrence of s, which has an otherwise.
func (d *desire) remember(s *Step, u *Unit, key string, f fate) {
	if d.fates == nil {
		d.fates = map[fateKey]fate{}
	}
	d.fates[fateKey{s, keyOf(u), key}] = f
}

// recall returns the fate of the source's occurrence of that key; a source with
// one occurrence answers for every key.
func (d *desire) recall(src *Step, u *Unit, key string) fate {
	if f, ok := d.fates[fateKey{src, keyOf(u), key}]; ok {
		return f
	}
	return d.fates[fateKey{src, keyOf(u), "1"}]
}

// unwanted is the fate of an occurrence whose condition does not hold now: what
// happened before counts, else it is missed.
func (d *desire) unwanted(s *Step, u *Unit, key string) fate {
	missed := fate{missed: true}
	for n := 1; ; n++ {
		k := key
		if s.Channel == Call {
			k = tryKey(s, key, n)
		}
		row := d.row(s, u, k)
		if row == nil || !row.over() {
			return missed
		}
		switch {
		case row.State == Skipped:
			missed = fate{missed: true, ended: row.skippedAt()}
		case row.State == Failed, row.Outcome == OutcomeWrongNumber, row.Outcome == OutcomeNoAnswer:
			missed = fate{missed: true, ended: row.Ended}
		default:
			return fate{how: "it went out"}
		}
		if s.Channel != Call {
			return missed
		}
	}
}

// skippedAt is when a row that was skipped was to be looked at. That a busy
// machine looked a moment later must not cost what follows a day: the next 10:00
// from 10:00:00.1 on is tomorrow's.
func (f *FollowUp) skippedAt() time.Time {
	at := f.DueAt
	for i := range f.Decisions {
		d := &f.Decisions[i]
		if d.Result == ResultPlan || d.Rule == "moved" {
			at = f.DueAt // looks of before were those of another due
		}
		if d.Next.After(at) && !d.Next.After(f.Ended) {
			at = d.Next // hours or a budget had moved the look
		}
	}
	if at.After(f.Ended) {
		return f.Ended
	}
	return at
}

// fateOf reads how a single follow-up ended, from its row or, when it would be
// created EXPIRED now, from w.
func (d *desire) fateOf(w *Wanted, row *FollowUp) fate {
	if row == nil {
		return fate{missed: w.TooLate(d.now)}
	}
	switch row.State {
	case Skipped:
		return fate{missed: true, ended: row.skippedAt()}
	case Failed:
		return fate{missed: true, ended: row.Ended}
	case Expired:
		if w.returns(row, d.now) {
			return fate{}
		}
		if row.Listed.IsZero() {
			return fate{missed: true} // its otherwise keeps its own due, which expires too
		}
		return fate{missed: true, ended: row.Ended}
	case Sent, Delivered, Bounced, Complained:
		return fate{how: "it went out"}
	default:
		return fate{}
	}
}

// TooLate reports whether w's moment has passed so long ago that it must not
// be planned any more.
func (w *Wanted) TooLate(now time.Time) bool {
	if w.HeldBy != 0 {
		return false // a hold ends by its case or its cap, never by lateness
	}
	return w.Closed || !w.Send && !w.Last.IsZero() && now.After(w.Last)
}

// returns reports whether an EXPIRED row comes back: wanted with a later due
// that is not too late.
func (w *Wanted) returns(row *FollowUp, now time.Time) bool {
	return !row.Hand && w.DueAt.After(row.DueAt) && !w.TooLate(now)
}

// tries wants the next call at a person (rule 16). w is the first try.
func (d *desire) tries(w *Wanted, sl *slot) {
	s, u, first := w.Step, w.unit, w.DueAt
	for n := 1; ; n++ {
		key := tryKey(s, sl.key, n)
		row := d.row(s, u, key)
		if why, reached := d.reached(u, first); reached && (row == nil || !row.State.Settled()) {
			d.refuse(s, u, sl.key, func() Refusal { return Refusal{Rule: "reached", Reason: why} })
			d.ends(w, sl, fate{how: why})
			return
		}
		d.want(w, key)
		if row == nil || row.Outcome == "" || row.State.rank() == 0 {
			d.ends(w, sl, d.fateOf(w, row))
			return
		}
		if f, more := d.nextTry(w, row, n); !more {
			d.ends(w, sl, f)
			return
		}
		d.hold(w, tryKey(s, sl.key, n+1), w.DueAt)
		d.stamp(w, sl)
	}
}

// ends remembers the fate of w's occurrence, if an otherwise asks for it.
func (d *desire) ends(w *Wanted, sl *slot, f fate) {
	if w.Step.Otherwise != "" {
		d.remember(w.Step, w.unit, sl.key, f)
	}
}

// tryKey returns the occurrence key of try n (rule 19).
func tryKey(s *Step, key string, n int) string {
	if s.Tries == 0 && n == 1 {
		return key
	}
	return key + "#" + strconv.Itoa(n)
}

// Try returns the number of the try a row stands for, 1 when it has none.
func (f *FollowUp) Try() int {
	if _, n, ok := strings.Cut(f.Occurrence, "#"); ok {
		if i, err := strconv.Atoi(n); err == nil {
			return i
		}
	}
	return 1
}

// nextTry reads the outcome of try n and makes w the try that follows; more is
// false when there is none, and f is the fate then.
func (d *desire) nextTry(w *Wanted, row *FollowUp, n int) (f fate, more bool) {
	s, missed := w.Step, fate{missed: true, ended: row.Ended}
	var ok bool
	switch row.Outcome {
	case OutcomeNoAnswer:
		if n >= max(1, s.Tries) {
			return missed, false
		}
		w.DueAt, ok = d.nextThird(s, row.Ended)
		w.Rule, w.said = "try", "nobody answered; try "+strconv.Itoa(n+1)+" of "+strconv.Itoa(s.Tries)+" at another time of day"
	case OutcomeCallBack:
		w.DueAt, ok = d.allowedIn(s, row.CallBack)
		w.Rule, w.said = "call-back", "asked to be called at "+row.CallBack.String()
	case OutcomeWrongNumber:
		return missed, false
	default:
		return fate{how: "the customer was reached"}, false
	}
	w.Closed = !ok
	w.facts = map[string]string{"try": strconv.Itoa(n), "outcome": string(row.Outcome), "ended": civil.DateTimeOf(row.Ended, d.zone.Loc()).String()}
	w.HeldBy, w.HeldUntil, w.CaseText = 0, time.Time{}, false
	return fate{}, true
}

// allowedIn moves a local time into the hours.
func (d *desire) allowedIn(s *Step, at civil.DateTime) (time.Time, bool) {
	t := at.Resolve(d.zone.Loc())
	open, ok := d.hours(s).Next(t, t.AddDate(0, 0, horizon))
	if !ok {
		return t, false
	}
	return open, true
}

// nextThird is rule 16: the first allowed date from the ended date + spacing,
// at the start of the third of the window after the one in which the try ended.
func (d *desire) nextThird(s *Step, ended time.Time) (time.Time, bool) {
	loc := d.zone.Loc()
	local := civil.DateTimeOf(ended, loc)
	window := d.window(s)
	start := window.Thirds()[(thirdOf(window, local.Clock)+1)%3]
	if window.Overnight() && local.Clock < window.Until {
		local.Date = local.Date.AddDays(-1) // the window belongs to the day it began
	}
	date := local.Date.Add(s.Spacing)
	h := d.hours(s)
	for range horizon + 1 {
		if t := date.At(start).Resolve(loc); h.Open(t) {
			return t, true
		}
		date = date.AddDays(1)
	}
	return h.Next(local.Date.Add(s.Spacing).At(start).Resolve(loc), local.Date.Add(s.Spacing).AddDays(horizon).At(0).Resolve(loc))
}

// thirdOf returns in which third of w a clock time lies: before it the first,
// after it the last.
func thirdOf(w civil.Window, c civil.Clock) int {
	const day = 24 * 3600
	length, into := (w.Until-w.From+day)%day, (c-w.From+day)%day
	switch {
	case length == 0:
		length = day
	case into >= length && !w.Overnight() && c < w.From:
		return 0
	}
	return int(min(2, into*3/length))
}

// window is the stretch of a day in which calls are made: the step's window
// inside the shop's hours.
func (d *desire) window(s *Step) civil.Window {
	shop, ok := d.r.Shop.Hours[s.Channel]
	switch {
	case s.Between == nil && ok:
		return shop
	case s.Between == nil:
		return civil.Window{From: 0, Until: 24 * 3600}
	case !ok || shop.Overnight() || s.Between.Overnight():
		return *s.Between
	}
	w := civil.Window{From: max(shop.From, s.Between.From), Until: min(shop.Until, s.Between.Until)}
	if w.From >= w.Until {
		return *s.Between
	}
	return w
}

// reached reports whether the customer said works or problem, by page or mail,
// since the first try was due: that voids the remaining ones.
func (d *desire) reached(u *Unit, since time.Time) (string, bool) {
	for _, a := range slices.Backward(d.facts.Answers) {
		if u != nil && a.Unit != "" && a.Unit != u.Key || a.At.Before(since) || a.By == "phone" {
			continue
		}
		if a.Value == string(OutcomeWorks) || a.Value == string(OutcomeProblem) {
			return "the customer answered \"" + a.Value + "\" by " + a.By, true
		}
	}
	return "", false
}
