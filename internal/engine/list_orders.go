package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// OrderItem is an order in a list. It carries no personal data.
type OrderItem struct {
	Journey followup.JourneyID
	Shop    followup.ShopID
	Order   string
	Number  string
	Ordered string         // date or instant; "" unknown
	Plan    string         // "" none matched
	Pending int            // follow-ups that are not finished
	Cases   int            // open ones
	Next    civil.DateTime // earliest due of what is pending, on the customer's clock
	Zone    string
}

// Orders pages through all orders. Each page is by id; whether the pages are is
// the store's (see [followup.Query]).
func (e *Engine) Orders(ctx context.Context, after followup.Cursor, limit int) ([]OrderItem, followup.Cursor, error) {
	ids, next, err := e.c.Store.Find(ctx, followup.Query{All: true}, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("list orders: %w", err)
	}
	js, err := e.c.Store.Journeys(ctx, ids)
	if err != nil {
		return nil, "", fmt.Errorf("load orders: %w", err)
	}
	var out []OrderItem
	for i := range js {
		if js[i].Version > 0 {
			out = append(out, orderItem(&js[i]))
		}
	}
	return out, next, nil
}

// SearchOrders finds orders by the store's id, by the number the customer
// knows, or by a case's number. Ids are looked up; numbers are searched in at
// most a thousand orders, and whole is false when there are more.
func (e *Engine) SearchOrders(ctx context.Context, text string) (found []OrderItem, whole bool, err error) {
	text = strings.TrimSpace(text)
	var ids []followup.JourneyID
	for shop := range e.c.Shops {
		ids = append(ids, followup.NewJourneyID(shop, text), followup.NewJourneyID(shop, strings.TrimLeft(text, "# ")))
	}
	if id, _, err := followup.CaseID(text).Split(); err == nil {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	js, err := e.c.Store.Journeys(ctx, slices.Compact(ids))
	if err != nil {
		return nil, false, fmt.Errorf("search orders: %w", err)
	}
	for i := range js {
		if js[i].Version > 0 {
			found = append(found, orderItem(&js[i]))
		}
	}
	if len(found) > 0 {
		return found, true, nil
	}
	whole, err = e.each(ctx, followup.Query{All: true}, func(j *followup.Journey) error {
		if sameNumber(j.Head.Facts.Number, text) {
			found = append(found, orderItem(j))
		}
		return nil
	})
	slices.SortFunc(found, func(a, b OrderItem) int { return cmp.Compare(a.Journey, b.Journey) })
	return found, whole, err
}

// sameNumber compares an order number, or a case number that starts with it, as
// people write them: with or without the hash.
func sameNumber(number, text string) bool {
	n, t := strings.TrimLeft(number, "# "), strings.TrimLeft(text, "# ")
	if n == "" {
		return false
	}
	if strings.EqualFold(n, t) {
		return true
	}
	i := strings.LastIndexByte(t, '-')
	if i < 0 {
		return false
	}
	_, err := strconv.Atoi(t[i+1:])
	return err == nil && strings.EqualFold(n, t[:i])
}

func orderItem(j *followup.Journey) OrderItem {
	shop, order := j.ID.Split()
	o := OrderItem{
		Journey: j.ID, Shop: shop, Order: order, Number: j.Head.Facts.Number, Ordered: moment(j.Head.Facts.Ordered.At), Plan: j.Head.Name,
	}
	var first time.Time
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State.Terminal() {
			continue
		}
		o.Pending++
		if first.IsZero() || row.DueAt.Before(first) {
			first, o.Next, o.Zone = row.DueAt, row.Due, row.Zone
		}
	}
	for _, c := range j.Head.Facts.Cases {
		if c.Open() {
			o.Cases++
		}
	}
	return o
}
