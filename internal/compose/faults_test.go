package compose_test

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/compose"
	"aftersales/internal/followup"
	"aftersales/messages"
)

const front = "---\nsubject: \"s\"\npreview: \"p\"\n---\n"

// TestFaults names each thing that can be wrong in a message, with its line.
func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name, file, src string
		want            []string // file:line and a part of what is wrong
	}{
		{"fine", "a/en.md", front + "Hello\n", nil},
		{"crlf and byte order mark", "a/en.md", "\uFEFF" + strings.ReplaceAll(front, "\n", "\r\n") + "Hello\r\n", nil},
		{"script", "a/en.md", "---\n---\nHello\n", nil},
		{"variant of English", "a/en-GB.md", front + "Hello\n", nil},
		{"no front matter", "a/en.md", "Hello\n", []string{"a/en.md:1:C: the front matter is missing"}},
		{"endless front matter", "a/en.md", "---\nsubject: x\n", []string{"a/en.md:1:C: the front matter has no end"}},
		{"yaml", "a/en.md", "---\nsubject: \"x\npreview: p\n---\nHello\n", []string{"a/en.md:2:C: the front matter cannot be read"}},
		{"yaml with a tab", "a/en.md", "---\na: b\n\tc: d\n---\nHello\n", []string{"a/en.md:3:C: the front matter cannot be read: found character '·'"}},
		{"key turned around", "a/en.md", "---\nsubject: s\npreview: p\n\u2066a: x\n---\nHello\n", []string{"a/en.md:4:C: unknown key \"\\u2066a\""}},
		{"no subject", "a/en.md", "---\npreview: p\n---\nHello\n", []string{"a/en.md:1:C: the subject is missing"}},
		{"no preview", "a/en.md", "---\nsubject: s\n---\nHello\n", []string{"a/en.md:1:C: the preview is missing"}},
		{"unknown key", "a/en.md", "---\nsubject: s\npreview: p\nsubjekt: x\n---\nHello\n", []string{"a/en.md:4:C: unknown key \"subjekt\""}},
		{"spoken in a mail", "a/en.md", "---\nsubject: s\npreview: p\nspoken: x\n---\nHello\n", []string{"a/en.md:4:C: spoken is for calls"}},
		{"recording in a mail", "a/en.md", "---\nsubject: s\npreview: p\nrecording: https://x.example/a.wav\n---\nHello\n", []string{"a/en.md:4:C: recording is for calls"}},
		{"no recording", "a/en.md", "---\nrecording: a.wav\n---\nHello\n", []string{"a/en.md:2:C: the recording is no address"}},
		{"fault in what is spoken", "a/en.md", "---\nclass: feedback\nspoken: \"{{.Foo}}\"\n---\nHello\n", []string{"a/en.md:3:C: unknown value .Foo"}},
		{"unknown class", "a/en.md", "---\nsubject: s\npreview: p\nclass: sales\n---\nHello\n", []string{"a/en.md:4:C: unknown class \"sales\""}},
		{"fault in the subject", "a/en.md", "---\npreview: p\nsubject: \"{{.Foo}}\"\n---\nHello\n", []string{"a/en.md:3:C: unknown value .Foo"}},
		{"link in the subject", "a/en.md", "---\npreview: p\nsubject: \"{{answer_link}}\"\n---\nHello\n", []string{"a/en.md:3:C: {{answer_link}} has no place here"}},
		{"no text", "a/en.md", front, []string{"a/en.md:5:C: it has no text"}},
		{"language", "a/fr.md", front + "Bonjour\n", []string{"a/fr.md: \"fr\" is no language we speak"}},
		{"name", "a/english.md", front + "Hello\n", []string{"a/english.md: \"english\" is no language we speak"}},
		{"outside", "en.md", front + "Hello\n", []string{"en.md: a message lies outside of a folder"}},
		{"not UTF-8", "a/en.md", front + "\xff\n", []string{"a/en.md: it is not UTF-8"}},
		{"too long", "a/en.md", front + strings.Repeat("x", 65<<10), []string{"a/en.md: it is over 64 KiB"}},
		{"private use", "a/en.md", front + "x\U000F0000\n", []string{"a/en.md: there are private-use characters"}},
		{
			"many at once", "a/en.md", front + "{{.Foo}}\n\n{{bar}} {{.Unit.Colour}}\n\n<b>x</b>\n",
			[]string{"a/en.md:5:C: unknown value .Foo", "a/en.md:7:C: unknown function bar", "a/en.md:7:C: unknown value .Unit.Colour"},
		},
		{"value of a group", "a/en.md", front + "{{.Unit.Nope}}\n", []string{"there are .Unit .Unit.Serial .Unit.ShortName .Unit.Title"}},
		{"group printed", "a/en.md", front + "{{.Unit}}\n", []string{"a/en.md:5:C: {{.Unit}} is a unit and cannot be printed"}},
		{"truth printed", "a/en.md", front + "{{.Delivered.Known}}\n", []string{"cannot be printed"}},
		{"arguments", "a/en.md", front + "{{greeting}} {{date .Contact}} {{phone .Shop.Name}} {{units .Unit}}\n", []string{
			"a/en.md:5:C: greeting takes 1, not 0, arguments", "date takes a date, and .Contact is the contact",
			"phone takes a phone number", "units takes units",
		}},
		{"no arguments wanted", "a/en.md", front + "{{reply_due .Shop}}\n", []string{"reply_due takes 0, not 1, arguments"}},
		{"answer", "a/en.md", front + "{{answers \"works\" \"perfect\"}}\n", []string{"a/en.md:5:C: answers has no \"perfect\""}},
		{"answers in a sentence", "a/en.md", front + "Say {{answers \"works\"}}\n", []string{"a/en.md:5:C: answers stand inside a paragraph"}},
		{"answers in a list", "a/en.md", front + "- {{answers \"works\"}}\n", []string{"a/en.md:5:C: answers stand in a list"}},
		{"answers in a call", "a/en.md", "---\n---\n{{answers \"works\"}}\n", []string{"a/en.md:3:C: answers has no place in the script of a call"}},
		{"syntax", "a/en.md", front + "x\n\n{{if .Unit}}\nx\n", []string{"a/en.md:9:C: unexpected EOF"}},
		{"unclosed", "a/en.md", front + "x\n{{.Unit\n", []string{"a/en.md:7:C: unclosed action started at line 6"}},
		{"range", "a/en.md", front + "{{range .Units}}x{{end}}\n", []string{"a/en.md:5:C: {{range .Units"}},
		{"with", "a/en.md", front + "{{with .Unit}}x{{end}}\n", []string{"{{with .Unit"}},
		{"define", "a/en.md", front + "x{{define \"y\"}}z{{end}}\n", []string{"{{define}} is not part of messages"}},
		{"template", "a/en.md", front + "{{template \"y\"}}\n", []string{"is not part of messages"}},
		{"variable", "a/en.md", front + "{{$x := .Shop.Name}}{{$x}}\n", []string{"variables are not part of messages", "$x is not part of messages"}},
		{"pipe", "a/en.md", front + "{{.Shop.Phone | phone}}\n", []string{"\"|\" is not part of messages"}},
		{"builtin", "a/en.md", front + "{{printf \"%s\" .Shop.Name}} {{html .Shop.Name}} {{call .Shop.Name}}\n", []string{
			"unknown function printf", "unknown function html", "unknown function call",
		}},
		{"dot", "a/en.md", front + "{{.}}\n", []string{". is not part of messages"}},
		{"if across emphasis", "a/en.md", front + "x **y {{if .Unit}}z** a{{end}}\n", []string{"a/en.md:5:C: an {{if}} and its {{end}} are in different parts"}},
		{"if across items", "a/en.md", front + "- a {{if .Unit}}b\n- c{{end}}\n", []string{"different parts of the text"}},
		{"if into the middle", "a/en.md", front + "a {{if .Unit}}b\n\nc{{end}} d\n", []string{"a/en.md:5:C: an {{if}}", "a/en.md:5:C: an {{if}}"}},
		{"html", "a/en.md", front + "x\n\na <b>x</b>\n\n<div>y</div>\n", []string{"a/en.md:7:C: there is HTML", "a/en.md:9:C: there is HTML"}},
		{"image", "a/en.md", front + "x\n\n![x](https://x.example/x.png)\n", []string{"a/en.md:7:C: there is an image"}},
		{"code", "a/en.md", front + "x\n\n    y\n\nand `z`\n", []string{"a/en.md:7:C: there is a block of code", "a/en.md:9:C: CodeSpan is not part of messages"}},
		{"link", "a/en.md", front + "[x](javascript:alert) [y](JaVaScript&#58;alert) [z](/page)\n", []string{
			"a link goes to \"javascript:alert\"", "a link goes to \"JaVaScript:alert\"", "a link goes to \"/page\"",
		}},
		{"link to a value", "a/en.md", front + "[x]({{.Unit.Title}}) [y](https://x.example/{{.Order.Number}})\n", []string{
			"{{.Unit.Title}} is no web address", "put together from values",
		}},
		{"good links", "a/en.md", front + "[x](https://x.example/) <https://y.example> [m](mailto:a@b.example) [t](tel:+4930) [r]({{review_link}})\n", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			faults := lint(fstest.MapFS{tc.file: {Data: []byte(tc.src)}})
			if tc.name == "many at once" {
				faults = faults[:min(3, len(faults))]
			}
			if len(faults) < len(tc.want) || (len(tc.want) == 0 && len(faults) > 0) {
				t.Fatalf("got %v, want %q", faults, tc.want)
			}
			for i, want := range tc.want {
				found := false
				for _, f := range faults {
					column := strconv.Itoa(f.Column)
					found = found || strings.Contains(f.Error(), strings.Replace(want, ":C:", ":"+column+":", 1)) && (f.Line > 0) == (f.Column > 0)
				}
				if !found {
					t.Errorf("no fault %d with %q in\n%v", i, want, compose.Faults(faults))
				}
				if faults[i].Mend == "" {
					t.Errorf("%v says not what to do", faults[i])
				}
			}
		})
	}
}

