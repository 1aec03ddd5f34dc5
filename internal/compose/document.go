package compose

import "strings"

// block is a part of a message that begins on a line of its own.
type block struct {
	kind    blockKind
	inline  []inline // paragraph, heading
	blocks  []block  // list, item, quotation
	tok     *token   // control, buttons
	ordered bool
	first   int // number of an ordered list's first item
}

type blockKind int

const (
	blockParagraph blockKind = iota
	blockHeading
	blockList
	blockItem
	blockQuote
	blockRule
	blockControl // an if, else or end between blocks
	blockButtons
)

// inline is a part of a paragraph.
type inline struct {
	kind inlineKind
	text string
	tok  *token
	kids []inline // strong, em, link
	dest []inline // link: one text or one value
}

type inlineKind int

const (
	inlineText inlineKind = iota
	inlineToken
	inlineStrong
	inlineEm
	inlineLink
	inlineBreak
)

func (in inline) control() bool { return in.kind == inlineToken && in.tok.kind != tokenOut }

func (in inline) blank() bool {
	return in.kind == inlineBreak || in.kind == inlineText && strings.TrimSpace(in.text) == ""
}

func containsLink(ins []inline) bool {
	for _, in := range ins {
		if in.kind == inlineLink || containsLink(in.kids) {
			return true
		}
	}
	return false
}

const mendControl = "put {{if}}, {{else}} and {{end}} into the same paragraph, or each on a line of its own"

// paragraph makes the blocks of a paragraph: an if around all of it goes outside, so that no empty one is left when it
// does not hold; buttons stand for themselves.
func (m *markdown) paragraph(ins []inline, line int, top bool) []block {
	ins = trim(ins)
	if len(ins) == 0 {
		return nil
	}
	if len(ins) == 1 && ins[0].kind == inlineToken && ins[0].tok.kind == tokenOut && ins[0].tok.expr.kind == kindButtons {
		if !top {
			m.fault(line, "answers stand in a list or a quotation", "put {{answers ...}} into a paragraph of its own")
		}
		return []block{{kind: blockButtons, tok: ins[0].tok}}
	}
	partner := partners(ins)
	switch last := len(ins) - 1; {
	case ins[0].control() && (partner[0] < 0 || ins[0].tok.kind != tokenIf):
		return append([]block{{kind: blockControl, tok: ins[0].tok}}, m.paragraph(ins[1:], line, top)...)
	case ins[last].control() && partner[last] < 0:
		return append(m.paragraph(ins[:last], line, top), block{kind: blockControl, tok: ins[last].tok})
	case ins[0].control() && partner[0] == last && !solid(ins):
		return m.wrapped(ins, partner, line, top)
	}
	m.closed(ins, line)
	m.noButtons(ins)
	return []block{{kind: blockParagraph, inline: ins}}
}

// solid tells whether something is always left of a paragraph, and no buttons are in it.
func solid(ins []inline) bool {
	ins = trim(ins)
	if len(ins) == 0 || len(ins) == 1 && ins[0].kind == inlineToken && ins[0].tok.expr.kind == kindButtons {
		return false
	}
	partner, last := partners(ins), len(ins)-1
	if !ins[0].control() || partner[0] != last {
		return true
	}
	for i := 1; i < last; i++ {
		if ins[i].control() && ins[i].tok.kind == tokenElse && partner[i] == 0 {
			return solid(ins[1:i]) && solid(ins[i+1:last])
		}
	}
	return false
}

// wrapped makes the blocks of a paragraph that is all inside one if.
func (m *markdown) wrapped(ins []inline, partner []int, line int, top bool) []block {
	last := len(ins) - 1
	out := []block{{kind: blockControl, tok: ins[0].tok}}
	start := 1
	for i := 1; i < last; i++ {
		if ins[i].control() && ins[i].tok.kind == tokenElse && partner[i] == 0 {
			out = append(out, m.paragraph(ins[1:i], line, top)...)
			out = append(out, block{kind: blockControl, tok: ins[i].tok})
			start = i + 1
		}
	}
	out = append(out, m.paragraph(ins[start:last], line, top)...)
	return append(out, block{kind: blockControl, tok: ins[last].tok})
}

// trim drops white space at the ends.
func trim(ins []inline) []inline {
	for len(ins) > 0 && ins[0].blank() {
		ins = ins[1:]
	}
	for len(ins) > 0 && ins[len(ins)-1].blank() {
		ins = ins[:len(ins)-1]
	}
	return ins
}

// partners returns for each if the index of its end, for each else and end that of its if, and -1 for all else.
func partners(ins []inline) []int {
	out := make([]int, len(ins))
	var open []int
	for i, in := range ins {
		out[i] = -1
		if !in.control() {
			continue
		}
		switch n := len(open); {
		case in.tok.kind == tokenIf:
			open = append(open, i)
		case n == 0:
		case in.tok.kind == tokenElse:
			out[i] = open[n-1]
		default:
			out[i], out[open[n-1]] = open[n-1], i
			open = open[:n-1]
		}
	}
	return out
}

// closed checks that each if inside a paragraph ends there.
func (m *markdown) closed(ins []inline, line int) {
	for i, p := range partners(ins) {
		if ins[i].control() && p < 0 {
			m.fault(max(line, ins[i].tok.line), "an {{if}} and its {{end}} are in different parts of the text", mendControl)
			return
		}
	}
}

// noButtons checks that no buttons stand inside a sentence.
func (m *markdown) noButtons(ins []inline) {
	for _, in := range ins {
		if in.kind == inlineToken && in.tok.expr.kind == kindButtons {
			m.fault(in.tok.line, "answers stand inside a paragraph", "put {{answers ...}} into a paragraph of its own")
		}
		m.noButtons(in.kids)
	}
}

// balanced checks that each if between blocks ends in the same list or quotation.
func (m *markdown) balanced(bs []block, line int) {
	depth := 0
	for _, b := range bs {
		if b.kind != blockControl {
			continue
		}
		line = b.tok.line
		switch b.tok.kind {
		case tokenIf:
			depth++
		case tokenEnd:
			depth--
		case tokenElse:
			if depth == 0 {
				depth = -1
			}
		case tokenOut: // is never a control
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		m.fault(line, "an {{if}} and its {{end}} are in different parts of the text", mendControl)
	}
}

// wraps tells whether bs is one if without else around blocks.
func wraps(bs []block) bool {
	depth := 0
	for i, b := range bs {
		if b.kind != blockControl {
			if i == 0 {
				return false
			}
			continue
		}
		switch b.tok.kind {
		case tokenIf:
			depth++
		case tokenElse:
			if depth == 1 {
				return false
			}
		default:
			depth--
		}
		if depth == 0 && i < len(bs)-1 {
			return false
		}
	}
	return bs[len(bs)-1].kind == blockControl
}
