package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// loadJourneys reads heads and rows in one statement, so in one snapshot.
const loadJourneys = "SELECT j.id, j.rows, h.v, h.body FROM " + keysOf + journeyOfKey + " LEFT JOIN head h ON h.n = j.n"

// Journeys loads heads and rows; an unknown id gives Version 0.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	out := make([]followup.Journey, len(ids))
	place := make(map[followup.JourneyID]int, len(ids))
	asked := make([]string, 0, len(ids))
	var twice []int
	for i, id := range ids {
		out[i].ID = id
		if _, ok := place[id]; ok {
			twice = append(twice, i)
			continue
		}
		place[id] = i
		asked = append(asked, string(id))
	}
	err := s.queryKeys(ctx, loadJourneys, asked, func(r row) error {
		return s.packs.journey(&out[place[followup.JourneyID(r.text(0))]], r)
	})
	if err != nil {
		return nil, fmt.Errorf("load journeys: %w", err)
	}
	for _, i := range twice { // the same journey twice must not be shared
		again, err := s.Journeys(ctx, ids[i:i+1])
		if err != nil {
			return nil, err
		}
		out[i] = again[0]
	}
	return out, nil
}

// journey reads one result row into j.
func (p *packers) journey(j *followup.Journey, r row) error {
	entries, err := rowsOf(j.ID, r.blob(1))
	if err != nil {
		return err
	}
	j.Rows = make([]followup.FollowUp, len(entries))
	for i := range entries {
		if j.Rows[i], err = entries[i].followUp(j.ID); err != nil {
			return err
		}
	}
	if j.Version = r.int(2); j.Version == 0 { // rows or events, but no head yet
		return nil
	}
	return p.undoc("head of ", string(j.ID), r.blob(3), &j.Head)
}

const eventsQuery = "SELECT h.log FROM journey j JOIN head h ON h.n = j.n WHERE j.id = ?"

// Events pages through the log of one journey in the order of the fold.
func (s *Store) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	at, err := parseEventCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	var log []logged
	err = s.query(ctx, eventsQuery, func(r row) (err error) {
		log, err = s.packs.log(id, r.blob(0))
		return err
	}, string(id))
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	log = behind(log, at)
	limit = max(limit, 1)
	var next followup.Cursor
	if len(log) > limit {
		log = log[:limit]
		next = eventCursor(log[limit-1].place())
	}
	out := make([]followup.Event, len(log))
	for i := range log {
		if out[i], err = s.packs.unevent(id, &log[i]); err != nil {
			return nil, "", fmt.Errorf("read events of %s: %w", id, err)
		}
	}
	return out, next, nil
}
