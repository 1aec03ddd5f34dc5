package cloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/source"
)

// Where events on a bus come from.
const (
	ownSource     = "aftersales"               // our own producers, as the generic source's events
	shopifySource = "aws.partner/shopify.com/" // then the app's id and a name, which may be the shop's
	shopifyDetail = "shopifyWebhook"           // detail-type of Shopify's partner events
	shopifyHeader = "X-Shopify-"               // of the metadata, in any case, with or without X-
)

// busEvent is an event as a rule delivers it. Nobody signed it: who may put
// events on the bus is the account's own matter.
type busEvent struct {
	ID         string          `json:"id"`
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Time       time.Time       `json:"time"`
	Detail     json.RawMessage `json:"detail"`
}

func busOf(body string) (*busEvent, error) {
	var e busEvent
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if detail := bytes.TrimSpace(e.Detail); len(detail) == 0 || detail[0] != '{' {
		return nil, fmt.Errorf("%w: the detail is no object", errMalformed)
	}
	return &e, nil
}

// incoming turns an event of a bus into a body of the inbox, under the same key
// that a webhook of the same event has.
func (e *busEvent) incoming(shops map[followup.ShopID]*followup.Shop, now time.Time) (followup.Incoming, error) {
	var in followup.Incoming
	var err error
	switch {
	case strings.HasPrefix(e.Source, shopifySource) && e.DetailType == shopifyDetail:
		in, err = e.shopify()
	case e.Source == ownSource:
		in, err = e.own()
	default:
		err = fmt.Errorf("%w: nobody reads events of this source and detail-type", errMalformed)
	}
	if err != nil {
		return in, err
	}
	if in.Shop, err = e.shopOf(in.Shop, shops); err != nil {
		return in, err
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, in.Topic+"\n") // a hash never fails
	_, _ = sum.Write(in.Body)
	in.Hash, in.At = hex.EncodeToString(sum.Sum(nil)), now
	return in, nil
}

// shopOf returns the shop an event named, or the only one when it named none. The
// name of Shopify's event source is no statement: people may call it anything.
func (e *busEvent) shopOf(named followup.ShopID, shops map[followup.ShopID]*followup.Shop) (followup.ShopID, error) {
	if shops[named] != nil {
		return named, nil
	}
	own := e.Source == ownSource
	if len(shops) == 1 && (named == "" || !own) {
		for id := range shops {
			return id, nil
		}
	}
	ids := slices.Sorted(maps.Keys(shops))
	var what string
	switch {
	case own && named != "":
		what = fmt.Sprintf("it is of shop %.60q, which the configuration does not have", named)
	case own:
		what = fmt.Sprintf(`it does not say which shop it is of: add "shop": %q to its detail, at the top, beside "specversion" of a whole CloudEvent`, ids[0])
	default:
		what = "the name of its event source does not end in the id of a shop: make it with the shop's id as its name, such as " + string(ids[0])
	}
	return "", fmt.Errorf("%w: %s; the shops are %s", errMalformed, what, join(ids))
}

// join lists the ids of shops.
func join(ids []followup.ShopID) string {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = string(id)
	}
	return strings.Join(text, ", ")
}

// shopify reads a partner event: the webhook's body and headers in its detail.
func (e *busEvent) shopify() (in followup.Incoming, err error) {
	var d struct {
		Payload  json.RawMessage            `json:"payload"`
		Metadata map[string]json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return in, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if len(d.Payload) == 0 || d.Payload[0] != '{' {
		return in, fmt.Errorf("%w: the payload is no object", errMalformed)
	}
	head := http.Header{}
	for name, raw := range d.Metadata {
		var value string
		if json.Unmarshal(raw, &value) == nil {
			name = strings.TrimPrefix(http.CanonicalHeaderKey(name), "X-")
			head.Set("X-"+name, value)
		}
	}
	if head.Get(shopifyHeader+"Event-Id") == "" && head.Get(shopifyHeader+"Webhook-Id") == "" {
		head.Set(shopifyHeader+"Webhook-Id", e.ID)
	}
	// <app>/<name>: people may name the source after the shop.
	_, name, _ := strings.Cut(strings.TrimPrefix(e.Source, shopifySource), "/")
	return e.body("shopify", followup.ShopID(name), source.Request{Method: http.MethodPost, Header: head, Body: d.Payload})
}

// own reads an event of ours: a whole CloudEvent, or only its data, which the
// bus then names. A shop beside them says whose it is.
func (e *busEvent) own() (in followup.Incoming, err error) {
	var d struct {
		SpecVersion string          `json:"specversion"`
		Type        string          `json:"type"`
		Shop        followup.ShopID `json:"shop"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return in, fmt.Errorf("%w: %w", errMalformed, err)
	}
	body := []byte(e.Detail)
	switch {
	case d.SpecVersion == "":
		body, err = json.Marshal(map[string]any{
			"specversion": "1.0", "id": e.ID, "source": e.Source, "type": e.DetailType, "time": e.Time, "data": e.Detail,
		})
		if err != nil {
			return in, fmt.Errorf("%w: %w", errMalformed, err)
		}
	case d.Type != e.DetailType:
		return in, fmt.Errorf("%w: its detail is of another type than its detail-type", errMalformed)
	}
	return e.body("generic", d.Shop, source.Request{Method: http.MethodPost, Header: http.Header{}, Body: body})
}

func (e *busEvent) body(name string, shop followup.ShopID, r source.Request) (in followup.Incoming, err error) {
	src, ok := source.Lookup(name)
	if !ok {
		return in, errors.New("source " + name + " is not part of this program")
	}
	if len(r.Body) > source.MaxBody {
		return in, fmt.Errorf("%w: its body is larger than 1 MiB", errMalformed)
	}
	key, topic, err := src.Key(r)
	if err != nil {
		return in, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return followup.Incoming{InboxKey: followup.InboxKey{Shop: shop, Source: name, Key: key}, Topic: topic, Body: r.Body}, nil
}
