package condition

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"aftersales/internal/followup"
)

// call returns a function.
func call(n *Node, of []eval) (eval, error) {
	if do := ours[n.Op]; do != nil {
		return own(n, of, do), nil
	}
	if do := functions[n.Op]; do != nil {
		return every(of, do), nil
	}
	return nil, nil //nolint:nilnil // another kind of node
}

// own calls a function of ours. Its words are constants mostly.
func own(n *Node, of []eval, do func(*followup.Scope, []string) (any, error)) eval {
	constant := make([]string, len(n.Of))
	for i := range n.Of {
		if n.Of[i].Op != "text" {
			constant = nil
			break
		}
		constant[i] = n.Of[i].Text
	}
	if constant != nil {
		return func(f frame) (any, error) { return do(f.scope, constant) }
	}
	return func(f frame) (any, error) {
		words := make([]string, len(of))
		for i, e := range of {
			v, err := e(f)
			if err != nil {
				return nil, err
			}
			var ok bool
			if words[i], ok = v.(string); !ok {
				return nil, errType
			}
		}
		return do(f.scope, words)
	}
}

// ours are our own functions.
var ours = map[string]func(*followup.Scope, []string) (any, error){
	"answered": func(s *followup.Scope, words []string) (any, error) {
		switch len(words) {
		case 1:
			return s.Answered("", words[0]), nil
		case 2:
			return s.Answered(words[0], words[1]), nil
		}
		return nil, errType
	},
	"consents": func(s *followup.Scope, words []string) (any, error) {
		if len(words) != 2 {
			return nil, errType
		}
		return s.Consents(followup.Class(words[0]), followup.Medium(words[1])), nil
	},
	"amount": func(_ *followup.Scope, words []string) (any, error) {
		if len(words) != 1 {
			return nil, errType
		}
		return ParseMoney(words[0])
	},
}

// ParseMoney reads what money() takes: "150.00 EUR".
func ParseMoney(s string) (followup.Money, error) {
	amount, currency, _ := strings.Cut(strings.TrimSpace(s), " ")
	m, err := followup.ParseMoney(amount, currency)
	if err != nil {
		return followup.Money{}, fmt.Errorf("money(%s): %w", quote(s), err)
	}
	return m, nil
}

// functions are those of expr-lang that a condition may use.
var functions = map[string]func([]any) (any, error){
	"len":       length,
	"lower":     func(v []any) (any, error) { return changed(v, strings.ToLower) },
	"upper":     func(v []any) (any, error) { return changed(v, strings.ToUpper) },
	"trim":      trim,
	"hasPrefix": func(v []any) (any, error) { return tested(v, strings.HasPrefix) },
	"hasSuffix": func(v []any) (any, error) { return tested(v, strings.HasSuffix) },
	"abs":       absolute,
	"min":       func(v []any) (any, error) { return extreme(v, -1) },
	"max":       func(v []any) (any, error) { return extreme(v, 1) },
	"round": func(v []any) (any, error) {
		if len(v) == 1 {
			if x, ok := number(v[0]); ok {
				return math.Round(x), nil
			}
		}
		return nil, errType
	},
	"int":   whole,
	"float": decimal,
	"string": func(v []any) (any, error) {
		if len(v) != 1 {
			return nil, errType
		}
		return fmt.Sprint(v[0]), nil
	},
}

func length(v []any) (any, error) {
	if len(v) == 1 {
		switch x := v[0].(type) {
		case string:
			return utf8.RuneCountInString(x), nil
		case []any:
			return len(x), nil
		}
	}
	return nil, errType
}

func changed(v []any, how func(string) string) (any, error) {
	if len(v) == 1 {
		if s, ok := v[0].(string); ok {
			return how(s), nil
		}
	}
	return nil, errType
}

func tested(v []any, test func(s, part string) bool) (any, error) {
	if len(v) != 2 || v[0] == nil || v[1] == nil {
		return nil, errType
	}
	return texts(v[0], v[1], test)
}

func trim(v []any) (any, error) {
	if len(v) == 2 {
		s, okS := v[0].(string)
		cut, okCut := v[1].(string)
		if okS && okCut {
			return strings.Trim(s, cut), nil
		}
	}
	return changed(v, strings.TrimSpace)
}

func absolute(v []any) (any, error) {
	if len(v) != 1 {
		return nil, errType
	}
	if x, ok := number(v[0]); ok && x >= 0 {
		return v[0], nil
	}
	return negative(v[0])
}

// extreme returns the least or greatest number of lists and numbers; nil of none.
func extreme(values []any, sign int) (any, error) {
	var best any
	for _, v := range values {
		if list, ok := v.([]any); ok {
			var err error
			if v, err = extreme(list, sign); err != nil {
				return nil, err
			}
			if v == nil {
				continue
			}
		}
		x, ok := number(v)
		if !ok {
			return nil, errType
		}
		if y, known := number(best); !known || (x-y)*float64(sign) > 0 {
			best = v
		}
	}
	return best, nil
}

func whole(v []any) (any, error) {
	if len(v) == 1 {
		switch x := v[0].(type) {
		case int:
			return x, nil
		case float64:
			return int(x), nil
		case string:
			n, err := strconv.Atoi(x)
			if err != nil {
				return nil, fmt.Errorf("int(%s) is no whole number", quote(x))
			}
			return n, nil
		}
	}
	return nil, errType
}

func decimal(v []any) (any, error) {
	if len(v) == 1 {
		if x, ok := number(v[0]); ok {
			return x, nil
		}
		if s, ok := v[0].(string); ok {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("float(%s) is no number", quote(s))
			}
			return x, nil
		}
	}
	return nil, errType
}
