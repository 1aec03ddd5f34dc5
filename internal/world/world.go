// Package world tells what is usual in a country: its weekend, its zones. Countries are ISO 3166
// alpha-2 codes in any case; the data is embedded, README.md names its sources.
package world

import (
	_ "embed"
	"encoding/csv"
	"fmt"
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
	regions map[string]*area // by folded code and name
}

// countries are read at first use; a fault in the embedded data is a bug that the tests find.
var countries = sync.OnceValue(func() map[string]*country {
	all := make(map[string]*country)
	for _, row := range rows(countriesCSV) {
		all[row[0]] = &country{
			weekend: weekend(row[1]),
			zones:   newArea(row[2]),
			regions: make(map[string]*area),
		}
	}
	for _, row := range rows(regionsCSV) {
		a := newArea(row[2])
		for name := range strings.SplitSeq(row[1], ";") {
			all[row[0]].regions[fold(name)] = a
		}
	}
	return all
})

// rows reads an embedded file without its header line.
func rows(data string) [][]string {
	all, err := csv.NewReader(strings.NewReader(data)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("read embedded data: %v", err))
	}
	return all[1:]
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
	if region == "" || len(c.regions) == 0 {
		return c.zones
	}
	name := fold(region)
	if a, ok := c.regions[name]; ok {
		return a
	}
	if short, ok := strings.CutPrefix(name, fold(code)+" "); ok {
		if a, ok := c.regions[short]; ok {
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
