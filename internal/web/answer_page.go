package web

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// unit is one item as its owner knows it.
type unit struct {
	Key    followup.UnitKey
	Name   string
	Serial string
}

// option is one choice of a form. It is checked only when the customer chose it.
type option struct {
	Value, Label, Hint string
	Lead, Checked      bool
}

// report is what a customer said about one unit.
type report struct {
	Unit, When, Answer string
	Value              string
	Rating             string
	Note               bool
}

// caseView is a case as its reporter knows it.
type caseView struct {
	Number, Unit, Reply, Closed string
}

type answerPage struct {
	frame
	ToReview bool // a review, before all else
	Order    string
	Form     form
	Options  []option
	Units    []option
	Many     bool // so many units that they are a list to open
	More     bool // and not all of them are in it
	Ratings  []option
	Only     string // name of the only unit concerned
	Said     []report
	Cases    []caseView
	Works    bool
	NotYet   bool
	CallMe   string // the number we would call
	Review   string // shown to everybody who answered, whatever they said
	MaxText  int
}

// page collects what the answer page shows now.
func (a *asked) page(l *look, f form, now time.Time) answerPage {
	t := a.t
	title := t.AnswerTitle
	if a.review {
		title = t.ReviewTitle
	}
	g := answerPage{
		frame: frame{l, t, title, cardOf(a.rules.Shop, t)}, ToReview: a.review, Form: f, Order: t.order(plain(a.number())),
		Options: a.options(f, now), Ratings: ratings(f), MaxText: maxText,
	}
	g.Units, g.Many, g.More = a.choices(f)
	if g.CallMe = t.CallMeHint; !a.phone {
		g.CallMe = t.CallMeNoNumber
	}
	if len(a.units) == 1 {
		g.Only = a.units[0].label()
	}
	g.Said, g.Cases = a.said(), a.cases()
	for _, s := range g.Said {
		g.Works = g.Works || s.Value == "works"
		g.NotYet = g.NotYet || s.Value == "not-yet"
	}
	g.Works = g.Works && len(g.Cases) == 0
	if u, err := url.Parse(a.rules.Shop.ReviewURL); len(g.Said) > 0 && err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		g.Review = a.rules.Shop.ReviewURL
	}
	return g
}

// number returns the order number as the customer knows it.
func (a *asked) number() string {
	if n := a.j.Head.Facts.Number; n != "" {
		return n
	}
	_, order := a.j.ID.Split()
	return order
}

// caseNumber names a case as messages do: 1001-2.
func caseNumber(order string, n int) string {
	return strings.TrimLeft(plain(order), "# ") + "-" + strconv.Itoa(n)
}

// concerned returns the units the follow-up is about: its own, else all the
// plan cares for, without those that left.
func (a *asked) concerned() []unit {
	var keys []followup.UnitKey
	if row := a.j.Row(a.id); row != nil && len(row.Units) > 0 {
		keys = slices.Clone(row.Units)
		if live := slices.DeleteFunc(slices.Clone(keys), func(k followup.UnitKey) bool { return !slices.Contains(a.desire.Live, k) }); len(live) > 0 {
			keys = live
		}
	} else {
		keys = a.desire.Live
	}
	var out []unit
	for _, key := range keys {
		if u, ok := a.unit(key); ok {
			out = append(out, u)
		}
	}
	return out
}

// unit describes one unit: the catalogue's short name, else the store's title.
func (a *asked) unit(key followup.UnitKey) (unit, bool) {
	facts := &a.j.Head.Facts
	i := slices.IndexFunc(facts.Units, func(u followup.Unit) bool { return u.Key == key })
	if i < 0 {
		return unit{}, false
	}
	line, index := key.Split()
	out := unit{Key: key, Serial: plain(facts.Units[i].Serial)}
	for _, l := range facts.Lines {
		if l.ID != line {
			continue
		}
		p, _ := a.rules.Catalogue.Lookup(l)
		out.Name = plain(p.Name[a.t.Lang])
		if out.Name == "" || l.Title != "" && a.shared(p, l) {
			out.Name = plain(l.Title)
		}
		if l.Quantity > 1 {
			out.Name += " (" + a.t.number(index, l.Quantity) + ")"
		}
	}
	return out, true
}

// shared reports whether another line has the same short name: then only the
// store's titles tell them apart.
func (a *asked) shared(p followup.Product, l followup.Line) bool {
	return slices.ContainsFunc(a.j.Head.Facts.Lines, func(o followup.Line) bool {
		q, _ := a.rules.Catalogue.Lookup(o)
		return o.ID != l.ID && q.Name[a.t.Lang] == p.Name[a.t.Lang]
	})
}

