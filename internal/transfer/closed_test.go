package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

// TestBackThoughItDies repeats an import that died at any of its writes, done or not:
// the store stays closed until all is there, and nobody takes the part for the whole.
func TestBackThoughItDies(t *testing.T) {
	store, _ := sample(t)
	for die := 1; ; die++ {
		died := false
		for _, done := range []bool{false, true} {
			here, there := side{memory.New(), settings{}}, side{memory.New(), settings{}}
			moved(t, store, here.store, 0, here.set)
			there.enter(t, here.leave(t, "away", false), transfer.Options{})
			there.grow(t)
			back, n := there.leave(t, "back", false), die
			alive := side{memory.New(), settings{}}
			moved(t, store, alive.store, 0, alive.set)
			alive.leave(t, "away", false)
			alive.enter(t, back, transfer.Options{Replace: true})
			to := dying{Store: here.store.(*memory.Store), settings: here.set.(settings), n: &n, done: done}
			target := transfer.Target{Store: to, Settings: to, Key: "k", Clear: func(ctx context.Context) error {
				return to.write(func() error { return here.store.Clear(ctx) })
			}}
			if _, err := into(t, back, target, transfer.Options{Replace: true}); err == nil {
				continue
			}
			died = true
			here.unfinished(t, die, "back")
			here.enter(t, back, transfer.Options{Replace: true})
			if d := cmp.Diff(state(t, alive.store, alive.set.(settings)), state(t, here.store, here.set.(settings))); d != "" {
				t.Errorf("died at write %d, done %v (-did not die +died):\n%s", die, done, d)
			}
			if err := transfer.Here(t.Context(), here.set); err != nil {
				t.Errorf("died at write %d, done %v, repeated, and is closed: %v", die, done, err)
			}
		}
		if !died {
			break
		}
	}
}

// unfinished fails if a store whose import died at a write could be taken for a whole
// one: it is closed, and unless nothing was begun, or all was done, it is neither
// exported nor opened by hand.
func (s side) unfinished(t *testing.T, die int, id string) {
	t.Helper()
	m, err := transfer.ReadMoved(t.Context(), s.set)
	if err != nil {
		t.Fatal(err)
	}
	mark, err := s.set.Meta(t.Context(), "import/"+id)
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Contains(mark, `"done":true`)
	switch {
	case m == nil && whole:
		return // it died when all was done
	case m == nil:
		t.Errorf("died at write %d, and is open", die)
		return
	case m.Import == "":
		if mark != "" {
			t.Errorf("died at write %d: %+v says nothing of the import", die, m)
		}
		return // nothing was begun
	}
	if err := transfer.Whole(t.Context(), s.set); err == nil {
		t.Errorf("died at write %d, and may be exported", die)
	}
	if whole {
		return // opening it is right
	}
	before := jsonOf(t, m)
	if err := transfer.Reopen(t.Context(), s.set); err == nil || !strings.Contains(err.Error(), m.Finish()) {
		t.Errorf("died at write %d, and a part is opened: %v", die, err)
	}
	if m, err := transfer.ReadMoved(t.Context(), s.set); err != nil || m == nil || !cmp.Equal(before, jsonOf(t, m)) {
		t.Errorf("died at write %d: refused, and the note is %+v, %v", die, m, err)
	}
}

