package dynamo

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Forms of a packed value: its first byte.
const (
	formPlain    = 0 // JSON
	formDeflated = 1 // JSON, deflated with dictionary 1
)

// dictionary1 is what packed values have in common. It is part of form 1: a
// changed one would be another form.
//
//go:embed dictionary1.txt
var dictionary1 []byte

// packLevel deflates a row to less than level 9 does to itself; above it gains
// nothing.
const packLevel = 6

// packer keeps deflaters, which are large, for the next value.
type packer struct {
	writers sync.Pool
	readers sync.Pool
}

// pack writes v as JSON, deflated where that is shorter. Items are billed by the
// kilobyte, and a row has to stay below one.
func (p *packer) pack(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var out bytes.Buffer
	out.WriteByte(formDeflated)
	w, ok := p.writers.Get().(*flate.Writer)
	if !ok {
		if w, err = flate.NewWriterDict(nil, packLevel, dictionary1); err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
	}
	defer p.writers.Put(w)
	w.Reset(&out)
	if _, err = w.Write(plain); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if out.Len() <= len(plain) {
		return out.Bytes(), nil
	}
	return append([]byte{formPlain}, plain...), nil
}

// errPacked is a value that is not one of ours.
var errPacked = errors.New("the stored value is empty or damaged")

// unpack reads what pack wrote.
func (p *packer) unpack(b []byte, v any) error {
	if len(b) == 0 {
		return errPacked
	}
	plain := b[1:]
	switch b[0] {
	case formPlain:
	case formDeflated:
		var err error
		if plain, err = p.inflate(plain); err != nil {
			return fmt.Errorf("%w: %w", errPacked, err)
		}
	default:
		return fmt.Errorf("the stored value has form %d: a newer program wrote it", b[0])
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

func (p *packer) inflate(b []byte) ([]byte, error) {
	r, ok := p.readers.Get().(io.ReadCloser)
	if !ok {
		r = flate.NewReaderDict(nil, dictionary1)
	}
	defer p.readers.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(b), dictionary1); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// zip gzips a body or a plan, so that other tools can read it.
func zip(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return out.Bytes(), nil
}

// unzip reads what zip wrote.
func unzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	return out, r.Close()
}
