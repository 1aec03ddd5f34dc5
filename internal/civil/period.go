package civil

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Period is a length of time as people say it: either calendar units, whose length depends on where they are added,
// or an exact duration. The zero value is no time at all.
type Period struct {
	Years, Months, Weeks, Days int           // calendar units
	Exact                      time.Duration // hours and smaller
}

// ErrMixed says that a period has both calendar and exact parts, as P1DT2H has: where a day has 23 or 25 hours nobody
// could tell what is meant.
var ErrMixed = errors.New("calendar units (Y M W D) and exact ones (H M S) cannot be mixed; write P1D or PT26H")

// errPeriod is what ParsePeriod wants.
var errPeriod = errors.New("want an ISO 8601 period in whole numbers, for example P24M, P60D, P2W, PT36H or PT30M")

// The longest period, in each unit: 200 years.
const (
	maxYears  = 200
	maxDays   = maxYears * 36525 / 100
	maxExact  = maxDays * 24 * time.Hour
	yearsText = "want at most 200 years"
)

// ParsePeriod reads an ISO 8601 period of whole numbers, units from large to small: P24M, P1Y6M, P2W, P60D, PT36H, PT30M.
// A minus in front negates it. It fails with ErrMixed where calendar and exact units are mixed, and above 200 years.
func ParsePeriod(s string) (Period, error) {
	p, err := parsePeriod(s)
	if err != nil {
		return Period{}, fmt.Errorf("period %q: %w", s, err)
	}
	return p, nil
}

func parsePeriod(s string) (Period, error) {
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	calendar, exact, hasExact := strings.Cut(rest, "T")
	switch {
	case !ok || rest == "" || (hasExact && exact == ""):
		return Period{}, errPeriod
	case hasExact && calendar != "":
		return Period{}, ErrMixed
	}
	var p Period
	var err error
	if hasExact {
		p.Exact, err = parseExact(exact)
	} else {
		p, err = parseCalendar(calendar)
	}
	if err != nil {
		return Period{}, err
	}
	if negative {
		p = p.Neg()
	}
	return p, nil
}

func parseCalendar(s string) (Period, error) {
	n, err := parseUnits(s, "YMWD")
	if err != nil {
		return Period{}, err
	}
	p := Period{Years: n[0], Months: n[1], Weeks: n[2], Days: n[3]}
	if !p.bounded() {
		return Period{}, errors.New(yearsText)
	}
	return p, nil
}

func parseExact(s string) (time.Duration, error) {
	n, err := parseUnits(s, "HMS")
	if err != nil {
		return 0, err
	}
	seconds := n[0]*3600 + n[1]*60 + n[2]
	if seconds > int(maxExact/time.Second) {
		return 0, errors.New(yearsText)
	}
	return time.Duration(seconds) * time.Second, nil
}

// parseUnits reads numbers, each followed by its unit, which come in the order of units. A unit may be absent. It
// reads at most nine digits a number, so that no sum of them overflows.
func parseUnits(s, units string) (n [4]int, err error) {
	next := 0
	for s != "" {
		end := strings.IndexAny(s, units)
		if end < 0 {
			return n, errPeriod
		}
		unit := strings.IndexByte(units, s[end])
		value, ok := digits(s[:end])
		if !ok || unit < next {
			return n, errPeriod
		}
		n[unit], next, s = value, unit+1, s[end+1:]
	}
	return n, nil
}

// bounded tells whether the units of a period, none of them negative, are at most 200 years together.
func (p Period) bounded() bool {
	return p.Years*36525/100+p.Months*36525/1200+7*p.Weeks+p.Days <= maxDays
}

// String writes the period as ISO 8601, each equal value in one way: PT60M as PT1H, but P60D as it is. The zero value is
// P0D. A negative one has a minus in front.
func (p Period) String() string {
	if p.IsZero() {
		return "P0D"
	}
	b := make([]byte, 0, 32)
	if p.Years <= 0 && p.Months <= 0 && p.Weeks <= 0 && p.Days <= 0 && p.Exact <= 0 {
		b = append(b, '-')
		p = p.Neg()
	}
	b = append(b, 'P')
	b = appendUnit(b, p.Years, 'Y')
	b = appendUnit(b, p.Months, 'M')
	b = appendUnit(b, p.Weeks, 'W')
	b = appendUnit(b, p.Days, 'D')
	if p.Exact != 0 {
		b = append(b, 'T')
		b = appendUnit(b, int(p.Exact/time.Hour), 'H')
		b = appendUnit(b, int(p.Exact%time.Hour/time.Minute), 'M')
		if seconds := p.Exact % time.Minute; seconds != 0 {
			b = append(strconv.AppendFloat(b, seconds.Seconds(), 'f', -1, 64), 'S')
		}
	}
	return string(b)
}

func appendUnit(b []byte, n int, unit byte) []byte {
	if n == 0 {
		return b
	}
	return append(strconv.AppendInt(b, int64(n), 10), unit)
}

// IsZero tells whether the period is no time at all.
func (p Period) IsZero() bool { return p == Period{} }

// Calendar tells whether the period counts calendar units, and no exact time. The zero value does.
func (p Period) Calendar() bool { return p.Exact == 0 }

// Neg gives the period backwards.
func (p Period) Neg() Period { return p.Times(-1) }

// Times gives n times the period. The n-th of a series is best start plus n times the period: months chained one
// by one lose the end of the month.
func (p Period) Times(n int) Period {
	return Period{p.Years * n, p.Months * n, p.Weeks * n, p.Days * n, p.Exact * time.Duration(n)}
}

// After gives the instant, in UTC, that is the period after t. An exact period is added to the instant. A calendar one
// is added to the date in loc (nil is UTC); the clock stays, cut to seconds, and is resolved as DateTime.Resolve
// does. The zero value gives t.
func (p Period) After(t time.Time, loc *time.Location) time.Time {
	if p == (Period{Exact: p.Exact}) {
		return t.Add(p.Exact).UTC()
	}
	return DateTimeOf(t, loc).Add(p).Resolve(loc).Add(p.Exact)
}

// MarshalText writes what String does. It fails on what ParsePeriod could not read: mixed, fractions of a second,
// both signs, more than 200 years.
func (p Period) MarshalText() ([]byte, error) {
	s := p.String()
	if _, err := ParsePeriod(s); err != nil {
		return nil, err
	}
	return []byte(s), nil
}

// UnmarshalText reads what ParsePeriod does; it refuses "".
func (p *Period) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePeriod(string(text))
	return err
}
