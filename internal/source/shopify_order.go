package source

import (
	"encoding/json"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

// shopifyOrder is what is read of an order body. Everything else is skipped.
type shopifyOrder struct {
	ID           ident                `json:"id"`
	GraphID      ident                `json:"admin_graphql_api_id"`
	Name         text                 `json:"name"`
	OrderNumber  text                 `json:"order_number"`
	Email        text                 `json:"email"`
	ContactEmail text                 `json:"contact_email"`
	Phone        text                 `json:"phone"`
	Currency     text                 `json:"currency"`
	Total        amount               `json:"total_price"`
	Test         *flag                `json:"test"`
	Tags         words                `json:"tags"`
	SourceName   text                 `json:"source_name"`
	Locale       text                 `json:"customer_locale"`
	Financial    text                 `json:"financial_status"`
	Marketing    flag                 `json:"buyer_accepts_marketing"`
	Created      moment               `json:"created_at"`
	Processed    moment               `json:"processed_at"`
	Updated      moment               `json:"updated_at"`
	Cancelled    moment               `json:"cancelled_at"`
	Customer     shopifyCustomer      `json:"customer"`
	Billing      shopifyAddress       `json:"billing_address"`
	Shipping     shopifyAddress       `json:"shipping_address"`
	Lines        []shopifyLine        `json:"line_items"`
	Fulfillments []shopifyFulfillment `json:"fulfillments"`
	Refunds      []shopifyRefund      `json:"refunds"`
}

// shopifyLine is a line of an order, or what a fulfilment takes of it.
type shopifyLine struct {
	ID         ident      `json:"id"`
	SKU        text       `json:"sku"`
	Title      text       `json:"title"`
	Name       text       `json:"name"`
	Vendor     text       `json:"vendor"`
	ProductID  ident      `json:"product_id"`
	Price      amount     `json:"price"`
	Quantity   *count     `json:"quantity"`
	Current    *count     `json:"current_quantity"`
	Ships      *flag      `json:"requires_shipping"`
	GiftCard   flag       `json:"gift_card"`
	Properties properties `json:"properties"`
}

var orderLayout = layoutFor[shopifyOrder]()

// orderTopic reads an order body: the statement of the order itself, and every
// fact that it embeds. as is the type of the statement.
func orderTopic(as followup.EventType) func(*shopifyReader) error {
	return func(r *shopifyReader) error {
		var o shopifyOrder
		if err := decode(r.in.Body, orderLayout(), &o); err != nil {
			return err
		}
		if o.ID == "" {
			o.ID = o.GraphID
		}
		if o.ID == "" {
			return missing("id", `send the whole order, "id": 450789469`)
		}
		return r.order(&o, as)
	}
}

func (r *shopifyReader) order(o *shopifyOrder, as followup.EventType) error {
	said := firstOf(o.Updated, o.Created, o.Processed)
	if said.none() {
		return missing("updated_at", `send the whole order, "updated_at": "2026-03-02T09:15:00+01:00"`)
	}
	if err := r.statement(o, as, said); err != nil {
		return err
	}
	at := said.in(r.loc)
	switch o.Financial {
	case "paid", "partially_refunded", "refunded":
		// Shopify does not say when; the first body that knows is the best date there is.
		r.add(followup.Event{
			Type: followup.OrderPaid, ID: "order/" + string(o.ID) + "/paid/" + stamp(at), Time: at,
			Group: "paid",
		}, o.ID)
	}
	if !o.Cancelled.none() {
		at := o.Cancelled.in(r.loc)
		r.add(followup.Event{
			Type: followup.OrderCancelled, ID: "order/" + string(o.ID) + "/cancelled/" + stamp(at), Time: at,
		}, o.ID)
	}
	for i := range o.Fulfillments {
		if err := r.fulfillment(&o.Fulfillments[i], o.ID, elementPath("fulfillments", i)); err != nil {
			return err
		}
	}
	for i := range o.Refunds {
		if err := r.refund(&o.Refunds[i], o.ID, string(o.Currency), elementPath("refunds", i)); err != nil {
			return err
		}
	}
	return nil
}

// statement adds what the body says of the order as a whole.
func (r *shopifyReader) statement(o *shopifyOrder, as followup.EventType, said moment) error {
	lines, err := o.lines()
	if err != nil {
		return err
	}
	p := o.person(r.env)
	e := followup.Event{
		Type: as, Time: said.in(r.loc), Lines: lines,
		Facts: &followup.OrderFacts{
			Number: string(o.Name), Currency: currencyCode(o.Currency), Total: o.Total.stored(o.Currency),
			Test: (*bool)(o.Test), Tags: o.Tags, Channel: string(o.SourceName),
			Placed:      firstOf(o.Processed, o.Created, said).moment(r.loc),
			CustomerRef: string(o.Customer.ID), Tier: o.Customer.tier(), Language: p.Language,
			Country: p.Country, Region: o.region(), PhoneZones: p.zones,
		},
		Keys: r.env.keys(p, string(o.ID)), Person: p.stated(), Consents: o.consents(r.loc),
	}
	if e.Facts.Number == "" {
		e.Facts.Number = string(o.OrderNumber)
	}
	_, kind, _ := strings.Cut(string(as), ".")
	e.ID = "order/" + string(o.ID) + "/" + kind + "/" + stamp(e.Time) + "/" + r.statementDigest(&e)
	r.add(e, o.ID)
	return nil
}

// statementDigest names what a statement says, the personal part of it through
// the keyed hash only: an id outlives an erasure.
func (r *shopifyReader) statementDigest(e *followup.Event) string {
	personal, err := json.Marshal([]any{e.Person, e.Consents})
	if err != nil {
		panic(err) // plain values: cannot happen
	}
	return digest(e.Facts, e.Lines, e.Keys, string(r.env.key("statement", string(personal))))
}

// lines returns the order's lines. A line of which none was ever sold is none.
func (o *shopifyOrder) lines() ([]followup.Line, error) {
	lines := make([]followup.Line, 0, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.ID == "" {
			return nil, missing(elementPath("line_items", i)+".id", `send the whole line, "id": 466157049`)
		}
		if l.Quantity == nil || *l.Quantity == 0 {
			continue
		}
		lines = append(lines, l.line(o.Currency))
	}
	return lines, nil
}

func (l *shopifyLine) line(currency text) followup.Line {
	n := int(*l.Quantity)
	title := l.Title
	if title == "" {
		title = l.Name
	}
	out := followup.Line{
		ID: string(l.ID), SKU: string(l.SKU), Title: string(title), Vendor: string(l.Vendor), ProductID: string(l.ProductID),
		Quantity: n, Serials: l.Properties.serials(n),
		Digital: bool(l.GiftCard) || l.Ships != nil && !bool(*l.Ships),
	}
	if price := l.Price.stored(currency); price != nil {
		out.Price = *price
	}
	if l.Current != nil {
		out.Current = new(min(int(*l.Current), n))
	}
	return out
}

// stored returns an amount that Shopify stored in its shop's currency, nil when
// there is none. Shopify keeps two decimals where the currency has none: they
// are cut.
func (a amount) stored(currency text) *followup.Money {
	code := currencyCode(currency)
	if a == "" || code == "" {
		return nil
	}
	whole, frac, _ := strings.Cut(string(a), ".")
	frac = frac[:min(len(frac), followup.Exponent(code))]
	m, err := followup.ParseMoney(strings.TrimSuffix(whole+"."+frac, "."), code)
	if err != nil {
		return nil
	}
	return &m
}

// currencyCode returns an ISO 4217 code, "" when s is none.
func currencyCode(s text) string {
	code := strings.ToUpper(string(s))
	if len(code) != 3 || !onlyOf(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return ""
	}
	return code
}

// properties are the free fields of a line, which apps write in every shape:
// an array of name and value, an object, or empty ones of either.
type properties []property

type property struct{ name, value string }

func (p *properties) read(s *scanner) {
	switch s.peek() {
	case '{':
		s.members(func(name []byte) { p.add(clean(name), s.looseText()) })
	case '[':
		s.elements(func(int) {
			if s.peek() != '{' {
				s.skip()
				return
			}
			var name, value string
			s.members(func(field []byte) {
				switch string(field) {
				case "name":
					name = s.looseText()
				case "value":
					value = s.looseText()
				default:
					s.skip()
				}
			})
			p.add(name, value)
		})
	default:
		s.skip()
	}
}

// looseText reads a string or number, and passes over anything else.
func (s *scanner) looseText() string {
	switch s.peek() {
	case '{', '[', 't', 'f', 'n':
		s.skip()
		return ""
	default:
		var t text
		t.read(s)
		return string(t)
	}
}

func (p *properties) add(name, value string) {
	if name != "" && value != "" && len(*p) < maxItems {
		*p = append(*p, property{name, value})
	}
}

// serialNames are the names under which shops keep serial numbers.
var serialNames = []string{
	"serial", "serials", "serial number", "serial numbers", "serial no", "serial no.", "serialnumber", "s/n", "sn",
}

// serials returns at most n serial numbers from the properties.
func (p properties) serials(n int) []string {
	var out []string
	for _, f := range p {
		name := strings.ToLower(strings.TrimLeft(strings.ReplaceAll(f.name, "_", " "), " "))
		if !slices.Contains(serialNames, name) {
			continue
		}
		for s := range strings.FieldsFuncSeq(f.value, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
			if s = strings.TrimSpace(s); s != "" && len(s) <= maxID && len(out) < n {
				out = append(out, s)
			}
		}
	}
	return out
}
