package plan_test

import (
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// The example uses nearly every key; what it becomes is spelt out here once.
func TestExampleIsReadAsItSays(t *testing.T) {
	p, faults := plan.Parse("example.yaml", read(t, "testdata/lint/example.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if p.Name != "appliance" || p.Version != 4 || p.Shop != "main" || p.From != (civil.Date{Year: 2026, Month: 1, Day: 1}) || len(p.Exit) != 3 {
		t.Errorf("head: %+v", p)
	}
	if p.When.String() != `any(lines, .category == "appliance")` || p.Units.String() != `.category == "appliance"` {
		t.Errorf("when %s, units %s", p.When, p.Units)
	}
	if *p.Assume != (followup.Assume{After: followup.AnchorFulfilled, Wait: civil.Period{Days: 5}}) ||
		p.Late != (followup.Late{MoreThan: civil.Period{Days: 14}}) || p.Restart || p.Paused {
		t.Errorf("assume %+v, late %+v", p.Assume, p.Late)
	}
	if p.Budget[followup.Email] != (followup.Budget{Sends: 2, Per: civil.Period{Days: 7}}) ||
		p.Budget[followup.Call] != (followup.Budget{Sends: 1, Per: civil.Period{Days: 14}}) {
		t.Errorf("budget %+v", p.Budget)
	}
	want := []followup.Coverage{
		{Name: "warranty", Start: followup.Anchor{Kind: followup.AnchorDelivered}, Length: civil.Period{Months: 24}, PerUnit: true},
		{Name: "return_window", Start: followup.Anchor{Kind: followup.AnchorDelivered}, Length: civil.Period{Days: 14}},
		{Name: "support", Start: followup.Anchor{Kind: followup.AnchorDelivered}, Length: civil.Period{Years: 10}, PerUnit: true},
		{Name: "contract", Start: followup.Anchor{Kind: followup.AnchorEvent}, PerUnit: true},
	}
	for i, c := range p.Coverages {
		if c != want[i] {
			t.Errorf("coverage %+v, want %+v", c, want[i])
		}
	}
	if len(p.Coverages) != len(want) || len(p.Steps) != 10 {
		t.Fatalf("%d coverages, %d steps", len(p.Coverages), len(p.Steps))
	}
	call := p.Step("check-in-call")
	if call.Index != 1 || call.Class != followup.Feedback || call.Channel != followup.Call || call.Tries != 3 || call.Otherwise != "check-in" ||
		!call.Workdays || *call.Between != (civil.Window{From: 36_000, Until: 64_800}) || *call.Late != (followup.Late{MoreThan: civil.Period{Days: 5}}) {
		t.Errorf("call %+v", call)
	}
	ending := p.Step("warranty-ending")
	if !ending.PerUnit || ending.Timing != followup.Before || ending.Anchor.String() != `coverage_end("warranty")` || len(ending.By) != 2 || *ending.At != 36_000 {
		t.Errorf("ending %+v", ending)
	}
	visit := p.Step("contract-visit")
	if visit.Timing != followup.Every || visit.Anchor.String() != `coverage_start("contract")` || visit.Until.String() != `coverage_end("contract")` || visit.Times != 0 {
		t.Errorf("visit %+v", visit)
	}
}

// The hash of a plan is stored with journeys for years: what changes it without
// a change of the plan breaks them.
func TestHashOfTheExampleStays(t *testing.T) {
	p, _ := plan.Parse("example.yaml", read(t, "testdata/lint/example.yaml"))
	const want = "13de71bf345c5dca9175be1b761a0a1a"
	if p == nil || p.Hash != want || plan.Hash(p) != want {
		t.Errorf("got %v, want %s", p.Hash, want)
	}
}

func TestExitDefaultsToEveryWayOut(t *testing.T) {
	if p := parse(t, head+step("a", "", after)); len(p.Exit) != 3 {
		t.Errorf("got %v", p.Exit)
	}
	if p := parse(t, "exit: [returned, returned]\n"+head+step("a", "", after)); len(p.Exit) != 1 || p.Exit[0] != followup.ExitReturned {
		t.Errorf("got %v", p.Exit)
	}
}

func TestExampleCatalogue(t *testing.T) {
	c, faults := plan.ParseCatalogue("example.yaml", read(t, "testdata/catalogue/example.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p, found := c.Lookup(followup.Line{SKU: "wm-700"})
	if !found || p.Category != "appliance" || p.Name["is"] != "þvottavél" || p.Lengths["warranty"] != (civil.Period{Months: 24}) ||
		p.Service != (civil.Period{Months: 6}) || p.Manual != "https://shop.example/manuals/wm" {
		t.Errorf("got %+v, %v", p, found)
	}
	if p, found := c.Lookup(followup.Line{SKU: "x"}); found || p.Category != "other" || p.Lengths["return_window"] != (civil.Period{Days: 14}) {
		t.Errorf("default %+v, %v", p, found)
	}
}
