package compose

import (
	"strings"
	"time"

	"aftersales/internal/civil"
)

// texts is what one language says where a message leaves it to us: dates, lists, greetings, labels. Each language is
// one file of this package, and all of it or nothing: [languages] lists them.
type texts struct {
	tag         string // BCP 47; the name of the language's message files
	rightToLeft bool

	hello     string                             // the greeting of somebody without a name: "Hello,"
	helloName func(name string) string           // "Hello Anna,"
	date      func(civil.Date) string            // "2 March 2026"
	moment    func(civil.DateTime) string        // "Thursday 5 March, 17:00"
	clock     func(civil.Clock) string           // "9:00"
	list      func([]string) string              // "a, b, and c"
	count     func(n int, name string) string    // "2 inlet hoses" of a noun of the catalogue
	times     func(n int, title string) string   // "2 × WM-100" of a title as the store wrote it
	others    func(n int) string                 // "3 other items"
	daysLeft  func(n int) string                 // "in 60 days", "tomorrow", "today"
	hours     func(days, from, to string) string // "Mon–Fri 9:00–17:00"
	placeTime func(place string) string          // "Berlin time"
	inPlace   func(moment, place string) string  // "Thursday 5 March, 17:00 (Berlin time)", as the pages say it

	days      [7]string // short, by time.Weekday
	daily     string    // in place of days: every day
	through   string    // between the first and last of a span: "–"
	allDay    string    // in place of clocks: day and night
	answers   map[string]string
	answerBy  string            // before the address of the answer page, in plain text
	coverages map[string]string // by name in the plan; others are shown as the plan writes them
}

// languages is every language that is complete. Another one is a file like english.go, its line here, and messages.
func languages() []*texts { return []*texts{english()} }

// Answers that the buttons of a message offer, as the answer page takes them.
const (
	answerWorks   = "works"
	answerProblem = "problem"
	answerHelp    = "help"
	answerNotYet  = "not-yet"
)

// businessHours says w, which is in the shop's zone, for people: "Mon–Fri 9:00–17:00". A zero window is "".
func (t *texts) businessHours(w civil.Window, weekend [7]bool) string {
	if w.From == w.Until {
		return ""
	}
	days := t.daily
	if w.Workdays {
		days = t.workdays(weekend)
	}
	if w.From == 0 && w.Until == 24*60*60 {
		return days + " " + t.allDay
	}
	return t.hours(days, t.clock(w.From), t.clock(w.Until))
}

// workdays names the spans of days that are no weekend, the first day after a weekend first.
func (t *texts) workdays(weekend [7]bool) string {
	var spans []string
	for n := range 7 {
		first := (time.Monday + time.Weekday(n)) % 7
		if weekend[first] || !weekend[(first+6)%7] {
			continue
		}
		last := first
		for !weekend[(last+1)%7] {
			last = (last + 1) % 7
		}
		if first == last {
			spans = append(spans, t.days[first])
		} else {
			spans = append(spans, t.days[first]+t.through+t.days[last])
		}
	}
	if len(spans) == 0 {
		return t.daily
	}
	return strings.Join(spans, ", ")
}

// candidates returns the languages to look for, best first: each given one, cut from the right (fa-IR, fa), then
// English. They are in lower case and may repeat.
func candidates(given ...string) []string {
	out := make([]string, 0, 8)
	for _, tag := range given {
		for tag = normalTag(tag); tag != ""; {
			out = append(out, tag)
			cut := strings.LastIndexByte(tag, '-')
			if cut < 0 {
				break
			}
			tag = tag[:cut]
		}
	}
	return append(out, "en")
}

// normalTag writes a language tag in lower case with "-"; what is none becomes "".
func normalTag(tag string) string {
	tag = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-"))
	if len(tag) > 35 || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return tag
}
