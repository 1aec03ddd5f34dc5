package source

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 64

// scanner walks over one JSON text, once. It knows the path of the value it
// stands at, so that a fault can name it. After the first fault it reads no
// further: every method returns at once.
type scanner struct {
	body   []byte // valid UTF-8
	strict bool   // null is no list
	at     int
	depth  int
	path   []step
	fault  *Fault
}

// step is one part of a path: a field's name, or an index when name is "".
type step struct {
	name  string
	index int
}

// where returns the path of the value that is being read.
func (s *scanner) where() string {
	if len(s.path) == 0 {
		return "the body"
	}
	var b strings.Builder
	for i, p := range s.path {
		switch {
		case p.name == "":
			b.WriteString("[" + strconv.Itoa(p.index) + "]")
		case i > 0:
			b.WriteString("." + p.name)
		default:
			b.WriteString(p.name)
		}
	}
	return b.String()
}

func (s *scanner) fail(f *Fault) {
	if s.fault == nil {
		s.fault = f
	}
}

// malformed fails because the text is no JSON.
func (s *scanner) malformed(what string) {
	s.fail(unprocessable(FaultMalformed, fmt.Sprintf("the body is not JSON: %s at byte %d", what, s.at), "send one JSON object"))
}

// wrongType fails because the value at the cursor is not what was wanted.
func (s *scanner) wrongType(want string) {
	s.fail(unprocessable(FaultType, s.where()+" is "+s.kind(), "send "+want))
}

// wrongValue fails because of what the value is.
func (s *scanner) wrongValue(what, want string) {
	s.fail(wrongValue(s.where(), what, "send "+want))
}

// kind names the type of the value at the cursor.
func (s *scanner) kind() string {
	switch s.peek() {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.body) {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take skips c and reports whether it was there.
func (s *scanner) take(c byte) bool {
	if s.fault != nil || s.peek() != c || s.at >= len(s.body) {
		return false
	}
	s.at++
	return true
}

// null skips a null and reports whether it was there.
func (s *scanner) null() bool {
	if s.fault != nil || s.peek() != 'n' {
		return false
	}
	s.literal("null")
	return s.fault == nil
}

func (s *scanner) literal(word string) {
	if len(s.body)-s.at < len(word) || string(s.body[s.at:s.at+len(word)]) != word {
		s.malformed("an unknown word")
		return
	}
	s.at += len(word)
}

// enter opens an object or array.
func (s *scanner) enter() {
	s.at++
	s.depth++
	if s.depth > maxDepth {
		s.fail(unprocessable(FaultMalformed, fmt.Sprintf("the body is nested deeper than %d levels", maxDepth), "send a flatter body"))
	}
}

// next reports whether another element follows, in a list that ends with end.
func (s *scanner) next(first bool, end byte) bool {
	if s.fault != nil {
		return false
	}
	if s.take(end) {
		s.depth--
		return false
	}
	if !first && !s.take(',') {
		s.malformed("a comma or the end is missing")
		return false
	}
	return true
}

// members calls read for each member of the object at the cursor; read must
// consume the value. The name is valid during the call only.
func (s *scanner) members(read func(name []byte)) {
	s.enter()
	for first := true; s.next(first, '}'); first = false {
		if s.peek() != '"' {
			s.malformed("the name of a field is missing")
			return
		}
		name := s.quoted()
		if s.fault == nil && !s.take(':') {
			s.malformed("a colon is missing")
		}
		if s.fault != nil {
			return
		}
		read(name)
	}
}

// elements calls read for each element of the array at the cursor; read must
// consume the value.
func (s *scanner) elements(read func(i int)) {
	s.enter()
	for i := 0; s.next(i == 0, ']'); i++ {
		s.path = append(s.path, step{index: i})
		read(i)
		s.path = s.path[:len(s.path)-1]
	}
}

// skip checks and skips any value.
func (s *scanner) skip() {
	if s.fault != nil {
		return
	}
	switch s.peek() {
	case '{':
		s.members(func([]byte) { s.skip() })
	case '[':
		s.enter()
		for first := true; s.next(first, ']'); first = false {
			s.skip()
		}
	case '"':
		s.span()
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.numeral()
	}
}

// number reads a number as it is written.
func (s *scanner) number() string { return string(s.numeral()) }

// numeral skips a number and returns it as it is written.
func (s *scanner) numeral() []byte {
	s.peek()
	from := s.at
	s.take('-')
	zero := s.at < len(s.body) && s.body[s.at] == '0'
	n := s.digits()
	ok := n == 1 || n > 1 && !zero
	if s.at < len(s.body) && s.body[s.at] == '.' {
		s.at++
		ok = s.digits() > 0 && ok
	}
	if s.at < len(s.body) && (s.body[s.at]|0x20) == 'e' {
		s.at++
		if s.at < len(s.body) && (s.body[s.at] == '+' || s.body[s.at] == '-') {
			s.at++
		}
		ok = s.digits() > 0 && ok
	}
	if !ok {
		s.malformed("no value")
		return nil
	}
	return s.body[from:s.at]
}

func (s *scanner) digits() int {
	from := s.at
	for s.at < len(s.body) && s.body[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at - from
}

// span skips the string at the cursor, and returns what stands between its
// quotes and whether that holds escapes.
func (s *scanner) span() (raw []byte, escaped bool) {
	s.at++ // the quote
	from := s.at
	for s.at < len(s.body) {
		switch c := s.body[s.at]; {
		case c == '"':
			s.at++
			return s.body[from : s.at-1], escaped
		case c == '\\':
			escaped = true
			s.escape()
			if s.fault != nil {
				return nil, false
			}
		case c < 0x20:
			s.malformed("a control character in a string")
			return nil, false
		default:
			s.at++
		}
	}
	s.malformed("a string has no end")
	return nil, false
}

// escape skips one escape sequence.
func (s *scanner) escape() {
	rest := s.body[s.at:]
	switch {
	case len(rest) > 1 && strings.IndexByte(`"\/bfnrt`, rest[1]) >= 0:
		s.at += 2
	case len(rest) > 5 && rest[1] == 'u' && hex4(rest[2:6]) >= 0:
		s.at += 6
	default:
		s.malformed("a wrong escape in a string")
	}
}

// quoted reads the string at the cursor.
func (s *scanner) quoted() []byte {
	raw, escaped := s.span()
	if escaped {
		return unescape(raw)
	}
	return raw
}

// unescape resolves escapes that span has checked. Half a surrogate pair gives
// the replacement character.
func unescape(raw []byte) []byte {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		if k := strings.IndexByte(from, raw[i+1]); k >= 0 {
			out = append(out, to[k])
			i += 2
			continue
		}
		r := hex4(raw[i+2 : i+6])
		i += 6
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if len(raw)-i >= 6 && raw[i] == '\\' && raw[i+1] == 'u' {
				low = hex4(raw[i+2 : i+6])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// hex4 reads four hexadecimal digits; -1 when they are none.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
