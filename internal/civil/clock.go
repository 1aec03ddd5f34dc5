package civil

import "fmt"

// Clock is a time of day in seconds since local midnight, 0 to 86400. 86400, which is 24:00, is only for the end of
// a Window. The zero value is midnight.
type Clock int32

// ParseClock reads 15:04 or 15:04:05, from 00:00 to 23:59:59, and 24:00 as the end of the day.
func ParseClock(s string) (Clock, error) {
	c, ok := parseClock(s)
	if !ok {
		return 0, fmt.Errorf("clock %q: want hours and minutes from 00:00 to 24:00, for example 10:00 or 18:30:15", s)
	}
	return c, nil
}

func parseClock(s string) (Clock, bool) {
	if (len(s) != 5 && len(s) != 8) || s[2] != ':' {
		return 0, false
	}
	h, okH := digits(s[:2])
	m, okM := digits(s[3:5])
	sec, okS := 0, true
	if len(s) == 8 {
		sec, okS = digits(s[6:])
		okS = okS && s[5] == ':'
	}
	c := Clock(h*3600 + m*60 + sec)
	return c, okH && okM && okS && m < 60 && sec < 60 && c <= daySeconds
}

// String writes 15:04, with seconds only if there are any.
func (c Clock) String() string {
	if !c.plain() {
		h, m, s := c/3600, c/60%60, c%60
		if s != 0 {
			return fmt.Sprintf("%02d:%02d:%02d", h, m, s)
		}
		return fmt.Sprintf("%02d:%02d", h, m)
	}
	b := c.append(make([]byte, 0, len("15:04:05")))
	if c%60 != 0 {
		b = appendTwo(append(b, ':'), int(c%60))
	}
	return string(b)
}

// plain tells whether each part has the two digits that append writes.
func (c Clock) plain() bool { return c >= 0 && c <= daySeconds }

// append writes the hours and minutes of a plain clock to b.
func (c Clock) append(b []byte) []byte {
	return appendTwo(append(appendTwo(b, int(c/3600)), ':'), int(c/60%60))
}

// MarshalText writes what String does; it fails outside 0 to 86400.
func (c Clock) MarshalText() ([]byte, error) {
	if c < 0 || c > daySeconds {
		return nil, fmt.Errorf("clock of %d seconds: want 0 to %d", int32(c), daySeconds)
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what ParseClock does.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}
