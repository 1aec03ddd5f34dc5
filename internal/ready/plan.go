package ready

import (
	"encoding/json"
	"fmt"

	"aftersales/internal/condition"
	"aftersales/internal/followup"
)

// wirePlan is a plan as JSON: all of it but the conditions, which stand beside it.
type wirePlan struct {
	Plan  followup.Plan                   `json:"plan"` // without conditions
	When  *condition.Condition            `json:"when,omitempty"`
	Units *condition.Condition            `json:"units,omitempty"`
	Steps map[string]*condition.Condition `json:"steps,omitempty"` // of steps, by their ids
}

// readied is a condition that package plan read.
type readied interface{ Ready() *condition.Condition }

func readyOf(c followup.Condition) (*condition.Condition, error) {
	switch c := c.(type) {
	case nil:
		return nil, nil //nolint:nilnil // no condition
	case *condition.Condition:
		return c, nil
	case readied:
		return c.Ready(), nil
	}
	return nil, fmt.Errorf("condition %s is none of a plan file", c)
}

// WritePlan writes a plan for [ReadPlan]: what is read needs no parser.
func WritePlan(p *followup.Plan) ([]byte, error) {
	w, err := wire(p)
	if err != nil {
		return nil, fmt.Errorf("write plan %s: %w", p.Name, err)
	}
	return json.Marshal(w) //nolint:musttag // plans and shops are read and written by the same program, by the names of their fields
}

func wire(p *followup.Plan) (w wirePlan, err error) {
	w = wirePlan{Plan: *p, Steps: map[string]*condition.Condition{}}
	if w.When, err = readyOf(p.When); err != nil {
		return w, err
	}
	if w.Units, err = readyOf(p.Units); err != nil {
		return w, err
	}
	w.Plan.When, w.Plan.Units = nil, nil
	w.Plan.Steps = make([]followup.Step, len(p.Steps))
	for i, s := range p.Steps {
		c, err := readyOf(s.When)
		if err != nil {
			return w, err
		}
		if c != nil {
			w.Steps[s.ID] = c
		}
		s.When = nil
		w.Plan.Steps[i] = s
	}
	return w, nil
}

// ReadPlan reads what WritePlan wrote.
func ReadPlan(text []byte) (*followup.Plan, error) {
	var w wirePlan
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	return w.plan(), nil
}

func (w *wirePlan) plan() *followup.Plan {
	p := &w.Plan
	if w.When != nil {
		p.When = w.When
	}
	if w.Units != nil {
		p.Units = w.Units
	}
	for i := range p.Steps {
		if c := w.Steps[p.Steps[i].ID]; c != nil {
			p.Steps[i].When = c
		}
	}
	return p
}
