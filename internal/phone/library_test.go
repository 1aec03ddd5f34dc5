package phone_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"aftersales/internal/phone"
	"aftersales/internal/racing"
)

// reading is what becomes of a string: nothing of a number unless it was read.
type reading struct {
	Read, Valid                    bool
	E164, International, Extension string
	Zones                          string
}

func (r reading) String() string {
	if !r.Read {
		return "no number"
	}
	return fmt.Sprintf("%s (valid %v), shown %q, extension %q, in %s", r.E164, r.Valid, r.International, r.Extension, r.Zones)
}

// ours is how this package reads a string.
func ours(s, home string) reading {
	n, ok := phone.Parse(s, home)
	if !ok {
		return reading{}
	}
	return reading{true, n.Valid(), n.E164(), n.International(), n.Extension, strings.Join(n.Zones(), " ")}
}

// libraries is how the library reads it.
func libraries(t testing.TB, s, home string) reading {
	t.Helper()
	n, err := phonenumbers.Parse(s, home)
	if err != nil {
		return reading{}
	}
	zones, err := phonenumbers.GetTimezonesForNumber(n)
	if err != nil {
		t.Fatalf("%q in %s: %v", s, home, err)
	}
	if slices.Equal(zones, []string{phonenumbers.UNKNOWN_TIMEZONE}) {
		zones = nil
	}
	return reading{
		true, phonenumbers.IsValidNumber(n), phonenumbers.Format(n, phonenumbers.E164),
		phonenumbers.Format(n, phonenumbers.INTERNATIONAL), n.GetExtension(), strings.Join(zones, " "),
	}
}

// same fails when both read a string otherwise. README.md says why some strings are not compared as they are.
func same(t testing.TB, s, home string) {
	t.Helper()
	got, want := ours(s, home), libraries(t, latin(s), home)
	if got != want && !strings.Contains(s, "&&") {
		t.Errorf("%q in %q:\n  is  %v\nwant %v", s, home, got, want)
	}
}

// latin writes the digits of every script as ASCII ones.
func latin(s string) string {
	if len(s) > 250 {
		return s // too long in either case
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return r
		}
		zero := r
		for unicode.IsDigit(zero - 1) {
			zero--
		}
		return '0' + (r-zero)%10
	}, s)
}

// homes are all regions, and what is none.
func homes() []string {
	return append(slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())), "", "ZZ", "001", "us")
}

// examples are the library's example numbers of every region and kind.
func examples() (all []*phonenumbers.PhoneNumber) {
	for _, region := range homes() {
		for kind := range phonenumbers.UNKNOWN {
			if n := phonenumbers.GetExampleNumberForType(region, kind); n != nil {
				all = append(all, n)
			}
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		all = append(all, phonenumbers.GetExampleNumberForNonGeoEntity(code))
	}
	slices.SortFunc(all, func(a, b *phonenumbers.PhoneNumber) int {
		return strings.Compare(phonenumbers.Format(a, phonenumbers.E164), phonenumbers.Format(b, phonenumbers.E164))
	})
	return all
}

// ways are how a number may be written.
func ways(n *phonenumbers.PhoneNumber) []string {
	all := []string{phonenumbers.GetNationalSignificantNumber(n), strconv.Itoa(int(n.GetCountryCode())) + phonenumbers.GetNationalSignificantNumber(n)}
	for f := range phonenumbers.RFC3966 + 1 {
		all = append(all, phonenumbers.Format(n, f))
	}
	for _, from := range []string{"US", "DE", "AU", "JP", "BR", "RU", "CN"} {
		all = append(all, phonenumbers.FormatOutOfCountryCallingNumber(n, from))
	}
	return all
}

func TestExamplesAreReadAsTheLibraryDoes(t *testing.T) {
	all := seeds()
	if len(all) < 5_000 {
		t.Fatalf("%d ways of writing an example", len(all))
	}
	for i := 0; i < len(all); i += racing.Fewer(1, 8) {
		same(t, all[i].s, all[i].home)
	}
}

func TestMutilatedNumbersAreReadAsTheLibraryDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	inputs, regions := seeds(), homes()
	for range racing.Fewer(4_000, 400) { // FuzzParse does more
		in := inputs[random.IntN(len(inputs))]
		if random.IntN(4) == 0 {
			in.home = regions[random.IntN(len(regions))]
		}
		same(t, mutilated(random, in.s), in.home)
	}
}

