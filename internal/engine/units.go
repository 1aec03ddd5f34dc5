package engine

import (
	"cmp"
	"fmt"

	"aftersales/internal/followup"
)

// unitName says a unit as people at the shop do: the line's title, else the
// catalogue's name, else the SKU; "Inlet hose (2 of 2)" where the line has several.
func unitName(r *followup.Rules, f *followup.Facts, key followup.UnitKey) string {
	line, index := key.Split()
	for _, l := range f.Lines {
		if l.ID != line {
			continue
		}
		p, _ := r.Catalogue.Lookup(l)
		name := cmp.Or(l.Title, p.Name["en"], l.SKU)
		switch {
		case name == "":
			return string(key)
		case l.Quantity > 1:
			return fmt.Sprintf("%s (%d of %d)", name, index, l.Quantity)
		}
		return name
	}
	return string(key)
}
