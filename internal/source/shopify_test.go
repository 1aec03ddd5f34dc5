package source_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/source"
)

const fulfilled = "shopify/order_1073459970_fulfilled.json"

func TestShopifyOrderCreate(t *testing.T) {
	tr := translate(t, "shopify", "orders/create", body(t, "shopify/order_1073459981_discount_code_phone.json"))
	if got := typesIn(tr); !slices.Equal(got, []string{"order.created", "order.paid"}) {
		t.Fatalf("got %v", got)
	}
	e := one(t, tr, followup.OrderCreated)
	if e.Source != "shopify" || e.Shop != "main" || e.Order != "1073459981" || e.Inbox.Key != "k" || !e.Time.Equal(at("2025-07-02T16:31:38Z")) {
		t.Errorf("the event is %+v", e)
	}
	no := false
	f := *e.Facts
	f.PhoneZones = nil
	want := followup.OrderFacts{
		Number: "#1002", Currency: "USD", Total: &followup.Money{Minor: 18109, Currency: "USD"}, Test: &no, Channel: "755357713",
		Placed: followup.Moment{Time: at("2025-07-02T16:31:38Z")}, CustomerRef: "1073339475", Country: "CA", Region: "ON",
	}
	if d := cmp.Diff(want, f); d != "" {
		t.Error(d)
	}
	p := followup.Person{
		Name: "John Smith", FirstName: "John", Mail: "jane@example.com", Phone: "+18885551234",
		Country: "CA", City: "Fakecity", Address: "123 Fake Street, K2P 1L4 Fakecity",
	}
	if d := cmp.Diff(&p, e.Person); d != "" {
		t.Error(d)
	}
	keys := followup.Keys{
		Mail: contactKey("mail", "jane@example.com"), Phone: contactKey("phone", "+18885551234"), Order: contactKey("order", "main/1073459981"),
	}
	if e.Keys != keys {
		t.Errorf("keys are %+v", e.Keys)
	}
	if paid := one(t, tr, followup.OrderPaid); !paid.Time.Equal(e.Time) || paid.Group != "paid" {
		t.Errorf("paid is %+v", paid)
	}
}

func TestShopifyOrderStatementTypes(t *testing.T) {
	for topic, typ := range map[string]followup.EventType{
		"orders/create": followup.OrderCreated, "orders/paid": followup.OrderUpdated, "orders/updated": followup.OrderUpdated,
		"orders/cancelled": followup.OrderUpdated, "orders/fulfilled": followup.OrderUpdated,
		"orders/partially_fulfilled": followup.OrderUpdated, "": followup.OrderCreated, "ORDERS/PAID": followup.OrderUpdated,
	} {
		e := one(t, translate(t, "shopify", topic, body(t, fulfilled)), typ)
		if e.Facts.Placed.IsZero() || len(e.Lines) != 1 {
			t.Errorf("%s: the statement is not whole: %+v", topic, e)
		}
	}
}

func TestShopifyPaid(t *testing.T) {
	for status, want := range map[string]int{
		"paid": 1, "partially_refunded": 1, "refunded": 1, "pending": 0, "authorized": 0, "voided": 0, "": 0,
	} {
		tr := translate(t, "shopify", "orders/updated", shopOrder(`"financial_status": "`+status+`"`))
		if got := len(of(tr, followup.OrderPaid)); got != want {
			t.Errorf("%q gives %d order.paid, want %d", status, got, want)
		}
	}
}

func TestShopifyPartiallyPaidIsNotPaid(t *testing.T) {
	tr := translate(t, "shopify", "orders/create", body(t, "shopify/order_1073459980_partially_paid.json"))
	if len(of(tr, followup.OrderPaid)) != 0 {
		t.Error("an order that is paid in part is not paid")
	}
	if p := one(t, tr, followup.OrderCreated).Person; !p.BadPhone || p.Phone != "" {
		t.Errorf("numbers that no network routes: %+v", p)
	}
}

