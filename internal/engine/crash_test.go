package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// act is one thing that happens to the order, at its time. Doing it again is harmless.
type act struct {
	when string
	do   func(ctx context.Context, s *shop, now time.Time) error
}

// story is an order's life: bought, delivered, called twice in vain and once
// reached with a problem, the case solved, a corrected date, three years of looks.
func story() []act {
	tell := func(e followup.Event) func(context.Context, *shop, time.Time) error {
		return func(ctx context.Context, s *shop, now time.Time) error { return s.tell(ctx, now, e) }
	}
	call := func(occ string, o followup.Outcome) func(context.Context, *shop, time.Time) error {
		return func(ctx context.Context, s *shop, now time.Time) error {
			id := followup.FollowUpID("main/1/call/-/" + occ)
			_, err := s.Claim(ctx, now, id, "staff")
			if err != nil && !errors.Is(err, engine.ErrNotNow) { // claimed, or done, before the death
				return err
			}
			_, err = s.Done(ctx, now, engine.Called{ID: id, Outcome: o, Note: "a note"})
			return err
		}
	}
	return []act{
		{"2026-03-02T09:00", tell(created("2026-03-02T09:00"))},
		{"2026-03-02T12:00", tell(happened("fulfilled", followup.OrderFulfilled, "2026-03-02T12:00"))},
		{"2026-03-04T12:00", tell(happened("delivered", followup.OrderDelivered, "2026-03-04T12:00"))},
		{"2026-03-05T09:00", tell(happened("corrected", followup.OrderDelivered, "2026-03-05T09:00"))},
		{"2026-03-09T11:00", call("1#1", followup.OutcomeNoAnswer)},
		{"2026-03-10T14:00", call("1#2", followup.OutcomeNoAnswer)},
		{"2026-03-11T17:00", call("1#3", followup.OutcomeProblem)},
		{"2026-04-02T09:00", func(ctx context.Context, s *shop, now time.Time) error {
			_, err := s.Case(ctx, now, engine.CaseWord{Case: "main/1-1", Type: followup.CaseClosed, Reason: "repaired"})
			if errors.Is(err, engine.ErrCase) { // closed before the death
				return nil
			}
			return err
		}},
		{"2029-03-01T09:00", func(context.Context, *shop, time.Time) error { return nil }},
	}
}

// play lives the story from act n; it returns the act at which the store failed.
func play(ctx context.Context, s *shop, acts []act, n int) (int, error) {
	for ; n < len(acts); n++ {
		now := at(acts[n].when)
		if err := s.run(ctx, now); err != nil {
			return n, err
		}
		if err := acts[n].do(ctx, s, now); err != nil {
			return n, err
		}
	}
	return n, nil
}

// livedWell plays the story without faults.
func livedWell(t *testing.T) (rows []string, writes int) {
	t.Helper()
	faults := &storetest.Faults{}
	s := newShop(t, storetest.Wrap(memory.New(), faults), &mailbox.Memory{}, nil)
	if n, err := play(t.Context(), s, story(), 0); err != nil {
		t.Fatalf("act %d: %v", n, err)
	}
	return s.rows(t), faults.Writes()
}

func TestStory(t *testing.T) {
	rows, writes := livedWell(t)
	want := []string{
		"main/1/call/-/1#1 sent 2026-03-09T10:00:00",
		"main/1/call/-/1#2 sent 2026-03-10T12:40:00",
		"main/1/call/-/1#3 sent 2026-03-11T15:20:00",
		"main/1/recovered/-/1 sent 2026-04-05T10:00:00",
		"main/1/review/-/1 sent 2026-04-02T18:00:00",
		"main/1/set-up/-/1 sent 2026-03-06T10:00:00",
		"main/1/warranty-ending/l1~1/P60D sent 2028-01-05T10:00:00",
		"main/1/warranty-ending/l1~1/P7D sent 2028-02-27T10:00:00",
	}
	slices.Sort(want)
	if !slices.Equal(rows, want) {
		t.Errorf("rows\n  %s\nwant\n  %s", strings.Join(rows, "\n  "), strings.Join(want, "\n  "))
	}
	if writes < 20 {
		t.Errorf("only %d writes: the story is too short to crash in", writes)
	}
}

// TestDeathAfterEveryWrite kills the process after (and inside) every write,
// starts it again, repeats what was being done and lives on: the journey ends
// the same, and every mail was accepted exactly once.
func TestDeathAfterEveryWrite(t *testing.T) {
	want, writes := livedWell(t)
	for k := 1; k <= writes; k++ {
		for _, faults := range []*storetest.Faults{{DieAfter: k}, {DieInto: k}} {
			survive(t, faults, want)
		}
	}
}

// TestUnclearWrites answers each write, in turn, with an error before anything
// was done and with a time-out after it was done.
func TestUnclearWrites(t *testing.T) {
	want, writes := livedWell(t)
	for k := 1; k <= writes; k++ {
		for _, f := range []storetest.Fault{storetest.ErrorBefore, storetest.DoneTimedOut} {
			survive(t, &storetest.Faults{Script: map[int]storetest.Fault{k: f}}, want)
		}
	}
}

// TestManyFaults fails a tenth of all writes and reads, by many seeds.
func TestManyFaults(t *testing.T) {
	want, _ := livedWell(t)
	for seed := range uint64(40) {
		survive(t, &storetest.Faults{Seed: seed, Rate: 0.1, Reads: true}, want)
	}
}

func survive(t *testing.T, faults *storetest.Faults, want []string) {
	t.Helper()
	store, mail := memory.New(), &mailbox.Memory{}
	s := newShop(t, storetest.Wrap(store, faults), mail, nil)
	n := 0
	for tries := 0; ; tries++ {
		var err error
		if n, err = play(t.Context(), s, story(), n); err == nil {
			break
		}
		if tries > 300 {
			t.Fatalf("%s: never ends: %v", name(faults), err)
		}
		if errors.Is(err, storetest.ErrDead) {
			now := *s.now
			s = newShop(t, store, mail, nil)
			*s.now = now
			if _, err := s.Recover(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.store = store
	if got := s.rows(t); !slices.Equal(got, want) {
		t.Errorf("%s: rows\n  %s\nwant\n  %s", name(faults), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for id, n := range s.accepted(t) {
		if n != 1 {
			t.Errorf("%s: %s accepted %d times", name(faults), id, n)
		}
	}
	if got := len(s.accepted(t)); got != 5 {
		t.Errorf("%s: %d mails, want 5", name(faults), got)
	}
}

func name(f *storetest.Faults) string {
	switch {
	case f.DieAfter > 0:
		return fmt.Sprintf("death after write %d", f.DieAfter)
	case f.DieInto > 0:
		return fmt.Sprintf("death inside write %d", f.DieInto)
	case f.Script != nil:
		return fmt.Sprintf("faults %v", f.Script)
	default:
		return fmt.Sprintf("seed %d", f.Seed)
	}
}
