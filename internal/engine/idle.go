package engine

import (
	"slices"

	"aftersales/internal/followup"
)

// StoryIdle is a step of which nothing is planned, and why.
type StoryIdle struct {
	Step string
	Why  string
}

// Idle says of each step without a follow-up, in plan order, what it waits for,
// or that it is not wanted.
func Idle(r *followup.Rules, j *followup.Journey, d *followup.Desire, c *followup.Contact) (out []StoryIdle) {
	if d.Plan == nil || j.Head.Facts.Erased {
		return nil
	}
	for i := range d.Plan.Steps {
		step := &d.Plan.Steps[i]
		if !slices.ContainsFunc(j.Rows, func(f followup.FollowUp) bool { return f.Step == step.ID }) {
			out = append(out, StoryIdle{Step: step.ID, Why: whyIdle(r, j, d, c, step)})
		}
	}
	return out
}

func whyIdle(r *followup.Rules, j *followup.Journey, d *followup.Desire, c *followup.Contact, step *followup.Step) string {
	switch src := d.Plan.Source(step.ID); {
	case len(d.Picked) > 0 && len(d.Live) == 0 && step.Class != followup.Recall:
		return "no unit of the plan is with the customer any more"
	case src != nil:
		return "only when " + src.ID + " does not happen"
	case step.When != nil && !holds(r, j, d, c, step):
		return "not wanted: " + step.When.String()
	}
	return "waits for " + step.Anchor.String()
}

// holds reports whether the condition of step holds now, for any unit.
func holds(r *followup.Rules, j *followup.Journey, d *followup.Desire, c *followup.Contact, step *followup.Step) bool {
	scope := followup.Scope{
		Facts: &j.Head.Facts, Plan: d.Plan, Catalogue: r.Catalogue, Contact: c,
		Coverages: d.Coverages, Picked: d.Live, Step: step.ID,
	}
	if !step.PerUnit {
		ok, err := step.When.Holds(&scope)
		return ok && err == nil
	}
	for i := range scope.Facts.Units {
		scope.Unit = &scope.Facts.Units[i]
		if ok, err := step.When.Holds(&scope); ok && err == nil && slices.Contains(d.Live, scope.Unit.Key) {
			return true
		}
	}
	return false
}
