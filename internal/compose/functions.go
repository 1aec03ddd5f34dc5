package compose

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
)

// function is one that a message may call. Functions never fail: what they cannot say is "", which is a fault where it
// is printed and false where it is tested.
type function struct {
	usage    string
	mend     string            // what to do when it has no value
	args     []kind            // wanted, in order
	many     bool              // one or more of the last
	words    func(string) bool // tells the words it takes; nil: any
	mailOnly bool
	build    func(args []expr) expr
}

// anyKind accepts whatever can be tested.
const anyKind kind = "a value"

// functions is the closed list.
var functions = map[string]function{
	"greeting": {usage: "greeting .Contact", args: []kind{kindContact}, build: says(greeting)},
	"date":     {usage: "date .Delivered", args: []kind{kindDay}, mend: noDate, build: dateOf},
	"units": {
		usage: "units .Units", args: []kind{kindUnits}, build: says(kept(func(v *view) *memo { return &v.names }, (*view).unitList)),
		mend: "name the product in products.yaml, or give the order line a title",
	},
	"several": {usage: "several .Units", args: []kind{kindUnits}, build: tests(several)},
	"answers": {usage: `answers "works" "problem" "help" "not-yet"`, args: []kind{kindWord}, many: true, mailOnly: true, words: isAnswer, build: buttons},
	"phone": {
		usage: "phone .Shop.Phone", args: []kind{kindPhone}, build: phone,
		mend: "set the shop's phone, or put {{if .Shop.Phone}} around",
	},
	"hours": {
		usage: "hours .Shop", args: []kind{kindShop}, build: says(kept(func(v *view) *memo { return &v.hours }, hours)),
		mend: "set the shop's business_hours, or put {{if hours .Shop}} around",
	},
	"reply_due": {
		usage: "reply_due", build: says(kept(func(v *view) *memo { return &v.due }, replyDue)),
		mend: "set the shop's reply_within and business_hours, or put {{if reply_due}} around",
	},
	"until":     {usage: "until .Coverage", args: []kind{kindCoverage}, build: says(until), mend: noCoverage},
	"days_left": {usage: "days_left", build: says(daysLeft), mend: "use it only before a coverage ends, or put {{if days_left}} around"},
	"manual": {
		usage: "manual .Unit", args: []kind{kindUnit}, build: manual,
		mend: "give the product a manual in products.yaml, or put {{if manual .Unit}} around",
	},
	"review_link":      {usage: "review_link", mailOnly: true, build: links(reviewLink)},
	"answer_link":      {usage: "answer_link", mailOnly: true, build: links((*view).answerPage)},
	"unsubscribe_link": {usage: "unsubscribe_link", mailOnly: true, build: links(unsubscribeLink)},
	"can_stop":         {usage: "can_stop", build: tests(func(v *view) bool { return canStop(v.letter.Row.Class) })},
	"eq":               {usage: `eq .Case.Outcome "repaired"`, args: []kind{kindText, kindWord}, build: equal(true)},
	"ne":               {usage: `ne .Case.Outcome "repaired"`, args: []kind{kindText, kindWord}, build: equal(false)},
	"not":              {usage: "not .Delivered.Known", args: []kind{anyKind}, build: not},
	"and":              {usage: "and .Case reply_due", args: []kind{anyKind}, many: true, build: both},
	"or":               {usage: "or .Case .OpenCase", args: []kind{anyKind}, many: true, build: either},
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

// check says what is wrong with the arguments, or "".
func (f function) check(args []expr) string {
	if len(args) < len(f.args) || (len(args) > len(f.args) && !f.many) {
		return fmt.Sprintf("takes %d, not %d, arguments", len(f.args), len(args))
	}
	for i, a := range args {
		want := f.args[min(i, len(f.args)-1)]
		if a.kind != want && (want != anyKind || a.truth == nil) {
			return fmt.Sprintf("takes %s, and %s is %s", want, a.src, a.kind)
		}
	}
	if f.words == nil {
		return ""
	}
	for _, a := range args {
		if !f.words(a.word) {
			return fmt.Sprintf("has no %q", a.word)
		}
	}
	return ""
}

// says makes the build of a function that reads the letter.
func says(get func(*view) string) func([]expr) expr {
	return func([]expr) expr { return text("", get)() }
}

// kept makes a text that is worked out once a letter: it is tested, written as HTML and written as text.
func kept(slot func(*view) *memo, get func(*view) string) func(*view) string {
	return func(v *view) string {
		m := slot(v)
		if !m.done {
			m.text, m.done = get(v), true
		}
		return m.text
	}
}

func tests(get func(*view) bool) func([]expr) expr {
	return func([]expr) expr { return truth(get)() }
}

func links(get func(*view) string) func([]expr) expr {
	return func([]expr) expr { return link("the link must begin with https://", get)() }
}

func dateOf(args []expr) expr {
	get := args[0].day
	return text(noDate, func(v *view) string {
		if d := get(v); d.known {
			return v.texts.date(d.date)
		}
		return ""
	})()
}

func manual(args []expr) expr {
	get := args[0].unit
	return link("", func(v *view) string {
		if m := get(v).manual; safeURL(m) {
			return m
		}
		return ""
	})()
}

func equal(want bool) func([]expr) expr {
	return func(args []expr) expr {
		get, word := args[0].text, args[1].word
		return truth(func(v *view) bool { return (get(v) == word) == want })()
	}
}

func not(args []expr) expr {
	return truth(func(v *view) bool { return !args[0].truth(v) })()
}

func both(args []expr) expr {
	return truth(func(v *view) bool {
		return !slices.ContainsFunc(args, func(a expr) bool { return !a.truth(v) })
	})()
}

func either(args []expr) expr {
	return truth(func(v *view) bool {
		return slices.ContainsFunc(args, func(a expr) bool { return a.truth(v) })
	})()
}

func phone(args []expr) expr {
	get := args[0].text
	e := text("", func(v *view) string {
		return strings.ReplaceAll(v.maker.phones.of(get(v), v.shop.Country).shown, " ", noBreak)
	})()
	e.html = func(b *bytes.Buffer, v *view) bool {
		n := v.maker.phones.of(get(v), v.shop.Country)
		if n.dial == "" {
			return false
		}
		b.WriteString(`<a href="tel:`)
		b.WriteString(html.EscapeString(n.dial))
		b.WriteString(`" style="color:inherit;white-space:nowrap">`)
		b.WriteString(html.EscapeString(n.shown))
		b.WriteString(`</a>`)
		return true
	}
	return e
}

func greeting(v *view) string {
	if name := v.firstName(); name != "" {
		return v.texts.helloName(name)
	}
	return v.texts.hello
}

func several(v *view) bool { return v.count > 1 }

// hours says the shop's business hours, with the place where the customer's clock differs from the shop's.
func hours(v *view) string {
	s := v.maker.openings.of(v.texts, v.shop.BusinessHours, v.shop.Country)
	if s == "" || v.shop.Zone == "" {
		return s
	}
	loc, err := civil.Zone(v.shop.Zone)
	if err != nil || sameClock(v.letter.Now, loc, v.zone) {
		return s
	}
	return s + " " + v.texts.placeTime(placeOf(v.shop.Zone))
}

// placeOf returns the city of a zone: Europe/Berlin -> Berlin.
func placeOf(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

func sameClock(t time.Time, a, b *time.Location) bool {
	_, x := t.In(a).Zone()
	_, y := t.In(b).Zone()
	return x == y
}

// replyDue says the promised reply on the customer's clock, with its place where the shop's clock differs.
func replyDue(v *view) string {
	due := v.letter.ReplyDue
	if due.IsZero() {
		return ""
	}
	s := v.texts.moment(civil.DateTimeOf(due, v.zone))
	if loc, err := civil.Zone(v.shop.Zone); err == nil && sameClock(due, loc, v.zone) {
		return s
	}
	return v.texts.inPlace(s, placeOf(v.zone.String()))
}

// until says the last day of the coverage. It is what we stand by, even when its start was assumed.
func until(v *view) string {
	if v.cover.Until.IsZero() {
		return ""
	}
	return v.texts.date(v.cover.Until)
}

// daysLeft counts from the customer's today to the last day of the coverage; "" once it has passed.
func daysLeft(v *view) string {
	if v.cover.Until.IsZero() || v.letter.Now.IsZero() {
		return ""
	}
	n := v.today().DaysUntil(v.cover.Until)
	if n < 0 {
		return ""
	}
	return v.texts.daysLeft(n)
}

// reviewLink is the same for every customer, whatever they answered: where the
// shop has no place for reviews, our own page, which asks for one.
func reviewLink(v *view) string {
	if v.shop.ReviewURL != "" {
		return v.shop.ReviewURL
	}
	return v.answerPage() + "?ask=review"
}

// unsubscribeLink is signed once a letter: it stands in the HTML, the text and a header.
func unsubscribeLink(v *view) string {
	if v.stopAt == "" {
		v.stopAt = v.maker.links.Unsubscribe(*v.letter)
	}
	return v.stopAt
}
