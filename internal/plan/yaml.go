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

// Bounds of a file, so that none takes long to refuse. Real plans are far below.
const (
	maxFile  = 256 << 10 // bytes
	maxDepth = 40        // of lists and maps in one another
	maxNodes = 20_000    // aliases counted as what they stand for
)

// reader reads one file and collects its faults.
type reader struct {
	file   string
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
	case len(src) > maxFile:
		r.fault(&node{}, fmt.Sprintf("the file has %d bytes", len(src)), fmt.Sprintf("at most %d are read; split it", maxFile))
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
	if at := tooDeep(tokens); at != nil {
		r.fault(&node{line: at.Line, col: at.Column}, "too many lists and maps in one another", fmt.Sprintf("at most %d levels are read", maxDepth))
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

// tooDeep returns where brackets or dashes nest past the bound; the parser
// needs time that grows with the square of the depth.
func tooDeep(tokens token.Tokens) *token.Position {
	depth, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			dashes++
		}
		if depth > maxDepth || dashes > 10*maxDepth || t.Position.IndentNum > 10*maxDepth {
			return t.Position
		}
	}
	return nil
}

// syntax reports what the YAML parser says, with its position and a likely mend.
func (r *reader) syntax(err error) {
	at, cause := &node{line: 1, col: 1}, "this is not YAML"
	if e, ok := err.(interface { //nolint:errorlint // the parser returns its errors bare, of a type it does not export
		GetToken() *token.Token
		GetMessage() string
	}); ok {
		cause = strings.Map(printable, e.GetMessage())
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
