package transfer_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

// Two runs of one import may be at work at once, where nothing locks the target. The
// one that began last goes on: what it opened is in use, and is not deleted by the
// other.
func TestOfTwoRunsTheLastGoesOn(t *testing.T) {
	_, file := sample(t)
	here, there := side{memory.New(), settings{}}, side{memory.New(), settings{}}
	here.enter(t, file, transfer.Options{})
	there.enter(t, here.leave(t, "away", false), transfer.Options{})
	back := there.leave(t, "back", false)
	to, grown := here.target(), ""
	to.Raised = func(context.Context) error { // the first waits for the functions; the second comes and ends
		if _, err := into(t, back, here.target(), transfer.Options{Replace: true}); err != nil { //nolint:contextcheck // each run has its own
			t.Fatal(err)
		}
		grown = here.grow(t) //nolint:contextcheck // likewise
		return nil
	}
	if _, err := into(t, back, to, transfer.Options{Replace: true}); err == nil || !strings.Contains(err.Error(), "another run of this import") {
		t.Errorf("the first ends with %v", err)
	}
	if all(t, here.store) != grown {
		t.Error("what went on after the second was deleted by the first")
	}
	if err := transfer.Here(t.Context(), here.set); err != nil {
		t.Errorf("what the second opened is closed: %v", err)
	}
}

// An import that dies while the target is taken into use does that when it is said again.
func TestAnImportThatDiesWhileItOpensIsSaidAgain(t *testing.T) {
	_, file := sample(t)
	here := side{memory.New(), settings{}}
	to, opened, died := here.target(), 0, errors.New("died")
	to.Reopen = func(ctx context.Context) error {
		opened++
		if err := transfer.Reopen(ctx, here.set); err != nil || opened > 1 {
			return err
		}
		return died // before what waits was queued
	}
	if _, err := into(t, file, to, transfer.Options{}); !errors.Is(err, died) {
		t.Fatal(err)
	}
	if r, err := into(t, file, to, transfer.Options{}); err != nil || !r.Before || opened != 2 {
		t.Errorf("said again: %+v, %v, opened %d times; want twice", r, err, opened)
	}
}

// What fails half way says that the target stays closed.
func TestAnImportThatFailsHalfWaySaysSo(t *testing.T) {
	_, file := sample(t)
	for n := 4; n < 12; n++ {
		here, left := side{memory.New(), settings{}}, n
		to := dying{Store: here.store.(*memory.Store), settings: here.set.(settings), n: &left} //nolint:forcetypeassert // made above
		_, err := into(t, file, transfer.Target{Store: to, Settings: to, Key: "k"}, transfer.Options{Merge: true})
		if err == nil {
			t.Fatalf("an import ends in %d writes", n)
		}
		if closed := transfer.Here(t.Context(), here.set) != nil; closed != strings.Contains(err.Error(), "stays closed") {
			t.Errorf("after %d writes it is closed: %v; the error: %v", n, closed, err)
		}
	}
}
