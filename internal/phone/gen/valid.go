package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// kind is one kind of numbers: mobile, premium rate ... or all of a region.
type kind struct {
	*pattern

	lengths []int32 // how many digits they have; any when empty
}

func newKind(d *phonenumbers.PhoneNumberDesc) (kind, error) {
	p, err := parsePattern(d.GetNationalNumberPattern())
	return kind{p, d.GetPossibleLength()}, err
}

// has tells whether the n digits so far are a number of the kind.
func (k kind) has(n int) bool {
	return k.matches() && (len(k.lengths) == 0 || slices.Contains(k.lengths, int32(n)))
}

// after returns the kind after a digit.
func (k kind) after(digit rune) kind { return kind{k.pattern.after(digit), k.lengths} }

// territory is what is valid in one region.
type territory struct {
	id      string
	leading *pattern // with these digits a number is the region's, valid or not; nil: what is valid there is
	general kind
	kinds   []kind
}

func newTerritory(m *phonenumbers.PhoneMetadata) (t territory, err error) {
	t.id = m.GetId()
	if lead := m.GetLeadingDigits(); lead != "" {
		if t.leading, err = parsePattern("(?:" + lead + `)\d*`); err != nil {
			return t, err
		}
	}
	if t.general, err = newKind(m.GetGeneralDesc()); err != nil {
		return t, err
	}
	descs := []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetPremiumRate(), m.GetTollFree(), m.GetSharedCost(), m.GetVoip(),
		m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	}
	if !m.GetSameMobileAndFixedLinePattern() {
		descs = append(descs, m.GetMobile())
	}
	for _, d := range descs {
		k, err := newKind(d)
		if err != nil {
			return t, err
		}
		t.kinds = append(t.kinds, k)
	}
	return t, nil
}

// has tells whether the n digits so far are a valid number.
func (t territory) has(n int) bool {
	return t.general.has(n) && slices.ContainsFunc(t.kinds, func(k kind) bool { return k.has(n) })
}

// after returns the territory after a digit; claims is false when nothing that follows can be a number of it.
func (t territory) after(digit rune) (next territory, claims bool) {
	next = territory{id: t.id, leading: t.leading.after(digit), general: t.general.after(digit)}
	for _, k := range t.kinds {
		k = k.after(digit)
		next.kinds = append(next.kinds, k)
		claims = claims || k.pattern != nil && next.general.pattern != nil
	}
	if t.leading != nil {
		return next, next.leading != nil
	}
	return next, claims
}

func (t territory) key() string {
	key := []string{t.id, t.leading.key(), t.general.key()}
	for _, k := range t.kinds {
		key = append(key, k.key())
	}
	return strings.Join(key, " ")
}

const longestNational = 17 // digits that the library reads

// valid is the language of the valid national numbers of a calling code. As in the library, a number belongs to the
// first region that claims it.
type valid struct {
	n           int // digits so far
	territories []territory
}

func (v valid) label() int {
	for _, t := range v.territories {
		if t.leading.matches() || t.leading == nil && t.has(v.n) {
			if t.has(v.n) {
				return 1
			}
			return 0
		}
	}
	return 0
}

func (v valid) next(digit rune) language {
	if v.n == longestNational {
		return nil // leading digits claim what follows without an end
	}
	w := valid{n: v.n + 1}
	for _, t := range v.territories {
		if next, claims := t.after(digit); claims {
			w.territories = append(w.territories, next)
		}
	}
	if w.territories == nil {
		return nil
	}
	return w
}

func (v valid) key() string {
	key := []string{strconv.Itoa(v.n)}
	for _, t := range v.territories {
		key = append(key, t.key())
	}
	return strings.Join(key, ";")
}