// lint reads messages beside those that come ready-made, and tells of languages that are not spoken, too.
func lint(own fs.FS) []compose.Fault {
	c, faults := compose.Lint(compose.Options{Messages: own, Defaults: messages.Files(), Links: testLinks{"https://shop.example"}})
	return append(faults, c.Unspoken()...)
}

func TestColumnsOfFaults(t *testing.T) {
	for body, want := range map[string]int{
		"{{.Nope}}":                3,
		"Ö x {{.Nope}}":            7,
		"x\n\n a {{nope .Shop}}":   6,
		"{{if .Nope}}x{{end}}":     6,
		"- a\n- {{units .Nope}}\n": 11,
	} {
		faults := lint(fstest.MapFS{"a/en.md": {Data: []byte(front + body + "\n")}})
		if len(faults) != 1 || faults[0].Column != want {
			t.Errorf("%q: %v, want column %d", body, faults, want)
		}
	}
}

// What could be read is there beside the faults of the rest.
func TestLintGoesOn(t *testing.T) {
	c, faults := compose.Lint(compose.Options{
		Messages: fstest.MapFS{"a/en.md": {Data: []byte(front + "{{.Nope}}\n")}, "b/en.md": {Data: []byte(front + "Hello.\n")}},
		Defaults: messages.Files(), Links: testLinks{"https://shop.example"},
	})
	if len(faults) != 1 || c.Has("a") || !c.Has("b") || !c.Has("check-in") {
		t.Errorf("%v, %v", faults, c.Names())
	}
}

