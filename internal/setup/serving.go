package setup

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"aftersales/internal/config"
	"aftersales/internal/ready"
)

// serving is what a process runs on, for others that work beside it.
type serving struct {
	Fingerprint string `json:"fingerprint"`
	Shop        []byte `json:"shop"`               // as package ready writes it
	Messages    []byte `json:"messages,omitempty"` // zip; none: those built in
}

// ErrOtherVersion is what another version of the program wrote.
var ErrOtherVersion = errors.New("another version of this program serves the folder: use that one, or restart `aftersales serve` with this one")

// WriteServing writes what a process with configuration c runs on: shops,
// holidays, plans, catalogue and messages, no secrets.
func WriteServing(c *config.Config, f Files) ([]byte, error) {
	shop, err := ready.Write(c, f.Files)
	if err != nil {
		return nil, err
	}
	messages, err := zipped(f.messages)
	if err != nil {
		return nil, fmt.Errorf("write messages: %w", err)
	}
	return json.Marshal(serving{f.Fingerprint(c), shop, messages})
}

// ReadServing reads what WriteServing wrote: c as the other process has it, and
// its files. What another version of the program wrote is [ErrOtherVersion], since
// it may mean something else.
func ReadServing(text []byte, c *config.Config) (*config.Config, Files, error) {
	var s serving
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, Files{}, fmt.Errorf("%w: %w", ErrOtherVersion, err)
	}
	packed, err := ready.Read(s.Shop)
	if err != nil {
		return nil, Files{}, err
	}
	files, err := packed.Files()
	if err != nil {
		return nil, Files{}, err
	}
	own, theirs := *c, packed.Config("")
	own.Business, own.Shops, own.Holidays = theirs.Business, theirs.Shops, theirs.Holidays
	if files.Fingerprint(&own) != s.Fingerprint {
		return nil, Files{}, ErrOtherVersion
	}
	out := Files{Files: files}
	if s.Messages != nil {
		if out.messages, err = zip.NewReader(bytes.NewReader(s.Messages), int64(len(s.Messages))); err != nil {
			return nil, Files{}, fmt.Errorf("read messages: %w", err)
		}
	}
	return &own, out, nil
}

// zipped packs the texts of a folder of messages; nil is nil.
func zipped(messages fs.FS) ([]byte, error) {
	if messages == nil {
		return nil, nil
	}
	names, err := fs.Glob(messages, "*/*.md")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		text, err := fs.ReadFile(messages, name)
		if err != nil {
			return nil, err
		}
		file, err := w.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(text); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}
