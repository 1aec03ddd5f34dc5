package compose

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

// kind is what a value is. Only texts, phone numbers and buttons are printed; groups are arguments of functions, or tested.
type kind string

const (
	kindText     kind = "text"
	kindTruth    kind = "yes or no"
	kindPhone    kind = "a phone number"
	kindDay      kind = "a date"
	kindShop     kind = "the shop"
	kindContact  kind = "the contact"
	kindUnit     kind = "a unit"
	kindUnits    kind = "units"
	kindCoverage kind = "a coverage"
	kindCase     kind = "a case"
	kindOrder    kind = "the order"
	kindWord     kind = "a word in quotes"
	kindButtons  kind = "buttons"
)

// expr is a checked expression: what it is, and how to read it from a view.
type expr struct {
	kind  kind
	of    kind   // kindCoverage or kindCase: only letters about one have it; "" any letter may
	src   string // as written
	mend  string // what to do when it has no value
	word  string // of a constant
	link  bool   // the text is a web address
	text  func(*view) string
	html  func(*bytes.Buffer, *view) bool // writes more than the text; false, with nothing written, falls back to it
	truth func(*view) bool
	day   func(*view) day
	unit  func(*view) *named
	cse   func(*view) *report
}

// reader checks the expressions of one file and collects its faults.
type reader struct {
	file   string
	src    string // the template source, which starts at line first
	first  int    // line of its beginning, from 1
	quoted bool   // it is the value of a key of the front matter: columns of the file are not known
	script bool   // of a call
	faults *[]Fault
}

// fault reports what is wrong with a line, or with the whole file, which is line 0.
func (r *reader) fault(line int, what, mend string) {
	*r.faults = append(*r.faults, Fault{File: r.file, Line: line, Column: min(line, 1), What: what, Mend: mend})
}

// line returns the line in the file of a position in the source.
func (r *reader) line(pos int) int {
	return r.first + strings.Count(r.src[:min(pos, len(r.src))], "\n")
}

// column returns the column in the file of a position in the source, 1 where it is not known.
func (r *reader) column(pos int) int {
	if r.quoted {
		return 1
	}
	before := r.src[:min(pos, len(r.src))]
	return 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

func (r *reader) bad(n parse.Node, what, mend string) (expr, bool) {
	at := int(n.Position())
	*r.faults = append(*r.faults, Fault{File: r.file, Line: r.line(at), Column: r.column(at), What: what, Mend: mend})
	return expr{}, false
}

// pipe checks a pipeline, which must be one command without variables.
func (r *reader) pipe(p *parse.PipeNode) (expr, bool) {
	if len(p.Decl) > 0 {
		return r.bad(p, "variables are not part of messages", "use the value itself")
	}
	if len(p.Cmds) != 1 {
		return r.bad(p, "\"|\" is not part of messages", "write {{function value}}")
	}
	return r.command(p.Cmds[0])
}

func (r *reader) command(c *parse.CommandNode) (expr, bool) {
	id, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(c.Args) > 1 {
			return r.bad(c, fmt.Sprintf("%s takes no arguments", c.Args[0]), "write one value between the braces")
		}
		return r.value(c.Args[0])
	}
	return r.call(id, c.Args[1:], c.String())
}

// value checks one operand.
func (r *reader) value(n parse.Node) (expr, bool) {
	switch n := n.(type) {
	case *parse.FieldNode:
		return r.field(n)
	case *parse.IdentifierNode:
		return r.call(n, nil, n.String())
	case *parse.PipeNode:
		return r.pipe(n)
	case *parse.StringNode:
		return word(n.Text, n.String()), true
	case *parse.NumberNode:
		return word(n.Text, n.String()), true
	default:
		return r.bad(n, fmt.Sprintf("%s is not part of messages", n), "use a value such as .Unit.ShortName")
	}
}

func word(text, src string) expr {
	return expr{
		kind: kindWord, src: src, word: text,
		text:  func(*view) string { return text },
		truth: func(*view) bool { return text != "" },
	}
}

func (r *reader) field(n *parse.FieldNode) (expr, bool) {
	name := n.String()
	build, ok := values[name]
	if !ok {
		return r.bad(n, "unknown value "+name, "there are "+strings.Join(nearest(name), " "))
	}
	e := build()
	e.src = name
	switch group, _, _ := strings.Cut(name[1:], "."); group {
	case "Coverage":
		e.of = kindCoverage
	case "Case":
		e.of = kindCase
	}
	return e, true
}

// nearest lists the values of the same group, or all groups.
func nearest(name string) []string {
	group, _, _ := strings.Cut(strings.TrimPrefix(name, "."), ".")
	var same, groups []string
	for v := range values {
		g, rest, _ := strings.Cut(v[1:], ".")
		if g == group {
			same = append(same, v)
		}
		if rest == "" {
			groups = append(groups, v)
		}
	}
	if len(same) == 0 {
		same = groups
	}
	slices.Sort(same)
	return same
}

func (r *reader) call(id *parse.IdentifierNode, nodes []parse.Node, src string) (expr, bool) {
	f, ok := functions[id.Ident]
	if !ok {
		return r.bad(id, "unknown function "+id.Ident, "there are "+strings.Join(functionNames(), " "))
	}
	args := make([]expr, 0, len(nodes))
	good := true
	for _, n := range nodes {
		a, ok := r.value(n)
		good = good && ok
		args = append(args, a)
	}
	if !good {
		return expr{}, false
	}
	if what := f.check(args); what != "" {
		return r.bad(id, id.Ident+" "+what, "write {{"+f.usage+"}}")
	}
	if f.mailOnly && r.script {
		return r.bad(id, id.Ident+" has no place in the script of a call", "say it in words")
	}
	e := f.build(args)
	e.src = src
	for _, a := range args {
		e.of = cmp.Or(e.of, a.of)
	}
	if e.mend == "" {
		e.mend = f.mend
	}
	return e, true
}

// output checks that e can be printed.
func (r *reader) output(n parse.Node, e expr) bool {
	switch e.kind {
	case kindText, kindPhone, kindWord, kindButtons:
		return true
	default:
		r.bad(n, fmt.Sprintf("{{%s}} is %s and cannot be printed", e.src, e.kind), "print one of its values, or use a function")
		return false
	}
}