// A message that always speaks of a coverage, or of a case that was closed, fits only steps that have one.
func TestWhatAStepNeverHas(t *testing.T) {
	delivered := followup.Anchor{Kind: followup.AnchorDelivered}
	ends := followup.Anchor{Kind: followup.AnchorCoverageEnd, Coverage: "warranty"}
	closed := followup.Anchor{Kind: followup.AnchorCaseClosed}
	for _, tc := range []struct {
		body   string
		anchor followup.Anchor
		want   string
	}{
		{"It ends on {{until .Coverage}}.", delivered, "own/en.md:5:1: {{until .Coverage}} has no value in this step; use the message in a step whose anchor is a coverage"},
		{"It ends on {{date .Coverage.Until}}.", delivered, "{{date .Coverage.Until}} has no value"},
		{"{{.Coverage.Name}}", delivered, "{{.Coverage.Name}} has no value"},
		{"{{.Case.Number}}", ends, "{{.Case.Number}} has no value in this step; use the message in a step after case_closed"},
		{"It ends on {{until .Coverage}}.", ends, ""},
		{"{{.Case.Number}}", closed, ""},
		{"{{if .Coverage}}{{until .Coverage}}{{end}} {{if .Case}}{{.Case.Number}}{{end}}", delivered, ""},
		{"{{.Order.Number}} {{date .Delivered}}", delivered, ""},
	} {
		err := own(t, tc.body+"\n").Check(followup.Step{Message: "own", Channel: followup.Email, Class: followup.Service, Anchor: tc.anchor})
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s after %s: %v, want %q", tc.body, tc.anchor, err, tc.want)
		}
	}
}

// TestReadyMadeMessages have no faults.
func TestReadyMadeMessages(t *testing.T) {
	if faults := lint(nil); len(faults) > 0 {
		t.Error(compose.Faults(faults))
	}
	if diff := cmp.Diff([]string{
		"check-in", "check-in-call", "contract-offer", "recovered", "return-window", "review-request", "service-due", "set-up", "warranty-ending",
	}, newComposer(t).Names()); diff != "" {
		t.Error(diff)
	}
}

