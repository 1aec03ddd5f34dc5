package followup

import (
	"strings"
	"unicode"
	"unicode/utf8"

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
	if p := c.find(&l); p != nil {
		return *p, true
	}
	return c.Default, false
}

// find returns the first product that matches l, or nil.
func (c *Catalogue) find(l *Line) *Product {
	for i := range c.Products {
		if p := &c.Products[i]; p.matches(l) {
			return p
		}
	}
	return nil
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

func (p *Product) matches(l *Line) bool {
	given := false
	for _, m := range [...]struct{ pattern, value string }{
		{p.SKU, l.SKU}, {p.Title, l.Title}, {p.Vendor, l.Vendor}, {p.ProductID, l.ProductID},
	} {
		if m.pattern == "" {
			continue
		}
		if !glob(m.pattern, m.value) {
			return false
		}
		given = true
	}
	return given
}

// glob matches s against a pattern of "*" and "?" without regard to case, in
// linear time for one star.
func glob(pattern, s string) bool {
	i, j, star, mark := 0, 0, -1, 0 // star is what follows the last "*", mark what it does not stand for yet
	for j < len(s) {
		want, width := lower(pattern[i:])
		is, size := lower(s[j:])
		switch {
		case want == '*':
			i++
			star, mark = i, j
		case width > 0 && (want == '?' || want == is):
			i, j = i+width, j+size
		case star >= 0:
			_, size := lower(s[mark:])
			mark += size
			i, j = star, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// lower returns the first rune of s in lower case, and its width in bytes; 0 when
// there is none.
func lower(s string) (r rune, width int) {
	if s == "" {
		return 0, 0
	}
	if c := s[0]; c < utf8.RuneSelf {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return rune(c), 1
	}
	r, width = utf8.DecodeRuneInString(s)
	return unicode.ToLower(r), width
}
