package plan

import (
	"errors"

	"github.com/expr-lang/expr"

	"aftersales/internal/followup"
)

// options is the environment that conditions are typed in. Functions have types
// and no more: package condition does what they say.
func options() []expr.Option {
	type money = followup.Money
	o := []expr.Option{
		expr.Env(&views{}), expr.AsBool(), expr.MaxNodes(maxParts), expr.DisableIfOperator(), expr.DisableAllBuiltins(),
		expr.Function(fnMoney, typedOnly, new(func(string) money)),
		expr.Function(fnAnswered, typedOnly, new(func(string) bool), new(func(string, string) bool)),
		expr.Function(fnConsents, typedOnly, new(func(string, string) bool)),
		expr.Function("_add", typedOnly, new(func(money, money) money)),
		expr.Operator("+", "_add"),
	}
	for _, b := range builtins {
		o = append(o, expr.EnableBuiltin(b))
	}
	for _, op := range []string{"<", "<=", ">", ">=", "==", "!="} {
		name := "_money" + op
		o = append(o, expr.Function(name, typedOnly, new(func(money, money) bool)), expr.Operator(op, name))
	}
	return o
}

// typedOnly is what nothing calls: no program of expr-lang is ever run.
func typedOnly(...any) (any, error) {
	return nil, errors.New("conditions are asked by package condition")
}
