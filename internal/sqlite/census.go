package sqlite

import (
	"context"
	"fmt"
	"strconv"

	"aftersales/internal/followup"
)

var _ followup.Census = (*Store)(nil)

// ContactIDs pages through every contact, by id.
func (s *Store) ContactIDs(ctx context.Context, after followup.Cursor, limit int) ([]followup.ContactID, followup.Cursor, error) {
	limit = max(limit, 1)
	var out []followup.ContactID
	var next followup.Cursor
	err := s.query(ctx, "SELECT contact FROM reach WHERE contact > ? AND journey = '' ORDER BY contact LIMIT ?", func(r row) error {
		if len(out) == limit {
			next = followup.Cursor(out[limit-1])
			return nil
		}
		out = append(out, followup.ContactID(r.text(0)))
		return nil
	}, string(after), limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list contacts: %w", err)
	}
	return out, next, nil
}

const bodiesQuery = "SELECT seq, k, topic, hash, body, at, done, reason FROM inbox WHERE seq > ? ORDER BY seq LIMIT ?"

// Bodies pages through the inbox in the order in which bodies were stored.
func (s *Store) Bodies(ctx context.Context, after followup.Cursor, limit int) ([]followup.Kept, followup.Cursor, error) {
	place := int64(0)
	if after != "" {
		n, err := strconv.ParseInt(string(after), 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("list inbox: cursor %q is not one of ours", string(after))
		}
		place = n
	}
	limit = max(limit, 1)
	var out []followup.Kept
	var next followup.Cursor
	err := s.query(ctx, bodiesQuery, func(r row) error {
		if len(out) == limit {
			next = followup.Cursor(strconv.FormatInt(place, 10))
			return nil
		}
		kept, seq, err := scanKept(r)
		out, place = append(out, kept), seq
		return err
	}, place, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list inbox: %w", err)
	}
	return out, next, nil
}

func scanKept(r row) (followup.Kept, int64, error) {
	in, seq, err := scanBody(r)
	return followup.Kept{Incoming: in, Done: !r.null(6), Reason: r.text(7)}, seq, err
}
