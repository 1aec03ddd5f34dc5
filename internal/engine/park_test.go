package engine_test

import (
	"context"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

func TestParkWhatKillsItsProcess(t *testing.T) {
	s := reporting(t, &provider{}, memory.New(), nil)
	now := at("2026-03-11T10:00") // b is due
	must(t, s.Park(t.Context(), now, []followup.FollowUpID{stepB, stepS, "garbage", "main/9/a/-/1"}, "received four times"))
	row := s.row(t, stepB)
	if row.State != followup.Parked || !row.Next.IsZero() {
		t.Fatalf("%s, next %s", row.State, row.Next)
	}
	if d := row.Decisions[len(row.Decisions)-1]; d.Rule != "poison" || d.Reason != "received four times" {
		t.Errorf("decision %+v", d)
	}
	if st := s.row(t, stepS).State; st != followup.Planned {
		t.Errorf("s has no look due and is %s", st)
	}
	must(t, s.Park(t.Context(), now, []followup.FollowUpID{stepB, stepA}, "again")) // repeated, and one that went out
	if d := s.row(t, stepB).Decisions; d[len(d)-1].Reason != "received four times" {
		t.Errorf("parked twice: %+v", d[len(d)-1])
	}
	if st := s.row(t, stepA).State; st != followup.Sent {
		t.Errorf("a is %s", st)
	}
	must(t, s.Settle(t.Context(), now, stepB, followup.Planned, "mended"))
	must(t, s.run(t.Context(), now))
	if st := s.row(t, stepB).State; st != followup.Sent {
		t.Errorf("after it was mended: %s", st)
	}
}

func TestArmedGoesByUnknown(t *testing.T) {
	s := shopOf(t, lessons, memory.New(), &provider{}, nil, nil)
	s.bought(t, "main/1")
	now := at("2026-03-06T10:00")
	j := s.journey(t)
	row := *j.Row(stepA)
	contact := s.contact(t, "c")
	contact.Spend(followup.Spend{FollowUp: stepA, At: now, Channel: followup.Email, Class: followup.Feedback})
	_, err := s.store.Arm(t.Context(), []followup.Arm{{Row: row.Arm("a1", row.Plan, now, followup.CallTimeout), Contact: contact}}) // and the process died
	must(t, err)
	park := func(now time.Time) followup.FollowUp {
		must(t, s.Park(t.Context(), now, []followup.FollowUpID{stepA}, "received four times"))
		return s.row(t, stepA)
	}
	if got := park(now.Add(time.Minute)); got.State != followup.Armed {
		t.Fatalf("a call may be under way, and the row is %s", got.State)
	}
	if got := park(now.Add(20 * time.Minute)); got.State != followup.Unknown || got.Next.IsZero() {
		t.Fatalf("overdue: %s, next %s", got.State, got.Next)
	}
	if got := park(now.Add(21 * time.Minute)); got.State != followup.Parked {
		t.Fatalf("still poisonous: %s", got.State)
	}
}

func TestParkLeavesWhatAPersonHolds(t *testing.T) {
	s := shopOf(t, "steps:\n  - {id: a, class: feedback, channel: call, message: m, after: {event: delivered, wait: P4D, between: \"10:00-18:00\"}}\n", memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	now := at("2026-03-06T10:00")
	must(t, s.run(t.Context(), now))
	_, err := s.Claim(t.Context(), now, stepA, "ann")
	must(t, err)
	must(t, s.Park(t.Context(), now.Add(3*time.Hour), []followup.FollowUpID{stepA}, "x"))
	if row := s.row(t, stepA); row.State != followup.Armed || row.Claimed != "ann" {
		t.Errorf("%s by %q", row.State, row.Claimed)
	}
}

// An unclear service mail goes once more when later sends were reported; an
// unclear request for feedback waits for a person.
func TestTheWatermarkAllowsOneResend(t *testing.T) {
	var mark time.Time
	stream := true
	p := &provider{lost: true}
	s := shopOf(t, "late: {more_than: P60D, then: skip}\n"+lessons, memory.New(), p, nil, nil)
	s.config.Watermark = func(_ context.Context, shop followup.ShopID, m followup.Medium) (time.Time, bool) {
		if shop != "main" || m != followup.Email {
			t.Errorf("asked for %s %s", shop, m)
		}
		return mark, stream
	}
	s.Engine = engine.New(s.config)
	s.bought(t, "main/1")
	due := at("2026-03-14T10:00")
	must(t, s.run(t.Context(), due.Add(time.Hour)))
	n := len(p.taken)
	if st := s.row(t, stepS).State; st != followup.Unknown {
		t.Fatalf("without a watermark: %s", st)
	}
	mark = due.Add(10 * time.Minute) // a later send, but inside the window
	must(t, s.run(t.Context(), due.Add(2*time.Hour)))
	if len(p.taken) != n {
		t.Fatal("sent again although the watermark is not past the window")
	}
	mark = due.Add(16 * time.Minute)
	must(t, s.run(t.Context(), due.Add(3*time.Hour)))
	if len(p.taken) != n+1 || s.row(t, stepS).Resends != 1 {
		t.Fatalf("%d mails, %d resends, want one more", len(p.taken)-n, s.row(t, stepS).Resends)
	}
	first, second := p.taken[n-1], p.taken[n]
	if second.FollowUp != stepS || first.Attempt == second.Attempt {
		t.Errorf("sent again: %s as attempt %s after %s", second.FollowUp, second.Attempt, first.Attempt)
	}
	mark = due.Add(30 * 24 * time.Hour)
	must(t, s.run(t.Context(), due.Add(40*time.Hour)))
	if st := s.row(t, stepS).State; st != followup.Parked || len(p.taken) != n+1 {
		t.Errorf("unclear again: %s after %d more mails", st, len(p.taken)-n)
	}
	for _, id := range []followup.FollowUpID{stepA, stepB} {
		if row := s.row(t, id); row.State != followup.Parked || row.Resends != 0 {
			t.Errorf("%s: %s, %d resends", id, row.State, row.Resends)
		}
	}
}
