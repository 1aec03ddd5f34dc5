// Package compile writes HTML templates as Go. What [html/template] would look up
// by name while a page is shown is looked up when the page is written: the types
// are known, and the escaping is that of html/template itself. A program that
// shows pages so has no template engine in it, which calls methods by name and
// therefore keeps the linker from leaving any method out.
//
// It understands what the pages of package web use, and refuses the rest.
package compile

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"html/template"
	"io"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
)

// Function is one that templates call.
type Function struct {
	Go    string // how generated code calls it
	Value any    // the function, for its type
}

// Folder is a set of templates and what they are written for.
type Folder struct {
	Package   string              // of the code
	From      string              // where the templates lie, for the head of the code
	Templates *template.Template  // parsed and never executed
	Functions map[string]Function // that they call
	Roots     map[string]any      // a page's data, by the name of its template
}

// Go returns the code: a method write(*sheet) of each root's type, and a function
// for each template that they use, once for each type it is given. The sheet has
// the methods raw, text and number; what functions are called must be there, too,
// and urlfilter, urlnormalizer and urlescaper, as in html/template.
func Go(f Folder) ([]byte, error) {
	c := &compiler{f: f, known: map[string]*routine{}, imports: map[string]bool{}}
	names := slices.Sorted(maps.Keys(f.Roots))
	for _, name := range names {
		if err := f.Templates.ExecuteTemplate(io.Discard, name, nil); err != nil && strings.Contains(err.Error(), "html/template:") {
			return nil, err // data that is missing is no fault: the templates are escaped by now
		}
	}
	var roots []*routine
	for _, name := range names {
		t := reflect.TypeOf(f.Roots[name])
		r, err := c.routine(name, t, fmt.Sprintf("func (d %s) write(s *sheet)", c.typeName(t)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		roots = append(roots, r)
	}
	var body bytes.Buffer
	for _, r := range called(roots) {
		fmt.Fprintf(&body, "\n%s {\n%s}\n", r.head, r.body)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "// Code generated from %s by the tests of this package, with -update. DO NOT EDIT.\n\npackage %s\n\n", f.From, f.Package)
	fmt.Fprintf(&out, "import (\n%s)\n%s", c.importLines(body.String()), body.String())
	code, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, out.String())
	}
	return code, nil
}

// compiler is what all routines share.
type compiler struct {
	f       Folder
	known   map[string]*routine // by template and type
	imports map[string]bool
}

// routine is one function of the code.
type routine struct {
	head, call string
	body       string
	calls      []*routine
	busy       bool
}

// importLines lists what the code imports, the standard library first.
func (c *compiler) importLines(code string) string {
	var std, ours []string
	for _, p := range slices.Sorted(maps.Keys(c.imports)) {
		switch line := fmt.Sprintf("\t%q\n", p); {
		case !strings.Contains(code, path.Base(p)+"."):
		case strings.Contains(p, "/internal/"):
			ours = append(ours, line)
		default:
			std = append(std, line)
		}
	}
	return strings.Join(std, "") + "\n" + strings.Join(ours, "")
}

// called returns the routines that pages reach; others were tried.
func called(of []*routine) []*routine {
	var all []*routine
	var add func(*routine)
	add = func(r *routine) {
		if slices.Contains(all, r) {
			return
		}
		all = append(all, r)
		for _, o := range r.calls {
			add(o)
		}
	}
	for _, r := range of {
		add(r)
	}
	slices.SortFunc(all, func(a, b *routine) int { return cmp.Compare(a.head, b.head) })
	return all
}

// typeName is how the code writes a type.
func (c *compiler) typeName(t reflect.Type) string {
	name := strings.TrimPrefix(t.String(), c.f.Package+".")
	if strings.Contains(name, ".") {
		c.imports[t.PkgPath()] = true
	}
	return name
}

// routine writes a template for data of a type; head "" makes it a function.
func (c *compiler) routine(name string, t reflect.Type, head string) (*routine, error) {
	key := name + " " + t.String()
	if r := c.known[key]; r != nil {
		return r, nil
	}
	tree := c.f.Templates.Lookup(name)
	if tree == nil || tree.Tree == nil {
		return nil, fmt.Errorf("there is no template %q", name)
	}
	r := &routine{head: head, busy: true}
	if head == "" {
		r.call = "write" + title(name) + title(strings.TrimPrefix(t.String(), c.f.Package+"."))
		r.head = fmt.Sprintf("func %s(s *sheet, d %s)", r.call, c.typeName(t))
	}
	c.known[key] = r
	w := &writer{c: c, r: r, vars: map[string]value{"$": {code: "d", typ: t}}}
	if err := w.list(tree.Tree.Root, value{code: "d", typ: t}); err != nil {
		delete(c.known, key)
		return nil, err
	}
	r.body, r.busy = w.out.String(), false
	return r, nil
}

// of returns the routine of a template, for the data itself or, where that is all
// it needs, for what the data embeds: then it is the same for all pages.
func (c *compiler) of(name string, v value) (*routine, value, error) {
	if v.typ.Kind() == reflect.Struct {
		for f := range v.typ.Fields() {
			if !f.Anonymous {
				continue
			}
			inner := value{code: v.code + "." + f.Name, typ: f.Type}
			if r, in, err := c.of(name, inner); err == nil {
				return r, in, nil
			}
		}
	}
	r, err := c.routine(name, v.typ, "")
	return r, v, err
}

// title makes a name a part of another: case-forms -> CaseForms.
func title(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '.' || r == '$' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func unknown(n parse.Node) error {
	return fmt.Errorf("%s is nothing that pages are written with", n)
}
