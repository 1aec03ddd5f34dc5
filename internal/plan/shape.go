package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// shape says what may stand at a place of a file. The tables of language.go are
// made of shapes; the parser, the linter's "did you mean" and the JSON Schema
// all read the same ones. Exactly one of scalar, words, fields and item is set.
type shape struct {
	scalar *scalar
	words  []string // one of these
	fields []field  // a map with these keys
	item   *shape   // a list of these

	rest    *scalar  // fields: other keys are names and hold this
	named   *scalar  // rest: what such a key has to be
	instead []string // fields: or one of these words
	single  bool     // item: one may stand without the list
	least   int      // item: at least so many
	most    int      // item: at most so many; 0: no bound
	holds   []string // fields: exactly one of these keys has to be there
}

// field is a key of a map.
type field struct {
	key      string
	shape    *shape
	required bool
	doc      string // one sentence: what it means, and what absent means
	example  string // of a missing required key
}

// scalar is a kind of value that one word or phrase writes.
type scalar struct {
	what    string                         // "a period"
	mend    string                         // how to write one
	json    string                         // type in a JSON Schema: string, integer, boolean
	most    int                            // integer: the greatest
	pattern string                         // for editors; read is stricter
	plain   []nodeKind                     // what YAML may take it for
	read    func(text string) (any, error) // the error says why, without "write ..."
}

func (s *shape) keys() []string {
	var keys []string
	for _, f := range s.fields {
		keys = append(keys, f.key)
	}
	return keys
}

// check holds a node against a shape, reports every difference and keeps what
// scalars mean in the nodes.
func (r *reader) check(n *node, s *shape) {
	switch {
	case n.kind == brokenNode: // told already
	case n.kind == emptyNode:
		r.fault(n, place(n)+" is empty", "write a value, or leave the key out")
	case s.scalar != nil:
		r.checkScalar(n, s.scalar)
	case s.words != nil:
		r.checkWord(n, s.words)
	case s.item != nil:
		r.checkList(n, s)
	default:
		r.checkMap(n, s)
	}
}

// place names a node as people see it: by its last key.
func place(n *node) string {
	if n.path == "" {
		return "the file"
	}
	return n.path[strings.LastIndexByte(n.path, '.')+1:]
}

func (r *reader) checkScalar(n *node, s *scalar) {
	if !slices.Contains(s.plain, n.kind) {
		r.fault(n, fmt.Sprintf("%s is %s, want %s", place(n), n.kind, s.what), s.mend)
		return
	}
	v, err := s.read(n.text)
	if err != nil {
		mend := s.mend
		if w, ok := errors.AsType[*wrong](err); ok {
			mend = w.mend
		}
		r.fault(n, err.Error(), mend)
		return
	}
	n.value = v
}

func (r *reader) checkWord(n *node, words []string) {
	switch {
	case n.kind == mapNode || n.kind == listNode:
		r.fault(n, fmt.Sprintf("%s is %s, want one word", place(n), n.kind), "write "+strings.Join(words, " or "))
	case !slices.Contains(words, n.text):
		r.fault(n, fmt.Sprintf("%s cannot be %s", place(n), quote(n.text)), suggest(n.text, words))
	default:
		n.value = n.text
	}
}

func (r *reader) checkList(n *node, s *shape) {
	if n.kind != listNode {
		if s.single && n.kind != mapNode {
			r.check(n, s.item)
			return
		}
		r.fault(n, fmt.Sprintf("%s is %s, want a list", place(n), n.kind), "put a dash before each entry, or write [one, two]")
		return
	}
	if len(n.items) < s.least {
		r.fault(n, fmt.Sprintf("%s is an empty list", place(n)), fmt.Sprintf("write at least %d", s.least))
	}
	if s.most > 0 && len(n.items) > s.most {
		r.fault(n.items[s.most], fmt.Sprintf("%s has %d entries", place(n), len(n.items)), fmt.Sprintf("at most %d are read", s.most))
		n.items = n.items[:s.most]
	}
	for _, item := range n.items {
		r.check(item, s.item)
	}
}

func (r *reader) checkMap(n *node, s *shape) {
	if n.kind != mapNode {
		if s.instead != nil && n.kind != listNode {
			r.checkInstead(n, s)
			return
		}
		r.fault(n, fmt.Sprintf("%s is %s, want keys and values", place(n), n.kind), "write the keys "+strings.Join(s.keys(), ", "))
		return
	}
	for _, p := range n.pairs {
		r.checkKey(p, n, s)
	}
	for _, f := range s.fields {
		if f.required && !n.has(f.key) {
			r.fault(n, fmt.Sprintf("key %s is missing", quote(f.key)), "add "+f.key+": "+f.example)
		}
	}
	r.checkHolds(n, s)
}

func (r *reader) checkInstead(n *node, s *shape) {
	if !slices.Contains(s.instead, n.text) {
		mend := suggest(n.text, s.instead) + " or " + strings.Join(s.keys(), ", ")
		r.fault(n, fmt.Sprintf("%s cannot be %s", place(n), quote(n.text)), mend)
		return
	}
	n.value = n.text
}

func (r *reader) checkKey(p pair, n *node, s *shape) {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.key == p.key })
	switch {
	case i >= 0:
		r.check(p.value, s.fields[i].shape)
	case s.rest == nil:
		var free []string // what is there already is not what was meant
		for _, k := range s.keys() {
			if !n.has(k) {
				free = append(free, k)
			}
		}
		r.fault(p.at, fmt.Sprintf("unknown key %s", quote(p.key)), suggestKey(p.key, free, s.keys()))
	default:
		r.checkRest(p, s)
	}
}

func suggestKey(key string, free, all []string) string {
	if near := nearest(key, free); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	return "known are " + strings.Join(all, ", ")
}

// checkRest reads an entry under a name of the merchant's own.
func (r *reader) checkRest(p pair, s *shape) {
	near := nearest(p.key, s.keys())
	if _, err := s.rest.read(p.value.text); err != nil && near != "" {
		r.fault(p.at, fmt.Sprintf("unknown key %s", quote(p.key)), "did you mean "+quote(near)+"?")
		return
	}
	if _, err := s.named.read(p.key); err != nil {
		r.fault(p.at, err.Error(), s.named.mend)
	}
	r.checkScalar(p.value, s.rest)
}

func (r *reader) checkHolds(n *node, s *shape) {
	var found []pair
	for _, p := range n.pairs {
		if slices.Contains(s.holds, p.key) {
			found = append(found, p)
		}
	}
	switch {
	case len(s.holds) == 0 || len(found) == 1:
	case len(found) == 0:
		r.fault(n, "none of "+strings.Join(s.holds, ", ")+" is here", "write exactly one of them")
	default:
		r.fault(found[1].at, fmt.Sprintf("%s and %s are both here", found[0].key, found[1].key), "keep one of them")
	}
}
