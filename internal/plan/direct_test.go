package plan_test

import (
	"testing"

	"pgregory.net/rapid"

	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// question draws a condition of answered, consents, and, or and not alone.
func question(t *rapid.T, depth int) string {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return rapid.SampledFrom([]string{
			`answered("works")`, `answered("problem")`, `answered("check-in", "works")`, `answered("check-in-call", "problem")`,
			`answered("review", "works")`, `consents("marketing", "email")`, `consents("marketing", "call")`, `consents("feedback", "email")`,
		}).Draw(t, "word")
	}
	a, b := question(t, depth-1), question(t, depth-1)
	return rapid.SampledFrom([]string{
		"not (" + a + ")", "!(" + a + ")", a + " and " + b, a + " && " + b, a + " or " + b, a + " || " + b, "(" + a + " or " + b + ") and " + b,
	}).Draw(t, "join")
}

// What is said with it changes nothing about a condition of answers and consents.
func TestConditionsOfAnswersAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]string{plan.KindStep, plan.KindUnitStep}).Draw(rt, "kind")
		src := question(rt, 3)
		s := scope(t)
		switch rapid.IntRange(0, 3).Draw(rt, "scope") {
		case 0:
			s.Facts.Answers = nil
		case 1:
			s.Contact = nil
		case 2:
			s.Unit = &s.Facts.Units[1]
		}
		if kind == plan.KindStep {
			s.Unit = nil
		}
		if got, want := holds(rt, kind, src, s), holds(rt, kind, "len(lines) > 0 and ("+src+")", s); got != want {
			rt.Fatalf("%s is %v, and %v with a line", src, got, want)
		}
	})
}

func holds(t *rapid.T, kind, src string, s *followup.Scope) bool {
	c, err := plan.Compile(kind, src)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := c.Holds(s)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
