package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// Overview is how things stand.
type Overview struct {
	Orders  int                    // looked at
	Whole   bool                   // those are all; else there are more
	States  map[followup.State]int // follow-ups of the orders looked at
	NextDue time.Time              // earliest look ahead among them; zero: none
	Faulty  []FaultyOrder          // those among them that need a look
}

// FaultyOrder is an order with conditions that failed, or with events that name
// what it does not have. Its story tells all of them, and what to do.
type FaultyOrder struct {
	Journey followup.JourneyID
	Order   string // as the shop numbers it, else its id
	First   string // one of them
	More    int    // beside that one
}

// Overview counts the follow-ups by state, over at most a thousand orders.
func (e *Engine) Overview(ctx context.Context, now time.Time) (Overview, error) {
	o := Overview{States: map[followup.State]int{}}
	var err error
	o.Whole, err = e.each(ctx, followup.Query{All: true}, func(j *followup.Journey) error {
		o.Orders++
		for i := range j.Rows {
			row := &j.Rows[i]
			o.States[row.State]++
			if row.State == followup.Planned && (o.NextDue.IsZero() || row.DueAt.Before(o.NextDue)) {
				o.NextDue = row.DueAt
			}
		}
		faults, err := e.faults(ctx, now, j)
		if len(faults) > 0 {
			f := FaultyOrder{Journey: j.ID, Order: j.Head.Facts.Number, First: faults[0], More: len(faults) - 1}
			if f.Order == "" {
				_, f.Order = j.ID.Split()
			}
			o.Faulty = append(o.Faulty, f)
		}
		return err
	})
	if err != nil {
		return o, fmt.Errorf("count follow-ups: %w", err)
	}
	return o, nil
}

// faults are what the order's story tells as such. Most orders have nothing that
// could be one, and need no look at their plan.
func (e *Engine) faults(ctx context.Context, now time.Time, j *followup.Journey) ([]string, error) {
	f := &j.Head.Facts
	out := slices.Clone(j.Head.Faults)
	if len(f.Strays) == 0 && !slices.ContainsFunc(f.Units, func(u followup.Unit) bool { return len(u.Covers) > 0 }) {
		return out, nil
	}
	r, err := e.Rules(ctx, j)
	if err != nil {
		return nil, err
	}
	d := r.Desire(j, &followup.Contact{}, now) // strays do not depend on the contact
	for _, stray := range d.Strays() {
		out = append(out, stray.String())
	}
	return out, nil
}
