package plan

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"

	"aftersales/internal/followup"
)

// fieldsOf lists the names of a view's fields, by the type's own name.
var fieldsOf = map[string][]string{
	"orderView": tags[orderView](), "lineView": tags[lineView](), "unitView": tags[unitView](),
	"contactView": tags[contactView](), "answerView": tags[answerView](), "coverView": tags[coverView](), "caseView": tags[caseView](),
}

func tags[T any]() []string {
	var names []string
	for f := range reflect.TypeFor[T]().Fields() {
		names = append(names, f.Tag.Get("expr"))
	}
	return names
}

var (
	noField = regexp.MustCompile(`^type \*?plan\.(\w+) has no field (\w+)`)
	plain   = strings.NewReplacer(
		"[]*plan.lineView", "lines", "[]*plan.unitView", "units", "[]*plan.answerView", "answers",
		"[]*plan.coverView", "coverages", "[]*plan.caseView", "cases",
		"*plan.orderView", "the order", "*plan.lineView", "a line", "*plan.unitView", "a unit", "*plan.contactView", "the contact",
		"*plan.answerView", "an answer", "*plan.coverView", "a coverage", "*plan.caseView", "a case",
		"plan.orderView", "the order", "plan.lineView", "a line", "plan.unitView", "a unit", "plan.contactView", "the contact",
		"followup.Money", "money", "interface {}", "anything",
	)
)

// explain puts a message of the type checker into the words of plans.
func explain(message string) (cause, mend string) {
	if m := noField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s has no %s", plain.Replace("*plan."+m[1]), quote(m[2])), suggest(m[2], fieldsOf[m[1]])
	}
	cause = plain.Replace(message)
	switch {
	case strings.Contains(message, "followup.Money"):
		mend = `compare amounts with money("150.00 EUR")`
	case strings.HasPrefix(message, "expected bool"):
		mend = "write a question that is true or false"
	case strings.Contains(message, "mismatched types"):
		mend = "compare text with \"quoted text\" and numbers with numbers"
	case strings.Contains(message, `unexpected token Operator(".")`):
		mend = "a bare .field is a unit's and belongs in units: or inside any(lines, ...)"
	case strings.Contains(message, "unexpected token EOF"):
		mend = "the condition ends too early; in YAML a # after a space begins a comment, and between { } a comma ends it: put it in quotes"
	default:
		mend = conditionScalar.mend
	}
	return cause, mend
}

// mixed finds amounts in a typed condition where the comparison would not look
// at currencies: in lists, sums, beside nil.
type mixed struct{ problems []problem }

// Visit is called for every node, children first.
func (m *mixed) Visit(node *ast.Node) {
	var parts []ast.Node
	switch n := (*node).(type) {
	case *ast.BinaryNode: // one of two amounts is a call by now
		parts = []ast.Node{n.Left, n.Right}
	case *ast.ArrayNode:
		parts = n.Nodes
	case *ast.BuiltinNode:
		switch n.Name {
		case "sum", "min", "max", "map":
			parts = append([]ast.Node{n}, n.Arguments...)
		}
	case *ast.PredicateNode:
		parts = []ast.Node{n.Node}
	}
	for _, p := range parts {
		if p.Type() == reflect.TypeFor[followup.Money]() {
			m.problems = append(m.problems, problem{(*node).Location().From, "an amount is only compared with, or added to, an amount", moneyMend})
			return
		}
	}
}

const moneyMend = `write amount and currency: money("150.00 EUR")`
