package dynamo

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Forms of a packed value: its first byte.
const (
	formPlain    = 0 // JSON
	formDeflated = 1 // JSON, deflated with dictionary 1
	formBody     = 2 // a body as it came, deflated with dictionary 2
)

// packer packs values.
type packer struct{ deflater }

// pack writes v as JSON, deflated where that is shorter. Items are billed by the
// kilobyte, and a row has to stay below one.
func (p *packer) pack(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	out, err := p.deflate(formDeflated, plain)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if len(out) <= len(plain) {
		return out, nil
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
		return newerForm(b[0])
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// zip gzips a plan, so that other tools can read it.
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
