package followup

import (
	"cmp"
	"slices"
	"time"

	"aftersales/internal/civil"
)

// EventType is what happened. The order.* and unit.* types are those of the
// generic source; the others are made by our own pages, call list and console.
type EventType string

// The event types. Any other type is refused at the door.
const (
	OrderCreated    EventType = "order.created"
	OrderPaid       EventType = "order.paid"
	OrderFulfilled  EventType = "order.fulfilled"
	OrderDelivered  EventType = "order.delivered"
	OrderCancelled  EventType = "order.cancelled"
	OrderReinstated EventType = "order.reinstated"
	OrderUpdated    EventType = "order.updated"
	OrderRefunded   EventType = "order.refunded"
	OrderReturned   EventType = "order.returned"
	UnitRegistered  EventType = "unit.registered"
	UnitCovered     EventType = "unit.covered"
	UnitInstalled   EventType = "unit.installed"
	UnitRepaired    EventType = "unit.repaired"
	UnitReplaced    EventType = "unit.replaced"

	AnswerGiven    EventType = "answer.given"    // a customer said something: page, mail or phone
	CaseOpened     EventType = "case.opened"     // by a person at the shop; problems open theirs by themselves
	CaseNoted      EventType = "case.noted"      // the text lives with the contact
	CaseClosed     EventType = "case.closed"     // with a reason
	CaseReopened   EventType = "case.reopened"   //
	PersonErased   EventType = "person.erased"   // a privacy request: nothing more is sent for this order
	PersonAsked    EventType = "person.asked"    // a customer wants a copy of their data: a person has to answer
	ConsentChanged EventType = "consent.changed" // preferences, unsubscribe
)

// Event is something that happened to an order or a unit. The facts of a
// journey are a pure function of the set of its events; only impersonal fields
// are kept in the journey, Person goes to the contact.
type Event struct {
	Source string    `json:"src"`         // who says so; with ID it names the event for ever
	ID     string    `json:"id"`          //
	Type   EventType `json:"type"`        //
	Shop   ShopID    `json:"-"`           // where it belongs; implied by the journey once stored
	Order  string    `json:"-"`           // the store's own order id, always a string
	Time   time.Time `json:"t"`           // when the source said it, UTC
	At     Moment    `json:"at,omitzero"` // when it happened; zero: Time

	Facts   *OrderFacts `json:"order,omitempty"` // created, updated: what is stated; absent fields are unchanged
	Lines   []Line      `json:"lines,omitempty"` // created, updated: the lines stated; others are unchanged
	Parts   []Part      `json:"parts,omitempty"` // which units are concerned; none: all
	Group   string      `json:"grp,omitempty"`   // fulfilment or refund id: repeated reports of one group count once
	Retract bool        `json:"undo,omitempty"`  // takes back what Group said (a cancelled fulfilment)
	Amount  *Money      `json:"amt,omitempty"`   // refunded
	Unit    *UnitRef    `json:"unit,omitempty"`  // unit.*, answers and cases that concern one unit
	Cover   *Cover      `json:"cov,omitempty"`   // unit.covered
	From    civil.Date  `json:"from,omitzero"`   // unit.repaired: first day in the workshop
	Until   civil.Date  `json:"until,omitzero"`  // unit.repaired: the day it came back
	Serial  string      `json:"ser,omitempty"`   // unit.replaced: of the new one
	Answer  *Said       `json:"ans,omitempty"`   // answer.given
	Case    *CaseWord   `json:"case,omitempty"`  // case.*, and the number given to a problem

	Keys     Keys      `json:"keys,omitzero"` // contact ids of the mail and phone stated here
	Person   *Person   `json:"-"`             // personal: kept with the contact only
	Consents []Consent `json:"-"`             // kept with the contact only
	Inbox    InboxKey  `json:"-"`             // the body it came with, marked done by the Save
}

// Moment is a point in time, or only a civil date in the customer's zone when
// the source gave no more. The zero Moment is none.
type Moment struct {
	Time time.Time  `json:"t,omitzero"`
	Date civil.Date `json:"d,omitzero"`
}

// IsZero reports whether m is no moment at all.
func (m Moment) IsZero() bool { return m.Time.IsZero() && m.Date.IsZero() }

// In returns the wall clock of m in loc; a bare date has clock dateClock.
func (m Moment) In(loc *time.Location, dateClock civil.Clock) civil.DateTime {
	if m.Time.IsZero() {
		return m.Date.At(dateClock)
	}
	return civil.DateTimeOf(m.Time, loc)
}

// When returns when e happened.
func (e Event) When() Moment {
	if e.At.IsZero() {
		return Moment{Time: e.Time}
	}
	return e.At
}

// Part says that quantity units of a line are concerned. Quantity 0: all.
type Part struct {
	Line     string   `json:"l"`
	Quantity int      `json:"n,omitempty"`
	Serials  []string `json:"s,omitempty"` // these very units; wins over Quantity
}

// UnitRef names a unit by line and index, or by serial number.
type UnitRef struct {
	Line   string `json:"l,omitempty"`
	Index  int    `json:"i,omitempty"` // from 1; 0 with a line of one unit means 1
	Serial string `json:"s,omitempty"`
}

// Cover is a coverage whose dates came with an event.
type Cover struct {
	Name  string     `json:"name"`
	From  civil.Date `json:"from"`
	Until civil.Date `json:"until"`

	Source string `json:"src,omitempty"` // with Event it names the event; set by the fold
	Event  string `json:"id,omitempty"`
}

// Said is what a customer answered. The text they wrote lives with the contact.
type Said struct {
	Value    string     `json:"v"`              // works, problem, help, not-yet; "" when only rated
	Step     string     `json:"step,omitempty"` // step that asked; "" when nobody did
	FollowUp FollowUpID `json:"f,omitempty"`    // follow-up that asked
	By       string     `json:"by"`             // page, mail or phone
	Rating   int        `json:"r,omitempty"`    // 1 to 5; 0 none
	CallMe   bool       `json:"call,omitempty"`
	HasText  bool       `json:"text,omitempty"`
	Units    []UnitKey  `json:"us,omitempty"` // said of all of these at once
}

// CaseWord is what an event says about a case.
type CaseWord struct {
	Number int    `json:"n"`             // from 1, in the journey; given when the event is made
	Reason string `json:"why,omitempty"` // closed: repaired, replaced, refunded, explained, no-fault, no-reply, other
	By     string `json:"by,omitempty"`  // who at the shop; never a customer
}

// Compare orders events for the fold: by time, source, id.
func (e Event) Compare(o Event) int {
	return cmp.Or(e.Time.Compare(o.Time), cmp.Compare(e.Source, o.Source), cmp.Compare(e.ID, o.ID))
}

// SortEvents sorts and drops repetitions (same source and id: the first wins).
func SortEvents(events []Event) []Event {
	type key struct{ source, id string }
	seen := make(map[key]bool, len(events))
	out := make([]Event, 0, len(events))
	for _, e := range events {
		k := key{e.Source, e.ID}
		if !seen[k] {
			seen[k] = true
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, Event.Compare)
	return out
}
