package condition

import (
	"fmt"
	"maps"
	"slices"

	"aftersales/internal/followup"
)

// sights are what a condition sees, by the names it uses. Nothing here tells the
// time of day or the state of a follow-up. What a list has is looked up when it
// is asked for.
var sights = map[string]func(*followup.Scope) any{
	"order":   func(s *followup.Scope) any { return &object{scope: s, of: s.Facts, has: order} },
	"contact": func(s *followup.Scope) any { return &object{scope: s, of: s.Facts, has: contact} },
	"lines":   func(s *followup.Scope) any { return listed(s, s.Facts.Lines, lines) },
	"units":   units,
	"unit": func(s *followup.Scope) any {
		if s.Unit == nil {
			return nil
		}
		return &object{scope: s, of: s.Unit, has: unit}
	},
	"self": func(s *followup.Scope) any {
		if s.Unit == nil {
			return []any{}
		}
		return []any{&object{scope: s, of: s.Unit, has: unit}}
	},
	"answers":   func(s *followup.Scope) any { return listed(s, s.Facts.Answers, answers) },
	"coverages": func(s *followup.Scope) any { return listed(s, s.Coverages, coverages) },
	"cases":     func(s *followup.Scope) any { return listed(s, s.Facts.Cases, cases) },
}

// object is something that has fields.
type object struct {
	scope *followup.Scope
	of    any // a pointer into the scope
	at    int // its place in its list
	line  int // of a unit: the place of its line and 1; 0: not looked for
	has   fields
}

// fields are what an object tells, by the names that conditions use. Dates are
// text, so that they compare as people read them.
type fields map[string]func(*object) any

// same reports whether two objects tell the same.
func (o *object) same(p *object) bool {
	if o.of == p.of {
		return true
	}
	if len(o.has) != len(p.has) {
		return false
	}
	for name, tell := range o.has {
		other, ok := p.has[name]
		if !ok {
			return false
		}
		a, b := tell(o), other(p)
		list, isList := a.([]any)
		if isList {
			second, _ := b.([]any)
			if !slices.Equal(list, second) {
				return false
			}
		} else if a != b {
			return false
		}
	}
	return true
}

// String lists the names of the fields.
func (o *object) String() string { return fmt.Sprint(slices.Sorted(maps.Keys(o.has))) }

func field(v any, name string) (any, error) {
	o, ok := v.(*object)
	if !ok {
		return nil, fmt.Errorf("there is nothing to take .%s of", name)
	}
	tell := o.has[name]
	if tell == nil {
		return nil, fmt.Errorf("there is no .%s", name)
	}
	return tell(o), nil
}

// listed returns the elements of a list as objects.
func listed[T any](s *followup.Scope, all []T, has fields) []any {
	out := make([]any, len(all))
	objects := make([]object, len(all))
	for i := range all {
		objects[i] = object{scope: s, of: &all[i], at: i, has: has}
		out[i] = &objects[i]
	}
	return out
}

// units are all of them while units are being picked; later only the live picked
// ones, which come in the order of the units.
func units(s *followup.Scope) any {
	all := listed(s, s.Facts.Units, unit)
	if s.Picked == nil {
		return all
	}
	next := 0
	out := all[:0]
	for i, u := range all {
		if next < len(s.Picked) && s.Picked[next] == s.Facts.Units[i].Key {
			next, out = next+1, append(out, u)
		}
	}
	return out
}

// has makes a field of objects that are of T.
func has[T any](tell func(*T) any) func(*object) any {
	return func(o *object) any {
		v, _ := o.of.(*T)
		return tell(v)
	}
}
