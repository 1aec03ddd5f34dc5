package engine_test

import (
	"strings"
	"testing"

	"aftersales/internal/followup"
)

// The overview counts the orders whose events name what they or their plan do not have.
func TestOverviewTellsWhatEventsNameInVain(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	overview := func() []string {
		t.Helper()
		o, err := s.Overview(t.Context(), now)
		if err != nil || o.Orders != 1 || !o.Whole || o.States[followup.Planned] == 0 || !o.NextDue.After(now) {
			t.Fatalf("%+v, %v", o, err)
		}
		var out []string
		for _, f := range o.Faulty {
			out = append(out, f.Order+" "+strings.Repeat("+", f.More)+f.First)
		}
		return out
	}
	if got := overview(); got != nil {
		t.Errorf("nothing is wrong, and it tells %q", got)
	}
	cover := happened("cover", followup.UnitCovered, "2026-03-05T08:00")
	cover.Unit, cover.Cover = &followup.UnitRef{Line: "l1", Index: 1}, &followup.Cover{Name: "guarantee"}
	must(t, s.tell(t.Context(), now, cover))
	want := `1 event cover of test (unit.covered): coverage.name "guarantee" is no coverage of plan all`
	if got := overview(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%q, want %s", got, want)
	}
	unit := happened("unit", followup.UnitRegistered, "2026-03-05T08:00")
	unit.Unit = &followup.UnitRef{Line: "l1", Index: 7}
	must(t, s.tell(t.Context(), now, unit))
	if got := overview(); len(got) != 1 || !strings.HasPrefix(got[0], "1 +event unit of test (unit.registered): unit.index") {
		t.Errorf("%q, want both", got)
	}
}
