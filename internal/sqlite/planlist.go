package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// PlanDocs returns every stored plan, by shop, name and version.
func (s *Store) PlanDocs(ctx context.Context) ([]followup.PlanDoc, error) {
	var out []followup.PlanDoc
	err := s.query(ctx, "SELECT hash, shop, name, version, source FROM plan ORDER BY shop, name, version", func(r row) error {
		out = append(out, scanPlan(r))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return out, nil
}
