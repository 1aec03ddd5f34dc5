package civil_test

import (
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
)

func TestParseWindow(t *testing.T) {
	for s, want := range map[string]civil.Window{
		"08:00-20:00":          {From: 28800, Until: 72000},
		"10:00-18:00 workdays": {From: 36000, Until: 64800, Workdays: true},
		"20:00-08:00":          {From: 72000, Until: 28800},
		"20:00-08:00 workdays": {From: 72000, Until: 28800, Workdays: true},
		"00:00-24:00":          {From: 0, Until: 86400},
		"20:00-24:00":          {From: 72000, Until: 86400},
		"00:00:01-00:00:02":    {From: 1, Until: 2},
	} {
		w, err := civil.ParseWindow(s)
		if err != nil || w != want || w.String() != s {
			t.Errorf("ParseWindow(%q) = %+v (%s), %v, want %+v", s, w, w, err, want)
		}
		if w.Overnight() != strings.HasPrefix(s, "20:00-08:00") {
			t.Errorf("%s: overnight %v", s, w.Overnight())
		}
	}
	if w := window(t, "20:00-00:00"); w.Until != 86400 || w.Overnight() {
		t.Errorf("until 00:00 is %+v, want 24:00", w)
	}
	for _, s := range []string{
		"", "-", "08:00", "08:00-", "-08:00", "8-20", "08:00-08:00", "00:00-00:00", "24:00-08:00", "24:00-24:00", "08:00-24:01", "08:00–20:00",
		"08:00 - 20:00", "08:00-20:00 ", " 08:00-20:00", "08:00-20:00 weekdays", "08:00-20:00  workdays", "08:00-20:00 workdays x", "08:00-12:00-20:00",
		"08:00-20:00workdays", "workdays",
	} {
		if w, err := civil.ParseWindow(s); err == nil || w != (civil.Window{}) {
			t.Errorf("ParseWindow(%q) = %+v, want an error", s, w)
		} else if !strings.Contains(err.Error(), s) || !strings.Contains(err.Error(), ":00-") {
			t.Errorf("ParseWindow(%q): %v: want the value and an example", s, err)
		}
	}
}

func TestThirds(t *testing.T) {
	for s, want := range map[string]string{
		"10:00-18:00":       "10:00 12:40 15:20",
		"09:00-21:00":       "09:00 13:00 17:00",
		"20:00-08:00":       "20:00 00:00 04:00",
		"22:00-04:00":       "22:00 00:00 02:00",
		"18:00-03:00":       "18:00 21:00 00:00",
		"00:00-24:00":       "00:00 08:00 16:00",
		"10:00-10:00:10":    "10:00 10:00:03 10:00:06",
		"23:59:59-00:00:01": "23:59:59 23:59:59 00:00",
	} {
		var got []string
		for _, c := range window(t, s).Thirds() {
			got = append(got, c.String())
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: thirds %s, want %s", s, g, want)
		}
	}
}

// saturdaySunday is a calendar in which Thursday, 31 December 2026, is a holiday.
func saturdaySunday(t testing.TB) civil.Calendar {
	t.Helper()
	return civil.Calendar{
		Weekend:  [7]bool{time.Saturday: true, time.Sunday: true},
		Holidays: map[civil.Date]bool{date(t, "2026-12-31"): true, date(t, "2026-12-30"): false},
	}
}

