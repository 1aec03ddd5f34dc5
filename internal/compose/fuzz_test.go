package compose_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"aftersales/internal/compose"
	"aftersales/messages"
)

// hides tells what breaks a line or turns around what stands there.
func hides(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// FuzzMessage reads any file as a message. What is taken without a fault must render, or name the value it lacks, and
// never write HTML that we do not write.
func FuzzMessage(f *testing.F) {
	err := fs.WalkDir(messages.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(messages.Files(), path)
		f.Add(string(b))
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		"- {{if .Unit}}a\n- b{{end}}", "{{if .Unit}}a{{else}}\n\n> b\n{{end}}", "**{{if .Unit}}** x{{end}}", "[{{if .Unit}}](https://x.example){{end}}",
		"# {{answers \"works\"}}", "{{if .Unit}}{{answers \"works\"}}{{end}}", "[x]({{answer_link}} \"t\")", "<{{answer_link}}>", "\\{{.Shop.Name}}", "    {{.Shop.Name}}",
		"{{end}}", "{{else}}", "{{- if .Case -}} a {{- end -}}", "1. {{if .Unit}}x{{end}}\n2. y", "| a |\n|---|\n| {{.Shop.Name}} |", "x\n{{if .Unit}}\n===\n{{end}}",
	} {
		f.Add(front + body)
	}
	foot := fstest.MapFS{"footer/en.md": {Data: []byte("{{.Shop.Name}}\n")}}
	f.Fuzz(func(t *testing.T, src string) {
		own := fstest.MapFS{"own/en.md": {Data: []byte(src)}}
		c, err := compose.New(compose.Options{Defaults: foot, Messages: own, Links: testLinks{"https://shop.example"}})
		if faults, ok := errors.AsType[compose.Faults](err); ok {
			for _, fault := range faults {
				if strings.ContainsFunc(fault.Error(), hides) {
					t.Errorf("not one line to read: %q", fault)
				}
			}
		}
		if err != nil {
			return
		}
		m, err := c.Compose(letter(t, "own"))
		if err != nil {
			return
		}
		body := m.HTML[strings.Index(m.HTML, "<body"):]
		for _, bad := range []string{"<script", "<img", "<iframe", "href=\"javascript:", "href=\"data:"} {
			if strings.Contains(strings.ToLower(body), bad) {
				t.Errorf("HTML has %s:\n%s", bad, body)
			}
		}
		for _, tag := range []string{"p", "ul", "ol", "li", "strong", "em", "blockquote", "h2", "a"} {
			open := strings.Count(body, "<"+tag+">") + strings.Count(body, "<"+tag+" ")
			if closed := strings.Count(body, "</"+tag+">"); open != closed {
				t.Errorf("%d <%s> and %d </%s>:\n%s", open, tag, closed, tag, body)
			}
		}
	})
}
