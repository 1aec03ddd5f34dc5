package followup_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/followup"
)

// history is an order as a store tells it: every statement has all lines that
// were sold so far, each worth 49.00, and the total.
type history struct {
	t      time.Time
	lines  int
	paid   int // given back so far
	events []followup.Event
	edits  []int // places of statements that only say what the next one says, too
}

const worth = 4900

func (h *history) add(e followup.Event) {
	e.Source, e.ID = "test", "e"+strconv.Itoa(len(h.events))
	h.events = append(h.events, e)
}

func (h *history) state(kind followup.EventType) {
	e := followup.Event{Type: kind, Time: h.t, Facts: &followup.OrderFacts{Currency: "EUR", Total: &followup.Money{Minor: int64(worth * h.lines), Currency: "EUR"}}}
	for i := range h.lines {
		e.Lines = append(e.Lines, followup.Line{ID: strconv.Itoa(i + 1), Quantity: 1})
	}
	h.add(e)
}

// tell says something of the whole order and, a second later, states it.
func (h *history) tell(e followup.Event) {
	e.Time = h.t
	h.add(e)
	h.t = h.t.Add(time.Second)
	h.state(followup.OrderUpdated)
}

func (h *history) edit() {
	h.lines++
	h.edits = append(h.edits, len(h.events))
	h.state(followup.OrderUpdated)
}

func (h *history) refund(minor int) {
	h.paid += minor
	h.tell(followup.Event{Type: followup.OrderRefunded, Amount: &followup.Money{Minor: int64(minor), Currency: "EUR"}})
}

// living returns the units that are with the customer.
func living(events []followup.Event) (out []followup.UnitKey) {
	for _, u := range followup.Fold(events).Units {
		if u.Cancelled.IsZero() && u.Returned.IsZero() && u.Refunded.IsZero() {
			out = append(out, u.Key)
		}
	}
	return out
}

// without returns the events but those at the places.
func (h *history) without(places []int) (out []followup.Event) {
	for i, e := range h.events {
		if !slices.Contains(places, i) {
			out = append(out, e)
		}
	}
	return out
}

// Which units are with the customer does not depend on the event that told of
// them first: an edit whose own webhook is lost changes nothing, as the next
// statement of the order says the same.
func TestALostEditChangesNoLife(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{t: at("2026-03-02T09:00"), lines: 1}
		h.state(followup.OrderCreated)
		for range rapid.IntRange(1, 6).Draw(rt, "acts") {
			h.t = h.t.Add(24 * time.Hour)
			switch rapid.SampledFrom([]string{"edit", "cancel", "reinstate", "paid back", "part", "sent"}).Draw(rt, "act") {
			case "edit":
				h.edit()
			case "cancel":
				h.tell(followup.Event{Type: followup.OrderCancelled})
			case "reinstate":
				h.tell(followup.Event{Type: followup.OrderReinstated})
			case "paid back":
				if rest := worth*h.lines - h.paid; rest > 0 {
					h.refund(rest)
				}
			case "part":
				h.tell(followup.Event{Type: followup.OrderRefunded, Parts: []followup.Part{{Line: strconv.Itoa(rapid.IntRange(1, h.lines).Draw(rt, "line")), Quantity: 1}}})
			case "sent":
				h.tell(followup.Event{Type: followup.OrderFulfilled})
			}
		}
		h.t = h.t.Add(24 * time.Hour)
		h.state(followup.OrderUpdated)
		lost := rapid.SliceOfDistinct(rapid.SampledFrom(append(h.edits, -1)), rapid.ID).Draw(rt, "lost")
		told := rapid.Permutation(h.without(lost)).Draw(rt, "told")
		if all, some := living(h.events), living(told); !slices.Equal(all, some) {
			rt.Fatalf("live %v, without the edits %v: %v", all, lost, some)
		}
	})
}

// A cancelled order has no live line, whichever event told of it first, until
// it is reinstated.
func TestCancelledOrderHasNoLiveLine(t *testing.T) {
	h := &history{t: at("2026-03-02T09:00"), lines: 1}
	h.state(followup.OrderCreated)
	h.t = h.t.Add(time.Hour)
	h.lines = 2 // the edit's own webhook was lost
	h.tell(followup.Event{Type: followup.OrderCancelled})
	if live := living(h.events); len(live) != 0 {
		t.Errorf("live after the cancellation: %v", live)
	}
	h.t = h.t.Add(time.Hour)
	h.tell(followup.Event{Type: followup.OrderReinstated})
	h.edit()
	if live := living(h.events); len(live) != 3 {
		t.Errorf("live after the order was reinstated: %v", live)
	}
}

// Money for no particular unit ends an order once it is all that the order cost
// then; what is sold later is not paid back by it.
func TestRule3PaidBack(t *testing.T) {
	for name, c := range map[string]struct {
		play func(h *history)
		live int
	}{
		"a part":                         {func(h *history) { h.refund(worth) }, 2},
		"all":                            {func(h *history) { h.refund(2 * worth) }, 0},
		"two parts":                      {func(h *history) { h.refund(worth); h.refund(worth) }, 0},
		"all, of an edit nobody told":    {func(h *history) { h.lines = 3; h.refund(3 * worth) }, 0},
		"a part, of an edit nobody told": {func(h *history) { h.lines = 3; h.refund(2 * worth) }, 3},
		"all, then one more is sold":     {func(h *history) { h.refund(2 * worth); h.t = h.t.AddDate(0, 0, 9); h.edit() }, 1},
		"all, then one more, and nobody stated it between": {func(h *history) {
			h.refund(2 * worth)
			h.events = h.events[:2]
			h.t = h.t.AddDate(0, 0, 9)
			h.edit()
		}, 1},
		"a part, then the rest is all": {func(h *history) {
			h.refund(worth)
			h.t = h.t.AddDate(0, 0, 9)
			h.lines = 1 // the total shrinks, the line that was taken out is not told
			h.state(followup.OrderUpdated)
		}, 2},
	} {
		h := &history{t: at("2026-03-02T09:00"), lines: 2}
		h.state(followup.OrderCreated)
		h.t = h.t.AddDate(0, 0, 9)
		c.play(h)
		if live := living(h.events); len(live) != c.live {
			t.Errorf("%s: live %v, want %d", name, live, c.live)
		}
	}
	refund := func(id, group string, minor int64, currency string) followup.Event {
		return followup.Event{Source: "s", ID: id, Group: group, Type: followup.OrderRefunded, Time: at("2026-03-05T09:00"), Amount: &followup.Money{Minor: minor, Currency: currency}}
	}
	h := &history{t: at("2026-03-02T09:00"), lines: 2}
	h.state(followup.OrderCreated)
	once := append(slices.Clone(h.events), refund("a", "g", worth, "EUR"), refund("b", "g", worth, "EUR"), refund("c", "", 9*worth, "USD"))
	if live := living(once); len(live) != 2 {
		t.Errorf("one refund told by two events, and one of another currency: live %v", live)
	}
}
