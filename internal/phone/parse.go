package phone

import "strings"

const (
	longestInput    = 250 // bytes
	longestNational = 17  // digits; the ITU says 15 with the code, Germany has longer ones
	shortest        = 2   // digits
)

// Parse reads a number as somebody wrote it: with separators, a calling code or none, an extension, letters for digits,
// digits of any script, as a "tel:" address. home is where it was meant when it has no calling code, a region as ISO
// 3166 alpha-2 in capitals, anything else for nowhere. ok is false when s is no number; a number may still not be valid.
func Parse(s, home string) (n Number, ok bool) {
	s, ok = written(s)
	if !ok {
		return Number{}, false
	}
	s, n.Extension = cutExtension(s)
	r := regionOf(home)
	p, national, ok := dialled(s, r)
	if bare := strings.TrimLeft(s, plus); !ok && bare != s { // a plus before 00, or before no calling code
		p, national, ok = dialled(bare, r)
		ok = ok && p != nil
	}
	if !ok {
		return Number{}, false
	}
	if p != nil {
		r = &regions[p.main]
	}
	n.Code, n.National = r.code, national
	if rest := r.cutTrunk(national); len(national) >= shortest && r.fits(len(rest)) {
		n.National = rest
	}
	return n, len(n.National) >= shortest && len(n.National) <= longestNational
}

// ParseE164 reads a number that is written as one already, "+" and 8 to 15 digits, as it stands: Parse may take its first
// digits for a prefix that is dialled within its country. ok is false when it is not written so.
func ParseE164(s string) (n Number, ok bool) {
	number, ok := strings.CutPrefix(s, "+")
	if !ok || len(number) < 8 || len(number) > 15 || strings.Trim(number, "0123456789") != "" {
		return Number{}, false
	}
	p, national := planOf(number)
	if p == nil {
		return Number{}, false
	}
	return Number{Code: p.code, National: national}, true
}

// dialled takes a number apart. p is nil when it has no calling code: it is one of home's then. ok is false when the
// calling code is none or missing.
func dialled(s string, home *region) (p *plan, national string, ok bool) {
	bare := strings.TrimLeft(s, plus)
	number := normal(bare)
	if bare == s {
		if home == nil {
			return nil, "", false
		}
		rest, international := home.cutAbroad(number)
		if !international {
			p, national = home.cutOwnCode(number)
			return p, national, true
		}
		number = rest
	}
	p, national = planOf(number)
	return p, national, p != nil
}

// cutOwnCode cuts the region's calling code from a number that has it without a plus: one that is none with it and is
// one without, or is too long. p is nil when that is not so.
func (r *region) cutOwnCode(number string) (p *plan, national string) {
	rest, ok := strings.CutPrefix(number, r.code)
	if !ok {
		return nil, number
	}
	rest = r.cutTrunk(rest)
	if !r.possible(number) && r.possible(rest) || r.long(len(number)) {
		p, _ = planOf(r.code)
		return p, rest
	}
	return nil, number
}
