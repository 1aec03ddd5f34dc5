// Command gen makes the table of package phone from the metadata of the module that it is compared with in tests:
//
//	go generate ./internal/phone
//
// It writes automaton.bin and table.go into the folder it is run in.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/build"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/nyaruka/phonenumbers"
)

const library = "github.com/nyaruka/phonenumbers"

//go:embed table.tmpl
var tableSource string

func main() {
	files, err := generate()
	for name, content := range files {
		if err == nil {
			err = os.WriteFile(name, content, 0o644) //nolint:gosec // source code, for everybody to read
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1) //nolint:forbidigo // this is a main
	}
}

// table is what table.tmpl shows.
type table struct {
	Regions  []region
	Plans    []plan
	ZoneSets []string
	Zones    int // where prefixes begin in the automaton
}

type region struct {
	*phonenumbers.PhoneMetadata

	General int
	Lengths uint32
}

type plan struct {
	Code               string
	Main               int
	Valid              int
	Extension, Formats string
}

// generate makes the files of the table, by name.
func generate() (map[string][]byte, error) {
	a := newAutomaton()
	t, err := newTable(a)
	if err != nil {
		return nil, err
	}
	words, at, err := a.encode()
	if err != nil {
		return nil, err
	}
	t.Zones = at[t.Zones]
	for i := range t.Regions {
		t.Regions[i].General = at[t.Regions[i].General]
	}
	for i := range t.Plans {
		t.Plans[i].Valid = at[t.Plans[i].Valid]
	}
	var source bytes.Buffer
	if err := template.Must(template.New("").Parse(tableSource)).Execute(&source, t); err != nil {
		return nil, fmt.Errorf("write table: %w", err)
	}
	code, err := format.Source(source.Bytes())
	return map[string][]byte{"automaton.bin": words, "table.go": code}, err
}

// newTable reads the metadata. States in it are nodes of a still.
func newTable(a *automaton) (t table, err error) {
	if t.Regions, err = newRegions(a); err != nil {
		return t, err
	}
	for _, code := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes())) {
		p, err := newPlan(a, t.Regions, code)
		if err != nil {
			return t, err
		}
		t.Plans = append(t.Plans, p)
	}
	slices.SortFunc(t.Plans, func(p, q plan) int { return strings.Compare(p.Code, q.Code) })
	module, err := build.Import(library, ".", build.FindOnly)
	if err != nil {
		return t, fmt.Errorf("find %s: %w", library, err)
	}
	file, err := os.ReadFile(filepath.Join(module.Dir, "data", "prefix_to_timezone.xml.gz"))
	if err != nil {
		return t, err
	}
	zones, err := readZones(file)
	if err != nil {
		return t, err
	}
	t.ZoneSets = zones.sets()
	t.Zones = a.add(newPrefixes(zones, t.ZoneSets))
	return t, nil
}
