package web

import (
	"html"
	"strconv"
	"strings"

	"aftersales/internal/followup"
)

// page is what can be shown. The templates below pages are written as Go by package
// compile, as these methods: written_operator.go and written_public.go. What calls
// them compiles without, so that they can be written anew (see TestWritten).
type page interface{ write(s *sheet) }

// sheet is what a page is written on.
type sheet struct {
	out  []byte
	base string // path below which the pages live
}

// raw writes what is ours.
func (s *sheet) raw(t string) { s.out = append(s.out, t...) }

// put writes a page.
func (s *sheet) put(p any) { p.(page).write(s) }

// text writes foreign text, for the body of an element or a quoted attribute.
func (s *sheet) text(t string) {
	s.raw(html.EscapeString(strings.ReplaceAll(t, "\x00", "\uFFFD")))
}

// at is the path below which the pages live.
func (s *sheet) at() string { return s.base }

// number writes a number.
func (s *sheet) number(n int) { s.out = strconv.AppendInt(s.out, int64(n), 10) }

// order returns the address of an order's story.
func (s *sheet) order(id followup.JourneyID) string { return s.base + orderPath(id) }

// urlfilter lets an address through that leads to a page or a mail program, and
// nothing that a browser would run.
func urlfilter(s string) string {
	if scheme, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(scheme, "/") {
		if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "mailto") {
			return "#ZgotmplZ"
		}
	}
	return s
}

// urlnormalizer escapes what may stand in no address, and leaves what is escaped.
func urlnormalizer(s string) string {
	return escaped(s, func(i int) bool {
		return strings.IndexByte("!#$&*+,/:;=?@[]", s[i]) >= 0 || s[i] == '%' && i+2 < len(s) && hex(s[i+1]) && hex(s[i+2])
	})
}

// urlescaper escapes a part of an address.
func urlescaper(s string) string { return escaped(s, func(int) bool { return false }) }

func escaped(s string, keep func(i int) bool) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 || keep(i) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}

func hex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