// What was taken into use again is not replaced, whatever an import left there before.
func TestWhatIsInUseIsNotReplaced(t *testing.T) {
	store, file := sample(t)
	here, there := side{memory.New(), settings{}}, side{memory.New(), settings{}}
	here.enter(t, file, transfer.Options{})
	there.enter(t, here.leave(t, "away", false), transfer.Options{})
	back := there.leave(t, "back", false)
	if err := transfer.Reopen(t.Context(), here.set); err != nil {
		t.Fatal(err)
	}
	must(t, here.set.SetMeta(t.Context(), "import/back", `{"epoch":2}`)) // of a run that was given up
	before := state(t, here.store, here.set.(settings))
	if _, err := into(t, back, here.target(), transfer.Options{Replace: true}); !errors.Is(err, transfer.ErrInUse) {
		t.Errorf("replaced what is in use: %v", err)
	}
	if _, err := into(t, back, here.target(), transfer.Options{}); !errors.Is(err, transfer.ErrNotEmpty) {
		t.Errorf("merged without a word: %v", err)
	}
	if d := cmp.Diff(before, state(t, here.store, here.set.(settings))); d != "" {
		t.Errorf("refused, and it changed:\n%s", d)
	}
	fresh := side{memory.New(), settings{}}
	if _, err := into(t, exported(t, store, 0), fresh.target(), transfer.Options{Replace: true}); !errors.Is(err, transfer.ErrInUse) {
		t.Errorf("replaced nothing: %v", err)
	}
}

// What an import left that is never finished, a later file of the same lineage may
// replace; any other import is told what has to be finished first.
func TestALaterFileReplacesAHalf(t *testing.T) {
	_, file := sample(t)
	here, there := side{memory.New(), settings{}}, side{memory.New(), settings{}}
	here.enter(t, file, transfer.Options{})
	there.enter(t, here.leave(t, "away", false), transfer.Options{})
	back := there.leave(t, "back", false)
	n := 8
	to := dying{Store: here.store.(*memory.Store), settings: here.set.(settings), n: &n}
	target := transfer.Target{Store: to, Settings: to, Key: "k", Clear: here.store.Clear}
	if _, err := into(t, back, target, transfer.Options{Replace: true}); !errors.Is(err, errWrite) {
		t.Fatal(err)
	}
	var m *transfer.Moved
	if _, err := into(t, file, here.target(), transfer.Options{}); !errors.As(err, &m) || m.Import != "back" || m.How != " --replace" {
		t.Errorf("another import: %v", err)
	}
	must(t, transfer.Reopen(t.Context(), there.set))
	want := there.grow(t)
	here.enter(t, there.leave(t, "later", false), transfer.Options{Replace: true})
	if d := cmp.Diff(want, all(t, here.store)); d != "" {
		t.Error(d)
	}
	if err := transfer.Here(t.Context(), here.set); err != nil {
		t.Error(err)
	}
	if _, err := into(t, back, here.target(), transfer.Options{Replace: true}); !errors.Is(err, transfer.ErrInUse) {
		t.Errorf("the half, after the later file: %v", err)
	}
}

// What failed before anything was written that may be sent leaves the target as it
// was found: in use, or moved away.
func TestFailedBeforeItWrote(t *testing.T) {
	_, file := sample(t)
	for name, o := range map[string]transfer.Options{"new": {}, "merged": {Merge: true}} {
		ctx, cancel := context.WithCancel(t.Context())
		set, opened := settings{}, 0
		to := transfer.Target{
			Store: memory.New(), Settings: set, Key: "k", Reopen: func(ctx context.Context) error { opened++; return errors.Join(ctx.Err(), transfer.Reopen(ctx, set)) },
			Raised: func(ctx context.Context) error { cancel(); return ctx.Err() },
		}
		_, err := transfer.Import(ctx, bytes.NewReader(file), to, o)
		if here := transfer.Here(t.Context(), set); !errors.Is(err, context.Canceled) || here != nil || opened != 1 {
			t.Errorf("%s: %v; opened %d times; %v", name, err, opened, here)
		}
	}
	here, there := side{memory.New(), settings{}}, side{memory.New(), settings{}}
	here.enter(t, file, transfer.Options{})
	there.enter(t, here.leave(t, "away", false), transfer.Options{})
	back, before := there.leave(t, "back", false), here.set.(settings)[transfer.MovedKey]
	to := here.target()
	to.Raised = func(context.Context) error { return errWrite }
	_, err := into(t, back, to, transfer.Options{Replace: true})
	if after := here.set.(settings)[transfer.MovedKey]; !errors.Is(err, errWrite) || after != before {
		t.Errorf("%v; moved away: %s, then %s", err, before, after)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
