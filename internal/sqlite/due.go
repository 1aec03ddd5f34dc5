package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

const (
	dueQuery  = "SELECT id, next, state FROM followup WHERE next <= ?1 AND (next, id) > (?2, ?3) ORDER BY next, id LIMIT ?4"
	nextQuery = "SELECT min(next) FROM followup WHERE next IS NOT NULL"
)

// Due pages through rows whose next look is at or before until, by (next, id).
func (s *Store) Due(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
	from, err := parseDueCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read due: %w", err)
	}
	limit = max(limit, 1)
	out := make([]followup.Ref, 0, min(limit, 1000))
	var next followup.Cursor
	err = s.query(ctx, dueQuery,
		func(r *sql.Rows) error {
			var ref followup.Ref
			var at int64
			var state int
			if err := r.Scan(&ref.ID, &at, &state); err != nil {
				return err
			}
			if len(out) == limit {
				last := &out[limit-1]
				next = cursor(last.Next.UnixMilli(), string(last.ID))
				return nil
			}
			ref.Next, ref.State = time.UnixMilli(at).UTC(), stateOf(state)
			out = append(out, ref)
			return nil
		}, floorMilli(until), from.next, from.id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read due: %w", err)
	}
	return out, next, nil
}

// floorMilli returns the last whole millisecond at or before t.
func floorMilli(t time.Time) int64 { return t.Truncate(time.Millisecond).UnixMilli() }

// NextLook returns the earliest next look; ok is false when nothing has one.
func (s *Store) NextLook(ctx context.Context) (at time.Time, ok bool, err error) {
	var milli sql.NullInt64
	err = s.query(ctx, nextQuery, func(r *sql.Rows) error {
		return r.Scan(&milli)
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next look: %w", err)
	}
	if !milli.Valid {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(milli.Int64).UTC(), true, nil
}
