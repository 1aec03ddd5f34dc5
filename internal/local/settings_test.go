package local_test

import (
	"testing"
	"testing/fstest"
	"time"

	"aftersales/internal/local"
)

// What a merchant changed reaches the orders that wait already.
func TestNewSettingsReachOldOrders(t *testing.T) {
	const first = "plan: p\nversion: 1\norders: {when: 'any(lines, .category == \"lamp\")'}\nsteps:\n" +
		"  - {id: set-up, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D, at: \"10:00\"}}\n"
	const second = "plan: p\nversion: 2\norders: {when: 'any(lines, .category == \"lamp\")'}\nsteps:\n" +
		"  - {id: set-up, class: service, channel: email, message: set-up, after: {event: delivered, wait: P2D, at: \"10:00\"}}\n" +
		"  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P9D, at: \"10:00\"}}\n"
	dir, now := t.TempDir(), utc("2026-03-02T09:00")
	start := func(plan, catalogue string) *local.App {
		o := options(dir)
		o.Clock = local.NewClock(time.Now, now, 0)
		o.Paths = local.Inputs{Plans: fstest.MapFS{"p.yaml": {Data: []byte(plan)}}, Catalogue: []byte(catalogue)}
		a := open(t, o)
		if err := a.ReconcileAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		drain(t, a.NewLoop())
		return a
	}
	rows := func(a *local.App) map[string]string {
		out := map[string]string{}
		for _, r := range journey(t, a.Store, "1").Rows {
			out[r.Step] = string(r.State) + " " + r.Due.Date.String()
		}
		return out
	}
	const unknown, known = "products: [{sku: \"X-*\", category: other}]\n", "products: [{sku: \"L-*\", category: lamp}]\n"
	a := start(first, unknown)
	accept(t, a.Store, now, bought("1", now, "L-1", "1", "DE", "Europe/Berlin", nil), happened("order.delivered", "1", "delivered", now, nil))
	drain(t, a.NewLoop())
	if got := rows(a); len(got) != 0 {
		t.Fatalf("an order that no plan matches has %v", got)
	}
	if got := rows(start(first, known)); got["set-up"] != "planned 2026-03-03" {
		t.Errorf("after the catalogue learnt the lamp: %v", got)
	}
	b := start(second, known)
	if got := rows(b); got["set-up"] != "planned 2026-03-04" || got["review"] != "planned 2026-03-11" {
		t.Errorf("after the plan changed: %v", got)
	}
	version := journey(t, b.Store, "1").Version
	if again := start(second, known); journey(t, again.Store, "1").Version != version {
		t.Error("a start without changes wrote the journey")
	}
}
