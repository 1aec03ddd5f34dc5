// Package plans holds the ready-made plans, which `aftersales init` copies and the demo runs, and the catalogue of the
// demo's goods.
package plans

import (
	"embed"
	"io/fs"
)

//go:embed [0-9]*.yaml
var files embed.FS

//go:embed products.yaml
var products []byte

// Files returns the ready-made plans in the order in which they are matched: 10-appliance.yaml, 90-simple.yaml.
func Files() fs.FS { return files }

// Products returns a copy of the demo's catalogue, products.yaml.
func Products() []byte { return append([]byte(nil), products...) }
