package condition_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"

	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// drawn draws expressions of constants, by type. Of a whole number and a fraction
// min and max are taken for whole by expr-lang's type checker, and its machine
// then fails on the fraction, so they are drawn of fractions only.
type drawn struct{ t *rapid.T }

func (d drawn) one(of ...string) string { return rapid.SampledFrom(of).Draw(d.t, "form") }

func (d drawn) number(depth int) string {
	if depth == 0 {
		return d.one("0", "1", "2", "-3", "7", "0.5", "2.0", "-1.25")
	}
	a, b := d.number(depth-1), d.number(depth-1)
	return d.one(a, a+" + "+b, "("+a+") - ("+b+")", "("+a+") * ("+b+")", "abs("+a+")", "min(float("+a+"), float("+b+"))", "max(float("+a+"), float("+b+"))", "max([float("+a+"), float("+b+")])",
		"round("+a+")", "float("+a+")", "int("+a+")", "len("+d.text(depth-1)+")", "len("+d.list(depth-1)+")", "sum("+d.list(depth-1)+")",
		"count("+d.list(depth-1)+", # > "+b+")", "sum("+d.list(depth-1)+", # * 2)", d.list(depth-1)+"[0]", d.list(depth-1)+"[-1]", "find("+d.list(depth-1)+", # > "+b+") ?? 9")
}

func (d drawn) text(depth int) string {
	if depth == 0 {
		return d.one(`""`, `"a"`, `"Ab"`, `" ab "`, `"äb"`, `"12"`)
	}
	a := d.text(depth - 1)
	return d.one(a, a+" + "+d.text(depth-1), "lower("+a+")", "upper("+a+")", "trim("+a+")", `trim(`+a+`, "a")`, "string("+d.number(depth-1)+")", "("+a+")[0:1]")
}

func (d drawn) list(depth int) string {
	n := rapid.IntRange(1, 3).Draw(d.t, "elements")
	all := make([]string, n)
	for i := range all {
		all[i] = d.number(0)
	}
	list := "[" + strings.Join(all, ", ") + "]"
	if depth == 0 {
		return list
	}
	return d.one(list, "map("+list+", # + 1)", list+"[0:2]", "map("+list+", #index)")
}

func (d drawn) truth(depth int) string {
	if depth == 0 {
		return d.one("true", "false")
	}
	a, b, x, y, s, l := d.truth(depth-1), d.truth(depth-1), d.number(depth-1), d.number(depth-1), d.text(depth-1), d.list(depth-1)
	return d.one("not ("+a+")", "("+a+") and ("+b+")", "("+a+") or ("+b+")", "("+a+") == ("+b+")", "("+x+") < ("+y+")", "("+x+") >= ("+y+")", "("+x+") == ("+y+")", "("+x+") != ("+y+")",
		s+" == "+d.text(depth-1), s+" <= "+d.text(depth-1), s+` contains "a"`, s+` startsWith "A"`, s+` endsWith "b"`, s+` matches "^a.?"`, "hasPrefix("+s+`, "a")`, "hasSuffix("+s+`, "b")`,
		"("+x+") in "+l, "("+x+") not in "+l, "any("+l+", # > 1)", "all("+l+", # > 0)", "none("+l+", # > 1)", "one("+l+", # > 1)", "len(filter("+l+", # > 0)) == 1", "any("+l+", any("+d.list(0)+", # == 1))", l+" == "+d.list(depth-1))
}

// What a condition says is what expr-lang's own machine says of it.
func TestAnswersAsTheMachine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src := drawn{rt}.truth(3)
		p, faults := plan.Parse("p.yaml", []byte("plan: p\nversion: 1\nsteps:\n  - {id: s, class: service, channel: email, message: m, when: '"+src+"', after: {event: delivered, wait: P1D}}\n"))
		if faults.Failed() {
			return // too long, or with too many loops
		}
		got, gotErr := p.Steps[0].When.Holds(&followup.Scope{Facts: &followup.Facts{}})
		program, err := expr.Compile(src)
		if err != nil {
			rt.Fatalf("%s does not compile: %v", src, err)
		}
		want, wantErr := expr.Run(program, nil)
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("%s is %v, %v; by the machine %v, %v", src, got, gotErr, want, wantErr)
		}
	})
}
