package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// Park takes rows out of the queue because looking at them failed four times, a
// death of the whole process included: a person has to decide about them. An
// attempt that may be under way is left alone until its deadline and margin, and
// then goes by UNKNOWN. Rows without a look due are not at fault and stay.
func (e *Engine) Park(ctx context.Context, now time.Time, ids []followup.FollowUpID, reason string) error {
	var failed error
	for _, j := range journeysOf(ids) {
		err := fmt.Errorf("%w", followup.ErrConflict)
		for n := 0; n < conflicts && errors.Is(err, followup.ErrConflict); n++ {
			err = e.park(ctx, now, j, ids, reason)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("park rows of %s: %w", j, err))
		}
	}
	return failed
}

// journeysOf returns the journeys of follow-ups, each once, in order.
func journeysOf(ids []followup.FollowUpID) []followup.JourneyID {
	var out []followup.JourneyID
	for _, id := range ids {
		if j := id.Journey(); j != "" && !slices.Contains(out, j) {
			out = append(out, j)
		}
	}
	return out
}

func (e *Engine) park(ctx context.Context, now time.Time, id followup.JourneyID, ids []followup.FollowUpID, reason string) error {
	js, err := e.c.Store.Journeys(ctx, []followup.JourneyID{id})
	if err != nil {
		return err
	}
	change := followup.Change{Journey: id}
	for _, row := range js[0].Rows {
		if !slices.Contains(ids, row.ID) || row.Next.IsZero() || row.Next.After(now) { // an armed one's look is its deadline and margin
			continue
		}
		switch {
		case row.State == followup.Armed:
			if row.Claimed != "" {
				continue
			}
			row = row.Lose("no result until the deadline and its margin; "+reason, now)
		case row.State.Terminal(): // something waits for its end: not soon again, so that it does not stand before others
			row.Next = now.Add(time.Hour)
		default:
			row = row.Poison(reason, now)
		}
		change.Rows = append(change.Rows, row)
		e.c.Log.ErrorContext(ctx, "parked", slog.String("follow_up", string(row.ID)), slog.String("state", string(row.State)), slog.String("why", reason))
	}
	if len(change.Rows) == 0 {
		return nil
	}
	errs, err := e.c.Store.Save(ctx, []followup.Change{change})
	return errors.Join(append(errs, err)...)
}
