package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Fault is one thing that is wrong in a file, where, why, and how to mend it.
type Fault struct {
	File    string // as it was named to the reader
	Line    int    // from 1; 0: the fault is of the whole file
	Column  int    // from 1, in characters; 0 with Line 0
	Path    string // the place in the plan: steps[2].after.wait; "" the whole file
	Cause   string // what is wrong
	Mend    string // what to write instead
	Warning bool   // worth a look, but the plan works
}

// String writes the fault as compilers do, on one line: file:line:column: cause; mend.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if f.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(f.Cause)
	if f.Mend != "" {
		b.WriteString("; " + f.Mend)
	}
	return strings.Map(printable, b.String())
}

// printable puts a dot in place of what would break a line or hide what stands there.
func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return '·'
	}
	return r
}

// Faults are all faults of some files, by file and position. Nil is none.
// Use [Faults.Err] to hand them on as an error: a Faults of warnings only, or
// an empty one, is no error but would be a non-nil error value.
type Faults []Fault

// Error writes one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Failed reports whether any fault is more than a warning.
func (fs Faults) Failed() bool {
	return slices.ContainsFunc(fs, func(f Fault) bool { return !f.Warning })
}

// Err returns fs as an error, or nil when there are only warnings.
func (fs Faults) Err() error {
	if !fs.Failed() {
		return nil
	}
	return fs
}

// sort orders faults as people read files. Same places keep the order of discovery.
func (fs Faults) sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
