package followup

import (
	"fmt"
	"strconv"
	"strings"
)

// ShopID names a shop of the configuration: lower-case letters, digits and "-".
type ShopID string

// JourneyID names everything about one order: "<shop>/<order>", each part
// escaped by [escapeID]. It carries no personal data.
type JourneyID string

// FollowUpID names one step planned for one order or unit:
// "<journey>/<step>/<unit>/<occurrence>". Unit is "-" in order scope, else
// "<line>~<index>". The same follow-up has the same id for ever, whatever the
// plan's version, so nothing can be planned twice.
type FollowUpID string

// UnitKey names one physical item of an order: "<line id>/<index>", index from 1.
type UnitKey string

// ContactID names a customer as one can reach them: an HMAC, so that it can be
// logged and stored anywhere.
type ContactID string

// CaseID names a case: "<journey>-<number>", number from 1.
type CaseID string

// NewJourneyID joins shop and order.
func NewJourneyID(shop ShopID, order string) JourneyID {
	return JourneyID(escapeID(string(shop)) + "/" + escapeID(order))
}

// Split returns the shop and the order as the store wrote it.
func (id JourneyID) Split() (ShopID, string) {
	shop, order, _ := strings.Cut(string(id), "/")
	return ShopID(unescapeID(shop)), unescapeID(order)
}

// NewUnitKey joins a line's id and an index from 1.
func NewUnitKey(line string, index int) UnitKey {
	return UnitKey(line + "/" + strconv.Itoa(index))
}

// Split returns the line id and the index; index 0 when k is malformed.
func (k UnitKey) Split() (line string, index int) {
	i := strings.LastIndexByte(string(k), '/')
	if i < 0 {
		return string(k), 0
	}
	n, err := strconv.Atoi(string(k[i+1:]))
	if err != nil {
		return string(k), 0
	}
	return string(k[:i]), n
}

// NewFollowUpID joins the parts; an empty unit means order scope.
func NewFollowUpID(j JourneyID, step string, unit UnitKey, occurrence string) FollowUpID {
	u := "-"
	if unit != "" {
		line, index := unit.Split()
		u = escapeID(line) + "~" + strconv.Itoa(index)
	}
	return FollowUpID(string(j) + "/" + escapeID(step) + "/" + u + "/" + escapeID(occurrence))
}

// Journey returns the journey of id, or "" when id is malformed.
func (id FollowUpID) Journey() JourneyID {
	s := string(id)
	shop := strings.IndexByte(s, '/')
	if shop <= 0 || strings.Count(s, "/") != 4 {
		return ""
	}
	order := strings.IndexByte(s[shop+1:], '/')
	if order == 0 {
		return ""
	}
	return JourneyID(s[:shop+1+order])
}

// NewCaseID joins a journey and a case number.
func NewCaseID(j JourneyID, number int) CaseID {
	return CaseID(string(j) + "-" + strconv.Itoa(number))
}

// Split returns the journey and the number of the case.
func (id CaseID) Split() (JourneyID, int, error) {
	i := strings.LastIndexByte(string(id), '-')
	if i > 0 {
		if n, err := strconv.Atoi(string(id[i+1:])); err == nil && n > 0 {
			return JourneyID(id[:i]), n, nil
		}
	}
	return "", 0, fmt.Errorf("case %q is not an id such as main/1001-1", string(id))
}

// escapeID percent-encodes what separates the parts of an id, and what would
// be awkward in a shell or a log line.
func escapeID(s string) string {
	if !strings.ContainsFunc(s, awkward) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; awkward(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func awkward(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`/%~"'\`, r)
}

func unescapeID(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
