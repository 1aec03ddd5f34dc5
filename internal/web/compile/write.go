package compile

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"text/template/parse"
)

// value is an expression of the code and its type.
type value struct {
	code string
	typ  reflect.Type // nil: a constant without a type
}

// writer writes the body of one routine.
type writer struct {
	c    *compiler
	r    *routine
	out  bytes.Buffer
	vars map[string]value
	n    int // of variables
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// fresh returns the name of a new variable.
func (w *writer) fresh() string {
	w.n++
	return "v" + strconv.Itoa(w.n)
}

func (w *writer) list(l *parse.ListNode, dot value) error {
	if l == nil {
		return nil
	}
	before := w.vars
	w.vars = maps.Clone(before)
	defer func() { w.vars = before }()
	for _, n := range l.Nodes {
		if err := w.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) node(n parse.Node, dot value) error {
	switch n := n.(type) {
	case *parse.TextNode:
		w.line("s.raw(%s)", quoted(string(n.Text)))
		return nil
	case *parse.ActionNode:
		return w.action(n.Pipe, dot)
	case *parse.IfNode:
		cond, err := w.truth(n.Pipe, dot)
		if err != nil {
			return err
		}
		w.line("if %s {", cond)
		return w.branches(n.List, n.ElseList, dot, dot)
	case *parse.WithNode:
		return w.with(n, dot)
	case *parse.RangeNode:
		return w.ranged(n, dot)
	case *parse.TemplateNode:
		return w.template(n, dot)
	default:
		return unknown(n)
	}
}

// branches writes a block that was opened, its else, and closes them.
func (w *writer) branches(list, other *parse.ListNode, dot, outer value) error {
	if err := w.list(list, dot); err != nil {
		return err
	}
	if other != nil {
		w.line("} else {")
		if err := w.list(other, outer); err != nil {
			return err
		}
	}
	w.line("}")
	return nil
}

// action writes what a pipeline prints, escaped, or keeps it in a variable.
func (w *writer) action(p *parse.PipeNode, dot value) error {
	v, err := w.command(p.Cmds[0], dot)
	if err != nil {
		return err
	}
	if len(p.Decl) == 1 {
		name := w.fresh()
		w.line("%s := %s", name, v.code)
		w.vars[p.Decl[0].Ident[0]] = value{name, v.typ}
		return nil
	}
	for i, c := range p.Cmds[1:] {
		id, ok := c.Args[0].(*parse.IdentifierNode)
		if !ok {
			return unknown(p)
		}
		last := i == len(p.Cmds)-2
		switch escape := strings.TrimPrefix(id.Ident, "_html_template_"); {
		case last && escape == "cssvaluefilter" && v.typ.Name() == "css":
			w.line("s.raw(string(%s))", v.code)
		case last && (escape == "htmlescaper" || escape == "attrescaper" || escape == "rcdataescaper"):
			return w.print(v)
		case !last && (escape == "urlfilter" || escape == "urlnormalizer" || escape == "urlescaper"):
			text, err := w.text(v)
			if err != nil {
				return err
			}
			v = value{escape + "(" + text + ")", reflect.TypeFor[string]()}
		default:
			return unknown(p)
		}
	}
	return nil
}

// print writes a value, escaped.
func (w *writer) print(v value) error {
	v = pointed(v)
	if v.typ.Kind() == reflect.Int && !stringer(v.typ) {
		w.line("s.number(%s)", v.code)
		return nil
	}
	text, err := w.text(v)
	if err == nil {
		w.line("s.text(%s)", text)
	}
	return err
}

// text is what is printed of a value.
func (w *writer) text(v value) (string, error) {
	v = pointed(v)
	switch {
	case stringer(v.typ):
		return v.code + ".String()", nil
	case v.typ.Implements(reflect.TypeFor[error]()):
		return v.code + ".Error()", nil
	case v.typ == reflect.TypeFor[string]():
		return v.code, nil
	case v.typ.Kind() == reflect.String:
		return "string(" + v.code + ")", nil
	default:
		return "", fmt.Errorf("%s is a %s, which is not printed", v.code, v.typ)
	}
}

// pointed is what a pointer points to, unless it is printed by a method.
func pointed(v value) value {
	if v.typ.Kind() == reflect.Pointer && !stringer(v.typ) {
		return value{"*" + v.code, v.typ.Elem()}
	}
	return v
}

func stringer(t reflect.Type) bool { return t.Implements(reflect.TypeFor[fmt.Stringer]()) }

// truth is the condition that a pipeline is not empty.
func (w *writer) truth(p *parse.PipeNode, dot value) (string, error) {
	if len(p.Cmds) != 1 || len(p.Decl) > 0 {
		return "", unknown(p)
	}
	return w.holds(p.Cmds[0], dot)
}

// with writes a block for a value that is not empty.
func (w *writer) with(n *parse.WithNode, dot value) error {
	if len(n.Pipe.Cmds) != 1 || len(n.Pipe.Decl) > 0 {
		return unknown(n)
	}
	v, err := w.command(n.Pipe.Cmds[0], dot)
	if err != nil {
		return err
	}
	name := w.fresh()
	kept := value{name, v.typ}
	cond, err := filled(kept)
	if err != nil {
		return err
	}
	body, err := w.aside(func() error { return w.list(n.List, kept) })
	if err != nil {
		return err
	}
	if cond != "true" {
		w.line("if %s := %s; %s {", name, v.code, cond)
		return w.branches(n.List, n.ElseList, kept, dot)
	}
	w.line("{") // a struct is never empty
	if mentions(body, name) {
		w.line("%s := %s", name, v.code)
	}
	return w.branches(n.List, nil, kept, dot)
}

// aside returns what write would write, and writes nothing.
func (w *writer) aside(write func() error) (string, error) {
	kept, n := w.out, w.n
	w.out = bytes.Buffer{}
	err := write()
	text := w.out.String()
	w.out, w.n = kept, n
	return text, err
}

// orBlank is a variable's name, blank where the code does not have it.
func orBlank(name, code string) string {
	if mentions(code, name) {
		return name
	}
	return "_"
}

// mentions reports whether code has a variable in it.
func mentions(code, name string) bool {
	for i := 0; ; {
		at := strings.Index(code[i:], name)
		if at < 0 {
			return false
		}
		end := i + at + len(name)
		if end == len(code) || code[end] < '0' || code[end] > '9' {
			return true
		}
		i = end
	}
}

// ranged writes a loop. Keys of maps are sorted.
func (w *writer) ranged(n *parse.RangeNode, dot value) error {
	if len(n.Pipe.Cmds) != 1 {
		return unknown(n)
	}
	over, err := w.command(n.Pipe.Cmds[0], dot)
	if err != nil {
		return err
	}
	if k := over.typ.Kind(); k != reflect.Slice && k != reflect.Map {
		return fmt.Errorf("%s is a %s, which is not ranged over", over.code, over.typ)
	}
	key, item := value{w.fresh(), reflect.TypeFor[int]()}, value{w.fresh(), over.typ.Elem()}
	before := w.vars
	w.vars = maps.Clone(before)
	defer func() { w.vars = before }()
	switch d := n.Pipe.Decl; len(d) {
	case 2:
		w.vars[d[0].Ident[0]], w.vars[d[1].Ident[0]] = key, item
	case 1:
		w.vars[d[0].Ident[0]] = item
	}
	if n.ElseList != nil {
		w.line("if len(%s) > 0 {", over.code)
	}
	if over.typ.Kind() == reflect.Map {
		if key.typ = over.typ.Key(); len(n.Pipe.Decl) == 2 {
			w.vars[n.Pipe.Decl[0].Ident[0]] = key
		}
		w.c.imports["maps"], w.c.imports["slices"] = true, true
		w.line("for _, %s := range slices.Sorted(maps.Keys(%s)) {", key.code, over.code)
		w.line("%s := %s[%s]", item.code, over.code, key.code)
	} else {
		body, err := w.aside(func() error { return w.list(n.List, item) })
		if err != nil {
			return err
		}
		w.line("for %s, %s := range %s {", orBlank(key.code, body), orBlank(item.code, body), over.code)
	}
	if err := w.list(n.List, item); err != nil {
		return err
	}
	w.line("}")
	if n.ElseList == nil {
		return nil
	}
	w.line("} else {")
	if err := w.list(n.ElseList, dot); err != nil {
		return err
	}
	w.line("}")
	return nil
}

// template writes the call of another template.
func (w *writer) template(n *parse.TemplateNode, dot value) error {
	if n.Pipe == nil || len(n.Pipe.Cmds) != 1 {
		return unknown(n)
	}
	v, err := w.command(n.Pipe.Cmds[0], dot)
	if err != nil {
		return err
	}
	r, v, err := w.c.of(n.Name, v)
	if err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	if r.busy {
		return fmt.Errorf("template %s calls itself", n.Name)
	}
	w.r.calls = append(w.r.calls, r)
	w.line("%s(s, %s)", r.call, v.code)
	return nil
}

// quoted writes text as the code does: raw where it can be.
func quoted(text string) string {
	if strings.ContainsAny(text, "`\r\uFEFF") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}
