package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// shopify reads the webhooks of Shopify, REST shape, versions 2023 to 2026.
//
// Ids of its events are made from the objects they speak of, never from the
// delivery: the same fact told by several bodies, or in several deliveries, is
// one event, or one of the same group.
type shopify struct{}

// topic is a kind of body and how it is read.
type topic struct {
	name string
	read func(t *shopifyReader) error
}

// topics lists what is understood, in the order people look for it.
var topics = [...]topic{
	{"orders/create", orderTopic(followup.OrderCreated)},
	{"orders/paid", orderTopic(followup.OrderUpdated)},
	{"orders/updated", orderTopic(followup.OrderUpdated)},
	{"orders/edited", (*shopifyReader).edited},
	{"orders/cancelled", orderTopic(followup.OrderUpdated)},
	{"orders/fulfilled", orderTopic(followup.OrderUpdated)},
	{"orders/partially_fulfilled", orderTopic(followup.OrderUpdated)},
	{"fulfillments/create", (*shopifyReader).fulfillmentTopic},
	{"fulfillments/update", (*shopifyReader).fulfillmentTopic},
	{"fulfillment_events/create", (*shopifyReader).fulfillmentEvent},
	{"refunds/create", (*shopifyReader).refundTopic},
	{"customers/data_request", (*shopifyReader).dataRequest},
	{"customers/redact", (*shopifyReader).customerRedact},
	{"shop/redact", (*shopifyReader).shopRedact},
}

// shopifyReader is the reading of one body.
type shopifyReader struct {
	in  followup.Incoming
	env Env
	loc *time.Location
	out Translation
}

// Name returns "shopify".
func (shopify) Name() string { return "shopify" }

// Verify checks X-Shopify-Hmac-Sha256. Shopify signs no time, so none is judged.
func (shopify) Verify(r Request, secrets Secrets, _ time.Time) error {
	return shopifyWebhook(r.Header, r.Body, secrets)
}

// Key joins the topic with X-Shopify-Event-Id, else X-Shopify-Webhook-Id, else
// (nobody but a test leaves both out) the digest of the body.
func (shopify) Key(r Request) (key, topicName string, err error) {
	topicName = strings.ToLower(strings.TrimSpace(r.Header.Get("X-Shopify-Topic")))
	if topicName != "" && findTopic(topicName) == nil {
		return "", "", unknownTopic()
	}
	for _, name := range [...]string{"X-Shopify-Event-Id", "X-Shopify-Webhook-Id"} {
		id := strings.TrimSpace(r.Header.Get(name))
		if len(id) > maxID || strings.ContainsFunc(id, unseen) {
			return "", "", wrongValue(name, "is too long or holds control characters", "send the webhook from Shopify")
		}
		if id != "" {
			return topicName + "|" + id, topicName, nil
		}
	}
	sum := sha256.Sum256(r.Body)
	return topicName + "|" + hex.EncodeToString(sum[:]), topicName, nil
}

// Translate reads a body by its topic; without one, by its shape.
func (shopify) Translate(in followup.Incoming, env Env) (Translation, error) {
	name := strings.ToLower(in.Topic)
	if name == "" {
		name = Guess(in.Body)
	}
	t := findTopic(name)
	if t == nil {
		return Translation{}, unknownTopic()
	}
	r := &shopifyReader{in: in, env: env, loc: env.zone()}
	if err := t.read(r); err != nil {
		return Translation{}, err
	}
	return r.out, nil
}

func findTopic(name string) *topic {
	for i := range topics {
		if topics[i].name == name {
			return &topics[i]
		}
	}
	return nil
}

func unknownTopic() *Fault {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.name
	}
	return unprocessable(FaultUnknown, "the topic is not one that is read here", "subscribe to "+strings.Join(names, ", "))
}

// shapeHints are the fields by which bodies of the topics can be told apart.
type shapeHints struct {
	Edit       present `json:"order_edit"`
	ToRedact   present `json:"orders_to_redact"`
	Requested  present `json:"orders_requested"`
	Request    present `json:"data_request"`
	Domain     present `json:"shop_domain"`
	ParentID   present `json:"fulfillment_id"`
	Refunded   present `json:"refund_line_items"`
	Adjusted   present `json:"order_adjustments"`
	Tracking   present `json:"tracking_company"`
	Shipment   present `json:"shipment_status"`
	OrderID    present `json:"order_id"`
	Lines      present `json:"line_items"`
	TotalPrice present `json:"total_price"`
}

// present is a value that is there, even null, and does not matter.
type present bool

func (p *present) read(s *scanner) {
	s.skip()
	*p = true
}

var hintLayout = layoutFor[shapeHints]()

// Guess names the Shopify topic whose bodies have this shape, "" when none
// does: for bodies that came without their headers.
func Guess(body []byte) string {
	var h shapeHints
	if err := decode(body, hintLayout(), &h); err != nil {
		return ""
	}
	switch {
	case bool(h.Edit):
		return "orders/edited"
	case bool(h.ToRedact):
		return "customers/redact"
	case bool(h.Requested || h.Request):
		return "customers/data_request"
	case bool(h.ParentID):
		return "fulfillment_events/create"
	case bool(h.Refunded || h.Adjusted):
		return "refunds/create"
	case bool(h.OrderID && (h.Tracking || h.Shipment || h.Lines)):
		return "fulfillments/update"
	case bool(h.Lines || h.TotalPrice):
		return "orders/create"
	case bool(h.Domain):
		return "shop/redact"
	default:
		return ""
	}
}

// add keeps an event of the order, and fills in what all events share.
func (r *shopifyReader) add(e followup.Event, order ident) {
	e.Source, e.Shop, e.Order, e.Inbox = "shopify", r.env.Shop.ID, string(order), r.in.InboxKey
	r.out.Events = append(r.out.Events, e)
}

// stamp writes a time for an id.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// digest names what an event says: two bodies that say the same give the same
// id, two that differ do not, so the set of events decides and not their order
// of arrival. It covers impersonal values only.
func digest(values ...any) string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			panic(err) // plain values: cannot happen
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}
