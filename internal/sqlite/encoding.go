package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/civil"
)

var errShort = errors.New("stored value is cut short or damaged")

// newer refuses what a newer program wrote.
func newer(what string, form byte) error {
	return fmt.Errorf("%s of form %d: %w", what, form, ErrNewer)
}

// encoder appends values. What decoder reads in the same order is the same.
type encoder struct {
	b    []byte
	keys []string // room to sort the keys of a map
}

func (e *encoder) uint(n uint64) { e.b = binary.AppendUvarint(e.b, n) }
func (e *encoder) int(n int64)   { e.b = binary.AppendVarint(e.b, n) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

// time writes seconds since 1970, shifted by a bit that says whether
// nanoseconds follow.
func (e *encoder) time(t time.Time) {
	nano := t.Nanosecond()
	sec := t.Unix() << 1
	if nano != 0 {
		e.int(sec | 1)
		e.uint(uint64(nano))
		return
	}
	e.int(sec)
}

// dateTime writes a wall clock field by field, whatever is in it.
func (e *encoder) dateTime(d civil.DateTime) {
	e.int(int64(d.Date.Year))
	e.int(int64(d.Date.Month))
	e.int(int64(d.Date.Day))
	e.int(int64(d.Clock))
}

// word writes the place of s in list from 1, or 0 and s itself.
func word[T ~string](e *encoder, list []T, s T) {
	if i := slices.Index(list, s); i >= 0 {
		e.uint(uint64(i) + 1)
		return
	}
	e.uint(0)
	e.text(string(s))
}

// decoder reads what encoder wrote; the texts are parts of what it reads. After
// the first fault it reads zeros; end tells.
type decoder struct {
	s   string
	err error
}

func (d *decoder) fail() {
	if d.err == nil {
		d.err = errShort
	}
	d.s = ""
}

func (d *decoder) byte() byte {
	if d.s == "" {
		d.fail()
		return 0
	}
	b := d.s[0]
	d.s = d.s[1:]
	return b
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.s)) {
		d.fail()
		return ""
	}
	out := d.s[:n]
	d.s = d.s[n:]
	return out
}

func (d *decoder) uint() uint64 {
	if d.s != "" && d.s[0] < 0x80 {
		n := uint64(d.s[0])
		d.s = d.s[1:]
		return n
	}
	var n uint64
	for i := range min(len(d.s), binary.MaxVarintLen64) {
		b := d.s[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			d.s = d.s[i+1:]
			return n
		}
	}
	d.fail()
	return 0
}

func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// count reads how many values follow; each takes a byte at least.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.s)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return d.take(d.uint()) }

func (d *decoder) time() time.Time {
	n := d.int()
	nano := int64(0)
	if n&1 != 0 {
		nano = int64(d.uint())
	}
	return time.Unix(n>>1, nano).UTC()
}

func (d *decoder) dateTime() civil.DateTime {
	y, m, day, c := d.int(), d.int(), d.int(), d.int()
	return civil.DateTime{Date: civil.Date{Year: int(y), Month: time.Month(m), Day: int(day)}, Clock: civil.Clock(c)}
}

// end wants everything read.
func (d *decoder) end() error {
	if d.err == nil && d.s != "" {
		d.err = errShort
	}
	return d.err
}

// words reads what word wrote.
func words[T ~string](d *decoder, list []T) T {
	n := d.uint()
	switch {
	case n == 0:
		return T(d.text())
	case n <= uint64(len(list)):
		return list[n-1]
	default:
		d.fail()
		return ""
	}
}
