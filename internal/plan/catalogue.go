package plan

import (
	"fmt"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// usualCoverages are names most plans use; one a letter off is likely a slip.
var usualCoverages = []string{"warranty", "return_window", "support", "contract"}

// ParseCatalogue reads a catalogue (products.yaml); file is its name in faults. All
// faults are reported at once; the catalogue is nil when one is more than a warning.
func ParseCatalogue(file string, src []byte) (*followup.Catalogue, Faults) {
	r := &reader{file: file, bounds: catalogueBounds}
	var c *followup.Catalogue
	if root := r.load(src); root != nil {
		r.check(root, catalogueShape)
		if root.kind == mapNode {
			c = r.catalogue(root)
		}
	}
	faults := r.done()
	if faults.Failed() {
		return nil, faults
	}
	return c, faults
}

func (r *reader) catalogue(root *node) *followup.Catalogue {
	c := &followup.Catalogue{}
	seen := map[[4]string]int{} // patterns, line
	for _, n := range items(root.child("products")) {
		p := r.product(n)
		p.SKU, p.Title = val[string](n, "sku"), val[string](n, "title")
		p.Vendor, p.ProductID = val[string](n, "vendor"), val[string](n, "product_id")
		key := [4]string{p.SKU, p.Title, p.Vendor, p.ProductID}
		switch line, again := seen[key]; {
		case n.kind != mapNode:
		case key == [4]string{}:
			r.fault(n, "the product matches nothing", `add sku: "WM-*", title:, vendor: or product_id:`)
		case again:
			r.warn(n, fmt.Sprintf("the product on line %d matches the same lines and comes first", line), "join the two, or narrow the first")
		default:
			seen[key] = n.line
		}
		c.Products = append(c.Products, p)
	}
	c.Default = r.product(root.child("default"))
	return c
}

func (r *reader) product(n *node) followup.Product {
	p := followup.Product{
		Category: val[string](n, "category"), Service: val[civil.Period](n, "service"), Manual: val[string](n, "manual"),
	}
	if n == nil {
		return p
	}
	if names := n.child("name"); names != nil {
		for _, pair := range names.pairs {
			if p.Name == nil {
				p.Name = map[string]string{}
			}
			p.Name[pair.key] = val[string](pair.value)
		}
	}
	for _, pair := range n.pairs {
		if oneOf(pair.key, productShape.keys()) || pair.value.value == nil {
			continue
		}
		if near := nearest(pair.key, usualCoverages); near != "" && near != pair.key {
			r.warn(pair.at, fmt.Sprintf("%s is taken as the name of a coverage", quote(pair.key)), "did you mean "+quote(near)+"?")
		}
		if p.Lengths == nil {
			p.Lengths = map[string]civil.Period{}
		}
		p.Lengths[pair.key] = val[civil.Period](pair.value)
	}
	return p
}
