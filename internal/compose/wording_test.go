package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// say renders one line of a message and returns its text before the footer.
func say(t *testing.T, body string, change func(*followup.Letter)) string {
	t.Helper()
	l := letter(t, "own")
	if change != nil {
		change(&l)
	}
	m, err := own(t, body+"\n").Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(m.Text, "\n\n-- \n")
	return text
}

// TestUnits lists what the letter is about.
func TestUnits(t *testing.T) {
	type line struct {
		noun, title string
		n           int
	}
	for _, tc := range []struct {
		lines []line
		want  string
	}{
		{[]line{{"washing machine", "", 1}}, "washing machine"},
		{[]line{{"washing machine", "", 3}}, "3 washing machines"},
		{[]line{{"washing machine", "", 1}, {"inlet hose", "", 2}}, "washing machine and 2 inlet hoses"},
		{[]line{{"fridge", "", 1}, {"oven", "", 1}, {"hob", "", 1}}, "fridge, oven, and hob"},
		{[]line{{"fridge", "", 1}, {"fridge", "", 1}}, "2 fridges"},
		{[]line{{"", "WM-100", 2}}, "2 × WM-100"},
		{[]line{{"", "Pro 1", 1}, {"", "Pro 2", 2}}, "Pro 1 and 2 × Pro 2"},
		{[]line{{"battery", "", 2}}, "2 batteries"},
		{[]line{{"tray", "", 2}}, "2 trays"},
		{[]line{{"toothbrush", "", 2}}, "2 toothbrushes"},
		{[]line{{"box", "", 2}}, "2 boxes"},
		{[]line{{"bread knife", "", 2}}, "2 bread knives"},
		{[]line{{"headphones", "", 2}}, "2 × headphones"},
		{[]line{{"pair of headphones", "", 2}}, "2 pairs of headphones"},
		{[]line{{"hose for a washer", "", 2}}, "2 hoses for a washer"},
		{[]line{{"iPod", "", 2}}, "2 iPods"},
		{[]line{{"WM 3000", "", 2}}, "2 × WM 3000"},
		{[]line{{"a", "", 1}, {"b", "", 1}, {"c", "", 1}, {"d", "", 1}, {"e", "", 1}}, "a, b, c, d, and e"},
		{[]line{{"a", "", 1}, {"b", "", 1}, {"c", "", 1}, {"d", "", 1}, {"e", "", 1}, {"f", "", 2}}, "a, b, c, d, and 3 other items"},
	} {
		got := say(t, "{{units .Units}}", func(l *followup.Letter) {
			l.Units, l.Facts.Lines, l.Catalogue.Products = nil, nil, nil
			for i, x := range tc.lines {
				id := fmt.Sprint("l", i)
				l.Facts.Lines = append(l.Facts.Lines, followup.Line{ID: id, SKU: id, Title: x.title, Quantity: x.n})
				if x.noun != "" {
					l.Catalogue.Products = append(l.Catalogue.Products, followup.Product{SKU: id, Name: map[string]string{"en": x.noun, "fa": "?"}})
				}
				for n := range x.n {
					l.Units = append(l.Units, followup.Unit{Key: followup.NewUnitKey(id, n+1)})
				}
			}
		})
		if got != tc.want {
			t.Errorf("%v: got %q, want %q", tc.lines, got, tc.want)
		}
	}
}

// TestManyUnits stays fast and short for an order of thousands.
func TestManyUnits(t *testing.T) {
	got := say(t, "{{units .Units}}", func(l *followup.Letter) {
		for i := range 5000 {
			l.Units = append(l.Units, followup.Unit{Key: followup.NewUnitKey("12", i+1)})
		}
	})
	if got != "washing machine and 5000 inlet hoses" {
		t.Errorf("got %q", got)
	}
}

// TestHours says the shop's hours for people, by its country's own weekend, and where the clocks differ, whose they are.
func TestHours(t *testing.T) {
	for _, tc := range []struct{ window, country, zone, want string }{
		{"09:00-17:00 workdays", "DE", "Europe/Berlin", "Mon–Fri 9:00–17:00"},
		{"09:00-17:00 workdays", "", "", "Mon–Fri 9:00–17:00"},
		{"08:30-16:00 workdays", "IR", "", "Sat–Thu 8:30–16:00"},
		{"09:00-17:00 workdays", "EG", "", "Sun–Thu 9:00–17:00"},
		{"09:00-17:00", "DE", "Europe/Berlin", "daily 9:00–17:00"},
		{"18:00-02:00", "DE", "Europe/Berlin", "daily 18:00–2:00"},
		{"00:00-24:00", "DE", "Europe/Berlin", "daily around the clock"},
		{"10:00-24:00", "DE", "Europe/Berlin", "daily 10:00–24:00"},
		{"09:00-17:00 workdays", "US", "America/New_York", "Mon–Fri 9:00–17:00 New York time"},
		{"09:00-17:00 workdays", "FR", "Europe/Paris", "Mon–Fri 9:00–17:00"},
		{"09:00-17:00 workdays", "DE", "Not/AZone", "Mon–Fri 9:00–17:00"},
	} {
		w, err := civil.ParseWindow(tc.window)
		if err != nil {
			t.Fatal(err)
		}
		got := say(t, "{{hours .Shop}}", func(l *followup.Letter) {
			l.Shop.BusinessHours, l.Shop.Country, l.Shop.Zone = w, tc.country, tc.zone
		})
		if got != tc.want+"\n" && got != tc.want {
			t.Errorf("%+v: got %q", tc, got)
		}
	}
}