// input is what Parse is given.
type input struct{ s, home string }

// seeds are the examples in their regions, each in some ways, the next in others.
var seeds = sync.OnceValue(func() (all []input) {
	for i, n := range examples() {
		w := ways(n)
		for j := range 4 {
			all = append(all, input{w[(3*i+j)%len(w)], phonenumbers.GetRegionCodeForNumber(n)})
		}
	}
	return all
})

// pieces are what is put into numbers to mutilate them.
var pieces = strings.Split("0|1|2|3|4|5|6|7|8|9|00|011|15|90|180020| |-|(|)|.|/|+|\uff0b|*|#|x|X|~|ext. 12|;ext=34| x5|, 6|,,7|;8| доб. 9|anexo 10|-11#|int12|/x13|"+
	"tel:|;phone-context=+49|;phone-context=example.com|;isub=1|FLOWERS|abc|Q|\u0664|\u06f5|\uff16|\u0967|\U0001d7d9|\u2013|\u00a0|\u200b|\u3000|\u017f|\u212a|\u0131|ß|\n|\x00|\xff", "|")

// mutilated changes some places of a number.
func mutilated(random *rand.Rand, s string) string {
	for range random.IntN(4) {
		at := random.IntN(len(s) + 1)
		to := min(len(s), at+random.IntN(3))
		piece := pieces[random.IntN(len(pieces))]
		if random.IntN(3) == 0 {
			piece = strconv.Itoa(random.IntN(10))
		}
		s = s[:at] + piece + s[to:]
	}
	return s
}

func TestCollectedInputsAreReadAsTheLibraryDoes(t *testing.T) {
	f, err := os.Open("../source/testdata/phone_inputs_truth.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		for _, home := range []string{r[1], "", "ZZ", "001", "us", "BR", "GB", "IT", "JP", "RU"} {
			same(t, r[0], home)
		}
	}
}

// Numbers made from the metadata's own patterns, and such with a wrong digit, in each form that a region has.
func TestNumbersOfEveryPatternAreReadAsTheLibraryDoes(t *testing.T) {
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, m := range metadata.GetMetadata() {
		code := strconv.Itoa(int(m.GetCountryCode()))
		before := []string{"", "+" + code}
		for _, p := range []string{m.GetInternationalPrefix(), m.GetNationalPrefixForParsing()} {
			before = append(before, made(p, 1), made(p, 2), made(p, 3)+code)
		}
		for _, d := range []*phonenumbers.PhoneNumberDesc{
			m.GetGeneralDesc(), m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(),
			m.GetPersonalNumber(), m.GetVoip(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
		} {
			if d.GetNationalNumberPattern() == "" {
				continue
			}
			for i := range racing.Fewer(2, 1) {
				national := made(d.GetNationalNumberPattern(), i)
				same(t, "+"+code+national, "")
				at := random.IntN(len(national) + 1)
				wrong := national[:at] + strconv.Itoa(random.IntN(10)) + national[min(at+1, len(national)):]
				same(t, before[random.IntN(len(before))]+wrong, m.GetId())
			}
		}
	}
}

// made returns some string that a pattern matches.
func made(pattern string, n int) string { return rapid.StringMatching(pattern).Example(n) }

func FuzzParse(f *testing.F) {
	for i, in := range seeds() {
		if i%40 == 0 {
			f.Add(in.s, in.home)
		}
	}
	for _, s := range pieces {
		f.Add("+41446681800"+s, "CH")
		f.Add(s+"044 668 18 00", "CH")
	}
	f.Fuzz(func(t *testing.T, s, home string) { same(t, s, home) })
}
