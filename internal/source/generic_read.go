package source

import (
	"slices"
	"strings"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// statement adds order.created or order.updated.
func (r *genericReader) statement(e followup.Event) error {
	o := r.data.Order
	if o == nil {
		return missing("data.order", `send the order, "order": {"id": "1001"}`)
	}
	if err := r.state(&e, o); err != nil {
		return err
	}
	if e.Type == followup.OrderCreated {
		e.Facts.Placed = e.When()
	}
	r.events = append(r.events, e)
	return nil
}

// state puts on e what o says.
func (r *genericReader) state(e *followup.Event, o *genericOrder) error {
	var err error
	if e.Lines, err = r.lines(o, e.Type == followup.OrderCreated); err != nil {
		return err
	}
	facts := &followup.OrderFacts{
		Number: string(o.Number), Currency: currencyCode(o.Currency), Test: (*bool)(o.Test), Tags: o.Tags, Channel: string(o.Channel),
	}
	switch {
	case facts.Currency != "":
	case o.Currency != "":
		return wrongValue("data.order.currency", "is not an ISO 4217 code", `send "EUR"`)
	case e.Type == followup.OrderCreated && o.priced():
		return missing("data.order.currency", `send the ISO 4217 code of the amounts, "currency": "EUR"`)
	}
	if facts.Total, err = money(o.Total, facts.Currency, "data.order.total"); err != nil {
		return err
	}
	e.Facts = facts
	return r.customer(e, o)
}

// priced reports whether o holds an amount.
func (o *genericOrder) priced() bool {
	return o.Total != "" || slices.ContainsFunc(o.Lines, func(l genericLine) bool { return l.Price != "" })
}

// money reads an amount; nil when there is none.
func money(a amount, currency, path string) (*followup.Money, error) {
	if a == "" {
		return nil, nil
	}
	m, err := a.money(currency)
	if err != nil {
		return nil, wrongValue(path, "does not fit its currency", `send as many decimals as the currency has, "649.00"`)
	}
	return &m, nil
}

func (r *genericReader) lines(o *genericOrder, whole bool) ([]followup.Line, error) {
	var lines []followup.Line
	seen := make(map[ident]bool, len(o.Lines))
	for i := range o.Lines {
		l, path := &o.Lines[i], elementPath("data.order.lines", i)
		switch {
		case l.ID == "":
			return nil, missing(path+".id", `send the store's own id of the line, "id": "l1"`)
		case seen[l.ID]:
			return nil, wrongValue(path+".id", "stands twice", "send each line once")
		case l.Quantity == 0 && whole:
			return nil, missing(path+".quantity", `send how many were sold, "quantity": 1`)
		case l.Quantity != 0 && len(l.Serials) > int(l.Quantity):
			return nil, wrongValue(path+".serials", "are more than the quantity", "send one serial number per unit")
		}
		seen[l.ID] = true
		price, err := money(l.Price, currencyCode(o.Currency), path+".price")
		if err != nil {
			return nil, err
		}
		line := followup.Line{
			ID: string(l.ID), SKU: string(l.SKU), Title: string(l.Name), Vendor: string(l.Vendor), ProductID: string(l.ProductID),
			Category: string(l.Category), Quantity: int(l.Quantity), Serials: texts(l.Serials), Digital: bool(l.Digital),
		}
		if price != nil {
			line.Price = *price
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func texts(serials []serial) []string {
	var out []string
	for _, s := range serials {
		out = append(out, string(s))
	}
	return out
}

// customer puts on e what o says of the person and the place.
func (r *genericReader) customer(e *followup.Event, o *genericOrder) error {
	var p person
	if a := o.Address; a != nil {
		p.Country, p.City, p.Address = country(a.Country), string(a.City), joined(" ", a.PostalCode, a.City)
		if p.Country == "" && a.Country != "" {
			return wrongValue("data.order.address.country", "is not an ISO 3166 alpha-2 code", `send "IS"`)
		}
		e.Facts.Country, e.Facts.Region = p.Country, string(a.Region)
		if a.PostalCode == "" {
			p.Address = ""
		}
	}
	if c := o.Customer; c != nil {
		if err := r.who(e, c, &p); err != nil {
			return err
		}
	}
	e.Facts.PhoneZones = p.zones
	e.Person = p.stated()
	e.Keys = r.env.keys(p, e.Order)
	return nil
}

func (r *genericReader) who(e *followup.Event, c *genericCustomer, p *person) error {
	p.Name, p.FirstName, p.Language = string(c.Name), string(c.FirstName), tag(c.Language)
	p.setMail(c.Email)
	fallback := p.Country
	if fallback == "" {
		fallback = r.env.Shop.Country
	}
	p.setPhone(fallback, dialled{c.Phone, ""})
	if p.Language == "" && c.Language != "" {
		return wrongValue("data.order.customer.language", "is not a BCP 47 tag", `send "is" or "en-CA"`)
	}
	if c.Zone != "" {
		if _, err := civil.Zone(string(c.Zone)); err != nil {
			return wrongValue("data.order.customer.zone", "is not an IANA zone", `send "Atlantic/Reykjavik"`)
		}
	}
	e.Facts.CustomerRef, e.Facts.Tier, e.Facts.Language, e.Facts.Zone = string(c.ID), string(c.Tier), p.Language, string(c.Zone)
	var err error
	e.Consents, err = r.consents(c, e)
	return err
}

func (r *genericReader) consents(c *genericCustomer, e *followup.Event) ([]followup.Consent, error) {
	var out []followup.Consent
	for i := range c.Consents {
		k, path := &c.Consents[i], elementPath("data.order.customer.consents", i)
		purpose, channel := followup.Class(k.Purpose), followup.Medium(k.Channel)
		switch purpose {
		case followup.Service, followup.Feedback, followup.Marketing:
		default:
			return nil, wrongValue(path+".purpose", "is not one there is", `send "service", "feedback" or "marketing"`)
		}
		switch channel {
		case followup.Email, followup.Call:
		default:
			return nil, wrongValue(path+".channel", "is not one there is", `send "email" or "call"`)
		}
		if k.Given == nil {
			return nil, missing(path+".given", `send what was said, "given": true`)
		}
		if bool(k.Machine) && channel != followup.Call {
			return nil, wrongValue(path+".machine", "is only for calls", `leave it out, or send "channel": "call"`)
		}
		at := e.Time
		if !k.At.none() {
			at = k.At.in(r.loc)
		}
		out = append(out, followup.Consent{
			Purpose: purpose, Channel: channel, Given: bool(*k.Given), Machine: bool(*k.Given) && bool(k.Machine), At: at, How: string(k.How), Text: string(k.Text),
		})
	}
	return out, nil
}

// part adds an event about the order or some of its units. What the body
// repeats of the order comes first, as an order.updated of its own.
func (r *genericReader) part(e followup.Event) error {
	o := r.data.Order
	lines, path := r.data.Lines, "data.lines"
	switch {
	case o != nil && o.bare() && len(lines) == 0:
		lines, path = o.parts(), "data.order.lines"
	case o != nil && !o.bare():
		if err := r.repeat(e, o); err != nil {
			return err
		}
	}
	for i, l := range lines {
		if l.ID == "" {
			return missing(elementPath(path, i)+".id", `send the id of the line, "id": "l1"`)
		}
		e.Parts = append(e.Parts, followup.Part{Line: string(l.ID), Quantity: int(l.Quantity), Serials: texts(l.Serials)})
	}
	if e.Type == followup.OrderRefunded {
		code := r.data.Currency
		if code == "" && o != nil {
			code = o.Currency
		}
		if code != "" && currencyCode(code) == "" {
			return wrongValue("data.currency", "is not an ISO 4217 code", `send "EUR"`)
		}
		var err error
		if strings.HasPrefix(string(r.data.Amount), "-") {
			return wrongValue("data.amount", "is less than nothing", `send what was given back, "amount": "49.00"`)
		}
		if e.Amount, err = money(r.data.Amount, currencyCode(code), "data.amount"); err != nil {
			return err
		}
	}
	r.events = append(r.events, e)
	return nil
}

// repeat adds what a later event repeats of its order.
func (r *genericReader) repeat(e followup.Event, o *genericOrder) error {
	e.Type, e.ID, e.At = followup.OrderUpdated, e.ID+"#order", followup.Moment{}
	if err := r.state(&e, o); err != nil {
		return err
	}
	r.events = append(r.events, e)
	return nil
}

// bare reports whether o only says which order, and maybe which units: lines
// that state nothing but id, quantity and serial numbers are then the units
// concerned. The order repeated in full is no list of units.
func (o *genericOrder) bare() bool {
	stated := o.Number != "" || o.Currency != "" || o.Total != "" || o.Test != nil || o.Tags != nil || o.Channel != "" ||
		o.Customer != nil || o.Address != nil
	for _, l := range o.Lines {
		stated = stated || l.SKU != "" || l.Name != "" || l.Vendor != "" || l.ProductID != "" || l.Category != "" || l.Price != ""
	}
	return !stated
}

func (o *genericOrder) parts() []genericPart {
	parts := make([]genericPart, len(o.Lines))
	for i, l := range o.Lines {
		parts[i] = genericPart{ID: l.ID, Quantity: l.Quantity, Serials: l.Serials}
	}
	return parts
}

// wantUnit says how a unit is named.
const wantUnit = `send which unit, "unit": {"order": "1001", "line": "l1", "index": 1} or with "serial"`

// unit adds an event about one unit.
func (r *genericReader) unit(e followup.Event) error {
	u := r.data.Unit
	if u == nil || u.Line == "" && u.Serial == "" {
		return missing("data.unit", wantUnit)
	}
	e.Unit = &followup.UnitRef{Line: string(u.Line), Index: int(u.Index), Serial: string(u.Serial)}
	switch e.Type {
	case followup.UnitCovered:
		if err := r.cover(&e); err != nil {
			return err
		}
	case followup.UnitRepaired:
		e.From, e.Until = r.data.From.day(r.loc), r.data.Until.day(r.loc)
		if err := span("data", e.From, e.Until); err != nil {
			return err
		}
	case followup.UnitReplaced:
		e.Serial = string(r.data.Serial)
	default:
	}
	if o := r.data.Order; o != nil && !o.bare() {
		if err := r.repeat(followup.Event{
			Source: e.Source, ID: e.ID, Shop: e.Shop, Order: e.Order, Time: e.Time, Inbox: e.Inbox,
		}, o); err != nil {
			return err
		}
	}
	r.events = append(r.events, e)
	return nil
}

func (r *genericReader) cover(e *followup.Event) error {
	c := r.data.Coverage
	if c == nil || c.Name == "" {
		return missing("data.coverage.name", `send what covers the unit, "coverage": {"name": "warranty", "from": "2026-03-02", "until": "2028-03-02"}`)
	}
	e.Cover = &followup.Cover{Name: string(c.Name), From: c.From.day(r.loc), Until: c.Until.day(r.loc)}
	return span("data.coverage", e.Cover.From, e.Cover.Until)
}

// span refuses two dates that are no stretch of time.
func span(path string, from, until civil.Date) error {
	switch {
	case from.IsZero():
		return missing(path+".from", `send the first day, "from": "2026-03-02"`)
	case until.IsZero():
		return missing(path+".until", `send the last day, "until": "2028-03-02"`)
	case until.Compare(from) < 0:
		return wrongValue(path+".until", "is before from", "send the last day")
	}
	return nil
}
