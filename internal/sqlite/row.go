package sqlite

import (
	"maps"
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// A row is kept as what a store judges by (id, version, state, next, attempt),
// what it has in common with its neighbours (see rows.go) and a body for the rest, written by hand because JSON takes five
// times the space and twenty times the time. The body leaves out what the id
// says, and writes what is usual as one bit.

// rowForm is the first byte of a body. Another form means that
// a newer program wrote it.
const rowForm = 1

// Codes of stored words. New ones are added at the end; what is in no list is
// written out. The states' codes are in the schema, too.
var (
	stateCodes = []followup.State{
		followup.Planned, followup.Listed, followup.Held, followup.Armed, followup.Unknown, followup.Parked, followup.Sent,
		followup.Delivered, followup.Bounced, followup.Complained, followup.Failed, followup.Voided, followup.Skipped, followup.Expired,
	}
	classCodes   = []followup.Class{followup.Service, followup.Feedback, followup.Marketing, followup.Recall}
	mediumCodes  = []followup.Medium{followup.Email, followup.Call}
	outcomeCodes = followup.Outcomes
	resultCodes  = []followup.Result{
		followup.ResultPlan, followup.ResultSend, followup.ResultList, followup.ResultHold, followup.ResultMove,
		followup.ResultSkip, followup.ResultVoid, followup.ResultExpire, followup.ResultRecord, followup.ResultPark,
	}
)

// usualWords are rules, and names and values of facts.
var usualWords = []string{
	"due", "anchor", "at", "source", "zone", "accepted", "delivered", "assumed", "ordered", "paid", "fulfilled",
	"installed", "registered", "case_closed", "late", "exit", "condition", "case", "reported", "unclear",
}

// stateCode returns the code of s from 1; 0 when it is none of ours.
func stateCode(s followup.State) int { return slices.Index(stateCodes, s) + 1 }

func stateOf(code int) followup.State {
	if code >= 1 && code <= len(stateCodes) {
		return stateCodes[code-1]
	}
	return ""
}

// Bits of a body: which parts follow, or what is as usual.
const (
	hasIDParts  = 1 << iota // step, unit and occurrence are not those of the id
	hasOwnUnit              // units is unit alone
	hasUnits                // units is a list
	hasDue                  // due
	hasDueAt                // due as an instant, else it is due less an offset
	hasArmedAt              //
	hasDeadline             //
	hasClaimed              //
	hasListed               //
	hasCounts               // refusals, resends, receives
	hasProvider             //
	hasEnded                //
	hasOutcome              //
	hasCallBack             //
	isHand                  //
	isCapped                //
	isBounce                //
	hasHeldFor              //
	hasHeldAt               //
	hasState                // a state without a code
)

// row writes the body of f, whose next has to be whole milliseconds.
func (e *encoder) row(f *followup.FollowUp) {
	e.b = append(e.b, rowForm)
	flags := rowFlags(f)
	e.uint(flags)
	if flags&hasIDParts != 0 {
		e.text(f.Step)
		e.text(string(f.Unit))
		e.text(f.Occurrence)
	}
	if flags&hasUnits != 0 {
		e.uint(uint64(len(f.Units)))
		for _, u := range f.Units {
			e.text(string(u))
		}
	}
	word(e, classCodes, f.Class)
	word(e, mediumCodes, f.Channel)
	e.int(int64(f.Order))
	e.due(f, flags)
	e.lifeOf(f, flags)
	e.decisions(f)
}

func rowFlags(f *followup.FollowUp) (flags uint64) {
	set := func(bit uint64, on bool) {
		if on {
			flags |= bit
		}
	}
	step, unit, occ, ok := idParts(f.ID)
	set(hasIDParts, !ok || step != f.Step || unit != f.Unit || occ != f.Occurrence)
	own := len(f.Units) == 1 && f.Units[0] == f.Unit
	set(hasOwnUnit, own)
	set(hasUnits, !own && len(f.Units) > 0)
	set(hasDue, f.Due != civil.DateTime{})
	set(hasDueAt, flags&hasDue == 0 || f.DueAt.IsZero() || f.DueAt.Nanosecond() != 0)
	set(hasArmedAt, !f.ArmedAt.IsZero())
	set(hasDeadline, !f.Deadline.IsZero())
	set(hasClaimed, f.Claimed != "")
	set(hasListed, !f.Listed.IsZero())
	set(hasCounts, f.Refusals != 0 || f.Resends != 0 || f.Receives != 0)
	set(hasProvider, f.Provider != "")
	set(hasEnded, !f.Ended.IsZero())
	set(hasOutcome, f.Outcome != "")
	set(hasCallBack, f.CallBack != civil.DateTime{})
	set(isHand, f.Hand)
	set(isCapped, f.CaseText)
	set(isBounce, f.Bounce)
	set(hasHeldFor, f.HeldFor != "")
	set(hasHeldAt, !f.HeldAt.IsZero())
	set(hasState, stateCode(f.State) == 0)
	return flags
}

// due writes the promise; the instant as the distance from the same wall clock
// in UTC, which is a zone's offset and short.
func (e *encoder) due(f *followup.FollowUp, flags uint64) {
	if flags&hasDue != 0 {
		e.dateTime(f.Due)
	}
	if flags&hasDueAt != 0 {
		e.time(f.DueAt)
	} else {
		e.int(f.Due.Resolve(nil).Unix() - f.DueAt.Unix())
	}
}

// lifeOf writes what became of the row so far.
func (e *encoder) lifeOf(f *followup.FollowUp, flags uint64) {
	for _, t := range [...]struct {
		bit uint64
		t   time.Time
	}{{hasArmedAt, f.ArmedAt}, {hasDeadline, f.Deadline}, {hasListed, f.Listed}, {hasEnded, f.Ended}, {hasHeldAt, f.HeldAt}} {
		if flags&t.bit != 0 {
			e.time(t.t)
		}
	}
	for _, s := range [...]struct {
		bit uint64
		s   string
	}{{hasClaimed, f.Claimed}, {hasProvider, f.Provider}, {hasHeldFor, f.HeldFor}, {hasState, string(f.State)}} {
		if flags&s.bit != 0 {
			e.text(s.s)
		}
	}
	if flags&hasCounts != 0 {
		e.int(int64(f.Refusals))
		e.int(int64(f.Resends))
		e.int(int64(f.Receives))
	}
	if flags&hasOutcome != 0 {
		word(e, outcomeCodes, f.Outcome)
	}
	if flags&hasCallBack != 0 {
		e.dateTime(f.CallBack)
	}
}

// Kinds of the next look of a decision.
const (
	nextNone = iota
	nextOfRow
	nextOwn
)

func (e *encoder) decisions(f *followup.FollowUp) {
	e.uint(uint64(len(f.Decisions)))
	for i := range f.Decisions {
		d := &f.Decisions[i]
		e.time(d.At)
		word(e, resultCodes, d.Result)
		word(e, usualWords, d.Rule)
		e.text(d.Reason)
		switch {
		case d.Next.IsZero():
			e.uint(nextNone)
		case d.Next.Equal(f.Next):
			e.uint(nextOfRow)
		default:
			e.uint(nextOwn)
			e.time(d.Next)
		}
		if i > 0 {
			e.facts(d.Facts)
		}
	}
}

// facts writes what a decision read. Those of the first decision do not stand in
// the body of a row, because its neighbours were planned from the same.
func (e *encoder) facts(facts map[string]string) {
	e.uint(uint64(len(facts)))
	e.keys = slices.AppendSeq(e.keys[:0], maps.Keys(facts))
	slices.Sort(e.keys)
	for _, k := range e.keys {
		word(e, usualWords, k)
		word(e, usualWords, facts[k])
	}
}

// row fills what the body says into f, whose id, which ends with suffix, next and,
// where it has a code, state are set.
func (d *decoder) row(f *followup.FollowUp, suffix string, s *shared) error {
	if form := d.byte(); form != rowForm && d.err == nil {
		return newer("row", form)
	}
	flags := d.uint()
	if flags&hasIDParts != 0 {
		f.Step, f.Unit, f.Occurrence = d.text(), followup.UnitKey(d.text()), d.text()
	} else {
		step, unit, occ, _ := cutSuffix(suffix)
		f.Step, f.Unit, f.Occurrence = step, s.unitOf(unit), occ
	}
	if flags&hasOwnUnit != 0 {
		f.Units = s.unit(f.Unit)
	}
	if flags&hasUnits != 0 {
		for range d.count() {
			f.Units = append(f.Units, followup.UnitKey(d.text()))
		}
	}
	f.Class, f.Channel = words(d, classCodes), words(d, mediumCodes)
	f.Order = int(d.int())
	if flags&hasDue != 0 {
		f.Due = d.dateTime()
	}
	if flags&hasDueAt != 0 {
		f.DueAt = d.time()
	} else {
		f.DueAt = time.Unix(f.Due.Resolve(nil).Unix()-d.int(), 0).UTC()
	}
	d.lifeOf(f, flags)
	d.decisions(f, s)
	return d.err
}

func (d *decoder) lifeOf(f *followup.FollowUp, flags uint64) {
	for _, t := range [...]struct {
		bit uint64
		t   *time.Time
	}{{hasArmedAt, &f.ArmedAt}, {hasDeadline, &f.Deadline}, {hasListed, &f.Listed}, {hasEnded, &f.Ended}, {hasHeldAt, &f.HeldAt}} {
		if flags&t.bit != 0 {
			*t.t = d.time()
		}
	}
	for _, s := range [...]struct {
		bit uint64
		s   *string
	}{{hasClaimed, &f.Claimed}, {hasProvider, &f.Provider}, {hasHeldFor, &f.HeldFor}, {hasState, (*string)(&f.State)}} {
		if flags&s.bit != 0 {
			*s.s = d.text()
		}
	}
	if flags&hasCounts != 0 {
		f.Refusals, f.Resends, f.Receives = int(d.int()), int(d.int()), int(d.int())
	}
	if flags&hasOutcome != 0 {
		f.Outcome = words(d, outcomeCodes)
	}
	if flags&hasCallBack != 0 {
		f.CallBack = d.dateTime()
	}
	f.Hand, f.CaseText, f.Bounce = flags&isHand != 0, flags&isCapped != 0, flags&isBounce != 0
}

func (d *decoder) decisions(f *followup.FollowUp, s *shared) {
	n := d.count()
	if n > 0 {
		f.Decisions = s.decisions(n)
	}
	for range n {
		at := d.time()
		c := followup.Decision{At: at, Result: words(d, resultCodes), Rule: words(d, usualWords), Reason: d.text()}
		switch d.uint() {
		case nextOfRow:
			c.Next = f.Next
		case nextOwn:
			c.Next = d.time()
		}
		if len(f.Decisions) > 0 {
			c.Facts = d.facts()
		}
		f.Decisions = append(f.Decisions, c)
	}
}

func (d *decoder) facts() map[string]string {
	n := d.count()
	if n == 0 {
		return nil
	}
	out := make(map[string]string, n)
	for range n {
		key := words(d, usualWords)
		out[key] = words(d, usualWords)
	}
	return out
}

// idParts returns step, unit and occurrence as an id without escapes says them.
func idParts(id followup.FollowUpID) (step string, unit followup.UnitKey, occ string, ok bool) {
	s := string(id)
	if strings.IndexByte(s, '%') >= 0 {
		return "", "", "", false
	}
	if _, s, ok = strings.Cut(s, "/"); !ok {
		return "", "", "", false
	}
	if _, s, ok = strings.Cut(s, "/"); !ok {
		return "", "", "", false
	}
	step, written, occ, ok := cutSuffix(s)
	if !ok {
		return "", "", "", false
	}
	unit, ok = unitWritten(written)
	return step, unit, occ, ok
}

// cutSuffix cuts what stands behind the journey in an id without escapes.
func cutSuffix(s string) (step, unit, occ string, ok bool) {
	first, last := strings.IndexByte(s, '/'), strings.LastIndexByte(s, '/')
	if first < 0 || first == last || strings.IndexByte(s[first+1:last], '/') >= 0 {
		return "", "", "", false
	}
	return s[:first], s[first+1 : last], s[last+1:], true
}

// unitWritten returns the unit that an id without escapes names.
func unitWritten(s string) (followup.UnitKey, bool) {
	if s == "-" {
		return "", true
	}
	line, index, ok := strings.Cut(s, "~")
	if !ok {
		return "", false
	}
	return followup.UnitKey(line + "/" + index), true
}
