package simulate_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/events"
	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/plan"
	"aftersales/internal/simulate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// file reads a file of testdata.
func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ready returns a body of events/, with pairs of old and new text replaced.
func ready(t *testing.T, name string, edits ...string) simulate.EventFile {
	t.Helper()
	b, err := events.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if !bytes.Contains(b, []byte(edits[i])) {
			t.Fatalf("%s does not contain %q", name, edits[i])
		}
		b = bytes.ReplaceAll(b, []byte(edits[i]), []byte(edits[i+1]))
	}
	return simulate.EventFile{Name: filepath.Base(name), Body: b}
}

// cloud makes a generic event about order 1001.
func cloud(typ, at, data string) simulate.EventFile {
	return simulate.EventFile{Name: typ + ".json", Body: fmt.Appendf(nil,
		`{"specversion":"1.0","id":"%s-%s","source":"test","type":%q,"time":%q,"data":%s}`, typ, at, typ, at, data)}
}

// example is the example plan with these events.
func example(t *testing.T, files ...simulate.EventFile) simulate.Input {
	t.Helper()
	return simulate.Input{
		Plan:     plan.Source{File: "plan.yaml", Src: file(t, "plan.yaml")},
		Products: &plan.Source{File: "products.yaml", Src: file(t, "products.yaml")},
		Shop:     config.Default("main"), Source: "generic", Events: files,
	}
}

// run simulates and fails on faults.
func run(t *testing.T, in simulate.Input) *simulate.Result {
	t.Helper()
	r := try(t, in)
	if len(r.Faults) > 0 {
		t.Fatalf("faults: %v", r.Faults)
	}
	return r
}

