package civil

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar, without a zone. The zero value means that there is no date.
type Date struct {
	Year  int        // 1 to 9999 in a valid date
	Month time.Month // January is 1
	Day   int        // from 1
}

const (
	daySeconds = 24 * 60 * 60
	maxYear    = 9999
)

// DateOf gives the date of t in t's own location; the zero time gives the zero date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads year, month and day as 2006-01-02. The day has to exist: 2027-02-29 is refused.
func ParseDate(s string) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("date %q: want year-month-day, for example 2026-03-31", s)
	}
	y, _ := digits(s[:4]) // what are no digits counts as 0, which is no year, month or day
	m, _ := digits(s[5:7])
	d, _ := digits(s[8:])
	date := Date{y, time.Month(m), d}
	if !date.Valid() {
		return Date{}, fmt.Errorf("date %q: want a day of the calendar, for example 2027-02-28", s)
	}
	return date, nil
}

// digits reads a run of one to nine ASCII digits; all else gives 0 and false.
func digits(s string) (n int, ok bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// String writes the date as 2006-01-02; the zero date as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	if !d.plain() {
		return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
	}
	b := make([]byte, 0, len("2006-01-02"))
	return string(d.append(b))
}

// plain tells whether each part has the digits that append writes.
func (d Date) plain() bool {
	return d.Year >= 0 && d.Year <= maxYear && d.Month >= 0 && d.Month < 100 && d.Day >= 0 && d.Day < 100
}

// append writes a plain date to b.
func (d Date) append(b []byte) []byte {
	b = appendTwo(b, d.Year/100)
	b = appendTwo(b, d.Year%100)
	b = appendTwo(append(b, '-'), int(d.Month))
	return appendTwo(append(b, '-'), d.Day)
}

// appendTwo writes the two digits of n, which is 0 to 99, to b.
func appendTwo(b []byte, n int) []byte { return append(b, '0'+byte(n/10), '0'+byte(n%10)) }

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Valid tells whether the day exists, in the years 1 to 9999. The zero date does not.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= maxYear &&
		d.Month >= time.January && d.Month <= time.December &&
		d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// AddDays gives the date n days later, or earlier if n is negative. The zero date stays zero.
func (d Date) AddDays(n int) Date {
	if n == 0 || d.IsZero() {
		return d
	}
	if day := d.Day + n; day >= 1 && day <= 28 && d.Month >= time.January && d.Month <= time.December {
		return Date{d.Year, d.Month, day}
	}
	return dateOfNumber(d.number() + n)
}

// AddMonths gives the same day n months later, or earlier if n is negative, or the last day of that month where
// the day does not exist: 31 August plus 6 is 28 or 29 February. The zero date stays zero.
func (d Date) AddMonths(n int) Date {
	if n == 0 || d.IsZero() {
		return d
	}
	y, m := normalMonth(d.Year, int(d.Month)+n)
	return Date{y, m, min(d.Day, daysIn(y, m))}
}

// Add adds the calendar part of p: years and months in one step with the end-of-month rule, then weeks and days. It
// ignores the exact part. Negative periods work too. The zero date stays zero.
func (d Date) Add(p Period) Date {
	return d.AddMonths(12*p.Years + p.Months).AddDays(7*p.Weeks + p.Days)
}

// DaysUntil counts the days from d to e; it is negative if e is earlier.
func (d Date) DaysUntil(e Date) int { return e.number() - d.number() }

// Compare gives -1 if d is before e, 0 if they are equal, 1 if d is after e. The zero date is before all valid ones.
func (d Date) Compare(e Date) int {
	if c := cmp.Compare(d.Year, e.Year); c != 0 {
		return c
	}
	if c := cmp.Compare(d.Month, e.Month); c != 0 {
		return c
	}
	return cmp.Compare(d.Day, e.Day)
}

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After tells whether d is a later day than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return weekday(d.number()) }

// At gives the moment of d at clock c; 24:00 is 00:00 of the next day.
func (d Date) At(c Clock) DateTime {
	if c == daySeconds {
		return DateTime{Date: d.AddDays(1)}
	}
	return DateTime{Date: d, Clock: c}
}

// MarshalText writes what String does; it fails on a day that does not exist.
func (d Date) MarshalText() ([]byte, error) {
	if !d.IsZero() && !d.Valid() {
		return nil, fmt.Errorf("date %s: no such day in the calendar of the years 1 to %d", d, maxYear)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what ParseDate does, and "" as the zero date.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}
