package plan

// nodeKind is what a node of a file is.
type nodeKind int

const (
	emptyNode nodeKind = iota // null, or nothing after the colon
	textNode                  // a scalar that YAML reads as text
	numberNode
	boolNode
	mapNode
	listNode
	brokenNode // a fault of it was told when it was read
)

// String says what a node is, for faults.
func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a map of keys", "a list", "nothing"}[k]
}

// node is a place in a file: a scalar, a list or a map, with its position.
type node struct {
	kind      nodeKind
	text      string // of scalars
	quoted    bool   // the text begins one column after the node
	line, col int    // from 1, columns in characters
	path      string
	pairs     []pair
	items     []*node

	value any // what check read from a scalar; nil when it could not
}

// pair is a key and what it holds.
type pair struct {
	key   string
	at    *node // position of the key
	value *node
}

// get follows keys down the maps; nil when one is missing.
func (n *node) get(keys ...string) *node {
	for _, key := range keys {
		if n = n.child(key); n == nil {
			return nil
		}
	}
	return n
}

// child returns the value of a key, the first where it is given twice.
func (n *node) child(key string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// at follows keys as far as they lead: the place a fault about them is shown.
func (n *node) at(keys ...string) *node {
	for _, key := range keys {
		c := n.child(key)
		if c == nil {
			break
		}
		n = c
	}
	return n
}

// has reports whether a key is there, whatever it holds.
func (n *node) has(key string) bool { return n.child(key) != nil }

// val returns what check read at keys, or T's zero when there is nothing of that type.
func val[T any](n *node, keys ...string) T {
	var zero T
	if n = n.get(keys...); n == nil {
		return zero
	}
	if v, ok := n.value.(T); ok {
		return v
	}
	return zero
}
