package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// The rules of PLANS.md that the language and its linter keep, by number.

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

const head = "plan: p\nversion: 1\ncoverage: [{name: warranty, start: delivered, length: P24M}]\nsteps:\n"

// step writes a step in one line; extra goes before its timing.
func step(id, extra, timing string) string {
	if extra != "" {
		extra += ", "
	}
	return fmt.Sprintf("  - {id: %s, class: feedback, channel: email, message: m, %s%s}\n", id, extra, timing)
}

const after = "after: {event: delivered, wait: P1D}"

// parse reads a plan that has to be right.
func parse(t *testing.T, src string) *followup.Plan {
	t.Helper()
	p, faults := plan.Parse("p.yaml", []byte(src))
	if p == nil {
		t.Fatalf("%v\n%s", faults, src)
	}
	return p
}

// refused checks that a plan has a fault with these words, and no plan comes of it.
func refused(t *testing.T, src, want string) {
	t.Helper()
	p, faults := plan.Parse("p.yaml", []byte(src))
	if p != nil || !strings.Contains(faults.Error(), want) {
		t.Errorf("got plan %v, faults:\n%v\nwant %q in them, of\n%s", p != nil, faults, want, src)
	}
}

func TestRule5AnchorsAreAClosedList(t *testing.T) {
	for _, a := range []string{"ordered", "paid", "fulfilled", "delivered", "installed", "registered", "case_closed"} {
		p := parse(t, head+step("a", "", "after: {event: "+a+", wait: P1D}"))
		if got := p.Steps[0].Anchor; got != (followup.Anchor{Kind: followup.AnchorKind(a)}) {
			t.Errorf("%s read as %v", a, got)
		}
	}
	for _, a := range []string{`coverage_end("warranty")`, `coverage_start('warranty')`, `coverage_end(warranty)`} {
		if got := parse(t, head+step("a", "", "after: {event: "+a+", wait: P1D}")).Steps[0].Anchor; got.Coverage != "warranty" {
			t.Errorf("%s read as %v", a, got)
		}
	}
	refused(t, head+step("a", "", "after: {event: shipped, wait: P1D}"), "not an event")
	refused(t, head+step("a", "", `after: {event: coverage_end("x"), wait: P1D}`), "no coverage is named")
}

func TestRule9CalendarAndExactUnitsDoNotMix(t *testing.T) {
	for _, wait := range []string{"P1DT2H", "P1MT30M", "P2WT1S"} {
		refused(t, head+step("a", "", "after: {event: delivered, wait: "+wait+"}"), "mixes calendar and exact units")
		refused(t, head+step("a", "late: {more_than: "+wait+"}", after), "mixes calendar and exact units")
	}
	for wait, want := range map[string]civil.Period{"P1Y6M": {Years: 1, Months: 6}, "PT36H": {Exact: 36 * 3600e9}} {
		if got := parse(t, head+step("a", "", "after: {event: delivered, wait: "+wait+"}")).Steps[0].Wait; got != want {
			t.Errorf("%s read as %v", wait, got)
		}
	}
}

func TestRule10AtOrBetween(t *testing.T) {
	p := parse(t, head+step("a", "", `after: {event: delivered, wait: P1D, at: "00:00"}`)+
		step("b", "", `after: {event: delivered, wait: P1D, between: "22:00-06:00", on: workdays}`)+step("c", "", after))
	a, b, c := p.Steps[0], p.Steps[1], p.Steps[2]
	if a.At == nil || *a.At != 0 || a.Between != nil || a.Workdays {
		t.Errorf("midnight: %+v", a)
	}
	if b.At != nil || b.Between == nil || !b.Between.Overnight() || b.Between.Workdays || !b.Workdays {
		t.Errorf("overnight: %+v", b)
	}
	if c.At != nil || c.Between != nil {
		t.Errorf("neither: %+v", c)
	}
	refused(t, head+step("a", "", `after: {event: delivered, wait: P1D, at: "10:00", between: "12:00-18:00"}`), "keep one of them")
}

