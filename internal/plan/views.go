package plan

import (
	"aftersales/internal/followup"
)

// What a condition sees. The tags are the names it uses; docs/plans.md lists
// them. Nothing here tells the time of day or the state of a follow-up.

// orderView is the order. Dates are text, so that they compare as people read them.
type orderView struct {
	Number   string         `expr:"number"`   // as the customer knows it: "#1001"
	Total    followup.Money `expr:"total"`    // comparing an unknown total is a fault
	Currency string         `expr:"currency"` // ISO 4217
	Tags     []string       `expr:"tags"`
	Country  string         `expr:"country"` // of the delivery address, ISO 3166 alpha-2
	Region   string         `expr:"region"`
	Language string         `expr:"language"` // BCP 47
	Channel  string         `expr:"channel"`  // web, pos
	Placed   string         `expr:"placed"`   // 2026-03-02; in UTC where the store gave a time
}

// lineView is an order line.
type lineView struct {
	ID       string         `expr:"id"`
	SKU      string         `expr:"sku"`
	Title    string         `expr:"title"`
	Vendor   string         `expr:"vendor"`
	Category string         `expr:"category"` // the line's own, else the catalogue's, else the default
	Quantity int            `expr:"quantity"` // units ever sold on it
	Price    followup.Money `expr:"price"`    // of one unit
	Digital  bool           `expr:"digital"`  // nothing is delivered
}

// unitView is one physical item: its line's words, and what happened to it.
type unitView struct {
	Key        string         `expr:"key"` // "<line id>/<index>"
	Line       string         `expr:"line"`
	SKU        string         `expr:"sku"`
	Title      string         `expr:"title"`
	Vendor     string         `expr:"vendor"`
	Category   string         `expr:"category"`
	Price      followup.Money `expr:"price"`
	Digital    bool           `expr:"digital"`
	Serial     string         `expr:"serial"` // "" not known
	Fulfilled  bool           `expr:"fulfilled"`
	Delivered  bool           `expr:"delivered"` // an assumption does not count
	Installed  bool           `expr:"installed"`
	Registered bool           `expr:"registered"`
	Repaired   bool           `expr:"repaired"`
	Replaced   bool           `expr:"replaced"`
}

// contactView is the customer, without anything personal.
type contactView struct {
	Tier     string `expr:"tier"`
	Country  string `expr:"country"`
	Language string `expr:"language"`
}

// answerView is what the customer said once; oldest first.
type answerView struct {
	Value  string `expr:"value"` // works, problem, help, not-yet; "" only rated
	Unit   string `expr:"unit"`  // "" the whole order
	Step   string `expr:"step"`
	By     string `expr:"by"`     // page, mail or phone
	Rating int    `expr:"rating"` // 1 to 5; 0 none
}

// coverView is a coverage with its dates, 2026-03-31; until is its last day.
type coverView struct {
	Name  string `expr:"name"`
	Unit  string `expr:"unit"` // "" the order
	From  string `expr:"from"`
	Until string `expr:"until"`
}

// caseView is a problem somebody handles or handled.
type caseView struct {
	Number  int    `expr:"number"`
	Unit    string `expr:"unit"`
	Open    bool   `expr:"open"`
	Reason  string `expr:"reason"`
	Outcome string `expr:"outcome"`
}

// views is the environment of one evaluation. Only what the condition names is
// filled; names with a dash in front are not for people.
type views struct {
	Order     *orderView      `expr:"order"`
	Lines     []*lineView     `expr:"lines"`
	Units     []*unitView     `expr:"units"`
	Unit      *unitView       `expr:"unit"`
	Contact   *contactView    `expr:"contact"`
	Answers   []*answerView   `expr:"answers"`
	Coverages []*coverView    `expr:"coverages"`
	Cases     []*caseView     `expr:"cases"`
	Self      []*unitView     `expr:"_self"`
	Scope     *followup.Scope `expr:"_scope"`

	room room
}

// room is where the views live; it is used again by the next evaluation.
type room struct {
	order    orderView
	contact  contactView
	lines    []lineView
	units    []unitView
	unit     unitView
	answers  []answerView
	covers   []coverView
	cases    []caseView
	category bool // the condition reads a category; looking one up takes time
	line     int  // where the last line was found
}

