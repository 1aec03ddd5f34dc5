package condition

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

// logic returns an operator.
func logic(n *Node, of []eval) (eval, error) {
	if len(of) == 1 {
		switch n.Op {
		case "not":
			return func(f frame) (any, error) {
				yes, err := truth(of[0], f)
				return !yes, err
			}, nil
		case "neg":
			return every(of, func(v []any) (any, error) { return negative(v[0]) }), nil
		}
	}
	if len(of) != 2 {
		return nil, nil //nolint:nilnil // another kind of node
	}
	switch n.Op {
	case "and", "or":
		stop := n.Op == "or"
		return func(f frame) (any, error) {
			if yes, err := truth(of[0], f); err != nil || yes == stop {
				return yes, err
			}
			return of[1](f)
		}, nil
	case "??":
		return func(f frame) (any, error) {
			if v, err := of[0](f); v != nil || err != nil {
				return v, err
			}
			return of[1](f)
		}, nil
	}
	if do := operators[n.Op]; do != nil {
		return both(of, do), nil
	}
	return nil, nil //nolint:nilnil // another kind of node
}

func truth(e eval, f frame) (bool, error) {
	v, err := e(f)
	if err != nil {
		return false, err
	}
	yes, ok := v.(bool)
	if !ok {
		return false, errType
	}
	return yes, nil
}

// operators are those that always ask both sides.
var operators = map[string]func(a, b any) (any, error){
	"==": func(a, b any) (any, error) { return equal(a, b) },
	"!=": func(a, b any) (any, error) {
		same, err := equal(a, b)
		return !same, err
	},
	"<":  func(a, b any) (any, error) { return compared(a, b, func(order int) bool { return order < 0 }) },
	"<=": func(a, b any) (any, error) { return compared(a, b, func(order int) bool { return order <= 0 }) },
	">":  func(a, b any) (any, error) { return compared(a, b, func(order int) bool { return order > 0 }) },
	">=": func(a, b any) (any, error) { return compared(a, b, func(order int) bool { return order >= 0 }) },
	"+":  add,
	"-": func(a, b any) (any, error) {
		return arithmetic(a, b, func(a, b int) int { return a - b }, func(a, b float64) float64 { return a - b })
	},
	"*": func(a, b any) (any, error) {
		return arithmetic(a, b, func(a, b int) int { return a * b }, func(a, b float64) float64 { return a * b })
	},
	"/": func(a, b any) (any, error) {
		x, okX := number(a)
		y, okY := number(b)
		if !okX || !okY {
			return nil, errType
		}
		return x / y, nil
	},
	"%":          remainder,
	"in":         func(a, b any) (any, error) { return within(a, b) },
	"contains":   func(a, b any) (any, error) { return texts(a, b, strings.Contains) },
	"startsWith": func(a, b any) (any, error) { return texts(a, b, strings.HasPrefix) },
	"endsWith":   func(a, b any) (any, error) { return texts(a, b, strings.HasSuffix) },
	"matches": func(a, b any) (any, error) {
		p, ok := b.(string)
		if !ok {
			return nil, errType
		}
		r, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", quote(p), err)
		}
		return matches(a, r)
	},
}

// pattern returns matches with a constant, which is compiled once.
func pattern(n *Node, of []eval) (eval, error) {
	if n.Op != "matches" || len(n.Of) != 2 || n.Of[1].Op != "text" {
		return nil, nil //nolint:nilnil // another kind of node
	}
	r, err := regexp.Compile(n.Of[1].Text)
	if err != nil {
		return nil, err
	}
	return func(f frame) (any, error) {
		v, err := of[0](f)
		if err != nil {
			return nil, err
		}
		return matches(v, r)
	}, nil
}

// matches is no for what is not there.
func matches(v any, r *regexp.Regexp) (any, error) {
	s, ok := v.(string)
	if !ok && v != nil {
		return nil, errType
	}
	return ok && r.MatchString(s), nil
}

func texts(a, b any, test func(s, part string) bool) (any, error) {
	s, okS := a.(string)
	part, okPart := b.(string)
	switch {
	case a == nil || b == nil:
		return false, nil
	case !okS || !okPart:
		return nil, errType
	}
	return test(s, part), nil
}

// number returns an int or float64 as a float64.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// equal compares numbers by value, amounts of one currency, and all else by what
// it is and holds.
func equal(a, b any) (bool, error) {
	if x, ok := number(a); ok {
		y, both := number(b)
		return both && x == y, nil
	}
	switch x := a.(type) {
	case followup.Money:
		order, err := moneyOrder(a, b)
		return err == nil && order == 0, err
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if same, err := equal(x[i], y[i]); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *object:
		y, ok := b.(*object)
		return ok && x.same(y), nil
	default: // nil, bool and string
		switch b.(type) {
		case []any, followup.Money:
			return false, nil
		}
		return a == b, nil
	}
}

// compared orders numbers, texts and amounts.
func compared(a, b any, test func(order int) bool) (any, error) {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			return test(cmp.Compare(x, y)), nil
		}
	}
	x, okX := number(a)
	y, okY := number(b)
	if okX && okY {
		return test(cmp.Compare(x, y)), nil
	}
	s, okS := a.(string)
	t, okT := b.(string)
	if okS && okT {
		return test(strings.Compare(s, t)), nil
	}
	order, err := moneyOrder(a, b)
	if err != nil {
		return nil, err
	}
	return test(order), nil
}

func within(v, in any) (any, error) {
	if in == nil {
		return false, nil
	}
	list, ok := in.([]any)
	if !ok {
		return nil, errType
	}
	var fault error
	found := slices.ContainsFunc(list, func(e any) bool {
		same, err := equal(e, v)
		fault = cmp.Or(fault, err)
		return same
	})
	return found, fault
}