func TestRule12WhenAndNotUnlessIsOneCondition(t *testing.T) {
	when, unless := `when: contact.tier == "vip"`, `unless: answered("works")`
	steps := parse(t, head+step("both", when+", "+unless, after)+step("when", when, after)+step("unless", unless, after)+step("none", "", after)).Steps
	if steps[3].When != nil {
		t.Error("without when and unless the step is always wanted")
	}
	if got := steps[0].When.String(); got != `contact.tier == "vip" unless answered("works")` {
		t.Errorf("written as %s", got)
	}
	for _, tt := range []struct {
		tier, answer string
		want         [3]bool
	}{
		{"vip", "", [3]bool{true, true, true}},
		{"vip", "works", [3]bool{false, true, false}},
		{"", "", [3]bool{false, false, true}},
		{"", "works", [3]bool{false, false, false}},
	} {
		s := scope(t)
		s.Facts.Tier, s.Facts.Answers, s.Unit = tt.tier, nil, nil
		if tt.answer != "" {
			s.Facts.Answers = []followup.Answer{{Said: followup.Said{Value: tt.answer}, Unit: "l1/1"}}
		}
		for i, want := range tt.want {
			if got, err := steps[i].When.Holds(s); err != nil || got != want {
				t.Errorf("tier %q, answer %q, step %s: got %v, %v", tt.tier, tt.answer, steps[i].ID, got, err)
			}
		}
	}
}

func TestRule12AFaultInEitherHalfIsAnError(t *testing.T) {
	usd := `'order.total > money("1 USD")'`
	for _, extra := range []string{"when: " + usd, "unless: " + usd, "when: " + usd + ", unless: 'false'", "when: 'true', unless: " + usd} {
		c := parse(t, head+step("a", extra, after)).Steps[0].When
		if got, err := c.Holds(scope(t)); err == nil || got {
			t.Errorf("%s: got %v, %v", extra, got, err)
		}
	}
}

func TestRule13Answered(t *testing.T) {
	for src, want := range map[string]bool{
		`answered("works")`:                    true, // the latest counts
		`answered("problem")`:                  false,
		`answered("check-in", "works")`:        true,
		`answered("check-in-call", "works")`:   true, // of one otherwise chain
		`answered("check-in-call", "problem")`: false,
		`answered("review", "works")`:          false,
	} {
		for _, kind := range []string{plan.KindStep, plan.KindUnitStep} {
			s := scope(t)
			if got, err := ask(t, kind, src, s); err != nil || got != want {
				t.Errorf("%s %s: got %v, %v", kind, src, got, err)
			}
			s.Unit = &s.Facts.Units[1]
			if got, _ := ask(t, kind, src, s); got {
				t.Errorf("%s %s: said of another unit", kind, src)
			}
		}
	}
	refused(t, head+step("a", `unless: 'answered("b", "works")'`, after), "no step is named")
	refused(t, head+step("a", `unless: 'answered("fine")'`, after), "not an answer")
	parse(t, head+step("a", `unless: 'answered("a", "not-yet")'`, after))
}

func TestRule15OtherwiseHasOneSourceNoCircleSameScope(t *testing.T) {
	parse(t, head+step("a", "otherwise: b", after)+step("b", "otherwise: c", after)+step("c", "", after))
	refused(t, head+step("a", "otherwise: b", after), "no step is named")
	refused(t, head+step("a", "otherwise: b", after), "there is none; take it out")
	refused(t, head+step("a", "otherwise: a", after), "otherwise itself")
	refused(t, head+step("a", "otherwise: b", after)+step("b", "otherwise: a", after), "circle")
	refused(t, head+step("a", "otherwise: c", after)+step("b", "otherwise: c", after)+step("c", "", after), "already the otherwise")
	refused(t, head+step("a", "otherwise: b", after)+step("b", "per: unit", after), "per order")
	refused(t, head+step("a", "otherwise: b, per: unit", after)+step("b", "", after), "per unit")
}

