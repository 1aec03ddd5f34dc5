package compose

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"
)

// firstToken is the rune of a file's first token in Markdown; the next have the next runes. They are private-use
// characters, letters to Markdown, and files must not contain any.
const (
	firstToken = 0xF0000
	lastToken  = 0xFFFFD
)

// markdown reads the body of a file into blocks.
type markdown struct {
	*reader
	src    []byte // Markdown with tokens
	lines  []int  // line in the file of each line of src
	tokens []*token
}

// blocks parses the body.
func (r *reader) blocks() ([]block, bool) {
	before := len(*r.faults)
	ps, ok := r.pieces()
	if !ok {
		return nil, false
	}
	m := &markdown{reader: r}
	m.join(ps)
	if len(m.tokens) > lastToken-firstToken {
		r.fault(0, "there are too many {{}}", "make the message shorter")
		return nil, false
	}
	doc := goldmark.New().Parser().Parse(gmtext.NewReader(m.src))
	bs := m.container(doc, true)
	return bs, len(*r.faults) == before
}

// join writes the pieces as Markdown. A line of nothing but if, else and end stands between paragraphs, so it gets
// blank lines around it.
func (m *markdown) join(ps []piece) {
	var b strings.Builder
	lines := []int{m.first}
	for _, p := range ps {
		if p.tok != nil {
			b.WriteRune(firstToken + rune(len(m.tokens)))
			m.tokens = append(m.tokens, p.tok)
			continue
		}
		for i := range len(p.text) {
			if p.text[i] == '\n' {
				lines = append(lines, p.line+1+strings.Count(p.text[:i], "\n"))
			}
		}
		b.WriteString(p.text)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if m.onlyControls(line) {
			m.src = append(m.src, "\n"+strings.TrimSpace(line)+"\n\n"...)
			m.lines = append(m.lines, lines[i], lines[i], lines[i])
			continue
		}
		m.src = append(m.src, line+"\n"...)
		m.lines = append(m.lines, lines[i])
	}
}

func (m *markdown) onlyControls(line string) bool {
	found := false
	for _, c := range strings.TrimSpace(line) {
		if c < firstToken || m.tokens[c-firstToken].kind == tokenOut {
			return false
		}
		found = true
	}
	return found
}

// lineAt returns the line in the file of an offset in the Markdown.
func (m *markdown) lineAt(offset int) int {
	return m.lines[min(strings.Count(string(m.src[:min(offset, len(m.src))]), "\n"), len(m.lines)-1)]
}

// lineOf returns the line of a node, as well as it can be told.
func (m *markdown) lineOf(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return m.lineAt(n.Lines().At(0).Start)
		}
		if t, ok := n.FirstChild().(*ast.Text); ok {
			return m.lineAt(t.Segment.Start)
		}
	}
	return m.first
}

// container reads the blocks of a document, a quotation or an item, and checks that each if ends where it began.
func (m *markdown) container(parent ast.Node, top bool) []block {
	var out []block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out = append(out, m.block(n, top)...)
	}
	m.balanced(out, m.lineOf(parent))
	return out
}

func (m *markdown) block(n ast.Node, top bool) []block {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		return m.paragraph(m.inlines(n), m.lineOf(n), top)
	case *ast.Heading:
		ins := m.inlines(n)
		m.closed(ins, m.lineOf(n))
		m.noButtons(ins)
		return []block{{kind: blockHeading, inline: ins}}
	case *ast.List:
		return []block{m.list(n)}
	case *ast.Blockquote:
		return []block{{kind: blockQuote, blocks: m.container(n, false)}}
	case *ast.ThematicBreak:
		return []block{{kind: blockRule}}
	case *ast.HTMLBlock:
		m.fault(m.lineOf(n), "there is HTML", "write Markdown: mail programs differ, and we write HTML they all show")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		m.fault(m.lineOf(n), "there is a block of code", "do not begin lines with four spaces or ```")
	default:
		m.fault(m.lineOf(n), n.Kind().String()+" is not part of messages", "write paragraphs, headings, lists, quotations and links")
	}
	return nil
}

