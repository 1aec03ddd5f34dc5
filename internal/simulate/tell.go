package simulate

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// tell writes the journey as it stands into the result.
func (s *simulation) tell(ctx context.Context) error {
	if s.journey == "" {
		return nil
	}
	sc, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.matched(sc.at(s.now))
	for _, text := range sc.journey.Head.Faults {
		s.out.Faults = append(s.out.Faults, Faults(plan.Faults{plan.Failed(s.in.Plan, text)})...)
	}
	for _, stray := range sc.desire.Strays() {
		s.out.Warnings = append(s.out.Warnings, Fault{Cause: stray.Cause(), Mend: stray.Mend, Warning: true})
	}
	rows := slices.DeleteFunc(sc.journey.Rows, func(f followup.FollowUp) bool { return f.DueAt.After(s.out.Until) })
	slices.SortFunc(rows, func(a, b followup.FollowUp) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	for i := range rows {
		s.out.FollowUps = append(s.out.FollowUps, s.followUp(&rows[i], &sc.desire))
	}
	s.idle(sc)
	return nil
}

// matched says which condition took the order, or why none did.
func (s *simulation) matched(sc *scene) {
	d := &sc.desire
	if d.Plan == nil {
		s.out.MatchedBy = s.unmatched(d.Why)
		return
	}
	s.out.Plan, s.out.Version = &d.Plan.Name, d.Plan.Version
	s.out.MatchedBy = "every order: the plan has no orders.when"
	if d.Plan.When != nil {
		s.out.MatchedBy = "orders.when: " + d.Plan.When.String()
	}
}

func (s *simulation) unmatched(why string) string {
	switch {
	case s.plan.Shop != "" && s.plan.Shop != s.in.Shop.ID:
		return fmt.Sprintf("plan %s is for shop %s, and the order came to shop %s", s.plan.Name, s.plan.Shop, s.in.Shop.ID)
	case s.plan.When != nil:
		return fmt.Sprintf("%s (plan %s asks for orders.when: %s)", why, s.plan.Name, s.plan.When)
	}
	return why
}

func (s *simulation) followUp(row *followup.FollowUp, d *followup.Desire) FollowUp {
	told := engine.TellFollowUp(row, d)
	return FollowUp{
		ID: told.ID, Step: told.Step, Units: told.Units, Class: told.Class, Channel: told.Channel,
		DueLocal: told.DueLocal, Zone: told.Zone, ZoneSource: told.ZoneSource, DueUTC: told.DueUTC,
		State: told.State, Rule: told.Rule, Reason: told.Reason, Subject: s.seen[row.ID].subject,
	}
}

// idle says of each step without a follow-up what it waits for.
func (s *simulation) idle(sc *scene) {
	for _, i := range engine.Idle(sc.rules, &sc.journey, &sc.desire, &sc.contact) {
		s.out.Idle = append(s.out.Idle, Idle{Step: i.Step, Why: i.Why})
	}
}
