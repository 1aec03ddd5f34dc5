package sqlite

import (
	"errors"
	"reflect"
	"time"
)

var errKind = errors.New("stored value is of another kind than its field")

// decode fills v, a pointer to a zero struct, from a document. It passes over
// fields that v does not have.
func (d *docs) decode(doc string, v any) error {
	r := decoder{s: doc}
	if form := r.byte(); form != docForm && r.err == nil {
		return newer("document", form)
	}
	value := reflect.ValueOf(v).Elem()
	t, err := d.of(value.Type())
	if err != nil {
		return err
	}
	if err := r.fields(value, t); err != nil {
		return err
	}
	return r.end()
}

func (d *decoder) fields(v reflect.Value, t *docType) error {
	for d.err == nil {
		tag := d.uint()
		if tag == numEnd {
			return d.err
		}
		f := t.field(d, tag>>3)
		if f == nil {
			d.skip(tag & 7)
			continue
		}
		if err := d.value(v.Field(f.index), f.t, tag&7); err != nil {
			return err
		}
	}
	return d.err
}

// value reads into v, which can be set.
func (d *decoder) value(v reflect.Value, t *docType, kind uint64) error {
	if t.ptr {
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem(), t.elem, kind)
	}
	if kind != t.kind && (kind != kindFalse || t.kind != kindTrue) {
		return errKind
	}
	switch kind {
	case kindInt:
		v.SetInt(d.int())
	case kindTrue, kindFalse:
		v.SetBool(kind == kindTrue)
	case kindText:
		v.SetString(d.text())
	case kindTime:
		if at, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
			*at = d.time()
		}
	case kindStruct:
		return d.fields(v, t)
	case kindList:
		return d.list(v, t)
	default:
		return d.table(v, t)
	}
	return d.err
}

func (d *decoder) list(v reflect.Value, t *docType) error {
	n := d.count()
	v.Grow(n)
	v.SetLen(n)
	for i := range n {
		if err := d.value(v.Index(i), t.elem, uint64(d.byte())); err != nil {
			return err
		}
	}
	return d.err
}

func (d *decoder) table(v reflect.Value, t *docType) error {
	n := d.count()
	v.Set(reflect.MakeMapWithSize(v.Type(), n))
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	for range n {
		key.SetString(d.text())
		value.SetZero()
		if err := d.value(value, t.elem, uint64(d.byte())); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return d.err
}

// skip passes over a value that nobody wants.
func (d *decoder) skip(kind uint64) {
	switch kind {
	case kindInt:
		d.int()
	case kindText:
		d.text()
	case kindTime:
		d.time()
	case kindStruct:
		for tag := d.uint(); tag != numEnd && d.err == nil; tag = d.uint() {
			if tag>>3 == numNamed {
				d.text()
			}
			d.skip(tag & 7)
		}
	case kindList:
		for range d.count() {
			d.skip(uint64(d.byte()))
		}
	case kindMap:
		for range d.count() {
			d.text()
			d.skip(uint64(d.byte()))
		}
	case kindTrue, kindFalse:
	default:
		d.fail()
	}
}
