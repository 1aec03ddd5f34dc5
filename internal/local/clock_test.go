package local_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/local"
)

// machine is a clock that tests set.
type machine struct{ at time.Time }

func (m *machine) now() time.Time { return m.at }

func TestClockOfTheMachineFollowsItToTheNanosecond(t *testing.T) {
	m := &machine{utc("2026-03-01T00:00")}
	c := local.NewClock(m.now, time.Time{}, 0)
	for _, at := range []time.Time{
		m.at.Add(time.Nanosecond), m.at.AddDate(3, 0, 0).Add(7 * time.Nanosecond), m.at.AddDate(40, 0, 0).Add(1),
		m.at.Add(-time.Hour), // set back
	} {
		if m.at = at; !c.Now().Equal(at) {
			t.Errorf("%s when the machine says %s", c.Now(), at)
		}
	}
	if c.Now().Location() != time.UTC {
		t.Errorf("in %s, want UTC", c.Now().Location())
	}
}

func TestClockStartsElsewhereAndRunsFaster(t *testing.T) {
	start := utc("2028-02-29T08:00")
	for speed, want := range map[float64]time.Time{0: start, 0.5: start.Add(30 * time.Minute), 1: start.Add(time.Hour), 3600: start.Add(3600 * time.Hour)} {
		m := &machine{utc("2026-03-01T00:00")}
		c := local.NewClock(m.now, start, speed)
		m.at = m.at.Add(time.Hour)
		if !c.Now().Equal(want) {
			t.Errorf("speed %g: %s after an hour, want %s", speed, c.Now(), want)
		}
	}
}

func TestClockMovedByHand(t *testing.T) {
	m := &machine{utc("2026-03-01T00:00")}
	c := local.NewClock(m.now, utc("2025-07-01T06:00"), 0)
	wait, moved := c.Until(utc("2025-07-01T07:00"))
	if wait != local.Forever {
		t.Errorf("standing still it waits %s, want for ever", wait)
	}
	c.AdvanceTo(utc("2025-07-01T05:00")) // passed: nothing happens
	select {
	case <-moved:
		t.Error("a moment that has passed woke who waits")
	default:
	}
	c.AdvanceTo(utc("2025-07-01T06:30"))
	<-moved
	if want := utc("2025-07-01T06:30"); !c.Now().Equal(want) {
		t.Errorf("%s, want %s", c.Now(), want)
	}
	c.Advance(30 * time.Minute)
	if wait, _ := c.Until(utc("2025-07-01T07:00")); wait != 0 {
		t.Errorf("waits %s for what has come", wait)
	}
}

func TestClockWaitsNeverTooShort(t *testing.T) {
	for _, speed := range []float64{1, 3, 7, 1000, 86400} {
		m := &machine{utc("2026-03-01T00:00")}
		c := local.NewClock(m.now, utc("2025-07-01T06:00"), speed)
		for _, d := range []time.Duration{1, time.Millisecond, time.Hour + 1, 1000*time.Hour + 13} {
			to := c.Now().Add(d)
			wait, _ := c.Until(to)
			if m.at = m.at.Add(wait); c.Now().Before(to) {
				t.Errorf("speed %g: woken %s too early", speed, to.Sub(c.Now()))
			}
			if over := c.Now().Sub(to); over > time.Duration(speed)*2 {
				t.Errorf("speed %g: woken %s too late", speed, over)
			}
		}
	}
}

func TestTurnsKeepTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, ready := local.Turns(4)
		taken := 0
		for range 100 { // ten seconds, asked for ten times a second
			for ready() && take() {
				taken++
			}
			time.Sleep(100 * time.Millisecond)
		}
		if taken < 40 || taken > 42 { // two in reserve, then four a second
			t.Errorf("%d turns in ten seconds at four a second", taken)
		}
		slow, _ := local.Turns(0.01)
		first, second := slow(), slow()
		time.Sleep(101 * time.Second)
		if !first || second || !slow() {
			t.Error("one turn in a hundred seconds is not kept")
		}
		free, _ := local.Turns(0)
		for range 10_000 {
			if !free() {
				t.Fatal("no rate has a limit")
			}
		}
	})
}

// Mails go after their time, but not by a clock under which months pass in
// minutes: whoever tries a plan out wants to read them all.
func TestSweepLeavesATrialAlone(t *testing.T) {
	for name, trial := range map[string]bool{"machine's clock": false, "its own": true} {
		synctest.Test(t, func(t *testing.T) {
			o := options(t.TempDir())
			start := time.Time{}
			if trial {
				start = time.Now()
			}
			o.Clock = local.NewClock(time.Now, start, 1)
			app := open(t, o)
			at := time.Now()
			accept(t, app.Store, at, bought("1", at, "WM-700", "1", "DE", "Europe/Berlin", nil), happened("order.delivered", "1", "delivered", at, nil))
			time.Sleep(4*24*time.Hour + 11*time.Hour)
			drain(t, app.NewLoop())
			before := len(mails(t, app.Store))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			time.Sleep(40 * 24 * time.Hour)
			go func() { done <- app.Sweep(ctx) }()
			time.Sleep(time.Minute)
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if left := len(mails(t, app.Store)); before == 0 || (left == before) != trial {
				t.Errorf("%s: %d mails of the first days, %d of them left after 44 days", name, before, left)
			}
		})
	}
}