func TestContains(t *testing.T) {
	cal := saturdaySunday(t)
	tests := []struct {
		window, local string
		want          bool
	}{
		{"08:00-20:00", "2026-03-31T07:59:59", false},
		{"08:00-20:00", "2026-03-31T08:00", true},
		{"08:00-20:00", "2026-03-31T19:59:59", true},
		{"08:00-20:00", "2026-03-31T20:00", false},
		{"08:00-20:00", "2026-03-28T10:00", true}, // Saturday
		{"08:00-20:00 workdays", "2026-03-28T10:00", false},
		{"08:00-20:00 workdays", "2026-03-30T10:00", true},
		{"08:00-20:00 workdays", "2026-12-31T10:00", false},
		{"08:00-20:00 workdays", "2026-12-30T10:00", true},
		{"00:00-24:00", "2026-03-31T00:00", true},
		{"00:00-24:00", "2026-03-31T23:59:59", true},
		{"20:00-08:00", "2026-03-31T19:59:59", false},
		{"20:00-08:00", "2026-03-31T20:00", true},
		{"20:00-08:00", "2026-03-31T00:00", true},
		{"20:00-08:00", "2026-03-31T07:59:59", true},
		{"20:00-08:00", "2026-03-31T08:00", false},
		{"20:00-08:00", "2026-03-31T12:00", false},
		// Friday's night is a workday's to its end on Saturday; Sunday's is none, even on Monday.
		{"20:00-08:00 workdays", "2026-03-27T21:00", true},
		{"20:00-08:00 workdays", "2026-03-28T07:00", true},
		{"20:00-08:00 workdays", "2026-03-28T21:00", false},
		{"20:00-08:00 workdays", "2026-03-29T21:00", false},
		{"20:00-08:00 workdays", "2026-03-30T07:00", false},
		{"20:00-08:00 workdays", "2026-03-30T21:00", true},
	}
	for _, name := range []string{"UTC", "America/New_York", "Asia/Kathmandu"} {
		loc := zone(t, name)
		for _, tt := range tests {
			at := dateTime(t, tt.local).Resolve(loc)
			if got := window(t, tt.window).Contains(at, loc, cal); got != tt.want {
				t.Errorf("%s at %s in %s: %v, want %v", tt.window, tt.local, name, got, tt.want)
			}
		}
	}
	if at := instant(t, "2026-03-31T00:00:00Z"); (civil.Window{}).Contains(at, nil, cal) {
		t.Error("the zero window contains midnight")
	}
	// Both of two equal hours are inside.
	berlin := zone(t, "Europe/Berlin")
	for _, s := range []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"} {
		if !window(t, "02:00-03:00").Contains(instant(t, s), berlin, cal) {
			t.Errorf("%s is 02:30 in Berlin", s)
		}
	}
}

func TestWorkdays(t *testing.T) {
	cal := saturdaySunday(t)
	friday := civil.Calendar{Weekend: [7]bool{time.Friday: true}}
	tests := []struct {
		name            string
		cal             civil.Calendar
		day, next, prev string
		workday         bool
	}{
		{"Monday", cal, "2026-03-30", "2026-03-30", "2026-03-30", true},
		{"Saturday", cal, "2026-03-28", "2026-03-30", "2026-03-27", false},
		{"Sunday", cal, "2026-03-29", "2026-03-30", "2026-03-27", false},
		{"holiday", cal, "2026-12-31", "2027-01-01", "2026-12-30", false},
		{"false is no holiday", cal, "2026-12-30", "2026-12-30", "2026-12-30", true},
		{"Friday in Iran", friday, "2026-03-27", "2026-03-28", "2026-03-26", false},
		{"Saturday in Iran", friday, "2026-03-28", "2026-03-28", "2026-03-28", true},
		{"no weekend", civil.Calendar{}, "2026-03-28", "2026-03-28", "2026-03-28", true},
		{"only weekend", civil.Calendar{Weekend: [7]bool{true, true, true, true, true, true, true}}, "2026-03-28", "2026-03-28", "2026-03-28", false},
	}
	for _, tt := range tests {
		d := date(t, tt.day)
		if got := tt.cal.Workday(d); got != tt.workday {
			t.Errorf("%s: Workday(%s) = %v", tt.name, d, got)
		}
		if got := tt.cal.NextWorkday(d); got != date(t, tt.next) {
			t.Errorf("%s: NextWorkday(%s) = %s, want %s", tt.name, d, got, tt.next)
		}
		if got := tt.cal.PrevWorkday(d); got != date(t, tt.prev) {
			t.Errorf("%s: PrevWorkday(%s) = %s, want %s", tt.name, d, got, tt.prev)
		}
	}
	if date(t, "2026-03-30").Weekday() != time.Monday {
		t.Error("the table's Monday is none")
	}
}

func FuzzParseWindow(f *testing.F) {
	for _, s := range []string{"08:00-20:00", "20:00-08:00 workdays", "00:00-24:00", "20:00-00:00", "08:00-08:00", "24:00-25:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := civil.ParseWindow(s)
		if err != nil {
			return
		}
		if again, err := civil.ParseWindow(w.String()); err != nil || again != w {
			t.Errorf("%q is %s, read %+v, %v", s, w, again, err)
		}
		day := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
		for i, c := range w.Thirds() {
			if at := day.Add(time.Duration(c) * time.Second); !w.Contains(at, time.UTC, civil.Calendar{}) && i == 0 {
				t.Errorf("%q does not contain its start %s", s, c)
			}
		}
	})
}
