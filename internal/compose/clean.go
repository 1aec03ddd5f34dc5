package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest values that a message shows, in runes: data is as long as somebody likes, a sentence is not.
const (
	longestValue   = 160
	longestSubject = 200
)

// clean makes foreign data fit for one line of text: no control characters or line ends, no characters that turn the
// direction of what follows (the "Trojan source" trick), no private-use ones, no runs of space, at most limit runes.
func clean(s string, limit int) string {
	if len(s) <= limit && plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), 4*limit))
	space, n := false, 0
	for _, r := range s { // invalid UTF-8 comes as U+FFFD
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Co, r) || noText(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		if n++; n > limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// noText tells the invisible characters that have no place in a name: byte order mark, tags, noncharacters.
func noText(r rune) bool {
	return r == '\uFEFF' || (r >= 0xE0000 && r <= 0xE007F) || (r >= 0xFDD0 && r <= 0xFDEF) || r&0xFFFE == 0xFFFE
}

// plainASCII tells whether s is printable ASCII with single spaces inside.
func plainASCII[T string | []byte](s T) bool {
	before := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || (c == ' ' && before == ' ') {
			return false
		}
		before = c
	}
	return before != ' ' || len(s) == 0
}

// likeAddress tells whether a name would be shown as a link by a mail program. Such names are a known trick to send
// somebody a stranger's advertisement in a shop's own mail.
func likeAddress(name string) bool {
	lower := strings.ToLower(name)
	if strings.Contains(lower, "://") || strings.Contains(lower, "www.") || strings.Contains(lower, "@") {
		return true
	}
	for i := strings.IndexByte(lower, '.'); i >= 0 && i+1 < len(lower); {
		before, _ := utf8.DecodeLastRuneInString(lower[:i])
		if letters := leadingLetters(lower[i+1:]); unicode.IsLetter(before) && letters >= 2 {
			return true
		}
		next := strings.IndexByte(lower[i+1:], '.')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

func leadingLetters(s string) (n int) {
	for _, r := range s {
		if !unicode.IsLetter(r) {
			break
		}
		n++
	}
	return n
}
