package plan_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"aftersales/internal/plan"
)

func file(src string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(src)} }

// named is a right plan; extra are more lines of it.
func named(name, extra string) string {
	return "plan: " + name + "\nversion: 1\n" + extra + "steps:\n" + step("a", "", after)
}

const some = "orders: {when: contact.tier == \"vip\"}\n"

func TestLoadDirReadsPlansInTheOrderOfFileNames(t *testing.T) {
	fsys := fstest.MapFS{
		"plans/90-rest.yaml": file(named("rest", "")), "plans/10-vip.yaml": file(named("vip", some)), "plans/products.yaml": file("products: []"),
		"plans/readme.md": file("# no plan"), "plans/.hidden.yaml": file("no"), "plans/old/00.yaml": file("no"),
	}
	plans, docs, faults := plan.LoadDir(fsys, "plans")
	if len(faults) > 0 || len(plans) != 2 || plans[0].Name != "vip" || plans[1].Name != "rest" {
		t.Fatalf("got %v, %v", plans, faults)
	}
	for i, d := range docs {
		p := plans[i]
		if d.Hash != p.Hash || d.Name != p.Name || d.Version != p.Version || d.Shop != p.Shop || !strings.Contains(string(d.Source), "plan: "+p.Name) {
			t.Errorf("doc %+v of plan %+v", d, p)
		}
		if again, _ := plan.Parse("stored", d.Source); again == nil || again.Hash != d.Hash {
			t.Errorf("the stored source of %s has another hash", d.Name)
		}
	}
}

func TestLoadDirReportsEveryFile(t *testing.T) {
	fsys := fstest.MapFS{"10.yaml": file("plan: [\n"), "20.yaml": file(named("ok", "")), "30.yaml": file("plan: X\n")}
	plans, docs, faults := plan.LoadDir(fsys, ".")
	if len(plans) != 1 || len(docs) != 1 || !faults.Failed() {
		t.Fatalf("got %v, %v", plans, faults)
	}
	for _, want := range []string{"10.yaml:", "30.yaml:1:7: ", `30.yaml:1:1: key "version" is missing`} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("no %s in\n%v", want, faults)
		}
	}
	for name, fsys := range map[string]fs.FS{"nowhere": fstest.MapFS{}, ".": fstest.MapFS{"products.yaml": file("")}} {
		if _, _, faults := plan.LoadDir(fsys, name); len(faults) != 1 || !faults.Failed() || faults.Err() == nil {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestLintBetweenFiles(t *testing.T) {
	tests := []struct {
		name, first, second, want string
	}{
		{"same name", named("a", some), named("a", ""), "2.yaml:1:7: plan \"a\" is there already, in 1.yaml"},
		{"same name, one for every shop", named("a", some+"shop: x\n"), named("a", ""), "is there already"},
		{"same name, two shops", named("a", some+"shop: x\n"), named("a", "shop: y\n"), ""},
		{"catch-all first", named("a", ""), named("b", some), "2.yaml:3:9: no order comes to this plan: 1.yaml"},
		{"catch-all last", named("a", some), named("b", ""), ""},
		{"catch-all of another shop", named("a", "shop: x\n"), named("b", some), ""},
		{"catch-all of that shop", named("a", "shop: x\n"), named("b", "shop: x\n"), "no order comes"},
		{"catch-all that begins later", named("a", "orders: {from: 2026-05-01}\n"), named("b", ""), ""},
		{"same condition", named("a", some), named("b", "orders: {when: 'contact.tier   == \"vip\"'}\n"), "no order comes"},
		{"same units, other orders", named("a", some), named("b", "orders: {when: contact.tier == \"new\"}\n"), ""},
	}
	for _, tt := range tests {
		faults := plan.Lint([]plan.Source{{File: "1.yaml", Src: []byte(tt.first)}, {File: "2.yaml", Src: []byte(tt.second)}})
		if tt.want == "" && len(faults) > 0 || !strings.Contains(faults.Error(), tt.want) {
			t.Errorf("%s: want %q, got:\n%v", tt.name, tt.want, faults)
		}
	}
}

func TestFaultsAsErrors(t *testing.T) {
	warning := plan.Fault{File: "f", Line: 2, Column: 3, Cause: "c", Mend: "m", Warning: true}
	if err := (plan.Faults{warning}).Err(); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
	if got := warning.String(); got != "f:2:3: warning: c; m" {
		t.Errorf("written as %s", got)
	}
	faults := plan.Faults{warning, {File: "f", Cause: "d"}}
	if err := faults.Err(); err == nil || err.Error() != "f:2:3: warning: c; m\nf: d" {
		t.Errorf("got %v", err)
	}
}

// A condition that failed for an order is told where it stands.
func TestPlaceOfAFailedCondition(t *testing.T) {
	src := plan.Source{File: "p.yaml", Src: []byte(`plan: p
version: 1
units: unit.category == "a"
steps:
  - id: both
    unless: order.total > money("1 USD")
    when: order.total > money("1 EUR")
  - {id: bare, unless: order.total > money("2 EUR")}
  - {id: none}
`)}
	for text, want := range map[string]string{
		`both: ask "order.total > money("1 EUR")": no`: "p.yaml:7:11: steps[0].when",
		`both: ask "order.total > money("1 USD")": no`: "p.yaml:6:13: steps[0].unless",
		`bare: ask "order.total > money("2 EUR")": no`: "p.yaml:8:24: steps[1].unless",
		"units: no": "p.yaml:3:8: units",
		"none: no":  "p.yaml:0:0: ",
		"gone: no":  "p.yaml:0:0: ",
	} {
		f := plan.Failed(src, text)
		if got := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Path); got != want || f.Cause != text || f.Mend == "" {
			t.Errorf("%s: at %s (%+v), want %s", text, got, f, want)
		}
	}
	if f := plan.Failed(plan.Source{File: "p.yaml"}, "units: no"); f.Line != 0 {
		t.Errorf("a file without a plan has the place %v", f)
	}
}