func TestShopifyCancelledAndRefunded(t *testing.T) {
	tr := translate(t, "shopify", "orders/cancelled", body(t, "shopify/order_450789469_cancelled_refunded.json"))
	c := one(t, tr, followup.OrderCancelled)
	if c.ID != "order/450789469/cancelled/2025-07-02T16:31:21Z" || !c.Time.Equal(at("2025-07-02T16:31:21Z")) || c.Parts != nil {
		t.Errorf("cancelled is %+v", c)
	}
	r := one(t, tr, followup.OrderRefunded)
	want := []followup.Part{{Line: "466157049", Quantity: 1}, {Line: "518995019", Quantity: 1}, {Line: "703073504", Quantity: 1}}
	if d := cmp.Diff(want, r.Parts); d != "" || r.Group != "refund/929361465" || r.Amount != nil {
		t.Errorf("refunded is %+v\n%s", r, d)
	}
	for _, l := range one(t, tr, followup.OrderUpdated).Lines {
		if l.Quantity != 1 || l.Current == nil || *l.Current != 0 {
			t.Errorf("line %s has %d, now %v", l.ID, l.Quantity, l.Current)
		}
	}
	one(t, tr, followup.OrderPaid) // refunded means it was paid
}

func TestShopifyFulfilled(t *testing.T) {
	inOrder := one(t, translate(t, "shopify", "orders/fulfilled", body(t, fulfilled)), followup.OrderFulfilled)
	want := followup.Event{
		Source: "shopify", ID: inOrder.ID, Type: followup.OrderFulfilled, Shop: "main", Order: "1073459970",
		Time: at("2025-07-02T16:31:03Z"), Group: "fulfillment/1069019862",
		Parts: []followup.Part{{Line: "1071823182", Quantity: 1}}, Inbox: inOrder.Inbox,
	}
	if d := cmp.Diff(want, inOrder); d != "" {
		t.Error(d)
	}
	tr := translate(t, "shopify", "fulfillments/create", body(t, "shopify/fulfillment_created_partial.json"))
	e := one(t, tr, followup.OrderFulfilled)
	if e.Order != "450789469" || e.Group != "fulfillment/1069019875" || len(tr.Events) != 1 || e.Parts[0].Line != "1071823214" {
		t.Errorf("got %+v", e)
	}
	updated := one(t, translate(t, "shopify", "fulfillments/update", body(t, "shopify/fulfillment_tracking_updated.json")), followup.OrderFulfilled)
	if !updated.Time.Equal(at("2025-07-02T16:38:15Z")) {
		t.Errorf("an update of the tracking moved the date to %v", updated.Time)
	}
}

// Trap 5: a fulfilment exists, but nothing was sent, or it was taken back.
func TestShopifyFulfilmentStatus(t *testing.T) {
	b := body(t, "shopify/fulfillment_tracking_updated.json")
	for status, want := range map[string][]string{
		"success": {"order.fulfilled"}, "pending": nil, "open": nil, "": nil,
		"cancelled": {"undo"}, "failure": {"undo"}, "error": {"undo"},
	} {
		tr := translate(t, "shopify", "fulfillments/update", edit(t, b, `"status": "success"`, `"status": "`+status+`"`))
		var got []string
		for _, e := range tr.Events {
			if e.Retract {
				got = append(got, "undo")
				if !e.Time.Equal(at("2025-07-02T16:38:39Z")) || e.Group != "fulfillment/1069019869" {
					t.Errorf("%s: %+v", status, e)
				}
				continue
			}
			got = append(got, string(e.Type))
		}
		if !slices.Equal(got, want) || (want == nil) != (tr.Ignored != "") {
			t.Errorf("%q gives %v (%s), want %v", status, got, tr.Ignored, want)
		}
	}
	if got := of(translate(t, "shopify", "orders/updated", body(t, "shopify/order_450789469_cancelled.json")), followup.OrderFulfilled); !got[0].Retract {
		t.Error("a failed fulfilment inside an order counts as sent")
	}
}