func (u unit) label() string {
	if u.Name == "" {
		return string(u.Key)
	}
	return u.Name
}

func (a *asked) options(f form, now time.Time) []option {
	out := make([]option, len(answerValues))
	reply := a.t.HearBy + " " + when(a.t, a.rules.ReplyDue(now), a.desire.Zone) + "."
	for i, v := range answerValues {
		out[i] = option{Value: v, Label: a.t.Answers[v], Hint: a.t.Hints[v], Lead: f.Lead == v, Checked: f.Answer == v}
		if v == "problem" || v == "help" {
			out[i].Hint = strings.TrimSpace(out[i].Hint + " " + reply)
		}
		if f.Lead == v { // in sight, but not chosen: it must not look as if it were
			out[i].Hint += " " + a.t.TapHere
		}
	}
	return out
}

const (
	mostSaid  = 8     // answers shown
	fewUnits  = 12    // shown as buttons; more are a list to open
	unitBytes = 5_000 // of the page, for that list: the whole stays under 15 kB
	unitName  = 60    // of a name in it, in characters
)

// choices are the units to choose from, and all of them at once.
func (a *asked) choices(f form) (out []option, many, more bool) {
	if len(a.units) < 2 {
		return nil, false, false
	}
	many = len(a.units) > fewUnits
	room := unitBytes
	for _, u := range a.units {
		o := option{Value: string(u.Key), Label: u.label(), Checked: f.Unit == string(u.Key)}
		if u.Serial != "" {
			o.Hint = a.t.Serial + " " + u.Serial
		}
		if many {
			if u.Serial != "" {
				o.Label += ", " + u.Serial
			}
			o.Label, o.Hint = short(o.Label), ""
			if room -= len(`<option value=""></option>`) + len(html.EscapeString(o.Value+o.Label)); room < 0 {
				more = true
				break
			}
		}
		out = append(out, o)
	}
	return append(out, option{Value: allUnits, Label: a.t.AllUnits, Checked: f.Unit == allUnits}), many, more
}

// short keeps both ends of a long name: the number of a unit stands last.
func short(s string) string {
	if r := []rune(s); len(r) > unitName {
		return string(r[:unitName-21]) + "…" + string(r[len(r)-20:])
	}
	return s
}

func ratings(f form) []option {
	out := make([]option, 5)
	for i := range out {
		out[i] = option{Value: strconv.Itoa(i + 1), Label: strconv.Itoa(i + 1), Checked: f.Rating == i+1}
	}
	return out
}

// said returns the latest answer to this follow-up on each unit.
func (a *asked) said() []report {
	latest := map[followup.UnitKey]followup.Answer{}
	var keys []followup.UnitKey
	for _, s := range a.j.Head.Facts.Answers {
		if s.FollowUp != a.id {
			continue
		}
		if _, again := latest[s.Unit]; !again {
			keys = append(keys, s.Unit)
		}
		latest[s.Unit] = s
	}
	var out []report
	for _, key := range keys {
		s := latest[key]
		r := report{Unit: a.named(key), When: when(a.t, s.At, a.desire.Zone), Answer: a.t.Answers[s.Value], Value: s.Value, Note: s.HasText}
		if s.Rating > 0 {
			r.Rating = a.t.rated(s.Rating)
		}
		out = append(out, r)
	}
	return out[max(0, len(out)-mostSaid):]
}

// named returns the name of a unit where the reader could confuse it.
func (a *asked) named(key followup.UnitKey) string {
	if u, ok := a.unit(key); ok && len(a.units) > 1 {
		return u.label()
	}
	return ""
}

// cases returns the open cases of the units concerned, and what became of
// those that an answer here opened.
func (a *asked) cases() []caseView {
	var out []caseView
	for _, c := range a.j.Head.Facts.Cases {
		if c.Unit != "" && !slices.ContainsFunc(a.units, func(u unit) bool { return u.Key == c.Unit }) || c.Reason == "data-request" {
			continue
		}
		v := caseView{Number: caseNumber(a.number(), c.Number), Unit: a.named(c.Unit)}
		switch {
		case c.Open():
			v.Reply = when(a.t, a.rules.ReplyDue(c.Opened), a.desire.Zone)
		case a.opened(c):
			v.Closed = fmt.Sprint(day(a.t, c.Closed, a.desire.Zone))
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}

// opened reports whether an answer on this page opened the case.
func (a *asked) opened(c followup.Case) bool {
	return slices.ContainsFunc(a.j.Head.Facts.Answers, func(s followup.Answer) bool {
		return s.FollowUp == a.id && (s.Unit == c.Unit || s.Unit == "") && s.At.Equal(c.Opened)
	})
}