// TestNewReportsAll returns the faults of all files, in order.
func TestNewReportsAll(t *testing.T) {
	_, err := compose.New(compose.Options{
		Defaults: messages.Files(),
		Messages: fstest.MapFS{
			"b/en.md":      {Data: []byte(front + "{{nope}}\n")},
			"a/en.md":      {Data: []byte(front + "x\n\n{{.Nope}}\n")},
			"c/en.case.md": {Data: []byte(front + "x\n")},
		},
		Links: testLinks{},
	})
	faults, ok := errors.AsType[compose.Faults](err)
	if !ok || len(faults) != 3 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{"a/en.md:7:3: ", "b/en.md:5:3: ", "c/en.case.md: there is no message without an open case"} {
		if !strings.HasPrefix(faults[i].Error(), want) {
			t.Errorf("fault %d is %v, want %s", i, faults[i], want)
		}
	}
	if _, err := compose.New(compose.Options{}); err == nil {
		t.Error("a composer without links was made")
	}
	_, err = compose.New(compose.Options{Messages: fstest.MapFS{"a/en.md": {Data: []byte(front + "x\n")}}, Links: testLinks{}})
	if err == nil || !strings.Contains(err.Error(), "footer/en.md") {
		t.Errorf("without a footer: %v", err)
	}
}

// own returns a composer with one message of the merchant's.
func own(t *testing.T, body string) *compose.Composer {
	t.Helper()
	c, err := compose.New(compose.Options{
		Defaults: messages.Files(),
		Messages: fstest.MapFS{"own/en.md": {Data: []byte(front + body)}},
		Links:    testLinks{"https://shop.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMissingValues are faults that name file, line and value, and nothing personal.
func TestMissingValues(t *testing.T) {
	for _, tc := range []struct {
		body  string
		want  string
		spoil func(*followup.Letter)
	}{
		{"{{phone .Shop.Phone}}", "own/en.md:7:1: {{phone .Shop.Phone}} has no value here; set the shop's phone", func(l *followup.Letter) { l.Shop.Phone = "" }},
		{"{{.Shop.Phone}}", "{{.Shop.Phone}} has no value", func(l *followup.Letter) { l.Shop.Phone = "" }},
		{"{{hours .Shop}}", "business_hours", func(l *followup.Letter) { l.Shop.BusinessHours.Until = l.Shop.BusinessHours.From }},
		{"{{reply_due}}", "reply_within", func(l *followup.Letter) { l.ReplyDue = time.Time{} }},
		{"{{date .Delivered}}", "with its .Known", assumed},
		{"{{date .Delivered}}", "with its .Known", func(l *followup.Letter) { l.Delivered = followup.Fact{} }},
		{"{{.Unit.Serial}}", "{{if .Unit.Serial}}", func(l *followup.Letter) { l.Units[0].Serial = "" }},
		{"{{.Unit.ShortName}}", "products.yaml", func(l *followup.Letter) { l.Units = nil }},
		{"{{units .Units}}", "products.yaml", func(l *followup.Letter) { l.Facts = nil }},
		{"{{manual .Unit}}", "manual", func(l *followup.Letter) { l.Catalogue = nil }},
		{"{{until .Coverage}}", "anchor is a coverage", nil},
		{"{{days_left}}", "before a coverage ends", nil},
		{"{{.Coverage.Name}}", "anchor is a coverage", nil},
		{"{{.Case.Number}}", "case_closed", nil},
		{"{{date .Case.Closed}}", ".Known", nil},
		{"{{.OpenCase.Number}}", "{{if .OpenCase}}", nil},
		{"{{.Contact.FirstName}}", "greeting", unnamed},
		{"{{.Contact.FirstName}}", "greeting", func(l *followup.Letter) { l.Contact = nil }},
		{"[x]({{answer_link}})", "", nil},
	} {
		t.Run(tc.body, func(t *testing.T) {
			l := letter(t, "own")
			if tc.spoil != nil {
				tc.spoil(&l)
			}
			c := own(t, "Fine\n\nNow "+tc.body+"\n")
			m, err := c.Compose(l)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			fault, ok := errors.AsType[compose.Fault](err)
			if !ok || fault.File != "own/en.md" || fault.Line != 7 || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			if m.HTML != "" && m.Text != "" {
				t.Error("a message came with the fault")
			}
			if strings.Contains(err.Error(), "Anna") || strings.Contains(err.Error(), "anna@") {
				t.Errorf("%v is personal", err)
			}
			if _, err := own(t, "Fine {{if "+strings.Trim(tc.body, "{}")+"}}x{{end}}\n").Compose(l); err != nil {
				t.Errorf("tested instead of printed: %v", err)
			}
		})
	}
}
