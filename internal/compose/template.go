package compose

import (
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode"
)

// token is a template action: a value, or a part of an if.
type token struct {
	kind tokenKind
	expr expr
	line int
}

type tokenKind int

const (
	tokenOut tokenKind = iota
	tokenIf
	tokenElse
	tokenEnd
)

// piece is text or a token, in the order of the source.
type piece struct {
	text string
	line int
	tok  *token
}

// pieces parses a template and checks all it names. Unknown names are all reported; a fault of form only once, because
// what follows it cannot be told.
func (r *reader) pieces() ([]piece, bool) {
	before := len(*r.faults)
	for _, c := range r.src {
		if unicode.Is(unicode.Co, c) {
			r.fault(0, "there are private-use characters", "write plain text")
			return nil, false
		}
	}
	tree := parse.New(r.file)
	tree.Mode = parse.SkipFuncCheck
	sets := map[string]*parse.Tree{}
	if _, err := tree.Parse(r.src, "", "", sets); err != nil {
		r.syntax(err)
		return nil, false
	}
	for name := range sets {
		if name != r.file {
			r.fault(0, "{{define}} is not part of messages", "write the text where it belongs")
		}
	}
	var out []piece
	if tree.Root != nil {
		out = r.list(nil, tree.Root)
	}
	return out, len(*r.faults) == before
}

var (
	syntaxError = regexp.MustCompile(`(?s)^template: .*?:(\d+)(?::\d+)?: (.*)$`)
	fileLine    = regexp.MustCompile(`[^\s"]+\.md:(\d+)`)
)

// syntax reports an error of the template parser at its line in the file.
func (r *reader) syntax(err error) {
	line, what := 0, err.Error()
	if m := syntaxError.FindStringSubmatch(what); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits only
		line, what = r.first+n-1, m[2]
	}
	what = fileLine.ReplaceAllStringFunc(what, func(s string) string {
		n, _ := strconv.Atoi(s[strings.LastIndexByte(s, ':')+1:]) // digits only
		return "line " + strconv.Itoa(r.first+n-1)
	})
	r.fault(line, what, "write {{value}}, {{function value}} or {{if value}} ... {{else}} ... {{end}}")
}

func (r *reader) list(out []piece, l *parse.ListNode) []piece {
	for _, n := range l.Nodes {
		line := r.line(int(n.Position()))
		switch n := n.(type) {
		case *parse.TextNode:
			out = append(out, piece{text: string(n.Text), line: line})
		case *parse.ActionNode:
			if e, ok := r.pipe(n.Pipe); ok && r.output(n, e) {
				out = append(out, piece{tok: &token{tokenOut, e, line}, line: line})
			}
		case *parse.IfNode:
			out = r.choice(out, n, line)
		case *parse.CommentNode:
		default:
			what, _, _ := strings.Cut(strings.Trim(n.String(), "{}"), "}}")
			r.bad(n, "{{"+what+"}} is not part of messages", "there are values, functions, if, else and end")
		}
	}
	return out
}

func (r *reader) choice(out []piece, n *parse.IfNode, line int) []piece {
	e, ok := r.pipe(n.Pipe)
	if ok && e.truth == nil {
		r.bad(n, e.src+" cannot be tested", "test a value")
	}
	out = append(out, piece{tok: &token{tokenIf, e, line}, line: line})
	out = r.list(out, n.List)
	if n.ElseList != nil {
		line := r.line(int(n.ElseList.Position()))
		out = append(out, piece{tok: &token{kind: tokenElse, line: line}, line: line})
		out = r.list(out, n.ElseList)
	}
	return append(out, piece{tok: &token{kind: tokenEnd, line: line}, line: line})
}

// lineOps reads a subject or a preview: one line of plain text without Markdown.
func (r *reader) lineOps() ([]op, bool) {
	ps, ok := r.pieces()
	if !ok {
		return nil, false
	}
	b := newBuilder(r.file)
	for _, p := range ps {
		if p.tok == nil {
			b.static(p.text)
			continue
		}
		if p.tok.expr.kind == kindButtons || p.tok.expr.link {
			r.fault(p.line, "{{"+p.tok.expr.src+"}} has no place here", "put it into the text")
			return nil, false
		}
		b.token(p.tok, asText)
	}
	return b.program(), true
}
