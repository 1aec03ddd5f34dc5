package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader turns the YAML of one file into values and notes every fault on the way.
type reader struct {
	file   string
	faults *Faults
}

// node is one value of the file; ast is nil when it is absent.
type node struct {
	path string
	ast  ast.Node
	at   place // of the value, or of what it is missing from
	key  place // of its key in a mapping
}

type place struct{ line, column int }

// maxFile is more than any configuration needs, in bytes.
const maxFile = 1 << 20

// parse reads the only document of a file. After a syntax error, which is
// noted, ok is false: nothing else can be told about such a file.
func (r *reader) parse(body []byte) (root node, ok bool) {
	root.at = place{1, 1}
	switch {
	case len(body) > maxFile:
		r.broken(root.at, "too large", fmt.Sprintf("at most %d bytes", maxFile))
		return root, false
	case !utf8.Valid(body):
		r.broken(root.at, "not UTF-8", "text in UTF-8")
		return root, false
	}
	f, err := parser.ParseBytes(body, 0)
	if err != nil {
		r.syntax(err)
		return root, false
	}
	docs := slices.DeleteFunc(f.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) > 1 {
		r.broken(at(docs[1].Body), "second document", "one YAML document")
		return root, false
	}
	if len(docs) == 1 {
		root.ast = docs[0].Body
	}
	return root, true
}

// syntax notes a syntax error. The library's own text would quote the lines
// around it, and with them whatever secret stands there.
func (r *reader) syntax(err error) {
	p, message := place{1, 1}, "not YAML"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		message = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			p = place{t.Position.Line, t.Position.Column}
		}
	}
	r.broken(p, message, "valid YAML; values with ': ', '#' or a leading '*', '&', '!' need quotes")
}

func (r *reader) broken(p place, cause, want string) {
	r.add(Fault{Name: "file", Line: p.line, Column: p.column, Cause: cause, Want: want})
}

// add notes a fault. A secret may stand where a value, a key or what the parser
// quotes should be.
func (r *reader) add(f Fault) {
	f.File = r.file
	if hidesSecret(f.Value) {
		f.Value, f.Cause = "", "value not shown"
	}
	if hidesSecret(f.Name) {
		f.Name = "key not shown"
	}
	if hidesSecret(f.Cause) {
		f.Cause = "not YAML"
	}
	*r.faults = append(*r.faults, f)
}

// fault notes that the value of n is wrong.
func (r *reader) fault(n node, value, want, example string) {
	f := Fault{Name: n.path, Line: n.at.line, Column: n.at.column, Value: value, Want: want, Example: example}
	if value == "" {
		f.Cause = "empty"
	}
	r.add(f)
}

// caused notes what is wrong with n where its value does not show it.
func (r *reader) caused(n node, cause, want, example string) {
	r.add(Fault{Name: n.path, Line: n.at.line, Column: n.at.column, Cause: cause, Want: want, Example: example})
}

// at gives the place where a value begins.
func at(n ast.Node) place {
	t := n.GetToken()
	switch m := n.(type) {
	case *ast.MappingNode: // its own token is the brace, or the first colon
		if !m.IsFlowStyle && len(m.Values) > 0 {
			t = m.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		t = m.Key.GetToken()
	}
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{t.Position.Line, t.Position.Column}
}

// fields are the entries of a mapping.
type fields struct {
	r  *reader
	of node
	in map[string]node
}

// fields reads n as a mapping with some of the known keys. Absent and empty
// give no fields.
func (r *reader) fields(n node, known ...string) fields {
	f := fields{r: r, of: n, in: map[string]node{}}
	for key, value := range r.entries(n) {
		switch {
		case slices.Contains(known, key):
			f.in[key] = value
		case looksSecret(key):
			value.at = value.key
			r.caused(value, "a secret in the file", "it in the environment, as "+secretHome(n.path, key), "")
		default:
			r.unknown(value, key, known)
		}
	}
	return f
}

// entries pages through the entries of a mapping; the place of each is that of its key
// when it has no value.
func (r *reader) entries(n node) func(yield func(string, node) bool) {
	return func(yield func(string, node) bool) {
		m, ok := n.ast.(ast.MapNode)
		if !ok {
			r.unfit(n, "keys with values", "key: value")
			return
		}
		for it := m.MapRange(); it.Next(); {
			key := it.Key().GetToken()
			p := place{key.Position.Line, key.Position.Column}
			v := node{path: join(n.path, cut(key.Value)), ast: it.Value(), at: p, key: p}
			if !absent(v.ast) {
				v.at = at(v.ast)
			}
			if !yield(key.Value, v) {
				return
			}
		}
	}
}

func (r *reader) unknown(n node, key string, known []string) {
	want := "one of " + strings.Join(known, ", ")
	if s := suggest(key, known); s != "" {
		want = "a known one; did you mean " + s + "?"
	}
	n.at = n.key
	r.caused(n, "unknown key", want, "")
}

// unfit notes a value that is of another kind than wanted. None at all is fit.
func (r *reader) unfit(n node, want, example string) {
	if absent(n.ast) {
		return
	}
	if n.path == "" {
		n.path = "file"
	}
	if k := kind(n.ast); k != "" {
		r.caused(n, k, want, example)
		return
	}
	r.fault(n, raw(n.ast), want, example)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// get gives the entry of that key, which may be absent; its place is then that
// of the mapping.
func (f fields) get(key string) node {
	if n, ok := f.in[key]; ok {
		return n
	}
	return node{path: join(f.of.path, key), at: f.of.at}
}

// items gives the elements of a sequence; absent gives none.
func (r *reader) items(n node, example string) []node {
	seq, ok := n.ast.(*ast.SequenceNode)
	if !ok {
		r.unfit(n, "a list", example)
		return nil
	}
	all := make([]node, len(seq.Values))
	for i, v := range seq.Values {
		all[i] = node{path: fmt.Sprintf("%s[%d]", n.path, i), ast: v, at: at(v)}
	}
	return all
}

func absent(n ast.Node) bool {
	if n == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null
}

// raw gives the text of a scalar as it was written, without its quotes: a
// phone number stays text though YAML takes it for a number. Anything but a
// scalar gives "".
func raw(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value
	}
	return ""
}

// kind names a value that is no scalar, "" one that is.
func kind(n ast.Node) string {
	switch n.(type) {
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag, which this file does without"
	}
	return ""
}
