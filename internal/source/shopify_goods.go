package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

// shopifyFulfillment is a parcel, in an order body or a body of its own. What
// carriers write about tracking is not read: it holds anything.
type shopifyFulfillment struct {
	ID       ident         `json:"id"`
	OrderID  ident         `json:"order_id"`
	Status   text          `json:"status"`
	Shipment text          `json:"shipment_status"`
	Created  moment        `json:"created_at"`
	Updated  moment        `json:"updated_at"`
	Lines    []shopifyLine `json:"line_items"`
}

// shopifyFulfillmentEvent is a carrier's report about a parcel.
type shopifyFulfillmentEvent struct {
	ID          ident  `json:"id"`
	OrderID     ident  `json:"order_id"`
	Fulfillment ident  `json:"fulfillment_id"`
	Status      text   `json:"status"`
	Happened    moment `json:"happened_at"`
	Created     moment `json:"created_at"`
	Updated     moment `json:"updated_at"`
}

// shopifyRefund is money given back, and maybe goods.
type shopifyRefund struct {
	ID           ident                `json:"id"`
	OrderID      ident                `json:"order_id"`
	Created      moment               `json:"created_at"`
	Processed    moment               `json:"processed_at"`
	Lines        []shopifyRefundLine  `json:"refund_line_items"`
	Transactions []shopifyTransaction `json:"transactions"`
	Adjustments  []shopifyAdjustment  `json:"order_adjustments"`
	Duties       shopifyPair          `json:"total_duties_set"` // names the shop's currency
}

type shopifyRefundLine struct {
	LineID   ident         `json:"line_item_id"`
	Line     shopifyLineID `json:"line_item"`
	Quantity *count        `json:"quantity"`
	Restock  text          `json:"restock_type"`
}

type shopifyLineID struct {
	ID ident `json:"id"`
}

type shopifyTransaction struct {
	Kind     text   `json:"kind"`
	Status   text   `json:"status"`
	Amount   amount `json:"amount"`
	Currency text   `json:"currency"`
}

type shopifyAdjustment struct {
	Amount shopifyPair `json:"amount_set"`
}

// shopifyPair is an amount in the shop's currency and the customer's; only the
// shop's is read.
type shopifyPair struct {
	Shop shopifyMoney `json:"shop_money"`
}

type shopifyMoney struct {
	Amount   amount `json:"amount"`
	Currency text   `json:"currency_code"`
}

var (
	fulfillmentLayout      = layoutFor[shopifyFulfillment]()
	fulfillmentEventLayout = layoutFor[shopifyFulfillmentEvent]()
	refundLayout           = layoutFor[shopifyRefund]()
)

