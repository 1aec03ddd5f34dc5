package compose

import (
	"bytes"
	"html"
	"strings"
)

// buttons makes the links to the answer page, one for each answer. A link only opens the page with that answer in
// sight: a GET never answers, because mail scanners open links too.
func buttons(args []expr) expr {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.word
	}
	return expr{
		kind:  kindButtons,
		truth: func(*view) bool { return true },
		text:  func(v *view) string { return answerLines(v, names) },
		html:  func(b *bytes.Buffer, v *view) bool { return answerButtons(b, v, names) },
	}
}

func isAnswer(word string) bool {
	switch word {
	case answerWorks, answerProblem, answerHelp, answerNotYet:
		return true
	default:
		return false
	}
}

// separator is what stands between the address of the answer page and the answer that was tapped.
func separator(page string) string {
	if strings.Contains(page, "?") {
		return "&amp;answer="
	}
	return "?answer="
}

// buttonStyle makes a plain link at least 44 px high, the smallest that every thumb hits. All look alike: none is the
// answer we would like best.
const buttonStyle = "padding:12px 16px;line-height:22px;border:1px solid #1a56b0;border-radius:8px;" +
	"color:#1a56b0;font-weight:600;text-align:center;text-decoration:none"

// What stands around an address and the words on its button.
const (
	buttonHead = `<p style="margin:0 0 10px"><a class="b" style="display:block;` + buttonStyle + `" href="`
	buttonTail = "</a></p>\n"
)

func answerButtons(b *bytes.Buffer, v *view, names []string) bool {
	page := v.answerPage()
	if !safeURL(page) {
		return false
	}
	page = html.EscapeString(page) + separator(page)
	b.WriteString(`<div style="margin:0 0 20px">` + "\n")
	for _, name := range names {
		b.WriteString(buttonHead)
		b.WriteString(page)
		b.WriteString(name)
		b.WriteString(`">`)
		b.WriteString(html.EscapeString(v.texts.answers[name]))
		b.WriteString(buttonTail)
	}
	b.WriteString("</div>\n")
	return true
}

// answerLines is the plain text: the choices, and the one link.
func answerLines(v *view, names []string) string {
	page := v.answerPage()
	if !safeURL(page) {
		return ""
	}
	var b strings.Builder
	b.Grow(len(names)*40 + len(v.texts.answerBy) + len(page) + 16)
	for _, name := range names {
		b.WriteString(textLine("- ", "  "))
		b.WriteString(v.texts.answers[name])
		b.WriteByte('\n')
	}
	b.WriteString("\n" + markFirst + markRest + markText)
	b.WriteString(v.texts.answerBy)
	b.WriteByte(' ')
	b.WriteString(page)
	b.WriteByte('\n')
	return b.String()
}
