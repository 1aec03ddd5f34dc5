package followup_test

import (
	"slices"
	"strings"
	"testing"

	"aftersales/internal/followup"
)

// parcel is an event about a fulfilment; units of line l1 in it, 0: not said.
func parcel(id string, kind followup.EventType, group, when string, units int) followup.Event {
	e := event(kind, when)
	e.Source, e.ID, e.Group = "test", id, group
	if units > 0 {
		e.Parts = []followup.Part{{Line: "l1", Quantity: units}}
	}
	return e
}

func undone(id, group, when string) followup.Event {
	e := parcel(id, followup.OrderFulfilled, group, when, 0)
	e.Retract = true
	return e
}

// arrivals gives each unit's delivery: the id of the event that said so.
func arrivals(f followup.Facts) (out []string) {
	for _, u := range f.Units {
		out = append(out, u.Delivered.Event)
	}
	return out
}

// A carrier's word about a parcel is never put on goods of another one.
func TestDeliveryOfWhichParcel(t *testing.T) {
	const sent, came = followup.OrderFulfilled, followup.OrderDelivered
	for name, c := range map[string]struct {
		events []followup.Event
		want   string // by unit
		stray  string
	}{
		"taken back, then another parcel": {[]followup.Event{
			parcel("s1", sent, "p1", "2026-03-02T10:00", 2), undone("u1", "p1", "2026-03-02T11:00"),
			parcel("s2", sent, "p2", "2026-03-02T12:00", 2), parcel("d1", came, "p1", "2026-03-04T10:00", 0),
		}, ",", "was taken back before it arrived, so it was passed over"},
		"taken back, and nothing since": {[]followup.Event{
			parcel("s1", sent, "p1", "2026-03-02T10:00", 2), undone("u1", "p1", "2026-03-02T11:00"), parcel("d1", came, "p1", "2026-03-04T10:00", 0),
		}, ",", "was taken back"},
		"taken back after it arrived, and sent anew": {[]followup.Event{
			parcel("s1", sent, "p1", "2026-03-02T10:00", 1), parcel("d1", came, "p1", "2026-03-03T10:00", 0), undone("u1", "p1", "2026-03-03T11:00"),
			parcel("s1b", sent, "p1", "2026-03-04T10:00", 1), parcel("d1b", came, "p1", "2026-03-05T10:00", 0),
		}, "d1b,", ""},
		"of a parcel that nobody told of": {[]followup.Event{
			parcel("s2", sent, "p2", "2026-03-02T12:00", 1), parcel("d1", came, "p1", "2026-03-04T10:00", 0),
			parcel("d1b", came, "p1", "2026-03-05T10:00", 0),
		}, ",d1", ""},
		"of a parcel that nobody told of, and all have come": {[]followup.Event{
			parcel("s2", sent, "p2", "2026-03-02T12:00", 2), parcel("d2", came, "p2", "2026-03-03T10:00", 0), parcel("d1", came, "p1", "2026-03-04T10:00", 0),
		}, "d2,d2", "is none that anybody told of"},
	} {
		o := order("2026-03-01T09:00", 2)
		o.Source, o.ID = "test", "order"
		events := append(c.events, o)
		slices.Reverse(events)
		f := followup.Fold(events)
		if got := strings.Join(arrivals(f), ","); got != c.want {
			t.Errorf("%s: delivered %q, want %q", name, got, c.want)
		}
		var said strings.Builder
		for _, s := range f.Strays {
			said.WriteString(s.String())
		}
		if c.stray == "" && said.String() != "" || !strings.Contains(said.String(), c.stray) {
			t.Errorf("%s: said %q, want %q", name, said.String(), c.stray)
		}
	}
}
