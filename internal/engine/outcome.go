package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"aftersales/internal/followup"
)

// Outcome records what a provider says of an attempt. It settles rows whose
// result is unclear, closes an address that bounced for good, and takes a
// complaint as a no to feedback and marketing mail; service mail goes on, since a
// recall must not be lost to a click on "spam". Reports may be repeated, late and
// in any order; one about what is not known here is logged and forgotten.
func (e *Engine) Outcome(ctx context.Context, now time.Time, r followup.Report) error {
	for range conflicts {
		err := e.outcome(ctx, now, r)
		if !errors.Is(err, followup.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("record report of %s: %w", r.FollowUp, followup.ErrConflict)
}

func (e *Engine) outcome(ctx context.Context, now time.Time, r followup.Report) error {
	id := r.FollowUp.Journey()
	if id == "" {
		return e.stray(ctx, r, "the id is malformed")
	}
	js, err := e.c.Store.Journeys(ctx, []followup.JourneyID{id})
	if err != nil {
		return fmt.Errorf("load journey %s: %w", id, err)
	}
	row := js[0].Row(r.FollowUp)
	if row == nil || js[0].Version == 0 {
		return e.stray(ctx, r, "there is no such follow-up")
	}
	if r.Attempt != "" && r.Attempt != row.Attempt { // two attempts may have been accepted: never hidden
		e.c.Log.WarnContext(ctx, "report of an earlier attempt", slog.String("follow_up", string(r.FollowUp)),
			slog.String("attempt", r.Attempt), slog.String("latest", row.Attempt), slog.String("kind", string(r.Kind)))
	}
	if r.Kind == followup.ReportCalled && r.Outcome != "" {
		return e.called(ctx, now, r)
	}
	told, changed := row.Told(r, now)
	if err := e.react(ctx, now, &js[0], row, r, changed); err != nil || !changed {
		return err
	}
	return e.saveTold(ctx, row, told)
}

// stray notes a report that concerns nothing here: a row that was erased, or a
// mail of somebody else who uses the same account.
func (e *Engine) stray(ctx context.Context, r followup.Report, why string) error {
	e.c.Log.WarnContext(ctx, "report ignored", slog.String("follow_up", string(r.FollowUp)), slog.String("kind", string(r.Kind)), slog.String("why", why))
	return nil
}

// called records how an automated call went. What was recorded already stays.
func (e *Engine) called(ctx context.Context, now time.Time, r followup.Report) error {
	_, err := e.Done(ctx, now, Called{ID: r.FollowUp, Outcome: r.Outcome, CallMe: r.CallMe})
	if errors.Is(err, followup.ErrState) {
		e.c.Log.InfoContext(ctx, "outcome of a call is known already", slog.String("follow_up", string(r.FollowUp)), slog.String("outcome", string(r.Outcome)))
		return nil
	}
	return err
}

// react does what follows for the customer, before the row says so: a death in
// between leaves the report to be repeated, and every part may be.
func (e *Engine) react(ctx context.Context, now time.Time, j *followup.Journey, row *followup.FollowUp, r followup.Report, changed bool) error {
	contact := row.Contact // whose address it went to
	if contact == "" {
		contact = j.Head.Contact
	}
	switch {
	case contact == "":
		return nil
	case r.Kind == followup.ReportBounced:
		err := e.updateContact(ctx, contact, func(c *followup.Contact) bool {
			return c.Suppress(followup.Suppression{Channel: row.Channel, Reason: "bounce", At: now})
		})
		if err != nil {
			return fmt.Errorf("suppress bounced address of %s: %w", row.ID, err)
		}
	case r.Kind == followup.ReportComplained && changed:
		var words []followup.Consent
		for _, class := range []followup.Class{followup.Feedback, followup.Marketing} {
			words = append(words, followup.Consent{Purpose: class, Channel: row.Channel, At: now, How: "complaint"})
		}
		if err := e.Consent(ctx, now, contact, words); err != nil {
			return fmt.Errorf("record complaint about %s: %w", row.ID, err)
		}
	}
	return nil
}

// saveTold writes a row that a report changed. It went out, so no follow-up that
// waits for a failure follows from it.
func (e *Engine) saveTold(ctx context.Context, was *followup.FollowUp, told followup.FollowUp) error {
	errs, err := e.c.Store.Save(ctx, []followup.Change{{Journey: was.ID.Journey(), Rows: []followup.FollowUp{told}}})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("record report of %s: %w", was.ID, err)
	}
	e.c.Log.InfoContext(ctx, "reported", slog.String("follow_up", string(was.ID)), slog.String("from", string(was.State)), slog.String("state", string(told.State)))
	return nil
}
