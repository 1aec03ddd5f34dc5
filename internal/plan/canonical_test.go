package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"aftersales/internal/plan"
)

// rewrite writes YAML data anew: keys shuffled, block or flow style, quotes and
// comments as the dice fall. What it means stays.
type rewriter struct {
	t *rapid.T
	b strings.Builder
}

func (w *rewriter) coin(what string) bool { return rapid.Bool().Draw(w.t, what) }

func (w *rewriter) scalar(v any) string {
	s, ok := v.(string)
	if !ok {
		return fmt.Sprint(v)
	}
	if w.coin("single") && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return fmt.Sprintf("%q", s)
}

func (w *rewriter) pairs(m yaml.MapSlice) yaml.MapSlice {
	return yaml.MapSlice(rapid.Permutation([]yaml.MapItem(m)).Draw(w.t, "keys"))
}

func (w *rewriter) flow(v any) string {
	switch v := v.(type) {
	case yaml.MapSlice:
		var parts []string
		for _, p := range w.pairs(v) {
			parts = append(parts, fmt.Sprintf("%v: %s", p.Key, w.flow(p.Value)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, w.flow(x))
		}
		return "[ " + strings.Join(parts, " , ") + " ]"
	default:
		return w.scalar(v)
	}
}

func (w *rewriter) block(v any, indent int) {
	pad := strings.Repeat(" ", indent)
	switch v := v.(type) {
	case yaml.MapSlice:
		for _, p := range w.pairs(v) {
			if w.coin("comment") {
				w.b.WriteString(pad + "# said by the dice\n")
			}
			fmt.Fprintf(&w.b, "%s%v:", pad, p.Key)
			w.value(p.Value, indent)
		}
	case []any:
		for _, x := range v {
			w.b.WriteString(pad + "-")
			w.value(x, indent)
		}
	}
}

func (w *rewriter) value(v any, indent int) {
	nested := false
	switch v := v.(type) {
	case yaml.MapSlice:
		nested = len(v) > 0
	case []any:
		nested = len(v) > 0
	}
	if nested && w.coin("block") {
		w.b.WriteString("\n")
		w.block(v, indent+2)
		return
	}
	w.b.WriteString(" " + w.flow(v))
	if w.coin("remark") {
		w.b.WriteString("   # a remark")
	}
	w.b.WriteString("\n")
}

func TestHashIgnoresLayoutCommentsQuotesAndKeyOrder(t *testing.T) {
	src := read(t, "testdata/lint/example.yaml")
	want, _ := plan.Parse("example.yaml", src)
	var data yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(src, &data, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := &rewriter{t: rt}
		w.block(data, 0)
		got, faults := plan.Parse("rewritten.yaml", []byte(w.b.String()))
		if got == nil {
			rt.Fatalf("%v\n%s", faults, w.b.String())
		}
		if !bytes.Equal(plan.Canonical(got), plan.Canonical(want)) || got.Hash != want.Hash {
			rt.Fatalf("canonical form differs:\n%s\n%s", plan.Canonical(got), plan.Canonical(want))
		}
	})
}

