package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"aftersales/internal/followup"
)

// PlanDocs returns every stored plan, by shop, name and version.
func (s *Store) PlanDocs(ctx context.Context) ([]followup.PlanDoc, error) {
	var out []followup.PlanDoc
	err := s.query(ctx, "SELECT hash, shop, name, version, source FROM plan ORDER BY shop, name, version", func(r *sql.Rows) error {
		var p followup.PlanDoc
		var source sql.RawBytes
		if err := r.Scan(&p.Hash, &p.Shop, &p.Name, &p.Version, &source); err != nil {
			return err
		}
		p.Source = bytes.Clone(source)
		out = append(out, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return out, nil
}
