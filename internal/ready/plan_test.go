package ready_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/plan"
	"aftersales/internal/ready"
	"aftersales/plans"
)

func TestPlansSurvive(t *testing.T) {
	read, docs, faults := plan.LoadDir(plans.Files(), ".")
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for i, p := range read {
		text, err := ready.WritePlan(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ready.ReadPlan(text)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(plan.Canonical(got), plan.Canonical(p)) || got.Hash != docs[i].Hash {
			t.Errorf("%s means something else:\n%s\n%s", p.Name, plan.Canonical(got), plan.Canonical(p))
		}
		same := cmp.Comparer(func(a, b followup.Condition) bool {
			return (a == nil) == (b == nil) && (a == nil || a.String() == b.String())
		})
		if diff := cmp.Diff(p, got, same); diff != "" {
			t.Errorf("%s changed (-read +got):\n%s", p.Name, diff)
		}
	}
}
