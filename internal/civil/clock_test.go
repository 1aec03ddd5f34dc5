package civil_test

import (
	"strings"
	"testing"

	"aftersales/internal/civil"
)

func TestParseClock(t *testing.T) {
	for s, want := range map[string]civil.Clock{
		"00:00": 0, "10:00": 36000, "10:00:30": 36030, "23:59:59": 86399, "24:00": 86400, "09:05": 32700,
	} {
		c, err := civil.ParseClock(s)
		if err != nil || c != want || c.String() != s {
			t.Errorf("ParseClock(%q) = %d (%s), %v, want %d", s, c, c, err, want)
		}
	}
	if c, err := civil.ParseClock("10:00:00"); err != nil || c.String() != "10:00" {
		t.Errorf("10:00:00 is %s, %v", c, err)
	}
	for _, s := range []string{
		"", "10", "9:00", "24:01", "24:00:01", "25:00", "10:60", "10:00:60", "10.00", "10:00:", "10:00.30", "1000", "-1:00", "10:0x", " 10:00", "10:00 pm",
	} {
		if c, err := civil.ParseClock(s); err == nil || !strings.Contains(err.Error(), s) || !strings.Contains(err.Error(), "10:00") {
			t.Errorf("ParseClock(%q) = %v, %v, want an error with the value and an example", s, c, err)
		}
	}
}

func TestClockOfADateTime(t *testing.T) {
	if got := date(t, "2026-12-31").At(86400); got != dateTime(t, "2027-01-01T00:00") {
		t.Errorf("24:00 is %s", got)
	}
	if got := date(t, "2026-12-31").At(86399); got != dateTime(t, "2026-12-31T23:59:59") {
		t.Errorf("23:59:59 is %s", got)
	}
}
