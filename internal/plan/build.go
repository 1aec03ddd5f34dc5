package plan

import (
	"cmp"
	"slices"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// What absent keys mean.
var (
	lateDefault    = civil.Period{Days: 3}  // rule 20
	holdDefault    = civil.Period{Days: 14} // rule 22, feedback
	spacingDefault = civil.Period{Days: 1}
)

// build makes the plan of a checked file. Where a fault was found the value is
// its zero; the linter takes care.
func (r *reader) build(root *node) *followup.Plan {
	p := &followup.Plan{
		Name:    val[string](root, "plan"),
		Version: val[int](root, "version"),
		About:   val[string](root, "about"),
		Shop:    followup.ShopID(val[string](root, "shop")),
		From:    val[civil.Date](root, "orders", "from"),
		Restart: val[string](root, "replaced") == "restart",
		Paused:  val[bool](root, "paused"),
		Exit:    exits(root.child("exit")),
		Assume:  assume(root.get("delivered", "assume")),
		Late:    late(root.child("late"), followup.Late{MoreThan: lateDefault}),
		Budget:  budgets(root.child("budget")),
	}
	p.When = r.condition(KindOrder, root.get("orders", keyWhen), nil)
	p.Units = r.condition(KindUnit, root.child("units"), nil)
	for _, n := range items(root.child("coverage")) {
		p.Coverages = append(p.Coverages, coverage(n))
	}
	for i, n := range items(root.child("steps")) {
		p.Steps = append(p.Steps, r.step(n, i, p.Late))
	}
	return p
}

func items(n *node) []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// exits is the list as written; absent, a unit that left in any way gets nothing more.
func exits(n *node) []followup.Exit {
	if n == nil {
		return []followup.Exit{followup.ExitCancelled, followup.ExitReturned, followup.ExitRefunded}
	}
	var list []followup.Exit
	for _, item := range n.items {
		if e := followup.Exit(val[string](item)); e != "" && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

func assume(n *node) *followup.Assume {
	if n == nil {
		return nil
	}
	return &followup.Assume{After: followup.AnchorKind(val[string](n, "after")), Wait: val[civil.Period](n, "wait")}
}

// late reads more_than and then; what is absent is as otherwise said.
func late(n *node, otherwise followup.Late) followup.Late {
	l := otherwise
	if p := val[civil.Period](n, "more_than"); !p.IsZero() {
		l.MoreThan = p
	}
	if then := val[string](n, "then"); then != "" {
		l.Send = then == "send"
	}
	return l
}

func budgets(n *node) map[followup.Medium]followup.Budget {
	var out map[followup.Medium]followup.Budget
	for _, m := range []followup.Medium{followup.Email, followup.Call} {
		if b := val[followup.Budget](n, string(m)); b.Sends > 0 {
			if out == nil {
				out = map[followup.Medium]followup.Budget{}
			}
			out[m] = b
		}
	}
	return out
}

func coverage(n *node) followup.Coverage {
	return followup.Coverage{
		Name:    val[string](n, "name"),
		Start:   val[followup.Anchor](n, "start"),
		Length:  val[civil.Period](n, "length"),
		PerUnit: val[string](n, "applies") != "order",
	}
}

func (r *reader) step(n *node, index int, planLate followup.Late) followup.Step {
	s := followup.Step{
		ID:        val[string](n, "id"),
		Index:     index,
		Class:     followup.Class(val[string](n, "class")),
		Channel:   followup.Medium(val[string](n, "channel")),
		Message:   val[string](n, "message"),
		PerUnit:   val[string](n, "per") == "unit",
		Otherwise: val[string](n, keyOtherwise),
		Tries:     val[int](n, "tries", "max"),
	}
	timing(n, &s)
	if s.Tries > 1 {
		s.Spacing = cmp.Or(val[civil.Period](n, "tries", "spacing"), spacingDefault)
	}
	if n.has("late") {
		s.Late = new(late(n.child("late"), planLate))
	}
	s.Hold = hold(n.child("hold"), s.Class)
	s.Unclear = unclear(val[string](n, "unclear"), &s)
	kind := KindStep
	if s.PerUnit {
		kind = KindUnitStep
	}
	s.When = r.condition(kind, n.child(keyWhen), n.child(keyUnless))
	return s
}

// timing reads after, before or every into s.
func timing(n *node, s *followup.Step) {
	var at *node
	switch {
	case n.has(keyAfter):
		at, s.Timing = n.child(keyAfter), followup.After
		s.Anchor = val[followup.Anchor](at, "event")
	case n.has(keyBefore):
		at, s.Timing = n.child(keyBefore), followup.Before
		s.Anchor = val[followup.Anchor](at, "event")
		s.By = periods(at.child("by"))
	case n.has(keyEvery):
		at, s.Timing = n.child(keyEvery), followup.Every
		s.Anchor = val[followup.Anchor](at, "start")
		s.Until, s.Times = val[followup.Anchor](at, "until"), val[int](at, "times")
	default:
		return
	}
	s.Wait = val[civil.Period](at, "wait")
	s.Workdays = val[string](at, "on") != ""
	if c := at.child("at"); c != nil && c.value != nil {
		s.At = new(val[civil.Clock](c))
	}
	if w := val[civil.Window](at, "between"); w != (civil.Window{}) {
		s.Between = &w
	}
}

// periods reads one period or a list of them, longest first.
func periods(n *node) []civil.Period {
	list := items(n)
	if n != nil && n.kind != listNode {
		list = []*node{n}
	}
	var out []civil.Period
	for _, item := range list {
		if item.value != nil {
			out = append(out, val[civil.Period](item))
		}
	}
	slices.SortStableFunc(out, func(a, b civil.Period) int { return cmp.Compare(days(b), days(a)) })
	return out
}

// days is about how long a period is, to compare periods of different units.
func days(p civil.Period) float64 {
	const year = 365.2425
	return float64(p.Years)*year + float64(p.Months)*year/12 + float64(7*p.Weeks+p.Days) + p.Exact.Hours()/24
}

// hold is rule 22: an open case holds feedback for at most P14D, marketing
// until it is closed, and nothing else.
func hold(n *node, class followup.Class) followup.Hold {
	if class != followup.Feedback && class != followup.Marketing {
		return followup.Hold{}
	}
	if val[string](n) == "off" {
		return followup.Hold{Off: true}
	}
	h := followup.Hold{AtMost: val[civil.Period](n, "at_most")}
	if h.AtMost.IsZero() && class == followup.Feedback {
		h.AtMost = holdDefault
	}
	return h
}

// unclear defaults to the lesser harm: a second service mail, but never a second call.
func unclear(word string, s *followup.Step) followup.Unclear {
	switch {
	case s.Channel == followup.Call:
		return followup.Park
	case word != "":
		return followup.Unclear(word)
	case s.Class == followup.Service || s.Class == followup.Recall:
		return followup.Resend
	default:
		return followup.Park
	}
}

// condition compiles when and not unless as one; nil where neither is given.
func (r *reader) condition(kind string, when, unless *node) followup.Condition {
	a, b := r.question(kind, when), r.question(kind, unless)
	if a == nil && b == nil {
		return nil
	}
	return checked(a, b)
}

func (r *reader) question(kind string, n *node) *question {
	src := val[string](n)
	if src == "" {
		return nil
	}
	q, problems := compile(kind, src)
	for _, p := range problems {
		line, col := lineAndColumn(src, p.at)
		r.fault(r.inside(n, line, col), p.cause, p.mend)
	}
	return q
}

// lineAndColumn turns a place in characters into line and column from 1.
func lineAndColumn(src string, at int) (line, col int) {
	line, col = 1, 1
	for i, c := range []rune(src) {
		if i == at {
			break
		}
		if col++; c == '\n' {
			line, col = line+1, 1
		}
	}
	return line, col
}
