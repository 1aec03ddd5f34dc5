package followup_test

import (
	"strconv"
	"strings"
	"testing"

	"aftersales/internal/followup"
)

// sold is an order of lines with so many units each.
func sold(quantities ...int) followup.Event {
	o := order("2026-03-01T09:00", 1)
	o.Source, o.ID, o.Lines = "test", "o", nil
	for i, n := range quantities {
		o.Lines = append(o.Lines, followup.Line{ID: "l" + strconv.Itoa(i+1), Title: "Machine", Category: "appliance", Quantity: n})
	}
	return o
}

// Of an order with very many units a thousand are followed, of each line some,
// and the order says so.
func TestMostUnits(t *testing.T) {
	many := make([]int, 60)
	for i := range many {
		many[i] = 1000
	}
	for name, c := range map[string]struct {
		sold []int
		want map[string]int // units followed, by line
	}{
		"as many as are followed": {[]int{1000}, map[string]int{"l1": 1000}},
		"a pallet":                {[]int{1500}, map[string]int{"l1": 1000}},
		"a pallet and a machine":  {[]int{1500, 1}, map[string]int{"l1": 999, "l2": 1}},
		"sixty pallets":           {many, map[string]int{"l1": 16, "l60": 16}},
		"more lines than units":   {append(make([]int, 0), ones(1200)...), map[string]int{"l1": 1, "l1000": 1, "l1001": 0}},
	} {
		f := followup.Fold([]followup.Event{sold(c.sold...)})
		got := map[string]int{}
		for _, u := range f.Units {
			got[u.Line()]++
		}
		for line, n := range c.want {
			if got[line] != n {
				t.Errorf("%s: %d units of %s, want %d", name, got[line], line, n)
			}
		}
		if len(f.Units) > followup.MostUnits || f.Lines[0].Quantity != c.sold[0] {
			t.Errorf("%s: %d units, %d sold on the first line", name, len(f.Units), f.Lines[0].Quantity)
		}
		told := len(f.Strays) > 0 && strings.Contains(f.Strays[0].String(), "more than are followed one by one")
		if want := name != "as many as are followed"; told != want {
			t.Errorf("%s: told %v: %v", name, told, f.Strays)
		}
	}
	one := event(followup.UnitInstalled, "2026-03-02T09:00")
	one.Source, one.ID, one.Unit = "test", "i", &followup.UnitRef{Line: "l1", Index: 1200}
	f := followup.Fold([]followup.Event{sold(1500), one})
	if s := f.Strays[0]; s.Field != "unit.index" || !strings.Contains(s.Why, "followed one by one") {
		t.Errorf("a unit beyond: %v", s)
	}
	all := followup.Fold([]followup.Event{sold(1500), {Source: "test", ID: "c", Type: followup.OrderCancelled, Time: at("2026-03-02T09:00")}})
	for _, u := range all.Units {
		if u.Cancelled.IsZero() {
			t.Fatalf("unit %s outlives the order", u.Key)
		}
	}
}

func ones(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
