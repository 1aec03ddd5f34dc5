package source

import (
	"strings"
	"time"

	"aftersales/internal/followup"
)

// generic reads the events of any shop that can sign: CloudEvents 1.0 in
// structured JSON, signed as Standard Webhooks. Their id and source name them.
type generic struct{}

// kinds lists the types that are read, and what each needs beside order.id.
var kinds = [...]struct {
	typ   followup.EventType
	order bool // the order is stated: created, updated
	unit  bool // one unit is concerned
	needs string
}{
	{typ: followup.OrderCreated, order: true},
	{typ: followup.OrderPaid},
	{typ: followup.OrderFulfilled},
	{typ: followup.OrderDelivered},
	{typ: followup.OrderCancelled},
	{typ: followup.OrderReinstated},
	{typ: followup.OrderUpdated, order: true},
	{typ: followup.OrderRefunded},
	{typ: followup.OrderReturned},
	{typ: followup.UnitRegistered, unit: true},
	{typ: followup.UnitCovered, unit: true, needs: "coverage"},
	{typ: followup.UnitInstalled, unit: true},
	{typ: followup.UnitRepaired, unit: true, needs: "from, until"},
	{typ: followup.UnitReplaced, unit: true},
}

var (
	envelopeLayout = layoutFor[envelope]()
	eventLayout    = strictLayoutFor[genericEvent]()
)

// Name returns "generic".
func (generic) Name() string { return "generic" }

// Verify checks a Standard Webhooks signature that is at most five minutes old.
func (generic) Verify(r Request, secrets Secrets, now time.Time) error {
	return standardWebhook(r, secrets, now)
}

// Key joins the event's source and id. The webhook's own id only signs.
func (generic) Key(r Request) (key, topicName string, err error) {
	var e envelope
	if err := decode(r.Body, envelopeLayout(), &e); err != nil {
		return "", "", err
	}
	if err := e.check(); err != nil {
		return "", "", err
	}
	return barSource.Replace(string(e.Source)) + "|" + string(e.ID), "", nil
}

// barSource keeps source and id of a key apart.
var barSource = strings.NewReplacer("%", "%25", "|", "%7C")

// Translate reads one event. A later event that repeats its order states it
// again, which an event of its own says.
func (generic) Translate(in followup.Incoming, env Env) (Translation, error) {
	var b genericEvent
	if err := decode(in.Body, eventLayout(), &b); err != nil {
		return Translation{}, err
	}
	if err := b.check(); err != nil {
		return Translation{}, err
	}
	r := &genericReader{in: in, env: env, loc: env.zone(), body: &b, data: &b.Data}
	if err := r.read(); err != nil {
		return Translation{}, err
	}
	return Translation{Events: r.events}, nil
}

// check refuses an envelope that is no CloudEvent, or of a type nobody reads.
func (e *envelope) check() error {
	switch {
	case e.SpecVersion == "":
		return missing("specversion", `send a CloudEvent in structured JSON, "specversion": "1.0"`)
	case e.SpecVersion != "1.0":
		return wrongValue("specversion", "is not one that is read", `send "1.0"`)
	case e.ID == "":
		return missing("id", `send what names the event for ever, "id": "ord-1001-created"`)
	case e.Source == "":
		return missing("source", `send what the event comes from, "source": "shop/main"`)
	case e.Type == "":
		return missing("type", "send one of "+typeNames())
	case kindOf(e.Type) < 0:
		return unprocessable(FaultUnknown, "type is not one that is read", "send one of "+typeNames())
	case e.ContentType != "" && !strings.Contains(strings.ToLower(string(e.ContentType)), "json"):
		return wrongValue("datacontenttype", "is not JSON", `send "application/json"`)
	case bool(e.Base64):
		return wrongValue("data_base64", "is not read", "send the data as JSON in data")
	}
	return nil
}

// kindOf returns the index of a type in kinds, -1 when nobody reads it.
func kindOf(typ text) int {
	for i := range kinds {
		if string(kinds[i].typ) == string(typ) {
			return i
		}
	}
	return -1
}

func typeNames() string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = string(kinds[i].typ)
	}
	return strings.Join(names, ", ")
}

// genericReader is the reading of one event.
type genericReader struct {
	in     followup.Incoming
	env    Env
	loc    *time.Location
	body   *genericEvent
	data   *genericData
	events []followup.Event
}

func (r *genericReader) read() error {
	order, err := r.orderID()
	if err != nil {
		return err
	}
	said := firstOf(r.body.Time, r.data.At)
	e := followup.Event{
		Source: string(r.body.Source), ID: string(r.body.ID), Type: followup.EventType(r.body.Type),
		Shop: r.env.Shop.ID, Order: order, Time: r.in.At.UTC(), At: r.data.At.moment(r.loc), Inbox: r.in.InboxKey,
	}
	if !said.none() {
		e.Time = said.in(r.loc)
	}
	if e.Time.IsZero() {
		return missing("time", `send when the event was said, "time": "2026-03-02T09:15:00+01:00"`)
	}
	if e.At.Time.Equal(e.Time) {
		e.At = followup.Moment{}
	}
	switch k := kinds[kindOf(r.body.Type)]; {
	case k.order:
		return r.statement(e)
	case k.unit:
		return r.unit(e)
	default:
		return r.part(e)
	}
}

// orderID returns the order that the event is about; data.unit.order says it,
// too.
func (r *genericReader) orderID() (string, error) {
	a, b := ident(""), ident("")
	if r.data.Order != nil {
		a = r.data.Order.ID
	}
	if r.data.Unit != nil {
		b = r.data.Unit.Order
	}
	switch {
	case a == "" && b == "" && kinds[kindOf(r.body.Type)].unit && r.data.Unit == nil:
		return "", missing("data.unit", wantUnit)
	case a == "" && b == "" && kinds[kindOf(r.body.Type)].unit:
		return "", missing("data.unit.order", `send the store's own order id, "unit": {"order": "1001", "line": "l1", "index": 1}`)
	case a == "" && b == "":
		return "", missing("data.order.id", `send the store's own order id, "data": {"order": {"id": "1001"}}`)
	case a != "" && b != "" && a != b:
		return "", wrongValue("data.unit.order", "is not data.order.id", "send one of them, or the same twice")
	case a == "":
		return string(b), nil
	}
	return string(a), nil
}
