package civil_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/racing"
)

// perProperty is how many random cases each property gets.
var perProperty = racing.Fewer(100_000, 5_000)

// property runs f with random cases, the same ones each time, until one fails, beside the other properties.
func property(t *testing.T, f func(r *rand.Rand) bool) {
	t.Helper()
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range perProperty {
		if !f(r) {
			t.FailNow()
		}
	}
}

// zoneNames are zones with every kind of change since 1970: by one hour, two, a half, a quarter, a day; at midnight, and
// at other hours; in summer, in winter, twice a year by the moon, once for all, never.
var zoneNames = []string{
	"UTC", "America/New_York", "America/Los_Angeles", "America/Santiago", "America/St_Johns", "America/Sao_Paulo",
	"America/Havana", "America/Asuncion", "America/Caracas", "America/Nuuk", "America/Phoenix",
	"Europe/London", "Europe/Dublin", "Europe/Berlin", "Europe/Istanbul", "Europe/Moscow", "Europe/Volgograd", "Atlantic/Azores",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Juba", "Asia/Tehran", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu",
	"Asia/Kolkata", "Asia/Pyongyang", "Asia/Tokyo", "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe",
	"Australia/Eucla", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Antarctica/Troll",
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := civil.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func zoneList(t testing.TB) (all []*time.Location) {
	t.Helper()
	for _, name := range zoneNames {
		all = append(all, zone(t, name))
	}
	return all
}

func date(t testing.TB, s string) civil.Date {
	t.Helper()
	d, err := civil.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func dateTime(t testing.TB, s string) civil.DateTime {
	t.Helper()
	d, err := civil.ParseDateTime(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func period(t testing.TB, s string) civil.Period {
	t.Helper()
	p, err := civil.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func window(t testing.TB, s string) civil.Window {
	t.Helper()
	w, err := civil.ParseWindow(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// between gives a random instant, whole seconds, of the years from and up to until.
func between(r *rand.Rand, from, until int) time.Time {
	first := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(until+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(first+r.Int64N(last-first), 0).UTC()
}

// nearChange gives a random instant around a zone change of loc, if it has one after a random instant.
func nearChange(r *rand.Rand, loc *time.Location) time.Time {
	at := between(r, 1972, 2036)
	if _, change := at.In(loc).ZoneBounds(); !change.IsZero() {
		return change.Add(time.Duration(r.IntN(4*3600)-2*3600) * time.Second).UTC()
	}
	return at
}
