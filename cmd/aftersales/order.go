package main

import (
	"context"
	"fmt"
	"strings"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// findOrder finds an order by its id (1001), its number (#1001), or with its
// shop (main/1001). Several that fit are told in the error.
func findOrder(ctx context.Context, d *desk, text, shop string) (followup.JourneyID, error) {
	if id, ok, err := exactOrder(ctx, d, text); ok || err != nil {
		return id, err
	}
	found, whole, err := d.Engine.SearchOrders(ctx, text)
	if err != nil {
		return "", err
	}
	var fit []engine.OrderItem
	for _, o := range found {
		if shop == "" || string(o.Shop) == shop {
			fit = append(fit, o)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0].Journey, nil
	case len(fit) > 1:
		return "", ambiguous(text, fit)
	case !whole:
		return "", fmt.Errorf("order %s: not among the first thousand; use the store's own order id, such as main/450789469", text)
	default:
		return "", fmt.Errorf("order %s: %w; `aftersales why` takes the store's order id, the number such as #1001, or SHOP/ID", text, followup.ErrNotFound)
	}
}

// exactOrder takes SHOP/ID literally, when there is such an order.
func exactOrder(ctx context.Context, d *desk, text string) (followup.JourneyID, bool, error) {
	shop, order, ok := strings.Cut(text, "/")
	if !ok {
		return "", false, nil
	}
	ids := []followup.JourneyID{followup.JourneyID(text), followup.NewJourneyID(followup.ShopID(shop), order)}
	js, err := d.Store.Journeys(ctx, ids)
	if err != nil {
		return "", false, err
	}
	for _, j := range js {
		if j.Version > 0 {
			return j.ID, true, nil
		}
	}
	return "", false, nil
}

func ambiguous(text string, fit []engine.OrderItem) error {
	var b strings.Builder
	for _, o := range fit {
		fmt.Fprintf(&b, "\n  %s  %s, ordered %s", o.Journey, o.Number, o.Ordered)
	}
	return fmt.Errorf("order %s: %d orders fit; name one of them, or add --shop:%s", text, len(fit), b.String())
}

// findCase finds a case by its id, main/1001-1, or with the order as findOrder
// takes it: #1001-1.
func findCase(ctx context.Context, d *desk, text string) (followup.CaseID, error) {
	id := followup.CaseID(text)
	order, number, err := id.Split()
	if err != nil {
		return "", misuse{err}
	}
	journey, err := findOrder(ctx, d, string(order), "")
	if err != nil {
		return "", fmt.Errorf("case %s: %w", text, err)
	}
	return followup.NewCaseID(journey, number), nil
}
