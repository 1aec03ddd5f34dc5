package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// loadJourneys reads heads and rows in one statement, so in one snapshot.
const loadJourneys = "SELECT k.key, h.v, h.body, j.n, j.v, j.rows FROM " + keysOf + journeyOfKey + " LEFT JOIN head h ON h.n = j.n"

// Journeys loads heads and rows; an unknown id gives Version 0.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	out := make([]followup.Journey, len(ids))
	asked := make([]string, len(ids))
	for i, id := range ids {
		out[i].ID, asked[i] = id, string(id)
	}
	var room []entry
	err := s.queryKeys(ctx, loadJourneys, asked, func(r row) (err error) {
		j, rows := &out[r.int(0)], string(r.blob(5))
		if room, err = rowsOf(room[:0], j.ID, rows); err != nil {
			return err
		}
		s.recall.sawJourney(j.ID, remembered{n: r.int(3), v: r.int(4), was: marksOf(room), value: rows})
		return s.packs.journey(j, room, r.int(1), r.blob(2))
	})
	if err != nil {
		return nil, fmt.Errorf("load journeys: %w", err)
	}
	return out, nil
}

// journey reads rows, version and head into j.
func (p *packers) journey(j *followup.Journey, entries []entry, version int64, head []byte) error {
	j.Rows = make([]followup.FollowUp, len(entries))
	for i := range entries {
		if err := entries[i].followUp(&j.Rows[i], j.ID); err != nil {
			return err
		}
	}
	if j.Version = version; version == 0 { // rows or events, but no head yet
		return nil
	}
	return p.undoc("head of ", string(j.ID), head, &j.Head)
}

const loadLog = "SELECT h.log FROM " + keysOf + journeyOfKey + " CROSS JOIN head h ON h.n = j.n"

// Events pages through the log of one journey in the order of the fold.
func (s *Store) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	at, err := parseEventCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	var log []logged
	err = s.queryKeys(ctx, loadLog, []string{string(id)}, func(r row) (err error) {
		log, err = s.packs.log(id, r.blob(0))
		return err
	})
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
