package storetest_test

import (
	"errors"
	"slices"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
	"aftersales/internal/racing"
)

// saves writes orders 0 to n-1, one a call, and returns what each call answered.
func saves(t *testing.T, s followup.Store, n int) []error {
	t.Helper()
	out := make([]error, n)
	for i := range out {
		_, out[i] = s.Save(t.Context(), []followup.Change{storetest.Order(i, 1)})
	}
	return out
}

func journeys(t *testing.T, s followup.Store) int {
	t.Helper()
	ids, _, err := s.Find(t.Context(), followup.Query{All: true}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(ids)
}

func TestAScriptSaysWhatFails(t *testing.T) {
	s, f := memory.New(), &storetest.Faults{Script: map[int]storetest.Fault{2: storetest.ErrorBefore, 3: storetest.DoneTimedOut}}
	got := saves(t, storetest.Wrap(s, f), 4)
	for i, want := range []error{nil, storetest.ErrFault, storetest.ErrTimeout, nil} {
		if !errors.Is(got[i], want) {
			t.Errorf("call %d: %v, want %v", i+1, got[i], want)
		}
	}
	if n := journeys(t, s); n != 3 || f.Writes() != 4 || len(f.Log()) != 3 {
		t.Errorf("%d journeys, %d writes, log %v", n, f.Writes(), f.Log())
	}
}

func TestADeadProcessAnswersNothing(t *testing.T) {
	for k := 1; k < 4; k++ {
		after, into := memory.New(), memory.New()
		dead := storetest.Wrap(after, &storetest.Faults{DieAfter: k})
		for i, err := range saves(t, dead, 5) {
			if errors.Is(err, storetest.ErrDead) != (i >= k) {
				t.Errorf("die after %d: call %d answered %v", k, i+1, err)
			}
		}
		if _, err := dead.Contacts(t.Context(), nil); !errors.Is(err, storetest.ErrDead) {
			t.Errorf("a read of a dead process: %v", err)
		}
		for i, err := range saves(t, storetest.Wrap(into, &storetest.Faults{DieInto: k}), 5) {
			if errors.Is(err, storetest.ErrDead) != (i >= k-1) {
				t.Errorf("die into %d: call %d answered %v", k, i+1, err)
			}
		}
		if a, b := journeys(t, after), journeys(t, into); a != k || b != k {
			t.Errorf("%d and %d journeys are written, want %d", a, b, k)
		}
	}
}

func TestTheSameSeedMakesTheSameFaults(t *testing.T) {
	run := func(seed uint64) (out []string) {
		for _, err := range saves(t, storetest.Wrap(memory.New(), &storetest.Faults{Seed: seed, Rate: 0.3}), 200) {
			switch {
			case errors.Is(err, storetest.ErrFault):
				out = append(out, "before")
			case errors.Is(err, storetest.ErrTimeout):
				out = append(out, "after")
			default:
				out = append(out, "")
			}
		}
		return out
	}
	a := run(1)
	if !slices.Equal(a, run(1)) || slices.Equal(a, run(2)) {
		t.Error("faults do not follow their seed")
	}
	for _, kind := range []string{"", "before", "after"} {
		if !slices.Contains(a, kind) {
			t.Errorf("of 200 calls none was %q", kind)
		}
	}
}

func TestAWrappedStoreWithoutFaultsIsAStore(t *testing.T) {
	storetest.RunHarness(t, storetest.Harness{
		Open:  func(*testing.T) followup.Store { return storetest.Wrap(memory.New(), &storetest.Faults{}) },
		Large: racing.Fewer(250, 60),
	})
}
