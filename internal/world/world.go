// Package world tells what is usual in a country: its weekend, its zones. Countries are ISO 3166
// alpha-2 codes in any case; the data is embedded, README.md names its sources.
package world

import (
	_ "embed"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed countries.csv
var countriesCSV string

//go:embed regions.csv
var regionsCSV string

// country is one row of countries.csv with its rows of regions.csv.
type country struct {
	weekend [7]bool
	zones   *area
	regions func() map[string]*area // by folded code and name
}

// countries are read at first use, regions when a country's are first asked for: most who ask for a weekend ask for
// nothing else. A fault in the embedded data is a bug that the tests find.
var countries = sync.OnceValue(func() map[string]*country {
	all := make(map[string]*country, strings.Count(countriesCSV, "\n"))
	for row := range rows(countriesCSV) {
		code := row[0]
		all[code] = &country{
			weekend: weekend(row[1]),
			zones:   newArea(row[2]),
			regions: sync.OnceValue(func() map[string]*area { return regionsOf(code) }),
		}
	}
	return all
})

func regionsOf(code string) map[string]*area {
	all := make(map[string]*area)
	for row := range rows(regionsCSV) {
		if row[0] != code {
			continue
		}
		a := newArea(row[2])
		for name := range strings.SplitSeq(row[1], ";") {
			all[fold(name)] = a
		}
	}
	return all
}

// rows reads an embedded file without its header line; nothing in it is quoted, and every row has three fields.
func rows(data string) iter.Seq[[3]string] {
	return func(yield func([3]string) bool) {
		_, data, _ = strings.Cut(data, "\n")
		for line := range strings.Lines(data) {
			var row [3]string
			rest := strings.TrimSuffix(line, "\n")
			for i := range row {
				row[i], rest, _ = strings.Cut(rest, ",")
			}
			if !yield(row) {
				return
			}
		}
	}
}

// weekend reads ISO day numbers, Monday 1 to Sunday 7.
func weekend(days string) (w [7]bool) {
	for _, d := range days {
		if d != ' ' {
			w[(d-'0')%7] = true
		}
	}
	return w
}

// find gives the row of a country. UK, which is reserved in ISO 3166, is found as GB.
func find(code string) (*country, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "UK" {
		code = "GB"
	}
	c, ok := countries()[code]
	return c, ok
}

// Known tells whether country is the code of a country: ISO 3166 alpha-2, XK (Kosovo), or UK.
func Known(country string) bool {
	_, ok := find(country)
	return ok
}

// Weekend gives the days that are no workdays in a country, by time.Weekday. For an unknown country they are Saturday
// and Sunday.
func Weekend(country string) [7]bool {
	if c, ok := find(country); ok {
		return c.weekend
	}
	return [7]bool{time.Saturday: true, time.Sunday: true}
}

// Zones gives the IANA zones that an address can be in, the likeliest first. Zones that agree all through 2026 and
// 2027 are given once. The region is a code (KY, US-KY) or a name in English or the country's own language, without
// regard to case and accents; one that is empty or unknown gives all zones of the country. An unknown country gives nil.
// The result is the caller's.
func Zones(country, region string) []string {
	c, ok := find(country)
	if !ok {
		return nil
	}
	return slices.Clone(c.area(country, region).distinct())
}

// area gives the zones of a region, or of the whole country if the region is unknown.
func (c *country) area(code, region string) *area {
	if region == "" {
		return c.zones
	}
	regions, name := c.regions(), fold(region)
	if a, ok := regions[name]; ok {
		return a
	}
	if short, ok := strings.CutPrefix(name, fold(code)+" "); ok {
		if a, ok := regions[short]; ok {
			return a
		}
	}
	return c.zones
}

// plain are the accented letters of the regions' names.
var plain = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "ç", "c",
	"é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i",
	"ñ", "n", "ó", "o", "ò", "o", "ô", "o", "õ", "o", "ö", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u",
	"'", "", "’", "", ".", "",
)

// fold makes spellings of a name equal: no accents, dots and apostrophes, lower case, one space for all else between words.
func fold(name string) string {
	name = plain.Replace(strings.ToLower(name))
	words := strings.FieldsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, " ")
}
