package transfer

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// longest is how long a line may be, in bytes: far more than the largest order.
const longest = 256 << 20

// reader reads lines and holds them against the end.
type reader struct {
	in     *bufio.Reader
	sum    hash.Hash
	Header Header
	counts Counts
	n      int // of lines
	ended  bool
}

// open reads the header.
func open(r io.Reader) (*reader, error) {
	gz, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, foreign(err)
	}
	f := &reader{in: bufio.NewReaderSize(gz, 1<<16), sum: sha256.New()}
	b, err := f.read()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &f.Header); err != nil || f.Header.Magic != magic {
		return nil, ErrForeign
	}
	if f.Header.Version > version {
		return nil, fmt.Errorf("%w (form %d, this one knows %d)", ErrNewer, f.Header.Version, version)
	}
	_, _ = f.sum.Write(b) // never fails
	return f, nil
}

func foreign(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCut
	}
	if errors.Is(err, gzip.ErrHeader) {
		return ErrForeign
	}
	return err
}

// next returns the next line; io.EOF after the end was found, and found right.
func (f *reader) next() (*line, error) {
	if f.ended {
		return nil, io.EOF
	}
	b, err := f.read()
	if err != nil {
		return nil, err
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrDamaged, f.n, err)
	}
	if l.End != nil {
		f.ended = true
		return nil, f.close(l.End)
	}
	_, _ = f.sum.Write(b) // never fails
	f.counts.add(&l)
	return &l, nil
}

// close compares the end with what was read; what follows an end is not of this file.
func (f *reader) close(e *end) error {
	if e.SHA256 != hex.EncodeToString(f.sum.Sum(nil)) || e.Counts != f.counts {
		return fmt.Errorf("%w: its end does not fit what it holds", ErrDamaged)
	}
	switch _, err := f.in.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: something follows its end", ErrDamaged)
	case !errors.Is(err, io.EOF):
		return damaged(err)
	}
	return io.EOF
}

// read returns one line with its newline.
func (f *reader) read() ([]byte, error) {
	f.n++
	var long []byte
	for {
		b, err := f.in.ReadSlice('\n')
		switch {
		case err == nil && long == nil:
			return b, nil
		case err == nil:
			return append(long, b...), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, damaged(err)
		case len(long) > longest:
			return nil, fmt.Errorf("%w: line %d has no end", ErrDamaged, f.n)
		}
		long = append(long, b...)
	}
}

func damaged(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrCut
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return ErrDamaged
	default:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
}

// Check reads a whole file and returns what it holds, or why it cannot be
// imported: [ErrCut], [ErrDamaged], [ErrForeign] or [ErrNewer]. It writes nothing.
func Check(r io.Reader) (Header, Counts, error) {
	f, err := open(r)
	if err != nil {
		return Header{}, Counts{}, fmt.Errorf("check state: %w", err)
	}
	for {
		switch _, err := f.next(); {
		case errors.Is(err, io.EOF):
			return f.Header, f.counts, nil
		case err != nil:
			return f.Header, f.counts, fmt.Errorf("check state: %w", err)
		}
	}
}
