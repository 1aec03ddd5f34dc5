package plans_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/plan"
	"aftersales/messages"
	"aftersales/plans"
)

func load(t *testing.T) []*followup.Plan {
	t.Helper()
	loaded, docs, faults := plan.LoadDir(plans.Files(), ".")
	if len(faults) > 0 || len(loaded) != 2 || len(docs) != 2 {
		t.Fatalf("got %d plans, %d docs, faults:\n%v", len(loaded), len(docs), faults)
	}
	return loaded
}

func TestReadyMadePlansHaveNoFaults(t *testing.T) {
	loaded := load(t)
	if loaded[0].Name != "appliance" || loaded[1].Name != "simple" {
		t.Errorf("got %s, %s: the catch-all has to be last", loaded[0].Name, loaded[1].Name)
	}
	if loaded[1].When != nil {
		t.Error("the last plan takes every order")
	}
}

func TestEveryMessageIsReadyMadeToo(t *testing.T) {
	for _, p := range load(t) {
		for _, s := range p.Steps {
			if f, err := messages.Files().Open(s.Message + "/en.md"); err != nil {
				t.Errorf("plan %s, step %s: message %s: %v", p.Name, s.ID, s.Message, err)
			} else {
				f.Close()
			}
		}
	}
}

func TestCatalogueTellsMachinesFromHoses(t *testing.T) {
	c, faults := plan.ParseCatalogue("products.yaml", plans.Products())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p := load(t)[0]
	lines := []followup.Line{
		{ID: "1", SKU: "WM-700"}, {ID: "2", SKU: "fr-200"}, {ID: "3", SKU: "X", Title: "Inlet Hose 2 m"}, {ID: "4", SKU: "MUG-1"}, {ID: "5"},
	}
	want := []string{"appliance", "appliance", "part", "small", "other"}
	for i, l := range lines {
		if got := c.Category(l); got != want[i] {
			t.Errorf("line %s %s: category %s, want %s", l.SKU, l.Title, got, want[i])
		}
		u := followup.Unit{Key: followup.NewUnitKey(l.ID, 1)}
		s := &followup.Scope{Facts: &followup.Facts{Lines: []followup.Line{l}, Units: []followup.Unit{u}}, Catalogue: c}
		matches, err := p.When.Holds(s)
		if err != nil || matches != (want[i] == "appliance") {
			t.Errorf("order of %s: matches %v, %v", l.SKU, matches, err)
		}
		s.Unit = &u
		if picked, err := p.Units.Holds(s); err != nil || picked != matches {
			t.Errorf("unit of %s: picked %v, %v", l.SKU, picked, err)
		}
	}
}
