package plan

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"aftersales/internal/condition"
)

// operators are those of expr-lang that are written in more than one way, as
// package condition calls them.
var operators = map[string]string{"&&": "and", "||": "or", "!": "not"}

// treeOf writes a parsed condition as what is asked at run time. It is called for
// conditions without problems only; an error names what it does not know.
func treeOf(n ast.Node) (condition.Node, error) {
	switch n := n.(type) {
	case *ast.NilNode:
		return condition.Node{Op: "nil"}, nil
	case *ast.BoolNode:
		return condition.Node{Op: fmt.Sprint(n.Value)}, nil
	case *ast.StringNode:
		return condition.Node{Op: "text", Text: n.Value}, nil
	case *ast.IntegerNode:
		return condition.Node{Op: "integer", Int: n.Value}, nil
	case *ast.FloatNode:
		return condition.Node{Op: "decimal", Float: n.Value}, nil
	case *ast.IdentifierNode:
		return condition.Node{Op: "name", Text: strings.TrimPrefix(n.Value, "_")}, nil
	case *ast.PointerNode:
		if n.Name == "index" {
			return condition.Node{Op: "index"}, nil
		}
		return condition.Node{Op: "it"}, nil
	case *ast.PredicateNode:
		return treeOf(n.Node)
	case *ast.CallNode:
		return called(n)
	case *ast.MemberNode:
		return member(n)
	}
	return joined(n)
}

// joined writes what only has an operator and parts.
func joined(n ast.Node) (condition.Node, error) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		switch n.Operator {
		case "+":
			return treeOf(n.Node)
		case "-":
			return branch("neg", n.Node)
		}
		return branch("not", n.Node)
	case *ast.BinaryNode:
		if op, ok := operators[n.Operator]; ok {
			return branch(op, n.Left, n.Right)
		}
		return branch(n.Operator, n.Left, n.Right)
	case *ast.ChainNode:
		return branch("chain", n.Node)
	case *ast.SliceNode:
		return branch("slice", n.Node, bound(n.From), bound(n.To))
	case *ast.BuiltinNode:
		return branch(n.Name, n.Arguments...)
	case *ast.ArrayNode:
		return branch("list", n.Nodes...)
	}
	return condition.Node{}, fmt.Errorf("%T is not part of the language", n)
}

func bound(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}

func branch(op string, of ...ast.Node) (condition.Node, error) {
	out := condition.Node{Op: op, Of: make([]condition.Node, len(of))}
	for i, n := range of {
		var err error
		if out.Of[i], err = treeOf(n); err != nil {
			return out, err
		}
	}
	return out, nil
}

// called writes a call of our own functions; amounts that are written out are
// constants.
func called(n *ast.CallNode) (condition.Node, error) {
	name := n.Callee.String()
	if name == fnMoney {
		if s, ok := n.Arguments[0].(*ast.StringNode); ok {
			m, err := condition.ParseMoney(s.Value)
			return condition.Node{Op: "money", Money: &m}, err
		}
		name = "amount"
	}
	return branch(name, n.Arguments...)
}

func member(n *ast.MemberNode) (condition.Node, error) {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return branch("at", n.Node, n.Property)
	}
	op := "field"
	if n.Optional {
		op = "field?"
	}
	out, err := branch(op, n.Node)
	out.Text = name.Value
	return out, err
}
