package compose

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"aftersales/internal/civil"
)

// english is the language every other one falls back to.
func english() *texts {
	return &texts{
		tag: "en",

		hello:     "Hello,",
		helloName: func(name string) string { return "Hello " + name + "," },
		date: func(d civil.Date) string {
			return strconv.Itoa(d.Day) + noBreak + d.Month.String() + " " + strconv.Itoa(d.Year)
		},
		moment: func(m civil.DateTime) string {
			return m.Date.Weekday().String() + " " + strconv.Itoa(m.Date.Day) + noBreak + m.Date.Month.String() + ", " + englishClock(m.Clock)
		},
		clock:     englishClock,
		list:      englishList,
		count:     englishCount,
		times:     func(n int, title string) string { return strconv.Itoa(n) + " × " + title },
		others:    func(n int) string { return englishCount(n, "other item") },
		daysLeft:  englishDaysLeft,
		hours:     func(days, from, to string) string { return days + noBreak + from + "–" + to },
		placeTime: func(place string) string { return place + " time" },
		inPlace:   func(moment, place string) string { return moment + " (" + place + noBreak + "time)" },

		days:    [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		daily:   "daily",
		through: "–",
		allDay:  "around the clock",
		answers: map[string]string{
			answerWorks:   "It works well",
			answerProblem: "There is a problem",
			answerHelp:    "I need help",
			answerNotYet:  "Not in use yet",
		},
		answerBy: "Answer here:",
		coverages: map[string]string{
			"return_window": "return period",
			"contract":      "maintenance contract",
		},
	}
}

// englishClock cuts the seconds off.
func englishClock(c civil.Clock) string {
	s := (c - c%60).String()
	return strings.TrimPrefix(s[:1], "0") + s[1:]
}

// englishList joins with commas and "and", with the comma before "and" from three on.
func englishList(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	default:
		return strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
	}
}

func englishDaysLeft(n int) string {
	switch n {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	default:
		return "in " + strconv.Itoa(n) + " days"
	}
}

// englishCount says n of a noun. Nouns that look like a plural already keep their form: "2 × headphones".
func englishCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	head, tail := noun, ""
	for _, word := range [...]string{" of ", " for ", " with "} { // pair of headphones: the first word counts
		if i := strings.Index(head, word); i > 0 {
			head, tail = head[:i], head[i:]+tail
		}
	}
	plural, ok := englishPlural(head)
	if !ok {
		return strconv.Itoa(n) + " × " + noun
	}
	return strconv.Itoa(n) + " " + plural + tail
}

// englishPlural gives the plural of a regular noun; ok is false where it cannot be told.
func englishPlural(noun string) (plural string, ok bool) {
	last, _ := utf8.DecodeLastRuneInString(noun)
	lower := strings.ToLower(noun)
	switch {
	case !unicode.IsLetter(last):
		return "", false
	case hasSuffix(lower, "ss", "x", "z", "ch", "sh"):
		return noun + "es", true
	case strings.HasSuffix(lower, "s"):
		return "", false
	case hasSuffix(lower, "knife", "shelf"):
		return strings.TrimRight(noun, "fe") + "ves", true
	case strings.HasSuffix(lower, "y") && !hasSuffix(lower, "ay", "ey", "oy", "uy"):
		return noun[:len(noun)-1] + "ies", true
	default:
		return noun + "s", true
	}
}

func hasSuffix(s string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
