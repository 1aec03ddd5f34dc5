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

	"aftersales/internal/condition"
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
	r.join(mismatched(wrapped))
	q := &question{src: src, names: r.names, asked: &condition.Question{Source: src, Canonical: printed(tree.Node, shift)}}
	if len(r.problems) == 0 {
		r.problems = q.prepare(tree.Node)
	}
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

// prepare makes the question one that can be asked.
func (q *question) prepare(n ast.Node) []problem {
	tree, err := treeOf(n)
	if err == nil {
		q.asked, err = condition.New(q.src, q.asked.Canonical, q.names.has("unit") || q.names.has("_self"), tree)
	}
	if err != nil {
		return []problem{{0, err.Error(), "say it another way"}}
	}
	return nil
}

// mismatched types a condition and says what does not fit together.
func mismatched(src string) []problem {
	program, err := expr.Compile(src, options()...)
	if err != nil {
		return []problem{told(err)}
	}
	m := mixed{}
	root := program.Node()
	ast.Walk(&root, &m)
	return m.problems
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
