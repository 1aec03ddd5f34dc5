// Package lz packs the store's values. They are a few hundred bytes each and much
// alike, so they are packed against a dictionary of what they have in common.
// General compressors set up tables for each run that cost more than the whole
// document; this one copies a table made once. The form is that of LZ4 blocks
// (token, literals, offset of two bytes, length), with matches that may begin in
// the dictionary. It stands apart from the store, so that it is fuzzed without
// SQLite.
package lz

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"slices"
)

// dictionary1 must never change: what is packed with it refers into it. A
// better one gets another number in the form byte of pack.
//
//go:embed dictionary1.txt
var dictionary1 []byte

// dictionary2 is what the mails of this program have in common. It must never
// change either.
//
//go:embed dictionary2.txt
var dictionary2 []byte

// Forms of a packed value: its first byte.
const (
	Plain     = 1 // not packed
	Documents = 2
	Mails     = 3
)

// Dictionary returns the dictionary of a form, which is not to be changed; nil
// when the form has none, or is none of ours.
func Dictionary(form byte) []byte {
	switch form {
	case Documents:
		return dictionary1
	case Mails:
		return dictionary2
	default:
		return nil
	}
}

const (
	minMatch   = 4
	hashBits   = 12
	maxOffset  = 1<<16 - 1
	mostBytes  = 64 << 20 // of what is unpacked
	tokenLimit = 15
)

var (
	// ErrDamaged is a value that Pack did not make.
	ErrDamaged = errors.New("packed value is damaged")
	// ErrForm is one whose first byte is a form that this package does not know.
	ErrForm = errors.New("packed value has a form that is not known")
)

// Packer packs values. It is not safe for concurrent use.
type Packer struct {
	form  byte
	base  int    // size of its dictionary
	work  []byte // dictionary, then the value
	table [1 << hashBits]uint32
	first [1 << hashBits]uint32 // the table of the dictionary alone
}

func hash4(v uint32) uint32 { return v * 2654435761 >> (32 - hashBits) }

// New returns a packer of a form that has a dictionary.
func New(form byte) *Packer {
	dictionary := Dictionary(form)
	p := &Packer{form: form, base: len(dictionary)}
	p.work = append(make([]byte, 0, p.base+4096), dictionary...)
	for i := 0; i+minMatch <= p.base; i++ {
		p.first[hash4(binary.LittleEndian.Uint32(dictionary[i:]))] = uint32(i) + 1
	}
	return p
}

// Pack appends the packed form of v to out: packed when that is shorter.
func (p *Packer) Pack(out, v []byte) []byte {
	start := len(out)
	out = append(out, p.form)
	out = binary.AppendUvarint(out, uint64(len(v)))
	out = p.sequences(out, v)
	if len(out)-start > len(v) {
		out = append(append(out[:start], Plain), v...)
	}
	return out
}

// sequences writes v as literals and matches.
func (p *Packer) sequences(out, v []byte) []byte {
	base := p.base
	p.work = append(p.work[:base], v...)
	p.table = p.first
	w, literal := p.work, base
	for i := base; i+minMatch <= len(w); {
		four := binary.LittleEndian.Uint32(w[i:])
		slot := &p.table[hash4(four)]
		ref := int(*slot) - 1
		*slot = uint32(i) + 1
		if ref < 0 || i-ref > maxOffset || binary.LittleEndian.Uint32(w[ref:]) != four {
			i += 1 + (i-literal)>>5 // faster where nothing repeats
			continue
		}
		n := minMatch
		for i+n < len(w) && w[ref+n] == w[i+n] {
			n++
		}
		out = appendSequence(out, w[literal:i], i-ref, n)
		i += n
		literal = i
	}
	if literal < len(w) {
		out = appendSequence(out, w[literal:], 0, 0)
	}
	return out
}

// appendSequence writes literals and, unless n is 0, a match of n bytes.
func appendSequence(out, literals []byte, offset, n int) []byte {
	lits, match := len(literals), max(n-minMatch, 0)
	out = append(out, byte(min(lits, tokenLimit)<<4|min(match, tokenLimit)))
	out = appendLength(out, lits)
	out = append(out, literals...)
	if n == 0 {
		return out
	}
	return appendLength(append(out, byte(offset), byte(offset>>8)), match)
}

func appendLength(out []byte, n int) []byte {
	if n < tokenLimit {
		return out
	}
	for n -= tokenLimit; n >= 255; n -= 255 {
		out = append(out, 255)
	}
	return append(out, byte(n))
}

// Unpack returns the value that Pack made v from, in the room of out or in more.
// It never reads or writes out of bounds, whatever v is.
func Unpack(out, v []byte) ([]byte, error) {
	if len(v) == 0 {
		return nil, ErrDamaged
	}
	if v[0] == Plain {
		return append(out[:0], v[1:]...), nil
	}
	dictionary := Dictionary(v[0])
	if dictionary == nil {
		return nil, ErrForm
	}
	size, k := binary.Uvarint(v[1:])
	if k <= 0 || size > mostBytes || size/256 > uint64(len(v)) {
		return nil, ErrDamaged
	}
	out, ok := expand(slices.Grow(out[:0], int(size)), v[1+k:], int(size), dictionary)
	if !ok || len(out) != int(size) {
		return nil, ErrDamaged
	}
	return out, nil
}

func expand(out, v []byte, size int, dictionary []byte) ([]byte, bool) {
	for len(v) > 0 {
		token := v[0]
		lits, rest, ok := length(int(token>>4), v[1:])
		if !ok || lits > len(rest) || len(out)+lits > size {
			return nil, false
		}
		out = append(out, rest[:lits]...)
		if v = rest[lits:]; len(v) == 0 {
			return out, true
		}
		if len(v) < 2 {
			return nil, false
		}
		offset := int(v[0]) | int(v[1])<<8
		n, rest, ok := length(int(token&tokenLimit), v[2:])
		if n += minMatch; !ok || len(out)+n > size || offset == 0 || offset > len(out)+len(dictionary) {
			return nil, false
		}
		out, v = copyMatch(out, dictionary, offset, n), rest
	}
	return out, true
}

// copyMatch repeats n bytes from offset back, the first of them perhaps from
// the dictionary, the last of them perhaps just written.
func copyMatch(out, dictionary []byte, offset, n int) []byte {
	if before := offset - len(out); before > 0 {
		from := len(dictionary) - before
		k := min(n, before)
		out = append(out, dictionary[from:from+k]...)
		n -= k
	}
	for n > 0 {
		from := len(out) - offset
		k := min(n, offset)
		out = append(out, out[from:from+k]...)
		n -= k
	}
	return out
}

func length(n int, v []byte) (int, []byte, bool) {
	if n < tokenLimit {
		return n, v, true
	}
	i := slices.IndexFunc(v, func(b byte) bool { return b != 255 })
	if i < 0 {
		return 0, nil, false
	}
	return n + 255*i + int(v[i]), v[i+1:], true
}
