package plan

import (
	"strings"

	"aftersales/internal/followup"
)

// Parse reads one plan file; file is its name in faults. All faults are
// reported at once, by position. The plan is nil when one of them is more than a
// warning. Parse is pure and takes bounded time for any input.
func Parse(file string, src []byte) (*followup.Plan, Faults) {
	p := parseFile(Source{File: file, Src: src})
	return p.plan, p.faults
}

// Outline reads one plan file as far as it can be read, for checks of what a plan
// refers to: it is no plan to run. It is nil when there is nothing of a plan.
func Outline(s Source) *followup.Plan { return parseFile(s).outline }

// parsed is a file that was read, with its tree for faults across files.
type parsed struct {
	Source
	root    *node
	outline *followup.Plan // what could be read
	plan    *followup.Plan // nil when a fault is more than a warning
	faults  Faults
}

func parseFile(s Source) parsed {
	r := &reader{file: s.File, bounds: planBounds}
	out := parsed{Source: s, root: r.load(s.Src)}
	if out.root != nil {
		r.check(out.root, planShape)
		if out.root.kind == mapNode {
			p := r.build(out.root)
			r.lint(p, out.root)
			p.Hash = Hash(p)
			out.outline, out.plan = p, p
		}
	}
	if out.faults = r.done(); out.faults.Failed() {
		out.plan = nil
	}
	return out
}

// Failed returns a condition's fault as the follow-ups of an order tell it ("STEP:
// cause", "units: cause"), with its place in the plan that s is the source of.
// The place is the whole file when the condition stands there no more.
func Failed(s Source, text string) Fault {
	f := Fault{File: s.File, Cause: text, Mend: "mend the condition, or what it reads"}
	root := parseFile(s).root
	name, cause, _ := strings.Cut(text, ": ")
	var at *node
	if name == "units" {
		at = root.child(name)
	}
	if steps := root.child("steps"); steps != nil {
		for _, step := range steps.items {
			if id := step.child("id"); id != nil && id.text == name {
				at = asked(step, cause)
			}
		}
	}
	if at != nil {
		f.Line, f.Column, f.Path = at.line, at.col, at.path
	}
	return f
}

// asked returns the condition of a step that a cause is about: when, unless it
// quotes the other one.
func asked(step *node, cause string) *node {
	when, unless := step.child(keyWhen), step.child(keyUnless)
	if when == nil || unless != nil && strings.Contains(cause, `"`+unless.text+`"`) {
		return unless
	}
	return when
}
