package compose

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textWidth is how many characters a line of plain text has at most; addresses are never broken.
const textWidth = 72

// noBreak is the space at which no line is broken: in numbers and dates. Plain text gets a usual one once it is wrapped,
// so that what is copied from it is what it seems.
const noBreak = "\u00a0"

// A line of unwrapped text begins with marks around the prefix of its first line and that of the next ones. Data has
// no control characters, so it cannot hold any.
const (
	markFirst = "\x01"
	markRest  = "\x02"
	markText  = "\x03"
	markDone  = "\x04" // before a line as it is
)

// textLine begins a line.
func textLine(first, rest string) string { return markFirst + first + markRest + rest + markText }

// plain builds the plain text of a message; foot may be empty.
func plain(body, foot document) []op {
	b := newBuilder(body.file)
	textBlocks(b, body.blocks, "", "")
	if len(foot.blocks) > 0 {
		b.static("\n" + textLine("-- ", "") + "\n\n")
		b.file = foot.file
		textBlocks(b, foot.blocks, "", "")
	}
	return settled(b.program())
}

// textBlocks writes blocks; the first line of all begins with first, the others with rest.
func textBlocks(b *builder, bs []block, first, rest string) {
	for _, x := range bs {
		switch x.kind {
		case blockControl:
			b.token(x.tok, asText)
			continue // what is inside is still the first
		case blockButtons:
			b.token(x.tok, asText)
			b.static("\n")
		case blockParagraph, blockHeading:
			b.static(textLine(first, rest))
			textInline(b, x.inline, rest)
			b.static("\n\n")
		case blockList:
			textList(b, x, rest)
			b.static("\n")
		case blockQuote:
			textBlocks(b, x.blocks, rest+"> ", rest+"> ")
		case blockRule:
			b.static(textLine(rest+"---", rest) + "\n\n")
		case blockItem: // only in lists
		}
		first = rest
	}
}

func textList(b *builder, x block, rest string) {
	n := max(x.first, 1)
	for _, item := range x.blocks {
		if item.kind == blockControl {
			b.token(item.tok, asText)
			continue
		}
		mark := "- "
		if x.ordered {
			mark = strconv.Itoa(n) + ". "
			n++
		}
		indent := rest + strings.Repeat(" ", len(mark))
		if len(item.blocks) == 1 && item.blocks[0].kind == blockParagraph {
			b.static(textLine(rest+mark, indent))
			textInline(b, item.blocks[0].inline, indent)
			b.static("\n")
			continue
		}
		textBlocks(b, item.blocks, rest+mark, indent)
	}
}

func textInline(b *builder, ins []inline, rest string) {
	for i, in := range ins {
		switch in.kind {
		case inlineText:
			s := in.text
			if i > 0 && ins[i-1].kind == inlineLink && i == len(ins)-1 && s == "." {
				s = "" // a full stop would be taken for a part of the address
			}
			b.static(strings.ReplaceAll(s, "\n", " "))
		case inlineToken:
			b.token(in.tok, asText)
		case inlineBreak:
			b.static("\n" + textLine(rest, rest))
		case inlineStrong, inlineEm:
			textInline(b, in.kids, rest)
		case inlineLink:
			textLink(b, in, rest)
		}
	}
}

// textLink writes "words: address", or the address alone where the words are the address.
func textLink(b *builder, in inline, rest string) {
	fixed := ""
	if len(in.dest) == 1 {
		fixed = in.dest[0].text
	}
	if fixed == "" || len(in.kids) != 1 || in.kids[0].text != fixed {
		textInline(b, in.kids, rest)
		b.static(": ")
	}
	if to, ok := strings.CutPrefix(fixed, "mailto:"); ok {
		fixed = to
	}
	for _, d := range in.dest {
		if d.kind == inlineToken {
			b.token(d.tok, asText)
		}
	}
	b.static(fixed)
}

