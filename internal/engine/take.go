package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// load reads the journeys, by what is due in them first, and their contacts.
func (r *round) load(ctx context.Context) ([]*followup.Journey, map[followup.ContactID]*followup.Contact, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(r.ids)))
	journeys, err := r.e.c.Store.Journeys(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("load journeys: %w", err)
	}
	contacts := make(map[followup.ContactID]*followup.Contact, len(journeys))
	cids := make([]followup.ContactID, 0, len(journeys))
	for i := range journeys {
		if id := journeys[i].Head.Contact; id != "" && contacts[id] == nil {
			contacts[id] = &followup.Contact{}
			cids = append(cids, id)
		}
	}
	loaded, err := r.e.c.Store.Contacts(ctx, cids)
	if err != nil {
		return nil, nil, fmt.Errorf("load contacts: %w", err)
	}
	for i := range loaded {
		contacts[loaded[i].ID] = &loaded[i]
	}
	return r.inTurn(journeys), contacts, nil
}

// inTurn orders journeys by what is due in them, then by id, as they come.
func (r *round) inTurn(journeys []followup.Journey) []*followup.Journey {
	type turn struct {
		at time.Time
		j  *followup.Journey
	}
	turns := make([]turn, len(journeys))
	for i := range journeys {
		turns[i] = turn{r.earliest(&journeys[i]), &journeys[i]}
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return a.at.Compare(b.at) })
	out := make([]*followup.Journey, len(turns))
	for i := range turns {
		out[i] = turns[i].j
	}
	return out
}

func (r *round) earliest(j *followup.Journey) time.Time {
	var t time.Time
	for i := range j.Rows {
		row := &j.Rows[i]
		if !row.Next.IsZero() && !row.Next.After(r.now) && (t.IsZero() || row.Next.Before(t)) {
			t = row.Next
		}
	}
	return t
}
