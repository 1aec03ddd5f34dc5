package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

// Journeys loads heads and rows consistently; an unknown id gives Version 0.
// Each journey is one query over its head and rows; events are not read.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	if err := alive(ctx, "load journeys"); err != nil {
		return nil, err
	}
	out := make([]followup.Journey, len(ids))
	errs := each(len(ids), func(i int) (err error) {
		out[i], err = s.journey(ctx, ids[i])
		return err
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Store) journey(ctx context.Context, id followup.JourneyID) (followup.Journey, error) {
	j := followup.Journey{ID: id}
	if id == "" {
		return j, nil
	}
	in := s.between(s.t.Journeys, string(id), sortRow, sortHead)
	in.ScanIndexForward = new(false) // the head first: rows of its Save are there then
	err := s.query(ctx, in, func(it item) (bool, error) {
		if it.text(attrSK) == sortHead {
			j.Version = it.number(attrVersion)
			return true, s.packs.unpack(it.body(), &j.Head)
		}
		f, err := s.row(it)
		j.Rows = append(j.Rows, f)
		return true, err
	})
	if err != nil {
		return j, fmt.Errorf("load journey %s: %w", id, err)
	}
	slices.SortFunc(j.Rows, func(a, b followup.FollowUp) int { return cmp.Compare(a.ID, b.ID) })
	return j, nil
}

// Events pages through the log of one journey in the order of the fold. The log
// is kept by id, so each page reads all of it: a few kilobytes.
func (s *Store) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	if err := alive(ctx, "read events"); err != nil {
		return nil, "", err
	}
	var log []followup.Event
	err := s.query(ctx, s.between(s.t.Journeys, string(id), sortEvent, behindEvt), func(it item) (bool, error) {
		var e followup.Event
		err := s.packs.unpack(it.body(), &e)
		e.Shop, e.Order = id.Split()
		log = append(log, e)
		return true, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read events of %s: %w", id, err)
	}
	slices.SortFunc(log, followup.Event.Compare)
	found, next := page(log, after, limit, eventPlace)
	return found, next, nil
}

// eventPlace is the place of an event in the order of the fold, as text.
func eventPlace(e followup.Event) string {
	return fixed(e.Time.Unix()) + fixed(int64(e.Time.Nanosecond())) + e.Source + "\x00" + e.ID
}

// page returns the part of sorted that follows after, at most limit of it, and
// the cursor of the rest.
func page[T any](sorted []T, after followup.Cursor, limit int, place func(T) string) ([]T, followup.Cursor) {
	from := 0
	if after != "" {
		i, found := slices.BinarySearchFunc(sorted, string(after), func(v T, k string) int { return strings.Compare(place(v), k) })
		if from = i; found {
			from++
		}
	}
	rest := sorted[from:]
	if limit = max(limit, 1); len(rest) > limit {
		return rest[:limit], followup.Cursor(place(rest[limit-1]))
	}
	return rest, ""
}

// fixed writes n so that the order of texts is that of numbers.
func fixed(n int64) string { return fmt.Sprintf("%016x", uint64(n)^(1<<63)) }
