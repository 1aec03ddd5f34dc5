package followup_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// walked counts business hours a minute at a time.
func walked(r *followup.Rules, t time.Time) time.Time {
	h, left := r.BusinessHours(), r.Shop.ReplyWithin.Exact
	for limit := t.AddDate(0, 0, 60); left > 0; {
		open, ok := h.Next(t, limit)
		if !ok {
			return t.Add(left)
		}
		for t = open; left > 0 && h.Open(t); t, left = t.Add(time.Minute), left-time.Minute {
		}
	}
	return t
}

// TestReplyDueInNightsOfClockChanges compares with a walk, in windows that a
// clock change falls into, at their edges, and by day.
func TestReplyDueInNightsOfClockChanges(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran"} {
		for _, window := range []string{"09:00-17:00 workdays", "00:00-24:00", "02:30-03:30", "00:00-02:30", "01:00-02:00", "20:00-04:00", "22:00-02:30"} {
			w, err := civil.ParseWindow(window)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range []time.Time{utc("2026-03-08T00:00"), utc("2026-03-29T00:00"), utc("2026-10-25T00:00"), utc("2026-11-01T00:00"), utc("2026-04-04T12:00"), utc("2026-07-01T00:00")} {
				r := &followup.Rules{Shop: &followup.Shop{Zone: zone, Country: "DE", BusinessHours: w}}
				r.Shop.ReplyWithin.Exact = time.Duration(1+dice.IntN(900)) * time.Minute
				from := change.Add(time.Duration(dice.IntN(48*60)-24*60) * time.Minute)
				if got, want := r.ReplyDue(from), walked(r, from); !got.Equal(want) {
					t.Errorf("%s %s, %s from %s: %s, want %s", zone, window, r.Shop.ReplyWithin.Exact, from, got, want)
				}
			}
		}
	}
}

func utc(s string) time.Time {
	at, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return at
}