func TestRule16TriesAreForCalls(t *testing.T) {
	call := func(tries string) string {
		return head + "  - {id: a, class: feedback, channel: call, message: m, otherwise: b, tries: " + tries + ", " + after + "}\n" + step("b", "", after)
	}
	s := parse(t, call("{max: 3, spacing: P2D}")).Steps[0]
	if s.Tries != 3 || s.Spacing != (civil.Period{Days: 2}) {
		t.Errorf("read as %d, %v", s.Tries, s.Spacing)
	}
	if s := parse(t, call("{max: 2}")).Steps[0]; s.Spacing != (civil.Period{Days: 1}) {
		t.Errorf("spacing by default %v", s.Spacing)
	}
	refused(t, call("{max: 0}"), "from 1 to 10")
	refused(t, call("{max: 11}"), "from 1 to 10")
	refused(t, call("{max: 2, spacing: PT12H}"), "whole days")
	refused(t, head+step("a", "tries: {max: 2}", after), "only a call")
}

func TestRule17ByIsAListOfDifferentDurations(t *testing.T) {
	before := func(by string) string { return `before: {event: coverage_end("warranty"), by: ` + by + "}" }
	got := parse(t, head+step("a", "", before("[P7D, P2M, P60D]"))).Steps[0].By
	if fmt.Sprint(got) != "[P2M P60D P7D]" {
		t.Errorf("got %v, want the longest first", got)
	}
	if got := parse(t, head+step("a", "", before("P5D"))).Steps[0].By; fmt.Sprint(got) != "[P5D]" {
		t.Errorf("one alone: %v", got)
	}
	refused(t, head+step("a", "", before("[P7D, P1W]")), "is there already")
	refused(t, head+step("a", "", before("[]")), "empty list")
	refused(t, head+step("a", "", `before: {event: coverage_end("warranty")}`), `key "by" is missing`)
}

func TestRule18ASeriesEnds(t *testing.T) {
	every := func(rest string) string { return head + step("a", "", "every: {start: delivered, "+rest+"}") }
	s := parse(t, every("wait: P6M, times: 120")).Steps[0]
	if s.Timing != followup.Every || s.Times != 120 || s.Wait != (civil.Period{Months: 6}) {
		t.Errorf("read as %+v", s)
	}
	if s := parse(t, every(`wait: P6M, until: coverage_end("warranty")`)).Steps[0]; s.Until.Coverage != "warranty" {
		t.Errorf("read as %+v", s)
	}
	refused(t, every("wait: P6M"), "never ends")
	refused(t, every("wait: P6M, times: 121"), "from 1 to 120")
	refused(t, every("wait: P6M, times: 0"), "from 1 to 120")
	refused(t, every("wait: P0D, times: 2"), "no time at all")
	refused(t, every(`wait: P5D, until: coverage_end("warranty")`), "at most 120") // 146 in two years
	parse(t, every(`wait: P1W, until: coverage_end("warranty")`))                  // 104
}

func TestRule20LateDefaults(t *testing.T) {
	p := parse(t, head+step("a", "", after)+step("b", "late: {more_than: P5D}", after)+step("c", "late: {then: send}", after))
	if p.Late != (followup.Late{MoreThan: civil.Period{Days: 3}}) || p.Steps[0].Late != nil {
		t.Errorf("by default %+v, %+v", p.Late, p.Steps[0].Late)
	}
	p = parse(t, "late: {more_than: P9D, then: send}\n"+head+step("a", "", after)+step("b", "late: {more_than: P5D}", after)+
		step("c", "late: {then: skip}", after))
	if want := (followup.Late{MoreThan: civil.Period{Days: 5}, Send: true}); *p.Steps[1].Late != want {
		t.Errorf("more_than alone: %+v, want %+v", *p.Steps[1].Late, want)
	}
	if want := (followup.Late{MoreThan: civil.Period{Days: 9}}); *p.Steps[2].Late != want {
		t.Errorf("then alone: %+v, want %+v", *p.Steps[2].Late, want)
	}
}

