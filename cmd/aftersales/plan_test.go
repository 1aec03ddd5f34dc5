package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aftersales/internal/simulate"
)

// ten has ten faults.
const ten = `plan: Ten Faults
version: 0
orders:
  form: 2026-01-01
  when: any(lines, .catgory == "appliance")
budget: {email: 2 per P60D}
coverage:
  - {name: warranty, start: delivered, length: PT24H}
steps:
  - id: check-in
    class: feedbak
    channel: email
    message: check-in
    after: {event: delivred, wait: P1DT2H, at: "25:00"}
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLintTenFaults(t *testing.T) {
	t.Chdir(t.TempDir())
	path := write(t, "ten.yaml", ten)
	d := cli(t, "plan", "lint", path)
	if d.code != exitFailed || strings.Count(d.out, path+":") != 10 || !strings.HasSuffix(d.out, "10 faults, 0 warnings\n") {
		t.Errorf("exit %d:\n%s", d.code, d.out)
	}
	if !strings.Contains(d.out, path+`:11:12: class cannot be "feedbak"; did you mean "feedback"?`) {
		t.Errorf("place, cause and mend are not told:\n%s", d.out)
	}
	var faults []simulate.Fault
	if err := json.Unmarshal([]byte(cli(t, "plan", "lint", "--json", path).out), &faults); err != nil || len(faults) != 10 {
		t.Errorf("%d faults as JSON, %v", len(faults), err)
	}
	if d := cli(t, "plan", "lint", "--json", write(t, "fine.yaml", fine)); d.code != exitDone || d.out != "[]\n" {
		t.Errorf("without faults: exit %d, %s", d.code, d.out)
	}
}

const fine = "plan: fine\nversion: 1\nsteps:\n  - {id: hello, class: service, channel: email, message: set-up, after: {event: ordered, wait: P1D, at: \"10:00\"}}\n"

// A message that does not exist is an error where the shop's messages are
// known, and a warning where they are not.
func TestLintMessages(t *testing.T) {
	t.Chdir(t.TempDir())
	path := write(t, "own.yaml", strings.Replace(fine, "message: set-up", "message: our-own", 1))
	if d := cli(t, "plan", "lint", path); d.code != exitDone || !strings.Contains(d.out, path+":4:58: warning: there is no message our-own") {
		t.Errorf("without a configuration: exit %d, %s", d.code, d.out)
	}
	cfg := folder(t)
	if d := cli(t, "plan", "lint", path, "--config", cfg); d.code != exitFailed || !strings.Contains(d.out, path+":4:58: there is no message our-own") {
		t.Errorf("with one: exit %d, %s", d.code, d.out)
	}
	message := filepath.Join(filepath.Dir(cfg), "messages", "set-up", "en.md")
	edit(t, message, "{{", "{{oops ")
	if d := cli(t, "plan", "lint", "--config", cfg); d.code != exitFailed || !strings.Contains(d.out, message+":") {
		t.Errorf("a broken message: exit %d, %s", d.code, d.out)
	}
}

// A fault of one kind hides none of another, and a message that is broken itself
// is not told of as missing.
func TestLintTellsAllAtOnce(t *testing.T) {
	cfg := folder(t)
	path := write(t, "all.yaml", "foo: 1\nshop: nowhere\n"+strings.Replace(fine, "message: set-up", "message: nope", 1)+
		"  - {id: two, class: service, channel: email, message: nope2, after: {event: ordered, wait: P2D, at: \"10:00\"}}\n"+
		"  - {id: three, class: service, channel: email, message: warranty-ending, after: {event: delivered, wait: P2D, at: \"10:00\"}}\n"+
		"  - {id: four, class: service, channel: email, message: set-up, after: {event: delivered, wait: P2D, at: \"10:00\"}}\n")
	message := filepath.Join(filepath.Dir(cfg), "messages", "set-up", "en.md")
	edit(t, message, "{{", "{{oops ")
	d := cli(t, "plan", "lint", path, "--config", cfg)
	for _, want := range []string{
		path + ":1:1: ", path + `:2:7: no shop is named "nowhere"; there is main`, path + ":6:58: there is no message nope;", path + ":7:56: there is no message nope2;",
		path + ":8:58: message warranty-ending (warranty-ending/en.md): {{until .Coverage}} has no value in this step", message + ":", "oops",
	} {
		if !strings.Contains(d.out, want) {
			t.Errorf("no %q in\n%s", want, d.out)
		}
	}
	if d.code != exitFailed || strings.Contains(d.out, "no message set-up") || strings.Contains(d.out, ":1:0") {
		t.Errorf("exit %d\n%s", d.code, d.out)
	}
}

func TestLintCatalogue(t *testing.T) {
	cfg := folder(t)
	products := filepath.Join(filepath.Dir(cfg), "products.yaml")
	if err := os.WriteFile(products, []byte("products:\n  - {sku: A, waranty: P2Y}\n  - {category: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := cli(t, "plan", "lint", "--config", cfg); d.code != exitFailed || !strings.Contains(d.out, products+":3:5: the product matches nothing") {
		t.Errorf("exit %d, %s", d.code, d.out)
	}
	if d := cli(t, "plan", "lint", products); d.code != exitFailed || !strings.Contains(d.out, "the product matches nothing") {
		t.Errorf("named itself: exit %d, %s", d.code, d.out)
	}
}

// Content that changed under a number in use is told beside a running serve.
func TestLintChangedPlan(t *testing.T) {
	cfg := folder(t)
	o := open(t, cfg, "2026-03-05T12:00:00Z")
	path := filepath.Join(filepath.Dir(cfg), "plans", "90-simple.yaml")
	edit(t, path, "# ", "# a word more: ")
	o.cli("plan", "lint").well(t)
	edit(t, path, "wait: P", "wait: P1")
	if d := o.cli("plan", "lint"); d.code != exitFailed || !strings.Contains(d.out, "is in use with another content; write version: 2") {
		t.Errorf("exit %d, %s", d.code, d.out)
	}
}

// example runs the example of the plan language.
func example(t *testing.T, args ...string) done {
	t.Helper()
	dir := filepath.Join("..", "..", "internal", "simulate", "testdata")
	return cli(t, append([]string{
		"plan", "simulate", "--plan", filepath.Join(dir, "plan.yaml"), "--products", filepath.Join(dir, "products.yaml"), "--source", "generic",
	}, args...)...)
}

func event(name string) string {
	return filepath.Join("..", "..", "events", filepath.FromSlash(name)+".json")
}

func TestSimulate(t *testing.T) {
	created, delivered := event("generic/order.created"), event("generic/order.delivered")
	golden(t, "simulate.golden", example(t, "--event", created, "--event", delivered).well(t).out)
	want, err := os.ReadFile(filepath.Join("..", "..", "internal", "simulate", "testdata", "delivered.golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	asJSON := example(t, "--json", "--event", created, "--event", delivered).well(t)
	if asJSON.out != string(want) {
		t.Errorf("as JSON it is not what the library says:\n%s", asJSON.out)
	}
	if more := example(t, "--json", "--event", created, delivered).well(t); more.out != asJSON.out {
		t.Errorf("further files are not taken:\n%s", more.out)
	}
	if topics := example(t, "--json", "--event", "order.created="+created, "--event", "order.delivered="+delivered).well(t); topics.out != asJSON.out {
		t.Errorf("topics change the answer:\n%s", topics.out)
	}
}

func TestSimulateUnmatchedAndFaulty(t *testing.T) {
	body, err := os.ReadFile(event("generic/order.created"))
	if err != nil {
		t.Fatal(err)
	}
	strange := strings.NewReplacer("WM-700", "XQ-1", `, "category": "appliance"`, "").Replace(string(body))
	args := []string{
		"plan", "simulate", "--plan", filepath.Join("..", "..", "internal", "simulate", "testdata", "plan.yaml"),
		"--source", "generic", "--event", "-",
	}
	d := cliIn(t, strange, nil, append(args, "--json")...)
	var r struct {
		Plan      *string
		MatchedBy string `json:"matched_by"`
	}
	if err := json.Unmarshal([]byte(d.well(t).out), &r); err != nil || r.Plan != nil || !strings.Contains(r.MatchedBy, `add {sku: "XQ-1"`) {
		t.Errorf("got %s, %v", d.out, err)
	}
	if d := cliIn(t, strange, nil, args...).well(t); !strings.HasPrefix(d.out, "Order 1001: no plan.\n") {
		t.Errorf("got %s", d.out)
	}
	args[3] = "testdata/nothing.yaml"
	if d := cliIn(t, strange, nil, args...); d.code != exitFailed || d.out != "" {
		t.Errorf("of a plan that cannot be read it is said what it would do: %d, %s", d.code, d.out)
	}
	args[3] = filepath.Join("..", "..", "internal", "simulate", "testdata", "plan.yaml")
	d = cliIn(t, `{"specversion":`, nil, append(args, "--json")...)
	d.badly(t, exitFailed, "-: ")
	if !strings.Contains(d.out, `"faults": [`) || !json.Valid([]byte(d.out)) {
		t.Errorf("faults are not in the JSON: %s", d.out)
	}
}

// With a configuration the shop is the merchant's: zone, language, hours.
func TestSimulateConfigured(t *testing.T) {
	cfg := folder(t)
	edit(t, cfg, "zone: UTC", "zone: Asia/Tokyo")
	body, err := os.ReadFile(event("generic/order.created"))
	if err != nil {
		t.Fatal(err)
	}
	nowhere := strings.NewReplacer(`"Atlantic/Reykjavik"`, "null", `"+3545812345"`, "null", `"IS"`, "null").Replace(string(body))
	args := []string{
		"plan", "simulate", "--plan", filepath.Join(filepath.Dir(cfg), "plans", "90-simple.yaml"), "--source", "generic",
		"--event", "-", "--event", event("generic/order.delivered"), "--json",
	}
	plainly := cliIn(t, nowhere, nil, args...).well(t)
	if !strings.Contains(plainly.out, `"zone": "UTC"`) {
		t.Errorf("without --config the shop is not the default one: %s", plainly.out)
	}
	if d := cliIn(t, nowhere, nil, append(args, "--config", cfg)...).well(t); !strings.Contains(d.out, `"zone": "Asia/Tokyo"`) {
		t.Errorf("with --config the zone is not the shop's: %s", d.out)
	}
	cliIn(t, nowhere, nil, append(args, "--config", cfg, "--shop", "nonesuch")...).badly(t, exitMisused, "--shop nonesuch")
}

func TestSchema(t *testing.T) {
	for _, args := range [][]string{{"plan", "schema"}, {"plan", "schema", "--products"}} {
		if out := cli(t, args...).well(t).out; !json.Valid([]byte(out)) || !strings.Contains(out, "2020-12") {
			t.Errorf("%v: %s", args, out)
		}
	}
}

// What was named and is not there is told as people say it.
func TestNoSuchFileAndNoMoment(t *testing.T) {
	cli(t, "plan", "lint", "nofile.yaml").badly(t, exitFailed, "there is no file or folder nofile.yaml")
	cli(t, "plan", "simulate", "--plan", "p.yaml", "--source", "generic", "--event", "nofile.json", "--now", "yesterday").
		badly(t, exitMisused, `--now: "yesterday" is no moment; want one such as 2026-03-05T15:00:00Z`)
}
