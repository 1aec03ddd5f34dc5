package followup_test

import (
	"strings"
	"testing"
)

// An order that is too old for every plan is told so, and nothing that would not
// help.
func TestRule4OlderThanEveryPlan(t *testing.T) {
	const from = "plan: test\nversion: 1\norders: {from: 2026-04-01}\nsteps:\n"
	o := order("2026-03-01T09:00", 1)
	o.Lines[0].Category = ""
	j := newJournal(t, from+step("a", "after: {event: delivered, wait: P4D}")).tell("2026-03-02T12:00", o)
	if why := j.desire.Why; !strings.Contains(why, "plan test: the order is older than 2026-04-01, where its orders.from begins") || strings.Contains(why, "catalogue") {
		t.Errorf("why: %s", why)
	}
}
