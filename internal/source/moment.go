package source

import (
	"fmt"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// Years outside which a time is a mistake.
const (
	firstYear = 1990
	lastYear  = 2200
)

// moment is a time as a store writes it: with an offset, without one (then the
// shop's zone is meant), or only a date.
type moment struct {
	instant time.Time      // with an offset
	local   civil.DateTime // without
	date    civil.Date     // only a date
}

func (m *moment) read(s *scanner) {
	const want = `a time, for example "2026-03-02T09:15:00+01:00"`
	if s.peek() != '"' {
		s.wrongType(want)
		return
	}
	raw := strings.TrimSpace(string(s.quoted()))
	if raw == "" || s.fault != nil {
		return
	}
	parsed, year, ok := parseMoment(raw)
	switch {
	case !ok:
		s.wrongValue("is not a time", want)
	case year < firstYear || year > lastYear:
		s.wrongValue(fmt.Sprintf("is not within the years %d and %d", firstYear, lastYear), want)
	default:
		*m = parsed
	}
}

// none reports whether there was no time.
func (m moment) none() bool { return m == moment{} }

// in returns the instant, UTC; a date begins at midnight in loc.
func (m moment) in(loc *time.Location) time.Time {
	switch {
	case !m.instant.IsZero():
		return m.instant
	case !m.local.IsZero():
		return m.local.Resolve(loc)
	default:
		return m.date.At(0).Resolve(loc)
	}
}

// moment returns what the domain calls one: a bare date stays one.
func (m moment) moment(loc *time.Location) followup.Moment {
	if m.none() || !m.date.IsZero() {
		return followup.Moment{Date: m.date}
	}
	return followup.Moment{Time: m.in(loc)}
}

// day returns the date as it was written, whatever the offset.
func (m moment) day(loc *time.Location) civil.Date {
	if m.date.IsZero() && !m.none() {
		return civil.DateTimeOf(m.in(loc), loc).Date
	}
	return m.date
}

// firstOf returns the first moment that is one.
func firstOf(ms ...moment) moment {
	for _, m := range ms {
		if !m.none() {
			return m
		}
	}
	return moment{}
}

// parseMoment reads RFC 3339 and what is met beside it: a space instead of T,
// no seconds, no offset, "-00:00", "+0100", "UTC", and a bare date.
func parseMoment(s string) (m moment, year int, ok bool) {
	const dateLen = len("2006-01-02")
	if len(s) < dateLen {
		return moment{}, 0, false
	}
	d, err := civil.ParseDate(s[:dateLen])
	if err != nil {
		return moment{}, 0, false
	}
	rest := s[dateLen:]
	if rest == "" {
		return moment{date: d}, d.Year, true
	}
	if c := rest[0]; c != 'T' && c != 't' && c != ' ' {
		return moment{}, 0, false
	}
	clock, nanos, rest, ok := cutClock(rest[1:])
	if !ok {
		return moment{}, 0, false
	}
	local := civil.DateTime{Date: d, Clock: clock}
	if rest = strings.TrimLeft(rest, " "); rest == "" {
		return moment{local: local}, d.Year, true
	}
	offset, ok := parseOffset(rest)
	return moment{instant: local.Resolve(nil).Add(nanos - offset)}, d.Year, ok
}

// cutClock reads hh:mm, hh:mm:ss or hh:mm:ss.fff. A leap second counts as the
// second before it.
func cutClock(s string) (c civil.Clock, nanos time.Duration, rest string, ok bool) {
	h, s, okH := cutNumber(s, 23)
	if !okH || !strings.HasPrefix(s, ":") {
		return 0, 0, "", false
	}
	m, s, okM := cutNumber(s[1:], 59)
	if !okM {
		return 0, 0, "", false
	}
	sec := 0
	if strings.HasPrefix(s, ":") {
		if sec, s, ok = cutNumber(s[1:], 60); !ok {
			return 0, 0, "", false
		}
	}
	if strings.HasPrefix(s, ".") {
		if nanos, s, ok = cutFraction(s[1:]); !ok {
			return 0, 0, "", false
		}
	}
	return civil.Clock(h*3600 + m*60 + min(sec, 59)), nanos, s, true
}

// cutNumber reads two digits that are at most limit.
func cutNumber(s string, limit int) (n int, rest string, ok bool) {
	if len(s) < 2 || s[0]-'0' > 9 || s[1]-'0' > 9 {
		return 0, "", false
	}
	n = int(s[0]-'0')*10 + int(s[1]-'0')
	return n, s[2:], n <= limit
}

// cutFraction reads the decimals of a second; those past the ninth are dropped.
func cutFraction(s string) (nanos time.Duration, rest string, ok bool) {
	unit, i := 100*time.Millisecond, 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		nanos += time.Duration(s[i]-'0') * unit
		unit /= 10
	}
	return nanos, s[i:], i > 0
}

// parseOffset reads Z, UTC, ±hh:mm, ±hhmm and ±hh. "-00:00" is UTC.
func parseOffset(s string) (time.Duration, bool) {
	switch strings.ToUpper(s) {
	case "Z", "UTC", "GMT":
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, rest, ok := cutNumber(s[1:], 18)
	if !ok {
		return 0, false
	}
	m := 0
	if rest = strings.TrimPrefix(rest, ":"); rest != "" {
		if m, rest, ok = cutNumber(rest, 59); !ok || rest != "" {
			return 0, false
		}
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		d = -d
	}
	return d, true
}
