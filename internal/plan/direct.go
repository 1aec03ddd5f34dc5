package plan

import (
	"github.com/expr-lang/expr/ast"

	"aftersales/internal/followup"
)

// direct returns a condition made of answered, consents, and, or and not alone
// as a function: most conditions of steps are, and none of it can fail or needs
// a view. Nil when there is anything else in it.
func direct(n ast.Node) func(*followup.Scope) bool {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if of := direct(n.Node); of != nil && (n.Operator == "not" || n.Operator == "!") {
			return func(s *followup.Scope) bool { return !of(s) }
		}
	case *ast.BinaryNode:
		a, b := direct(n.Left), direct(n.Right)
		switch {
		case a == nil || b == nil:
		case n.Operator == "and" || n.Operator == "&&":
			return func(s *followup.Scope) bool { return a(s) && b(s) }
		case n.Operator == "or" || n.Operator == "||":
			return func(s *followup.Scope) bool { return a(s) || b(s) }
		}
	case *ast.CallNode:
		return said(n)
	}
	return nil
}

// said returns a call of answered or consents, whose words were checked.
func said(n *ast.CallNode) func(*followup.Scope) bool {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	words := make([]string, 0, 2)
	for _, a := range n.Arguments {
		if s, ok := a.(*ast.StringNode); ok {
			words = append(words, s.Value)
		}
	}
	switch {
	case !ok || len(words) != len(n.Arguments):
	case callee.Value == fnAnswered && len(words) == 1:
		return func(s *followup.Scope) bool { return s.Answered("", words[0]) }
	case callee.Value == fnAnswered && len(words) == 2:
		return func(s *followup.Scope) bool { return s.Answered(words[0], words[1]) }
	case callee.Value == fnConsents && len(words) == 2:
		return func(s *followup.Scope) bool { return s.Consents(followup.Class(words[0]), followup.Medium(words[1])) }
	}
	return nil
}
