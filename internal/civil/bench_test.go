package civil_test

import (
	"testing"

	"aftersales/internal/civil"
)

// Each of these runs several times for every planned follow-up. None may allocate: TestNoAllocations.

func BenchmarkResolve(b *testing.B) {
	loc, d := zone(b, "Europe/Berlin"), dateTime(b, "2027-05-31T10:00")
	for b.Loop() {
		d.Resolve(loc)
	}
}

func BenchmarkResolveInAGap(b *testing.B) {
	loc, d := zone(b, "Europe/Berlin"), dateTime(b, "2027-03-28T02:30")
	for b.Loop() {
		d.Resolve(loc)
	}
}

func BenchmarkPeriodAfter(b *testing.B) {
	loc, p, from := zone(b, "Europe/Berlin"), period(b, "P24M"), instant(b, "2026-03-31T08:00:00Z")
	for b.Loop() {
		p.After(from, loc)
	}
}

func BenchmarkNextOpen(b *testing.B) {
	h, from, limit := hours(b, "08:00-20:00,10:00-18:00 workdays", "Europe/Berlin"), instant(b, "2026-03-31T10:00:00Z"), instant(b, farAway)
	for b.Loop() {
		h.Next(from, limit)
	}
}

func BenchmarkNextClosed(b *testing.B) {
	h, from, limit := hours(b, "08:00-20:00,10:00-18:00 workdays", "Europe/Berlin"), instant(b, "2026-03-27T22:00:00Z"), instant(b, farAway)
	for b.Loop() {
		h.Next(from, limit)
	}
}

func BenchmarkNextInThreeZones(b *testing.B) {
	h := hours(b, "08:00-20:00", "America/New_York America/Chicago America/Los_Angeles")
	from, limit := instant(b, "2026-03-28T03:00:00Z"), instant(b, farAway)
	for b.Loop() {
		h.Next(from, limit)
	}
}

func BenchmarkNextAt(b *testing.B) {
	h, from, limit := hours(b, "08:00-20:00", "Europe/Berlin"), instant(b, "2026-03-27T22:00:00Z"), instant(b, farAway)
	for b.Loop() {
		h.NextAt(from, 36000, limit)
	}
}

func BenchmarkZone(b *testing.B) {
	for b.Loop() {
		if _, err := civil.Zone("Europe/Berlin"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	h := hours(t, "08:00-20:00,10:00-18:00 workdays", "America/New_York America/Los_Angeles")
	from, limit, p := instant(t, "2026-03-28T03:00:00Z"), instant(t, farAway), period(t, "P24M")
	for name, f := range map[string]func(){
		"Next":    func() { h.Next(from, limit) },
		"NextAt":  func() { h.NextAt(from, 50400, limit) },
		"After":   func() { p.After(from, h.Zones[0]) },
		"Resolve": func() { civil.DateTimeOf(from, h.Zones[0]).Resolve(h.Zones[1]) },
		"Zone":    func() { zone(t, "Europe/Berlin") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %.0f times", name, n)
		}
	}
}

// BenchmarkWrite writes what stands in each decision: a moment and a period.
func BenchmarkWrite(b *testing.B) {
	d, p := dateTime(b, "2027-05-31T10:00"), period(b, "P24M")
	b.ReportAllocs()
	for b.Loop() {
		if d.String() == "" || p.String() == "" || d.Clock.String() == "" {
			b.Fatal("nothing was written")
		}
	}
}
