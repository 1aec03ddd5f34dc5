package condition

import (
	"fmt"

	"aftersales/internal/followup"
)

// Node is a part of a condition's tree. What Op says, the other fields mean:
//
//	nil true false        constants
//	text integer decimal money  constants: Text, Int, Float, Money
//	name                  Text: order, lines, units, unit, self, contact, answers, coverages, cases
//	it index              the element a predicate is about, and its place
//	field                 Text of Of[0]; field? is nil where Of[0] is
//	at                    element Of[1] of the list Of[0]
//	slice                 Of[0] from Of[1] until Of[2]; an absent bound is nil
//	list                  of all of Of
//	chain                 Of[0]; a field? that found nil ends it
//	not neg               of Of[0]
//	and or ?? == != < <= > >= + - * / % in contains startsWith endsWith matches
//	all any one none filter map find count sum    of the list Of[0] by the predicate Of[1], which sum may lack
//	len lower upper trim hasPrefix hasSuffix abs min max round int float string    of Of
//	answered consents amount    our own functions, of texts
type Node struct {
	Op    string          `json:"op"`
	Text  string          `json:"text,omitempty"`
	Int   int             `json:"int,omitempty"`
	Float float64         `json:"float,omitempty"`
	Money *followup.Money `json:"money,omitempty"`
	Of    []Node          `json:"of,omitempty"`
}

// frame is one evaluation: the scope, and the element a predicate looks at.
type frame struct {
	scope *followup.Scope
	it    any
	index int
}

// eval is a part of a condition, ready to be asked. Its values are nil, bool, int,
// float64, string, followup.Money, []any and *object.
type eval func(frame) (any, error)

// prepare turns a tree into what evaluates it.
func prepare(n *Node) (eval, error) {
	if e, ok := leaf(n); ok {
		return e, nil
	}
	of := make([]eval, len(n.Of))
	for i := range n.Of {
		var err error
		if of[i], err = prepare(&n.Of[i]); err != nil {
			return nil, err
		}
	}
	for _, kind := range []func(*Node, []eval) (eval, error){access, pattern, logic, loop, call} {
		if e, err := kind(n, of); e != nil || err != nil {
			return e, err
		}
	}
	return nil, fmt.Errorf("%q of %d is not known: deploy this version's own plans", n.Op, len(n.Of))
}

func constant(v any) eval { return func(frame) (any, error) { return v, nil } }

// leaf returns what has no parts.
func leaf(n *Node) (eval, bool) {
	switch n.Op {
	case "nil":
		return constant(nil), true
	case "true", "false":
		return constant(n.Op == "true"), true
	case "text":
		return constant(n.Text), true
	case "integer":
		return constant(n.Int), true
	case "decimal":
		return constant(n.Float), true
	case "money":
		if n.Money != nil {
			return constant(*n.Money), true
		}
	case "it":
		return func(f frame) (any, error) { return f.it, nil }, true
	case "index":
		return func(f frame) (any, error) { return f.index, nil }, true
	case "name":
		if see := sights[n.Text]; see != nil {
			return func(f frame) (any, error) { return see(f.scope), nil }, true
		}
	}
	return nil, false
}

// errChain says that a field? found nil.
var errChain = fmt.Errorf("nothing there: %w", errType)

// access returns what reads from a value.
func access(n *Node, of []eval) (eval, error) {
	switch {
	case (n.Op == "field" || n.Op == "field?") && len(of) == 1:
		name, soft := n.Text, n.Op == "field?"
		return func(f frame) (any, error) {
			v, err := of[0](f)
			if err != nil {
				return nil, err
			}
			if v == nil && soft {
				return nil, errChain
			}
			return field(v, name)
		}, nil
	case n.Op == "chain" && len(of) == 1:
		return func(f frame) (any, error) {
			v, err := of[0](f)
			if err == errChain { //nolint:errorlint // it is never wrapped on the way here
				return nil, nil //nolint:nilnil // nil is a value of conditions
			}
			return v, err
		}, nil
	case n.Op == "at" && len(of) == 2:
		return both(of, element), nil
	case n.Op == "slice" && len(of) == 3:
		return every(of, func(v []any) (any, error) { return slice(v[0], v[1], v[2]) }), nil
	case n.Op == "list":
		return every(of, func(v []any) (any, error) { return v, nil }), nil
	}
	return nil, nil //nolint:nilnil // another kind of node
}

// both evaluates two parts, then does something with them.
func both(of []eval, do func(a, b any) (any, error)) eval {
	return func(f frame) (any, error) {
		a, err := of[0](f)
		if err != nil {
			return nil, err
		}
		b, err := of[1](f)
		if err != nil {
			return nil, err
		}
		return do(a, b)
	}
}

// every evaluates all parts, then does something with them.
func every(of []eval, do func([]any) (any, error)) eval {
	return func(f frame) (any, error) {
		values := make([]any, len(of))
		for i, e := range of {
			var err error
			if values[i], err = e(f); err != nil {
				return nil, err
			}
		}
		return do(values)
	}
}

// element returns the element of a list; a negative place counts from its end.
func element(v, place any) (any, error) {
	list, ok := v.([]any)
	at, whole := place.(int)
	if !ok || !whole {
		return nil, errType
	}
	i := at
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return nil, fmt.Errorf("index out of range: %d (the list has %d)", at, len(list))
	}
	return list[i], nil
}

// slice returns a part of a list or text, bounded by what there is.
func slice(v, from, until any) (any, error) {
	var length int
	list, isList := v.([]any)
	text, isText := v.(string)
	switch {
	case isList:
		length = len(list)
	case isText:
		length = len(text)
	default:
		return nil, errType
	}
	a, okA := place(from, 0, length)
	b, okB := place(until, length, length)
	if !okA || !okB {
		return nil, errType
	}
	a = min(a, b)
	if isList {
		return list[a:b], nil
	}
	return text[a:b], nil
}

// place is a bound of a slice within 0 and length.
func place(v any, absent, length int) (int, bool) {
	at, ok := v.(int)
	if v == nil {
		return absent, true
	}
	if at < 0 {
		at += length
	}
	return min(max(at, 0), length), ok
}
