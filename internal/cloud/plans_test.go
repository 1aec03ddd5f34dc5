package cloud_test

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/setup"
	"aftersales/plans"
)

// deploy makes every function from now on one of another deployment, whose plans
// have a text in another's place.
func (s *stack) deploy(pairs ...string) {
	s.t.Helper()
	text, err := fs.ReadFile(plans.Files(), "10-appliance.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	simple, err := fs.ReadFile(plans.Files(), "90-simple.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	edited := strings.NewReplacer(pairs...).Replace(string(text))
	if len(pairs) > 0 && edited == string(text) {
		s.t.Fatalf("nothing to replace: %q", pairs)
	}
	in := setup.Inputs{Plans: fstest.MapFS{"10-appliance.yaml": {Data: []byte(edited)}, "90-simple.yaml": {Data: simple}}, Catalogue: plans.Products()}
	before := s.parts
	s.parts = func(f config.Function) cloud.Parts {
		p := before(f)
		p.Files = setup.Source{Config: s.config, Inputs: in}.Files
		return p
	}
}

// dueOf returns the day of a step of an order; "" when it is not planned.
func (s *stack) dueOf(order, step string) string {
	s.t.Helper()
	for _, r := range s.journey(order).Rows {
		if r.Step == step {
			return r.Due.Date.String()
		}
	}
	return ""
}

// A plan that was edited under its old number stops nothing: orders follow what
// the stack knows, and everybody is told.
func TestAPlanEditedUnderItsOldNumber(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	const step = "set-up"
	want := s.dueOf("1000", step)
	if want == "" {
		t.Fatalf("no step %s", step)
	}
	s.deploy("wait: P1D, at", "wait: P4D, at")
	if out := s.intake(signed(bought("2000", s.Now()), genericSecret)); out.StatusCode != http.StatusAccepted {
		t.Errorf("intake answers %d", out.StatusCode)
	}
	s.accept(bought("2000", s.Now()))
	s.accept(happened("order.delivered", "2000", "delivered", s.Now()))
	if got := s.dueOf("2000", step); got != want {
		t.Errorf("%s is due %s, want %s by the plan that the stack knows", step, got, want)
	}
	if out := s.page(http.MethodGet, "/healthz", ""); out.StatusCode != http.StatusOK {
		t.Errorf("pages answer %d", out.StatusCode)
	}
	if strings.Count(s.metrics.text(), `"PlanRefused":1`) != 1 || !strings.Contains(s.logs.text(), "plan refused: its version was used with other content") {
		t.Errorf("nobody is told: %s", s.metrics.text())
	}
	told, err := s.form(config.Console).Refused(t.Context())
	if err != nil || len(told) != 1 || told[0] != (cloud.Refused{Plan: "appliance", Version: 1}) {
		t.Errorf("refused: %+v, %v", told, err)
	}
	s.minutes(2)
	s.accept(happened("order.paid", "2000", "paid", s.Now()))
	if n := strings.Count(s.metrics.text(), `"PlanRefused":1`); n != 1 {
		t.Errorf("rang %d times, want once, however many sandboxes there are", n)
	}
	s.deploy() // rolled back
	s.accept(bought("2500", s.Now()))
	if told, err = s.form(config.Console).Refused(t.Context()); err != nil || len(told) > 0 {
		t.Errorf("still refused after it was rolled back: %+v, %v", told, err)
	}
	s.deploy("wait: P1D, at", "wait: P4D, at")
	s.accept(bought("2600", s.Now()))
	if n := strings.Count(s.metrics.text(), `"PlanRefused":1`); n != 2 {
		t.Errorf("deployed once more, it rang %d times, want twice", n)
	}
	s.deploy("wait: P1D, at", "wait: P4D, at", "version: 1\n", "version: 2\n")
	s.accept(bought("3000", s.Now()))
	s.accept(happened("order.delivered", "3000", "delivered", s.Now()))
	if got := s.dueOf("3000", step); got == want || got == "" {
		t.Errorf("%s is due %s with the version raised, want the new plan", step, got)
	}
	if told, err = s.form(config.Console).Refused(t.Context()); err != nil || len(told) > 0 {
		t.Errorf("still refused: %+v, %v", told, err)
	}
	if _, err := s.store.Plan(t.Context(), s.journey("3000").Rows[0].Plan); err != nil {
		t.Errorf("the new plan is not kept: %v", err)
	}
}
