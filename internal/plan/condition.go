package plan

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"aftersales/internal/followup"
)

// Compile types a condition of one kind ([KindOrder], [KindUnit], [KindStep],
// [KindUnitStep]) and makes it ready to be asked. The error is one line a
// problem: cause; mend.
func Compile(kind, src string) (followup.Condition, error) {
	if _, ok := sights[kind]; !ok {
		return nil, fmt.Errorf("compile condition: unknown kind %s", quote(kind))
	}
	q, problems := compile(kind, src)
	if len(problems) > 0 {
		var errs []error
		for _, p := range problems {
			errs = append(errs, fmt.Errorf("compile condition %s: character %d: %s; %s", quote(src), p.at+1, p.cause, p.mend))
		}
		return nil, errors.Join(errs...)
	}
	return &condition{when: q}, nil
}

// condition is when and not unless, as one. Either may be nil, not both.
type condition struct {
	when, unless *question
}

// Holds reports whether the condition holds. It is safe for concurrent use and
// has no effects; an error names the condition and what went wrong, such as
// amounts in two currencies.
func (c *condition) Holds(s *followup.Scope) (bool, error) {
	if c.when != nil {
		if ok, err := c.when.ask(s); !ok || err != nil {
			return false, err
		}
	}
	if c.unless != nil {
		ok, err := c.unless.ask(s)
		return !ok && err == nil, err
	}
	return true, nil
}

// String writes the condition as the plan does.
func (c *condition) String() string { return c.write(func(q *question) string { return q.src }) }

// canonical is the same for sources that differ in layout and quoting only.
func (c *condition) canonical() string {
	return c.write(func(q *question) string { return q.canonical })
}

func (c *condition) write(text func(*question) string) string {
	switch {
	case c.unless == nil:
		return text(c.when)
	case c.when == nil:
		return "unless " + text(c.unless)
	default:
		return text(c.when) + " unless " + text(c.unless)
	}
}

// reads reports whether either half names a root or function.
func (c *condition) reads(root string) bool {
	return c.when != nil && c.when.names.has(root) || c.unless != nil && c.unless.names.has(root)
}

// question is one compiled expression.
type question struct {
	src       string
	canonical string
	names     names
	program   *vm.Program
	pool      sync.Pool // of *run
}

// run is what one evaluation needs: a machine and an environment.
type run struct {
	vm    vm.VM
	views views
}

// ask evaluates the question.
func (q *question) ask(s *followup.Scope) (bool, error) {
	if s.Unit == nil && (q.names.has("unit") || q.names.has("_self")) {
		return false, fmt.Errorf("ask %s: no unit is in question", quote(q.src))
	}
	r, _ := q.pool.Get().(*run)
	if r == nil {
		r = &run{}
	}
	r.views.fill(s, q.names)
	out, err := r.vm.Run(q.program, &r.views)
	r.views.forget()
	q.pool.Put(r)
	if err != nil {
		return false, fmt.Errorf("ask %s: %s", quote(q.src), reason(err))
	}
	yes, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("ask %s: the answer is not true or false", quote(q.src))
	}
	return yes, nil
}

// reason is the cause without the drawing that expr adds to its errors.
func reason(err error) string {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return plain.Replace(e.Message)
	}
	return plain.Replace(err.Error())
}

// A bare .field is an expression about one element, so the condition of units
// is asked of a list that holds only the unit.
const (
	selfHead = "any(_self, "
	selfTail = "\n)" // on its own line: a comment at the end must not swallow it
)

// maxParts bounds the size of a condition; those of the examples have about ten parts.
const maxParts = 300

// compile reads a condition; problems are in characters of src.
func compile(kind, src string) (*question, []problem) {
	wrapped, shift := src, 0
	if kind == KindUnit {
		wrapped, shift = selfHead+src+selfTail, len(selfHead)
	}
	tree, p := parse(wrapped, shift, kind)
	if p == nil && strings.Contains(src, "_") {
		p = private(tree.Node, kind)
	}
	if p != nil {
		return nil, []problem{p.within(src, shift)}
	}
	r := reading{kind: kind}
	ast.Walk(&tree.Node, &r)
	r.bound(tree.Node, shift/len(selfHead))
	if len(r.problems) == 0 {
		program, p := typed(wrapped)
		if p == nil {
			return &question{src: src, canonical: printed(tree.Node, shift), names: r.names, program: program}, nil
		}
		r.problems = p
	}
	for i := range r.problems {
		r.problems[i] = r.problems[i].within(src, shift)
	}
	return nil, r.problems
}

