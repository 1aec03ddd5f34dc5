package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"aftersales/internal/plan"
)

// planVerbs are about plan files.
type planVerbs struct {
	Lint     lintVerb     `cmd:"" help:"Report every fault of plans, catalogue and messages."`
	Simulate simulateVerb `cmd:"" help:"Say what a plan would do with an order; nothing is sent."`
	Schema   schemaVerb   `cmd:"" help:"Print the JSON Schema of plan files, for editors."`
}

// schemaVerb prints a JSON Schema.
type schemaVerb struct {
	Products bool `help:"That of the catalogue, products.yaml, instead."`
}

// Run prints it.
func (v *schemaVerb) Run(s *shell) error {
	schema := plan.Schema()
	if v.Products {
		schema = plan.CatalogueSchema()
	}
	_, err := s.out.Write(schema)
	return err
}

// fileLimit is the size of the largest file that is read, in bytes.
const fileLimit = 16 << 20

// readFile reads a file; "-" is standard input.
func (s *shell) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(s.in, fileLimit))
	}
	info, err := stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("read %s: it is a folder", name)
	case info.Size() > fileLimit:
		return nil, fmt.Errorf("read %s: it has %d bytes; the limit is %d", name, info.Size(), fileLimit)
	}
	return os.ReadFile(name)
}

// stat looks at a file that somebody named.
func stat(name string) (fs.FileInfo, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file or folder %s", name)
	}
	return info, err
}
