package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"aftersales/internal/followup"
)

var _ followup.Census = (*Store)(nil)

// ContactIDs pages through every contact, by id.
func (s *Store) ContactIDs(ctx context.Context, after followup.Cursor, limit int) ([]followup.ContactID, followup.Cursor, error) {
	if err := alive(ctx, "list contacts"); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, next := page(slices.Sorted(maps.Keys(s.contacts)), after, limit, func(id followup.ContactID) string { return string(id) })
	return found, next, nil
}

// PlanDocs returns every stored plan, by shop, name and version.
func (s *Store) PlanDocs(ctx context.Context) ([]followup.PlanDoc, error) {
	if err := alive(ctx, "list plans"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []followup.PlanDoc
	for _, p := range s.plans {
		p.Source = slices.Clone(p.Source)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b followup.PlanDoc) int {
		return cmp.Or(cmp.Compare(a.Shop, b.Shop), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}

// Bodies pages through the inbox in the order in which bodies were stored.
func (s *Store) Bodies(ctx context.Context, after followup.Cursor, limit int) ([]followup.Kept, followup.Cursor, error) {
	if err := alive(ctx, "list inbox"); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, next := page(s.inbox, after, limit, func(b *body) string { return fixed(b.seq) })
	out := make([]followup.Kept, len(found))
	for i, b := range found {
		out[i] = followup.Kept{Incoming: b.Incoming, Done: b.done, Reason: b.reason}
		out[i].Body = slices.Clone(b.Body)
	}
	return out, next, nil
}
