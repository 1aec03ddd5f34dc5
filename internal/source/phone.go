package source

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"aftersales/internal/civil"
	"aftersales/internal/phone"
)

// maxPhoneZones is how many candidate zones of a number are kept.
const maxPhoneZones = 12

// Phone is a number that can be dialled.
type Phone struct {
	E164  string   // "+3545812345", without an extension
	Zones []string // IANA zones it may lie in, at most 12
}

// PhoneNumber reads a number as customers type it; region, ISO 3166 alpha-2,
// is where a number without a country prefix is meant, "" nowhere. Extensions
// are dropped: a person asks for them. ok is false for what no network routes.
func PhoneNumber(s, region string) (p Phone, ok bool) {
	n, ok := parsePhone(s, region)
	if !ok {
		return Phone{}, false
	}
	return Phone{E164: n.E164(), Zones: phoneZones(n)}, true
}

// parsePhone returns a valid number.
func parsePhone(s, region string) (n phone.Number, ok bool) {
	if len(s) > 100 {
		return phone.Number{}, false
	}
	s = bareNumber(s)
	if n, ok := phone.ParseE164(s); ok && n.Valid() { // most are
		return n, true
	}
	n, ok = phone.Parse(s, region)
	return n, ok && n.Valid()
}

// bareNumber cuts what people write around a number: "Tel.", "(mobile)", and
// extensions, which are not dialled. Letters do not stand for digits: a reader
// of "1-800-SIX-FLAG" may know the digits, most who typed a word meant none.
func bareNumber(s string) string {
	s = strings.Map(func(r rune) rune {
		if unseen(r) || r == 0x200e || r == 0x200f { // pasted from a contact card
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsLetter(r) || strings.ContainsRune(" .:", r) })
	if i := strings.IndexFunc(s, unicode.IsLetter); i >= 0 {
		s = s[:i]
	}
	return strings.TrimRight(s, " (;,")
}

// given reports whether s says a number or an address at all: masks and words
// for nothing do not.
func given(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '*' && r != ' ' }) && !strings.EqualFold(s, "null") &&
		!strings.EqualFold(s, "none") && !strings.EqualFold(s, "n/a") && s != "-"
}

// phoneZones returns the zones a number may lie in. When there are too many to
// keep, one of each kind of clock is: zones with the same winter and summer
// offset allow the same hours.
func phoneZones(n phone.Number) []string {
	zones := slices.DeleteFunc(n.Zones(), func(z string) bool {
		_, err := civil.Zone(z)
		return err != nil
	})
	if len(zones) > maxPhoneZones {
		zones = distinctClocks(zones)
	}
	if len(zones) == 0 {
		return nil
	}
	return zones[:min(len(zones), maxPhoneZones)]
}

// distinctClocks keeps the first zone of each pair of winter and summer offset.
func distinctClocks(zones []string) []string {
	winter, summer := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)
	seen := map[[2]int]bool{}
	return slices.DeleteFunc(zones, func(z string) bool {
		loc, err := civil.Zone(z)
		if err != nil {
			return true
		}
		_, w := winter.In(loc).Zone()
		_, s := summer.In(loc).Zone()
		clock := [2]int{w, s}
		defer func() { seen[clock] = true }()
		return seen[clock]
	})
}
