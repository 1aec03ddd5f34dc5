package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
)

// english is the language every other one falls back to.
var english = texts{
	Lang: "en", Dir: "ltr",

	moment: func(m civil.DateTime) string {
		return fmt.Sprintf("%s %d %s, %s", m.Date.Weekday(), m.Date.Day, m.Date.Month, englishClock(m.Clock))
	},
	date:  func(d civil.Date) string { return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year) },
	place: func(moment, place string) string { return moment + " (" + place + " time)" },
	hours: func(from, to string, open []bool) string {
		return englishDays(open) + " " + from + "–" + to
	},
	clock:  englishClock,
	number: func(i, n int) string { return fmt.Sprintf("%d of %d", i, n) },
	order:  func(no string) string { return "Order " + no },
	excess: func(over int) string {
		return fmt.Sprintf("Your text is about %d characters too long. Please shorten it.", over)
	},
	rated: func(stars int) string { return strconv.Itoa(stars) + " of 5" },

	Answers: map[string]string{
		"works": "It works well", "problem": "There is a problem", "help": "I need help", "not-yet": "Not in use yet",
	},
	Hints: map[string]string{
		"works": "Nothing to do for us.", "problem": "A person takes care of it.",
		"help": "A person helps you to set up or to use it.", "not-yet": "Still packed, or not installed.",
	},
	Stops: map[string]string{
		"feedback": "questions about how your goods are doing, and requests for reviews", "marketing": "offers", "service": "service messages about your orders",
	},
	Keeps: map[string]string{
		"feedback":  "Service messages about your orders, such as the end of a warranty, still come.",
		"marketing": "Service messages about your orders, such as the end of a warranty, and our questions how your goods are doing still come.",
		"service":   "If a product you have must be recalled because it is dangerous, we still tell you.",
	},

	AnswerTitle:    "How is it working?",
	AnswerLead:     "Two taps are enough. You need no account.",
	WhichUnit:      "Which one is it about?",
	AllUnits:       "All of them",
	YourAnswer:     "Your answer",
	TapOne:         "Choose one.",
	TapHere:        "Tap here to confirm.",
	MoreTitle:      "Would you like to add something?",
	TextLabel:      "In your own words",
	TextHint:       "What happens, since when, what the display shows.",
	CallMe:         "Please call me",
	CallMeHint:     "At the number of your order.",
	CallMeNoNumber: "We have no number of yours: please write it into the text.",
	RatingLabel:    "How satisfied are you?",
	RatingLow:      "1 is not at all",
	RatingHigh:     "5 is completely",
	Optional:       "optional",
	Send:           "Send answer",
	Told:           "You told us on",
	ToldRating:     "Your rating:",
	Noted:          "We have your note, too.",
	Thanks:         "Thank you for your answer",
	ThanksWorks:    "We are glad to hear that it works.",
	CaseNumber:     "Your case number is",
	CaseReply:      "A person will reply by",
	HearBy:         "You will hear from us by",
	CaseNote:       "Please keep the number. You do not need to write again.",
	CaseClosed:     "Your case is closed:",
	NotYet:         "No hurry. When you use it and something is not right, come back to this page.",
	Change:         "Has something changed?",
	ChangeLead:     "You can answer again. Your latest answer counts.",
	Serial:         "serial number",
	Review:         "Write a review",
	Reviews:        "Good or bad: an honest review helps other customers, and us.",

	MoreUnits: "Is it one that is not in the list? Choose “All of them” and write which one you mean.",

	ReviewTitle: "Would you write a review?",
	ReviewLead:  "A number, a few words, or both: good or bad. You need no account, and the shop itself reads what you write.",
	ReviewText:  "Your review",
	ReviewHint:  "What you like, what you do not, and what you would tell somebody who thinks of buying it.",
	SendReview:  "Send review",
	NoReview:    "Please choose how satisfied you are, or write a few words.",

	Mend:      "Please check your answer",
	NoAnswer:  "Please choose one of the answers.",
	NoUnit:    "Please choose which one it is about.",
	WrongForm: "Something in the form could not be read. Please send it again.",
	TooLong:   "That was too much at once. Please send a shorter text.",

	StopTitle:    "Unsubscribe",
	StopLead:     "You will get no more e-mail with:",
	StopButton:   "Unsubscribe",
	StoppedTitle: "You are unsubscribed",
	StoppedLead:  "You get no more e-mail with:",
	UndoLead:     "Was that a mistake?",
	Undo:         "Keep writing to me",
	UndoneTitle:  "We keep writing to you",
	UndoneLead:   "You still get e-mail with:",

	ExpiredTitle: "This link is out of date",
	ExpiredLead:  "It was made for an older message. You can still reach us:",
	MissingTitle: "This page does not exist",
	MissingLead:  "Please open the link in your message again, or copy the whole of it. If that does not help, reply to the message.",
	TroubleTitle: "That did not work just now",
	TroubleLead:  "Nothing is lost on your side: please send it again in a minute.",
	RefusedTitle: "This form came from another page",
	RefusedLead:  "For your safety it was not accepted. Please open the link in your message and answer there.",
	ByPhone:      "Phone",
	ByMail:       "E-mail",
}

func englishClock(c civil.Clock) string { return fmt.Sprintf("%d:%02d", c/3600, c/60%60) }

// englishDays names spans of open days from Monday on: "Mon–Fri".
func englishDays(open []bool) string {
	if len(open) != 7 {
		return "daily"
	}
	var spans []string
	for n := 0; n < 7; n++ {
		first := (time.Monday + time.Weekday(n)) % 7
		if !open[first] {
			continue
		}
		last := n
		for last+1 < 7 && open[(int(time.Monday)+last+1)%7] {
			last++
		}
		span := first.String()[:3]
		if last > n {
			span += "–" + time.Weekday((int(time.Monday) + last) % 7).String()[:3]
		}
		spans = append(spans, span)
		n = last
	}
	return strings.Join(spans, ", ")
}
