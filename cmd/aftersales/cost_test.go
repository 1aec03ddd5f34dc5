package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/cost"
)

func TestCost(t *testing.T) {
	b := decode[cost.Bill](t, cli(t, "cost", "--follow-ups", "6000", "--orders", "1000", "--months", "1", "--json"))
	if b.Query != (cost.Query{FollowUps: 6000, Orders: 1000, Months: 1}) || b.Total <= 0.6 || len(b.Timers) != 4 {
		t.Errorf("%+v", b)
	}
	if out := cli(t, "cost").well(t).out; !strings.HasPrefix(out, "1,000,000 follow-ups of 166,667 orders, kept for 24 months; us-east-1") {
		t.Errorf("%s", out)
	}
	cli(t, "cost", "--follow-ups", "0").badly(t, exitMisused, "numbers above 0")
	cli(t, "cost", "--orders=-1").badly(t, exitMisused, "numbers above 0")
	cli(t, "cost", "--months", "many").badly(t, exitMisused, "--months")
}

// costMark stands before what `aftersales cost --markdown` prints, and ends the file.
const costMark = "<!-- Below: aftersales cost --markdown. `go test ./cmd/aftersales -run CostPage -update` writes it anew. -->\n\n"

// TestCostPage holds the documentation to the tables.
func TestCostPage(t *testing.T) {
	const page = "../../docs/cost.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, shown, found := strings.Cut(string(b), costMark)
	if !found {
		t.Fatalf("%s has no line %q", page, costMark)
	}
	out := cli(t, "cost", "--markdown").well(t).out
	if *update {
		if err := os.WriteFile(page, []byte(head+costMark+out), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(out, shown); d != "" {
		t.Errorf("%s (-printed +shown):\n%s", page, d)
	}
}
