package source

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"aftersales/internal/followup"
)

// Limits of single values.
const (
	maxID       = 200       // bytes of an id
	maxText     = 1000      // bytes of a text that are kept
	maxQuantity = 1_000_000 // units of one line; see [followup.MostUnits]
)

// text is a string that people wrote; a number counts as its digits. What
// cannot be seen (controls, bidirectional overrides) is taken out, and what is
// masked with asterisks counts as absent.
type text string

func (t *text) read(s *scanner) {
	switch s.peek() {
	case '"':
		*t = text(clean(s.quoted()))
	case '{', '[', 't', 'f':
		s.wrongType(`a string, for example "Anna"`)
	default:
		*t = text(s.number())
	}
}

// clean makes a text fit to be shown.
func clean(raw []byte) string {
	out := string(raw)
	if strings.ContainsFunc(out, unseen) {
		out = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\t' || r == '\r':
				return ' '
			case unseen(r):
				return -1
			default:
				return r
			}
		}, out)
	}
	out = strings.TrimSpace(out)
	if strings.Contains(out, "***") {
		return ""
	}
	if len(out) > maxText {
		out = out[:maxText]
		for !utf8.ValidString(out) {
			out = out[:len(out)-1]
		}
	}
	return out
}

// unseen reports whether r is a control character or changes the direction of
// the text around it, so that it reads as something else.
func unseen(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// ident is the id of an order, a line, a product: always a string, although
// stores send numbers too large for a float, and "gid://shopify/Order/123",
// which means 123.
type ident string

func (id *ident) read(s *scanner) {
	raw := readID(s)
	if strings.HasPrefix(raw, "gid://") {
		raw, _, _ = strings.Cut(raw, "?")
		raw = raw[strings.LastIndexByte(raw, '/')+1:]
	}
	*id = ident(raw)
}

// eventID is the id or source of an event, as its sender wrote it.
type eventID string

func (id *eventID) read(s *scanner) { *id = eventID(readID(s)) }

func readID(s *scanner) string {
	const want = `an id, for example "1001"`
	switch s.peek() {
	case '"':
		raw := strings.TrimSpace(string(s.quoted()))
		switch {
		case len(raw) > maxID:
			s.wrongValue(fmt.Sprintf("is longer than %d bytes", maxID), want)
		case strings.ContainsFunc(raw, unseen):
			s.wrongValue("holds control characters", want)
		}
		return raw
	case '{', '[', 't', 'f':
		s.wrongType(want)
		return ""
	}
	raw := s.number()
	switch {
	case strings.Trim(raw, "0123456789") != "":
		s.wrongValue("is a number with a sign, a fraction or an exponent, which has lost digits", want)
	case len(raw) > maxID:
		s.wrongValue(fmt.Sprintf("is longer than %d bytes", maxID), want)
	}
	return raw
}

// amount is a decimal number as it was written, "" when absent.
type amount string

func (a *amount) read(s *scanner) {
	const want = `a decimal number, for example "649.00"`
	var raw string
	switch s.peek() {
	case '"':
		raw = strings.TrimSpace(string(s.quoted()))
	case '{', '[', 't', 'f':
		s.wrongType(want)
		return
	default:
		raw = s.number()
	}
	if raw != "" && !decimal(raw) {
		s.wrongValue("is not a decimal number", want)
	}
	*a = amount(raw)
}

// decimal reports whether s is an optional sign, up to 15 digits and decimals.
func decimal(s string) bool {
	whole, frac, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return whole != "" && len(whole) <= 15 && len(frac) <= 30 && dot == (frac != "") && strings.Trim(whole+frac, "0123456789") == ""
}

// money returns the amount in a currency; "" means the order's own, see
// [followup.Money.In].
func (a amount) money(currency string) (followup.Money, error) {
	if currency == "" {
		return followup.ParseUnstated(string(a))
	}
	return followup.ParseMoney(string(a), currency)
}

// count is a number of units from 0 to 1,000.
type count int

func (n *count) read(s *scanner) {
	*n = count(readCount(s, 0, maxQuantity, "2"))
}

// quantity is a number of units from 1 to 1,000,000; 0 when absent.
type quantity int

func (n *quantity) read(s *scanner) {
	if !s.blank() {
		*n = quantity(readCount(s, 1, maxQuantity, "2"))
	}
}

// index is a number from 1; 0 when absent.
type index int

func (n *index) read(s *scanner) {
	if !s.blank() {
		*n = index(readCount(s, 1, maxQuantity, "1"))
	}
}

// readCount reads a whole number, as a number or in a string.
func readCount(s *scanner, low, high int, example string) int {
	want := func() string { return fmt.Sprintf("a whole number from %d to %d, for example %s", low, high, example) }
	var raw string
	switch s.peek() {
	case '"':
		raw = strings.TrimSpace(string(s.quoted()))
		if strings.Trim(raw, "-0123456789") != "" || raw == "" {
			s.fail(unprocessable(FaultType, s.where()+" is a string", "send "+want()))
			return low
		}
	case '{', '[', 't', 'f':
		s.wrongType(want())
		return low
	default:
		raw = s.number()
	}
	if whole, frac, ok := strings.Cut(raw, "."); ok && strings.Trim(frac, "0") == "" {
		raw = whole
	}
	n, err := strconv.Atoi(raw)
	if err != nil {
		s.wrongValue("is not a whole number", want())
		return low
	}
	if n < low || n > high {
		s.wrongValue(fmt.Sprintf("is not within %d and %d", low, high), want())
	}
	return n
}

// flag is a boolean.
type flag bool

func (f *flag) read(s *scanner) {
	const want = "true or false"
	switch s.peek() {
	case 't':
		s.literal("true")
		*f = true
	case 'f':
		s.literal("false")
	case '"':
		switch strings.ToLower(string(s.quoted())) {
		case "true":
			*f = true
		case "false":
		default:
			s.wrongValue("is neither true nor false", want)
		}
	default:
		s.wrongType(want)
	}
}

// words is a list of short texts: an array, or one string with commas.
type words []string

func (w *words) read(s *scanner) {
	add := func(v string) {
		if v != "" && len(*w) < maxItems {
			*w = append(*w, v)
		}
	}
	switch {
	case s.peek() == '"':
		for part := range strings.SplitSeq(string(s.quoted()), ",") {
			add(clean([]byte(part)))
		}
	case s.peek() == '{' && s.empty('}'):
	case s.peek() == '[':
		s.elements(func(int) {
			var t text
			if !s.null() {
				t.read(s)
			}
			add(string(t))
		})
	default:
		s.wrongType(`an array of strings, for example ["web"]`)
	}
}