func TestRule22HoldDefaultsByClass(t *testing.T) {
	hold := func(class, extra string) followup.Hold {
		return parse(t, head+"  - {id: a, class: "+class+", channel: email, message: m, "+extra+after+"}\n").Steps[0].Hold
	}
	for _, tt := range []struct {
		class, extra string
		want         followup.Hold
	}{
		{"feedback", "", followup.Hold{AtMost: civil.Period{Days: 14}}},
		{"feedback", "hold: {while: case_open}, ", followup.Hold{AtMost: civil.Period{Days: 14}}},
		{"feedback", "hold: {while: case_open, at_most: P3D}, ", followup.Hold{AtMost: civil.Period{Days: 3}}},
		{"feedback", "hold: off, ", followup.Hold{Off: true}},
		{"marketing", "", followup.Hold{}},
		{"marketing", "hold: {at_most: P3D}, ", followup.Hold{AtMost: civil.Period{Days: 3}}},
		{"service", "", followup.Hold{}},
		{"recall", "", followup.Hold{}},
	} {
		if got := hold(tt.class, tt.extra); got != tt.want {
			t.Errorf("%s %s: got %+v, want %+v", tt.class, tt.extra, got, tt.want)
		}
	}
}

func TestRule24BudgetsLookBackAtMost35Days(t *testing.T) {
	for _, per := range []string{"P35D", "P5W", "P1M", "PT840H"} {
		p := parse(t, "budget: {email: 2 per "+per+"}\n"+head+step("a", "", after))
		if b := p.Budget[followup.Email]; b.Sends != 2 || b.Per.String() == "P0D" || len(p.Budget) != 1 {
			t.Errorf("%s read as %+v", per, p.Budget)
		}
	}
	for _, per := range []string{"P36D", "P6W", "P2M", "P1Y", "PT841H", "P1M5D"} {
		refused(t, "budget: {email: 2 per "+per+"}\n"+head+step("a", "", after), "further than P35D")
	}
}

func TestRule25ChangedContentNeedsANewNumber(t *testing.T) {
	src := head + step("a", "", after)
	p := parse(t, src)
	stored := []followup.PlanDoc{plan.Doc(p, []byte(src)), {Name: "p", Version: 7, Hash: "x"}, {Name: "other", Version: 1, Hash: "y"}}
	lint := func(src string) plan.Faults {
		return plan.Lint([]plan.Source{{File: "p.yaml", Src: []byte(src)}}, stored...)
	}
	if faults := lint("# said differently\n" + strings.ReplaceAll(src, "P1D", `"P1D"`)); len(faults) > 0 {
		t.Errorf("the same content: %v", faults)
	}
	changed := strings.Replace(src, "P1D", "P2D", 1)
	faults := lint(changed)
	if !faults.Failed() || faults[0].Line != 2 || faults[0].Path != "version" || faults[0].Mend != "write version: 8" {
		t.Errorf("changed content: %v", faults)
	}
	if faults := lint(strings.Replace(changed, "version: 1", "version: 2", 1)); len(faults) > 0 {
		t.Errorf("under a new number: %v", faults)
	}
	if faults := lint("shop: b\n" + changed); len(faults) > 0 {
		t.Errorf("of another shop: %v", faults)
	}
}

func TestUnclearDefaultsToTheLesserHarm(t *testing.T) {
	for _, tt := range []struct {
		class, channel, extra string
		want                  followup.Unclear
	}{
		{"service", "email", "", followup.Resend},
		{"recall", "email", "", followup.Resend},
		{"feedback", "email", "", followup.Park},
		{"marketing", "email", "", followup.Park},
		{"service", "call", "", followup.Park},
		{"recall", "call", "unclear: park, ", followup.Park},
		{"service", "email", "unclear: park, ", followup.Park},
		{"feedback", "email", "unclear: resend, ", followup.Resend},
	} {
		p := parse(t, fmt.Sprintf("%s  - {id: a, class: %s, channel: %s, message: m, %s%s}\n", head, tt.class, tt.channel, tt.extra, after))
		if got := p.Steps[0].Unclear; got != tt.want {
			t.Errorf("%s %s %s: got %s", tt.class, tt.channel, tt.extra, got)
		}
	}
}
