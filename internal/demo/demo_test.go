package demo_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aftersales/internal/demo"
	"aftersales/internal/followup"
	"aftersales/internal/racing"
)

func run(t *testing.T, seed uint64) (*demo.World, string) {
	t.Helper()
	w, err := demo.Run(t.Context(), demo.Options{Seed: seed, RealNow: time.Now, PublicURL: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	if err := w.Result.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	return w, out.String()
}

func TestSameSeedSameBytes(t *testing.T) {
	w, first := run(t, 1)
	for range racing.Fewer(1, 0) { // what comes out is not the race detector's
		if _, again := run(t, 1); first != again {
			t.Errorf("two runs differ:\n%s\n%s", first, again)
		}
	}
	r := w.Result
	if r.Orders != 200 || r.Duplicates != 0 || r.OutOfHours != 0 || r.AfterCancel != 0 || r.Sent < 500 {
		t.Errorf("result %+v", r)
	}
	inOrder(t, w)
	var screen bytes.Buffer
	if err := w.Screen(t.Context(), &screen); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + screen.String() + first)
	lines := strings.Split(strings.TrimSuffix(screen.String(), "\n"), "\n")
	if len(lines) > 18 {
		t.Errorf("the screen has %d lines, want at most 18: five more say where to click", len(lines))
	}
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > 80 || strings.Contains(l, "…") {
			t.Errorf("%d columns, or cut: %s", n, l)
		}
	}
	for _, want := range []string{
		"Atlantic/Reykjavik:", "10:00  set-up help        a day after delivery", "call 1, no answer  4 days after delivery, off Saturday",
		"call 3, no answer  at another time of day", "check-in mail      a mail instead: no answer 3 times",
		"family: problem    case 1042-1 is open, the review waits", "review request     waited until the case was solved",
		"asked again        3 days after the case was closed", "family: works      won back",
		"warranty reminder  60 days before its end, not the hoses", " mails sent, ", "held ", "moved ", "skipped ", "voided ", "Sent twice 0, out of hours 0, after a cancellation 0.",
	} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the screen does not say %q", want)
		}
	}
}

// published is the order of Shopify's examples, whose parcels hold lines that
// none of the examples states.
const published followup.JourneyID = "main/450789469"

// inOrder holds that what a visitor finds is a shop in order: no promise of years ago is broken,
// and no event of its stores names what an order does not have.
func inOrder(t *testing.T, w *demo.World) {
	t.Helper()
	cases, err := w.App.Engine.OpenCases(t.Context(), w.App.Clock.Now(), true)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, c := range cases {
		if c.Overdue {
			t.Errorf("case %s (%s) is overdue since %s", c.ID, c.Reason, c.Due)
		}
		if c.Reason == "data-request" {
			asked++
		}
	}
	if asked == 0 {
		t.Error("nobody asked for their data")
	}
	for after := followup.Cursor(""); ; {
		orders, next, err := w.App.Engine.Orders(t.Context(), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range orders {
			story, err := w.App.Engine.Story(t.Context(), w.App.Clock.Now(), o.Journey)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range story.Order.Faults {
				if o.Journey == published {
					continue
				}
				t.Errorf("order %s: %s", o.Journey, f)
			}
		}
		if next == "" {
			return
		}
		after = next
	}
}