// elementPath names a field of an element of a list.
func elementPath(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// needIDs refuses a body that does not say what it speaks of.
func needIDs(pairs ...[2]string) error {
	for _, p := range pairs {
		if p[1] == "" {
			return missing(p[0], `send the body as Shopify does, "`+p[0]+`": 450789469`)
		}
	}
	return nil
}

func (r *shopifyReader) fulfillmentTopic() error {
	var f shopifyFulfillment
	if err := decode(r.in.Body, fulfillmentLayout(), &f); err != nil {
		return err
	}
	if err := needIDs([2]string{"id", string(f.ID)}, [2]string{"order_id", string(f.OrderID)}); err != nil {
		return err
	}
	if err := r.fulfillment(&f, f.OrderID, ""); err != nil {
		return err
	}
	if len(r.out.Events) == 0 {
		r.out.Ignored = "the fulfilment has not begun, its status is neither success nor an end"
	}
	return nil
}

// fulfillment adds what a parcel says: sent, arrived, or taken back. path is
// where it stands, "" on its own.
func (r *shopifyReader) fulfillment(f *shopifyFulfillment, order ident, path string) error {
	if f.ID == "" {
		return missing(path+".id", `send the whole fulfilment, "id": 255858046`)
	}
	created := firstOf(f.Created, f.Updated)
	if created.none() {
		return missing(strings.TrimPrefix(path+".created_at", "."), `send the whole fulfilment, "created_at": "2026-03-02T09:15:00+01:00"`)
	}
	group := "fulfillment/" + string(f.ID)
	changed := firstOf(f.Updated, f.Created).in(r.loc)
	delivered := strings.EqualFold(string(f.Shipment), "delivered")
	add := func(typ followup.EventType, e followup.Event) {
		e.Type, e.Group = typ, group
		r.add(e, order)
	}
	switch strings.ToLower(string(f.Status)) {
	case "success":
		parts := fulfilledParts(f.Lines)
		id := group + "/fulfilled/" + digest(parts)
		if parts == nil {
			id = group + "/fulfilled/~" // a body without lines sorts after one that has them
		}
		add(followup.OrderFulfilled, followup.Event{ID: id, Time: created.in(r.loc), Parts: parts})
		if delivered {
			id := group + "/delivered/status/" + stamp(changed)
			add(followup.OrderDelivered, followup.Event{ID: id, Time: changed, Parts: parts})
		}
	case "cancelled", "failure", "error":
		add(followup.OrderFulfilled, followup.Event{ID: group + "/undone/" + stamp(changed), Time: changed, Retract: true})
	default: // pending, open: nothing has left the shop
	}
	return nil
}

// fulfilledParts returns what a parcel holds, by line.
func fulfilledParts(lines []shopifyLine) []followup.Part {
	var parts []followup.Part
	for i := range lines {
		if l := &lines[i]; l.Quantity != nil {
			parts = addPart(parts, string(l.ID), int(*l.Quantity))
		}
	}
	return sortedParts(parts)
}

// addPart adds n units of a line, one part per line.
func addPart(parts []followup.Part, line string, n int) []followup.Part {
	if line == "" || n == 0 {
		return parts
	}
	for i := range parts {
		if parts[i].Line == line {
			parts[i].Quantity += n
			return parts
		}
	}
	return append(parts, followup.Part{Line: line, Quantity: n})
}

// sortedParts makes the same goods the same parts, in whatever order they came.
func sortedParts(parts []followup.Part) []followup.Part {
	slices.SortFunc(parts, func(a, b followup.Part) int { return cmp.Compare(a.Line, b.Line) })
	return parts
}

// fulfillmentEvent reads a carrier's report. Only an arrival is a fact; it names
// no lines, so its group links it to the units of the parcel. It was said when
// Shopify noted it, which is after the parcel was noted, and happened before.
func (r *shopifyReader) fulfillmentEvent() error {
	var f shopifyFulfillmentEvent
	if err := decode(r.in.Body, fulfillmentEventLayout(), &f); err != nil {
		return err
	}
	err := needIDs([2]string{"id", string(f.ID)}, [2]string{"order_id", string(f.OrderID)}, [2]string{"fulfillment_id", string(f.Fulfillment)})
	if err != nil {
		return err
	}
	if !strings.EqualFold(string(f.Status), "delivered") {
		r.out.Ignored = "the parcel is on its way; only its arrival is a fact"
		return nil
	}
	happened, said := firstOf(f.Happened, f.Created, f.Updated), firstOf(f.Created, f.Updated, f.Happened)
	if happened.none() {
		return missing("happened_at", `send the whole report, "happened_at": "2026-03-02T09:15:00+01:00"`)
	}
	group := "fulfillment/" + string(f.Fulfillment)
	e := followup.Event{
		Type: followup.OrderDelivered, Group: group, ID: group + "/delivered/event/" + string(f.ID),
		Time: said.in(r.loc), At: happened.moment(r.loc),
	}
	if e.At.Time.After(e.Time) { // a carrier's clock: nothing arrives after it was reported
		e.At = followup.Moment{Time: e.Time}
	}
	r.add(e, f.OrderID)
	return nil
}

func (r *shopifyReader) refundTopic() error {
	var f shopifyRefund
	if err := decode(r.in.Body, refundLayout(), &f); err != nil {
		return err
	}
	if err := needIDs([2]string{"id", string(f.ID)}, [2]string{"order_id", string(f.OrderID)}); err != nil {
		return err
	}
	if err := r.refund(&f, f.OrderID, "", ""); err != nil {
		return err
	}
	if len(r.out.Events) == 0 {
		r.out.Ignored = "the refund gives back neither goods nor money"
	}
	return nil
}

// refund adds what a refund says: which units were paid back, and of those
// which came back or never left. currency is the shop's, "" when unknown.
func (r *shopifyReader) refund(f *shopifyRefund, order ident, currency, path string) error {
	if f.ID == "" {
		return missing(path+".id", `send the whole refund, "id": 509562969`)
	}
	at := firstOf(f.Created, f.Processed)
	if at.none() {
		return missing(strings.TrimPrefix(path+".created_at", "."), `send the whole refund, "created_at": "2026-03-02T09:15:00+01:00"`)
	}
	refunded, returned, cancelled := f.parts()
	group := "refund/" + string(f.ID)
	add := func(typ followup.EventType, parts []followup.Part, m *followup.Money) {
		_, kind, _ := strings.Cut(string(typ), ".")
		r.add(followup.Event{
			Type: typ, Group: group, ID: group + "/" + kind + "/" + digest(at.in(r.loc), parts, m),
			Time: at.in(r.loc), Parts: parts, Amount: m,
		}, order)
	}
	if refunded == nil {
		if m := f.amount(currency); m.Minor > 0 {
			add(followup.OrderRefunded, nil, &m)
		}
		return nil
	}
	add(followup.OrderRefunded, refunded, nil)
	if returned != nil {
		add(followup.OrderReturned, returned, nil)
	}
	if cancelled != nil {
		add(followup.OrderCancelled, cancelled, nil)
	}
	return nil
}

// parts returns the units that were paid back, and among them those that came
// back to the shop and those that never left it.
func (f *shopifyRefund) parts() (refunded, returned, cancelled []followup.Part) {
	for i := range f.Lines {
		l := &f.Lines[i]
		id := cmp.Or(string(l.LineID), string(l.Line.ID))
		if l.Quantity == nil {
			continue
		}
		n := int(*l.Quantity)
		refunded = addPart(refunded, id, n)
		switch l.Restock {
		case "return":
			returned = addPart(returned, id, n)
		case "cancel":
			cancelled = addPart(cancelled, id, n)
		}
	}
	return sortedParts(refunded), sortedParts(returned), sortedParts(cancelled)
}

// amount returns the money that went back, in the shop's currency where the
// body tells it: customers may have paid in another.
func (f *shopifyRefund) amount(currency string) followup.Money {
	shop := cmp.Or(currencyCode(text(currency)), currencyCode(f.Duties.Shop.Currency))
	var paid, adjusted followup.Money
	for _, t := range f.Transactions {
		if t.Kind != "refund" || t.Status != "success" && t.Status != "pending" {
			continue
		}
		if m := t.Amount.stored(t.Currency); m != nil {
			paid = followup.Money{Minor: paid.Minor + m.Minor, Currency: m.Currency}
		}
	}
	for _, a := range f.Adjustments {
		if m := a.Amount.Shop.Amount.stored(a.Amount.Shop.Currency); m != nil {
			adjusted = followup.Money{Minor: adjusted.Minor - m.Minor, Currency: m.Currency} // written as negative
		}
	}
	if adjusted.Minor > 0 && (paid.Minor == 0 || shop != "" && paid.Currency != shop) {
		return adjusted
	}
	return paid
}
