package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const unknownZone = "Etc/Unknown"

// zoneMap is the zones, between spaces, of the prefixes of numbers that begin with their calling code.
type zoneMap map[string]string

// readZones reads the library's file of prefixes: gzipped; the length of the names and the names, one a line; how many
// prefixes there are, then for each its distance to the one before as a varint, how many names it has in a byte and the
// index of each. Numbers are little-endian, of 32 bits for lengths and of 16 for indexes.
func readZones(file []byte) (zoneMap, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("unzip zones: %w", err)
	}
	r := &zoneReader{in: bufio.NewReader(unzipped)}
	names := strings.Split(string(r.bytes(int(r.uint32()))), "\n")
	zones := zoneMap{}
	prefix := uint64(0)
	for range r.uint32() {
		prefix += r.varint()
		var of []string
		for range r.bytes(1)[0] {
			of = append(of, names[r.uint16()])
		}
		if r.err != nil {
			return nil, fmt.Errorf("read zones after prefix %d: %w", prefix, r.err)
		}
		zones[strconv.FormatUint(prefix, 10)] = strings.Join(of, " ")
	}
	return zones, r.err
}

// zoneReader keeps the first error; after it everything read is zero.
type zoneReader struct {
	in  *bufio.Reader
	err error
}

func (r *zoneReader) bytes(n int) []byte {
	b := make([]byte, n)
	if r.err == nil {
		if _, r.err = io.ReadFull(r.in, b); r.err != nil {
			clear(b)
		}
	}
	return b
}

func (r *zoneReader) uint16() uint16 { return binary.LittleEndian.Uint16(r.bytes(2)) }

func (r *zoneReader) uint32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }

func (r *zoneReader) varint() (n uint64) {
	if r.err == nil {
		n, r.err = binary.ReadUvarint(r.in)
	}
	return n
}

// sets returns each set of zones once, by name, after the empty one, which stands for unknown.
func (z zoneMap) sets() []string {
	sets := []string{""}
	for _, of := range z {
		if of != unknownZone {
			sets = append(sets, of)
		}
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// prefixes is the language of the prefixes behind the digits so far, each labelled with the index of its set.
type prefixes struct {
	so     string
	sets   map[string]int  // by prefix
	begins map[string]bool // what a prefix begins with
}

func newPrefixes(z zoneMap, sets []string) prefixes {
	p := prefixes{sets: map[string]int{}, begins: map[string]bool{}}
	for prefix, of := range z {
		p.sets[prefix], _ = slices.BinarySearch(sets, of)
		for n := range len(prefix) + 1 {
			p.begins[prefix[:n]] = true
		}
	}
	return p
}

func (p prefixes) label() int { return p.sets[p.so] }

func (p prefixes) next(digit rune) language {
	so := p.so + string(digit)
	if !p.begins[so] {
		return nil
	}
	return prefixes{so, p.sets, p.begins}
}

func (p prefixes) key() string { return p.so }
