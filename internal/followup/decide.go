package followup

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
)

// Ruling is what Decide says of one row at one now. For every result but
// ResultSend the row as it should become is in Row; a row to be sent is armed
// first.
type Ruling struct {
	Decision
	Row    FollowUp
	Wanted Wanted
	Spend  bool // the send takes a place in the contact's ledger
}

// Decide says what may be done with row now. d must be the Desire of the same
// journey and now; claim is true when a person takes a call from the list. The
// gates come in a fixed order and the first hit decides: wanted and exit,
// reachable, suppression, consent, case, late, hours, budget, pause.
func (r *Rules) Decide(d *Desire, j *Journey, row *FollowUp, c *Contact, now time.Time, claim bool) Ruling {
	g := &gates{r: r, d: d, j: j, c: c, now: now, claim: claim, row: *row, w: d.find(row)}
	switch {
	case g.wanted(), g.restored(), g.reachable(), g.suppressed(), g.consent(), g.caseOpen(), g.late(), g.hours(), g.budget(), g.paused():
	default:
		g.send()
	}
	return g.out
}

// find returns what is wanted under the id of row, or nil.
func (d *Desire) find(row *FollowUp) *Wanted {
	if d.Plan == nil {
		return nil
	}
	s := d.Plan.Step(row.Step)
	if s == nil {
		return nil
	}
	i, ok := sort.Find(len(d.Wanted), func(i int) int {
		w := &d.Wanted[i]
		if w.Step != s {
			return cmp.Compare(s.Index, w.Step.Index)
		}
		return cmp.Compare(row.ID, w.ID)
	})
	if !ok {
		return nil
	}
	return &d.Wanted[i]
}

// gates is one decision under way. A gate that hits fills out.
type gates struct {
	r     *Rules
	d     *Desire
	j     *Journey
	c     *Contact
	now   time.Time
	claim bool
	row   FollowUp
	w     *Wanted
	out   Ruling

	windows [2]civil.Window // room for those of allowed
}

// hit records a decision; always true, so that a gate can return it.
func (g *gates) hit(result Result, rule, reason string, facts map[string]string, next time.Time) bool {
	d := Decision{At: g.now, Result: result, Rule: rule, Reason: reason, Facts: facts, Next: next}
	g.row.Decide(d)
	g.out = Ruling{Decision: d, Row: g.row}
	if g.w != nil {
		g.out.Wanted = *g.w
	}
	return true
}

func (g *gates) wanted() bool {
	if g.w == nil {
		rec := reconciler{j: g.j, d: g.d, now: g.now}
		why := rec.refusal(&g.row)
		g.row.end(Voided, g.now)
		return g.hit(ResultVoid, why.Rule, why.Reason, why.Facts, time.Time{})
	}
	if g.w.DueAt.After(g.now) { // a stale row: its due has moved
		g.row.State = Planned
		g.row.Due, g.row.Zone, g.row.DueAt, g.row.Next = g.w.Due, g.d.Zone.Name, g.w.DueAt, g.w.DueAt
		return g.hit(ResultMove, "moved", "its date has moved: "+g.w.Reason(), g.w.Facts(g.d.Zone), g.w.DueAt)
	}
	g.row.Due, g.row.Zone, g.row.DueAt = g.w.Due, g.d.Zone.Name, g.w.DueAt
	return false
}

// restored catches a send of before a restore: the ledger has it, the row does not.
func (g *gates) restored() bool {
	for _, s := range g.c.Sends {
		if s.FollowUp == g.row.ID && s.Epoch < g.r.Epoch && g.row.Attempt != restoredAttempt(g.r.Epoch) {
			g.row.State, g.row.Next, g.row.Attempt = Unknown, g.now.Add(UnclearWindow), restoredAttempt(g.r.Epoch)
			if s.At.After(g.row.ArmedAt) { // as far as anybody knows: reports of it were due from then on
				g.row.ArmedAt = s.At
			}
			return g.hit(ResultPark, "restored", "reserved before the last restore; it may have been sent", map[string]string{"epoch": strconv.Itoa(s.Epoch)}, g.row.Next)
		}
	}
	return false
}

// restoredAttempt marks a row that was looked at after a restore: any attempt of
// it may have been made, and once that is settled it goes on.
func restoredAttempt(epoch int) string { return "restored-" + strconv.Itoa(epoch) }

// Asked returns the attempt to ask a channel about; "" is any attempt.
func (f *FollowUp) Asked() string {
	if strings.HasPrefix(f.Attempt, "restored-") {
		return ""
	}
	return f.Attempt
}