func try(t *testing.T, in simulate.Input) *simulate.Result {
	t.Helper()
	r, err := simulate.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines writes follow-ups one a line: due, zone, step, units, state, rule.
func lines(r *simulate.Result) string {
	var b strings.Builder
	for _, f := range r.FollowUps {
		fmt.Fprintf(&b, "%s %s %s %s %s %s\n", f.DueLocal, f.Zone, f.Step, strings.Join(f.Units, ","), f.State, f.Rule)
	}
	return b.String()
}

func step(t *testing.T, r *simulate.Result, id string) simulate.FollowUp {
	t.Helper()
	i := slices.IndexFunc(r.FollowUps, func(f simulate.FollowUp) bool { return f.Step == id })
	if i < 0 {
		t.Fatalf("no follow-up of step %s in\n%s", id, lines(r))
	}
	return r.FollowUps[i]
}

func golden(t *testing.T, name string, r *simulate.Result) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(file(t, name)), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func created(t *testing.T) simulate.EventFile { return ready(t, "generic/order.created.json") }

// The example of the language: the machine is cared for, its hoses are not.
func TestExample(t *testing.T) {
	for name, files := range map[string][]simulate.EventFile{
		"created.golden.json":   {{Name: "order.created.json", Body: file(t, "order.created.json")}},
		"delivered.golden.json": {created(t), ready(t, "generic/order.delivered.json")},
	} {
		r := run(t, example(t, files...))
		golden(t, name, r)
		for _, f := range r.FollowUps {
			if slices.ContainsFunc(f.Units, func(u string) bool { return strings.HasPrefix(u, "l2/") }) {
				t.Errorf("%s is for a hose: %v", f.Step, f.Units)
			}
		}
	}
}

const days = "2006-01-02T15:04:05"

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Two years from a leap day end on 28 February, and the words before it come
// at ten where the customer lives.
func TestWarrantyFromALeapDay(t *testing.T) {
	for zone, country := range map[string]string{"Atlantic/Reykjavik": "IS", "America/New_York": "US", "Asia/Tehran": "IR"} {
		in := example(t,
			ready(t, "generic/order.created.json", "2026-03-02T09:15:00+01:00", "2024-02-26T09:15:00+01:00", "Atlantic/Reykjavik", zone, `"IS"`, `"`+country+`"`),
			ready(t, "generic/order.delivered.json", "2026-03-05T11:42:00Z", "2024-02-29T12:42:00Z", "2026-03-05T11:40:00Z", "2024-02-29T12:40:00Z"),
		)
		in.Plan.Src = bytes.Replace(in.Plan.Src, []byte("from: 2026-01-01"), []byte("from: 2024-01-01"), 1)
		var due []string
		for _, f := range run(t, in).FollowUps {
			if f.Step == "warranty-ending" {
				due = append(due, f.DueLocal+" "+f.Zone+" "+f.State+" "+strings.Join(f.Units, ","))
			}
		}
		want := []string{"2025-12-30T10:00:00 " + zone + " planned l1/1", "2026-02-21T10:00:00 " + zone + " planned l1/1"}
		if diff := cmp.Diff(want, due); diff != "" {
			t.Errorf("%s (-want +got):\n%s", zone, diff)
		}
	}
}

// What a later event takes away is voided with the reason; given back, it is
// planned again. The order in which the files are named does not matter.
func TestCancelledAndReinstated(t *testing.T) {
	delivered := ready(t, "generic/order.delivered.json")
	cancelled := ready(t, "generic/order.cancelled.json", "2026-03-02T12:00:00+01:00", "2026-03-05T13:00:00+01:00")
	back := ready(t, "generic/order.reinstated.json", "2026-03-02T15:00:00+01:00", "2026-03-05T15:00:00+01:00")

	gone := run(t, example(t, cancelled, delivered, created(t)))
	if len(gone.FollowUps) == 0 {
		t.Fatal("nothing was planned before the order was cancelled")
	}
	for _, f := range gone.FollowUps {
		if f.State != "voided" || f.Rule != "exit" || f.Subject != "" {
			t.Errorf("%s is %s by %s, subject %q", f.Step, f.State, f.Rule, f.Subject)
		}
	}
	again := run(t, example(t, back, cancelled, delivered, created(t)))
	plain := run(t, example(t, created(t), delivered))
	if len(again.FollowUps) != len(plain.FollowUps) {
		t.Fatalf("reinstated:\n%s\nnever cancelled:\n%s", lines(again), lines(plain))
	}
	for i, f := range again.FollowUps {
		if f.State != plain.FollowUps[i].State || f.DueLocal != plain.FollowUps[i].DueLocal {
			t.Errorf("reinstated %s is %s at %s", f.Step, f.State, f.DueLocal)
		}
		if f.State == "planned" && !strings.HasPrefix(f.Reason, "wanted again") {
			t.Errorf("%s does not say that it came back: %s", f.Step, f.Reason)
		}
	}
}

// A customer who moves is written to by the new clock, once.
func TestZoneMoves(t *testing.T) {
	r := run(t, example(t, created(t), ready(t, "generic/order.delivered.json"),
		ready(t, "generic/order.updated.json", "2026-03-04T10:00:00+01:00", "2026-03-05T16:00:00+01:00")))
	f := step(t, r, "set-up")
	if f.Zone != "Europe/Berlin" || f.ZoneSource != "stated" || f.DueLocal != "2026-03-06T10:00:00" || f.DueUTC != "2026-03-06T09:00:00Z" {
		t.Errorf("set-up is due %s %s (%s), %s", f.DueLocal, f.Zone, f.ZoneSource, f.DueUTC)
	}
	if f.Rule != "moved" || !strings.Contains(f.Reason, "2026-03-06T10:00:00 Atlantic/Reykjavik") {
		t.Errorf("set-up does not say what moved it: %s: %s", f.Rule, f.Reason)
	}
}

// Without a number the call is skipped, and the mail that stands in for it is
// planned; without an address the mails are skipped.
func TestUnreachable(t *testing.T) {
	delivered := ready(t, "generic/order.delivered.json")
	r := run(t, example(t, ready(t, "generic/order.created.json", `"+3545812345"`, "null"), delivered))
	if f := step(t, r, "check-in-call"); f.State != "skipped" || f.Rule != "no-number" {
		t.Errorf("the call is %s by %s", f.State, f.Rule)
	}
	if f := step(t, r, "check-in"); f.State != "planned" || f.Subject == "" || f.DueLocal != "2026-03-09T10:00:00" {
		t.Errorf("the mail instead is %s at %s, %q", f.State, f.DueLocal, f.Subject)
	}
	reached := run(t, example(t, created(t), delivered))
	if f := step(t, reached, "check-in-call"); f.State != "planned" {
		t.Errorf("with a number the call is %s by %s", f.State, f.Rule)
	}
	if strings.Contains(lines(reached), " check-in ") {
		t.Errorf("no missed calls are assumed:\n%s", lines(reached))
	}
	r = run(t, example(t, ready(t, "generic/order.created.json", `"anna@example.com"`, "null"), delivered))
	if f := step(t, r, "set-up"); f.State != "skipped" || f.Rule != "no-address" || f.Subject != "" {
		t.Errorf("without an address set-up is %s by %s", f.State, f.Rule)
	}
	if f := step(t, r, "check-in-call"); f.State != "planned" {
		t.Errorf("without an address the call is %s", f.State)
	}
}

func TestNoConsent(t *testing.T) {
	r := run(t, example(t, ready(t, "generic/order.created.json", `"channel": "call", "given": true`, `"channel": "call", "given": false`),
		ready(t, "generic/order.delivered.json")))
	if f := step(t, r, "check-in-call"); f.State != "skipped" || f.Rule != "opted-out" {
		t.Errorf("the call is %s by %s", f.State, f.Rule)
	}
	if f := step(t, r, "check-in"); f.State != "planned" {
		t.Errorf("the mail instead is %s", f.State)
	}
}

func TestUnmatched(t *testing.T) {
	for name, c := range map[string]struct {
		edits []string
		want  string
	}{
		"test order":     {[]string{`"test": false`, `"test": true`}, "a test order matches no plan"},
		"unknown goods":  {[]string{`"WM-700"`, `"XQ-1"`, `, "category": "appliance"`, ""}, `add {sku: "XQ-1", category: ...} to products`},
		"other category": {[]string{`"WM-700"`, `"XQ-1"`, `"category": "appliance"`, `"category": "toy"`}, `plan appliance asks for orders.when: any(lines, .category == "appliance")`},
		"too old":        {[]string{"2026-03-02T09:15:00+01:00", "2025-03-02T09:15:00+01:00"}, "the order is older than 2026-01-01"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, example(t, ready(t, "generic/order.created.json", c.edits...), ready(t, "generic/order.delivered.json")))
			if r.Plan != nil || r.Version != 0 || r.Order != "1001" || len(r.FollowUps) != 0 {
				t.Errorf("plan %v, version %d, order %q, %d follow-ups", r.Plan, r.Version, r.Order, len(r.FollowUps))
			}
			if !strings.Contains(r.MatchedBy, c.want) {
				t.Errorf("matched_by %q, want %q in it", r.MatchedBy, c.want)
			}
		})
	}
	in := example(t, created(t))
	in.Shop = config.Default("second")
	if r := run(t, in); r.MatchedBy != "plan appliance is for shop main, and the order came to shop second" {
		t.Errorf("another shop: %q", r.MatchedBy)
	}
}

