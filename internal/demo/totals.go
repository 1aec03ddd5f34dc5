package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"aftersales/internal/followup"
)

// Result is what `demo --json` prints: the same bytes for the same seed.
type Result struct {
	Orders       int                    `json:"orders"`
	Events       int                    `json:"events"` // bodies posted by stores
	FollowUps    int                    `json:"follow_ups"`
	ByState      map[followup.State]int `json:"by_state"`
	ByStep       map[string]int         `json:"by_step"`
	Sent         int                    `json:"sent"`       // mails the channel accepted
	LateMax      int                    `json:"late_max_s"` // sent minus last due, in seconds
	Duplicates   int                    `json:"duplicates"` // follow-ups that the channel accepted twice
	VirtualYears int                    `json:"virtual_years"`

	OutOfHours  int `json:"-"` // mails accepted outside the customer's hours
	AfterCancel int `json:"-"` // mails accepted for an order with nothing left of it
	Held        int `json:"-"`
	Moved       int `json:"-"`
	Skipped     int `json:"-"`
	Voided      int `json:"-"`
	Calls       int `json:"-"`
	Cases       int `json:"-"`
}

// WriteJSON prints the result for machines.
func (r *Result) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// count looks at everything that was stored and accepted. It does not trust the
// engine: hours, cancellations and repetitions are judged again from the mails.
func (w *World) count(ctx context.Context) (Result, error) {
	r := Result{
		Events: w.told, Sent: len(w.mails), ByState: map[followup.State]int{}, ByStep: map[string]int{},
		VirtualYears: int(end.Sub(begin).Hours() / 24 / 365),
	}
	rows := map[followup.FollowUpID]*followup.FollowUp{}
	facts := map[followup.JourneyID]*followup.Facts{}
	err := w.each(ctx, func(j *followup.Journey) {
		r.Orders++
		facts[j.ID] = &j.Head.Facts
		r.Cases += len(j.Head.Facts.Cases)
		for i := range j.Rows {
			row := &j.Rows[i]
			rows[row.ID] = row
			r.FollowUps++
			r.ByState[row.State]++
			r.ByStep[row.Step]++
			if row.Outcome != "" {
				r.Calls++
			}
			r.Held += decided(row, followup.ResultHold)
			r.Moved += decided(row, followup.ResultMove)
		}
	})
	if err != nil {
		return r, err
	}
	r.Skipped, r.Voided = r.ByState[followup.Skipped], r.ByState[followup.Voided]
	accepted := map[followup.FollowUpID]int{}
	for _, m := range w.mails {
		accepted[m.id]++
		if accepted[m.id] == 2 {
			r.Duplicates++
		}
		row := rows[m.id]
		if row == nil {
			return r, fmt.Errorf("mail for %s, which does not exist", m.id)
		}
		if err := w.judge(&r, m, row, facts[m.id.Journey()]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// judge checks one accepted mail against the hours and the order's fate.
func (w *World) judge(r *Result, m mail, row *followup.FollowUp, f *followup.Facts) error {
	loc, err := time.LoadLocation(row.Zone)
	if err != nil {
		return fmt.Errorf("zone of %s: %w", m.id, err)
	}
	if local := m.at.In(loc); local.Hour() < 8 || local.Hour() >= 20 {
		r.OutOfHours++
	}
	gone := len(f.Units) > 0
	for _, u := range f.Units {
		if u.Cancelled.IsZero() || u.Cancelled.At.Time.After(m.at) {
			gone = false
		}
	}
	if gone {
		r.AfterCancel++
	}
	due := row.DueAt
	for _, d := range row.Decisions {
		if d.Next.After(due) && !d.Next.After(m.at) {
			due = d.Next
		}
	}
	r.LateMax = max(r.LateMax, int(m.at.Sub(due).Seconds()))
	return nil
}

// each pages through every journey.
func (w *World) each(ctx context.Context, do func(*followup.Journey)) error {
	for after := followup.Cursor(""); ; {
		ids, next, err := w.form.Store().Find(ctx, followup.Query{All: true}, after, 100)
		if err != nil {
			return err
		}
		js, err := w.form.Store().Journeys(ctx, ids)
		if err != nil {
			return err
		}
		for i := range js {
			do(&js[i])
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

// decided is 1 when a decision of row had that result, else 0.
func decided(row *followup.FollowUp, result followup.Result) int {
	for _, d := range row.Decisions {
		if d.Result == result {
			return 1
		}
	}
	return 0
}
