package compose

import (
	"html"
	"strconv"
	"strings"
)

// The layout: one column of at most 600 px without tables, styles inline because mail programs drop the others, and a
// style sheet only for dark screens. Outlook for Windows knows no max-width, so it alone gets a table around all.
const (
	fonts     = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
	pageStyle = "margin:0;padding:0;background:#f3f4f6;color:#1f2933;font-family:" + fonts + ";font-size:16px;line-height:1.5;" +
		"-webkit-text-size-adjust:100%"
	cardStyle   = "background:#ffffff;border-radius:10px;padding:28px 28px 12px;overflow-wrap:break-word"
	brandStyle  = "margin:0 0 20px;font-size:15px;font-weight:700;color:#52606d"
	footStyle   = "padding:16px 28px 24px;font-size:13px;line-height:1.5;color:#5b6773;overflow-wrap:break-word"
	hiddenStyle = "display:none;max-height:0;overflow:hidden;mso-hide:all"

	darkSheet = `@media (prefers-color-scheme:dark){
body,.p{background:#14181d!important;color:#e6e9ec!important}
.c{background:#1f252c!important;color:#e6e9ec!important}
.t,.f{color:#a9b4be!important}
.l{color:#8ab8ff!important}
.b{color:#a8caff!important;border-color:#6a9be6!important}
}
@media (max-width:480px){.c{padding:22px 18px 6px!important;border-radius:0!important}.f{padding:14px 18px 20px!important}.w{padding:0!important}}`

	// hush keeps mail programs from showing the first words of the message after the preview.
	hush = "&#847;&zwnj;&nbsp;"
)

// styles are those of one place of the layout.
type styles struct{ paragraph, link, button string }

var (
	bodyStyles = styles{"margin:0 0 16px", `class="l" style="color:#1a56b0"`, `class="b" style="display:inline-block;` + buttonStyle + `"`}
	footStyles = styles{"margin:0 0 8px", `style="color:inherit"`, ""}
)

// alone makes a link that is a paragraph of its own a button: it is what the message asks for.
func (s styles) alone(ins []inline) styles {
	if s.button != "" && len(ins) == 1 && ins[0].kind == inlineLink {
		s.link = s.button
	}
	return s
}

// page builds the whole HTML of a message.
func page(t *texts, body, foot document) []op {
	b := newBuilder(body.file)
	direction := "ltr"
	if t.rightToLeft {
		direction = "rtl"
	}
	b.static("<!DOCTYPE html>\n<html lang=\"" + t.tag + "\" dir=\"" + direction + "\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>")
	b.computed(func(v *view) string { return v.subject })
	b.static("</title>\n<style>:root{color-scheme:light dark}\n" + darkSheet + "</style>\n</head>\n" +
		"<body class=\"p\" style=\"" + pageStyle + "\">\n<div style=\"" + hiddenStyle + "\">")
	b.computed(func(v *view) string { return v.preview })
	b.static(strings.Repeat(hush, 60) + "</div>\n" +
		"<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\" cellpadding=\"20\"><tr><td><![endif]-->\n" +
		"<div class=\"w\" style=\"max-width:600px;margin:0 auto;padding:16px 8px\">\n" +
		"<div class=\"c\" style=\"" + cardStyle + "\">\n<p class=\"t\" style=\"" + brandStyle + "\">")
	b.computed(func(v *view) string { return clean(v.shop.Name, longestValue) })
	b.static("</p>\n")
	htmlBlocks(b, body.blocks, bodyStyles)
	b.static("</div>\n<div class=\"f\" style=\"" + footStyle + "\">\n")
	b.file = foot.file
	htmlBlocks(b, foot.blocks, footStyles)
	b.static("</div>\n</div>\n<!--[if mso]></td></tr></table><![endif]-->\n</body>\n</html>\n")
	return b.program()
}

// computed adds a value that may be empty.
func (b *builder) computed(get func(*view) string) {
	t := &token{kind: tokenIf, expr: text("", get)()}
	b.token(t, asHTML)
	b.token(&token{kind: tokenOut, expr: t.expr}, asHTML)
	b.token(&token{kind: tokenEnd}, asHTML)
}

func htmlBlocks(b *builder, bs []block, s styles) {
	for _, x := range bs {
		switch x.kind {
		case blockControl, blockButtons:
			b.token(x.tok, asHTML)
		case blockParagraph:
			b.static(`<p style="` + s.paragraph + `">`)
			htmlInline(b, x.inline, s.alone(x.inline))
			b.static("</p>\n")
		case blockHeading:
			b.static(`<h2 style="margin:24px 0 8px;font-size:18px;line-height:1.3">`)
			htmlInline(b, x.inline, s)
			b.static("</h2>\n")
		case blockList:
			htmlList(b, x, s)
		case blockItem:
			b.static(`<li style="margin:0 0 6px">`)
			htmlItem(b, x.blocks, s)
			b.static("</li>\n")
		case blockQuote:
			b.static(`<blockquote style="margin:0 0 16px;padding:0 16px;border-left:3px solid #c5ccd3">` + "\n")
			htmlBlocks(b, x.blocks, s)
			b.static("</blockquote>\n")
		case blockRule:
			b.static(`<hr style="border:0;border-top:1px solid #c5ccd3;margin:24px 0">` + "\n")
		}
	}
}

func htmlList(b *builder, x block, s styles) {
	tag := "ul"
	if x.ordered {
		tag = "ol"
	}
	b.static("<" + tag)
	if x.ordered && x.first > 1 {
		b.static(` start="` + strconv.Itoa(x.first) + `"`)
	}
	b.static(` style="margin:0 0 16px;padding:0 24px">` + "\n")
	htmlBlocks(b, x.blocks, s)
	b.static("</" + tag + ">\n")
}

// htmlItem writes an item of one paragraph without the space of paragraphs.
func htmlItem(b *builder, bs []block, s styles) {
	if len(bs) == 1 && bs[0].kind == blockParagraph {
		htmlInline(b, bs[0].inline, s)
		return
	}
	s.paragraph, s.button = "margin:0 0 6px", ""
	htmlBlocks(b, bs, s)
}

func htmlInline(b *builder, ins []inline, s styles) {
	for _, in := range ins {
		switch in.kind {
		case inlineText:
			b.static(html.EscapeString(in.text))
		case inlineToken:
			b.token(in.tok, asHTML)
		case inlineBreak:
			b.static("<br>\n")
		case inlineStrong:
			b.static("<strong>")
			htmlInline(b, in.kids, s)
			b.static("</strong>")
		case inlineEm:
			b.static("<em>")
			htmlInline(b, in.kids, s)
			b.static("</em>")
		case inlineLink:
			b.static(`<a ` + s.link + ` href="`)
			for _, d := range in.dest {
				if d.kind == inlineToken {
					b.token(d.tok, asHref)
				} else {
					b.static(html.EscapeString(d.text))
				}
			}
			b.static(`">`)
			htmlInline(b, in.kids, s)
			b.static("</a>")
		}
	}
}
