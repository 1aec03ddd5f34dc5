package compose_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"aftersales/internal/followup"
)

// hostile are names and titles that try to be something else.
var hostile = []string{
	`**Anna**`,
	`[x](javascript:alert(1))`,
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`{{.Unit}}`,
	`&lt;b&gt;`,
	`# Heading`,
	`- item`,
	`\*`,
	`' onclick='x`,
}

// TestHostileValues shows names, titles and serials as they are, in HTML and in text.
func TestHostileValues(t *testing.T) {
	c := newComposer(t)
	for _, bad := range hostile {
		l := letter(t, "service-due")
		l.Contact.Fields[followup.FieldFirst] = followup.Stated{Value: bad}
		l.Catalogue = nil
		l.Facts.Lines[0].Title = "T " + bad
		l.Units[0].Serial = "S " + bad
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(m.Text), " ")
		for _, want := range []string{"Hello " + bad + ",", "Your T " + bad, "serial number S " + bad} {
			if !strings.Contains(flat, want) {
				t.Errorf("text lacks %q:\n%s", want, m.Text)
			}
		}
		for _, want := range []string{"Hello " + bad + ",", ">T " + bad + "<", "(serial number S " + bad + ")"} {
			if want = escape(want); !strings.Contains(m.HTML, want) {
				t.Errorf("HTML lacks %q:\n%s", want, m.HTML)
			}
		}
		if !strings.Contains(m.Subject, bad) {
			t.Errorf("subject %q lacks %q", m.Subject, bad)
		}
	}
}

// escape is html.EscapeString but for the tags around a value.
func escape(s string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(s, ">"), "<")
	if inner == s {
		return html.EscapeString(s)
	}
	return ">" + html.EscapeString(inner) + "<"
}

// TestControls takes line ends and characters that turn the direction out of data.
func TestControls(t *testing.T) {
	c := newComposer(t)
	l := letter(t, "check-in")
	l.Catalogue = nil
	l.Facts.Lines[0].Title = "  Laundry\r\nBcc: all@example.com\x00\u202e\u2066Pro\uE000\U000F0000 \u200cWM\x01\xff "
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if want := "How is your Laundry Bcc: all@example.com Pro \u200cWM \uFFFD working?"; m.Subject != want {
		t.Errorf("subject %+q, want %+q", m.Subject, want)
	}
	for _, s := range []string{m.HTML, m.Text} {
		if strings.ContainsAny(s, "\r\x00\x01\u202e\u2066\uE000\U000F0000") {
			t.Errorf("controls are left in %+q", s)
		}
	}
}

// TestLongTitle shortens what no sentence can carry, and bounds the subject.
func TestLongTitle(t *testing.T) {
	c := newComposer(t)
	l := letter(t, "check-in")
	l.Catalogue = nil
	l.Facts.Lines[0].Title = strings.Repeat("é", 100_000)
	several(&l)
	l.Facts.Lines[1].Title = strings.Repeat("x", 100_000)
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(m.Subject)); n != 201 || !strings.HasSuffix(m.Subject, "…") {
		t.Errorf("subject has %d characters: %s", n, m.Subject)
	}
	if len(m.HTML) > 20_000 {
		t.Errorf("HTML has %d bytes", len(m.HTML))
	}
}

// TestNamesLikeAddresses greets nobody by an advertisement.
func TestNamesLikeAddresses(t *testing.T) {
	c := newComposer(t)
	for name, greeting := range map[string]string{
		"www.win.example":         "Hello,",
		"Win at https://x.ex/now": "Hello,",
		"prize.com":               "Hello,",
		"a@b.example":             "Hello,",
		"Anna click spam.example": "Hello,",
		"J. P. Müller":            "Hello J. P. Müller,",
		"Dr.-Ing. Kaya":           "Hello Dr.-Ing. Kaya,",
		"O'Neill":                 "Hello O'Neill,",
		"  Anna  Maria ":          "Hello Anna Maria,",
		" ":                       "Hello,",
	} {
		l := letter(t, "check-in")
		l.Contact.Fields[followup.FieldFirst] = followup.Stated{Value: name}
		l.Contact.Fields[followup.FieldName] = followup.Stated{}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(m.Text, greeting+"\n") {
			t.Errorf("%q is greeted by %q, want %q", name, m.Text[:40], greeting)
		}
		if greeting == "Hello," && m.To.Name != "" {
			t.Errorf("%q is the name of the recipient", m.To.Name)
		}
	}
}

// TestLinksOfData follows only web addresses.
func TestLinksOfData(t *testing.T) {
	c := newComposer(t)
	for _, bad := range []string{"javascript:alert(1)", "data:text/html,x", " https://x.example", "https://x.example/a b", "//x.example", "https://x\nBcc: y"} {
		l := letter(t, "set-up")
		l.Catalogue.Products[0].Manual = bad
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.HTML, "Manual of") || strings.Contains(m.Text, "Manual of") {
			t.Errorf("manual %q is a link", bad)
		}
		r := letter(t, "review-request")
		r.Shop.ReviewURL = bad
		if _, err := c.Compose(r); err == nil {
			t.Errorf("review link %q goes out", bad)
		}
	}
	l := letter(t, "set-up")
	l.Catalogue.Products[0].Manual = `https://x.example/?a="&b=<i>'`
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if want := `href="https://x.example/?a=&#34;&amp;b=&lt;i&gt;&#39;"`; !strings.Contains(m.HTML, want) {
		t.Errorf("HTML lacks %s", want)
	}
}

// tags are those the layout has; no value may add another.
var tags = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

// FuzzCompose puts hostile data everywhere and looks for tags and header lines that are not ours.
func FuzzCompose(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s, s, s)
	}
	f.Add("a\r\nBcc: x", "\x00\xff", "\u202e", "\U000F0001{{end}}")
	c := newComposer(f)
	want := map[string]int{}
	f.Fuzz(func(t *testing.T, first, title, serial, number string) {
		for _, name := range c.Names() {
			l := letter(t, name)
			l.Contact.Fields[followup.FieldFirst] = followup.Stated{Value: first}
			l.Contact.Fields[followup.FieldName] = followup.Stated{Value: title}
			l.Catalogue = nil
			l.Facts.Lines[0].Title, l.Units[0].Serial, l.Facts.Number = "T"+title, "S"+serial, "N"+number
			m, err := c.Compose(l)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, ok := want[name]; !ok {
				plain, err := c.Compose(letter(t, name))
				if err != nil {
					t.Fatal(err)
				}
				want[name] = len(tags.FindAllString(plain.HTML, -1))
				if name == "set-up" {
					want[name] -= 4 // the paragraph and link of the manual
				}
			}
			if n := len(tags.FindAllString(m.HTML, -1)); n != want[name] {
				t.Errorf("%s: %d tags, want %d:\n%s", name, n, want[name], m.HTML)
			}
			for _, s := range []string{m.Subject, m.Preview, m.From.Name, m.To.Name, m.MessageID, m.Headers["List-Unsubscribe"]} {
				if strings.ContainsAny(s, "\r\n\x00") {
					t.Errorf("%s: %q breaks a header", name, s)
				}
			}
			if strings.ContainsAny(m.Text, "\r\x00\x01\x02\x03\u202e") {
				t.Errorf("%s: controls in %q", name, m.Text)
			}
		}
	})
}
