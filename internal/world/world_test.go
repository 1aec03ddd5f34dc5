package world_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/world"
)

func weekdays(days ...time.Weekday) (w [7]bool) {
	for _, d := range days {
		w[d] = true
	}
	return w
}

func TestWeekend(t *testing.T) {
	satSun, friSat := weekdays(time.Saturday, time.Sunday), weekdays(time.Friday, time.Saturday)
	for country, want := range map[string][7]bool{
		"DE": satSun, "us": satSun, "AE": satSun, "Ae": satSun, "GB": satSun, "XK": satSun, "": satSun, "ZZ": satSun, "Germany": satSun,
		"SA": friSat, "eg": friSat, "IL": friSat, "DZ": friSat, "YE": friSat,
		"IR": weekdays(time.Friday), "IN": weekdays(time.Sunday), "UG": weekdays(time.Sunday),
		"AF": weekdays(time.Thursday, time.Friday),
	} {
		if got := world.Weekend(country); got != want {
			t.Errorf("Weekend(%q) = %v, want %v (Sunday first)", country, got, want)
		}
	}
}

func TestKnown(t *testing.T) {
	for country, want := range map[string]bool{
		"DE": true, "de": true, "XK": true, "uk": true, "BV": true, "ZZ": false, "": false, "DEU": false, "Germany": false,
	} {
		if got := world.Known(country); got != want {
			t.Errorf("Known(%q) = %v, want %v", country, got, want)
		}
	}
	iso, err := os.ReadFile("testdata/iso3166.txt")
	if err != nil {
		t.Fatal(err)
	}
	codes := strings.Fields(string(iso))
	if len(codes) != 249 {
		t.Fatalf("%d codes, want the 249 of ISO 3166", len(codes))
	}
	for _, code := range codes {
		if !world.Known(code) || world.Weekend(code) == weekdays() {
			t.Errorf("%s: known %v, weekend %v", code, world.Known(code), world.Weekend(code))
		}
	}
}

func TestZones(t *testing.T) {
	tests := []struct{ country, region, want string }{
		{"DE", "", "Europe/Berlin"},
		{"de", "Bavaria", "Europe/Berlin"},
		{"GB", "ENG", "Europe/London"},
		{"AR", "", "America/Argentina/Buenos_Aires"},
		{"IN", "MH", "Asia/Kolkata"},
		{"CN", "", "Asia/Shanghai"},
		{"CN", "Xinjiang", "Asia/Shanghai Asia/Urumqi"},
		{"UZ", "", "Asia/Tashkent"},
		{"CY", "", "Asia/Nicosia"},
		{"PR", "", "America/Puerto_Rico"},
		{"XK", "", "Europe/Belgrade"},
		{"BV", "", ""},
		{"ZZ", "KY", ""},
		{"", "", ""},
		{"US", "", "America/New_York America/Chicago America/Los_Angeles America/Denver America/Phoenix Pacific/Honolulu America/Anchorage America/Adak"},
		{"US", "nowhere", "America/New_York America/Chicago America/Los_Angeles America/Denver America/Phoenix Pacific/Honolulu America/Anchorage America/Adak"},
		{"US", "KY", "America/New_York America/Chicago"},
		{"us", "us-ky", "America/New_York America/Chicago"},
		{"US", "US_KY", "America/New_York America/Chicago"},
		{"US", " kentucky ", "America/New_York America/Chicago"},
		{"US", "CA", "America/Los_Angeles"},
		{"US", "US-CA", "America/Los_Angeles"},
		{"US", "PR", "America/Puerto_Rico"},
		{"US", "D.C.", "America/New_York"},
		{"US", "Washington, D.C.", "America/New_York"},
		{"US", "District of Columbia", "America/New_York"},
		{"US", "MI", "America/Detroit America/Menominee"},
		{"CA", "ON", "America/Toronto America/Winnipeg America/Atikokan"},
		{"CA", "Québec", "America/Toronto America/Halifax America/Blanc-Sablon"},
		{"CA", "NF", "America/St_Johns America/Goose_Bay"},
		{"CA", "CA", "America/Toronto America/Vancouver America/Edmonton America/Winnipeg America/Halifax America/Regina America/St_Johns America/Whitehorse America/Atikokan America/Blanc-Sablon"},
		{"AU", "New South Wales", "Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe"},
		{"AU", "", "Australia/Sydney Australia/Brisbane Australia/Perth Australia/Adelaide Australia/Darwin Australia/Lord_Howe Australia/Eucla"},
		{"AU", "WA", "Australia/Perth Australia/Eucla"},
		{"BR", "São Paulo", "America/Sao_Paulo"},
		{"BR", "AM", "America/Manaus America/Eirunepe"},
		{"MX", "Q ROO", "America/Cancun"},
		{"MX", "Nuevo León", "America/Monterrey America/Matamoros"},
		{"MX", "MX-BCN", "America/Tijuana"},
		{"RU", "MOW", "Europe/Moscow"},
		{"RU", "Kamchatka Krai", "Asia/Kamchatka"},
		{"ID", "Bali", "Asia/Makassar"},
		{"ID", "Jawa Barat", "Asia/Jakarta"},
		{"ID", "", "Asia/Jakarta Asia/Makassar Asia/Jayapura"},
		{"ES", "", "Europe/Madrid Atlantic/Canary"},
		{"ES", "TF", "Atlantic/Canary"},
		{"ES", "Las Palmas", "Atlantic/Canary"},
		{"ES", "Málaga", "Europe/Madrid"},
		{"PT", "", "Europe/Lisbon Atlantic/Azores"},
		{"PT", "PT-20", "Atlantic/Azores"},
		{"PT", "Açores", "Atlantic/Azores"},
		{"PT", "Lisboa", "Europe/Lisbon"},
		{"NZ", "", "Pacific/Auckland Pacific/Chatham"},
		{"NZ", "Hawke’s Bay", "Pacific/Auckland"},
		{"NZ", "CIT", "Pacific/Chatham"},
		{"CL", "Valparaíso", "America/Santiago Pacific/Easter"},
		{"CL", "RM", "America/Santiago"},
		{"EC", "Galápagos", "Pacific/Galapagos"},
	}
	for _, tt := range tests {
		got := world.Zones(tt.country, tt.region)
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("Zones(%q, %q) = %s, want %s", tt.country, tt.region, s, tt.want)
		}
	}
}

