package memory

import (
	"context"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// headKeys is what journeys are found by.
type headKeys struct {
	contact followup.ContactID
	open    bool
}

func keysOf(h *followup.Head) headKeys {
	return headKeys{h.Contact, slices.ContainsFunc(h.Facts.Cases, followup.Case.Open)}
}

// Find pages through journeys by id.
func (s *Store) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	if err := alive(ctx, "find journeys"); err != nil {
		return nil, "", err
	}
	matches, err := matcher(q)
	if err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []followup.JourneyID
	for id, j := range s.journeys {
		if matches(j) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	found, next := page(ids, after, limit, func(id followup.JourneyID) string { return string(id) })
	return found, next, nil
}

func matcher(q followup.Query) (func(*journey) bool, error) {
	switch q {
	case followup.Query{Contact: q.Contact}:
		if q.Contact != "" {
			return func(j *journey) bool { return j.found.contact == q.Contact }, nil
		}
	case followup.Query{OpenCase: true}:
		return func(j *journey) bool { return j.found.open }, nil
	case followup.Query{Claimed: true}:
		return func(j *journey) bool {
			for _, r := range j.rows {
				if r.State == followup.Armed && r.Claimed != "" {
					return true
				}
			}
			return false
		}, nil
	case followup.Query{All: true}:
		return func(j *journey) bool { return j.head.version > 0 }, nil
	case followup.Query{State: q.State}:
		return stateMatcher(q.State)
	}
	return nil, fmt.Errorf("find journeys: want exactly one field of the query, got %+v", q)
}

func stateMatcher(state followup.State) (func(*journey) bool, error) {
	switch state {
	case followup.Listed, followup.Held, followup.Unknown, followup.Parked, followup.Failed, followup.Armed:
	default:
		return nil, fmt.Errorf("find journeys: rows in state %q cannot be found, only those that need attention", state)
	}
	return func(j *journey) bool {
		for _, r := range j.rows {
			if r.State == state {
				return true
			}
		}
		return false
	}, nil
}