func (g *gates) skip(rule, reason string, facts map[string]string) bool {
	g.row.end(Skipped, g.now)
	return g.hit(ResultSkip, rule, reason, facts, time.Time{})
}

func (g *gates) reachable() bool {
	switch g.row.Channel {
	case Call:
		if g.c.Field(FieldPhone) != "" {
			return false
		}
		if g.c.Field(FieldBadPhone) == "yes" {
			return g.skip("no-number", "the number given cannot be dialled", nil)
		}
		return g.skip("no-number", "no phone number is known", nil)
	default:
		if g.c.Field(FieldMail) != "" {
			return false
		}
		if g.c.Field(FieldBadMail) == "yes" {
			return g.skip("no-address", "the mail address given is not a valid one", nil)
		}
		return g.skip("no-address", "no mail address is known", nil)
	}
}

func (g *gates) suppressed() bool {
	s, ok := g.c.SuppressedOn(g.row.Channel)
	if at := g.c.Erased; !ok && !at.IsZero() && !g.j.Head.Facts.PlacedAfter(at) { // who orders again is written to about that order only
		s, ok = Suppression{Channel: g.row.Channel, Reason: ReasonErased, At: at}, true
	}
	if !ok {
		return false
	}
	return g.skip("suppressed", "the "+string(g.row.Channel)+" channel is closed: "+s.Reason, map[string]string{"reason": s.Reason, "at": s.At.UTC().Format(time.RFC3339)})
}

func (g *gates) consent() bool {
	class := g.row.Class
	if class == Recall {
		return false
	}
	given, recorded := g.c.Consented(class, g.row.Channel)
	var rule, reason string
	switch {
	case recorded && !given:
		rule, reason = "opted-out", "the customer said no to "
	case !recorded && g.r.Shop.NeedsConsent(class, g.row.Channel):
		rule, reason = "no-consent", "no consent is recorded for "
	default:
		return false
	}
	return g.skip(rule, reason+string(class)+" by "+string(g.row.Channel), map[string]string{"class": string(class), "channel": string(g.row.Channel)})
}

func (g *gates) caseOpen() bool {
	if g.w.HeldBy != 0 {
		g.row.hold(g.w, g.now)
		d := g.row.Decisions[len(g.row.Decisions)-1]
		g.out = Ruling{Decision: d, Row: g.row, Wanted: *g.w}
		return true
	}
	if !g.w.holdable() || g.j.Head.Facts.OpenCase() == 0 {
		return false
	}
	rec := reconciler{j: g.j, d: g.d, now: g.now}
	g.row.HeldAt = g.now
	rec.holdNow(&g.row, g.w)
	if until := g.row.Next; !until.IsZero() && !until.After(g.now) {
		g.w.CaseText = true
		return false // the cap is over already
	}
	g.out = Ruling{Decision: g.row.Decisions[len(g.row.Decisions)-1], Row: g.row, Wanted: *g.w}
	return true
}

func (g *gates) late() bool {
	if g.row.byHand() {
		return false // a person decided that it is to go out all the same
	}
	if g.w.Closed || !g.w.Last.IsZero() && g.now.After(g.w.Last) && !g.w.Send {
		g.row.expire(g.w, g.now)
		g.out = Ruling{Decision: g.row.Decisions[len(g.row.Decisions)-1], Row: g.row, Wanted: *g.w}
		return true
	}
	return false
}

// byHand reports whether an operator planned f again, and it was only moved since.
func (f *FollowUp) byHand() bool {
	for _, d := range slices.Backward(f.Decisions) {
		if d.Result != ResultMove {
			return d.Rule == "operator" && d.Result == ResultPlan
		}
	}
	return false
}

// allowed returns when the step may go out.
func (g *gates) allowed() civil.Hours { return g.r.hours(g.windows[:0], g.w.Step, g.d.Zone, g.d.cal) }

func (g *gates) hours() bool {
	h := g.allowed()
	if h.Open(g.now) {
		return false
	}
	next, ok := h.Next(g.now, g.now.AddDate(0, 0, horizon))
	if !ok {
		next = g.now.AddDate(0, 0, 1)
	}
	return g.move("hours", "outside the allowed hours of "+g.d.Zone.Name, nil, next)
}

// move changes the next look, not the due; a look past the last moment ends it.
func (g *gates) move(rule, reason string, facts map[string]string, next time.Time) bool {
	g.row.State, g.row.Next = Planned, next
	return g.hit(ResultMove, rule, reason, facts, next)
}