// wrap breaks lines at the width and drops doubled blank lines, with out for its room.
func wrap(out *bytes.Buffer, text []byte) string {
	blank := true // also at the beginning
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i < 0 {
			text = nil
		} else {
			line, text = text[:i], text[i+1:]
		}
		switch {
		case len(line) > 0 && line[0] == markFirst[0]:
			first, marked, _ := bytes.Cut(line[1:], []byte(markRest))
			rest, words, _ := bytes.Cut(marked, []byte(markText))
			wrapLine(out, first, rest, words)
			blank = false
		case len(line) > 0 && line[0] == markDone[0]:
			out.Write(line[1:])
			out.WriteByte('\n')
			blank = false
		default:
			if !blank {
				out.WriteByte('\n')
			}
			blank = true
		}
	}
	// Each line ends, and some with a blank one after them.
	out.Truncate(len(bytes.TrimRight(out.Bytes(), "\n")))
	out.WriteByte('\n')
	return out.String()
}

// wrapLine breaks one line, and writes usual spaces for those at which none is broken.
func wrapLine(b *bytes.Buffer, first, rest, words []byte) {
	b.Write(first)
	if plainASCII(words) {
		wrapASCII(b, textWidth-utf8.RuneCount(first), rest, words)
		return
	}
	width, fresh := utf8.RuneCount(first), true
	for len(words) > 0 {
		word, after, _ := bytes.Cut(words, []byte{' '})
		if words = after; len(word) == 0 {
			continue
		}
		n := utf8.RuneCount(word)
		switch {
		case fresh:
		case width+1+n > textWidth:
			b.WriteByte('\n')
			b.Write(rest)
			width = utf8.RuneCount(rest)
		default:
			b.WriteByte(' ')
			width++
		}
		writeUsual(b, word)
		width += n
		fresh = false
	}
	b.WriteByte('\n')
}

// wrapASCII does so for words with one space between them, line by line instead of word by word. The first line has so
// much room.
func wrapASCII(b *bytes.Buffer, room int, rest, words []byte) {
	for len(words) > room {
		end := bytes.LastIndexByte(words[:max(0, room+1)], ' ')
		if end < 0 { // one word is longer than a line
			end = bytes.IndexByte(words, ' ')
		}
		if end < 0 {
			break
		}
		b.Write(words[:end])
		b.WriteByte('\n')
		b.Write(rest)
		room, words = textWidth-utf8.RuneCount(rest), words[end+1:]
	}
	b.Write(words)
	b.WriteByte('\n')
}

// settled wraps the lines of ops that are the same in every letter.
func settled(ops []op) []op {
	for i := range ops {
		o := &ops[i]
		if o.branch != nil {
			o.branch.yes, o.branch.no = settled(o.branch.yes), settled(o.branch.no)
		}
		var out bytes.Buffer
		for s := o.static; s != ""; {
			line, after, whole := strings.Cut(s, "\n")
			s = after
			switch {
			case !whole:
				out.WriteString(line)
			case strings.HasPrefix(line, markFirst):
				var lines bytes.Buffer
				for done := range strings.Lines(wrap(&lines, []byte(line))) {
					out.WriteString(markDone + done)
				}
			default:
				out.WriteString(line + "\n")
			}
		}
		o.static = out.String()
	}
	return ops
}

// writeUsual writes s with usual spaces.
func writeUsual(b *bytes.Buffer, s []byte) {
	for at := bytes.IndexByte(s, noBreak[0]); at >= 0; at = bytes.IndexByte(s, noBreak[0]) {
		b.Write(s[:at])
		if s = s[at:]; bytes.HasPrefix(s, []byte(noBreak)) {
			b.WriteByte(' ')
			s = s[len(noBreak):]
		} else {
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	b.Write(s)
}

// usual writes usual spaces for those at which no line is broken.
func usual(s string) string {
	if strings.IndexByte(s, noBreak[0]) < 0 { // faster than to look for both bytes
		return s
	}
	return strings.ReplaceAll(s, noBreak, " ")
}
