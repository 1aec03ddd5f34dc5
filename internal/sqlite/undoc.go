package sqlite

import (
	"errors"
	"reflect"
)

var errKind = errors.New("stored value is of another kind than its field")

// decode fills v, a pointer to a zero struct, from a document. It passes over
// fields that v does not have.
func (d *docs) decode(doc string, v any) error {
	r := decoder{s: doc}
	if form := r.byte(); form != docForm && r.err == nil {
		return newer("document", form)
	}
	if err := d.readFields(&r, reflect.ValueOf(v).Elem()); err != nil {
		return err
	}
	return r.end()
}

func (d *docs) readFields(r *decoder, v reflect.Value) error {
	t := d.of(v.Type())
	for r.err == nil {
		tag := r.uint()
		if tag == numEnd {
			return r.err
		}
		kind := tag & 7
		i, ok := t.byNumber[tag>>3]
		if tag>>3 == numNamed {
			i, ok = t.byName[r.text()]
		}
		if !ok {
			r.skip(kind)
			continue
		}
		if err := d.readValue(r, v.Field(i), kind); err != nil {
			return err
		}
	}
	return r.err
}

func (d *docs) readValue(r *decoder, v reflect.Value, kind uint64) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if !fits(v, kind) {
		return errKind
	}
	switch kind {
	case kindInt:
		v.SetInt(r.int())
	case kindTrue, kindFalse:
		v.SetBool(kind == kindTrue)
	case kindText:
		v.SetString(r.text())
	case kindTime:
		v.Set(reflect.ValueOf(r.time()))
	case kindStruct:
		return d.readFields(r, v)
	case kindList:
		return d.readList(r, v)
	default:
		return d.readMap(r, v)
	}
	return r.err
}

func fits(v reflect.Value, kind uint64) bool {
	switch kind {
	case kindInt:
		return v.CanInt()
	case kindTrue, kindFalse:
		return v.Kind() == reflect.Bool
	case kindText:
		return v.Kind() == reflect.String
	case kindTime:
		return v.Type() == timeType
	case kindStruct:
		return v.Kind() == reflect.Struct && v.Type() != timeType
	case kindList:
		return v.Kind() == reflect.Slice
	default:
		return v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String
	}
}

func (d *docs) readList(r *decoder, v reflect.Value) error {
	n := r.count()
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		if err := d.readValue(r, v.Index(i), uint64(r.byte())); err != nil {
			return err
		}
	}
	return r.err
}

func (d *docs) readMap(r *decoder, v reflect.Value) error {
	n := r.count()
	v.Set(reflect.MakeMapWithSize(v.Type(), n))
	for range n {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(r.text())
		if err := d.readValue(r, value, uint64(r.byte())); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return r.err
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
