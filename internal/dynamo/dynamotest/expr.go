package dynamotest

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expr reads the expressions that the store writes: a part of DynamoDB's grammar,
// without nesting.
//
//	any  = all {"OR" all}
//	all  = test {"AND" test}
//	test = attribute_exists(NAME) | attribute_not_exists(NAME) | NAME OP :VALUE |
//	       NAME "IN" (:VALUE, ...) | NAME "BETWEEN" :VALUE "AND" :VALUE
type expr struct {
	words  []string
	values attributes
	it     attributes
}

// holds reports whether an item (nil: none) meets a condition; an empty one is met.
func holds(condition *string, values, it attributes) (bool, error) {
	if condition == nil || *condition == "" {
		return true, nil
	}
	e := &expr{words(*condition), values, it}
	ok, err := e.any()
	if err == nil && len(e.words) > 0 {
		err = fmt.Errorf("expression %q: %q is not understood", *condition, e.words[0])
	}
	return ok, err
}

// words splits an expression; operators stand between spaces.
func words(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", ",", " , ").Replace(s))
}

func (e *expr) next() string {
	if len(e.words) == 0 {
		return ""
	}
	w := e.words[0]
	e.words = e.words[1:]
	return w
}

func (e *expr) is(word string) bool {
	if len(e.words) > 0 && e.words[0] == word {
		e.words = e.words[1:]
		return true
	}
	return false
}

func (e *expr) any() (bool, error) {
	ok, err := e.all()
	for err == nil && e.is("OR") {
		var more bool
		more, err = e.all()
		ok = ok || more
	}
	return ok, err
}

func (e *expr) all() (bool, error) {
	ok, err := e.test()
	for err == nil && e.is("AND") {
		var more bool
		more, err = e.test()
		ok = ok && more
	}
	return ok, err
}

func (e *expr) test() (bool, error) {
	name := e.next()
	if e.is("(") {
		_, there := e.it[e.next()]
		if !e.is(")") {
			return false, fmt.Errorf("%s is not closed", name)
		}
		return there == (name == "attribute_exists"), nil
	}
	if reserved[name] {
		return false, fmt.Errorf("%s is a reserved word", name)
	}
	have, there := e.it[name]
	switch op := e.next(); op {
	case "IN":
		return e.in(have, there)
	case "BETWEEN":
		from, to := e.value(), ""
		if e.is("AND") {
			to = e.next()
		}
		return there && from != nil && compare(have, from) >= 0 && compare(have, e.values[to]) <= 0, nil
	default:
		c := 0
		want := e.value()
		if want == nil {
			return false, fmt.Errorf("%s has no value to %s", name, op)
		}
		if there {
			c = compare(have, want)
		}
		switch op {
		case "=":
			return there && c == 0, nil
		case "<>":
			return !there || c != 0, nil
		case "<=":
			return there && c <= 0, nil
		default:
			return false, fmt.Errorf("%q is not understood", op)
		}
	}
}

// reserved are the attributes of ours whose names AWS keeps for itself in
// expressions; local servers may not.
var reserved = map[string]bool{"at": true, "ttl": true}

func (e *expr) in(have types.AttributeValue, there bool) (bool, error) {
	if !e.is("(") {
		return false, fmt.Errorf("IN wants a list")
	}
	found := false
	for !e.is(")") {
		v := e.value()
		if v == nil {
			return false, fmt.Errorf("a value of IN is missing")
		}
		found = found || there && compare(have, v) == 0
		e.is(",")
	}
	return found, nil
}

func (e *expr) value() types.AttributeValue { return e.values[e.next()] }

// compare orders two values of one kind; of two kinds neither is equal.
func compare(a, b types.AttributeValue) int {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		if b, ok := b.(*types.AttributeValueMemberS); ok {
			return strings.Compare(a.Value, b.Value)
		}
	case *types.AttributeValueMemberN:
		if b, ok := b.(*types.AttributeValueMemberN); ok {
			x, _ := strconv.ParseInt(a.Value, 10, 64)
			y, _ := strconv.ParseInt(b.Value, 10, 64)
			return cmp.Compare(x, y)
		}
	case *types.AttributeValueMemberB:
		if b, ok := b.(*types.AttributeValueMemberB); ok {
			return bytes.Compare(a.Value, b.Value)
		}
	}
	return -2
}

// change does an update expression: SET NAME = :VALUE, ... REMOVE NAME, ...
func change(expression string, values, it attributes) error {
	e := &expr{words: words(expression), values: values}
	for mode := ""; len(e.words) > 0; {
		switch {
		case e.is("SET"):
			mode = "SET"
		case e.is("REMOVE"):
			mode = "REMOVE"
		case e.is(","):
		case mode == "REMOVE":
			delete(it, e.next())
		default:
			name := e.next()
			if reserved[name] {
				return fmt.Errorf("update %q: %s is a reserved word", expression, name)
			}
			if !e.is("=") {
				return fmt.Errorf("update %q: want %s = a value", expression, name)
			}
			v := e.value()
			if v == nil {
				return fmt.Errorf("update %q: %s has no value", expression, name)
			}
			it[name] = v
		}
	}
	return nil
}
