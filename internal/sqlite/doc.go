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

// docType is a struct type with its fields.
type docType struct {
	fields   []docField
	byNumber map[uint64]int
	byName   map[string]int
}

type docField struct {
	index  int
	number uint64
	name   string
}

var timeType = reflect.TypeFor[time.Time]()

func (d *docs) of(t reflect.Type) *docType {
	if known, ok := d.types.Load(t); ok {
		if dt, ok := known.(*docType); ok {
			return dt
		}
	}
	d.once.Do(func() {
		d.numbers = map[string]uint64{}
		for i, name := range strings.Fields(docNames) {
			d.numbers[name] = uint64(i) + 2
		}
	})
	dt := &docType{byNumber: map[uint64]int{}, byName: map[string]int{}}
	for i := range t.NumField() {
		name := fieldName(t.Field(i))
		if name == "" {
			continue
		}
		f := docField{index: i, number: d.numbers[name], name: name}
		if f.number == 0 {
			f.number = numNamed
		} else {
			dt.byNumber[f.number] = i
		}
		dt.byName[name] = i
		dt.fields = append(dt.fields, f)
	}
	d.types.Store(t, dt)
	return dt
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

// encode returns v, a pointer to a struct, as a document.
func (d *docs) encode(v any) ([]byte, error) {
	e := encoder{b: make([]byte, 0, 512)}
	e.b = append(e.b, docForm)
	err := d.fields(&e, reflect.ValueOf(v).Elem())
	return e.b, err
}

func (d *docs) fields(e *encoder, v reflect.Value) error {
	for _, f := range d.of(v.Type()).fields {
		field := v.Field(f.index)
		if field.IsZero() || (field.Kind() == reflect.Slice || field.Kind() == reflect.Map) && field.Len() == 0 {
			continue
		}
		kind, err := kindOf(field)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
		e.uint(f.number<<3 | kind)
		if f.number == numNamed {
			e.text(f.name)
		}
		if err := d.value(e, field, kind); err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	e.uint(numEnd)
	return nil
}

func kindOf(v reflect.Value) (uint64, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return 0, errors.New("a list of nothing cannot be stored")
		}
		return kindOf(v.Elem())
	case reflect.Bool:
		if v.Bool() {
			return kindTrue, nil
		}
		return kindFalse, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt, nil
	case reflect.String:
		return kindText, nil
	case reflect.Slice:
		return kindList, nil
	case reflect.Map:
		return kindMap, nil
	case reflect.Struct:
		if v.Type() == timeType {
			return kindTime, nil
		}
		return kindStruct, nil
	default:
		return 0, fmt.Errorf("values of type %s cannot be stored", v.Type())
	}
}

func (d *docs) value(e *encoder, v reflect.Value, kind uint64) error {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch kind {
	case kindInt:
		e.int(v.Int())
	case kindText:
		e.text(v.String())
	case kindTime:
		t, _ := reflect.TypeAssert[time.Time](v)
		e.time(t)
	case kindStruct:
		return d.fields(e, v)
	case kindList:
		e.uint(uint64(v.Len()))
		for i := range v.Len() {
			if err := d.element(e, v.Index(i)); err != nil {
				return err
			}
		}
	case kindMap:
		e.uint(uint64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			e.text(it.Key().String())
			if err := d.element(e, it.Value()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *docs) element(e *encoder, v reflect.Value) error {
	kind, err := kindOf(v)
	if err != nil {
		return err
	}
	e.b = append(e.b, byte(kind))
	return d.value(e, v, kind)
}
