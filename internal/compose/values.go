package compose

import "strings"

// values is the closed list of what a message may read. Nothing else of the domain can be reached.
var values = map[string]func() expr{
	".Shop":           group1(kindShop, func(v *view) bool { return v.shop.Name != "" }),
	".Shop.Name":      text("set the shop's name", func(v *view) string { return clean(v.shop.Name, longestValue) }),
	".Shop.Phone":     dial(func(v *view) string { return clean(v.shop.Phone, longestValue) }),
	".Shop.ReplyTo":   text("set the shop's reply_to", replyTo),
	".Shop.Address":   text("set the shop's address, or put {{if .Shop.Address}} around", func(v *view) string { return clean(v.shop.Address, 2*longestValue) }),
	".Shop.PublicURL": link("set the shop's public_url", func(v *view) string { return v.shop.PublicURL }),

	".Contact":           group1(kindContact, func(v *view) bool { return v.firstName() != "" }),
	".Contact.FirstName": text("use {{greeting .Contact}}, or put {{if .Contact.FirstName}} around", (*view).firstName),

	".Order":        group1(kindOrder, func(v *view) bool { return v.order != "" }),
	".Order.Number": text("the order has no number", func(v *view) string { return v.order }),

	".Unit":           unit(func(v *view) *named { return &v.unit }),
	".Unit.ShortName": text("name the product in products.yaml, or give the order line a title", func(v *view) string { return v.unit.name }),
	".Unit.Title":     text("the order line has no title; put {{if .Unit.Title}} around", func(v *view) string { return v.unit.title }),
	".Unit.Serial":    text("put {{if .Unit.Serial}} around: not every unit has one", func(v *view) string { return v.unit.serial }),
	".Units":          group1(kindUnits, func(v *view) bool { return len(v.units) > 0 }),

	".Delivered":       date(func(v *view) day { return v.fact(v.letter.Delivered) }),
	".Delivered.Known": truth(func(v *view) bool { return v.fact(v.letter.Delivered).known }),

	".Coverage":       group1(kindCoverage, func(v *view) bool { return v.cover.Name != "" }),
	".Coverage.ID":    text(noCoverage, func(v *view) string { return v.cover.Name }),
	".Coverage.Name":  text(noCoverage, coverageName),
	".Coverage.From":  date(func(v *view) day { return v.covered(v.cover.From) }),
	".Coverage.Until": date(func(v *view) day { return v.covered(v.cover.Until) }),
	".Coverage.Known": truth(func(v *view) bool { return v.covered(v.cover.Until).known }),

	".Case":         caseGroup(func(v *view) *report { return &v.closed }),
	".Case.Number":  text(noCase, func(v *view) string { return v.closed.number }),
	".Case.Opened":  date(func(v *view) day { return v.closed.opened }),
	".Case.Closed":  date(func(v *view) day { return v.closed.closed }),
	".Case.Outcome": text(noCase, func(v *view) string { return v.closed.outcome }),

	".OpenCase":        caseGroup(func(v *view) *report { return &v.open }),
	".OpenCase.Number": text("put {{if .OpenCase}} around", func(v *view) string { return v.open.number }),
	".OpenCase.Opened": date(func(v *view) day { return v.open.opened }),
}

const (
	noCoverage = "use the message in a step whose anchor is a coverage, or put {{if .Coverage}} around"
	noCase     = "use the message in a step after case_closed, or put {{if .Case}} around"
	noDate     = "nobody stated this date: put {{if}} with its .Known around"
)

// text makes the expr of a text; an empty one is false.
func text(mend string, get func(*view) string) func() expr {
	return func() expr {
		return expr{kind: kindText, mend: mend, text: get, truth: func(v *view) bool { return get(v) != "" }}
	}
}

func link(mend string, get func(*view) string) func() expr {
	return func() expr {
		e := text(mend, get)()
		e.link = true
		return e
	}
}

func dial(get func(*view) string) func() expr {
	return func() expr {
		e := text("set the shop's phone, or put {{if .Shop.Phone}} around", get)()
		e.kind = kindPhone
		return e
	}
}

func truth(get func(*view) bool) func() expr {
	return func() expr { return expr{kind: kindTruth, truth: get} }
}

func date(get func(*view) day) func() expr {
	return func() expr {
		return expr{kind: kindDay, mend: noDate, day: get, truth: func(v *view) bool { return get(v).known }}
	}
}

func unit(get func(*view) *named) func() expr {
	return func() expr {
		return expr{kind: kindUnit, unit: get, truth: func(v *view) bool { return get(v).name != "" }}
	}
}

func caseGroup(get func(*view) *report) func() expr {
	return func() expr {
		return expr{kind: kindCase, cse: get, truth: func(v *view) bool { return get(v).number != "" }}
	}
}

// group1 makes the expr of a group of which a letter has one.
func group1(k kind, there func(*view) bool) func() expr {
	return func() expr { return expr{kind: k, truth: there} }
}

func replyTo(v *view) string {
	if v.shop.ReplyTo != "" {
		return clean(v.shop.ReplyTo, longestValue)
	}
	return clean(v.shop.Sender, longestValue)
}

// coverageName says the coverage's name for people: the language's word, else the plan's.
func coverageName(v *view) string {
	if word, ok := v.texts.coverages[v.cover.Name]; ok {
		return word
	}
	return clean(strings.ReplaceAll(v.cover.Name, "_", " "), longestValue)
}
