package followup

import (
	"strings"

	"aftersales/internal/civil"
)

// Catalogue says what the goods are, because order lines rarely do. The first
// product that matches a line wins.
type Catalogue struct {
	Products []Product
	Default  Product
}

// Product is one entry of the catalogue. Patterns are globs, case-insensitive:
// "*" stands for any run of characters, "?" for one. All that are given must match.
type Product struct {
	SKU, Title, Vendor, ProductID string

	Category string
	Name     map[string]string       // short name by language
	Lengths  map[string]civil.Period // by coverage name: warranty, return_window, ...
	Service  civil.Period            // the maker's service interval; for messages
	Manual   string                  // https address
}

// Lookup returns the product of l: the first match, else the default.
func (c *Catalogue) Lookup(l Line) (p Product, found bool) {
	if c == nil {
		return Product{}, false
	}
	for _, p := range c.Products {
		if p.matches(l) {
			return p, true
		}
	}
	return c.Default, false
}

// Category returns the category of l: its own, else the catalogue's, else the default.
func (c *Catalogue) Category(l Line) string {
	if l.Category != "" {
		return l.Category
	}
	p, _ := c.Lookup(l)
	if p.Category == "" && c != nil {
		return c.Default.Category
	}
	return p.Category
}

func (p Product) matches(l Line) bool {
	given := false
	for _, m := range [...]struct{ pattern, value string }{
		{p.SKU, l.SKU}, {p.Title, l.Title}, {p.Vendor, l.Vendor}, {p.ProductID, l.ProductID},
	} {
		if m.pattern == "" {
			continue
		}
		if !glob(strings.ToLower(m.pattern), strings.ToLower(m.value)) {
			return false
		}
		given = true
	}
	return given
}

// glob matches s against a pattern of "*" and "?" in linear time for one star.
func glob(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
