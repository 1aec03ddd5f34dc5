package civil

import (
	"fmt"
	"strings"
	"time"
)

// Window is a span of the day by the wall clock, half open: From is inside, Until is not. With Until before From it
// goes over midnight and belongs to the day on which it starts. The zero value contains nothing.
type Window struct {
	From, Until Clock
	Workdays    bool // only on days that are workdays
}

// allDay is the window of the whole day, 00:00-24:00.
var allDay = Window{Until: daySeconds}

const workdaysWord = "workdays"

// ParseWindow reads from and until, as 08:00-20:00, 20:00-08:00 (over midnight) or 00:00-24:00, and after a space
// the word workdays. An end of 00:00 is read as 24:00. It refuses a window whose start is its end.
func ParseWindow(s string) (Window, error) {
	span, word, found := strings.Cut(s, " ")
	if found && word != workdaysWord {
		return Window{}, fmt.Errorf("window %q: after the hours want nothing or %s, for example 10:00-18:00 workdays",
			s, workdaysWord)
	}
	from, until, _ := strings.Cut(span, "-")
	w := Window{Workdays: found}
	var okFrom, okUntil bool
	w.From, okFrom = parseClock(from)
	w.Until, okUntil = parseClock(until)
	switch {
	case !okFrom || !okUntil || w.From == daySeconds:
		return Window{}, fmt.Errorf("window %q: want start-end, for example 08:00-20:00 or 00:00-24:00", s)
	case w.From == w.Until:
		return Window{}, fmt.Errorf("window %q: starts when it ends; for the whole day write 00:00-24:00", s)
	case w.Until == 0:
		w.Until = daySeconds
	}
	return w, nil
}

// String writes what ParseWindow reads.
func (w Window) String() string {
	s := w.From.String() + "-" + w.Until.String()
	if w.Workdays {
		s += " " + workdaysWord
	}
	return s
}

// Overnight tells whether the window ends on the day after it starts.
func (w Window) Overnight() bool { return w.Until < w.From }

// MarshalText writes what String does; it fails on a window that ParseWindow would refuse, such as the zero value.
func (w Window) MarshalText() ([]byte, error) {
	s := w.String()
	if _, err := ParseWindow(s); err != nil {
		return nil, err
	}
	return []byte(s), nil
}

// UnmarshalText reads what ParseWindow does.
func (w *Window) UnmarshalText(text []byte) (err error) {
	*w, err = ParseWindow(string(text))
	return err
}

// Contains tells whether the wall clock in loc (nil is UTC) is inside the window at t and, if the window is for
// workdays, whether the day on which it started is one in cal.
func (w Window) Contains(t time.Time, loc *time.Location, cal Calendar) bool {
	sec := t.Unix()
	day, c := split(sec + int64(offset(sec, loc)))
	return w.contains(day, c, w.Workdays, &cal)
}

// Thirds gives the starts of the window's three equal thirds, cut to whole seconds.
func (w Window) Thirds() [3]Clock {
	length := w.Until - w.From
	if w.Overnight() {
		length += daySeconds
	}
	return [3]Clock{w.From, (w.From + length/3) % daySeconds, (w.From + 2*length/3) % daySeconds}
}

func (w Window) contains(day int, c Clock, workdays bool, cal *Calendar) bool {
	switch {
	case !w.Overnight():
		if c < w.From || c >= w.Until {
			return false
		}
	case c < w.Until:
		day--
	case c < w.From:
		return false
	}
	return !workdays || cal.workday(day)
}

// next gives the local seconds at which a window that does not contain day and c opens next by the wall clock, which
// is always its start; ok is false if there is no workday left.
func (w Window) next(day int, c Clock, workdays bool, cal *Calendar) (local int64, ok bool) {
	if c >= w.From {
		day++
	}
	if workdays {
		if day, ok = cal.nextWorkday(day); !ok {
			return 0, false
		}
	}
	return int64(day)*daySeconds + int64(w.From), w.From != w.Until
}
