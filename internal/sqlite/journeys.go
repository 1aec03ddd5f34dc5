package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// Heads and rows are read in one statement, so in one snapshot: by id, or by
// number where that is known.
const (
	loadJourneys = journeyColumns + keysOf + journeyOfKey + headOfJourney
	loadPlaces   = journeyColumns + keysOf + "CROSS JOIN journey j ON j.n = k.value" + headOfJourney

	journeyColumns = "SELECT k.key, j.id, j.n, j.v, j.rows, h.v, h.body, h.person, " + armingOwner + " FROM "
	headOfJourney  = " LEFT JOIN head h ON h.n = j.n"
)

// Journeys loads heads and rows; an unknown id gives Version 0.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	var l journeyLoad
	err := s.settled(ctx, s.w.pending.hasJourney(ids), func(me int64) (bool, error) {
		l = journeyLoad{s: s, ids: ids, out: make([]followup.Journey, len(ids)), found: make([]bool, len(ids)), me: me}
		err := l.load(ctx)
		return l.strange, err
	})
	if err != nil {
		return nil, fmt.Errorf("load journeys: %w", err)
	}
	return l.out, nil
}

// journeyLoad is one call of Journeys.
type journeyLoad struct {
	s     *Store
	ids   []followup.JourneyID
	out   []followup.Journey
	found []bool
	room  []entry

	asked []int // places in ids of what the query asks for; nil: all

	me      int64 // as an owner
	strange bool  // another process had armed something that was not settled
}

func (l *journeyLoad) load(ctx context.Context) error {
	numbers, known := make([]int64, len(l.ids)), 0
	for i, id := range l.ids {
		l.out[i].ID = id
		if numbers[i] = l.s.recall.place(id); numbers[i] != 0 {
			known++
		}
	}
	if known > 1 {
		if err := l.s.queryNumbers(ctx, loadPlaces, numbers, l.journey); err != nil {
			return err
		}
	}
	var keys []string
	for i, id := range l.ids {
		if !l.found[i] {
			l.asked, keys = append(l.asked, i), append(keys, string(id))
		}
	}
	return l.s.queryKeys(ctx, loadJourneys, keys, l.journey)
}

func (l *journeyLoad) journey(r row) (err error) {
	i := int(r.int(0))
	if l.asked != nil {
		i = l.asked[i]
	}
	j, rows := &l.out[i], string(r.blob(4))
	if r.text(1) != string(j.ID) { // the file was replaced
		return nil
	}
	l.found[i] = true
	l.strange = l.strange || r.strange(8, l.me)
	if l.room, err = rowsOf(l.room[:0], j.ID, rows); err != nil {
		return err
	}
	l.s.recall.sawJourney(j.ID, remembered{n: r.int(2), v: r.int(3), was: marksOf(l.room), value: rows})
	if err := l.s.packs.journey(j, l.room, r.int(5), r.blob(6)); err != nil {
		return err
	}
	if n := r.int(7); n != 0 {
		l.s.recall.isAt(j.Head.Contact, n)
	}
	return nil
}

// journey reads rows, version and head into j.
func (p *packers) journey(j *followup.Journey, entries []entry, version int64, head []byte) error {
	j.Rows = make([]followup.FollowUp, len(entries))
	room := newShared(j.ID, entries)
	for i := range entries {
		if err := entries[i].followUp(&j.Rows[i], j.ID, room); err != nil {
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
