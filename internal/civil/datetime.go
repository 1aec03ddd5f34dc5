package civil

import (
	"cmp"
	"fmt"
	"time"
)

// DateTime is a date and a time of day as a wall clock shows them, without a zone. The zero value, and any with the
// zero date, means that there is no moment.
type DateTime struct {
	Date  Date
	Clock Clock
}

// DateTimeOf gives what a wall clock in loc shows at t, whole seconds; nil is UTC. The zero time gives the zero value.
func DateTimeOf(t time.Time, loc *time.Location) DateTime {
	if t.IsZero() {
		return DateTime{}
	}
	sec := t.Unix()
	day, clock := split(sec + int64(offset(sec, loc)))
	return DateTime{dateOfNumber(day), clock}
}

// split cuts seconds since 1970-01-01T00:00 of a wall clock into day number and clock.
func split(local int64) (day int, c Clock) {
	days, rest := local/daySeconds, local%daySeconds
	if rest < 0 {
		days, rest = days-1, rest+daySeconds
	}
	return int(days), Clock(rest)
}

// ParseDateTime reads 2006-01-02T15:04 or 2006-01-02T15:04:05, without a zone.
func ParseDateTime(s string) (DateTime, error) {
	const dateLen = len("2006-01-02")
	if len(s) <= dateLen || s[dateLen] != 'T' {
		return DateTime{}, fmt.Errorf("date and time %q: want date, T, clock, for example 2026-03-31T10:00", s)
	}
	d, err := ParseDate(s[:dateLen])
	if err != nil {
		return DateTime{}, fmt.Errorf("date and time %q: %w", s, err)
	}
	c, ok := parseClock(s[dateLen+1:])
	if !ok || c == daySeconds {
		return DateTime{}, fmt.Errorf(
			"date and time %q: want a clock from 00:00 to 23:59:59 and no zone, for example 2026-03-31T10:00", s)
	}
	return DateTime{d, c}, nil
}

// String writes 2006-01-02T15:04:05; the zero value as "".
func (d DateTime) String() string {
	if d.IsZero() {
		return ""
	}
	if !d.Date.plain() || !d.Clock.plain() {
		return fmt.Sprintf("%sT%02d:%02d:%02d", d.Date, d.Clock/3600, d.Clock/60%60, d.Clock%60)
	}
	b := make([]byte, 0, len("2006-01-02T15:04:05"))
	b = d.Clock.append(append(d.Date.append(b), 'T'))
	b = appendTwo(append(b, ':'), int(d.Clock%60))
	return string(b)
}

// IsZero tells whether there is no moment, which is so without a date.
func (d DateTime) IsZero() bool { return d.Date.IsZero() }

// Compare gives -1 if d is before e, 0 if they are equal, 1 if d is after e.
func (d DateTime) Compare(e DateTime) int {
	if c := d.Date.Compare(e.Date); c != 0 {
		return c
	}
	return cmp.Compare(d.Clock, e.Clock)
}

// Add adds the calendar part of p to the date, as Date.Add does, and leaves the clock.
func (d DateTime) Add(p Period) DateTime { return DateTime{d.Date.Add(p), d.Clock} }

// Resolve gives the instant, in UTC, at which a wall clock in loc (nil is UTC) shows d. A time that a zone change
// skips gives the first instant after the gap, even where the gap is a whole day (Apia, 2011-12-30). A time that
// occurs twice gives the first. The zero value gives the zero time.
func (d DateTime) Resolve(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Unix(resolve(int64(d.Date.number())*daySeconds+int64(d.Clock), loc), 0).UTC()
}

// MarshalText writes what String does; it fails on a day or clock that does not exist.
func (d DateTime) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return []byte{}, nil
	}
	if !d.Date.Valid() || d.Clock < 0 || d.Clock >= daySeconds {
		return nil, fmt.Errorf("date and time %s: want an existing day of the years 1 to %d and a clock before 24:00", d, maxYear)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what ParseDateTime does, and "" as the zero value.
func (d *DateTime) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = DateTime{}
		return nil
	}
	*d, err = ParseDateTime(string(text))
	return err
}
