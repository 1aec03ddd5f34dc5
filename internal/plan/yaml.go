package plan

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// bounds of a file, so that none takes long to refuse. Real files are far below.
type bounds struct {
	bytes int
	nodes int // values, aliases counted as what they stand for
}

var (
	planBounds      = bounds{bytes: 256 << 10, nodes: 20_000}
	catalogueBounds = bounds{bytes: 2 << 20, nodes: 200_000}
)

const (
	maxDepth = 40  // of lists and maps in one another
	maxKeys  = 500 // of one map
)

// reader reads one file and collects its faults.
type reader struct {
	file   string
	bounds bounds
	lines  []string // of the source, for positions inside of scalars
	faults Faults

	nodes   int                 // converted so far
	anchors map[string]ast.Node // by name, in the order of the file
}

func (r *reader) add(n *node, cause, mend string, warning bool) {
	r.faults = append(r.faults, Fault{
		File: r.file, Line: n.line, Column: n.col, Path: n.path, Cause: cause, Mend: mend, Warning: warning,
	})
}

// fault records that what stands at n is wrong.
func (r *reader) fault(n *node, cause, mend string) { r.add(n, cause, mend, false) }

// warn records that what stands at n works, but is probably not meant.
func (r *reader) warn(n *node, cause, mend string) { r.add(n, cause, mend, true) }

// done returns the faults by position.
func (r *reader) done() Faults {
	r.faults.sort()
	return r.faults
}

// load reads the one document of a file, or says why it cannot and returns nil.
func (r *reader) load(src []byte) *node {
	top := &node{line: 1, col: 1}
	switch src = bytes.TrimPrefix(src, []byte("\ufeff")); {
	case len(src) > r.bounds.bytes:
		r.fault(&node{}, fmt.Sprintf("the file has %d bytes", len(src)), fmt.Sprintf("at most %d are read; split it", r.bounds.bytes))
		return nil
	case !utf8.Valid(src):
		r.fault(r.badByte(src), "this is not UTF-8 text", "save the file with the encoding UTF-8")
		return nil
	}
	r.lines = strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	docs, ok := r.parse(string(src))
	if !ok {
		return nil
	}
	switch len(docs) {
	case 0:
		r.fault(top, "the file is empty", "see docs/plans.md for a first one")
		return nil
	case 1:
	default:
		at := docs[1].GetToken().Position
		r.fault(&node{line: at.Line, col: at.Column}, "a second document begins here", "put it into a file of its own")
	}
	r.anchors = map[string]ast.Node{}
	return r.convert(docs[0], "", 0)
}

func (r *reader) badByte(src []byte) *node {
	for i := 0; i < len(src); {
		c, size := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && size == 1 {
			start := bytes.LastIndexByte(src[:i], '\n') + 1
			return &node{line: 1 + bytes.Count(src[:i], []byte("\n")), col: 1 + utf8.RuneCount(src[start:i])}
		}
		i += size
	}
	return &node{line: 1, col: 1}
}

// parse runs the YAML parser and returns the bodies of the documents that have one.
func (r *reader) parse(src string) (docs []ast.Node, ok bool) {
	defer func() {
		if p := recover(); p != nil { // the parser meets what its authors did not think of
			r.fault(&node{line: 1, col: 1}, "this cannot be read as YAML", "compare it with the example in docs/plans.md")
			docs, ok = nil, false
		}
	}()
	tokens := lexer.Tokenize(src)
	if at, cause := tooMuch(tokens); at != nil {
		r.fault(&node{line: at.Line, col: at.Column}, cause, "compare it with the example in docs/plans.md")
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil, false
	}
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	return docs, true
}

// tooMuch returns where a file nests or repeats past the bounds: the parser needs
// time that grows with the square of depth, of a map's keys and of documents.
func tooMuch(tokens token.Tokens) (at *token.Position, cause string) {
	depth, dashes, line, documents := 0, 0, 0, 0
	var maps openMaps
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			dashes++
			maps.close(t.Position.Column)
		case token.MappingKeyType, token.TagType, token.AnchorType:
			dashes++
		case token.MappingValueType:
			if depth == 0 && t.Prev != nil && maps.key(t.Prev.Position.Column) > maxKeys {
				return t.Position, fmt.Sprintf("too many keys, at most %d are read", maxKeys)
			}
		case token.DocumentHeaderType:
			if documents++; documents > 2 {
				return t.Position, "too many documents, one is read"
			}
		}
		if depth > maxDepth || dashes > 10*maxDepth || t.Position.IndentNum > 10*maxDepth {
			return t.Position, fmt.Sprintf("too many lists and maps in one another, at most %d levels are read", maxDepth)
		}
	}
	return nil, ""
}

// openMaps counts the keys of the block maps around a place, the outermost first.
type openMaps []struct{ column, keys int }

// close ends the maps that are further right than column.
func (m *openMaps) close(column int) {
	for len(*m) > 0 && (*m)[len(*m)-1].column > column {
		*m = (*m)[:len(*m)-1]
	}
}

// key counts a key at column and returns how many its map has by now.
func (m *openMaps) key(column int) int {
	m.close(column)
	if len(*m) == 0 || (*m)[len(*m)-1].column < column {
		*m = append(*m, struct{ column, keys int }{column, 0})
	}
	last := &(*m)[len(*m)-1]
	last.keys++
	return last.keys
}

// syntax reports what the YAML parser says, with its position and a likely mend.
func (r *reader) syntax(err error) {
	at, cause := &node{line: 1, col: 1}, "this is not YAML"
	if e, ok := err.(interface { // the parser returns its errors bare, of a type it does not export
		GetToken() *token.Token
		GetMessage() string
	}); ok {
		cause = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			at.line, at.col = max(1, t.Position.Line), max(1, t.Position.Column)
		}
	}
	line := ""
	if at.line <= len(r.lines) {
		line = r.lines[at.line-1]
	}
	r.fault(at, "not YAML: "+cause, mendSyntax(line))
}

func mendSyntax(line string) string {
	_, value, found := strings.Cut(strings.TrimSpace(line), ": ")
	switch {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with spaces, not tabs"
	case found && (strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'")):
		return "check the quotes; put a condition that begins with one between single quotes, or use when: | and the next line"
	case found && strings.Contains(value, ": "):
		return "put a text that holds a colon between quotes"
	default:
		return "check indentation, brackets and quotes of this line and the one before"
	}
}
