package followup_test

import (
	"testing"
	"time"

	"aftersales/internal/followup"
)

// restoredRow is a mail that was reserved before a restore, which the row does
// not know, as the first look after it leaves it.
func restoredRow(t *testing.T, before func(*followup.FollowUp)) (followup.FollowUp, time.Time) {
	t.Helper()
	j := bought(t, asking)
	j.rules.Epoch = 1
	sent := at("2026-03-11T18:00")
	j.contact.Spend(followup.Spend{FollowUp: "main/1/review/-/1", At: sent, Channel: followup.Email, Class: followup.Feedback})
	row := j.row("review", "1")
	if before != nil {
		before(row)
	}
	d := j.rules.Desire(&j.j, &j.contact, sent.Add(6*time.Minute))
	ruling := j.rules.Decide(&d, &j.j, row, &j.contact, sent.Add(6*time.Minute), false)
	return ruling.Row, sent
}

// What may have been sent before a restore is never sent because later sends are
// reported: its own report came before the damage, and is forgotten.
func TestRestoredIsNeverResentByTheWatermark(t *testing.T) {
	for _, unclear := range []followup.Unclear{followup.Resend, followup.Park} {
		row, sent := restoredRow(t, nil)
		if row.State != followup.Unknown || !row.ArmedAt.Equal(sent) || !row.Next.Equal(sent.Add(21*time.Minute)) {
			t.Fatalf("%s, sent at %s, next look %s", row.State, row.ArmedAt, row.Next)
		}
		parked := time.Time{}
		for range 200 {
			now := row.Next
			row = row.Resolve(followup.Known{Stream: true, Watermark: now, Restored: true}, unclear, now)
			if row.State != followup.Unknown {
				parked = now
				break
			}
		}
		if row.State != followup.Parked || parked.Sub(sent) < 26*time.Hour || parked.Sub(sent) > 27*time.Hour {
			t.Errorf("unclear: %s: it is %s %s after it may have been sent, want parked after 26 h", unclear, row.State, parked.Sub(sent))
		}
		if told, ok := row.Told(followup.Report{FollowUp: row.ID, Kind: followup.ReportAccepted}, parked); !ok || told.State != followup.Sent {
			t.Errorf("a late report leaves it %s", told.State)
		}
		again, err := row.Operator(followup.Planned, "nobody got it", parked)
		if err != nil {
			t.Fatal(err)
		}
		if told, ok := again.Told(followup.Report{FollowUp: row.ID, Kind: followup.ReportAccepted}, parked); !ok || told.State != followup.Sent {
			t.Errorf("a report that comes before it is sent again leaves it %s", told.State)
		}
	}
}

// A later attempt that the row still knows is not made older.
func TestRestoredKeepsTheLaterAttempt(t *testing.T) {
	var later time.Time
	row, sent := restoredRow(t, func(f *followup.FollowUp) {
		later = at("2026-03-11T18:05")
		f.ArmedAt = later
	})
	if !row.ArmedAt.Equal(later) || !later.After(sent) {
		t.Errorf("sent at %s, want %s", row.ArmedAt, later)
	}
}

func TestContactKnowsWhatWasReservedBeforeARestore(t *testing.T) {
	c := followup.Contact{}
	c.Spend(followup.Spend{FollowUp: "main/1/a/-/1", Epoch: 1, At: noon})
	for epoch, want := range map[int]bool{0: false, 1: false, 2: true} {
		if got := c.Restored("main/1/a/-/1", epoch); got != want {
			t.Errorf("epoch %d: %v", epoch, got)
		}
	}
	if c.Restored("main/1/b/-/1", 2) {
		t.Error("another send counts as reserved")
	}
	c.Spend(followup.Spend{FollowUp: "main/1/a/-/1", Epoch: 2, At: noon})
	if c.Restored("main/1/a/-/1", 2) {
		t.Error("it was reserved again, and still counts as of before")
	}
}

// What FAILED costs no budget, even if its reservation was never given back.
func TestBudgetForgetsWhatFailed(t *testing.T) {
	for state, want := range map[followup.State]followup.State{followup.Failed: followup.Sent, followup.Delivered: followup.Skipped} {
		j := bought(t, "budget: {email: 1 per P30D}\n"+asking)
		other := *j.row("review", "1")
		other.ID, other.State, other.Next = "main/1/lost/-/1", state, time.Time{}
		other.Step = "lost"
		j.j.Rows = append(j.j.Rows, other)
		j.contact.Spend(followup.Spend{FollowUp: other.ID, At: at("2026-03-10T18:00"), Channel: followup.Email, Class: followup.Feedback})
		j.look(j.row("review", "1"), at("2026-03-11T18:00"))
		if got := j.row("review", "1").State; got != want {
			t.Errorf("with one that is %s: %s, want %s", state, got, want)
		}
	}
}
