package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// Lists look at no more journeys than this, so that a page of an operator
// costs the same in a large shop as in a small one.
const (
	listPage = 100
	listMost = 1000
)

// each runs do over the journeys that q selects, with their rows, up to
// listMost; whole is false when there are more.
func (e *Engine) each(ctx context.Context, q followup.Query, do func(*followup.Journey) error) (whole bool, err error) {
	seen := 0
	for after := followup.Cursor(""); ; {
		ids, next, err := e.c.Store.Find(ctx, q, after, min(listPage, listMost-seen))
		if err != nil {
			return false, fmt.Errorf("find journeys: %w", err)
		}
		js, err := e.c.Store.Journeys(ctx, ids)
		if err != nil {
			return false, fmt.Errorf("load journeys: %w", err)
		}
		for i := range js {
			if js[i].Version == 0 {
				continue // parts of a dead save
			}
			if err := do(&js[i]); err != nil {
				return false, err
			}
		}
		seen += len(ids)
		switch {
		case next == "":
			return true, nil
		case seen >= listMost:
			return false, nil
		}
		after = next
	}
}

// person loads the contact of a journey.
func (e *Engine) person(ctx context.Context, j *followup.Journey) (followup.Contact, error) {
	if j.Head.Contact == "" {
		return followup.Contact{}, nil
	}
	cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{j.Head.Contact})
	if err != nil {
		return followup.Contact{}, fmt.Errorf("load contact of %s: %w", j.ID, err)
	}
	return cs[0], nil
}

// ParkedItem is a send of which nobody knows whether it happened, or that
// cannot be made. `parked list --json` prints this shape.
type ParkedItem struct {
	ID       followup.FollowUpID `json:"id"`
	Order    string              `json:"order"`
	Units    []string            `json:"units"`
	Step     string              `json:"step"`
	Class    string              `json:"class"`
	Channel  string              `json:"channel"`
	State    string              `json:"state"` // parked or unknown
	DueLocal string              `json:"due_local"`
	Zone     string              `json:"zone"`
	Since    string              `json:"since"` // of the last decision, UTC
	Reason   string              `json:"reason"`

	Journey followup.JourneyID `json:"-"`
	Number  string             `json:"-"`
}

// Parked lists what waits for a person, or for evidence, in the order of due.
func (e *Engine) Parked(ctx context.Context) ([]ParkedItem, error) {
	return e.rows(ctx, followup.Parked, followup.Unknown)
}

// Attention lists rows that ended or wait with a fault: held for a fault of
// their message, and failed for good.
func (e *Engine) Attention(ctx context.Context) ([]ParkedItem, error) {
	return e.rows(ctx, followup.Held, followup.Failed)
}

func (e *Engine) rows(ctx context.Context, states ...followup.State) ([]ParkedItem, error) {
	out := []ParkedItem{}
	due := map[followup.FollowUpID]time.Time{}
	for _, state := range states {
		_, err := e.each(ctx, followup.Query{State: state}, func(j *followup.Journey) error {
			for i := range j.Rows {
				row := &j.Rows[i]
				if row.State != state || state == followup.Held && row.HeldFor != "fault" {
					continue
				}
				out, due[row.ID] = append(out, parkedItem(j, row)), row.DueAt
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list what is %s: %w", state, err)
		}
	}
	slices.SortFunc(out, func(a, b ParkedItem) int { return cmp.Or(due[a.ID].Compare(due[b.ID]), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func parkedItem(j *followup.Journey, row *followup.FollowUp) ParkedItem {
	_, order := j.ID.Split()
	item := ParkedItem{
		ID: row.ID, Order: order, Units: keys(row.Units), Step: row.Step, Class: string(row.Class), Channel: string(row.Channel),
		State: string(row.State), DueLocal: row.Due.String(), Zone: row.Zone, Journey: j.ID, Number: j.Head.Facts.Number,
	}
	if n := len(row.Decisions); n > 0 {
		item.Since, item.Reason = stamp(row.Decisions[n-1].At), row.Decisions[n-1].Reason
	}
	return item
}
