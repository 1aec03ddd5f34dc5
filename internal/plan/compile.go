package plan

import (
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"aftersales/internal/followup"
)

// A bare .field is an expression about one element, so the condition of units
// is asked of a list that holds only the unit.
const (
	selfHead = "any(_self, "
	selfTail = "\n)" // on its own line: a comment at the end must not swallow it
)

// maxParts bounds the size of a condition; those of the examples have about ten parts.
const maxParts = 300

// compile reads a condition; problems are in characters of src. With problems the
// question cannot be asked, but it still says what it names; it is nil where the
// syntax is wrong.
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
	program, mismatches := typed(wrapped)
	r.join(mismatches)
	q := &question{src: src, canonical: printed(tree.Node, shift), names: r.names, needs: r.names.needs(), program: program, direct: direct(tree.Node)}
	for i := range r.problems {
		r.problems[i] = r.problems[i].within(src, shift)
	}
	return q, r.problems
}

// join adds what the type checker found, unless the vocabulary told it already,
// and better.
func (r *reading) join(found []problem) {
	told := len(r.problems) > 0
	for _, p := range found {
		same := func(o problem) bool { return o.at == p.at }
		if !slices.ContainsFunc(r.problems, same) && (!told || !strings.HasPrefix(p.cause, "unknown name")) {
			r.problems = append(r.problems, p)
		}
	}
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
		if b, ok := tree.Node.(*ast.BuiltinNode); !ok || b.Location().From != 0 {
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
		if len(n.Arguments) == 0 {
			return
		}
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
