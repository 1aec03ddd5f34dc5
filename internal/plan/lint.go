package plan

import (
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// lint reports what the tables cannot say: how the parts of a plan fit.
func (r *reader) lint(p *followup.Plan, root *node) {
	r.lintExit(root.child("exit"))
	r.lintCoverages(p, items(root.child("coverage")))
	nodes := items(root.child("steps"))
	r.lintIDs(p, nodes)
	for i := range p.Steps {
		r.lintStep(p, &p.Steps[i], nodes[i])
	}
	r.lintChains(p, nodes)
}

func (r *reader) lintExit(n *node) {
	if n != nil && n.kind == listNode && len(n.items) == 0 {
		r.warn(n, "nothing takes a unit out of the plan", "without the key exit, cancelled, returned and refunded units get nothing more")
	}
}

func (r *reader) lintIDs(p *followup.Plan, nodes []*node) {
	for i := range p.Steps {
		id := p.Steps[i].ID
		if first := p.Step(id); id != "" && first.Index < i {
			r.fault(nodes[i].at("id"), fmt.Sprintf("step %s is there already, on line %d", quote(id), nodes[first.Index].at("id").line),
				"give it a name of its own")
		}
	}
}

// lintCoverages checks names, starts and lengths (rule 7).
func (r *reader) lintCoverages(p *followup.Plan, nodes []*node) {
	for i, c := range p.Coverages {
		n := nodes[i]
		first := slices.IndexFunc(p.Coverages, func(o followup.Coverage) bool { return o.Name == c.Name })
		if c.Name != "" && first < i {
			r.fault(n.at("name"), fmt.Sprintf("coverage %s is there already, on line %d", quote(c.Name), nodes[first].at("name").line),
				"give it a name of its own")
			continue
		}
		event := c.Start.Kind == followup.AnchorEvent
		switch {
		case event && n.has("length"):
			r.fault(n.at("length"), "the dates come with the event, so a length says nothing", "leave length out")
		case !event && !n.has("length") && n.kind == mapNode:
			r.fault(n, `key "length" is missing`, "add length: P24M")
		}
		if event && !c.PerUnit {
			r.fault(n.at("applies"), "the dates come with events about single units, so a coverage of the order never has any", "leave applies out")
		}
		r.lintAnchor(p, n.at("start"), c.Start)
		if circular(p, c) {
			r.fault(n.at("start"), fmt.Sprintf("coverage %s counts from itself", quote(c.Name)), "let one of them start with something that happened, such as delivered")
		}
	}
}

// circular reports whether the start of c leads back to c.
func circular(p *followup.Plan, c followup.Coverage) bool {
	at := c
	for range p.Coverages {
		next := slices.IndexFunc(p.Coverages, func(o followup.Coverage) bool { return o.Name == at.Start.Coverage })
		if at.Start.Coverage == "" || next < 0 {
			return false
		}
		if at = p.Coverages[next]; at.Name == c.Name {
			return true
		}
	}
	return false
}

// lintAnchor checks that a coverage an anchor names is there (rule 5).
func (r *reader) lintAnchor(p *followup.Plan, n *node, a followup.Anchor) {
	if a.Coverage == "" {
		return
	}
	var known []string
	for _, c := range p.Coverages {
		if c.Name == a.Coverage {
			return
		}
		if c.Name != "" && !slices.Contains(known, c.Name) {
			known = append(known, c.Name)
		}
	}
	mend := "list it under coverage:"
	if len(known) > 0 {
		mend = suggest(a.Coverage, known)
	}
	r.fault(n, fmt.Sprintf("no coverage is named %s", quote(a.Coverage)), mend)
}
