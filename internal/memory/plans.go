package memory

import (
	"context"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// Plan returns the plan with that hash, or ErrNotFound.
func (s *Store) Plan(ctx context.Context, hash string) (followup.PlanDoc, error) {
	if err := alive(ctx, "load plan"); err != nil {
		return followup.PlanDoc{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.plans[hash]
	if !ok {
		return followup.PlanDoc{}, fmt.Errorf("load plan %s: %w", hash, followup.ErrNotFound)
	}
	p.Source = slices.Clone(p.Source)
	return p, nil
}

// SavePlan stores p; repeating it is nil.
func (s *Store) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	if err := alive(ctx, "save plan"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.plans {
		if old.Shop == p.Shop && old.Name == p.Name && old.Version == p.Version && old.Hash != p.Hash {
			return fmt.Errorf("save plan %s version %d: %w", p.Name, p.Version, &followup.VersionReused{Hash: old.Hash})
		}
	}
	if _, ok := s.plans[p.Hash]; !ok {
		p.Source = slices.Clone(p.Source)
		s.plans[p.Hash] = p
	}
	return nil
}
