package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"aftersales/internal/condition"
)

// Kinds of conditions. They differ in what is known when they are asked.
const (
	KindOrder    = "order"     // orders.when: while a plan is being matched
	KindUnit     = "unit"      // units: while units are being picked; .field is the unit's
	KindStep     = "step"      // when, unless of a step per order
	KindUnitStep = "unit step" // when, unless of a step per unit; unit is the unit
)

// sights lists the names each kind of condition may use.
var sights = map[string][]string{
	KindOrder:    {"order", "lines", "units", "contact"},
	KindUnit:     {"order", "lines", "unit", "contact"},
	KindStep:     {"order", "lines", "units", "contact", "answers", "coverages", "cases"},
	KindUnitStep: {"order", "lines", "units", "unit", "contact", "answers", "coverages", "cases"},
}

// builtins are the functions of expr-lang that a condition may use: none reads
// the clock, none makes much of little (repeat, reduce, ranges).
var builtins = []string{
	"all", "any", "one", "none", "filter", "map", "find", "count", "sum", "len",
	"lower", "upper", "trim", "hasPrefix", "hasSuffix", "abs", "min", "max", "round", "int", "float", "string",
}

// Our own functions.
const (
	fnMoney    = "money"
	fnAnswered = "answered"
	fnConsents = "consents"
)

func functions(kind string) []string {
	if kind == KindOrder || kind == KindUnit {
		return []string{fnMoney, fnConsents}
	}
	return []string{fnMoney, fnConsents, fnAnswered}
}

// names is what a condition refers to.
type names struct {
	roots    []string // order, lines, ...; functions
	category bool     // some .category
	placed   bool     // some .placed
	steps    []spot   // steps that answered() names
}

// spot is a word in a condition and where it stands, in characters from 0.
type spot struct {
	word string
	at   int
}

func (n *names) has(root string) bool { return slices.Contains(n.roots, root) }

// problem is a fault inside a condition; at is in characters from 0.
type problem struct {
	at          int
	cause, mend string
}

// reading walks a parsed condition: what it names, and what it must not do.
type reading struct {
	kind     string
	names    names
	problems []problem
}

func (r *reading) problem(n ast.Node, cause, mend string) {
	r.problems = append(r.problems, problem{n.Location().From, cause, mend})
}

// Visit is called for every node, children first.
func (r *reading) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.identifier(n)
	case *ast.MemberNode:
		r.member(n)
	case *ast.CallNode:
		r.call(n)
	case *ast.BuiltinNode:
		switch {
		case !slices.Contains(builtins, n.Name):
			r.problem(n, quote(n.Name)+" is not part of the language", mendFunction(n.Name, r.kind))
		case n.Name == "count" && len(n.Arguments) == 1:
			r.problem(n, "count wants to know which", "write count(lines, .price > ...) or len(lines)")
		}
	case *ast.BinaryNode:
		if n.Operator == ".." || n.Operator == "**" || n.Operator == "^" {
			r.problem(n, quote(n.Operator)+" is not part of the language", "list the values: [1, 2, 3]")
		}
	case *ast.VariableDeclaratorNode, *ast.SequenceNode, *ast.MapNode, *ast.ConditionalNode:
		r.problem(n, "a condition is one question, without let, ; or ?:", "say it with and, or, not")
	}
}

// member takes .field and [0], but no computed name: what a condition reads has
// to be seen when it is compiled.
func (r *reading) member(n *ast.MemberNode) {
	switch p := n.Property.(type) {
	case *ast.StringNode:
		r.names.category = r.names.category || p.Value == "category"
		r.names.placed = r.names.placed || p.Value == "placed"
	case *ast.IntegerNode, *ast.UnaryNode:
	default:
		r.problem(n, "a name in brackets cannot be computed", "write .field or [0]")
	}
}

func (r *reading) identifier(n *ast.IdentifierNode) {
	known := sights[r.kind]
	switch {
	case slices.Contains(known, n.Value) || n.Value == "_self":
		r.names.roots = append(r.names.roots, n.Value)
	case oneOf(n.Value, functions(r.kind)):
		r.names.roots = append(r.names.roots, n.Value)
	case slices.Contains(sights[KindUnitStep], n.Value) || n.Value == fnAnswered:
		r.problem(n, fmt.Sprintf("%s is not known here", n.Value), mendSight(n.Value, r.kind))
	default:
		r.problem(n, "unknown name "+quote(n.Value), mendFunction(n.Value, r.kind))
	}
}

