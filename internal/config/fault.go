package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Fault is one thing that is wrong with the configuration, told so that it can
// be put right without another look anywhere.
type Fault struct {
	Name    string // path in the file, such as shops[0].zone, or the variable
	File    string // "" for a variable
	Line    int    // from 1; 0 when the fault has no place in the file
	Column  int    // from 1, in characters
	Cause   string // what is wrong where the value does not show it: missing, unknown key
	Value   string // as it was written; "" when there is none or when it may be a secret
	Want    string // what would be right
	Example string // one right value
}

// valueShown is how much of a wrong value, or of one key of a name, a fault repeats, in characters.
const valueShown = 80

// String gives the fault on one line without characters that hide or turn around
// what stands there: place, name, cause and value, what is wanted, an example.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
		}
		b.WriteString(": ")
	}
	parts := []string{f.Name}
	if f.Cause != "" {
		parts = append(parts, f.Cause)
	}
	if f.Value != "" {
		parts = append(parts, quote(f.Value))
	}
	b.WriteString(strings.Join(append(parts, "want "+f.Want), ": "))
	if f.Example != "" {
		b.WriteString(", for example " + f.Example)
	}
	return strings.Map(plain, b.String())
}

// plain puts a dot in place of what breaks a line or hides what stands there: keys of the file
// and names of files are told as they are, not quoted.
func plain(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '·'
}

func quote(s string) string { return strconv.Quote(cut(s)) }

// cut keeps as much of s as a fault repeats.
func cut(s string) string {
	if r := []rune(s); len(r) > valueShown {
		return string(r[:valueShown]) + "…"
	}
	return s
}

// Faults are all the faults of a configuration, those of files first, by place.
type Faults []Fault

// Error gives the number of faults and each on a line of its own.
func (fs Faults) Error() string {
	lines := make([]string, 0, len(fs)+1)
	noun := "faults"
	if len(fs) == 1 {
		noun = "fault"
	}
	lines = append(lines, fmt.Sprintf("read configuration: %d %s", len(fs), noun))
	for _, f := range fs {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// sorted puts faults in the order in which a reader mends them.
func (fs Faults) sorted() Faults {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		if (a.File == "") != (b.File == "") {
			return cmp.Compare(b.File, a.File) // variables last
		}
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return fs
}
