package followup

import (
	"time"

	"aftersales/internal/civil"
)

// OrderFacts is what an event states about the whole order. Pointers and empty
// values mean "not stated", so a later event may leave out what is unchanged.
type OrderFacts struct {
	Number   string   `json:"no,omitempty"`    // as the customer knows it: "#1001"
	Currency string   `json:"cur,omitempty"`   // ISO 4217
	Total    *Money   `json:"total,omitempty"` //
	Test     *bool    `json:"test,omitempty"`  // test orders match no plan
	Tags     []string `json:"tags,omitempty"`
	Placed   Moment   `json:"placed,omitzero"` // when the customer ordered
	Channel  string   `json:"chan,omitempty"`  // web, pos, ...

	CustomerRef string   `json:"cref,omitempty"` // the store's own customer id
	Tier        string   `json:"tier,omitempty"`
	Language    string   `json:"lang,omitempty"`    // BCP 47
	Zone        string   `json:"zone,omitempty"`    // IANA, stated by the source
	Country     string   `json:"country,omitempty"` // ISO 3166 alpha-2 of the delivery address
	Region      string   `json:"region,omitempty"`
	PhoneZones  []string `json:"pz,omitempty"` // candidate zones of the phone's prefix
}

// Line is one order line as the store sold it.
type Line struct {
	ID        string   `json:"id"`
	SKU       string   `json:"sku,omitempty"`
	Title     string   `json:"title,omitempty"`
	Vendor    string   `json:"vendor,omitempty"`
	ProductID string   `json:"prod,omitempty"`
	Category  string   `json:"cat,omitempty"`  // the line's own; the catalogue's is looked up
	Quantity  int      `json:"n"`              // units ever sold on this line, 1 to 1,000,000; see MostUnits
	Current   *int     `json:"cur,omitempty"`  // units still sold, where the store says so
	Price     Money    `json:"price,omitzero"` // of one unit
	Serials   []string `json:"ser,omitempty"`  // of units 1, 2, ...
	Digital   bool     `json:"dig,omitempty"`  // nothing is delivered: gift card, download
}

// Facts is what is known about an order: the fold of its events.
type Facts struct {
	OrderFacts
	Ordered Fact     `json:"ordered,omitzero"`
	Paid    Fact     `json:"paid,omitzero"`
	Lines   []Line   `json:"lines,omitempty"`   // in the order first stated
	Units   []Unit   `json:"units,omitempty"`   // by line, index
	Refunds []Refund `json:"refunds,omitempty"` // those that concern no unit
	Answers []Answer `json:"answers,omitempty"` // oldest first; the latest of a unit counts
	Cases   []Case   `json:"cases,omitempty"`   // by number
	Keys    Keys     `json:"keys,omitzero"`
	Erased  bool     `json:"erased,omitempty"`
	Created bool     `json:"created,omitempty"` // an order.created or a full statement was seen
	Strays  []Stray  `json:"strays,omitempty"`  // what events name and the order does not have
}

// Fact is when something happened, and who says so.
type Fact struct {
	At     Moment `json:"at"`
	Source string `json:"src,omitempty"` // source of the event; "assumed" when nobody said it
	Event  string `json:"ev,omitempty"`  // id of the event, or the rule of the assumption
}

// IsZero reports whether nobody said so.
func (f Fact) IsZero() bool { return f.At.IsZero() }

// Assumed reports whether the plan assumed the fact. Messages must not state it as known.
func (f Fact) Assumed() bool { return f.Source == "assumed" }

// Unit is one physical item and what happened to it.
type Unit struct {
	Key        UnitKey  `json:"key"`
	Serial     string   `json:"ser,omitempty"`
	Fulfilled  Fact     `json:"ful,omitzero"`
	Delivered  Fact     `json:"del,omitzero"`
	Installed  Fact     `json:"ins,omitzero"`
	Registered Fact     `json:"reg,omitzero"`
	Cancelled  Fact     `json:"can,omitzero"`
	Returned   Fact     `json:"ret,omitzero"`
	Refunded   Fact     `json:"ref,omitzero"`
	Repairs    []Repair `json:"rep,omitempty"`
	Replaced   Fact     `json:"new,omitzero"`
	Covers     []Cover  `json:"cov,omitempty"` // from unit.covered; the latest of a name counts
}

// Line returns the id of the line of u.
func (u Unit) Line() string { line, _ := u.Key.Split(); return line }

// Repair is one stay in the workshop, civil dates in the customer's zone.
type Repair struct {
	From  civil.Date `json:"from"`
	Until civil.Date `json:"until"`
}

// Refund is money given back that concerns no particular unit.
type Refund struct {
	At     Moment `json:"at"`
	Amount *Money `json:"amt,omitempty"`
}

// Answer is what the customer said about the order or one unit.
type Answer struct {
	Said
	Unit  UnitKey   `json:"unit,omitempty"` // "" the whole order
	At    time.Time `json:"at"`
	Event string    `json:"ev"` // its text is kept with the contact under this id
}

// Case is a problem somebody is handling.
type Case struct {
	Number   int       `json:"n"`
	Unit     UnitKey   `json:"unit,omitempty"`
	Opened   time.Time `json:"opened"`          // last opening
	Closed   time.Time `json:"closed,omitzero"` // last closing; zero while open
	Closings int       `json:"k,omitempty"`     // times closed
	Reason   string    `json:"why,omitempty"`   // opened by: problem, help, call-me, staff, data-request
	Outcome  string    `json:"out,omitempty"`   // reason given at the last closing
	Spans    []Span    `json:"spans,omitempty"` // when it was open before, oldest first
	By       string    `json:"by,omitempty"`    // who closed it last
}

// Span is a closed stretch of time.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Covers reports whether c is about that unit: a case of the whole order is
// about each.
func (c Case) Covers(unit UnitKey) bool { return c.Unit == "" || c.Unit == unit }

// Open reports whether somebody still has to solve c.
func (c Case) Open() bool { return c.Closed.IsZero() }

// PlacedAfter reports whether the customer ordered later than t; an order of
// which only the day is known, on a later day.
func (f *Facts) PlacedAfter(t time.Time) bool {
	at := f.Ordered.At
	if at.Time.IsZero() {
		return at.Date.After(civil.DateTimeOf(t, time.UTC).Date)
	}
	return at.Time.After(t)
}

// NextCase returns the number of the next case of the order.
func (f *Facts) NextCase() int {
	n := 1
	for _, c := range f.Cases {
		n = max(n, c.Number+1)
	}
	return n
}
