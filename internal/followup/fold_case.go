package followup

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// answer keeps what the customer said, and opens a case where a person is needed.
func (f *folder) answer(e *Event) {
	if e.Answer == nil {
		return
	}
	a := Answer{Said: *e.Answer, At: e.Time, Event: e.ID}
	if e.Unit != nil && e.Unit.Line != "" {
		a.Unit = NewUnitKey(e.Unit.Line, max(1, e.Unit.Index))
	}
	f.facts.Answers = append(f.facts.Answers, a)
	switch {
	case a.Value == string(OutcomeProblem), a.Value == string(OutcomeHelp):
		f.openEach(e, &a, a.Value)
	case a.CallMe:
		f.openEach(e, &a, "call-me")
	}
}

// MostCases is how many units one answer opens a case each for. More at once is
// one case of the order: nobody keeps so many numbers.
const MostCases = 10

// openEach opens a case for each unit that the answer is about.
func (f *folder) openEach(e *Event, a *Answer, reason string) {
	if a.Unit != "" || len(a.Units) == 0 || len(a.Units) > MostCases {
		f.open(e, a.Unit, reason)
		return
	}
	for _, unit := range a.Units {
		f.open(e, unit, reason)
	}
}

// Concerns reports whether c is about a unit, or ("") about the whole order,
// which is its only unit where it has but one.
func (f *Facts) Concerns(c Case, unit UnitKey) bool {
	return c.Covers(unit) || unit == "" && len(f.Units) == 1
}

// open opens a case for a unit, unless one is open for it or for the whole
// order: one problem, one case. A wish for one's data is a matter of its own.
func (f *folder) open(e *Event, unit UnitKey, reason string) {
	const data = "data-request"
	number := 1
	for _, c := range f.facts.Cases {
		if c.Open() && f.facts.Concerns(c, unit) && (c.Reason == data) == (reason == data) {
			return
		}
		number = max(number, c.Number+1)
	}
	if e.Case != nil && e.Case.Number > 0 && f.caseAt(e.Case.Number) == nil {
		number = e.Case.Number
	}
	f.facts.Cases = append(f.facts.Cases, Case{Number: number, Unit: unit, Opened: e.Time, Reason: reason})
	slices.SortFunc(f.facts.Cases, func(a, b Case) int { return cmp.Compare(a.Number, b.Number) })
}

func (f *folder) caseAt(number int) *Case {
	for i := range f.facts.Cases {
		if f.facts.Cases[i].Number == number {
			return &f.facts.Cases[i]
		}
	}
	return nil
}

func (f *folder) onCase(e *Event) {
	switch e.Type {
	case PersonAsked:
		f.open(e, "", "data-request")
		return
	case CaseOpened:
		var unit UnitKey
		if e.Unit != nil && e.Unit.Line != "" {
			unit = NewUnitKey(e.Unit.Line, max(1, e.Unit.Index))
		}
		reason := "staff"
		if e.Case != nil {
			reason = cmp.Or(e.Case.Reason, reason)
		}
		f.open(e, unit, reason)
		return
	default:
	}
	if e.Case == nil {
		return
	}
	c := f.caseAt(e.Case.Number)
	switch {
	case c == nil:
	case e.Type == CaseClosed && c.Open():
		c.Closed, c.Outcome, c.By = e.Time, e.Case.Reason, e.Case.By
		c.Closings++
	case e.Type == CaseReopened && !c.Open():
		c.Spans = append(c.Spans, Span{From: c.Opened, Until: c.Closed})
		c.Opened, c.Closed, c.Outcome = e.Time, time.Time{}, ""
	}
}

// Key returns the occurrence key of the latest closing of c (rule 19).
func (c Case) Key() string {
	k := strconv.Itoa(c.Number)
	if c.Closings > 1 {
		k += "." + strconv.Itoa(c.Closings)
	}
	return k
}
