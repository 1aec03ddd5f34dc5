package dynamo

import (
	"bytes"
	"compress/flate"
	_ "embed" // the dictionaries
	"fmt"
	"io"
	"sync"
)

// dictionary1 is what packed values have in common. It is part of form 1: a
// changed one would be another form.
//
//go:embed dictionary1.txt
var dictionary1 []byte

// dictionary2 is what bodies of stores have in common: the names and usual values
// of Shopify's orders, fulfillments, refunds and customers, the commonest last,
// made from the examples in events/shopify (MIT, Shopify Inc.). It is part of form 2.
//
//go:embed dictionary2.txt
var dictionary2 []byte

// Levels of compression. A row is deflated to less by 6 than level 9 does to
// itself; above it gains nothing. Of a body every byte may be the one that opens
// the next kilobyte; above 7 takes twice the time and gains nothing.
const (
	packLevel = 6
	bodyLevel = 7
)

// deflater deflates with a dictionary. It keeps writers and readers, which are
// large, for the next value.
type deflater struct {
	dictionary []byte
	level      int
	writers    sync.Pool
	readers    sync.Pool
}

// deflate returns form and what b is deflated to.
func (d *deflater) deflate(form byte, b []byte) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte(form)
	w, ok := d.writers.Get().(*flate.Writer)
	if !ok {
		var err error
		if w, err = flate.NewWriterDict(nil, d.level, d.dictionary); err != nil {
			return nil, err
		}
	}
	defer d.writers.Put(w)
	w.Reset(&out)
	_, err := w.Write(b)
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// inflate reads what deflate wrote, without the form.
func (d *deflater) inflate(b []byte) ([]byte, error) {
	r, ok := d.readers.Get().(io.ReadCloser)
	if !ok {
		r = flate.NewReaderDict(nil, d.dictionary)
	}
	defer d.readers.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(b), d.dictionary); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// packBody deflates a body. Shopify's become a third to a half of what gzip makes
// of them, and a kilobyte is a write unit.
func (s *Store) packBody(b []byte) ([]byte, error) {
	out, err := s.bodies.deflate(formBody, b)
	if err != nil {
		return nil, fmt.Errorf("pack body: %w", err)
	}
	return out, nil
}

// gzipped is how a body begins that an earlier version kept.
var gzipped = []byte{0x1f, 0x8b}

// unpackBody reads what packBody wrote, or gzip.
func (s *Store) unpackBody(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return nil, errPacked
	case bytes.HasPrefix(b, gzipped):
		return unzip(b)
	case b[0] != formBody:
		return nil, newerForm(b[0])
	}
	body, err := s.bodies.inflate(b[1:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPacked, err)
	}
	return body, nil
}

func newerForm(form byte) error {
	return fmt.Errorf("the stored value has form %d: a newer program wrote it", form)
}
