package web

import (
	"strings"

	"aftersales/internal/civil"
)

// texts is what the customers' pages say in one language. Each language is one
// file of this package, and all of it or nothing: [languages] lists them.
type texts struct {
	Lang string // BCP 47
	Dir  string // ltr or rtl

	moment func(civil.DateTime) string            // "Thursday 5 March, 17:00"
	date   func(civil.Date) string                // "5 March 2026"
	place  func(moment, place string) string      // "..., Berlin time"
	hours  func(from, to string, w []bool) string // opening hours; w: the days of the week, Sunday first; nil: daily
	clock  func(civil.Clock) string
	number func(i, n int) string  // "1 of 2"
	order  func(no string) string // "Order #1001"
	excess func(over int) string  // how much too long a text is
	rated  func(stars int) string // "4 of 5"

	Answers map[string]string // by value: what the customer says
	Hints   map[string]string // by value: what follows
	Stops   map[string]string // by class: what is stopped
	Keeps   map[string]string // by class: what still comes

	// The answer page.
	AnswerTitle, AnswerLead                                            string
	WhichUnit, AllUnits, YourAnswer, TapOne, TapHere                   string
	MoreTitle, TextLabel, TextHint, CallMe, CallMeHint, CallMeNoNumber string
	RatingLabel, RatingLow, RatingHigh, Optional, Send                 string
	Told, ToldRating, Noted, Thanks, ThanksWorks                       string
	CaseNumber, CaseReply, CaseNote, CaseClosed, HearBy                string
	NotYet, Change, ChangeLead, Serial, Review, Reviews, MoreUnits     string
	// The same page, where a review is asked for.
	ReviewTitle, ReviewLead, ReviewText, ReviewHint, SendReview, NoReview string
	// What is wrong with a form.
	Mend, NoAnswer, NoUnit, WrongForm, TooLong string
	// The unsubscribe page.
	StopTitle, StopLead, StopKeeps, StopButton string
	StoppedTitle, StoppedLead, UndoLead, Undo  string
	UndoneTitle, UndoneLead                    string
	// Where nothing is found, and the foot of every page.
	ExpiredTitle, ExpiredLead, MissingTitle, MissingLead string
	TroubleTitle, TroubleLead, RefusedTitle, RefusedLead string
	ByPhone, ByMail                                      string
}

// languages is every language that is complete, English first: what all others
// fall back to. Another one is a file like english.go and its entry here.
var languages = [...]*texts{&english}

// speak returns the texts in the best language there is of the given tags,
// each cut from the right (fa-IR, fa), else English.
func speak(tags ...string) *texts {
	for _, tag := range tags {
		for tag = strings.ToLower(strings.ReplaceAll(tag, "_", "-")); tag != ""; {
			for _, t := range languages {
				if strings.EqualFold(t.Lang, tag) {
					return t
				}
			}
			cut := strings.LastIndexByte(tag, '-')
			if cut < 0 {
				break
			}
			tag = tag[:cut]
		}
	}
	return languages[0]
}
