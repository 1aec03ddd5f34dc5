// Package setup makes of a configuration what both forms of the product run
// on: plans, catalogue and messages read and checked, the rules of each shop,
// signed links, and the reader of received bodies. It knows no store, channel
// or clock; those are what the forms differ in.
package setup

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
	"aftersales/internal/ready"
)

// Inputs replaces files of the configuration, for the demo and tests. What is
// zero comes from the configuration's own files.
type Inputs struct {
	Plans     fs.FS // *.yaml in file-name order
	Catalogue []byte
	Messages  fs.FS
}

// Files are the merchant's own files, read and checked.
type Files struct {
	ready.Files
	messages fs.FS // nil: those built in
}

// of fills in the folders of the configuration.
func (in Inputs) of(c *config.Config) Inputs {
	if in.Plans == nil {
		in.Plans = os.DirFS(c.Plans)
	}
	if in.Messages == nil && c.Messages != "" {
		in.Messages = os.DirFS(c.Messages)
	}
	return in
}

// Read reads plans and catalogue; its error names every fault at once.
func Read(c *config.Config, in Inputs) (Files, error) {
	folder := c.Plans
	if in.Plans != nil {
		folder = ""
	}
	in = in.of(c)
	plans, docs, faults := plan.LoadDir(in.Plans, ".")
	for i := range faults { // as the file can be opened
		faults[i].File = filepath.Join(folder, faults[i].File)
	}
	name := "products"
	if in.Catalogue == nil && c.Products != "" {
		body, err := os.ReadFile(c.Products)
		if err != nil {
			return Files{}, fmt.Errorf("read catalogue: %w", err)
		}
		in.Catalogue, name = body, c.Products
	}
	catalogue := &followup.Catalogue{}
	if in.Catalogue != nil {
		read, more := plan.ParseCatalogue(name, in.Catalogue)
		catalogue, faults = read, append(faults, more...)
	}
	return Files{ready.Files{Plans: plans, Docs: docs, Catalogue: catalogue}, in.Messages}, faults.Err()
}

// Parse reads a stored plan again, as an engine asks for it.
func Parse(d followup.PlanDoc) (*followup.Plan, error) {
	p, faults := plan.Parse(d.Name, d.Source)
	return p, faults.Err()
}
