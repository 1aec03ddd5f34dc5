// Package demotest lives the demo's three years in two forms of the product and
// compares what they end with, byte for byte.
package demotest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/demo"
	"aftersales/internal/followup"
)

// Equal fails unless the form that open makes ends as the single binary does:
// facts, states, due times, decisions, contacts and the bodies of all mails.
func Equal(t *testing.T, o demo.Options, open func(ctx context.Context, s demo.Start) (demo.Form, error)) {
	t.Helper()
	o.RealNow, o.PublicURL = time.Now, "https://nordlight.example"
	want := live(t, o)
	o.Open = open
	got := live(t, o)
	if len(want) < 500 {
		t.Fatalf("the single binary ended with %d lines only", len(want))
	}
	differ(t, want, got)
}

// live lives the years and returns how they ended, a line each.
func live(t *testing.T, o demo.Options) []string {
	t.Helper()
	var mails []string
	o.Sent = func(at time.Time, m followup.Message) {
		m.Attempt = "" // names of attempts are given out as calls happen to begin
		mails = append(mails, "mail "+at.Format(time.RFC3339Nano)+" "+text(t, m))
	}
	start := time.Now()
	w, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	t.Logf("three years of %d orders and %d mails took %s", w.Result.Orders, len(mails), time.Since(start).Round(time.Millisecond))
	slices.Sort(mails)
	lines := append(journeys(t, w.Form().Store()), mails...)
	return append(lines, "result "+text(t, w.Result))
}

// journeys returns every journey, its rows and its contact.
func journeys(t *testing.T, store followup.Store) []string {
	t.Helper()
	var lines []string
	for after := followup.Cursor(""); ; {
		ids, next, err := store.Find(t.Context(), followup.Query{All: true}, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		js, err := store.Journeys(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		for i := range js {
			lines = append(lines, journey(t, store, &js[i])...)
		}
		if after = next; next == "" {
			slices.Sort(lines)
			return lines
		}
	}
}

func journey(t *testing.T, store followup.Store, j *followup.Journey) []string {
	lines := []string{"head " + string(j.ID) + " " + text(t, j.Head)}
	for _, row := range j.Rows {
		// What differs by nature: names of attempts, numbers of the channel, how often
		// a row was written.
		row.Attempt, row.Provider, row.Version, row.Receives = "", "", 0, 0
		lines = append(lines, "row "+string(row.ID)+" "+text(t, row))
	}
	contacts, err := store.Contacts(t.Context(), []followup.ContactID{j.Head.Contact})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contacts {
		c.Version = 0
		lines = append(lines, "contact "+text(t, c))
	}
	return lines
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// differ reports the first lines that only one form has.
func differ(t *testing.T, want, got []string) {
	t.Helper()
	const shown = 6
	for side, lines := range map[string][2][]string{"only the single binary has": {want, got}, "only the other form has": {got, want}} {
		other := map[string]int{}
		for _, l := range lines[1] {
			other[l]++
		}
		n := 0
		var b strings.Builder
		for _, l := range lines[0] {
			if other[l]--; other[l] < 0 {
				if n++; n <= shown {
					fmt.Fprintf(&b, "\n%s", l)
				}
			}
		}
		if n > 0 {
			t.Errorf("%s %d of %d lines, the first are:%s", side, n, len(lines[0]), b.String())
		}
	}
}
