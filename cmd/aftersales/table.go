package main

import (
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// style is how a cell looks on a terminal; elsewhere all look the same.
type style string

// The styles, as SGR parameters (ECMA-48 8.3.117).
const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// stateStyles shows at a glance what went well and what needs a person.
var stateStyles = map[string]style{
	"sent": green, "delivered": green, "planned": plain, "listed": plain,
	"held": yellow, "armed": yellow, "unknown": red, "parked": red, "failed": red, "bounced": red, "complained": red,
	"voided": faint, "skipped": faint, "expired": faint, "open": yellow,
}

// painter colours text, where colours are wanted.
type painter struct{ on bool }

// painter follows https://no-color.org: a terminal, and NO_COLOR not set.
func (s *shell) painter() painter {
	no, _ := s.getenv("NO_COLOR")
	return painter{on: s.colour && no == ""}
}

// paint styles text. What stores and customers wrote cannot steer the terminal.
func (p painter) paint(st style, text string) string {
	text = harmless(text)
	if !p.on || st == plain || text == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// harmless replaces what a terminal would obey instead of show: control
// characters, and marks that turn the direction of writing (Unicode UAX 9 2).
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return utf8.RuneError
		}
		return r
	}, text)
}

// cell is one field of a table.
type cell struct {
	text  string
	style style
}

// table aligns rows in columns; the last cell of a row is as long as it likes.
type table struct {
	indent string
	rows   [][]cell
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// words adds a row of plain cells.
func (t *table) words(texts ...string) {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i].text = text
	}
	t.add(row...)
}

// write writes every row with two spaces between columns. after, when not nil,
// is told the number of each row that was written.
func (t *table) write(w io.Writer, p painter, after func(row int)) {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if i < len(row)-1 {
				widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
			}
		}
	}
	for n, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			b.WriteString(p.paint(c.style, c.text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		_, _ = io.WriteString(w, strings.TrimRight(t.indent+b.String(), " ")+"\n") // a reader that left needs no more
		if after != nil {
			after(n)
		}
	}
}

// localTime writes an RFC 3339 time as people in loc read it: Fri 2026-03-06 10:00.
// What is only a date stays one, and what is no time stays as it is.
func localTime(text string, loc *time.Location) string {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(loc).Format(screenTime)
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.Format(screenDate)
	}
	return text
}

// wall writes a local time such as 2026-03-06T10:00:00 for people.
func wall(text string) string {
	if t, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
		return t.Format(screenTime)
	}
	return text
}

// How times and dates look on a screen.
const (
	screenTime = "Mon 2006-01-02 15:04"
	screenDate = "Mon 2006-01-02"
)