// A Shopify body needs no topic: its shape tells.
func TestShopify(t *testing.T) {
	body := ready(t, "shopify/order_1073459972_fulfilled_at_create.json")
	in := example(t, body)
	in.Plan.Src = []byte("plan: simple\nversion: 1\ndelivered:\n  assume: {after: fulfilled, wait: P5D}\nsteps:\n" +
		"  - {id: hello, class: service, channel: email, message: check-in, after: {event: delivered, wait: P1D, at: \"10:00\"}}\n")
	in.Source = "shopify"
	guessed := run(t, in)
	if guessed.Order != "1073459972" || *guessed.Plan != "simple" || guessed.MatchedBy != "every order: the plan has no orders.when" {
		t.Errorf("order %q, matched by %q", guessed.Order, guessed.MatchedBy)
	}
	in.Events[0].Topic = "orders/create"
	if diff := cmp.Diff(guessed, run(t, in), cmp.AllowUnexported(time.Location{})); diff != "" {
		t.Errorf("with its topic (-without +with):\n%s", diff)
	}
	in.Events[0].Topic = "orders/nonsense"
	if r := try(t, in); len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Mend, "orders/create") {
		t.Errorf("an unknown topic: %v", r.Faults)
	}
}

// The budget counts what would have gone before.
func TestBudget(t *testing.T) {
	in := example(t, created(t), ready(t, "generic/order.delivered.json"))
	in.Plan.Src = []byte(`plan: chatty
version: 1
budget: {email: 1 per P7D}
steps:
  - {id: one, class: feedback, channel: email, message: check-in, after: {event: delivered, wait: P1D, at: "10:00"}}
  - {id: two, class: feedback, channel: email, message: check-in, after: {event: delivered, wait: P6D, at: "10:00"}}
  - {id: three, class: feedback, channel: email, message: check-in, after: {event: delivered, wait: P7D, at: "10:00"}, late: {more_than: P1D, then: skip}}
  - {id: help, class: service, channel: email, message: set-up, after: {event: delivered, wait: P7D, at: "10:00"}}
`)
	var got []string
	for _, f := range run(t, in).FollowUps {
		got = append(got, strings.Join([]string{f.Step, f.DueLocal, f.State, f.Rule}, " "))
	}
	want := []string{
		"one 2026-03-06T10:00:00 planned due",
		"two 2026-03-11T10:00:00 planned budget", // goes on the 13th; its due stays
		"three 2026-03-12T10:00:00 skipped budget",
		"help 2026-03-12T10:00:00 planned due",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is due after --until is hidden, and counted from now.
func TestUntil(t *testing.T) {
	in := example(t, created(t), ready(t, "generic/order.delivered.json"))
	in.Until = civil.Period{Days: 5}
	if got := lines(run(t, in)); strings.Count(got, "\n") != 2 {
		t.Errorf("five days hold set-up and the call:\n%s", got)
	}
	in.Until = civil.Period{Years: 11}
	if got := lines(run(t, in)); strings.Count(got, "\n") != 7 {
		t.Errorf("eleven years hold everything:\n%s", got)
	}
	in.Until, in.Now = civil.Period{}, at(t, "2026-04-20T00:00:00Z")
	r := run(t, in)
	if f := step(t, r, "set-up"); f.State != "expired" || f.Rule != "late" {
		t.Errorf("six weeks late, set-up is %s by %s", f.State, f.Rule)
	}
	if !r.Until.Equal(at(t, "2029-04-20T00:00:00Z")) {
		t.Errorf("until %s", r.Until.Format(days))
	}
}

// Faults of everything that was given come together.
func TestFaults(t *testing.T) {
	in := example(t, simulate.EventFile{Name: "broken.json", Body: []byte(`{"specversion":`)}, cloud("order.eaten", "2026-03-02T10:00:00Z", `{}`))
	in.Plan.Src = []byte("plan: x\nversion: one\nsteps: []\n")
	r := try(t, in)
	var files []string
	for _, f := range r.Faults {
		files = append(files, f.File)
		if f.Cause == "" || f.Warning {
			t.Errorf("fault %+v", f)
		}
	}
	for _, want := range []string{"broken.json", "order.eaten.json", "plan.yaml"} {
		if !slices.Contains(files, want) {
			t.Errorf("no fault of %s in %v", want, r.Faults)
		}
	}
	if r.Plan != nil || r.FollowUps == nil {
		t.Errorf("a result with faults: %+v", r)
	}
}

func TestFaultsOfEvents(t *testing.T) {
	twice := created(t)
	changed := ready(t, "generic/order.created.json", `"649.00"`, `"749.00"`)
	for name, c := range map[string]struct {
		change func(in *simulate.Input)
		want   string
	}{
		"same event, other body": {func(in *simulate.Input) { in.Events = append(in.Events, twice, changed) }, "another body of the same event"},
		"two orders": {func(in *simulate.Input) {
			in.Events = append(in.Events, cloud("order.paid", "2026-03-02T10:00:00Z", `{"order":{"id":"1002"}}`))
		}, "about several orders: 1001, 1002"},
		"no event":  {func(in *simulate.Input) { in.Events = nil }, "no event is given"},
		"no source": {func(in *simulate.Input) { in.Source = "nonesuch" }, `there is no source "nonesuch"`},
		"two currencies": {func(in *simulate.Input) {
			in.Events = append(in.Events, ready(t, "generic/order.delivered.json"))
			in.Plan.Src = bytes.Replace(in.Plan.Src, []byte("150.00 EUR"), []byte("150.00 USD"), 1)
		}, `plan.yaml:40:11: check-in-call: ask`},
	} {
		t.Run(name, func(t *testing.T) {
			in := example(t, created(t))
			c.change(&in)
			r := try(t, in)
			if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].String(), c.want) {
				t.Errorf("faults %v, want one about %q", r.Faults, c.want)
			}
		})
	}
	in := example(t, twice, twice)
	if r := run(t, in); r.Order != "1001" {
		t.Errorf("the same body twice: %+v", r)
	}
}

