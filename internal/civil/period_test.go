package civil_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
)

func TestParsePeriod(t *testing.T) {
	tests := []struct {
		s    string
		want civil.Period
		text string // canonical, "" if it is s
	}{
		{"P24M", civil.Period{Months: 24}, ""},
		{"P60D", civil.Period{Days: 60}, ""},
		{"P1Y6M", civil.Period{Years: 1, Months: 6}, ""},
		{"P2W", civil.Period{Weeks: 2}, ""},
		{"P1Y2M3W4D", civil.Period{Years: 1, Months: 2, Weeks: 3, Days: 4}, ""},
		{"PT36H", civil.Period{Exact: 36 * time.Hour}, ""},
		{"PT30M", civil.Period{Exact: 30 * time.Minute}, ""},
		{"PT90M", civil.Period{Exact: 90 * time.Minute}, "PT1H30M"},
		{"PT1H2M3S", civil.Period{Exact: time.Hour + 2*time.Minute + 3*time.Second}, ""},
		{"PT5S", civil.Period{Exact: 5 * time.Second}, ""},
		{"-P60D", civil.Period{Days: -60}, ""},
		{"-PT1H30M", civil.Period{Exact: -90 * time.Minute}, ""},
		{"P0D", civil.Period{}, ""},
		{"PT0S", civil.Period{}, "P0D"},
		{"P007D", civil.Period{Days: 7}, "P7D"},
		{"P200Y", civil.Period{Years: 200}, ""},
		{"P2400M", civil.Period{Months: 2400}, ""},
		{"P73050D", civil.Period{Days: 73050}, ""},
		{"PT1753200H", civil.Period{Exact: 73050 * 24 * time.Hour}, ""},
	}
	for _, tt := range tests {
		p, err := civil.ParsePeriod(tt.s)
		if tt.text == "" {
			tt.text = tt.s
		}
		if err != nil || p != tt.want || p.String() != tt.text {
			t.Errorf("ParsePeriod(%q) = %+v (%s), %v, want %+v (%s)", tt.s, p, p, err, tt.want, tt.text)
		}
	}
	if s := (civil.Period{Exact: 1500 * time.Millisecond}).String(); s != "PT1.5S" {
		t.Errorf("a second and a half is %s", s)
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	for _, s := range []string{
		"", "P", "PT", "-", "-P", "--P1D", "24M", "P24", "PM", "P1", "p24m", "P1d", " P1D", "P1D ", "P1.5D", "PT1,5H", "P-1D", "P+1D",
		"P1M1Y", "P1D1W", "P1D1D", "PT1M1H", "P1H", "PT1D", "PT1Y", "24 months", "P1234567890D", "P٣D", "P1DT", "P9999999999999999999999Y",
	} {
		if p, err := civil.ParsePeriod(s); err == nil || !p.IsZero() {
			t.Errorf("ParsePeriod(%q) = %+v, want an error", s, p)
		} else if !strings.Contains(err.Error(), s) || !strings.Contains(err.Error(), "P24M") {
			t.Errorf("ParsePeriod(%q): %v: want the value and an example", s, err)
		}
	}
	for _, s := range []string{"P1DT2H", "P1YT30M", "-P1DT1H", "P0DT0S"} {
		if _, err := civil.ParsePeriod(s); !errors.Is(err, civil.ErrMixed) || !strings.Contains(err.Error(), s) {
			t.Errorf("ParsePeriod(%q): %v, want ErrMixed", s, err)
		}
	}
	for _, s := range []string{
		"P201Y", "P2401M", "P10436W", "P73051D", "P200Y1D", "P100Y1201M", "P999999999Y", "P999999999W", "P999999999Y999999999M999999999W999999999D",
		"PT1753201H", "PT1753200H1S", "PT999999999H", "-P201Y",
	} {
		if p, err := civil.ParsePeriod(s); err == nil || !strings.Contains(err.Error(), "200 years") {
			t.Errorf("ParsePeriod(%q) = %+v, %v, want a bound of 200 years", s, p, err)
		}
	}
}

func TestPeriodKinds(t *testing.T) {
	for s, calendar := range map[string]bool{"P1D": true, "P2W": true, "P1M": true, "P1Y": true, "P0D": true, "PT24H": false, "PT1S": false} {
		if p := period(t, s); p.Calendar() != calendar {
			t.Errorf("%s: calendar %v, want %v", s, p.Calendar(), calendar)
		}
	}
	p := civil.Period{Years: 1, Months: 2, Weeks: 3, Days: 4, Exact: time.Hour}
	if got := p.Times(3); got != (civil.Period{Years: 3, Months: 6, Weeks: 9, Days: 12, Exact: 3 * time.Hour}) {
		t.Errorf("three times %+v is %+v", p, got)
	}
	if got := p.Neg(); got != (civil.Period{Years: -1, Months: -2, Weeks: -3, Days: -4, Exact: -time.Hour}) {
		t.Errorf("%+v backwards is %+v", p, got)
	}
}

func TestPeriodAfter(t *testing.T) {
	tests := []struct{ zone, from, period, want string }{
		// A day is not 24 hours where the clocks change.
		{"Europe/Berlin", "2026-03-28T09:00:00Z", "P1D", "2026-03-29T08:00:00Z"},
		{"Europe/Berlin", "2026-03-28T09:00:00Z", "PT24H", "2026-03-29T09:00:00Z"},
		{"Europe/Berlin", "2026-10-24T08:00:00Z", "P1D", "2026-10-25T09:00:00Z"},
		{"Europe/Berlin", "2026-10-24T08:00:00Z", "PT24H", "2026-10-25T08:00:00Z"},
		// 02:30 does not exist: 03:00.
		{"Europe/Berlin", "2026-03-28T01:30:00Z", "P1D", "2026-03-29T01:00:00Z"},
		// 02:30 twice: the first.
		{"Europe/Berlin", "2026-10-24T00:30:00Z", "P1D", "2026-10-25T00:30:00Z"},
		// The date is that of the zone.
		{"Asia/Tokyo", "2026-01-30T16:00:00Z", "P1M", "2026-02-27T16:00:00Z"},
		{"America/New_York", "2025-09-01T02:00:00Z", "P6M", "2026-03-01T03:00:00Z"},
		{"America/Los_Angeles", "2024-02-29T20:00:00Z", "P24M", "2026-02-28T20:00:00Z"},
		{"Asia/Kathmandu", "2026-06-01T00:00:00Z", "P10Y", "2036-06-01T00:00:00Z"},
		{"Pacific/Apia", "2011-12-29T20:00:00Z", "P1D", "2011-12-30T10:00:00Z"}, // the lost 30th, 10:00 in the morning
		{"Pacific/Apia", "2011-12-29T20:00:00Z", "P2D", "2011-12-30T20:00:00Z"},
		{"Europe/Berlin", "2026-03-29T08:00:00Z", "-P1D", "2026-03-28T09:00:00Z"},
		{"UTC", "2026-03-29T08:00:00.5Z", "PT1H", "2026-03-29T09:00:00.5Z"},
		{"UTC", "2026-03-29T08:00:00.5Z", "P1D", "2026-03-30T08:00:00Z"},
		// No time at all changes nothing, not even in the second of two hours.
		{"Europe/Berlin", "2026-10-25T01:30:00.5Z", "P0D", "2026-10-25T01:30:00.5Z"},
	}
	for _, tt := range tests {
		from := instant(t, tt.from).In(zone(t, "Asia/Kolkata")) // the zone of t itself must not matter
		got := period(t, tt.period).After(from, zone(t, tt.zone))
		if got != instant(t, tt.want) {
			t.Errorf("%s: %s + %s = %s, want %s", tt.zone, tt.from, tt.period, got.Format(time.RFC3339Nano), tt.want)
		}
	}
	if got := period(t, "P1D").After(instant(t, "2026-01-01T10:00:00Z"), nil); got != instant(t, "2026-01-02T10:00:00Z") {
		t.Errorf("without a zone: %s", got)
	}
}

func TestPeriodText(t *testing.T) {
	property(t, func(r *rand.Rand) bool {
		p := civil.Period{Years: r.IntN(40), Months: r.IntN(40), Weeks: r.IntN(40), Days: r.IntN(400)}
		if r.IntN(2) == 0 {
			p = civil.Period{Exact: time.Duration(r.IntN(1e9)) * time.Second}
		}
		if r.IntN(2) == 0 {
			p = p.Neg()
		}
		if got, err := civil.ParsePeriod(p.String()); err != nil || got != p {
			t.Errorf("%+v is written %s, read %+v, %v", p, p, got, err)
		}
		return !t.Failed()
	})
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"P24M", "P1Y2M3W4D", "PT1H2M3S", "-P2W", "P1DT2H", "P999999999Y", "PT", "P1.5D"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := civil.ParsePeriod(s)
		if err != nil {
			return
		}
		if again, err := civil.ParsePeriod(p.String()); err != nil || again != p {
			t.Errorf("%q is %s, read %+v, %v", s, p, again, err)
		}
		from := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		if years := p.After(from, time.UTC).Sub(from).Hours() / 24 / 365; years > 201 || years < -201 {
			t.Errorf("%q is %.1f years", s, years)
		}
	})
}
