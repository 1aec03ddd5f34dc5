package plan

import (
	"fmt"
	"slices"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// maxTimes is rule 18: all occurrences are planned at once.
const maxTimes = 120

// lintStep checks one step by itself.
func (r *reader) lintStep(p *followup.Plan, s *followup.Step, n *node) {
	if n.kind != mapNode {
		return
	}
	key := string(s.Timing)
	if s.Timing != followup.Every {
		r.lintAnchor(p, n.at(key, "event"), s.Anchor)
	}
	r.lintMoment(s, n.child(key))
	switch s.Timing {
	case followup.Before:
		r.lintBefore(s, n)
	case followup.Every:
		r.lintEvery(p, s, n)
	case followup.After: // its wait is any
	}
	r.lintTries(p, s, n)
	r.lintHold(s, n)
	r.lintUnclear(s, n)
	r.lintAnswered(p, s, n)
	r.lintWording(s, n)
	if s.Channel == followup.Call && s.Otherwise == "" {
		r.warn(n, fmt.Sprintf("when call %s reaches nobody, nothing else happens", quote(s.ID)), "add otherwise: with the id of a mail")
	}
}

// inside reports whether a clock time lies in a window, overnight ones included.
func inside(c civil.Clock, w civil.Window) bool {
	if w.Overnight() {
		return c >= w.From || c < w.Until
	}
	return c >= w.From && c < w.Until
}

// lintMoment checks at, between and on (rule 10).
func (r *reader) lintMoment(s *followup.Step, at *node) {
	if s.At != nil && s.Between != nil && !inside(*s.At, *s.Between) {
		r.fault(at.at("between"), fmt.Sprintf("%s is never between %s", s.At, s.Between), "keep one of them")
	}
	exact := s.Timing != followup.Before && !s.Wait.Calendar()
	if exact && at.has("at") {
		r.warn(at.at("at"), fmt.Sprintf("%s is exact, so at moves it to the next %s", s.Wait, val[civil.Clock](at, "at")),
			"count in days, or leave at out")
	}
}

// lintBefore checks the list of by (rule 17).
func (r *reader) lintBefore(s *followup.Step, n *node) {
	by := n.get(keyBefore, "by")
	for i, item := range items(by) {
		for _, earlier := range by.items[:i] {
			if item.value != nil && earlier.value != nil && days(val[civil.Period](item)) == days(val[civil.Period](earlier)) {
				r.fault(item, fmt.Sprintf("%s is there already", quote(item.text)), "keep one of them: each is a message of its own")
				break
			}
		}
	}
	switch s.Anchor.Kind {
	case followup.AnchorCoverageEnd, followup.AnchorCoverageStart, "":
	case followup.AnchorCaseClosed:
		r.fault(n.at(keyBefore, "event"), "nobody knows ahead when a case is closed", "use after")
	default:
		r.warn(n.at(keyBefore, "event"), fmt.Sprintf("%s is known only once it happened, so this is late from the start", s.Anchor), `count back from coverage_end("warranty"), or use after`)
	}
	if n.has("late") {
		r.warn(n.at("late"), "a reminder before a date is late when the next one is due or the date has passed", "leave late out")
	}
}

// lintEvery checks that a series ends (rule 18).
func (r *reader) lintEvery(p *followup.Plan, s *followup.Step, n *node) {
	every := n.child(keyEvery)
	r.lintAnchor(p, every.at("start"), s.Anchor)
	r.lintAnchor(p, every.at("until"), s.Until)
	if every.kind == mapNode && !every.has("until") && !every.has("times") {
		r.fault(every, "the series never ends", "add until: or times:, at most 120 of them")
	}
	if s.Anchor.Kind == followup.AnchorCaseClosed {
		r.fault(every.at("start"), "an order may have several cases, so a series cannot count from one", "use after")
	}
	if s.Until.Kind == followup.AnchorCaseClosed {
		r.fault(every.at("until"), "an order may have several cases, so a series cannot end with one", "use times, or a condition on cases")
	}
	if count := occurrences(p, s); count > maxTimes {
		r.fault(every.at("wait"), fmt.Sprintf("these would be about %d messages, at most %d are planned", count, maxTimes), "wait longer between them, or add times:")
	}
}

// occurrences is about how many a series has whose end is known when the plan
// is read: from the start of a coverage to its end. Zero: not known.
func occurrences(p *followup.Plan, s *followup.Step) int {
	i := slices.IndexFunc(p.Coverages, func(c followup.Coverage) bool { return c.Name == s.Until.Coverage })
	if s.Times > 0 || s.Wait.IsZero() || i < 0 || s.Until.Kind != followup.AnchorCoverageEnd {
		return 0
	}
	c := p.Coverages[i]
	if s.Anchor != c.Start && s.Anchor != (followup.Anchor{Kind: followup.AnchorCoverageStart, Coverage: c.Name}) {
		return 0
	}
	return int(days(c.Length) / days(s.Wait))
}

// lintTries is rule 16.
func (r *reader) lintTries(p *followup.Plan, s *followup.Step, n *node) {
	if !n.has("tries") {
		return
	}
	if s.Channel != followup.Call && s.Channel != "" {
		r.fault(n.at("tries"), "only a call is tried again", "leave tries out: a mail is sent once, and its channel repeats what was not accepted")
		return
	}
	limit := p.Late.MoreThan
	if s.Late != nil {
		limit = s.Late.MoreThan
	}
	if need := float64(s.Tries-1) * days(s.Spacing); s.Tries > 1 && need > days(limit) && !n.has(keyBefore) {
		r.warn(n.at("tries"), fmt.Sprintf("the last of %d tries is %.0f days after the first, but later than %s is too late", s.Tries, need, limit),
			"fewer tries, or late: {more_than: ...}")
	}
}

// lintHold is rule 22.
func (r *reader) lintHold(s *followup.Step, n *node) {
	if h := n.child("hold"); h != nil && (h.value != nil || h.kind == mapNode) && (s.Class == followup.Service || s.Class == followup.Recall) {
		r.warn(n.at("hold"), fmt.Sprintf("an open case never holds class %s", s.Class), "leave hold out")
	}
}

func (r *reader) lintUnclear(s *followup.Step, n *node) {
	if s.Channel == followup.Call && val[string](n, "unclear") == "resend" {
		r.fault(n.at("unclear"), "nobody is called twice because a result was not clear", "leave unclear out: calls are parked for a person")
	}
}

// lintAnswered checks the steps that conditions name (rule 13).
func (r *reader) lintAnswered(p *followup.Plan, s *followup.Step, n *node) {
	c, ok := s.When.(*read)
	if !ok {
		return
	}
	for _, half := range []struct {
		q *question
		n *node
	}{{c.when, n.child(keyWhen)}, {c.unless, n.child(keyUnless)}} {
		if half.q == nil {
			continue
		}
		for _, w := range half.q.names.steps {
			if p.Step(w.word) == nil {
				line, col := lineAndColumn(half.q.src, w.at)
				r.fault(r.inside(half.n, line, col), fmt.Sprintf("no step is named %s", quote(w.word)), suggest(w.word, ids(p)))
			}
		}
	}
}

func ids(p *followup.Plan) []string {
	var out []string
	for i := range p.Steps {
		if id := p.Steps[i].ID; id != "" {
			out = append(out, id)
		}
	}
	return out
}
