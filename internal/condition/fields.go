package condition

import (
	"slices"

	"aftersales/internal/followup"
)

// order is the order. Comparing an unknown total is a fault.
var order = fields{
	"number":   has(func(f *followup.Facts) any { return f.Number }), // as the customer knows it: "#1001"
	"currency": has(func(f *followup.Facts) any { return f.Currency }),
	"country":  has(func(f *followup.Facts) any { return f.Country }), // of the delivery address, ISO 3166 alpha-2
	"region":   has(func(f *followup.Facts) any { return f.Region }),
	"language": has(func(f *followup.Facts) any { return f.Language }), // BCP 47
	"channel":  has(func(f *followup.Facts) any { return f.Channel }),  // web, pos
	"placed":   has(placed),
	"total": has(func(f *followup.Facts) any {
		if f.Total == nil {
			return followup.Money{}
		}
		return *f.Total
	}),
	"tags": has(func(f *followup.Facts) any {
		out := make([]any, len(f.Tags))
		for i, t := range f.Tags {
			out[i] = t
		}
		return out
	}),
}

// placed is the day of the order, 2026-03-02; in UTC where the store gave a time.
func placed(f *followup.Facts) any {
	m := f.Placed
	if m.IsZero() {
		m = f.Ordered.At
	}
	if m.Time.IsZero() {
		return m.Date.String()
	}
	return m.Time.UTC().Format("2006-01-02")
}

// contact is the customer, without anything personal.
var contact = fields{
	"tier":     has(func(f *followup.Facts) any { return f.Tier }),
	"country":  said(followup.FieldCountry, func(f *followup.Facts) string { return f.Country }),
	"language": said(followup.FieldLanguage, func(f *followup.Facts) string { return f.Language }),
}

// said is what the contact says, else the order.
func said(name string, otherwise func(*followup.Facts) string) func(*object) any {
	return func(o *object) any {
		if o.scope.Contact != nil {
			if text := o.scope.Contact.Field(name); text != "" {
				return text
			}
		}
		return otherwise(o.scope.Facts)
	}
}

var lines = fields{
	"id":       has(func(l *followup.Line) any { return l.ID }),
	"sku":      has(func(l *followup.Line) any { return l.SKU }),
	"title":    has(func(l *followup.Line) any { return l.Title }),
	"vendor":   has(func(l *followup.Line) any { return l.Vendor }),
	"quantity": has(func(l *followup.Line) any { return l.Quantity }), // units ever sold on it
	"price":    has(func(l *followup.Line) any { return l.Price }),    // of one unit
	"digital":  has(func(l *followup.Line) any { return l.Digital }),  // nothing is delivered
	// The line's own category, else the catalogue's, else the default.
	"category": func(o *object) any { return o.scope.Category(o.at) },
}

// unit is one physical item: its line's words, and what happened to it.
var unit = fields{
	"key":        has(func(u *followup.Unit) any { return string(u.Key) }), // "<line id>/<index>"
	"line":       has(func(u *followup.Unit) any { return lineID(u) }),
	"serial":     has(func(u *followup.Unit) any { return u.Serial }), // "" not known
	"fulfilled":  has(func(u *followup.Unit) any { return !u.Fulfilled.IsZero() }),
	"delivered":  has(func(u *followup.Unit) any { return !u.Delivered.IsZero() && !u.Delivered.Assumed() }), // an assumption does not count
	"installed":  has(func(u *followup.Unit) any { return !u.Installed.IsZero() }),
	"registered": has(func(u *followup.Unit) any { return !u.Registered.IsZero() }),
	"repaired":   has(func(u *followup.Unit) any { return len(u.Repairs) > 0 }),
	"replaced":   has(func(u *followup.Unit) any { return !u.Replaced.IsZero() }),
	"sku":        ofLine(func(l *followup.Line) any { return l.SKU }),
	"title":      ofLine(func(l *followup.Line) any { return l.Title }),
	"vendor":     ofLine(func(l *followup.Line) any { return l.Vendor }),
	"price":      ofLine(func(l *followup.Line) any { return l.Price }),
	"digital":    ofLine(func(l *followup.Line) any { return l.Digital }),
	"category": func(o *object) any {
		if i := lineOf(o); i >= 0 {
			return o.scope.Category(i)
		}
		return ""
	},
}

func lineID(u *followup.Unit) string {
	id, _ := u.Key.Split()
	return id
}

// ofLine is what the line of a unit tells; a line that is not there tells nothing.
func ofLine(tell func(*followup.Line) any) func(*object) any {
	return func(o *object) any {
		if i := lineOf(o); i >= 0 {
			return tell(&o.scope.Facts.Lines[i])
		}
		return tell(&followup.Line{})
	}
}

// lineOf returns the place of a unit's line, or -1.
func lineOf(o *object) int {
	if o.line == 0 {
		u, _ := o.of.(*followup.Unit)
		id := lineID(u)
		o.line = 1 + slices.IndexFunc(o.scope.Facts.Lines, func(l followup.Line) bool { return l.ID == id })
	}
	return o.line - 1
}

// answers are what the customer said, oldest first.
var answers = fields{
	"value":  has(func(a *followup.Answer) any { return a.Value }),        // works, problem, help, not-yet; "" only rated
	"unit":   has(func(a *followup.Answer) any { return string(a.Unit) }), // "" the whole order
	"step":   has(func(a *followup.Answer) any { return a.Step }),
	"by":     has(func(a *followup.Answer) any { return a.By }),     // page, mail or phone
	"rating": has(func(a *followup.Answer) any { return a.Rating }), // 1 to 5; 0 none
}

// coverages have dates, 2026-03-31; until is the last day.
var coverages = fields{
	"name":  has(func(c *followup.Covered) any { return c.Name }),
	"unit":  has(func(c *followup.Covered) any { return string(c.Unit) }), // "" the order
	"from":  has(func(c *followup.Covered) any { return c.From.String() }),
	"until": has(func(c *followup.Covered) any { return c.Until.String() }),
}

// cases are problems somebody handles or handled.
var cases = fields{
	"number":  has(func(c *followup.Case) any { return c.Number }),
	"unit":    has(func(c *followup.Case) any { return string(c.Unit) }),
	"open":    has(func(c *followup.Case) any { return c.Open() }),
	"reason":  has(func(c *followup.Case) any { return c.Reason }),
	"outcome": has(func(c *followup.Case) any { return c.Outcome }),
}