func TestZonesAreTheCallers(t *testing.T) {
	world.Zones("DE", "")[0] = "changed"
	if got := world.Zones("DE", ""); got[0] != "Europe/Berlin" {
		t.Errorf("a caller's change stays: %v", got)
	}
}

// offsets is what a zone's clocks show through the two years that Zones compares, every third hour.
func offsets(t *testing.T, zone string) (all []int) {
	t.Helper()
	loc, err := civil.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2028; at = at.Add(3 * time.Hour) {
		_, off := at.In(loc).Zone()
		all = append(all, off)
	}
	return all
}

// TestZonesCoverCLDR compares with a source that the table was not made from: no zone of a country is missing, and
// no two in a list are the same.
func TestZonesCoverCLDR(t *testing.T) {
	for _, row := range readCSV(t, "testdata/country_zones.csv") {
		country, zones := row[0], strings.Fields(row[2])
		if country == "CN" { // one official time, see README.md
			continue
		}
		var have [][]int
		for _, zone := range world.Zones(country, "") {
			off := offsets(t, zone)
			if slices.ContainsFunc(have, func(o []int) bool { return slices.Equal(o, off) }) {
				t.Errorf("%s: %s is there twice", country, zone)
			}
			have = append(have, off)
		}
		for _, zone := range zones {
			off := offsets(t, zone)
			if !slices.ContainsFunc(have, func(o []int) bool { return slices.Equal(o, off) }) {
				t.Errorf("%s: nothing like %s in %v", country, zone, world.Zones(country, ""))
			}
		}
	}
}

// TestRegions looks at every row: its country exists, no code or name is there twice, its zones load.
func TestRegions(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range readCSV(t, "regions.csv") {
		country, want := row[0], strings.Fields(row[2])
		for name := range strings.SplitSeq(row[1], ";") {
			key := country + " " + strings.ToLower(name)
			if seen[key] {
				t.Errorf("%s is there twice", key)
			}
			seen[key] = true
			got := world.Zones(country, country+"-"+strings.ToUpper(name))
			if len(got) == 0 || got[0] != want[0] {
				t.Errorf("Zones(%q, %q) = %v, want %v", country, name, got, want)
			}
		}
	}
}

func readCSV(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func BenchmarkZones(b *testing.B) {
	for b.Loop() {
		world.Zones("US", "Kentucky")
	}
}