func TestHashSeesEveryChange(t *testing.T) {
	base := `plan: p
version: 1
about: text
shop: a
orders: {from: 2026-01-01, when: 'true'}
units: .sku == "x"
exit: [returned]
delivered: {assume: {after: paid, wait: P5D}}
late: {more_than: P4D, then: skip}
budget: {email: 2 per P7D}
replaced: keep
coverage:
  - {name: w, start: paid, length: P1Y, applies: unit}
  - {name: v, start: paid, length: P1Y, applies: unit}
steps:
  - {id: a, class: marketing, channel: call, message: m, per: unit, when: order.region == "x", unless: order.region == "y", after: {event: delivered, wait: P1D, at: "10:00", on: workdays}, tries: {max: 2, spacing: P2D}, late: {more_than: P2D, then: skip}, hold: {at_most: P2D}, otherwise: b}
  - {id: b, class: marketing, channel: email, message: m, per: unit, unclear: park, after: {event: delivered, wait: P1D, between: "10:00-11:00"}}
  - {id: c, class: service, channel: email, message: m, before: {event: coverage_end("w"), by: [P7D, P1D]}}
  - {id: d, class: service, channel: email, message: m, every: {start: paid, wait: P1D, times: 3}}
  - {id: e, class: service, channel: email, message: m, every: {start: paid, wait: P1M, until: coverage_end("w")}}
`
	want := parse(t, base).Hash
	seen := map[string]string{want: "the base"}
	for _, change := range [][2]string{
		{"plan: p", "plan: q"},
		{"version: 1", "version: 2"},
		{"about: text", "about: test"},
		{"shop: a", "shop: b"},
		{"2026-01-01", "2026-01-02"},
		{"when: 'true'", "when: 'false'"},
		{`units: .sku == "x"`, `units: .sku == "z"`},
		{"exit: [returned]", "exit: [refunded]"},
		{"after: paid", "after: ordered"},
		{"wait: P5D", "wait: P6D"},
		{"more_than: P4D, then: skip", "more_than: P5D, then: skip"},
		{"more_than: P4D, then: skip", "more_than: P4D, then: send"},
		{"email: 2 per P7D", "email: 3 per P7D"},
		{"email: 2 per P7D", "email: 2 per P8D"},
		{"email: 2 per P7D", "call: 2 per P7D"},
		{"replaced: keep", "replaced: restart"},
		{"{name: v,", "{name: u,"},
		{"name: v, start: paid", "name: v, start: ordered"},
		{"length: P1Y", "length: P2Y"},
		{"P1Y, applies: unit", "P1Y, applies: order"},
		{"{id: d", "{id: f"},
		{"id: c, class: service", "id: c, class: recall"},
		{"class: marketing, channel: email", "class: feedback, channel: email"},
		{"id: c, class: service, channel: email, message: m", "id: c, class: service, channel: email, message: n"},
		{`when: order.region == "x"`, `when: order.region == "z"`},
		{`unless: order.region == "y"`, `unless: order.region == "z"`},
		{`event: delivered, wait: P1D, at`, `event: installed, wait: P1D, at`},
		{`wait: P1D, at`, `wait: P2D, at`},
		{`at: "10:00"`, `at: "10:30"`},
		{", on: workdays", ""},
		{"max: 2", "max: 3"},
		{"spacing: P2D", "spacing: P3D"},
		{"late: {more_than: P2D, then: skip}, ", ""},
		{"late: {more_than: P2D, then: skip}", "late: {more_than: P2D, then: send}"},
		{"hold: {at_most: P2D}", "hold: off"},
		{"hold: {at_most: P2D}", "hold: {at_most: P3D}"},
		{", otherwise: b", ""},
		{"unclear: park", "unclear: resend"},
		{"10:00-11:00", "10:00-12:00"},
		{"by: [P7D, P1D]", "by: [P7D, P2D]"},
		{`coverage_end("w"), by`, `coverage_end("v"), by`},
		{"times: 3", "times: 4"},
		{`until: coverage_end("w")`, `until: coverage_start("w")`},
	} {
		changed := strings.Replace(base, change[0], change[1], 1)
		got := parse(t, changed).Hash
		if was, again := seen[got]; again || changed == base {
			t.Errorf("%s instead of %s has the hash of %s", change[1], change[0], was)
		}
		seen[got] = change[1]
	}
	for _, same := range [][2]string{
		{"shop: a", "shop: a\npaused: true"},
		{"exit: [returned]", "exit: [returned, returned]"},
		{"replaced: keep\n", ""},
		{`when: order.region == "x"`, `when: order.region   == 'x'`},
		{"by: [P7D, P1D]", "by: [P1D, P7D]"},
		{`coverage_end("w"), by`, `coverage_end(w), by`},
		{"P1Y, applies: unit", "P1Y"},
	} {
		if got := parse(t, strings.Replace(base, same[0], same[1], 1)).Hash; got != want {
			t.Errorf("%s instead of %s is a change", same[1], same[0])
		}
	}
	if len(want) != 32 || slices.ContainsFunc([]byte(want), func(c byte) bool { return !strings.ContainsRune("0123456789abcdef", rune(c)) }) {
		t.Errorf("hash %q", want)
	}
}
