package compose

import (
	"bytes"
	"html"
	"strings"
)

// op is one instruction of a program: bytes as they are, a value, or a choice. Exactly one part is set. There are no
// loops, so a program's time is bounded by the length of its message.
type op struct {
	static string
	out    *output
	branch *branch
}

// output writes a value. A value that is empty is a fault: a sentence must have no hole.
type output struct {
	expr expr
	as   form
	file string
	line int
}

// branch is {{if}}.
type branch struct {
	cond      func(*view) bool
	yes, no   []op
	elseLater bool // while it is being built: an else was seen
}

// form is how an output writes what it has.
type form int

const (
	asText form = iota // plain text, and subjects
	asHTML             // between tags
	asHref             // inside a double-quoted address of a link
)

// maxOutput bounds one rendered text, far above any real message.
const maxOutput = 256 << 10

// room is where a message is made: texts are written before their length is known.
type room struct {
	text  bytes.Buffer
	lines bytes.Buffer // plain text, wrapped
	view  view         // of the letter
}

func newRoom() *room {
	const page, letter = 8 << 10, 4 << 10 // of most mails
	r := &room{}
	r.text.Grow(page)
	r.lines.Grow(letter)
	return r
}

// run executes ops for v and appends to b.
func run(b *bytes.Buffer, ops []op, v *view) error {
	for i := range ops {
		o := &ops[i]
		switch {
		case o.out != nil:
			if err := o.out.write(b, v); err != nil {
				return err
			}
		case o.branch != nil:
			next := o.branch.no
			if o.branch.cond(v) {
				next = o.branch.yes
			}
			if err := run(b, next, v); err != nil {
				return err
			}
		default:
			b.WriteString(o.static)
		}
	}
	return nil
}

func (o *output) write(b *bytes.Buffer, v *view) error {
	if o.as == asHTML && o.expr.html != nil && o.expr.html(b, v) {
		return nil
	}
	s := o.expr.text(v)
	switch {
	case s == "":
		return o.fault("{{"+o.expr.src+"}} has no value here", o.expr.mend)
	case b.Len()+len(s) > maxOutput:
		return o.fault("the message is over 256 KiB", "make it shorter")
	case o.as == asHref && !safeURL(s):
		return o.fault("{{"+o.expr.src+"}} is no web address here", "make it begin with https://")
	case o.as == asText:
		b.WriteString(s)
	default:
		b.WriteString(html.EscapeString(usual(s)))
	}
	return nil
}

func (o *output) fault(what, mend string) Fault {
	return Fault{File: o.file, Line: o.line, Column: 1, What: what, Mend: mend}
}

// safeURL tells whether s may be the address of a link that comes from data.
func safeURL(s string) bool {
	if !begins(s, "https://") && !begins(s, "http://") {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// begins tells whether s begins with head, in any case.
func begins(s, head string) bool {
	return len(s) >= len(head) && strings.EqualFold(s[:len(head)], head)
}

// builder makes a program of a stream of bytes and tokens.
type builder struct {
	file  string
	stack [][]op // the innermost list last
	open  []*branch
	text  strings.Builder // static bytes not yet in the list
}

func newBuilder(file string) *builder { return &builder{file: file, stack: [][]op{nil}} }

func (b *builder) static(s string) { b.text.WriteString(s) }

func (b *builder) flush() {
	if b.text.Len() > 0 {
		b.push(op{static: b.text.String()})
		b.text.Reset()
	}
}

func (b *builder) push(o op) { b.stack[len(b.stack)-1] = append(b.stack[len(b.stack)-1], o) }

// token adds a value or a part of an if. The document has been checked: every if has its end.
func (b *builder) token(t *token, as form) {
	b.flush()
	switch t.kind {
	case tokenOut:
		b.push(op{out: &output{t.expr, as, b.file, t.line}})
	case tokenIf:
		b.open = append(b.open, &branch{cond: t.expr.truth})
		b.stack = append(b.stack, nil)
	case tokenElse:
		br := b.open[len(b.open)-1]
		br.yes, br.elseLater = b.pop(), true
		b.stack = append(b.stack, nil)
	case tokenEnd:
		br := b.open[len(b.open)-1]
		b.open = b.open[:len(b.open)-1]
		if br.elseLater {
			br.no = b.pop()
		} else {
			br.yes = b.pop()
		}
		b.push(op{branch: br})
	}
}

func (b *builder) pop() []op {
	last := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	return last
}

// program returns what was built.
func (b *builder) program() []op {
	b.flush()
	return b.stack[0]
}
