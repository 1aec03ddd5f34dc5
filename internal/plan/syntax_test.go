package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"aftersales/internal/plan"
)

func TestWhatIsNoPlanIsToldWithItsPlace(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty", "", "p.yaml:1:1: the file is empty"},
		{"only comments", "# nothing\n", "p.yaml:1:1: the file is empty"},
		{"a list", "- plan: a\n", "the file is a list, want keys and values"},
		{"a word", "plan", "the file is text"},
		{"open bracket", "plan: a\nexit: [returned\n", "p.yaml:2:7: not YAML"},
		{"open quote", "plan: a\nabout: \"x\n", "p.yaml:2:8: not YAML"},
		{"colon in a text", "plan: a\nabout: one: two\n", "p.yaml:2:8: not YAML"},
		{"tab", "plan: a\norders:\n\twhen: 'true'\n", "p.yaml:3:1: not YAML"},
		{"tab is named", "plan: a\norders:\n\twhen: 'true'\n", "indent with spaces, not tabs"},
		{"quoted begin of a condition", "plan: a\nunits: \"x\" in order.tags\n", "check the quotes"},
		{"indent", "plan: a\n  version: 1\n", "not YAML"},
		{"not UTF-8", "plan: a\nabout: \xff\n", "p.yaml:2:8: this is not UTF-8 text"},
		{"two documents", named("a", "") + "---\nplan: b\n", "a second document begins here"},
		{"too long", "# " + strings.Repeat("x", 256<<10), "p.yaml: the file has"},
		{"alias of itself", "plan: &a [*a]\n", "nothing above is named &a"},
		{"an alias with a break in its name", "*a\vb", "nothing above is named &a·b"},
		{"a key turned around", "\"a\\u2066b\": 1\n", "unknown key \"a·b\""},
		{"a key of two paragraphs", "\"a\\u2029b\\x9b\": 1\n", "unknown key \"a·b·\""},
		{"deep", "plan: " + strings.Repeat("[", 1000), "too many lists and maps"},
		{"deep dashes", "plan:\n  " + strings.Repeat("- ", 1000) + "x", "too many lists and maps"},
		{"many keys", strings.Repeat("a: 1\n", 10_000), "p.yaml:501:2: too many keys"},
		{"many keys in a flow", "{" + strings.Repeat("a: 1, ", 5) + manyKeys() + "}", "too many keys"},
		{"many documents", strings.Repeat("---\na: 1\n", 10_000), "too many documents"},
		{"many steps", "steps:\n" + strings.Repeat("  - {id: a, otherwise: b}\n", 4_000), "steps has 4000 entries"},
		{"deep block", deepBlock(60), "holds too much"},
	}
	for _, tt := range tests {
		p, faults := plan.Parse("p.yaml", []byte(tt.src))
		if p != nil || !strings.Contains(faults.Error(), tt.want) {
			t.Errorf("%s: want %q, got %v:\n%v", tt.name, tt.want, p != nil, faults)
		}
	}
}

func manyKeys() string {
	var b strings.Builder
	for i := range 1_000 {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}

func deepBlock(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String() + strings.Repeat(" ", depth) + "b: c\n"
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	p := parse(t, "late: &l {more_than: P9D, then: send}\n"+head+step("a", "late: *l", after))
	if p.Steps[0].Late == nil || *p.Steps[0].Late != p.Late {
		t.Errorf("got %+v, want %+v", p.Steps[0].Late, p.Late)
	}
}

func TestAliasBombsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [" + strings.Repeat("x, ", 10) + "]\n")
	for i := range 30 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	}
	_, faults := plan.Parse("bomb.yaml", []byte(b.String())) // without a bound: never
	if !strings.Contains(faults.Error(), "holds too much") {
		t.Errorf("got %.500v", faults)
	}
}