func mendSight(name, kind string) string {
	if name == "unit" {
		return "add per: unit, or ask any(units, ...)"
	}
	return fmt.Sprintf("the condition of %s sees %s", map[string]string{KindOrder: "orders", KindUnit: "units"}[kind],
		strings.Join(sights[kind], ", "))
}

func mendFunction(name, kind string) string {
	if oneOf(name, []string{"now", "today", "date", "time", "duration", "timezone"}) {
		return "a condition has no clock; say when with after, before or every"
	}
	all := slices.Concat(sights[kind], functions(kind), builtins)
	if near := nearest(name, all); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	return "known are " + strings.Join(slices.Concat(sights[kind], functions(kind)), ", ")
}

func (r *reading) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.problem(n, "only functions can be called", "known are "+strings.Join(functions(r.kind), ", "))
		return
	}
	switch callee.Value {
	case fnMoney:
		r.callMoney(n)
	case fnAnswered:
		r.callAnswered(n)
	case fnConsents:
		r.callConsents(n)
	}
}

func (r *reading) callMoney(n *ast.CallNode) {
	if len(n.Arguments) != 1 {
		r.problem(n, "money takes one text", moneyMend)
		return
	}
	if s, ok := n.Arguments[0].(*ast.StringNode); ok {
		if _, err := condition.ParseMoney(s.Value); err != nil {
			r.problem(s, err.Error(), moneyMend)
		}
	}
}

func (r *reading) callAnswered(n *ast.CallNode) {
	words := r.literals(n, 1, 2, `write answered("works") or answered("check-in", "works")`)
	if words == nil {
		return
	}
	if value := words[len(words)-1]; !oneOf(value.Value, answerWords) {
		r.problem(value, quote(value.Value)+" is not an answer", suggest(value.Value, answerWords))
	}
	if len(words) == 2 {
		r.names.steps = append(r.names.steps, spot{words[0].Value, words[0].Location().From})
	}
}

func (r *reading) callConsents(n *ast.CallNode) {
	words := r.literals(n, 2, 2, `write consents("marketing", "email")`)
	if words == nil {
		return
	}
	if !oneOf(words[0].Value, classWords) {
		r.problem(words[0], quote(words[0].Value)+" is not a class", suggest(words[0].Value, classWords))
	}
	if !oneOf(words[1].Value, channelWords) {
		r.problem(words[1], quote(words[1].Value)+" is not a channel", suggest(words[1].Value, channelWords))
	}
}

// literals returns the arguments of a call if they are quoted words.
func (r *reading) literals(n *ast.CallNode, least, most int, mend string) []*ast.StringNode {
	var words []*ast.StringNode
	for _, a := range n.Arguments {
		if s, ok := a.(*ast.StringNode); ok {
			words = append(words, s)
		}
	}
	if len(words) != len(n.Arguments) || len(words) < least || len(words) > most {
		r.problem(n, "the function takes quoted words", mend)
		return nil
	}
	return words
}

// Bounds of any, all, count and their like: an order may have a thousand lines,
// so each level multiplies the work by a thousand.
const (
	maxLoops    = 12
	maxNestings = 2
)

// loops counts predicates, and how deep they nest.
type loops struct{ count, deep int }

// Visit looks at predicates only. Without children of its own a predicate is
// one level; the walks are bounded by maxLoops.
func (l *loops) Visit(node *ast.Node) {
	p, ok := (*node).(*ast.PredicateNode)
	if !ok {
		return
	}
	if l.count++; l.count > maxLoops {
		return
	}
	inner := loops{}
	ast.Walk(&p.Node, &inner)
	l.deep = max(l.deep, 1+inner.deep)
}

func (r *reading) bound(n ast.Node, spare int) {
	l := loops{}
	ast.Walk(&n, &l)
	if l.count-spare > maxLoops || l.deep-spare > maxNestings {
		r.problem(n, "too many any, all, count and the like", fmt.Sprintf("at most %d, at most %d in one another", maxLoops-1, maxNestings))
	}
}
