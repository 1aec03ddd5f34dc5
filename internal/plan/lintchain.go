package plan

import (
	"fmt"
	"slices"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// lintChains checks otherwise (rule 15) and what hangs on it.
func (r *reader) lintChains(p *followup.Plan, nodes []*node) {
	sources := map[string]*followup.Step{}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Otherwise == "" {
			continue
		}
		at := nodes[i].at(keyOtherwise)
		target := p.Step(s.Otherwise)
		switch first := sources[s.Otherwise]; {
		case target == nil:
			r.fault(at, fmt.Sprintf("no step is named %s", quote(s.Otherwise)), suggest(s.Otherwise, slices.DeleteFunc(ids(p), func(id string) bool { return id == s.ID })))
			continue
		case target.ID == s.ID:
			r.fault(at, fmt.Sprintf("step %s is otherwise itself", quote(s.ID)), "name another step; repeated calls are tries:")
			continue
		case first != nil:
			r.fault(at, fmt.Sprintf("step %s is already the otherwise of %s", quote(target.ID), quote(first.ID)), "give each its own: a step has one source")
			continue
		}
		sources[s.Otherwise] = s
		r.lintLink(p, s, target, at)
	}
	r.lintReviewChains(p, nodes)
}

// lintLink checks one link, from s to its otherwise.
func (r *reader) lintLink(p *followup.Plan, s, target *followup.Step, at *node) {
	switch {
	case leadsTo(p, target, s.ID):
		r.fault(at, fmt.Sprintf("otherwise goes round in a circle: %s leads back to %s", target.ID, s.ID), "end the chain at one of them")
	case s.PerUnit != target.PerUnit:
		r.fault(at, fmt.Sprintf("step %s is per %s, %s per %s", quote(s.ID), scope(s), quote(target.ID), scope(target)),
			fmt.Sprintf("give both per: %s", scope(s)))
	case s.Timing != "" && target.Timing != "" && !sameOccurrences(s, target):
		r.warn(at, fmt.Sprintf("steps %s and %s do not occur alike, so one cannot stand in for the other each time", quote(s.ID), quote(target.ID)),
			fmt.Sprintf("give both the same %s", s.Timing))
	}
}

func scope(s *followup.Step) string {
	if s.PerUnit {
		return "unit"
	}
	return "order"
}

// leadsTo reports whether the chain from s comes to id.
func leadsTo(p *followup.Plan, s *followup.Step, id string) bool {
	for range p.Steps {
		if s == nil || s.Otherwise == "" {
			return false
		}
		if s.Otherwise == id {
			return true
		}
		s = p.Step(s.Otherwise)
	}
	return false // a circle further on, told at its own place
}

// sameOccurrences reports whether both steps have the same occurrence keys (rule 19).
func sameOccurrences(a, b *followup.Step) bool {
	cases := func(s *followup.Step) bool { return s.Anchor.Kind == followup.AnchorCaseClosed }
	switch {
	case a.Timing != b.Timing || cases(a) != cases(b):
		return false
	case a.Timing == followup.Before:
		return slices.EqualFunc(a.By, b.By, func(x, y civil.Period) bool { return x.String() == y.String() })
	default:
		return true
	}
}
