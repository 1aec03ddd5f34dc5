package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"aftersales/events"
	"aftersales/internal/followup"
)

const day = 24 * time.Hour

// script puts everything that stores will say on the agenda.
func (w *World) script(orders int) error {
	n, err := w.published()
	if err != nil {
		return err
	}
	w.family()
	w.living()
	for i := n + 2; i < orders; i++ {
		w.stranger(i)
	}
	return nil
}

// published puts the bodies under events/ on the agenda, each when its shop
// would have posted it, and returns how many orders they are about.
func (w *World) published() (int, error) {
	orders := map[string]bool{}
	err := fs.WalkDir(events.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		source, topic := kindOf(name)
		if source == "" {
			return nil
		}
		body, err := events.Files.ReadFile(name)
		if err != nil {
			return err
		}
		at := begin
		said, err := w.form.Read(followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: source, Key: name}, Topic: topic, Body: body})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, e := range said.Events {
			orders[e.Order] = true
			if e.Time.After(at) {
				at = e.Time
			}
		}
		key := name
		if source == "generic" {
			var named struct{ ID, Source string }
			if err := json.Unmarshal(body, &named); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			key = named.Source + "|" + named.ID
		}
		w.todo.put(at, func(ctx context.Context) error { return w.post(ctx, source, key, topic, body) })
		for _, e := range said.Events {
			if e.Type == followup.PersonAsked { // somebody sends the copy the next day
				w.todo.put(at.Add(day+4*time.Hour), func(ctx context.Context) error { return w.handOver(ctx, followup.NewJourneyID("main", e.Order)) })
			}
		}
		return nil
	})
	return len(orders), err
}

// kindOf tells source and topic of a body by its file name; events/README.md
// lists the same. Bodies that are read by nothing, and the one that erases the
// whole shop, are passed over.
func kindOf(name string) (source, topic string) {
	folder, file := path.Split(name)
	if folder == "generic/" {
		return "generic", ""
	}
	for _, k := range [...]struct{ prefix, topic string }{
		{"order_450789469_cancelled", "orders/cancelled"},
		{"order_450789469", "orders/updated"},
		{"order_", "orders/create"},
		{"orders_edited", "orders/edited"},
		{"fulfillment_event", "fulfillment_events/create"},
		{"fulfillment_tracking_updated", "fulfillments/update"},
		{"fulfillment_", "fulfillments/create"},
		{"refund_", "refunds/create"},
		{"customers_data_request", "customers/data_request"},
		{"customers_redact", "customers/redact"},
	} {
		if strings.HasPrefix(file, k.prefix) {
			return "shopify", k.topic
		}
	}
	return "", ""
}

// tell puts a body of a sale on the agenda.
func (w *World) tell(at time.Time, kind, id string, body []byte) {
	w.todo.put(at, func(ctx context.Context) error { return w.post(ctx, "generic", "shop/main|"+kind+"|"+id, "", body) })
}

// stranger puts the life of one order of the crowd on the agenda.
func (w *World) stranger(i int) {
	r := w.rand
	s := &sale{id: strconv.Itoa(2000 + i), who: cast[r.IntN(len(cast))], call: r.IntN(10) < 6, offers: r.IntN(10) < 4}
	s.placed = begin.Add(time.Duration(r.IntN(330*24*60)) * time.Minute).Truncate(time.Second)
	s.mail = strings.ToLower(fmt.Sprintf("customer%d@example.com", i-r.IntN(20)/19)) // some buy twice
	s.phone = s.who.phone
	switch r.IntN(20) {
	case 0:
		s.mail = ""
	case 1, 2:
		s.phone = ""
	case 3:
		s.phone = "12" // nobody can dial it
	}
	if r.IntN(12) == 0 {
		s.tier = "vip"
	}
	g := goods[r.IntN(len(goods))]
	s.lines = []line{{ID: "l1", SKU: g.sku, Name: g.name, Quantity: 1 + r.IntN(5)/4, Price: fmt.Sprintf("%d.00", g.price)}}
	if g.with != "" {
		s.lines = append(s.lines, line{ID: "l2", SKU: g.with, Name: "Inlet hose", Quantity: 2, Price: "12.50"})
	}
	created := s.created()
	w.tell(s.placed, "created", s.id, created)
	if r.IntN(10) == 0 { // stores say things twice
		w.tell(s.placed.Add(time.Minute), "created", s.id, created)
	}
	w.fate(s)
}

// fate decides what becomes of an order.
func (w *World) fate(s *sale) {
	r := w.rand
	say := func(at time.Time, kind, id string, more object) { w.tell(at, id, s.id, s.happened(kind, id, at, more)) }
	if r.IntN(14) == 0 {
		say(s.placed.Add(3*time.Hour), "order.cancelled", "cancelled", nil)
		if r.IntN(3) > 0 {
			return
		}
		say(s.placed.Add(26*time.Hour), "order.reinstated", "reinstated", nil)
	}
	shipped := s.placed.Add(time.Duration(30+r.IntN(48)) * time.Hour)
	arrived := shipped.Add(time.Duration(20+r.IntN(96)) * time.Hour)
	if r.IntN(15) == 0 { // the parcel's word comes before the shop's
		say(arrived, "order.delivered", "delivered", nil)
		say(arrived.Add(time.Hour), "order.fulfilled", "fulfilled", object{"at": shipped.UTC().Format(time.RFC3339)})
	} else {
		say(shipped, "order.fulfilled", "fulfilled", nil)
		if r.IntN(5) > 0 {
			say(arrived, "order.delivered", "delivered", nil)
		}
	}
	later := arrived.Add(time.Duration(24+r.IntN(400)) * time.Hour)
	switch r.IntN(16) {
	case 0:
		say(later, "order.returned", "returned", object{"lines": []object{{"id": "l1", "quantity": 1}}})
		say(later.Add(50*time.Hour), "order.refunded", "refunded", object{"lines": []object{{"id": "l1", "quantity": 1}}})
	case 1:
		say(later, "order.cancelled", "cancelled-late", nil) // after its follow-ups were planned
	case 2:
		from := later.Add(30 * day)
		say(from.Add(12*day), "unit.repaired", "repaired", object{
			"unit": object{"order": s.id, "line": "l1", "index": 1}, "from": from.Format(time.DateOnly), "until": from.Add(12 * day).Format(time.DateOnly),
		})
	case 3:
		if sku := s.lines[0].SKU; !strings.HasPrefix(sku, "WM-") && !strings.HasPrefix(sku, "FR-") {
			return // nobody signs a maintenance contract for a kettle
		}
		say(later, "unit.covered", "covered", object{
			"unit":     object{"order": s.id, "line": "l1", "index": 1},
			"coverage": object{"name": "contract", "from": later.Format(time.DateOnly), "until": later.AddDate(2, 0, 0).Format(time.DateOnly)},
		})
	}
}
