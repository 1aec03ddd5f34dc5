// Package storetest says what every [followup.Store] must do: one subtest per
// promise of the interface comments. It also has the fault wrapper that the
// engine is tested with.
package storetest

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aftersales/internal/followup"
)

// Harness is a store under test and what it cannot do.
type Harness struct {
	// Open returns an empty store; it closes it by t.Cleanup.
	Open func(t *testing.T) followup.Store
	// NoTransactions: an element that conflicts may have written what comes
	// before the conflict in the order contacts, rows, events, head, inbox. Such a
	// store still may not write the head of an element that failed.
	NoTransactions bool
	// NoWaiting: the inbox cannot list what waits, because a queue keeps it.
	NoWaiting bool
	// Unsorted: the pages of a query for all come in an order of the store's own,
	// each by id.
	Unsorted bool
	// Large is how many elements a large group has: fewer for a slow server; 0: 250.
	Large int
	// Settle waits until what was written can be found and is due in the indexes
	// of a store whose indexes lag; nil: they never do.
	Settle func()
}

// Run tests a store with transactions.
func Run(t *testing.T, open func(t *testing.T) followup.Store) {
	RunHarness(t, Harness{Open: open})
}

// RunHarness tests the store of h.
func RunHarness(t *testing.T, h Harness) {
	for _, part := range []struct {
		name  string
		tests []promise
	}{
		{"Inbox", inboxPromises},
		{"Save", savePromises},
		{"Conflict", conflictPromises},
		{"Find", findPromises},
		{"Events", eventPromises},
		{"Due", duePromises},
		{"Arm", armPromises},
		{"Finish", finishPromises},
		{"Contacts", contactPromises},
		{"Plans", planPromises},
		{"Values", valuePromises},
		{"Concurrent", concurrentPromises},
		{"Cancelled", cancelPromises},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, p := range part.tests {
				t.Run(p.name, func(t *testing.T) {
					p.test(suite{T: t, Harness: h, s: h.Open(t)})
				})
			}
		})
	}
}

// promise is one sentence about a store, and its test.
type promise struct {
	name string
	test func(u suite)
}

// suite is one empty store under one subtest.
type suite struct {
	*testing.T
	Harness
	s followup.Store
}

// same compares values as they are read with those that were written. Nil and
// empty are the same; times are compared as instants.
func (u suite) same(what string, got, want any) {
	u.Helper()
	bodies := cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 }, cmp.Comparer(bytes.Equal))
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), bodies); d != "" {
		u.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// large is how many elements a large group has.
func (u suite) large() int {
	if u.Large > 0 {
		return u.Large
	}
	return 250
}

// settle lets indexes catch up.
func (u suite) settle() {
	if u.Settle != nil {
		u.Settle()
	}
}

// ok ends the test when a call failed as a whole.
func (u suite) ok(what string, err error) {
	u.Helper()
	if err != nil {
		u.Fatalf("%s: %v", what, err)
	}
}

// saved saves changes and wants every one of them written.
func (u suite) saved(changes ...followup.Change) {
	u.Helper()
	errs, err := u.s.Save(u.Context(), changes)
	u.ok("save", err)
	u.each("save", errs, make([]error, len(changes))...)
}

// save saves and compares the answers per element with errors.Is.
func (u suite) save(changes []followup.Change, want ...error) {
	u.Helper()
	errs, err := u.s.Save(u.Context(), changes)
	u.ok("save", err)
	u.each("save", errs, want...)
}

func (u suite) each(what string, got []error, want ...error) {
	u.Helper()
	if len(got) != len(want) {
		u.Fatalf("%s: %d answers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !cmp.Equal(got[i], want[i], cmpopts.EquateErrors()) {
			u.Errorf("%s: element %d answered %v, want %v", what, i, got[i], want[i])
		}
	}
}

// load returns one journey.
func (u suite) load(id followup.JourneyID) followup.Journey {
	u.Helper()
	js, err := u.s.Journeys(u.Context(), []followup.JourneyID{id})
	u.ok("load journey", err)
	if len(js) != 1 {
		u.Fatalf("load journey: %d answers, want 1", len(js))
	}
	return js[0]
}

// row returns one stored row; it must be there.
func (u suite) row(id followup.FollowUpID) followup.FollowUp {
	u.Helper()
	j := u.load(id.Journey())
	if r := j.Row(id); r != nil {
		return *r
	}
	u.Fatalf("row %s is not there", id)
	return followup.FollowUp{}
}

// contact returns one contact.
func (u suite) contact(id followup.ContactID) followup.Contact {
	u.Helper()
	cs, err := u.s.Contacts(u.Context(), []followup.ContactID{id})
	u.ok("load contact", err)
	if len(cs) != 1 {
		u.Fatalf("load contact: %d answers, want 1", len(cs))
	}
	return cs[0]
}

// pages calls read until its cursor ends and returns all that it gave.
func pages[T any](u suite, limit int, read func(ctx context.Context, after followup.Cursor, limit int) ([]T, followup.Cursor, error)) []T {
	u.Helper()
	var all []T
	var after followup.Cursor
	for range 10_000 {
		got, next, err := read(u.Context(), after, limit)
		u.ok("read page", err)
		if len(got) > limit {
			u.Fatalf("a page of %d has %d", limit, len(got))
		}
		all = append(all, got...)
		if next == "" {
			return all
		}
		if len(got) == 0 && next == after {
			u.Fatal("an empty page leads to itself")
		}
		after = next
	}
	u.Fatal("the pages never end")
	return nil
}