// Trap 4: there is no delivered date, or only updated_at to go by.
func TestShopifyDelivered(t *testing.T) {
	b := body(t, "shopify/fulfillment_tracking_updated.json")
	if got := of(translate(t, "shopify", "fulfillments/update", b), followup.OrderDelivered); len(got) != 0 {
		t.Error("a delivered date was guessed")
	}
	b = edit(t, b, `"shipment_status": null`, `"shipment_status": "delivered"`)
	e := one(t, translate(t, "shopify", "fulfillments/update", b), followup.OrderDelivered)
	if !e.Time.Equal(at("2025-07-02T16:38:39Z")) || !e.At.IsZero() || len(e.Parts) != 1 || e.ID != "fulfillment/1069019869/delivered/status/2025-07-02T16:38:39Z" {
		t.Errorf("delivered by status: %+v", e)
	}
	report := body(t, "shopify-made/fulfillment_event_delivered.json")
	e = one(t, translate(t, "shopify", "fulfillment_events/create", report), followup.OrderDelivered)
	want := followup.Event{
		Source: "shopify", Type: followup.OrderDelivered, Shop: "main", Order: "450789469", Group: "fulfillment/1069019871",
		ID: "fulfillment/1069019871/delivered/event/944956395", Time: at("2025-07-05T15:15:41Z"),
		At: followup.Moment{Time: at("2025-07-05T15:12:00Z")}, Inbox: e.Inbox,
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
	late := edit(t, report, `"happened_at": "2025-07-05T10:12:00-05:00"`, `"happened_at": "2025-07-09T10:12:00-05:00"`)
	if e := one(t, translate(t, "shopify", "fulfillment_events/create", late), followup.OrderDelivered); e.At.Time.After(e.Time) {
		t.Errorf("arrived after it was reported: %+v", e)
	}
	tr := translate(t, "shopify", "fulfillment_events/create", body(t, "shopify/fulfillment_event_in_transit.json"))
	if len(tr.Events) != 0 || tr.Ignored == "" {
		t.Errorf("in transit gives %v", typesIn(tr))
	}
}

// The first report of a fulfilment is the fact, whichever body brings it.
func TestShopifyFirstReportOfDelivery(t *testing.T) {
	created := translate(t, "shopify", "fulfillments/create", body(t, "shopify/fulfillment_created_tracking.json"))
	status := translate(t, "shopify", "fulfillments/update", edit(t, body(t, "shopify/fulfillment_created_tracking.json"),
		`"shipment_status": null`, `"shipment_status": "delivered"`, `"updated_at": "2025-07-02T11:38:40-05:00"`, `"updated_at": "2025-07-05T10:15:41-05:00"`))
	report := translate(t, "shopify", "fulfillment_events/create", body(t, "shopify-made/fulfillment_event_delivered.json"))
	order := followup.Event{
		Source: "shopify", ID: "o", Type: followup.OrderCreated, Time: at("2025-07-01T00:00:00Z"),
		Lines: []followup.Line{{ID: "1071823210", Quantity: 1}, {ID: "other", Quantity: 1}},
	}
	for _, events := range [][]followup.Event{
		slices.Concat([]followup.Event{order}, created.Events, report.Events, status.Events),
		slices.Concat(status.Events, report.Events, created.Events, []followup.Event{order}),
	} {
		f := followup.Fold(events)
		if got := f.Units[0].Delivered; !got.At.Time.Equal(at("2025-07-05T15:12:00Z")) || got.Event != report.Events[0].ID {
			t.Errorf("delivered is %+v, want the carrier's report", got)
		}
		if !f.Units[1].Delivered.IsZero() || !f.Units[1].Fulfilled.IsZero() {
			t.Errorf("a unit of another parcel arrived: %+v", f.Units[1])
		}
	}
}

func TestShopifyRefunds(t *testing.T) {
	e := one(t, translate(t, "shopify", "refunds/create", body(t, "shopify/refund_509562969.json")), followup.OrderRefunded)
	if d := cmp.Diff([]followup.Part{{Line: "466157049", Quantity: 1}, {Line: "703073504", Quantity: 1}}, e.Parts); d != "" || e.Order != "450789469" {
		t.Errorf("%+v\n%s", e, d)
	}
	money := one(t, translate(t, "shopify", "refunds/create", body(t, "shopify/refund_created_amount.json")), followup.OrderRefunded)
	if money.Parts != nil || money.Amount == nil || *money.Amount != (followup.Money{Minor: 500, Currency: "USD"}) {
		t.Errorf("money without goods: %+v", money)
	}
	failed := edit(t, body(t, "shopify/refund_created_amount.json"), `"status": "success"`, `"status": "failure"`, `"order_adjustments": [`, `"ignored": [`)
	if tr := translate(t, "shopify", "refunds/create", failed); len(tr.Events) != 0 || tr.Ignored == "" {
		t.Errorf("a refund that failed gives %v: it would end every unit", typesIn(tr))
	}
	foreign := edit(t, body(t, "shopify/refund_created_amount.json"), `"amount": "5.00", "currency": "USD"`, `"amount": "790", "currency": "JPY"`)
	if m := one(t, translate(t, "shopify", "refunds/create", foreign), followup.OrderRefunded).Amount; *m != (followup.Money{Minor: 500, Currency: "USD"}) {
		t.Errorf("paid in yen, the shop counts dollars: %v", m)
	}
}

func TestShopifyRestock(t *testing.T) {
	b := body(t, "shopify/refund_509562969.json")
	for restock, types := range map[string][]string{
		"no_restock": {"order.refunded"}, "return": {"order.refunded", "order.returned"}, "cancel": {"order.refunded", "order.cancelled"},
	} {
		tr := translate(t, "shopify", "refunds/create", edit(t, b, "legacy_restock", restock))
		if got := typesIn(tr); !slices.Equal(got, types) {
			t.Errorf("%s gives %v", restock, got)
		}
		for _, e := range tr.Events {
			if len(e.Parts) != 2 || e.Group != "refund/509562969" {
				t.Errorf("%s: %+v", restock, e)
			}
		}
	}
}

// The same refund, inside its order and on its own, is one.
func TestShopifyRefundInTwoBodies(t *testing.T) {
	order := translate(t, "shopify", "orders/updated", body(t, "shopify/order_450789469_cancelled.json"))
	alone := translate(t, "shopify", "refunds/create", edit(t, body(t, "shopify/refund_509562969.json"),
		`"created_at": "2025-07-02T11:38:15-05:00"`, `"created_at": "2025-07-02T11:29:59-05:00"`))
	a, b := one(t, order, followup.OrderRefunded), one(t, alone, followup.OrderRefunded)
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func TestShopifyEdited(t *testing.T) {
	b := body(t, "shopify-made/orders_edited_removal.json")
	e := one(t, translate(t, "shopify", "orders/edited", b), followup.OrderCancelled)
	if e.Order != "450789469" || e.Group != "edit/78912328793" || !e.Time.Equal(at("2025-07-03T14:01:30Z")) || !cmp.Equal(e.Parts, []followup.Part{{Line: "518995019", Quantity: 1}}) {
		t.Errorf("got %+v", e)
	}
	two := func(lines string) followup.Event {
		body := `{"order_edit":{"id":1,"order_id":2,"committed_at":"2026-01-01T00:00:00Z","line_items":{"removals":[` + lines + `]}}}`
		return one(t, translate(t, "shopify", "orders/edited", []byte(body)), followup.OrderCancelled)
	}
	const a, z = `{"id":1,"delta":1}`, `{"id":2,"delta":2}`
	if d := cmp.Diff(two(a+","+z), two(z+","+a)); d != "" {
		t.Errorf("the order of the lines matters:\n%s", d)
	}
	added := edit(t, b, `"removals": [
        {`, `"removals": [], "more": [{`)
	if tr := translate(t, "shopify", "orders/edited", added); len(tr.Events) != 0 || tr.Ignored == "" {
		t.Errorf("an edit that only adds gives %v", typesIn(tr))
	}
}

func TestShopifyPrivacy(t *testing.T) {
	tr := translate(t, "shopify", "customers/redact", body(t, "shopify-made/customers_redact.json"))
	var orders []string
	for _, e := range of(tr, followup.PersonErased) {
		orders = append(orders, e.Order)
		if !e.Time.Equal(received) || e.Person != nil || e.Keys != (followup.Keys{}) {
			t.Errorf("erased is %+v", e)
		}
	}
	if !slices.Equal(orders, []string{"450789469", "820982911946154508"}) {
		t.Errorf("orders are %v", orders)
	}
	want := []followup.ContactID{contactKey("mail", "bob.norman@mail.example.com"), contactKey("phone", "+16136120707")}
	if !slices.Equal(tr.Erase, want) {
		t.Errorf("contacts are %v, want %v", tr.Erase, want)
	}
	asked := of(translate(t, "shopify", "customers/data_request", body(t, "shopify-made/customers_data_request.json")), followup.PersonAsked)
	if len(asked) != 2 || asked[1].Order != "820982911946154508" {
		t.Errorf("asked is %+v", asked)
	}
	if tr := translate(t, "shopify", "shop/redact", body(t, "shopify-made/shop_redact.json")); !tr.EraseShop || len(tr.Events) != 0 {
		t.Errorf("the end of a shop gives %+v", tr)
	}
	refuse(t, "shopify", "shop/redact", []byte(`{}`))
	refuse(t, "shopify", "customers/redact", []byte(`{"customer":{},"orders_to_redact":[]}`))
	refuse(t, "shopify", "customers/data_request", []byte(`{}`))
	if tr := translate(t, "shopify", "customers/redact", []byte(`{"customer":{"id":7},"orders_to_redact":[]}`)); tr.Ignored == "" {
		t.Error("nobody to erase must be said")
	}
}

func TestGuess(t *testing.T) {
	for name, want := range map[string]string{
		"shopify-made/orders_edited_removal": "orders/edited", "shopify-made/customers_redact": "customers/redact",
		"shopify-made/customers_data_request": "customers/data_request", "shopify-made/shop_redact": "shop/redact",
		"shopify-made/fulfillment_event_delivered": "fulfillment_events/create", "shopify/fulfillment_event_in_transit": "fulfillment_events/create",
		"shopify/refund_509562969": "refunds/create", "shopify/fulfillment_255858046": "fulfillments/update",
		"shopify/order_1073459966_guest": "orders/create", "shopify/customer_created": "", "generic/order.created": "",
	} {
		if got := source.Guess(body(t, name+".json")); got != want {
			t.Errorf("%s looks like %q, want %q", name, got, want)
		}
	}
	for _, b := range []string{"", "[]", "{", `{"id":1}`} {
		if got := source.Guess([]byte(b)); got != "" {
			t.Errorf("%q looks like %q", b, got)
		}
	}
}

func TestShopifyMissing(t *testing.T) {
	for _, c := range []struct{ topic, body, want string }{
		{"orders/create", `{}`, "id is missing"},
		{"orders/create", `{"id":1}`, "updated_at is missing"},
		{"orders/create", `{"id":1,"updated_at":"2026-01-01T00:00:00Z","line_items":[{}]}`, "line_items[0].id is missing"},
		{"orders/create", `{"id":1,"updated_at":"2026-01-01T00:00:00Z","fulfillments":[{"id":1},{}]}`, "fulfillments[0].created_at is missing"},
		{"orders/create", `{"id":1,"updated_at":"2026-01-01T00:00:00Z","refunds":[{}]}`, "refunds[0].id is missing"},
		{"fulfillments/create", `{"id":1}`, "order_id is missing"},
		{"fulfillments/create", `{"id":1,"order_id":2}`, "created_at is missing"},
		{"fulfillment_events/create", `{"id":1,"order_id":1}`, "fulfillment_id is missing"},
		{"fulfillment_events/create", `{"id":1,"order_id":1,"fulfillment_id":3,"status":"delivered"}`, "happened_at is missing"},
		{"refunds/create", `{"id":1,"order_id":1}`, "created_at is missing"},
		{"orders/edited", `{"order_edit":{"id":1}}`, "order_edit.order_id is missing"},
		{"orders/edited", `{"order_edit":{"id":1,"order_id":2}}`, "order_edit.committed_at is missing"},
		{"products/update", `{}`, "the topic is not one that is read here"},
		{"", `{"a":1}`, "the topic is not one that is read here"},
	} {
		if f := refuse(t, "shopify", c.topic, []byte(c.body)); f.Status != 422 || f.Detail != c.want || f.Mend == "" {
			t.Errorf("%s %s: %q, want %q", c.topic, c.body, f.Error(), c.want)
		}
	}
}

func TestShopifyDates(t *testing.T) {
	b := edit(t, body(t, fulfilled), `"processed_at": "2025-07-02T11:31:02-05:00"`, `"processed_at": "2025-06-30"`)
	e := one(t, translate(t, "shopify", "orders/create", b), followup.OrderCreated)
	if want := (followup.Moment{Date: civil.Date{Year: 2025, Month: 6, Day: 30}}); e.Facts.Placed != want {
		t.Errorf("placed is %+v", e.Facts.Placed)
	}
	if !strings.HasPrefix(e.ID, "order/1073459970/created/2025-07-02T16:31:02Z/") {
		t.Errorf("the id is %s", e.ID)
	}
}
