package condition

import "slices"

// loops are what is asked of a list and a predicate.
var loops = []string{"all", "any", "none", "one", "count", "filter", "find", "map", "sum"}

// loop returns a question about the elements of a list.
func loop(n *Node, of []eval) (eval, error) {
	if !slices.Contains(loops, n.Op) || len(of) == 0 || len(of) > 2 || len(of) == 1 && n.Op != "sum" {
		return nil, nil //nolint:nilnil // another kind of node
	}
	predicate := eval(func(f frame) (any, error) { return f.it, nil })
	if len(of) == 2 {
		predicate = of[1]
	}
	return func(f frame) (any, error) {
		v, err := of[0](f)
		if err != nil {
			return nil, err
		}
		list, ok := v.([]any)
		if !ok {
			return nil, errType
		}
		t := tally{op: n.Op}
		for f.index, f.it = range list {
			says, err := predicate(f)
			if err != nil {
				return nil, err
			}
			if further, err := t.add(says, f.it); !further || err != nil {
				return t.answer(), err
			}
		}
		return t.answer(), nil
	}, nil
}

// tally is what is known of the elements so far.
type tally struct {
	op    string
	yes   int // elements that the predicate holds for
	no    int
	list  []any // filter, map
	found any   // find
	sum   any   // nil: nothing yet
}

// add counts an element, of which the predicate says something. It returns whether
// to look at another.
func (t *tally) add(says, it any) (further bool, err error) {
	switch t.op {
	case "map":
		t.list = append(t.list, says)
		return true, nil
	case "sum":
		t.sum, err = add(says, t.answer())
		return true, err
	}
	is, ok := says.(bool)
	if !ok {
		return false, errType
	}
	if !is {
		t.no++
		return t.op != "all", nil
	}
	t.yes++
	switch t.op {
	case "any", "none":
		return false, nil
	case "find":
		t.found = it
		return false, nil
	case "filter":
		t.list = append(t.list, it)
	}
	return true, nil
}

func (t *tally) answer() any {
	switch t.op {
	case "all":
		return t.no == 0
	case "any":
		return t.yes > 0
	case "none":
		return t.yes == 0
	case "one":
		return t.yes == 1
	case "count":
		return t.yes
	case "find":
		return t.found
	case "sum":
		if t.sum == nil {
			return 0
		}
		return t.sum
	default: // filter, map
		return t.list
	}
}
