package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with what is kept beside the input.
func golden(t *testing.T, input, got string) {
	t.Helper()
	file := strings.TrimSuffix(input, filepath.Ext(input)) + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

func inputs(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// told writes faults with their paths, one a line.
func told(faults plan.Faults) string {
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(f.String() + "\n    at " + f.Path + "\n")
	}
	return b.String()
}

func TestLintGoldens(t *testing.T) {
	for _, file := range inputs(t, "testdata/lint/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p, faults := plan.Parse(filepath.Base(file), read(t, file))
			golden(t, file, told(faults))
			if (p == nil) != faults.Failed() {
				t.Errorf("plan is nil: %v, faults failed: %v", p == nil, faults.Failed())
			}
			if !slices.IsSortedFunc(faults, func(a, b plan.Fault) int { return (a.Line-b.Line)*10_000 + a.Column - b.Column }) {
				t.Error("faults are not by position")
			}
			for _, f := range faults {
				if f.Mend == "" || f.Cause == "" || f.Line < 1 || f.Column < 1 {
					t.Errorf("fault without cause, mend or place: %+v", f)
				}
			}
		})
	}
}

func TestCatalogueGoldens(t *testing.T) {
	for _, file := range inputs(t, "testdata/catalogue/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, faults := plan.ParseCatalogue(filepath.Base(file), read(t, file))
			golden(t, file, told(faults))
			if (c == nil) != faults.Failed() {
				t.Errorf("catalogue is nil: %v, faults failed: %v", c == nil, faults.Failed())
			}
		})
	}
}

func TestTenFaultsAreTenReports(t *testing.T) {
	_, faults := plan.Parse("ten.yaml", read(t, "testdata/lint/ten.yaml"))
	var failed int
	for _, f := range faults {
		if !f.Warning {
			failed++
		}
	}
	if failed < 10 {
		t.Errorf("%d of at least ten faults reported:\n%v", failed, faults)
	}
}
