package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// sale is one order of the crowd or of the family.
type sale struct {
	id     string
	who    person
	mail   string
	phone  string
	placed time.Time
	tier   string
	lines  []line
	call   bool // consent to calls that ask
	offers bool // consent to marketing by mail
}

type line struct {
	ID       string `json:"id"`
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price"`
	Category string `json:"category,omitempty"`
}

type object = map[string]any

// created is the body that states the order.
func (s *sale) created() []byte {
	total := 0.0
	for _, l := range s.lines {
		price, err := strconv.ParseFloat(l.Price, 64)
		if err == nil {
			total += price * float64(l.Quantity)
		}
	}
	consent := func(purpose, channel string, given bool) object {
		return object{"purpose": purpose, "channel": channel, "given": given, "at": s.placed.Format(time.RFC3339), "how": "checkout box", "text": "v1"}
	}
	consents := []object{}
	if s.call {
		consents = append(consents, consent("feedback", "call", true))
	}
	if s.offers {
		consents = append(consents, consent("marketing", "email", true))
	}
	customer := object{
		"id": "c" + s.id, "name": s.who.first + " " + s.who.last, "first_name": s.who.first, "language": "en", "consents": consents,
	}
	for k, v := range map[string]string{"email": s.mail, "phone": s.phone, "zone": s.who.zone, "tier": s.tier} {
		if v != "" {
			customer[k] = v
		}
	}
	order := object{
		"id": s.id, "number": "#" + s.id, "currency": "EUR", "total": fmt.Sprintf("%.2f", total), "test": false, "customer": customer,
		"address": object{"country": s.who.country, "region": s.who.region, "city": s.who.city}, "lines": s.lines,
	}
	return s.body("order.created", "created", s.placed, object{"order": order})
}

// happened is a body about the order; more is added to its data.
func (s *sale) happened(kind, id string, at time.Time, more object) []byte {
	data := object{"order": object{"id": s.id}}
	maps.Copy(data, more)
	return s.body(kind, id, at, data)
}

func (s *sale) body(kind, id string, at time.Time, data object) []byte {
	text, err := json.Marshal(object{
		"specversion": "1.0", "id": "ord-" + s.id + "-" + id, "source": "shop/main", "type": kind,
		"time": at.UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		panic(err) // maps of strings and numbers always marshal
	}
	return text
}
