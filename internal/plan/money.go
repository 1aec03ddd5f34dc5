package plan

import (
	"errors"
	"fmt"
	"math"

	"aftersales/internal/followup"
)

// errArguments cannot happen: expr types every call when it compiles.
var errArguments = errors.New("wrong arguments")

// comparisons are the operators between amounts.
var comparisons = map[string]func(a, b int64) bool{
	"<":  func(a, b int64) bool { return a < b },
	"<=": func(a, b int64) bool { return a <= b },
	">":  func(a, b int64) bool { return a > b },
	">=": func(a, b int64) bool { return a >= b },
	"==": func(a, b int64) bool { return a == b },
	"!=": func(a, b int64) bool { return a != b },
}

// amounts takes two amounts of one currency. Two currencies are an error, never
// a silent no: nobody said at which rate.
func amounts(params []any) (a, b followup.Money, err error) {
	a, okA := params[0].(followup.Money)
	b, okB := params[1].(followup.Money)
	switch {
	case !okA || !okB:
		return a, b, errArguments
	case a.Currency == "" || b.Currency == "":
		return a, b, errors.New("an amount is not known")
	case a.Currency != b.Currency:
		return a, b, fmt.Errorf("amounts in %s and %s cannot be compared", a.Currency, b.Currency)
	}
	return a, b, nil
}

func compareMoney(test func(a, b int64) bool) func(...any) (any, error) {
	return func(params ...any) (any, error) {
		a, b, err := amounts(params)
		if err != nil {
			return nil, err
		}
		return test(a.Minor, b.Minor), nil
	}
}

func callAdd(params ...any) (any, error) {
	a, b, err := amounts(params)
	if err != nil {
		return nil, err
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 || sum == math.MinInt64 {
		return nil, errors.New("the sum of the amounts is too great")
	}
	return followup.Money{Minor: sum, Currency: a.Currency}, nil
}

func callMoney(params ...any) (any, error) {
	s, ok := params[0].(string)
	if !ok {
		return nil, errArguments
	}
	return parseMoney(s)
}

func callAnswered(params ...any) (any, error) {
	s, step, value, err := scopeAndWords(params)
	if err != nil {
		return nil, err
	}
	return s.Answered(step, value), nil
}

func callConsents(params ...any) (any, error) {
	s, class, channel, err := scopeAndWords(params)
	if err != nil {
		return nil, err
	}
	return s.Consents(followup.Class(class), followup.Medium(channel)), nil
}

func scopeAndWords(params []any) (s *followup.Scope, first, second string, err error) {
	s, okS := params[0].(*followup.Scope)
	first, ok1 := params[1].(string)
	second, ok2 := params[2].(string)
	if !okS || !ok1 || !ok2 {
		return nil, "", "", errArguments
	}
	return s, first, second, nil
}
