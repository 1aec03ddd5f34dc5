package sqlite

import (
	"context"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// Find pages through journeys by id.
func (s *Store) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	query, args, err := findQuery(q)
	if err != nil {
		return nil, "", err
	}
	if q.State != "" || q.Claimed {
		if err := s.settleAny(ctx); err != nil {
			return nil, "", fmt.Errorf("find journeys: %w", err)
		}
	}
	limit = max(limit, 1)
	var out []followup.JourneyID
	var next followup.Cursor
	err = s.query(ctx, query, func(r row) error {
		if len(out) == limit {
			next = followup.Cursor(out[limit-1])
			return nil
		}
		out = append(out, followup.JourneyID(r.text(0)))
		return nil
	}, append(args, string(after), limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("find journeys: %w", err)
	}
	return out, next, nil
}

func findQuery(q followup.Query) (query string, args []any, err error) {
	switch q {
	case followup.Query{Contact: q.Contact}:
		if q.Contact != "" {
			return contactQuery, []any{string(q.Contact)}, nil
		}
	case followup.Query{OpenCase: true}:
		return openQuery, nil, nil
	case followup.Query{Claimed: true}: // few others are armed at a time
		return armedQuery, nil, nil
	case followup.Query{All: true}:
		return allQuery, nil, nil
	case followup.Query{State: q.State}:
		switch {
		case q.State == followup.Armed:
			return armedQuery, nil, nil
		case slices.Contains(attentive, q.State):
			return attentionQuery, []any{stateBit(q.State)}, nil
		default:
			return "", nil, fmt.Errorf("find journeys: rows in state %q cannot be found, only those that need attention", q.State)
		}
	}
	return "", nil, fmt.Errorf("find journeys: want exactly one field of the query, got %+v", q)
}

// The queries page by id. Conditions are those of the indexes.
const (
	contactQuery = `SELECT j.id FROM reach r CROSS JOIN journey j ON j.id = r.journey CROSS JOIN head h ON h.n = j.n
WHERE r.contact = ?1 AND h.contact = r.contact AND r.journey > ?2 ORDER BY r.journey LIMIT ?3`
	openQuery = `SELECT j.id FROM head h INDEXED BY head_open CROSS JOIN journey j ON j.n = h.n
WHERE h.open_case = 1 AND j.id > ?1 ORDER BY j.id LIMIT ?2`
	allQuery       = "SELECT j.id FROM journey j CROSS JOIN head h ON h.n = j.n WHERE h.v > 0 AND j.id > ?1 ORDER BY j.id LIMIT ?2"
	armedQuery     = "SELECT id FROM journey WHERE armed = 1 AND +id > ?1 ORDER BY id LIMIT ?2" // they are few
	attentionQuery = "SELECT id FROM journey WHERE attention IS NOT NULL AND attention & ?1 AND id > ?2 ORDER BY id LIMIT ?3"
)
