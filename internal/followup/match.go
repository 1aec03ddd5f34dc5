package followup

import (
	"fmt"
	"time"

	"aftersales/internal/civil"
)

// match returns the plan in force for j (rules 4 and 25): the one its first ARM
// pinned, else the first whose condition holds. why says what would have to
// change when there is none. scope is that of
// the order.
func (r *Rules) match(j *Journey, scope *Scope) (plan *Plan, why string) {
	f := scope.Facts
	if hash := j.Pinned(); hash != "" {
		if p := r.find(hash); p != nil {
			return p, ""
		}
		return nil, "the plan this order is pinned to (" + hash + ") is not stored"
	}
	switch {
	case !f.Created:
		return nil, "the order itself was not heard of yet"
	case f.Test != nil && *f.Test:
		return nil, "a test order matches no plan"
	}
	var faults string
	begun := false // a plan for orders of that age
	for _, p := range r.Plans {
		if p.Shop != "" && p.Shop != r.Shop.ID {
			continue
		}
		if !p.From.IsZero() && r.orderDate(f).Before(p.From) {
			faults = fmt.Sprintf("; plan %s: the order is older than %s, where its orders.from begins", p.Name, p.From)
			continue
		}
		begun = true
		if p.When == nil {
			return p, ""
		}
		scope.Plan = p
		switch ok, err := p.When.Holds(scope); {
		case err != nil:
			faults = fmt.Sprintf("; plan %s: %v", p.Name, err)
		case ok:
			return p, ""
		}
	}
	if faults != "" && !begun { // nothing in the catalogue would help
		return nil, "no plan matches" + faults
	}
	return nil, r.missing(f) + faults
}

func (r *Rules) find(hash string) *Plan {
	for _, p := range r.Plans {
		if p.Hash == hash {
			return p
		}
	}
	return r.Stored[hash]
}

func (r *Rules) orderDate(f *Facts) civil.Date {
	loc, err := civil.Zone(r.Shop.Zone)
	if err != nil {
		loc = time.UTC
	}
	return f.Ordered.At.In(loc, dateClock).Date
}

// missing names the catalogue line that would let a plan see the goods.
func (r *Rules) missing(f *Facts) string {
	for _, l := range f.Lines {
		if _, found := r.Catalogue.Lookup(l); !found && l.Category == "" {
			pattern := fmt.Sprintf("sku: %q", l.SKU)
			if l.SKU == "" {
				pattern = fmt.Sprintf("title: %q", l.Title)
			}
			return fmt.Sprintf("no plan matches; the catalogue does not know line %s: add {%s, category: ...} to products", l.ID, pattern)
		}
	}
	for _, p := range r.Plans {
		if p.Shop == "" || p.Shop == r.Shop.ID {
			return "no plan matches; add one without `when` to catch every order"
		}
	}
	return fmt.Sprintf("no plan is for shop %s; take `shop` out of one, or write one for it", r.Shop.ID)
}