// An event that names a unit in vain is worth a word, and fails nothing.
func TestStrayEvents(t *testing.T) {
	r := run(t, example(t, created(t), cloud("unit.registered", "2026-03-05T09:00:00Z", `{"unit":{"order":"1001","line":"l9","index":1}}`)))
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].String(), `unit.line "l9" is no line of the order`) || !r.Warnings[0].Warning {
		t.Errorf("warnings %v", r.Warnings)
	}
}

// A text that does not exist holds the follow-up where the shop's own texts are
// known, and is only a warning where they are not.
func TestMissingMessage(t *testing.T) {
	in := example(t, created(t), ready(t, "generic/order.delivered.json"))
	in.Plan.Src = bytes.Replace(in.Plan.Src, []byte("message: set-up"), []byte("message: of-our-own"), 1)
	r := run(t, in)
	if f := step(t, r, "set-up"); f.State != "planned" || f.Subject != "" || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].Cause, "of-our-own") {
		t.Errorf("set-up is %s, warnings %v", f.State, r.Warnings)
	}
	in.Configured = true
	r = try(t, in)
	if f := step(t, r, "set-up"); f.State != "held" || f.Rule != "fault" || len(r.Faults) != 1 {
		t.Errorf("set-up is %s by %s, faults %v", f.State, f.Rule, r.Faults)
	}
}

