package engine_test

import (
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// brittle composes a message by panicking, until it is mended.
type brittle struct{ mended *bool }

func (b brittle) Compose(l followup.Letter) (followup.Message, error) {
	if !*b.mended {
		panic("a message that cannot be made")
	}
	return plain{}.Compose(l)
}

func TestPoisonIsParkedAtTheFourthLook(t *testing.T) {
	s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
	mended := false
	s.compose(brittle{&mended})
	if _, err := play(t.Context(), s, story()[:3], 0); err != nil {
		t.Fatal(err)
	}
	if err := s.run(t.Context(), at("2026-03-05T10:00").Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	j := s.journey(t)
	row := j.Row("main/1/set-up/-/1")
	if row.State == followup.Parked || row.Receives == 0 {
		t.Fatalf("after a few looks: %s, %d failed", row.State, row.Receives)
	}
	if err := s.run(t.Context(), at("2026-03-05T11:00")); err != nil {
		t.Fatal(err)
	}
	j = s.journey(t)
	if row = j.Row("main/1/set-up/-/1"); row.State != followup.Parked || row.Receives != 4 {
		t.Fatalf("after the fourth look: %s, %d failed", row.State, row.Receives)
	}
	mended = true
	if err := s.Settle(t.Context(), *s.now, row.ID, followup.Planned, "mended"); err != nil {
		t.Fatal(err)
	}
	if err := s.run(t.Context(), at("2026-03-05T12:00")); err != nil {
		t.Fatal(err)
	}
	if n := s.accepted(t)[row.ID]; n != 1 {
		t.Errorf("accepted %d times", n)
	}
}

// picky panics over one step's text.
type picky struct{ step string }

func (p picky) Compose(l followup.Letter) (followup.Message, error) {
	if l.Step.ID == p.step {
		panic("a text that cannot be made")
	}
	return plain{}.Compose(l)
}

// A row that cannot be looked at is counted alone: what is due with it goes out.
func TestPoisonIsOfOneRow(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("a", "feedback", "")+ask("b", "service", "")+ask("c", "feedback", ""), memory.New(), nil, nil, nil)
	s.compose(picky{"b"})
	s.bought(t, "main/1")
	must(t, s.run(t.Context(), at("2026-03-20T10:00")))
	for id, want := range map[followup.FollowUpID]followup.State{
		"main/1/a/-/1": followup.Sent, "main/1/b/-/1": followup.Parked, "main/1/c/-/1": followup.Sent,
	} {
		row := s.row(t, id)
		if row.State != want || want == followup.Sent && row.Receives != 0 {
			t.Errorf("%s is %s after %d failed looks, want %s", id, row.State, row.Receives, want)
		}
	}
}
