package sqlite

import (
	_ "embed"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Heads, events and contacts are kept as documents: like JSON they name each
// field and say what kind of value it has, so that fields may come and go, but
// names are numbers of a list and values are binary. It reads ten times as fast
// as JSON, which would be most of the cost of sending.

// docForm is the first byte of a document before packing.
const docForm = 1

// docNames numbers the names of fields, from 2 on. Lines may only be added. A
// field that is not there is written by name.
//
//go:embed docnames.txt
var docNames string

const (
	numEnd   = 0 // ends a struct
	numNamed = 1 // the name follows
)

// Kinds of a value, three bits of its tag.
const (
	kindInt = iota
	kindTrue
	kindFalse
	kindText
	kindTime
	kindStruct
	kindList
	kindMap
)

// docs encodes and decodes documents. What it learns of a type it keeps. The
// zero value is ready and safe for concurrent use.
type docs struct {
	once    sync.Once
	numbers map[string]uint64
	types   sync.Map // reflect.Type: *docType
}

// docType is what has to be known of a type.
type docType struct {
	kind uint64   // of its values; a bool's is kindTrue
	elem *docType // of a list, a map, or of what a pointer points to
	ptr  bool

	fields   []docField // of a struct
	byNumber []int      // place in fields and 1
	byName   map[string]int
}

type docField struct {
	index  int
	number uint64
	name   string
	t      *docType
}

var timeType = reflect.TypeFor[time.Time]()

// of returns what is known of t, a type whose values can be stored.
func (d *docs) of(t reflect.Type) (*docType, error) {
	if known, ok := d.types.Load(t); ok {
		if dt, ok := known.(*docType); ok {
			return dt, nil
		}
	}
	d.once.Do(func() {
		d.numbers = map[string]uint64{}
		for i, name := range strings.Fields(docNames) {
			d.numbers[name] = uint64(i) + 2
		}
	})
	learnt := map[reflect.Type]*docType{}
	dt, err := d.learn(t, learnt)
	if err != nil {
		return nil, err
	}
	for t, dt := range learnt { // none of them before all are complete
		d.types.LoadOrStore(t, dt)
	}
	return dt, nil
}

func (d *docs) learn(t reflect.Type, learnt map[reflect.Type]*docType) (dt *docType, err error) {
	if dt := learnt[t]; dt != nil {
		return dt, nil
	}
	dt = new(docType)
	learnt[t] = dt
	switch t.Kind() {
	case reflect.Bool:
		dt.kind = kindTrue
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		dt.kind = kindInt
	case reflect.String:
		dt.kind = kindText
	case reflect.Pointer:
		dt.ptr = true
		dt.elem, err = d.learn(t.Elem(), learnt)
	case reflect.Slice:
		dt.kind = kindList
		dt.elem, err = d.learn(t.Elem(), learnt)
	case reflect.Map:
		dt.kind = kindMap
		if t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf("keys of type %s cannot be stored", t.Key())
		}
		dt.elem, err = d.learn(t.Elem(), learnt)
	case reflect.Struct:
		if dt.kind = kindTime; t != timeType {
			dt.kind = kindStruct
			err = d.learnFields(dt, t, learnt)
		}
	default:
		err = fmt.Errorf("values of type %s cannot be stored", t)
	}
	return dt, err
}

func (d *docs) learnFields(dt *docType, t reflect.Type, learnt map[reflect.Type]*docType) error {
	dt.byNumber, dt.byName = make([]int, len(d.numbers)+2), map[string]int{}
	for i := range t.NumField() {
		name := fieldName(t.Field(i))
		if name == "" {
			continue
		}
		ft, err := d.learn(t.Field(i).Type, learnt)
		if err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		f := docField{index: i, number: d.numbers[name], name: name, t: ft}
		dt.fields = append(dt.fields, f)
		if f.number == 0 {
			dt.fields[len(dt.fields)-1].number = numNamed
		} else {
			dt.byNumber[f.number] = len(dt.fields)
		}
		dt.byName[name] = len(dt.fields)
	}
	return nil
}

// field returns the field with that number; nil when t does not have it. Next
// is the name where the number says that it follows.
func (t *docType) field(r *decoder, number uint64) *docField {
	place := 0
	if number == numNamed {
		place = t.byName[r.text()]
	} else if number < uint64(len(t.byNumber)) {
		place = t.byNumber[number]
	}
	if place == 0 {
		return nil
	}
	return &t.fields[place-1]
}

// fieldName is the name that JSON would use; "" is not kept.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name == "-" || !f.IsExported():
		return ""
	case name == "":
		return f.Name
	default:
		return name
	}
}

// encode appends v, a pointer to a struct, as a document.
func (d *docs) encode(e *encoder, v any) error {
	value := reflect.ValueOf(v).Elem()
	t, err := d.of(value.Type())
	if err != nil {
		return err
	}
	e.b = append(e.b, docForm)
	return e.fields(value, t)
}

func (e *encoder) fields(v reflect.Value, t *docType) error {
	for i := range t.fields {
		f := &t.fields[i]
		field := v.Field(f.index)
		if f.t.empty(field) {
			continue
		}
		field, kind, err := f.t.value(field)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
		e.uint(f.number<<3 | kind)
		if f.number == numNamed {
			e.text(f.name)
		}
		if err := e.value(field, f.t.points(), kind); err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	e.uint(numEnd)
	return nil
}

// empty reports whether a field is left out.
func (t *docType) empty(v reflect.Value) bool {
	if !t.ptr && (t.kind == kindList || t.kind == kindMap || t.kind == kindText) {
		return v.Len() == 0
	}
	return v.IsZero()
}

// points returns what a pointer points to, or t itself.
func (t *docType) points() *docType {
	if t.ptr {
		return t.elem
	}
	return t
}

// value returns what is to be written for v, and its kind.
func (t *docType) value(v reflect.Value) (reflect.Value, uint64, error) {
	if t.ptr {
		if v.IsNil() {
			return v, 0, errors.New("a list of nothing cannot be stored")
		}
		return t.elem.value(v.Elem())
	}
	if t.kind == kindTrue && !v.Bool() {
		return v, kindFalse, nil
	}
	return v, t.kind, nil
}

func (e *encoder) value(v reflect.Value, t *docType, kind uint64) error {
	switch kind {
	case kindInt:
		e.int(v.Int())
	case kindText:
		e.text(v.String())
	case kindTime:
		at, _ := reflect.TypeAssert[time.Time](v)
		e.time(at)
	case kindStruct:
		return e.fields(v, t)
	case kindList:
		e.uint(uint64(v.Len()))
		for i := range v.Len() {
			if err := e.element(v.Index(i), t.elem); err != nil {
				return err
			}
		}
	case kindMap:
		e.uint(uint64(v.Len()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		for it := v.MapRange(); it.Next(); {
			key.SetIterKey(it)
			value.SetIterValue(it)
			e.text(key.String())
			if err := e.element(value, t.elem); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *encoder) element(v reflect.Value, t *docType) error {
	v, kind, err := t.value(v)
	if err != nil {
		return err
	}
	e.b = append(e.b, byte(kind))
	return e.value(v, t.points(), kind)
}