func (m *markdown) list(n *ast.List) block {
	b := block{kind: blockList, first: n.Start, ordered: n.IsOrdered()}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		item := block{kind: blockItem, blocks: m.container(c, false)}
		last := len(item.blocks) - 1
		if last >= 2 && wraps(item.blocks) && !b.ordered { // an item that is there only if
			b.blocks = append(b.blocks, item.blocks[0], block{kind: blockItem, blocks: item.blocks[1:last]}, item.blocks[last])
			continue
		}
		b.blocks = append(b.blocks, item)
	}
	return b
}

// inlines reads what is inside a paragraph or a link.
func (m *markdown) inlines(parent ast.Node) []inline {
	var out []inline
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			out = m.split(out, n.Segment.Value(m.src))
			switch {
			case n.HardLineBreak():
				out = append(out, inline{kind: inlineBreak})
			case n.SoftLineBreak():
				out = append(out, inline{kind: inlineText, text: "\n"})
			}
		case *ast.Emphasis:
			kind := inlineEm
			if n.Level > 1 {
				kind = inlineStrong
			}
			out = append(out, m.nested(inline{kind: kind}, n))
		case *ast.Link:
			out = append(out, m.nested(inline{kind: inlineLink, dest: m.destination(string(n.Destination), n)}, n))
		case *ast.AutoLink:
			url := string(n.URL(m.src))
			out = append(out, inline{kind: inlineLink, dest: m.destination(url, n), kids: []inline{{kind: inlineText, text: url}}})
		case *ast.RawHTML:
			m.fault(m.lineAt(n.Segments.At(0).Start), "there is HTML", "write Markdown: mail programs differ, and we write HTML they all show")
		case *ast.Image:
			m.fault(m.lineOf(n), "there is an image", "say it in words: many mail programs do not show images")
		default:
			m.fault(m.lineOf(n), n.Kind().String()+" is not part of messages", "write plain words, **bold**, *emphasis* and [links](https://...)")
		}
	}
	return out
}

func (m *markdown) nested(in inline, n ast.Node) inline {
	in.kids = m.inlines(n)
	m.closed(in.kids, m.lineOf(n))
	if in.kind == inlineLink && containsLink(in.kids) {
		m.fault(m.lineOf(n), "there is a link inside a link", "take one away")
	}
	return in
}

// split cuts text at its tokens.
func (m *markdown) split(out []inline, b []byte) []inline {
	start := 0
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		if c >= firstToken && c <= lastToken {
			if i > start {
				out = append(out, inline{kind: inlineText, text: literal(string(b[start:i]))})
			}
			out = append(out, inline{kind: inlineToken, tok: m.tokens[c-firstToken]})
			start = i + size
		}
		i += size
	}
	if start < len(b) {
		out = append(out, inline{kind: inlineText, text: literal(string(b[start:]))})
	}
	return out
}

// destination reads the address of a link: a fixed one, or one value that is an address.
func (m *markdown) destination(s string, n ast.Node) []inline {
	line := m.lineOf(n)
	parts := m.split(nil, []byte(s))
	if len(parts) == 1 && parts[0].kind == inlineToken {
		if t := parts[0].tok; t.kind != tokenOut || !t.expr.link {
			m.fault(line, "{{"+t.expr.src+"}} is no web address", "link to answer_link, review_link, manual .Unit or a fixed address")
		}
		return parts
	}
	for _, p := range parts {
		if p.kind == inlineToken {
			m.fault(line, "the address of a link is put together from values", "use a fixed address, or one value that is an address")
			return nil
		}
	}
	url := literal(s)
	scheme, _, ok := strings.Cut(strings.ToLower(url), ":")
	if !ok || (scheme != "https" && scheme != "http" && scheme != "mailto" && scheme != "tel") || strings.ContainsAny(url, "\x00\r\n\t \"") {
		m.fault(line, "a link goes to "+strconv.Quote(url), "link to an address that begins with https://, mailto: or tel:")
	}
	return []inline{{kind: inlineText, text: url}}
}

// literal resolves what Markdown allows inside text: a backslash before punctuation, and entities.
func literal(s string) string {
	if !strings.ContainsAny(s, "\\&") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case c == '&':
			end := strings.IndexByte(s[i:], ';')
			if end < 0 || end > 32 {
				b.WriteByte(c)
				continue
			}
			b.WriteString(strings.ReplaceAll(html.UnescapeString(s[i:i+end+1]), "\x00", "\uFFFD"))
			i += end
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
