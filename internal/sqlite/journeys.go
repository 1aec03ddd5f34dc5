package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

// loadJourneys reads heads and rows in one statement, so in one snapshot. The
// rows of a journey lie together: "/" is followed by "0".
const loadJourneys = `
SELECT j.id, '', j.v, 0, NULL AS next, NULL AS attempt, j.body FROM json_each(?1) k JOIN journey j ON j.id = k.value
UNION ALL
SELECT k.value, f.id, f.v, f.state, f.next, f.attempt, f.body FROM json_each(?1) k
CROSS JOIN followup f ON f.id > k.value || '/' AND f.id < k.value || '0'`

// usualRows is the room made for the rows of a journey.
const usualRows = 8

// Journeys loads heads and rows; an unknown id gives Version 0.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	var asked known[followup.JourneyID, *followup.Journey]
	for _, id := range ids {
		asked.ask(id)
	}
	err := s.query(ctx, loadJourneys, func(r *sql.Rows) error {
		return s.packs.scanJourney(r, func(id followup.JourneyID) *followup.Journey {
			if asked.m[id] == nil {
				asked.m[id] = &followup.Journey{Rows: make([]followup.FollowUp, 0, usualRows)}
			}
			return asked.m[id]
		})
	}, jsonList(asked.asked))
	if err != nil {
		return nil, fmt.Errorf("load journeys: %w", err)
	}
	out := make([]followup.Journey, len(ids))
	given := make(map[followup.JourneyID]bool, len(ids))
	for i, id := range ids {
		if j := asked.m[id]; j != nil {
			if out[i] = *j; given[id] { // the same journey twice must not be shared
				again, err := s.Journeys(ctx, ids[i:i+1])
				if err != nil {
					return nil, err
				}
				out[i] = again[0]
			}
			given[id] = true
		}
		out[i].ID = id
	}
	return out, nil
}

// scanJourney reads one result row: a head, or a follow-up.
func (p *packers) scanJourney(r *sql.Rows, journey func(followup.JourneyID) *followup.Journey) error {
	var id followup.JourneyID
	var f followup.FollowUp
	var state int
	var next sql.NullInt64
	var attempt sql.NullString
	var body sql.RawBytes
	if err := r.Scan(&id, &f.ID, &f.Version, &state, &next, &attempt, &body); err != nil {
		return err
	}
	j := journey(id)
	if f.ID == "" {
		j.Version = f.Version
		return p.undoc("head of "+string(id), body, &j.Head)
	}
	f.State, f.Attempt = stateOf(state), attempt.String
	if next.Valid {
		f.Next = time.UnixMilli(next.Int64).UTC()
	}
	if err := unpackRow(&f, body); err != nil {
		return err
	}
	j.Rows = append(j.Rows, f)
	return nil
}

func unpackRow(f *followup.FollowUp, body []byte) error {
	b, err := unpack(body)
	if err == nil {
		err = decodeRow(f, b)
	}
	if err != nil {
		return fmt.Errorf("decode row %s: %w", f.ID, err)
	}
	return nil
}

const eventsQuery = `SELECT body FROM event WHERE journey = ?1 AND (sec, nano, source, id) > (?2, ?3, ?4, ?5)
ORDER BY sec, nano, source, id LIMIT ?6`

// Events pages through the log of one journey in the order of the fold.
func (s *Store) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	at, err := parseEventCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	limit = max(limit, 1)
	var out []followup.Event
	var next followup.Cursor
	err = s.query(ctx, eventsQuery, func(r *sql.Rows) error {
		var body sql.RawBytes
		if err := r.Scan(&body); err != nil {
			return err
		}
		if len(out) == limit {
			next = eventCursor(&out[limit-1])
			return nil
		}
		e, err := s.packs.unevent(id, body)
		out = append(out, e)
		return err
	}, string(id), at.sec, at.nano, at.source, at.id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	return out, next, nil
}
