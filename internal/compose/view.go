package compose

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// view is one letter, ready to be read by the values and functions of a message. It is used once.
type view struct {
	letter *followup.Letter
	shop   *followup.Shop
	texts  *texts
	maker  *Composer
	room   *room
	zone   *time.Location
	order  string // number, as the customer knows it

	units    []group
	count    int // of units
	unit     named
	cover    followup.Covered
	closed   report // the case a case_closed step asks about
	open     report // rule 22
	subject  string
	preview  string
	answerTo string // answer page, made when it is first asked for
	stopAt   string // where to unsubscribe, likewise

	names, hours, due, first memo
}

// memo is a text that was worked out.
type memo struct {
	text string
	done bool
}

// day is a date, and whether somebody said so.
type day struct {
	date  civil.Date
	known bool // false: there is none, or it is assumed
}

// named is a unit as a message speaks of it.
type named struct {
	name   string
	title  string
	noun   bool // the name is a noun of the catalogue, not a title
	serial string
	manual string
}

// group is units of one name.
type group struct {
	named
	n int
}

// report is a case.
type report struct {
	number         string // 1001-2; "" there is none
	opened, closed day
	outcome        string
}

func (r *room) newView(c *Composer, l *followup.Letter, t *texts) *view {
	v := &r.view
	*v = view{letter: l, shop: l.Shop, texts: t, maker: c, room: r, zone: l.Zone}
	if v.zone == nil {
		v.zone = time.UTC
	}
	v.order = orderNumber(l)
	v.nameUnits()
	v.cover = coverage(l)
	v.closed, v.open = v.report(l.Case), v.report(l.OpenCase)
	return v
}

// orderNumber returns the number as the customer knows it, else the store's id of the order.
func orderNumber(l *followup.Letter) string {
	if l.Facts != nil && l.Facts.Number != "" {
		return clean(l.Facts.Number, longestValue)
	}
	_, order := l.Journey.Split()
	return clean(order, longestValue)
}

// nameUnits counts the units by name, in the order of the letter. Units of a line mostly stand together, so that it is
// looked up once.
func (v *view) nameUnits() {
	last, at := "", -1
	for i, u := range concerned(v.letter) {
		if line := u.Line(); at < 0 || line != last {
			last, at = line, v.addName(v.name(line))
		}
		v.units[at].n++
		if i == 0 {
			v.unit = v.units[at].named
			v.unit.serial = clean(u.Serial, longestValue)
		}
		v.count++
	}
}

// concerned returns the units the letter is about: that of the case it asks about, where it is known, else all.
func concerned(l *followup.Letter) []followup.Unit {
	if l.Case == nil || l.Case.Unit == "" {
		return l.Units
	}
	for i := range l.Units {
		if l.Units[i].Key == l.Case.Unit {
			return l.Units[i : i+1]
		}
	}
	return l.Units
}

// addName returns the place of n's group.
func (v *view) addName(n named) int {
	for i := range v.units {
		if v.units[i].name == n.name {
			return i
		}
	}
	v.units = append(v.units, group{named: n})
	return len(v.units) - 1
}

// name returns what to call the units of a line: the catalogue's short name, else the line's title.
func (v *view) name(line string) named {
	var n named
	if v.letter.Facts == nil {
		return n
	}
	for _, l := range v.letter.Facts.Lines {
		if l.ID != line {
			continue
		}
		p, _ := v.letter.Catalogue.Lookup(l)
		n.title = clean(l.Title, longestValue)
		n.manual = p.Manual
		n.name = clean(p.Name[v.texts.tag], longestValue)
		n.noun = n.name != ""
		n.name = cmp.Or(n.name, n.title, clean(l.SKU, longestValue))
		break
	}
	return n
}

// mostNames is how many different names a sentence can carry.
const mostNames = 5

// unitList names the units: "washing machine and 2 inlet hoses".
func (v *view) unitList() string {
	names := make([]string, 0, mostNames)
	for i, g := range v.units {
		if g.name == "" {
			return ""
		}
		if i == mostNames-1 && len(v.units) > mostNames {
			rest := 0
			for _, g := range v.units[i:] {
				rest += g.n
			}
			names = append(names, v.texts.others(rest))
			break
		}
		names = append(names, v.counted(g))
	}
	return v.texts.list(names)
}

func (v *view) counted(g group) string {
	switch {
	case g.n == 1:
		return g.name
	case g.noun:
		return v.texts.count(g.n, g.name)
	default:
		return v.texts.times(g.n, g.name)
	}
}

// coverage returns the coverage the step's anchor names: of the letter's units the one that lasts longest, as rule 5
// has it, or the order's.
func coverage(l *followup.Letter) (found followup.Covered) {
	name := l.Step.Anchor.Coverage
	if name == "" {
		return found
	}
	for _, c := range l.Coverages {
		if c.Name == name && (c.Unit == "" || concerns(l, c.Unit)) && (found.Name == "" || c.Until.After(found.Until)) {
			found = c
		}
	}
	return found
}

func concerns(l *followup.Letter, key followup.UnitKey) bool {
	for i := range l.Units {
		if l.Units[i].Key == key {
			return true
		}
	}
	return false
}

func (v *view) report(c *followup.Case) report {
	if c == nil {
		return report{}
	}
	r := report{
		number:  strings.TrimLeft(v.order, "# ") + "-" + strconv.Itoa(c.Number),
		opened:  v.dayOf(c.Opened),
		outcome: c.Outcome,
	}
	if !c.Open() {
		r.closed = v.dayOf(c.Closed)
	}
	return r
}

func (v *view) dayOf(t time.Time) day {
	d := civil.DateTimeOf(t, v.zone).Date
	return day{d, !d.IsZero()}
}

// fact returns the day of a fact in the customer's zone.
func (v *view) fact(f followup.Fact) day {
	d := f.At.In(v.zone, 0).Date
	return day{d, !f.IsZero() && !f.Assumed() && !d.IsZero()}
}

// covered returns a day of the coverage; it is as known as what the coverage counts from.
func (v *view) covered(d civil.Date) day {
	return day{d, !d.IsZero() && !v.cover.Start.Assumed()}
}

// today returns the customer's date.
func (v *view) today() civil.Date { return civil.DateTimeOf(v.letter.Now, v.zone).Date }

// answerPage returns the address of the answer page.
func (v *view) answerPage() string {
	if v.answerTo == "" {
		v.answerTo = v.maker.links.Answer(*v.letter)
	}
	return v.answerTo
}

// field returns a field of the contact, made fit for a line of text.
func (v *view) field(name string) string {
	if v.letter.Contact == nil {
		return ""
	}
	return clean(v.letter.Contact.Field(name), longestValue)
}

// firstName returns the name to greet with: the first name, else the whole; "" when there is none, or when it is none.
func (v *view) firstName() string {
	if !v.first.done {
		name := cmp.Or(v.field(followup.FieldFirst), v.field(followup.FieldName))
		if likeAddress(name) {
			name = ""
		}
		v.first = memo{name, true}
	}
	return v.first.text
}
