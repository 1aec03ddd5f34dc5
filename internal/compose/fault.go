package compose

import (
	"fmt"
	"strings"
	"unicode"
)

// Fault is something wrong with a message file, or with what it refers to. It carries no personal data.
type Fault struct {
	File   string // path inside the folder of messages: check-in/en.md
	Line   int    // from 1; 0: the whole file
	Column int    // from 1, in characters; 0 with Line 0
	What   string // what is wrong
	Mend   string // what to do about it
}

// Error returns file:line:column: what; mend, on one line.
func (f Fault) Error() string {
	s := f.File
	if f.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", s, f.Line, f.Column)
	}
	s += ": " + f.What
	if f.Mend != "" {
		s += "; " + f.Mend
	}
	return strings.Map(printable, s)
}

// printable puts a dot in place of what breaks a line or hides what stands there.
func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return '·'
	}
	return r
}

// Faults is every fault found in one go, by file and line.
type Faults []Fault

// Error returns one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults.
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}
