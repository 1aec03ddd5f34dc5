package sqlite

import (
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
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
	b   []byte
	ids [3]idSeen
}

// idSeen is an id and how it is written: the rows of a journey name the same.
type idSeen struct{ text, raw string }

func (e *encoder) uint(n uint64) { e.b = binary.AppendUvarint(e.b, n) }
func (e *encoder) int(n int64)   { e.b = binary.AppendVarint(e.b, n) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

// Kinds of an id: as it is, or as the bytes that it spells.
const (
	idText = iota
	idHex
	idBase32
	idKinds
)

// ids32 is the alphabet of contact ids.
var ids32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// id writes s in half its length when it is hex, in 5/8 when it is base32.
func (e *encoder) id(s string) {
	seen := &e.ids[len(s)%len(e.ids)]
	if seen.raw == "" || seen.text != s {
		*seen = idSeen{s, string(appendID(nil, s))}
	}
	e.b = append(e.b, seen.raw...)
}

func appendID(out []byte, s string) []byte {
	kind, raw := idText, []byte(s)
	if b, err := hex.DecodeString(s); err == nil && hex.EncodeToString(b) == s {
		kind, raw = idHex, b
	} else if b, err := ids32.DecodeString(s); err == nil && ids32.EncodeToString(b) == s {
		kind, raw = idBase32, b
	}
	return append(binary.AppendUvarint(out, uint64(len(raw))*idKinds+uint64(kind)), raw...)
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
	ids [3]idSeen
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

func (d *decoder) id() string {
	n := d.uint()
	raw := d.take(n / idKinds)
	if n%idKinds == idText {
		return raw
	}
	seen := &d.ids[n%uint64(len(d.ids))]
	if seen.raw != raw || seen.text == "" {
		*seen = idSeen{raw: raw, text: ids32.EncodeToString([]byte(raw))}
		if n%idKinds == idHex {
			seen.text = hex.EncodeToString([]byte(raw))
		}
	}
	return seen.text
}

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
