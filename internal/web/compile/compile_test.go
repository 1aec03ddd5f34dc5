package compile_test

import (
	"html/template"
	"strings"
	"testing"

	"aftersales/internal/web/compile"
)

type base struct{ Title string }

type data struct {
	base
	Name  string
	Any   any
	Float float64
	Names []string
	Box   box
}

type box struct{ Name string }

func of(t *testing.T, text string) (string, error) {
	t.Helper()
	plain := strings.TrimSpace
	page, err := template.New("page").Funcs(template.FuncMap{"plain": plain, "other": plain}).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := compile.Go(compile.Folder{
		Package: "compile_test", From: "a test", Templates: page, Functions: map[string]compile.Function{"plain": {Go: "plain", Value: plain}}, Roots: map[string]any{"page": data{}},
	})
	return string(code), err
}

func TestRefused(t *testing.T) {
	for text, why := range map[string]string{
		"{{.Nothing}}":                     "has no Nothing",
		"{{.Name.Nothing}}":                "has no Nothing",
		"{{.Float}}":                       "not printed",
		"{{if .Any}}a{{end}}":              "neither empty nor not",
		"{{range .Name}}a{{end}}":          "not ranged over",
		"{{other .Name}}":                  `no function "other"`,
		"{{.Name | plain}}":                "nothing that pages are written with",
		"{{range .Names}}{{break}}{{end}}": "nothing that pages are written with",
		`{{define "a"}}{{template "b" .}}{{end}}{{define "b"}}{{template "a" .}}{{end}}{{template "a" .}}`: "calls itself",
		`<script>{{.Name}}</script>`:                "nothing that pages are written with",
		`<a href={{.Name}}>`:                        "nothing that pages are written with",
		`<a href="{{if .Name}}x?{{end}}{{.Name}}">`: "ambiguous context",
	} {
		if code, err := of(t, text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q\n%s", text, err, why, code)
		}
	}
}

// A part of a page that needs only what all pages have is written once.
func TestWrittenOnce(t *testing.T) {
	code, err := of(t, `{{define "top"}}{{.Title}}{{end}}{{define "low"}}{{.Name}}{{end}}{{template "top" .}}{{template "low" .}}{{template "low" .Box}}{{with .Box}}{{.Name}}{{else}}none{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"func writeTopBase(s *sheet, d base)", "func writeLowData(s *sheet, d data)", "func writeLowBox(s *sheet, d box)", "func (d data) write(s *sheet)"} {
		if !strings.Contains(code, want) {
			t.Errorf("there is no %s in\n%s", want, code)
		}
	}
	if n := strings.Count(code, "func "); n != 4 || strings.Contains(code, "none") {
		t.Errorf("%d functions, want 4, and nothing for a struct that is empty\n%s", n, code)
	}
}