// budget implements rule 24. The reservation of a row that FAILED counts for
// nothing, also where a death kept it from being given back.
func (g *gates) budget() bool {
	b, ok := g.d.Plan.Budget[g.row.Channel]
	if !ok || g.row.Class == Service || g.row.Class == Recall {
		return false
	}
	own := baseID(g.row.ID)
	seen := map[string]time.Time{}
	var oldest time.Time
	for _, s := range g.c.Sends {
		id := baseID(s.FollowUp)
		if s.Channel != g.row.Channel || s.Class == Service || s.Class == Recall {
			continue
		}
		if row := g.j.Row(s.FollowUp); row != nil && row.State == Failed {
			continue
		}
		free := rolling(b.Per, s.At, g.d.Zone.Loc())
		if id == own {
			return false // all tries share one spend
		}
		if !free.After(g.now) {
			continue
		}
		if _, dup := seen[id]; !dup {
			seen[id] = free
		}
	}
	if len(seen) < b.Sends {
		return false
	}
	oldest = nthFree(seen, len(seen)-b.Sends)
	facts := map[string]string{"budget": fmt.Sprintf("%d per %s", b.Sends, b.Per), "spent": strconv.Itoa(len(seen))}
	next := g.firstAllowed(oldest)
	if !g.w.Last.IsZero() && next.After(g.w.Last) {
		return g.skip("budget", "the contact budget is full until it would be too late", facts)
	}
	return g.move("budget", "the contact budget is full", facts, next)
}

// rolling adds a budget's period to t in hours: a day is 24 of them.
func rolling(p civil.Period, t time.Time, loc *time.Location) time.Time {
	if p.Years != 0 || p.Months != 0 {
		return p.After(t, loc)
	}
	return t.Add(time.Duration(p.Weeks*7+p.Days)*24*time.Hour + p.Exact)
}

// nthFree returns when the n-th (from 0) of the spends leaves the window.
func nthFree(free map[string]time.Time, n int) time.Time {
	var at time.Time
	for range n + 1 {
		first := ""
		for id, t := range free {
			if first == "" || t.Before(free[first]) || t.Equal(free[first]) && id < first {
				first = id
			}
		}
		at = free[first]
		delete(free, first)
	}
	return at
}

func (g *gates) firstAllowed(t time.Time) time.Time {
	de := desire{r: g.r, zone: g.d.Zone, cal: g.d.cal}
	if at, ok := de.allowed(g.w.Step, t); ok {
		return at
	}
	return t.AddDate(0, 0, horizon)
}

// baseID returns id without its try, which ends the last part: order and line
// may have a "#" of their own.
func baseID(id FollowUpID) string {
	last := strings.LastIndexByte(string(id), '/') + 1
	return string(id[:last]) + base(string(id[last:]))
}

// paused reports whether the plan of that name is paused now: a journey that is
// pinned to an older version of it rests as well.
func (r *Rules) paused(p *Plan) bool {
	for _, now := range r.Plans {
		if now.Name == p.Name {
			return now.Paused
		}
	}
	return p.Paused
}

func (g *gates) paused() bool {
	var what string
	switch {
	case g.r.Shop.Paused:
		what = "the shop"
	case g.r.paused(g.d.Plan):
		what = "plan " + g.d.Plan.Name
	default:
		return false
	}
	g.row.State, g.row.HeldFor, g.row.Next = Held, "paused", g.now.Add(time.Hour)
	return g.hit(ResultHold, "paused", what+" is paused", nil, g.row.Next)
}

// send lets the row go: a call is put on the list first, until its window ends.
func (g *gates) send() {
	facts := map[string]string{"due": g.w.Due.String(), "zone": g.d.Zone.Name}
	if late := g.now.Sub(g.w.DueAt); late >= time.Minute {
		facts["late"] = late.Truncate(time.Second).String()
	}
	if g.row.Channel == Call && !g.claim {
		g.row.State, g.row.Next = Listed, g.windowEnd()
		if last := g.w.Last.Add(time.Second); !g.w.Last.IsZero() && !g.w.Send && last.Before(g.row.Next) {
			g.row.Next = last // nobody calls after that
		}
		if g.row.Listed.IsZero() {
			g.row.Listed = g.now
		}
		g.hit(ResultList, "send", "due; on the call list", facts, g.row.Next)
		return
	}
	g.row.CaseText = g.w.CaseText
	g.hit(ResultSend, "send", "due; every gate is open", facts, time.Time{})
	g.out.Spend = true
}

// windowEnd returns when the hours that are open now close, at most a day on.
func (g *gates) windowEnd() time.Time {
	h := g.allowed()
	t := g.now.Truncate(time.Minute)
	for range 24 * 60 {
		t = t.Add(time.Minute)
		if !h.Open(t) {
			return t
		}
	}
	return t
}
