package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/racing"
	"aftersales/internal/setup"
)

// life is what happens to one order, by when; in between everything due is looked
// at. Each act may be repeated.
var life = []struct{ when, body string }{
	{"2026-03-02T08:15:02Z", "order.created"},
	{"2026-03-02T08:16:01Z", "order.paid"},
	{"2026-03-03T15:00:03Z", "order.fulfilled"},
	{"2026-03-05T11:42:01Z", "order.delivered"},
	{"2026-03-07T09:00:00Z", "unit.registered"},
	{"2029-01-01T00:00:00Z", ""},
}

// live lives the order's life from act n on, and returns the act that failed.
func live(ctx context.Context, s *dynamotest.Shop, n int) (int, error) {
	for ; n < len(life); n++ {
		now, err := time.Parse(time.RFC3339, life[n].when)
		if err != nil {
			return n, err
		}
		if err := s.Run(ctx, now); err != nil {
			return n, err
		}
		if life[n].body == "" {
			continue
		}
		in, err := dynamotest.Body(life[n].body, now)
		if err != nil {
			return n, err
		}
		if err := s.Accept(ctx, in); err != nil {
			return n, err
		}
		if err := s.EnrollBody(ctx, in.InboxKey); err != nil {
			return n, err
		}
	}
	return n, nil
}

// world is what outlives a process.
type world struct {
	table dynamotest.Memory
	stand dynamotest.Stand
	now   time.Time
}

func newWorld(files *setup.Setup) *world {
	return &world{stand: dynamotest.Stand{Setup: files, Mail: &mailbox.Memory{}}}
}

func files(t *testing.T) *setup.Setup {
	t.Helper()
	f, err := dynamotest.Files()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lives goes on until the end, a new process after each death.
func (w *world) lives(t *testing.T, deaths ...*dynamotest.Mortal) {
	t.Helper()
	at := 0
	for n := 0; ; n++ {
		var api dynamo.API = &w.table
		if n < len(deaths) {
			deaths[n].API = &w.table
			api = deaths[n]
		}
		s, err := w.stand.Open(t.Context(), dynamo.New(api, tables, settings()))
		if err == nil {
			s.Now = w.now
			at, err = live(t.Context(), s, at)
			w.now = s.Now
		}
		switch {
		case err == nil:
			return
		case n >= len(deaths) || !errors.Is(err, dynamotest.ErrDead):
			t.Fatalf("life %d: %v", n, err)
		}
	}
}

// end says how it all ended: facts, rows, mails.
func (w *world) end(t *testing.T) string {
	t.Helper()
	s := dynamo.New(&w.table, tables, settings())
	js, err := s.Journeys(t.Context(), []followup.JourneyID{"main/1001"})
	if err != nil {
		t.Fatal(err)
	}
	j := js[0]
	var out []string
	for _, r := range j.Rows {
		out = append(out, fmt.Sprintf("%s %s %s next %v", r.ID, r.State, r.Due, r.Next))
	}
	cs, err := s.Contacts(t.Context(), []followup.ContactID{j.Head.Contact})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range cs[0].Sends {
		out = append(out, fmt.Sprintf("send %s %s", p.FollowUp, p.Class))
	}
	mails, _, err := w.stand.Mail.Mail(t.Context(), 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		out = append(out, fmt.Sprintf("mail %s", m.FollowUp))
	}
	slices.Sort(out)
	events, _, err := s.Events(t.Context(), j.ID, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d events, seen %d, contact %v, %d units\n%s", len(events), j.Head.Seen, len(cs[0].Fields), len(j.Head.Facts.Units), strings.Join(out, "\n"))
}

// TestADeathAfterAnyWriteChangesNothing kills the process after, and within, each
// single write of an order's life, and lets another one go on.
func TestADeathAfterAnyWriteChangesNothing(t *testing.T) {
	t.Parallel()
	f := files(t)
	whole := newWorld(f)
	whole.lives(t)
	want, writes := whole.end(t), whole.table.Writes()
	if writes < 45 || !strings.Contains(want, "mail main/1001/warranty-ending/-/P60D") {
		t.Fatalf("%d writes end as\n%s", writes, want)
	}
	for k := 1; k < writes; k += racing.Fewer(1, 7) {
		for _, into := range []bool{false, true} {
			w := newWorld(f)
			w.lives(t, &dynamotest.Mortal{After: k, Into: into})
			if got := w.end(t); got != want {
				t.Errorf("dead after write %d (into %t):\n%s\nwant\n%s", k, into, got, want)
			}
		}
	}
}

// TestDeathAfterDeath kills one process after the other, each after a few writes.
func TestDeathAfterDeath(t *testing.T) {
	t.Parallel()
	f := files(t)
	whole := newWorld(f)
	whole.lives(t)
	want := whole.end(t)
	for _, few := range []int{3, 8, 5, 2, 1}[:racing.Fewer(5, 2)] {
		w := newWorld(f)
		var deaths []*dynamotest.Mortal
		for range 400 {
			deaths = append(deaths, &dynamotest.Mortal{After: few, Into: few%2 == 0})
		}
		w.lives(t, append(deaths, &dynamotest.Mortal{After: math.MaxInt})...)
		if got := w.end(t); got != want {
			t.Errorf("dead after each %d writes:\n%s\nwant\n%s", few, got, want)
		}
	}
}
