package phone

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

const (
	plus       = "+\uff0b"
	separators = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff0e\uff0f \u00a0\u00ad\u200b\u2060\u3000()\uff08\uff09\uff3b\uff3d.[]/\u2053\u223c"

	// Regular expressions as libphonenumber has them, of digits that are ASCII already.
	anySeparator = `[-x\x{2010}-\x{2015}\x{2212}\x{30fc}\x{ff0d}-\x{ff0f} \x{a0}\x{ad}\x{200b}\x{2060}\x{3000}()\x{ff08}\x{ff09}\x{ff3b}\x{ff3d}.\[\]/~\x{2053}\x{223c}\x{ff5e}*]`
	afterWord    = `[:.\x{ff0e}]?[ \x{a0}\t,-]*`
	anyExtension = `;ext=(\d{1,20})` +
		`|[ \x{a0}\t,]*(?:e?xt(?:ensi(?:o\x{301}?|\x{f3}))?n?|\x{ff45}?\x{ff58}\x{ff54}\x{ff4e}?|\x{434}\x{43e}\x{431}|anexo)` + afterWord + `(\d{1,20})#?` +
		`|[ \x{a0}\t,]*(?:[x\x{ff58}#\x{ff03}~\x{ff5e}]|int|\x{ff49}\x{ff4e}\x{ff54})` + afterWord + `(\d{1,9})#?` +
		`|[- ]+(\d{1,6})#` +
		`|[ \x{a0}\t]*(?:,,|;)` + afterWord + `(\d{1,15})#?` +
		`|[ \x{a0}\t]*,+` + afterWord + `(\d{1,9})#?`
	anyNumber = `\d{2}|[+\x{ff0b}]*(?:` + anySeparator + `*\d){3,}(?:` + anySeparator + `|[a-z\d])*`
	domain    = `(?:[a-zA-Z\d]+(?:-*[a-zA-Z\d])*\.)*[a-zA-Z]+(?:-*[a-zA-Z\d])*\.?`
)

// Compiled at first use, which most numbers do not make.
var (
	extensionAtEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(?:` + anyExtension + `)$`) })
	numberAlone    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:` + anyNumber + `(?:` + anyExtension + `)?)$`)
	})
	contextAlone = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\+[-.()\d]*\d[-.()\d]*|` + domain + `)$`)
	})
	secondNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\\/] *x`) })
)

// written finds what may be a number in s, with ASCII digits; ok is false when nothing there may be one.
func written(s string) (number string, ok bool) {
	if len(s) > longestInput {
		return "", false
	}
	s = strings.Map(asciiDigit, s)
	const context, subaddress = ";phone-context=", ";isub="
	before, after, found := strings.Cut(s, context)
	if found { // RFC 3966: a local number and where it is one
		after, _, _ = strings.Cut(after, ";")
		if !contextAlone().MatchString(after) {
			return "", false
		}
	}
	if found && before != "" {
		if _, local, ok := strings.Cut(before, "tel:"); ok {
			before = local
		}
		if strings.HasPrefix(after, "+") {
			before = after + before
		}
		s = before
	} else {
		s = fromStart(s)
	}
	s, _, _ = strings.Cut(s, subaddress)
	return s, viable(s)
}

// fromStart cuts what stands before a number, and a second number behind it.
func fromStart(s string) string {
	i := strings.IndexAny(s, plus+"0123456789")
	if i < 0 {
		return ""
	}
	s = s[i:]
	if !strings.ContainsRune(s, 'x') {
		return s
	}
	if second := secondNumber().FindStringIndex(s); second != nil {
		return s[:second[0]]
	}
	return s
}

// viable tells whether s has the look of a number: two digits, or at least three among separators and before letters.
func viable(s string) bool {
	if !plain(s) {
		return numberAlone().MatchString(s)
	}
	if len(s) == shortest {
		return s == normal(s)
	}
	return len(normal(s)) > shortest
}

// cutExtension cuts the extension from a number, with the words for it.
func cutExtension(s string) (number, extension string) {
	if plain(s) {
		return s, ""
	}
	match := extensionAtEnd().FindStringSubmatch(s)
	if match == nil {
		return s, ""
	}
	number = strings.TrimSuffix(s, match[0])
	if !viable(number) {
		return s, ""
	}
	return number, strings.Join(match[1:], "") // one of the groups matched
}

// plain tells whether s is digits and what separates them, after any pluses: nothing that may name an extension.
func plain(s string) bool {
	return strings.Trim(strings.TrimLeft(s, plus), separators+"*0123456789") == ""
}

// normal returns the digits of a number. With three letters it is one to be dialled by words.
func normal(s string) string {
	letters := 0
	for i := range len(s) {
		if s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' {
			letters++
		}
	}
	return strings.Map(func(r rune) rune {
		if letters >= 3 {
			r = key(r)
		}
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// key returns the digit of a telephone's key, ITU E.161, for its letters; other characters as they are.
func key(r rune) rune {
	const keys = "22233344455566677778889999"
	if u := unicode.ToUpper(r); u >= 'A' && u <= 'Z' {
		return rune(keys[u-'A'])
	}
	return r
}

// asciiDigit returns the digit 0 to 9 that a digit of another script stands for; other characters as they are. Unicode
// has them in rows of ten.
func asciiDigit(r rune) rune {
	if r < 0x80 {
		return r
	}
	for _, row := range unicode.Digit.R16 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return '0' + (r-rune(row.Lo))%10
		}
	}
	for _, row := range unicode.Digit.R32 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return '0' + (r-rune(row.Lo))%10
		}
	}
	return r
}
