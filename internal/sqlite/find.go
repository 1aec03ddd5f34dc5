package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"aftersales/internal/followup"
)

// Find pages through journeys by id.
func (s *Store) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	query, args, err := findQuery(q)
	if err != nil {
		return nil, "", err
	}
	if q.State != "" {
		return s.findState(ctx, args[0], after, limit)
	}
	limit = max(limit, 1)
	var out []followup.JourneyID
	var next followup.Cursor
	err = s.query(ctx, query+" AND id > ? ORDER BY id LIMIT ?", func(r *sql.Rows) error {
		var id followup.JourneyID
		if err := r.Scan(&id); err != nil {
			return err
		}
		if len(out) == limit {
			next = followup.Cursor(out[limit-1])
			return nil
		}
		out = append(out, id)
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
			return "SELECT id FROM journey WHERE contact = ?", []any{string(q.Contact)}, nil
		}
	case followup.Query{OpenCase: true}:
		return "SELECT id FROM journey WHERE open_case = 1", nil, nil
	case followup.Query{All: true}:
		return "SELECT id FROM journey WHERE v > 0", nil, nil
	case followup.Query{State: q.State}:
		switch q.State {
		case followup.Listed, followup.Held, followup.Unknown, followup.Parked, followup.Failed, followup.Armed:
			return "", []any{stateCode(q.State)}, nil
		default:
			return "", nil, fmt.Errorf("find journeys: rows in state %q cannot be found, only those that need attention", q.State)
		}
	}
	return "", nil, fmt.Errorf("find journeys: want exactly one field of the query, got %+v", q)
}

// The list of states is that of the index.
const stateQuery = "SELECT id FROM followup WHERE state = ? AND state IN (2, 3, 4, 5, 6, 11) AND id > ? ORDER BY id LIMIT 1"

// findState goes from journey to journey: after the first row of one it looks
// for the first behind all rows of that one.
func (s *Store) findState(ctx context.Context, state any, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	var out []followup.JourneyID
	place := string(after)
	for len(out) <= max(limit, 1) {
		from := ""
		if place != "" {
			from = place + "0" // behind every id that begins with place and "/"
		}
		var id followup.FollowUpID
		err := s.query(ctx, stateQuery, func(r *sql.Rows) error { return r.Scan(&id) }, state, from)
		if err != nil {
			return nil, "", fmt.Errorf("find journeys: %w", err)
		}
		if id == "" {
			return out, "", nil
		}
		out, place = append(out, id.Journey()), string(id.Journey())
	}
	out = out[:len(out)-1]
	return out, followup.Cursor(out[len(out)-1]), nil
}