// TestDaysLeft counts the customer's days: 60 and 7 days before, and the last ones.
func TestDaysLeft(t *testing.T) {
	until := civil.Date{Year: 2028, Month: 2, Day: 28}
	for _, tc := range []struct {
		now  string
		want string
	}{
		{"2027-12-30T09:00:00Z", "in 60 days, until 28 February 2028"},
		{"2028-02-21T09:00:00Z", "in 7 days, until 28 February 2028"},
		{"2028-02-27T09:00:00Z", "tomorrow, until 28 February 2028"},
		{"2028-02-27T23:30:00Z", "today, until 28 February 2028"}, // in Berlin it is the 28th
		{"2028-02-29T09:00:00Z", "over, until 28 February 2028"},
	} {
		got := say(t, "{{if days_left}}{{days_left}}{{else}}over{{end}}, until {{until .Coverage}}", func(l *followup.Letter) {
			at, err := time.Parse(time.RFC3339, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			l.Now = at
			several(l)
			l.Step.Anchor = followup.Anchor{Kind: followup.AnchorCoverageEnd, Coverage: "warranty"}
			l.Coverages = []followup.Covered{
				{Name: "support", Unit: "11/1", Until: until.AddDays(900)},
				{Name: "warranty", Unit: "11/1", Until: until},
				{Name: "warranty", Unit: "12/1", Until: until.AddDays(-9)}, // the latest of the letter's units counts (rule 5)
				{Name: "warranty", Unit: "99/1", Until: until.AddDays(30)}, // not of this letter
			}
		})
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.now, got, tc.want)
		}
	}
}

// zone is one of the IANA database.
func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := civil.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestValues reads the others.
func TestValues(t *testing.T) {
	closed := func(l *followup.Letter) {
		l.Case = &followup.Case{Number: 2, Opened: now.AddDate(0, 0, -9), Closed: now.AddDate(0, 0, -3), Outcome: "repaired"}
	}
	covered := func(l *followup.Letter) {
		l.Step.Anchor = followup.Anchor{Kind: followup.AnchorCoverageStart, Coverage: "return_window"}
		l.Coverages = []followup.Covered{{
			Name: "return_window", From: civil.Date{Year: 2026, Month: 3, Day: 1}, Until: civil.Date{Year: 2026, Month: 3, Day: 15},
		}}
	}
	for _, tc := range []struct {
		body, want string
		change     func(*followup.Letter)
	}{
		{"{{greeting .Contact}}", "Hello Anna,", nil},
		{"{{greeting .Contact}}", "Hello,", unnamed},
		{"{{greeting .Contact}}", "Hello Anna Berg,", func(l *followup.Letter) { delete(l.Contact.Fields, followup.FieldFirst) }},
		{"{{date .Delivered}}", "26 February 2026", nil},
		{"{{reply_due}}", "Tuesday 3 March, 10:00", nil},
		{"{{reply_due}}", "Tuesday 3 March, 9:00 (Reykjavik time)", func(l *followup.Letter) { l.Zone = zone(t, "Atlantic/Reykjavik") }},
		{"{{reply_due}}", "Tuesday 3 March, 10:00", func(l *followup.Letter) { l.Zone = zone(t, "Europe/Paris") }},
		{"{{reply_due}}", "Tuesday 3 March, 4:00 (New York time)", func(l *followup.Letter) { l.Zone = zone(t, "America/New_York") }},
		{"{{phone .Shop.Phone}}", "+49 30 901820", nil},
		{"{{phone .Shop.Phone}}", "+49 30 901820", func(l *followup.Letter) { l.Shop.Phone = "030 901820" }},
		{"{{phone .Shop.Phone}}", "ask at the desk", func(l *followup.Letter) { l.Shop.Phone = "ask at the desk" }},
		{"{{.Order.Number}}", "#1001", nil},
		{"{{.Order.Number}}", "5001", func(l *followup.Letter) { l.Facts.Number = "" }},
		{"{{.Shop.ReplyTo}}", "hilfe@nordlicht.example", nil},
		{"{{.Shop.ReplyTo}}", "service@nordlicht.example", func(l *followup.Letter) { l.Shop.ReplyTo = "" }},
		{"{{.Unit.Title}} {{.Unit.Serial}}", "Laundry Pro WM-100 SN-77", nil},
		{"{{.Case.Number}} {{date .Case.Opened}} {{date .Case.Closed}}", "1001-2 21 February 2026 27 February 2026", closed},
		{"{{if eq .Case.Outcome \"repaired\"}}a{{end}}{{if ne .Case.Outcome \"repaired\"}}b{{end}}", "a", closed},
		{"{{if and .Case .Shop.Phone}}a{{end}}{{if or .OpenCase .Case}}b{{end}}{{if not .OpenCase}}c{{end}}", "abc", closed},
		{"{{if and .Case .OpenCase}}a{{else if .Case}}b{{else}}c{{end}}", "b", closed},
		{"{{if and .Case .OpenCase}}a{{else if .Case}}b{{else}}c{{end}}", "c", nil},
		{"{{.Coverage.ID}} {{.Coverage.Name}} {{date .Coverage.From}}", "return_window return period 1 March 2026", covered},
		{"{{if .Coverage.Known}}known{{else}}assumed{{end}}", "known", covered},
		{"{{if .Coverage.Known}}known{{else}}assumed{{end}}", "assumed", func(l *followup.Letter) {
			covered(l)
			l.Coverages[0].Start.Source = "assumed"
		}},
		{"a  *b* **c** &amp; \\*d\\* &#123;&#123;", "a b c & *d* {{", nil},
		{"# Head\n\n> quoted\n> twice\n\n---\n\n3. three\n4. four\n\n- x\n  - y", "Head\n\n> quoted twice\n\n---\n\n3. three\n4. four\n\n- x\n\n  - y", nil},
		{"one\\\ntwo", "one\ntwo", nil},
		{"[Words](https://x.example/a).", "Words: https://x.example/a", nil},
		{"<https://x.example/a>", "https://x.example/a", nil},
		{"[write](mailto:a@b.example)", "write: a@b.example", nil},
	} {
		if got := say(t, tc.body, tc.change); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.body, got, tc.want)
		}
	}
}

