package lz_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"aftersales/internal/sqlite/lz"
)

func TestWhatIsPackedComesBack(t *testing.T) {
	docs, mails := lz.New(lz.Documents), lz.New(lz.Mails)
	dictionary := lz.Dictionary(lz.Documents)
	rapid.Check(t, func(t *rapid.T) {
		var v []byte
		for range rapid.IntRange(0, 20).Draw(t, "parts") {
			part := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "part")
			if from := rapid.IntRange(0, len(dictionary)-1).Draw(t, "from"); rapid.Bool().Draw(t, "known") {
				part = dictionary[from:min(len(dictionary), from+rapid.IntRange(1, 600).Draw(t, "n"))]
			}
			v = append(v, bytes.Repeat(part, rapid.IntRange(1, 30).Draw(t, "times"))...)
		}
		packed := docs.Pack(nil, v)
		if len(packed) > len(v)+1 {
			t.Fatalf("%d bytes are packed into %d", len(v), len(packed))
		}
		for _, packed := range [][]byte{packed, mails.Pack(nil, v)} {
			got, err := lz.Unpack(nil, packed)
			if err != nil || !bytes.Equal(got, v) {
				t.Fatalf("unpack: %v; %d bytes, want %d", err, len(got), len(v))
			}
		}
	})
	big := bytes.Repeat([]byte("abcdefghij\x00"), 100_000)
	for i := range big {
		big[i] ^= byte(i >> 12)
	}
	if got, err := lz.Unpack(nil, docs.Pack(nil, big)); err != nil || !bytes.Equal(got, big) {
		t.Errorf("unpack a megabyte: %v", err)
	}
}

func TestDamagedValuesAreErrors(t *testing.T) {
	docs := lz.New(lz.Documents)
	for name, v := range map[string][]byte{
		"nothing": {}, "no size": {lz.Documents}, "huge": {lz.Documents, 0xff, 0xff, 0xff, 0xff, 0x7f}, "cut": docs.Pack(nil, []byte("Europe/Berlin Europe/Berlin!"))[:7],
		"before the dictionary": {lz.Documents, 4, 0x00, 0xff, 0xff},
	} {
		if out, err := lz.Unpack(nil, v); !errors.Is(err, lz.ErrDamaged) {
			t.Errorf("%s: %q, %v, want ErrDamaged", name, out, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	for _, form := range []byte{lz.Documents, lz.Mails} {
		f.Add(lz.New(form).Pack(nil, []byte(`{"src":"shopify","id":"1"}`)))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		if out, err := lz.Unpack(nil, v); err == nil && len(out) > 256*len(v)+255 {
			t.Errorf("%d bytes came out of %d", len(out), len(v))
		}
	})
}
