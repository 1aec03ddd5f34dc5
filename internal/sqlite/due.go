package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

const (
	dueQuery  = "SELECT id, next, rows, n FROM journey WHERE next <= ? ORDER BY next, id"
	nextQuery = "SELECT next, CASE WHEN armed = 1 THEN rows END, id FROM journey WHERE next IS NOT NULL ORDER BY next, id"
)

// Due pages through rows whose next look is at or before until, by (next, id).
//
// The index knows the earliest look of each journey only. Every page therefore
// begins with the earliest journey and passes over what earlier pages gave:
// little, as long as what they gave moves.
func (s *Store) Due(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
	from, err := parseDueCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read due: %w", err)
	}
	if err := s.settleAny(ctx); err != nil {
		return nil, "", fmt.Errorf("read due: %w", err)
	}
	p := duePage{ctx: ctx, seen: &s.recall, until: floorMilli(until), from: from, limit: max(limit, 1)}
	if err := s.query(ctx, dueQuery, p.journey, p.until); err != nil {
		return nil, "", fmt.Errorf("read due: %w", err)
	}
	p.settle(nil)
	if len(p.out) <= p.limit {
		return p.refs(len(p.out)), "", nil
	}
	last := &p.out[p.limit-1]
	return p.refs(p.limit), cursor(last.next, last.id), nil
}

// duePage gathers the rows of a page from journeys by their earliest look.
type duePage struct {
	ctx     context.Context
	seen    *recall
	until   int64
	from    duePlace
	limit   int
	room    []entry
	out     []dueRow // in order, complete as far as it goes
	waiting []dueRow // in order, perhaps with others between them
}

// dueRow is a row that is due.
type dueRow struct {
	duePlace
	state followup.State
}

func (a duePlace) compare(b duePlace) int {
	return cmp.Or(cmp.Compare(a.next, b.next), strings.Compare(a.id, b.id))
}

// journey takes the due rows of one more journey.
func (p *duePage) journey(r row) error {
	id := r.text(0)
	p.settle(&duePlace{r.int(1), id}) // no row of this journey or of a later one comes before that
	if len(p.out) > p.limit {
		return errEnough
	}
	if err := p.ctx.Err(); err != nil {
		return err
	}
	entries, err := rowsOf(p.room[:0], followup.JourneyID(id), string(r.blob(2)))
	if err != nil {
		return err
	}
	p.room = entries
	p.seen.lies(followup.JourneyID(id), r.int(3))
	for i := range entries {
		x := &entries[i]
		if !x.looks || x.next > p.until {
			continue
		}
		if at := (duePlace{x.next, id + "/" + x.suffix}); at.compare(p.from) > 0 {
			k, _ := slices.BinarySearchFunc(p.waiting, at, func(a dueRow, b duePlace) int { return a.compare(b) })
			p.waiting = slices.Insert(p.waiting, k, dueRow{at, x.state})
		}
	}
	return nil
}

// settle moves to out what waits and comes before a place; nil: everything.
func (p *duePage) settle(before *duePlace) {
	n := len(p.waiting)
	if before != nil {
		n, _ = slices.BinarySearchFunc(p.waiting, *before, func(a dueRow, b duePlace) int { return a.compare(b) })
	}
	p.out = append(p.out, p.waiting[:n]...)
	p.waiting = append(p.waiting[:0], p.waiting[n:]...)
}

// refs are the first n rows.
func (p *duePage) refs(n int) []followup.Ref {
	out := make([]followup.Ref, n)
	for i := range out {
		r := &p.out[i]
		out[i] = followup.Ref{ID: followup.FollowUpID(r.id), Next: time.UnixMilli(r.next).UTC(), State: r.state}
	}
	return out
}

// floorMilli returns the last whole millisecond at or before t.
func floorMilli(t time.Time) int64 { return t.Truncate(time.Millisecond).UnixMilli() }

// dueJourneys needs nothing but the index.
const dueJourneys = "SELECT next, id, n FROM journey WHERE next <= ? AND (next, id) > (?, ?) ORDER BY next, id LIMIT ?"

// DueJourneys pages through the journeys in which something is due at or before
// until, by their earliest look and id. No journey is read for it, so where a row
// is armed it may be that nothing is due.
func (s *Store) DueJourneys(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	at, err := parseDueCursor(after)
	if err != nil {
		return nil, "", fmt.Errorf("read due journeys: %w", err)
	}
	var out []followup.JourneyID
	limit = max(limit, 1)
	err = s.query(ctx, dueJourneys, func(r row) error {
		at = duePlace{r.int(0), r.text(1)}
		out = append(out, followup.JourneyID(at.id))
		s.recall.lies(followup.JourneyID(at.id), r.int(2))
		return nil
	}, floorMilli(until), at.next, at.id, limit)
	if err != nil {
		return nil, "", fmt.Errorf("read due journeys: %w", err)
	}
	if len(out) < limit {
		return out, "", nil
	}
	return out, cursor(at.next, at.id), nil
}

// NextLook returns the earliest next look; ok is false when nothing has one. Of
// a journey with an armed row the index knows only a time that is not later.
func (s *Store) NextLook(ctx context.Context) (at time.Time, ok bool, err error) {
	if err := s.settleAny(ctx); err != nil {
		return time.Time{}, false, fmt.Errorf("read next look: %w", err)
	}
	var next int64
	err = s.query(ctx, nextQuery, func(r row) error {
		if ok && r.int(0) >= next {
			return errEnough
		}
		look, looks := r.int(0), true
		if !r.null(1) {
			entries, err := rowsOf(nil, followup.JourneyID(r.text(2)), string(r.blob(1)))
			if err != nil {
				return err
			}
			m := marksOf(entries)
			look, looks = m.next, m.looks
		}
		if looks && (!ok || look < next) {
			next, ok = look, true
		}
		return nil
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next look: %w", err)
	}
	if !ok {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(next).UTC(), true, nil
}