// TestCaseOfOneUnit speaks of the unit whose problem was solved, not of the whole order.
func TestCaseOfOneUnit(t *testing.T) {
	for unit, want := range map[followup.UnitKey]string{
		"12/2": "inlet hose", "": "washing machine and 2 inlet hoses (several)", "99/1": "washing machine and 2 inlet hoses (several)",
	} {
		got := say(t, "{{units .Units}}{{if several .Units}} (several){{end}}", func(l *followup.Letter) {
			several(l)
			l.Case = &followup.Case{Number: 1, Unit: unit, Opened: now, Closed: now}
		})
		if got != want {
			t.Errorf("%q: got %q, want %q", unit, got, want)
		}
	}
}

// TestLoneLink is a button; links in sentences, lists and the footer are not.
func TestLoneLink(t *testing.T) {
	m, err := own(t, "[One](https://x.example/1)\n\nAnd [two](https://x.example/2)\n\n- [three](https://x.example/3)\n").Compose(letter(t, "own"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(m.HTML, `class="b"`); n != 1 || strings.Count(m.HTML, `class="l"`) != 2 {
		t.Errorf("%d buttons in\n%s", n, m.HTML)
	}
	if !strings.Contains(m.HTML, `<a class="b" style="display:inline-block;`) || strings.Index(m.HTML, `class="b"`) > strings.Index(m.HTML, "x.example/1") {
		t.Errorf("the first link is no button:\n%s", m.HTML)
	}
}

// TestChoices leave no empty paragraph, item or line behind.
func TestChoices(t *testing.T) {
	const body = `{{if .OpenCase}}
Gone.
{{end}}
{{if .OpenCase}}Gone too.{{end}}

{{if .OpenCase}}Gone{{else}}Here{{end}}

- one
- {{if .OpenCase}}gone{{end}}
- {{if .Case}}gone{{else}}two{{end}}

{{if not .Case}}First.

Second.{{end}}

{{if .OpenCase}}
- gone
{{else if .Case}}
gone
{{else}}
> last
{{end}}
`
	if got, want := say(t, body, nil), "Here\n\n- one\n- two\n\nFirst.\n\nSecond.\n\n> last"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m, err := own(t, body).Compose(letter(t, "own"))
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.ReplaceAll(m.HTML, "\n", "")
	for _, empty := range []string{"\"></p>", "\"></li>", "\"></ul>", "gone", "Gone"} {
		if strings.Contains(flat, empty) {
			t.Errorf("HTML has %q:\n%s", empty, m.HTML)
		}
	}
}

// TestWidth keeps lines of plain text within 72 characters, addresses apart.
func TestWidth(t *testing.T) {
	c := newComposer(t)
	for _, name := range c.Names() {
		l := letter(t, name)
		several(&l)
		l.Shop.PublicURL = "https://shop.example/" + strings.Repeat("x", 90)
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(m.Text, "\n") {
			if len([]rune(line)) > 72 && !strings.Contains(line, "://") {
				t.Errorf("%s: a line of %d: %s", name, len([]rune(line)), line)
			}
		}
	}
}

// TestAtOnce composes from many goroutines, as the loop does.
func TestAtOnce(t *testing.T) {
	c := newComposer(t)
	want, err := c.Compose(letter(t, "check-in"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 8 {
		go func() {
			m, _ := c.Compose(letter(t, "check-in"))
			done <- m.HTML
		}()
	}
	for range 8 {
		if got := <-done; got != want.HTML {
			t.Error("another message came out")
		}
	}
}