// grow returns n zero elements, in the room of s where it is enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// point returns pointers to the elements, in the room of p.
func point[T any](p []*T, s []T) []*T {
	p = grow(p, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}

// needs is what of the views a condition reads, and what in them takes time.
type needs struct {
	order, placed, contact, lines, units, unit, answers, coverages, cases, category bool
}

func (n *names) needs() needs {
	return needs{
		order: n.has("order"), placed: n.placed, contact: n.has("contact"), lines: n.has("lines"), units: n.has("units"),
		unit: n.has("unit") || n.has("_self"), answers: n.has("answers"), coverages: n.has("coverages"), cases: n.has("cases"),
		category: n.category,
	}
}

// fill makes the views that are needed.
func (v *views) fill(s *followup.Scope, n *needs) {
	v.Scope, v.room.category = s, n.category
	if n.order {
		v.fillOrder(s, n)
	}
	if n.contact {
		v.fillContact(s)
	}
	if n.lines {
		v.fillLines(s)
	}
	if n.units {
		v.fillUnits(s)
	}
	if n.unit && s.Unit != nil {
		v.room.unit = v.unitOf(s, s.Unit)
		v.Unit = &v.room.unit
		v.Self = append(v.Self[:0], v.Unit)
	}
	v.fillSaid(s, n)
}

func (v *views) fillOrder(s *followup.Scope, n *needs) {
	f := s.Facts
	v.room.order = orderView{
		Number: f.Number, Currency: f.Currency, Tags: f.Tags, Country: f.Country, Region: f.Region,
		Language: f.Language, Channel: f.Channel,
	}
	if n.placed {
		v.room.order.Placed = placed(f)
	}
	if f.Total != nil {
		v.room.order.Total = *f.Total
	}
	v.Order = &v.room.order
}

func placed(f *followup.Facts) string {
	m := f.Placed
	if m.IsZero() {
		m = f.Ordered.At
	}
	if m.Time.IsZero() {
		return m.Date.String()
	}
	return m.Time.UTC().Format("2006-01-02")
}

func (v *views) fillContact(s *followup.Scope) {
	v.room.contact = contactView{Tier: s.Facts.Tier, Country: s.Facts.Country, Language: s.Facts.Language}
	if c := s.Contact; c != nil {
		if x := c.Field(followup.FieldCountry); x != "" {
			v.room.contact.Country = x
		}
		if x := c.Field(followup.FieldLanguage); x != "" {
			v.room.contact.Language = x
		}
	}
	v.Contact = &v.room.contact
}

func (v *views) fillLines(s *followup.Scope) {
	v.room.lines = grow(v.room.lines, len(s.Facts.Lines))
	for i := range s.Facts.Lines {
		l := &s.Facts.Lines[i]
		v.room.lines[i] = lineView{
			ID: l.ID, SKU: l.SKU, Title: l.Title, Vendor: l.Vendor, Category: v.categoryOf(s, i),
			Quantity: l.Quantity, Price: l.Price, Digital: l.Digital,
		}
	}
	v.Lines = point(v.Lines, v.room.lines)
}

// categoryOf returns the category of the line at that place, where one is asked for.
func (v *views) categoryOf(s *followup.Scope, line int) string {
	if !v.room.category {
		return s.Facts.Lines[line].Category
	}
	return s.Category(line)
}

// fillUnits fills units. While units are being picked there are all of them;
// later only the live picked ones, which mostly come in the order of the units.
func (v *views) fillUnits(s *followup.Scope) {
	v.room.units = grow(v.room.units, len(s.Facts.Units)+1)[:0]
	next := 0
	for i := range s.Facts.Units {
		u := &s.Facts.Units[i]
		switch {
		case s.Picked == nil:
		case next < len(s.Picked) && s.Picked[next] == u.Key:
			next++
		default:
			continue
		}
		v.room.units = append(v.room.units, v.unitOf(s, u))
	}
	v.Units = point(v.Units, v.room.units)
}

func (v *views) unitOf(s *followup.Scope, u *followup.Unit) unitView {
	line, _ := u.Key.Split()
	out := unitView{
		Key: string(u.Key), Line: line, Serial: u.Serial,
		Fulfilled: !u.Fulfilled.IsZero(), Delivered: !u.Delivered.IsZero() && !u.Delivered.Assumed(),
		Installed: !u.Installed.IsZero(), Registered: !u.Registered.IsZero(),
		Repaired: len(u.Repairs) > 0, Replaced: !u.Replaced.IsZero(),
	}
	if i := v.lineOf(s, line); i >= 0 {
		l := &s.Facts.Lines[i]
		out.SKU, out.Title, out.Vendor, out.Price, out.Digital = l.SKU, l.Title, l.Vendor, l.Price, l.Digital
		out.Category = v.categoryOf(s, i)
	}
	return out
}

// lineOf returns the place of a line, or -1. Units are asked for in their order,
// so the search begins where the last one ended.
func (v *views) lineOf(s *followup.Scope, id string) int {
	for range s.Facts.Lines {
		if v.room.line >= len(s.Facts.Lines) {
			v.room.line = 0
		}
		if s.Facts.Lines[v.room.line].ID == id {
			return v.room.line
		}
		v.room.line++
	}
	return -1
}

// fillSaid fills what was said, promised and complained about.
func (v *views) fillSaid(s *followup.Scope, n *needs) {
	if n.answers {
		v.room.answers = grow(v.room.answers, len(s.Facts.Answers))
		for i, a := range s.Facts.Answers {
			v.room.answers[i] = answerView{Value: a.Value, Unit: string(a.Unit), Step: a.Step, By: a.By, Rating: a.Rating}
		}
		v.Answers = point(v.Answers, v.room.answers)
	}
	if n.coverages {
		v.room.covers = grow(v.room.covers, len(s.Coverages))
		for i, c := range s.Coverages {
			v.room.covers[i] = coverView{Name: c.Name, Unit: string(c.Unit), From: c.From.String(), Until: c.Until.String()}
		}
		v.Coverages = point(v.Coverages, v.room.covers)
	}
	if n.cases {
		v.room.cases = grow(v.room.cases, len(s.Facts.Cases))
		for i, c := range s.Facts.Cases {
			v.room.cases[i] = caseView{Number: c.Number, Unit: string(c.Unit), Open: c.Open(), Reason: c.Reason, Outcome: c.Outcome}
		}
		v.Cases = point(v.Cases, v.room.cases)
	}
}

// forget drops what points into a journey, so that a pooled environment keeps
// nothing alive.
func (v *views) forget() {
	r := &v.room
	clear(r.lines)
	clear(r.units)
	clear(r.answers)
	clear(r.covers)
	clear(r.cases)
	r.order, r.contact, r.unit = orderView{}, contactView{}, unitView{}
	r.line = 0
	v.Scope, v.Unit = nil, nil
}
