package civil_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
)

func TestParseDateTime(t *testing.T) {
	for s, want := range map[string]string{
		"2026-03-31T10:00":    "2026-03-31T10:00:00",
		"2026-03-31T10:00:05": "2026-03-31T10:00:05",
		"2026-03-31T00:00":    "2026-03-31T00:00:00",
		"2026-03-31T23:59:59": "2026-03-31T23:59:59",
	} {
		if d, err := civil.ParseDateTime(s); err != nil || d.String() != want {
			t.Errorf("ParseDateTime(%q) = %s, %v, want %s", s, d, err, want)
		}
	}
	for _, s := range []string{
		"", "2026-03-31", "2026-03-31T", "2026-03-31 10:00", "2026-03-31T24:00", "2026-03-31T10:00Z", "2026-03-31T10:00:00Z",
		"2026-03-31T10:00:00+01:00", "2026-02-30T10:00", "2026-03-31T1:00", "T10:00", "2026-03-31t10:00",
	} {
		if d, err := civil.ParseDateTime(s); err == nil || !d.IsZero() || !strings.Contains(err.Error(), s) {
			t.Errorf("ParseDateTime(%q) = %v, %v, want an error with the value", s, d, err)
		}
	}
}

func TestDateTimeAdd(t *testing.T) {
	d := dateTime(t, "2026-01-31T02:30")
	if got := d.Add(period(t, "P1M")); got != dateTime(t, "2026-02-28T02:30") {
		t.Errorf("a month later: %s", got)
	}
	if got := d.Add(period(t, "PT1H")); got != d {
		t.Errorf("an exact hour is no calendar unit: %s", got)
	}
}

func TestDateTimeCompare(t *testing.T) {
	a, b, c := dateTime(t, "2026-01-31T02:30"), dateTime(t, "2026-01-31T02:31"), dateTime(t, "2026-02-01T00:00")
	if a.Compare(b) != -1 || b.Compare(c) != -1 || c.Compare(a) != 1 || a.Compare(a) != 0 {
		t.Errorf("%d %d %d %d", a.Compare(b), b.Compare(c), c.Compare(a), a.Compare(a))
	}
}

func TestDateTimeOf(t *testing.T) {
	at := instant(t, "1969-12-31T23:59:59.999Z")
	for _, tt := range []struct {
		loc  *time.Location
		want string
	}{
		{nil, "1969-12-31T23:59:59"},
		{time.UTC, "1969-12-31T23:59:59"},
		{zone(t, "Asia/Kolkata"), "1970-01-01T05:29:59"},
		{zone(t, "America/New_York"), "1969-12-31T18:59:59"},
	} {
		if got := civil.DateTimeOf(at, tt.loc); got.String() != tt.want {
			t.Errorf("in %s: %s, want %s", tt.loc, got, tt.want)
		}
	}
	if got := civil.DateTimeOf(time.Time{}, time.UTC); !got.IsZero() || got.String() != "" || !got.Resolve(time.UTC).IsZero() {
		t.Errorf("the zero time is %s", got)
	}
}

// TestRoundTrip: what a wall clock shows at an instant resolves to it, or to an hour that looks the same and was before.
func TestRoundTrip(t *testing.T) {
	zones := zoneList(t)
	property(t, func(r *rand.Rand) bool {
		loc := zones[r.IntN(len(zones))]
		at := nearChange(r, loc)
		shown := civil.DateTimeOf(at, loc)
		hour, minute, sec := at.In(loc).Clock()
		if want := civil.DateOf(at.In(loc)).At(civil.Clock(hour*3600 + minute*60 + sec)); shown != want {
			t.Errorf("%s: %s shows %s, want %s", loc, at, shown, want)
		}
		got := shown.Resolve(loc)
		_, off := at.In(loc).Zone()
		_, offGot := got.In(loc).Zone()
		if got.After(at) || (got != at && at.Sub(got) != time.Duration(offGot-off)*time.Second) {
			t.Errorf("%s: %s shows %s, which is resolved to %s", loc, at, shown, got)
		}
		return !t.Failed()
	})
}

// TestResolveIsTheFirst: a second before, every clock of the zone was still behind; at it, none is.
func TestResolveIsTheFirst(t *testing.T) {
	zones := zoneList(t)
	property(t, func(r *rand.Rand) bool {
		loc := zones[r.IntN(len(zones))]
		near := civil.DateTimeOf(nearChange(r, loc), loc)
		d := civil.DateTime{Date: near.Date, Clock: civil.Clock(r.IntN(86400))}
		got := d.Resolve(loc)
		if got.Location() != time.UTC {
			t.Errorf("%s: %s is resolved in %s", loc, d, got.Location())
		}
		if shown := civil.DateTimeOf(got, loc); shown != d { // a gap: it ends here
			start, _ := got.In(loc).ZoneBounds()
			if !start.Equal(got) || shown.Compare(d) < 0 || civil.DateTimeOf(got.Add(-time.Second), loc).Compare(d) >= 0 {
				t.Errorf("%s: %s is resolved to %s, which shows %s", loc, d, got, shown)
			}
		}
		for _, hours := range []int{-24, -3, 3, 24} { // whichever offset holds around it
			_, off := got.Add(time.Duration(hours) * time.Hour).In(loc).Zone()
			other := d.Resolve(time.UTC).Add(-time.Duration(off) * time.Second)
			if civil.DateTimeOf(other, loc) == d && other.Before(got) {
				t.Errorf("%s: %s is resolved to %s, but occurs at %s", loc, d, got, other)
			}
		}
		return !t.Failed()
	})
}

func TestResolveKeepsTheOrder(t *testing.T) {
	zones := zoneList(t)
	property(t, func(r *rand.Rand) bool {
		loc := zones[r.IntN(len(zones))]
		a := civil.DateTimeOf(nearChange(r, loc), loc)
		b := civil.DateTime{Date: a.Date.AddDays(r.IntN(3) - 1), Clock: civil.Clock(r.IntN(86400))}
		if c := a.Resolve(loc).Compare(b.Resolve(loc)); c*a.Compare(b) < 0 {
			t.Errorf("%s: %s and %s resolve to %s and %s", loc, a, b, a.Resolve(loc), b.Resolve(loc))
		}
		return !t.Failed()
	})
}

// What is written without fmt is what fmt would write, also of values that are no dates and clocks.
func TestWrittenAsByFmt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range perProperty {
		small, odd := func(n int) int { return r.IntN(n) }, func(n int) int { return r.IntN(3*n) - n }
		part := small
		if r.IntN(2) == 0 {
			part = odd
		}
		d := civil.DateTime{
			Date:  civil.Date{Year: part(10_001), Month: time.Month(part(101)), Day: part(101)},
			Clock: civil.Clock(part(86_402)),
		}
		h, m, s := d.Clock/3600, d.Clock/60%60, d.Clock%60
		date, clock := fmt.Sprintf("%04d-%02d-%02d", d.Date.Year, int(d.Date.Month), d.Date.Day), fmt.Sprintf("%02d:%02d", h, m)
		if s != 0 {
			clock += fmt.Sprintf(":%02d", s)
		}
		if got := d.Date.String() + " " + d.Clock.String(); got != date+" "+clock && !d.IsZero() {
			t.Fatalf("wrote %s, want %s %s", got, date, clock)
		}
		if got, want := d.String(), fmt.Sprintf("%sT%02d:%02d:%02d", date, h, m, s); got != want && !d.IsZero() {
			t.Fatalf("wrote %s, want %s", got, want)
		}
	}
}
