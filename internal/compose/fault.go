package compose

import (
	"fmt"
	"strings"
)

// Fault is something wrong with a message file, or with what it refers to. It carries no personal data.
type Fault struct {
	File   string // path inside the folder of messages: check-in/en.md
	Line   int    // from 1; 0: the whole file
	Column int    // from 1, in characters; 0 with Line 0
	What   string // what is wrong
	Mend   string // what to do about it
}

// Error returns file:line:column: what; mend.
func (f Fault) Error() string {
	s := f.File
	if f.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", s, f.Line, f.Column)
	}
	if f.Mend == "" {
		return s + ": " + f.What
	}
	return s + ": " + f.What + "; " + f.Mend
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
