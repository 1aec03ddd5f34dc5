package condition

import (
	"errors"
	"fmt"
	"math"

	"aftersales/internal/followup"
)

func negative(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return -v, nil
	case float64:
		return -v, nil
	}
	return nil, errType
}

// arithmetic keeps whole numbers whole.
func arithmetic(a, b any, whole func(a, b int) int, part func(a, b float64) float64) (any, error) {
	x, okX := a.(int)
	y, okY := b.(int)
	if okX && okY {
		return whole(x, y), nil
	}
	p, okP := number(a)
	q, okQ := number(b)
	if !okP || !okQ {
		return nil, errType
	}
	return part(p, q), nil
}

func remainder(a, b any) (any, error) {
	x, okX := a.(int)
	y, okY := b.(int)
	switch {
	case !okX || !okY:
		return nil, errType
	case y == 0:
		return nil, errors.New("divided by zero")
	}
	return x % y, nil
}

// add joins texts, and sums numbers and amounts.
func add(a, b any) (any, error) {
	s, okS := a.(string)
	t, okT := b.(string)
	if okS && okT {
		return s + t, nil
	}
	if _, ok := a.(followup.Money); ok {
		return moneySum(a, b)
	}
	return arithmetic(a, b, func(a, b int) int { return a + b }, func(a, b float64) float64 { return a + b })
}

// amounts takes two amounts of one currency. Two currencies are an error, never
// a silent no: nobody said at which rate.
func amounts(a, b any) (x, y followup.Money, err error) {
	x, okX := a.(followup.Money)
	y, okY := b.(followup.Money)
	switch {
	case !okX || !okY:
		return x, y, errType
	case x.Currency == "" || y.Currency == "":
		return x, y, errors.New("an amount is not known")
	case x.Currency != y.Currency:
		return x, y, fmt.Errorf("amounts in %s and %s cannot be compared", x.Currency, y.Currency)
	}
	return x, y, nil
}

// moneyOrder is negative, zero or positive as a is less than, equal to or more than b.
func moneyOrder(a, b any) (int, error) {
	x, y, err := amounts(a, b)
	switch {
	case err != nil:
		return 0, err
	case x.Minor < y.Minor:
		return -1, nil
	case x.Minor > y.Minor:
		return 1, nil
	}
	return 0, nil
}

func moneySum(a, b any) (any, error) {
	x, y, err := amounts(a, b)
	if err != nil {
		return nil, err
	}
	sum := x.Minor + y.Minor
	if (sum > x.Minor) != (y.Minor > 0) && y.Minor != 0 || sum == math.MinInt64 {
		return nil, errors.New("the sum of the amounts is too great")
	}
	return followup.Money{Minor: sum, Currency: x.Currency}, nil
}
