package source

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxItems is how many elements a list may have.
const maxItems = 1000

// leaf is a value of the wire that reads itself. It is called with anything but
// null at the cursor, must consume it or fail, and starts from its zero value.
type leaf interface {
	read(s *scanner)
}

// layout says how a Go type is read: built once per type from its struct tags.
// Exactly one of leaf, fields and elem is set.
type layout struct {
	typ     reflect.Type
	strict  bool // of a whole event: null is no list
	leaf    bool
	pointer bool    // elem may be absent
	elem    *layout // of a pointer or a list
	fields  []member
	byName  map[string]int
}

// member is a field of an object.
type member struct {
	name   string
	about  string
	index  []int
	layout *layout
}

var (
	leafType  = reflect.TypeFor[leaf]()
	wordsType = reflect.TypeFor[words]()
)

// layoutFor returns the layout of a wire type, built when it is first asked for: most processes read few of them.
func layoutFor[T any]() func() *layout {
	return sync.OnceValue(func() *layout { return layoutOf(reflect.TypeFor[T]()) })
}

// strictLayoutFor is layoutFor for events whose senders we tell what to send: null
// where a list belongs is a list that was lost, not an empty one.
func strictLayoutFor[T any]() func() *layout {
	return sync.OnceValue(func() *layout {
		l := layoutOf(reflect.TypeFor[T]())
		l.strict = true
		return l
	})
}

// layoutOf builds the layout of a wire type. Wire types are structs with json
// tags, pointers and slices of them, and leaves.
func layoutOf(t reflect.Type) *layout {
	l := &layout{typ: t}
	switch {
	case reflect.PointerTo(t).Implements(leafType):
		l.leaf = true
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice:
		l.pointer, l.elem = t.Kind() == reflect.Pointer, layoutOf(t.Elem())
	default:
		l.byName = map[string]int{}
		l.addFields(t, nil)
	}
	return l
}

// addFields adds the fields of a struct, those of embedded ones as its own.
func (l *layout) addFields(t reflect.Type, at []int) {
	for f := range t.Fields() {
		index := append(slices.Clip(at), f.Index...)
		if f.Anonymous {
			l.addFields(f.Type, index)
			continue
		}
		name := f.Tag.Get("json")
		l.byName[name] = len(l.fields)
		l.fields = append(l.fields, member{name, f.Tag.Get("about"), index, layoutOf(f.Type)})
	}
}

// decode reads body, one JSON object, into the struct that into points at.
// Names are compared exactly, a repeated name counts the last time; null, ""
// and absent are the same, and so are empty objects and empty arrays; but in a
// strict layout null is no list.
func decode(body []byte, l *layout, into any) error {
	if len(body) > MaxBody {
		return tooLarge(len(body))
	}
	if !utf8.Valid(body) {
		return unprocessable(FaultMalformed, "the body is not UTF-8", "send JSON in UTF-8")
	}
	s := &scanner{body: body, strict: l.strict, path: make([]step, 0, 8)}
	if c := s.peek(); c == 0 && s.at >= len(body) {
		return unprocessable(FaultMalformed, "the body is empty", "send one JSON object")
	} else if c != '{' {
		s.skip() // a syntax error says more than a wrong type
		s.at = 0
		s.wrongType("one JSON object")
	}
	s.value(reflect.ValueOf(into).Elem(), l)
	if s.fault == nil && s.peek() != 0 || s.fault == nil && s.at < len(body) {
		s.malformed("something follows the object")
	}
	if s.fault != nil {
		return s.fault
	}
	return nil
}

// value reads the value at the cursor into v.
func (s *scanner) value(v reflect.Value, l *layout) {
	if s.fault != nil {
		return
	}
	v.SetZero()
	if s.strict && l.list() && s.peek() == 'n' {
		s.wrongType("an array, or leave it out")
		return
	}
	if s.null() || s.fault != nil {
		return
	}
	switch {
	case l.leaf:
		v.Addr().Interface().(leaf).read(s)
	case s.blank():
	case l.pointer:
		v.Set(reflect.New(l.elem.typ))
		s.value(v.Elem(), l.elem)
	case l.elem != nil:
		s.list(v, l.elem)
	default:
		s.object(v, l)
	}
}

// list reports whether values of l are lists.
func (l *layout) list() bool {
	return l.elem != nil && !l.pointer || l.typ == wordsType
}

// blank skips "" and reports whether it was there.
func (s *scanner) blank() bool {
	if s.peek() == '"' && s.at+1 < len(s.body) && s.body[s.at+1] == '"' {
		s.at += 2
		return true
	}
	return false
}

func (s *scanner) object(v reflect.Value, l *layout) {
	switch {
	case s.peek() == '[' && s.empty(']'):
		return
	case s.peek() != '{':
		s.wrongType("an object with " + l.sample())
		return
	}
	s.members(func(name []byte) {
		i, ok := l.byName[string(name)]
		if !ok {
			s.skip()
			return
		}
		f := &l.fields[i]
		s.path = append(s.path, step{name: f.name})
		s.value(v.FieldByIndex(f.index), f.layout)
		s.path = s.path[:len(s.path)-1]
	})
}

func (s *scanner) list(v reflect.Value, elem *layout) {
	switch {
	case s.peek() == '{' && s.empty('}'):
		return
	case s.peek() != '[':
		s.wrongType("an array")
		return
	}
	s.elements(func(i int) {
		if i >= maxItems {
			s.path = s.path[:len(s.path)-1] // the fault is the list's
			s.wrongValue(fmt.Sprintf("has more than %d elements", maxItems), fmt.Sprintf("at most %d", maxItems))
			s.path = append(s.path, step{index: i})
			return
		}
		if i >= v.Cap() {
			v.Grow(max(4, i))
		}
		v.SetLen(i + 1)
		s.value(v.Index(i), elem)
	})
}

// empty skips an object or array that is empty and reports whether it was there.
func (s *scanner) empty(end byte) bool {
	from := s.at
	s.at++
	if s.peek() == end && s.at < len(s.body) {
		s.at++
		return true
	}
	s.at = from
	return false
}

// sample names the first fields of an object, for a fault.
func (l *layout) sample() string {
	names := make([]string, 0, 3)
	for _, f := range l.fields[:min(3, len(l.fields))] {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}
