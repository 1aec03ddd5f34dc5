package followup_test

import (
	"strconv"
	"testing"

	"aftersales/internal/followup"
)

// Many rows are found by an index, few are looked through: what is planned,
// voided, sent and shrunk is the same.
func TestManyRowsAreFoundAgain(t *testing.T) {
	const visits = 6
	for _, lines := range []int{1, 4} {
		j := newJournal(t, head+"steps:\n"+step("visit", `per: unit, every: {start: delivered, wait: P1M, times: `+strconv.Itoa(visits)+`, at: "10:00"}`))
		created := order("2026-01-05T09:00", 5)
		for n := 2; n <= lines; n++ {
			line := created.Lines[0]
			line.ID = "l" + strconv.Itoa(n)
			created.Lines = append(created.Lines, line)
		}
		gone := func(kind followup.EventType, when string, quantity int) followup.Event {
			e := event(kind, when)
			e.Parts = []followup.Part{{Line: "l1", Quantity: quantity}}
			return e
		}
		count := func(what string, want int, is func(*followup.FollowUp) bool) {
			t.Helper()
			n := 0
			for i := range j.j.Rows {
				if is(&j.j.Rows[i]) {
					n++
				}
			}
			if n != want {
				t.Errorf("%d lines: %d %s, want %d", lines, n, what, want)
			}
		}
		of := func(line string, units int, state followup.State) func(*followup.FollowUp) bool {
			return func(f *followup.FollowUp) bool {
				l, _ := f.Unit.Split()
				return l == line && len(f.Units) == units && f.State == state
			}
		}

		j.tell("2026-01-10T09:00", created, delivered("2026-01-09T09:00")).run("2026-02-20T09:00")
		count("visits of the first line", visits-1, of("l1", 5, followup.Planned))
		count("sent", lines, func(f *followup.FollowUp) bool { return f.State == followup.Sent })

		j.tell("2026-02-21T09:00", gone(followup.OrderReturned, "2026-02-21T09:00", 2)).run("2026-02-22T09:00")
		count("visits of the units that stayed", visits-1, of("l1", 3, followup.Planned))
		count("untouched", 1, of("l1", 5, followup.Sent))

		j.tell("2026-02-23T09:00", gone(followup.OrderCancelled, "2026-02-23T09:00", 3)).why("visit", "3", "exit")
		count("voided", visits-1, of("l1", 3, followup.Voided))
		count("planned still", (lines-1)*(visits-1), func(f *followup.FollowUp) bool { return f.State == followup.Planned })
		count("all", lines*visits, func(*followup.FollowUp) bool { return true })
	}
}
