package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// worldwide is the region of a calling code that is no country's.
const worldwide = "001"

// newRegions reads how each region dials, by id and calling code.
func newRegions(a *automaton) (all []region, err error) {
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	for _, m := range metadata.GetMetadata() {
		if m.GetId() != worldwide && !phonenumbers.GetSupportedRegions()[m.GetId()] {
			continue
		}
		general := m.GetGeneralDesc()
		p, err := parsePattern(general.GetNationalNumberPattern())
		if err != nil {
			return nil, err
		}
		lengths := general.GetPossibleLength()
		for _, n := range general.GetPossibleLengthLocalOnly() {
			if n >= slices.Max(lengths) || slices.Contains(lengths, n) {
				return nil, fmt.Errorf("read region %s: %d digits are local and too long, or not local", m.GetId(), n)
			}
		}
		all = append(all, region{m, a.add(p), bits(lengths)})
	}
	slices.SortFunc(all, func(r, s region) int {
		return strings.Compare(r.GetId()+r.Code(), s.GetId()+s.Code())
	})
	return all, nil
}

// Code returns the calling code.
func (r region) Code() string { return strconv.Itoa(int(r.GetCountryCode())) }

// bits sets a bit for each length.
func bits(lengths []int32) (b uint32) {
	for _, n := range lengths {
		b |= 1 << n
	}
	return b
}

// newPlan reads what the regions of a calling code share.
func newPlan(a *automaton, regions []region, code int) (plan, error) {
	ids := phonenumbers.GetRegionCodesForCountryCode(code)
	p := plan{Code: strconv.Itoa(code), Extension: " ext. "}
	var all valid
	for i, id := range ids {
		at := slices.IndexFunc(regions, func(r region) bool { return r.GetId() == id && r.Code() == p.Code })
		if at < 0 {
			return p, fmt.Errorf("read calling code %d: no region %s", code, id)
		}
		if i == 0 {
			p.Main = at
		}
		t, err := newTerritory(regions[at].PhoneMetadata)
		if err != nil {
			return p, err
		}
		all.territories = append(all.territories, t)
	}
	if len(ids) == 1 {
		all.territories[0].leading = nil // nothing to tell apart
	}
	p.Valid = a.add(all)
	main := regions[p.Main]
	p.Formats = formats(main.PhoneMetadata)
	if main.PreferredExtnPrefix != nil {
		p.Extension = main.GetPreferredExtnPrefix()
	}
	return p, nil
}

// formats writes the formats for abroad, the first that fits first, as lines of pattern, leading digits and replacement
// between tabs.
func formats(m *phonenumbers.PhoneMetadata) string {
	list := m.GetIntlNumberFormat()
	if len(list) == 0 {
		list = m.GetNumberFormat()
	}
	var lines strings.Builder
	for _, f := range list {
		leading := ""
		if all := f.GetLeadingDigitsPattern(); len(all) > 0 {
			leading = all[len(all)-1] // the most exact
		}
		fmt.Fprintf(&lines, "%s\t%s\t%s\n", f.GetPattern(), leading, f.GetFormat())
	}
	return lines.String()
}
