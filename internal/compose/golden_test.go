package compose_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestGolden holds every ready-made message for each kind of customer: the text of all, the HTML of two.
func TestGolden(t *testing.T) {
	c := newComposer(t)
	for _, name := range c.Names() {
		var all strings.Builder
		for _, who := range []string{"named", "unnamed"} {
			for _, what := range []string{"one", "several"} {
				for _, when := range []string{"known", "assumed"} {
					l := letter(t, name)
					if who == "unnamed" {
						unnamed(&l)
					}
					if what == "several" {
						several(&l)
					}
					if when == "assumed" {
						assumed(&l)
					}
					m, err := c.Compose(l)
					if err != nil {
						t.Fatal(err)
					}
					all.WriteString("=== " + who + ", " + what + ", " + when + "\nSubject: " + m.Subject + "\nPreview: " + m.Preview + "\n\n" + m.Text + "\n")
					if who == "named" && what == "several" && when == "known" && (name == "check-in" || name == "warranty-ending") {
						golden(t, name+".html", m.HTML)
					}
				}
			}
		}
		golden(t, name+".txt", all.String())
	}
}

// TestGoldenOpenCase holds what goes out although a case is open (rule 22).
func TestGoldenOpenCase(t *testing.T) {
	c := newComposer(t)
	var all strings.Builder
	for _, name := range []string{"check-in", "check-in-call", "review-request"} {
		l := letter(t, name)
		l.OpenCase = &followup.Case{Number: 3, Opened: now}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("=== " + name + "\nSubject: " + m.Subject + "\n\n" + m.Text + "\n")
	}
	golden(t, "open-case.txt", all.String())
}
