package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"aftersales/internal/followup"
)

var _ followup.Census = (*Store)(nil)

// ContactIDs pages through every contact, by id.
func (s *Store) ContactIDs(ctx context.Context, after followup.Cursor, limit int) ([]followup.ContactID, followup.Cursor, error) {
	limit = max(limit, 1)
	var out []followup.ContactID
	var next followup.Cursor
	err := s.query(ctx, "SELECT id FROM contact WHERE id > ? ORDER BY id LIMIT ?", func(r *sql.Rows) error {
		var id followup.ContactID
		if err := r.Scan(&id); err != nil {
			return err
		}
		if len(out) == limit {
			next = followup.Cursor(out[limit-1])
			return nil
		}
		out = append(out, id)
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
	err := s.query(ctx, bodiesQuery, func(r *sql.Rows) error {
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

func scanKept(r *sql.Rows) (k followup.Kept, seq int64, err error) {
	var key string
	var body sql.RawBytes
	var at int64
	var done sql.NullInt64
	var reason sql.NullString
	if err = r.Scan(&seq, &key, &k.Topic, &k.Hash, &body, &at, &done, &reason); err != nil {
		return k, seq, err
	}
	k.InboxKey, k.At = splitInboxKey(key), time.Unix(0, at).UTC()
	k.Done, k.Reason = done.Valid, reason.String
	k.Body, err = inflate(body)
	return k, seq, err
}
