package phone

import (
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// region is how one country or territory dials. The rows are in table.go.
type region struct {
	id        string // ISO 3166 alpha-2, "XK" (Kosovo) beside; "001" for a calling code of no country
	code      string // calling code
	abroad    string // regular expression of the prefixes before a calling code: "00"
	trunk     string // regular expression of what is dialled before national numbers only: "0"
	transform string // what a match of trunk becomes when its last group matched; "" is nothing
	general   state  // where national numbers of any kind begin; leads to a label when it may be one
	lengths   uint32 // bit n: a national number may have n digits
}

// plan is what the regions of one calling code have in common.
type plan struct {
	code      string
	main      int    // index of the region whose rules parse the code's numbers
	valid     state  // where national numbers begin; leads to a label when it is one
	extension string // what stands before an extension
	formats   string // lines of pattern, leading digits and replacement, between tabs
}

// regionOf returns the region of an id, nil when there is none.
func regionOf(id string) *region {
	i, ok := slices.BinarySearchFunc(regions[:], id, func(r region, id string) int { return strings.Compare(r.id, id) })
	if !ok || len(id) != len("GB") {
		return nil
	}
	return &regions[i]
}

// planOf cuts the calling code at the beginning of a number, nil when it has none.
func planOf(number string) (p *plan, national string) {
	for n := 1; n <= min(3, len(number)); n++ { // no code is the beginning of another
		i, ok := slices.BinarySearchFunc(plans[:], number[:n], func(p plan, code string) int { return strings.Compare(p.code, code) })
		if ok {
			return &plans[i], number[n:]
		}
	}
	return nil, ""
}

// cutAbroad cuts the prefix that leads out of the region. A calling code cannot begin with 0, so before one there was
// no such prefix.
func (r *region) cutAbroad(number string) (rest string, ok bool) {
	match := prefix(r.abroad, number)
	if match == nil || strings.HasPrefix(number[match[1]:], "0") {
		return "", false
	}
	return number[match[1]:], true
}

// cutTrunk cuts what is dialled before national numbers within the region, unless that would make something else of a
// number that has none.
func (r *region) cutTrunk(national string) string {
	match := prefix(r.trunk, national)
	if match == nil {
		return national
	}
	rest := national[match[1]:]
	if last := match[len(match)-2]; r.transform != "" && last >= 0 {
		rest = string(compiled(r.trunk).ExpandString(nil, r.transform, national, match)) + rest
	}
	if r.possible(national) && !r.possible(rest) {
		return national
	}
	return rest
}

// possible tells whether a national number may be one, of any kind.
func (r *region) possible(national string) bool { return r.general.after(national).label() != 0 }

// long tells whether n digits are more than a national number has.
func (r *region) long(n int) bool { return n >= bits.Len32(r.lengths) }

// fits tells whether n digits are as many as some national number has, or more than any.
func (r *region) fits(n int) bool { return r.lengths&(1<<n) != 0 || r.long(n) }

// prefix returns the match of pattern at the beginning of s and those of its groups as regexp does, nil when there is
// none or no pattern.
func prefix(pattern, s string) []int {
	if strings.Trim(pattern, "0123456789") != "" {
		return compiled(pattern).FindStringSubmatchIndex(s)
	}
	if pattern == "" || !strings.HasPrefix(s, pattern) {
		return nil
	}
	return []int{0, len(pattern)}
}

// patterns keeps what compiled returned: *regexp.Regexp by pattern of the table, so it cannot grow beyond that.
var patterns sync.Map

// compiled returns the regular expression of a pattern at the beginning of a string.
func compiled(pattern string) *regexp.Regexp {
	if re, ok := patterns.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re, _ := patterns.LoadOrStore(pattern, regexp.MustCompile("^(?:"+pattern+")"))
	return re.(*regexp.Regexp)
}
