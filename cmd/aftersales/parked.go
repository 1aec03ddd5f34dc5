package main

import (
	"context"
	"time"

	"aftersales/internal/followup"
)

// parkedVerbs decide what a machine must not.
type parkedVerbs struct {
	List   parkedListVerb   `cmd:"" help:"List what waits for a decision."`
	Sent   parkedSentVerb   `cmd:"" help:"Say that it went out."`
	Resend parkedResendVerb `cmd:"" help:"Send it again: the customer may get it twice."`
	Void   parkedVoidVerb   `cmd:"" help:"Give it up: it is never sent."`
}

type parkedListVerb struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists what is parked or waits for evidence, by due.
func (v *parkedListVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, _ time.Time) error {
		items, err := d.Engine.Parked(ctx)
		if err != nil {
			return err
		}
		if v.JSON {
			return s.json(items)
		}
		if len(items) == 0 {
			s.printf("Nothing is parked.\n")
			return nil
		}
		rows := table{}
		for _, i := range items {
			zone := shopZone(d, i.Journey)
			rows.add(cell{string(i.ID), bold}, cell{i.State, stateStyles[i.State]}, cell{i.Class, plain}, cell{i.Channel, plain},
				cell{"due " + wall(i.DueLocal) + " " + i.Zone, plain}, cell{"since " + localTime(i.Since, zone) + " " + zone.String(), plain}, cell{i.Reason, plain})
		}
		rows.write(s.out, s.painter(), nil)
		return nil
	})
}

// Decision is what an operator says of a parked follow-up.
type Decision struct {
	ID     string `arg:"" help:"The follow-up, as parked list names it."`
	Reason string `required:"" placeholder:"TEXT" help:"Why; it is kept with the decision."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

func (v *Decision) settle(ctx context.Context, s *shell, to followup.State, said string) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		if err := d.Engine.Settle(ctx, now, followup.FollowUpID(v.ID), to, v.Reason); err != nil {
			return err
		}
		return s.settled(v.JSON, v.ID, to, said)
	})
}

// settled says what became of a follow-up by a person's word.
func (s *shell) settled(asJSON bool, id string, state followup.State, said string) error {
	if asJSON {
		return s.json(struct {
			ID    string         `json:"id"`
			State followup.State `json:"state"`
		}{id, state})
	}
	s.printf("%s %s\n", id, said)
	return nil
}

type parkedSentVerb struct{ Decision }

// Run records that it was sent.
func (v *parkedSentVerb) Run(ctx context.Context, s *shell) error {
	return v.settle(ctx, s, followup.Sent, "counts as sent")
}

type parkedResendVerb struct{ Decision }

// Run plans it once more.
func (v *parkedResendVerb) Run(ctx context.Context, s *shell) error {
	return v.settle(ctx, s, followup.Planned, "is planned again")
}

type parkedVoidVerb struct{ Decision }

// Run gives it up.
func (v *parkedVoidVerb) Run(ctx context.Context, s *shell) error {
	return v.settle(ctx, s, followup.Voided, "is given up")
}