func TestLineEndsAndByteOrderMarkDoNotCount(t *testing.T) {
	src := head + step("a", "", after)
	want := parse(t, src).Hash
	if got := parse(t, "\ufeff"+strings.ReplaceAll(src, "\n", "\r\n")).Hash; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestPlacesInsideOfConditions(t *testing.T) {
	tests := []struct{ name, condition, want string }{
		{"plain", `when: order.region == "x" and ordr.total == order.total`, "p.yaml:10:35: unknown name \"ordr\""},
		{"single quotes", `when: 'order.region == "x" and ordr.total == order.total'`, "p.yaml:10:36: "},
		{"double quotes", `when: "order.region == 'x' and ordr.total == order.total"`, "p.yaml:10:36: "},
		{"escapes", `when: "order.region == \"x\" and ordr.total == order.total"`, "p.yaml:10:11: "},
		{"block", "when: |\n      order.region == \"x\"\n      and ordr.total == order.total", "p.yaml:12:11: "},
		{"other letters", `when: order.region == "ماشین" and ordr.total == order.total`, "p.yaml:10:39: "},
	}
	for _, tt := range tests {
		src := head + "  - id: a\n    class: feedback\n    channel: email\n    message: m\n    per: order\n    " + tt.condition + "\n    " + after + "\n"
		if _, faults := plan.Parse("p.yaml", []byte(src)); !strings.HasPrefix(faults.Error(), tt.want) {
			t.Errorf("%s: want %s, got:\n%v\n%s", tt.name, tt.want, faults, src)
		}
	}
}

// hides tells what breaks a line or turns around what stands there.
func hides(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{ // small ones: the fuzzer takes a minute to shrink a long one
		head + step("a", `unless: 'answered("works")'`, after),
		"plan: a\nversion: 2\norders: {from: 2026-01-01, when: any(lines, .category == \"x\")}\nunits: .sku == 'x'\n",
		"budget: {email: 2 per P7D}\nlate: &l {more_than: P1DT2H}\nexit: [returned, *l]\n",
		"steps:\n- id: a\n  before: {event: coverage_end(\"w\"), by: [P60D, P7D], at: \"10:00\"}\n",
		"steps:\n- every: {start: paid, wait: P6M, times: 3}\n  when: |\n    order.total > money(\"1 EUR\")\n",
		"products:\n- {sku: \"WM-*\", warranty: P24M, name: {en: x}}\ndefault: {category: other}\n",
		"a: !!str x\n? b\n: c\n<<: *d\n---\ne: >-\n  f\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, faults := plan.Parse("fuzz.yaml", src)
		if (p == nil) != faults.Failed() {
			t.Errorf("plan is nil: %v, faults: %v", p == nil, faults)
		}
		if p != nil && (p.Hash == "" || p.Name == "" || len(p.Steps) == 0) {
			t.Errorf("a plan without name, hash or steps: %+v", p)
		}
		for _, fault := range faults {
			if strings.ContainsFunc(fault.String(), hides) || fault.Cause == "" {
				t.Errorf("not one line to read: %q", fault.String())
			}
		}
		if c, faults := plan.ParseCatalogue("fuzz.yaml", src); (c == nil) != faults.Failed() {
			t.Errorf("catalogue is nil: %v, faults: %v", c == nil, faults)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`any(lines, .category == "appliance")`, `.category == "appliance"`, `order.total >= money("150.00 EUR") or contact.tier == "vip"`,
		`answered("works") or answered("check-in", "problem")`, `consents("marketing", "email")`, `money() + answered() == consents(1)`, `_self | any(#)`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, kind := range []string{plan.KindOrder, plan.KindUnit, plan.KindStep, plan.KindUnitStep} {
			c, err := plan.Compile(kind, src)
			if (c == nil) != (err != nil) {
				t.Fatalf("condition %v, error %v", c, err)
			}
			if c == nil {
				continue
			}
			_, _ = c.Holds(scope(t)) // must not panic
		}
	})
}