// printed writes a condition without the layout of its source.
func printed(n ast.Node, shift int) string {
	if b, ok := n.(*ast.BuiltinNode); ok && shift > 0 {
		n = b.Arguments[1]
	}
	return n.String()
}

// typed compiles a condition, or says what does not fit together.
func typed(src string) (*vm.Program, []problem) {
	program, err := expr.Compile(src, options()...)
	if err != nil {
		return nil, []problem{told(err)}
	}
	m := mixed{}
	root := program.Node()
	ast.Walk(&root, &m)
	return program, m.problems
}

// within moves a problem of the wrapped source to its place in src.
func (p problem) within(src string, shift int) problem {
	p.at = min(max(0, p.at-shift), max(0, len([]rune(src))-1))
	return p
}

// parse reads the syntax alone, so that our own rules are told before types are.
func parse(src string, shift int, kind string) (*parser.Tree, *problem) {
	c := conf.CreateNew()
	c.MaxNodes = maxParts
	c.DisableIfOperator = true
	tree, err := parser.ParseWithConfig(src, c)
	if err != nil {
		p := told(err)
		if kind != KindUnit && strings.Contains(err.Error(), "pointer accessor") {
			p.mend = "a bare .field is a unit's and belongs in units: or inside any(lines, ...)"
		}
		return nil, &p
	}
	if shift > 0 {
		if b, ok := tree.Node.(*ast.BuiltinNode); !ok || b.Name != "any" || b.Location().From != 0 {
			return nil, &problem{shift, "a bracket is closed that was not opened", "check the brackets"}
		}
	}
	return tree, nil
}

// told puts an error of expr into our words.
func told(err error) problem {
	e, ok := errors.AsType[*file.Error](err)
	if !ok {
		cause, mend := explain(err.Error())
		return problem{0, cause, mend}
	}
	cause, mend := explain(strings.TrimSpace(e.Message))
	return problem{e.From, cause, mend}
}

// private finds names of ours in a merchant's condition.
func private(n ast.Node, kind string) *problem {
	f := &finder{spare: kind == KindUnit}
	ast.Walk(&n, f)
	return f.found
}

type finder struct {
	spare bool // the first _self is ours
	found *problem
}

// Visit remembers the first name with a dash in front.
func (f *finder) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.IdentifierNode)
	if !ok || !strings.HasPrefix(n.Value, "_") || f.found != nil {
		return
	}
	if f.spare && n.Value == "_self" && n.Location().From < len(selfHead) {
		return
	}
	f.found = &problem{n.Location().From, "unknown name " + quote(n.Value), "known are " + strings.Join(sights[KindStep], ", ")}
}

// options is the environment that conditions are typed in.
func options() []expr.Option {
	type money = followup.Money
	o := []expr.Option{
		expr.Env(&views{}), expr.AsBool(), expr.MaxNodes(maxParts), expr.DisableIfOperator(), expr.DisableAllBuiltins(),
		expr.Function(fnMoney, callMoney, new(func(string) money)),
		expr.Function("_answered", callAnswered, new(func(*followup.Scope, string, string) bool)),
		expr.Function("_consents", callConsents, new(func(*followup.Scope, string, string) bool)),
		expr.Function("_add", callAdd, new(func(money, money) money)),
		expr.Patch(&patcher{}),
		expr.Operator("+", "_add"),
	}
	for _, b := range builtins {
		o = append(o, expr.EnableBuiltin(b))
	}
	for op, test := range comparisons {
		name := "_money" + op
		o = append(o, expr.Function(name, compareMoney(test), new(func(money, money) bool)), expr.Operator(op, name))
	}
	return o
}

// patcher rewrites our functions into calls that are given the scope, and
// amounts into constants.
type patcher struct{}

// Visit is called for every node, children first.
func (patcher) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	scope := func() ast.Node { return &ast.IdentifierNode{Value: "_scope"} }
	switch callee.Value {
	case fnMoney:
		if s, ok := n.Arguments[0].(*ast.StringNode); ok {
			if m, err := parseMoney(s.Value); err == nil {
				ast.Patch(node, &ast.ConstantNode{Value: m})
			}
		}
	case fnAnswered:
		args := n.Arguments
		if len(args) == 1 {
			args = []ast.Node{&ast.StringNode{}, args[0]}
		}
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: "_answered"}, Arguments: append([]ast.Node{scope()}, args...)})
	case fnConsents:
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: "_consents"}, Arguments: append([]ast.Node{scope()}, n.Arguments...)})
	}
}
