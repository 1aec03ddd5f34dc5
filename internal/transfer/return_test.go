package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/sqlite"
	"aftersales/internal/transfer"
)

// clearer is a store that may take back what was moved away.
type clearer interface {
	transfer.Store
	Clear(ctx context.Context) error
}

// side is one end of a move.
type side struct {
	store clearer
	set   transfer.Settings
}

func (s side) target() transfer.Target {
	return transfer.Target{Store: s.store, Settings: s.set, Key: "k", Clear: s.store.Clear}
}

// leave exports under id, and closes unless it is a copy.
func (s side) leave(t *testing.T, id string, copied bool) []byte {
	t.Helper()
	lineage, err := transfer.Lineage(t.Context(), s.set)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := transfer.Epoch(t.Context(), s.set)
	if err != nil {
		t.Fatal(err)
	}
	if !copied {
		if err := transfer.Close(t.Context(), s.set, transfer.Moved{ID: id, At: end}); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	h := transfer.Header{ID: id, At: end, Epoch: epoch, Quiet: !copied, Copy: copied, Key: "k", Lineage: lineage}
	if _, err := transfer.Export(t.Context(), &file, s.store, h, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// enter imports a file, which has to be let in.
func (s side) enter(t *testing.T, file []byte, o transfer.Options) transfer.Report {
	t.Helper()
	r, err := into(t, file, s.target(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBackToWhereItWas moves a crowd away and, after it lived on there, back into
// the store that it came from: what became of it there is what is here.
func TestBackToWhereItWas(t *testing.T) {
	file, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tables := dynamo.New(&dynamotest.Memory{}, dynamo.Tables{Journeys: "j", Contacts: "c", Inbox: "i"}, dynamo.Config{Shops: []followup.ShopID{"main"}})
	for name, here := range map[string]side{
		"memory": {memory.New(), settings{}}, "embedded": {file, file}, "AWS": {tables, transfer.Records(tables)},
	} {
		t.Run(name, func(t *testing.T) {
			start := newPlace(t, memory.New(), newPost(), 0, &names{})
			if _, err := start.live(t.Context(), crowd(3), at("2026-03-20T10:02")); err != nil {
				t.Fatal(err)
			}
			fill(t, start.store)
			moved(t, start.store, here.store, 0, here.set)
			there := side{memory.New(), settings{}}
			there.enter(t, here.leave(t, "away", false), transfer.Options{})
			grown := there.grow(t)
			back := there.leave(t, "back", false)
			before := all(t, here.store) + string(jsonOf(t, people(t, here.store)))
			here.refuses(t, back)
			if d := cmp.Diff(before, all(t, here.store)+string(jsonOf(t, people(t, here.store)))); d != "" {
				t.Fatalf("refused, and it changed:\n%s", d)
			}
			here.clears(t)
			r := here.enter(t, back, transfer.Options{Replace: true})
			if r.Journeys.New != r.File.Journeys || r.Contacts.New != r.File.Contacts || r.Journeys.Conflicts+r.Bodies.Conflicts > 0 {
				t.Errorf("%+v", r)
			}
			if d := cmp.Diff(grown, all(t, here.store)); d != "" {
				t.Errorf("journeys (-there +here):\n%s", d)
			}
			if err := transfer.Here(t.Context(), here.set); err != nil {
				t.Errorf("back, and still closed: %v", err)
			}
			if again := here.enter(t, back, transfer.Options{Replace: true}); !again.Before {
				t.Errorf("again: %+v", again)
			}
			there.enter(t, here.leave(t, "once more", false), transfer.Options{Replace: true})
			if d := cmp.Diff(grown, all(t, there.store)); d != "" {
				t.Errorf("away once more:\n%s", d)
			}
		})
	}
}

// grow lets a store live on by a contact that the other never saw and a follow-up
// that went another way, and returns its journeys.
func (s side) grow(t *testing.T) string {
	t.Helper()
	c := followup.Contact{ID: "new"}
	c.Consent(followup.Consent{Purpose: followup.Marketing, Channel: followup.Email, At: end, How: "one-click"})
	if _, err := s.store.SaveContacts(t.Context(), []followup.Contact{c}); err != nil {
		t.Fatal(err)
	}
	ids, _, err := s.store.Find(t.Context(), followup.Query{All: true}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	js, err := s.store.Journeys(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	row := js[0].Rows[0]
	row.Order++
	errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: ids[0], Rows: []followup.FollowUp{row}}})
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	return all(t, s.store)
}

// refuses lets nothing in by mistake: not without a word, not of somebody who was
// not given what is here, no copy; and a dry run only counts.
func (s side) refuses(t *testing.T, back []byte) {
	t.Helper()
	if _, err := into(t, back, s.target(), transfer.Options{}); !errors.Is(err, transfer.ErrReturns) {
		t.Errorf("replaced without a word: %v", err)
	}
	if _, err := into(t, back, s.target(), transfer.Options{Merge: true}); !errors.Is(err, transfer.ErrReturns) {
		t.Errorf("merged with what was moved away: %v", err)
	}
	stranger := side{memory.New(), settings{}}
	copied, trial := copies(t, back)
	for name, file := range map[string][]byte{"a stranger's": stranger.leave(t, "other", false), "a copy": copied, "a trial's": trial} {
		_, err := into(t, file, s.target(), transfer.Options{Replace: true, Copy: true})
		if _, moved := errors.AsType[*transfer.Moved](err); !moved {
			t.Errorf("%s file is let in: %v", name, err)
		}
	}
	r, err := into(t, back, s.target(), transfer.Options{Replace: true, DryRun: true})
	if err != nil || r.Journeys.New != r.File.Journeys || r.Bodies.New != r.File.Bodies || r.File.Journeys == 0 {
		t.Errorf("dry run: %+v, %v", r, err)
	}
}

// copies returns a copy of a store that file was imported into, and what a trial that
// was made of it exported: the store that was copied goes on, and may come back.
func copies(t *testing.T, file []byte) (copied, trial []byte) {
	t.Helper()
	whole, made := side{memory.New(), settings{}}, side{memory.New(), settings{}}
	whole.enter(t, file, transfer.Options{})
	copied = whole.leave(t, "copy", true)
	made.enter(t, copied, transfer.Options{Copy: true})
	return copied, made.leave(t, "trial", false)
}

// clears deletes what an import replaces, and nothing else.
func (s side) clears(t *testing.T) {
	t.Helper()
	before, err := s.store.PlanDocs(t.Context())
	if err != nil || len(before) == 0 {
		t.Fatal(before, err)
	}
	if err := s.store.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := s.store.PlanDocs(t.Context())
	if d := cmp.Diff(before, after); d != "" || err != nil {
		t.Errorf("plans: %v\n%s", err, d)
	}
	ids, _, err := s.store.Find(t.Context(), followup.Query{All: true}, "", 10)
	if n := len(people(t, s.store)); len(ids)+n > 0 || err != nil {
		t.Errorf("there are still %q and %d contacts, %v", ids, n, err)
	}
	if waiting, _, err := s.store.Waiting(t.Context(), "", 10); len(waiting) > 0 || err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%d bodies wait, %v", len(waiting), err)
	}
}
