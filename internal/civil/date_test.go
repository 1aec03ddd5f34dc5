package civil_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
)

func TestParseDate(t *testing.T) {
	for _, s := range []string{"2026-03-31", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"} {
		d, err := civil.ParseDate(s)
		if err != nil || d.String() != s || !d.Valid() {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
	for _, s := range []string{
		"", "2026-02-29", "1900-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "0000-01-01",
		"2026-1-01", "26-01-01", "20260101", "2026/01/01", "2026-01-01T", " 2026-01-01", "2026-01-0x", "2026-0x-01", "2o26-01-01", "+026-01-01", "２026-01-01", "12026-01-01",
	} {
		if d, err := civil.ParseDate(s); err == nil || !d.IsZero() {
			t.Errorf("ParseDate(%q) = %v, want an error", s, d)
		} else if !strings.Contains(err.Error(), s) || !strings.Contains(err.Error(), "20") {
			t.Errorf("ParseDate(%q): %v: want the value and an example", s, err)
		}
	}
}

func TestDateAdd(t *testing.T) {
	tests := []struct{ from, period, want string }{
		// Month ends.
		{"2025-08-31", "P6M", "2026-02-28"},
		{"2023-08-31", "P6M", "2024-02-29"},
		{"2026-01-31", "P1M", "2026-02-28"},
		{"2024-01-31", "P1M", "2024-02-29"},
		{"2026-01-30", "P1M", "2026-02-28"},
		{"2026-01-28", "P1M", "2026-02-28"},
		{"2026-03-31", "P1M", "2026-04-30"},
		{"2026-10-31", "P1M", "2026-11-30"},
		{"2026-02-28", "P1M", "2026-03-28"},
		{"2026-04-30", "P1M", "2026-05-30"},
		{"2026-01-31", "P2M", "2026-03-31"},
		{"2026-12-31", "P2M", "2027-02-28"},
		{"2026-12-31", "P24M", "2028-12-31"},
		{"2026-11-15", "P1M", "2026-12-15"},
		{"2026-12-15", "P1M", "2027-01-15"},
		// Leap days.
		{"2024-02-29", "P24M", "2026-02-28"},
		{"2024-02-29", "P2Y", "2026-02-28"},
		{"2024-02-29", "P4Y", "2028-02-29"},
		{"2096-02-29", "P4Y", "2100-02-28"},
		{"2096-02-29", "P8Y", "2104-02-29"},
		{"2024-02-29", "P1Y", "2025-02-28"},
		{"2023-02-28", "P1Y", "2024-02-28"},
		{"2024-02-28", "P1D", "2024-02-29"},
		{"2026-02-28", "P1D", "2026-03-01"},
		{"2024-02-29", "P365D", "2025-02-28"},
		{"2023-03-01", "P366D", "2024-03-01"},
		// Years and months are one step: 29 February + 1 year is 28, + 1 month from there would be 28 March.
		{"2024-02-29", "P1Y1M", "2025-03-29"},
		{"2024-01-31", "P1Y1M", "2025-02-28"},
		// Days come after months.
		{"2026-01-31", "P1M1D", "2026-03-01"},
		{"2026-01-31", "P1Y6M2W3D", "2027-08-17"},
		{"2026-12-31", "P1W", "2027-01-07"},
		{"2026-01-01", "P60D", "2026-03-02"},
		{"2026-03-29", "PT36H", "2026-03-29"}, // exact parts are not the calendar's
		// Backwards.
		{"2026-03-31", "-P1M", "2026-02-28"},
		{"2024-03-31", "-P1M", "2024-02-29"},
		{"2024-02-29", "-P1Y", "2023-02-28"},
		{"2026-01-15", "-P1M", "2025-12-15"},
		{"2026-01-15", "-P13M", "2024-12-15"},
		{"2026-03-01", "-P1D", "2026-02-28"},
		{"2026-01-01", "-P1D", "2025-12-31"},
		{"2026-03-31", "-P1M1D", "2026-02-27"},
		{"2026-08-20", "P0D", "2026-08-20"},
	}
	for _, tt := range tests {
		if got := date(t, tt.from).Add(period(t, tt.period)); got.String() != tt.want {
			t.Errorf("%s + %s = %s, want %s", tt.from, tt.period, got, tt.want)
		}
	}
}

func TestZeroDate(t *testing.T) {
	var zero civil.Date
	if !zero.IsZero() || zero.Valid() || zero.String() != "" || !zero.Before(date(t, "0001-01-01")) {
		t.Errorf("zero date: %v %v %q", zero.IsZero(), zero.Valid(), zero)
	}
	if zero.AddDays(7) != zero || zero.AddMonths(7) != zero || zero.Add(civil.Period{Years: 1}) != zero {
		t.Error("the zero date does not stay zero")
	}
	if !zero.At(36000).IsZero() || !zero.At(36000).Resolve(time.UTC).IsZero() || civil.DateOf(time.Time{}) != zero {
		t.Error("no date gives a moment")
	}
	if (civil.Date{Year: 2026, Month: 0, Day: 1}).Valid() || (civil.Date{Year: 10000, Month: 1, Day: 1}).Valid() {
		t.Error("month 0 or year 10000 is valid")
	}
}

func TestDateOfIsInTheTimesOwnZone(t *testing.T) {
	at := instant(t, "2026-12-31T23:30:00Z")
	if got := civil.DateOf(at.In(zone(t, "Asia/Tokyo"))); got != date(t, "2027-01-01") {
		t.Errorf("in Tokyo it is %s", got)
	}
	if got := civil.DateOf(at); got != date(t, "2026-12-31") {
		t.Errorf("in UTC it is %s", got)
	}
}

func TestDateText(t *testing.T) {
	type row struct {
		D  civil.Date
		DT civil.DateTime
		C  civil.Clock
		P  civil.Period
		W  civil.Window
	}
	for _, want := range []string{
		`{"D":"2026-03-31","DT":"2026-03-31T00:00:00","C":"10:00","P":"P24M","W":"20:00-08:00 workdays"}`,
		`{"D":"","DT":"","C":"24:00","P":"P0D","W":"00:00-24:00"}`,
	} {
		r := row{D: civil.Date{Year: 1, Month: 1, Day: 1}, DT: civil.DateTime{Clock: 1}}
		if err := json.Unmarshal([]byte(want), &r); err != nil {
			t.Errorf("read %s: %v", want, err)
		}
		if got, err := json.Marshal(r); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	for _, bad := range []json.Marshaler{
		text{civil.Date{Year: 2026, Month: 2, Day: 30}},
		text{civil.Date{Year: 10000, Month: 1, Day: 1}},
		text{civil.DateTime{Date: civil.Date{Year: 2026, Month: 2, Day: 30}}},
		text{civil.DateTime{Date: date(t, "2026-02-28"), Clock: 86400}},
		text{civil.DateTime{Date: date(t, "2026-02-28"), Clock: -1}},
		text{civil.Clock(-1)},
		text{civil.Clock(86401)},
		text{civil.Window{}},
		text{civil.Window{From: 1, Until: 86401}},
		text{civil.Period{Days: 1, Exact: time.Hour}},
		text{civil.Period{Years: 1, Months: -1}},
		text{civil.Period{Years: 201}},
		text{civil.Period{Exact: time.Millisecond}},
	} {
		if got, err := json.Marshal(bad); err == nil {
			t.Errorf("%+v is written as %s, want an error", bad, got)
		}
	}
	for _, bad := range []string{`{"D":"x"}`, `{"DT":"2026-03-31"}`, `{"C":""}`, `{"P":""}`, `{"W":""}`} {
		if err := json.Unmarshal([]byte(bad), &row{}); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// text makes the elements of one table out of types that only share MarshalText.
type text struct {
	v interface{ MarshalText() ([]byte, error) }
}

func (x text) MarshalJSON() ([]byte, error) {
	if _, err := x.v.MarshalText(); err != nil {
		return nil, err
	}
	return []byte(`"written"`), nil
}

// TestDatesAgreeWithTime compares with package time, which goes another way.
func TestDatesAgreeWithTime(t *testing.T) {
	property(t, func(r *rand.Rand) bool {
		at := between(r, 1, 9000)
		n := r.IntN(200_000) - 100_000
		d, want := civil.DateOf(at), at.AddDate(0, 0, n)
		e := d.AddDays(n)
		switch {
		case e != civil.DateOf(want):
			t.Errorf("%s + %d days = %s, want %s", d, n, e, want)
		case d.DaysUntil(e) != n || e.DaysUntil(d) != -n:
			t.Errorf("%s until %s: %d, want %d", d, e, d.DaysUntil(e), n)
		case e.Weekday() != want.Weekday():
			t.Errorf("%s is a %s, want %s", e, e.Weekday(), want.Weekday())
		case d.Compare(e) != at.Compare(want) || d.Before(e) != (n > 0) || d.After(e) != (n < 0):
			t.Errorf("%s compared with %s: %d", d, e, d.Compare(e))
		case want.Year() >= 1 && (!e.Valid() || date(t, e.String()) != e):
			t.Errorf("%s is not valid", e)
		}
		return !t.Failed()
	})
}

// TestMonthsKeepTheDay checks the end-of-month rule by what it says.
func TestMonthsKeepTheDay(t *testing.T) {
	property(t, func(r *rand.Rand) bool {
		d := civil.DateOf(between(r, 300, 9700))
		p := civil.Period{Years: r.IntN(400) - 200, Months: r.IntN(400) - 200}
		e := d.Add(p)
		months := (e.Year-d.Year)*12 + int(e.Month) - int(d.Month)
		last := e.AddDays(1).Month != e.Month
		if months != 12*p.Years+p.Months || e.Day > d.Day || (e.Day < d.Day && !last) || !e.Valid() {
			t.Errorf("%s + %+v = %s", d, p, e)
		}
		return !t.Failed()
	})
}

func TestInvalidDatesCountOn(t *testing.T) {
	for _, tt := range []struct {
		d    civil.Date
		want string
	}{
		{civil.Date{Year: 2026, Month: 2, Day: 30}, "2026-03-03"},
		{civil.Date{Year: 2026, Month: 13, Day: 1}, "2027-01-02"},
		{civil.Date{Year: 2026, Month: 0, Day: 1}, "2025-12-02"},
	} {
		if got := tt.d.AddDays(1); got.String() != tt.want {
			t.Errorf("%+v + 1 day = %s, want %s", tt.d, got, tt.want)
		}
	}
}