// A paused shop holds everything, and the simulation ends all the same.
func TestPaused(t *testing.T) {
	in := example(t, created(t), ready(t, "generic/order.delivered.json"))
	in.Shop.Paused = true
	if f := step(t, run(t, in), "set-up"); f.State != "held" || f.Rule != "paused" {
		t.Errorf("set-up is %s by %s", f.State, f.Rule)
	}
}

// The privacy topics carry no time: --now is theirs.
func TestErased(t *testing.T) {
	in := example(t, simulate.EventFile{Name: "redact.json", Body: []byte(`{"shop_domain":"x.myshopify.com","customer":{"id":1,"email":"a@example.com"},"orders_to_redact":[299938]}`)})
	in.Source, in.Now = "shopify", at(t, "2026-04-20T00:00:00Z")
	if r := run(t, in); r.Plan != nil || r.Order != "299938" || r.MatchedBy == "" {
		t.Errorf("got %+v", r)
	}
}

// Steps of which nothing is planned say what they wait for.
func TestIdle(t *testing.T) {
	got := map[string]string{}
	for _, i := range run(t, example(t, created(t), ready(t, "generic/order.delivered.json"))).Idle {
		got[i.Step] = i.Why
	}
	want := map[string]string{
		"check-in":       "only when check-in-call does not happen",
		"contract-offer": `not wanted: consents("marketing", "email")`,
		"contract-visit": `waits for coverage_start("contract")`,
		"recovered":      "waits for case_closed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
