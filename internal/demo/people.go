package demo

import (
	"context"
	"errors"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// customer decides what the reader of a mail will do.
func (w *World) customer(m followup.Message) {
	now := w.form.Now()
	if w.familyReads(m, now) || m.FollowUp.Journey() == livingJourney {
		return
	}
	r := w.rand
	switch step := stepOf(m.FollowUp); {
	case (step == "check-in" || step == "recovered") && r.IntN(100) < 60:
		value := "works"
		if k := r.IntN(100); k < 15 && step == "check-in" || k < 6 {
			value = "problem"
		} else if k > 95 {
			value = "help"
		}
		w.answers(now.Add(time.Duration(5+r.IntN(40*60))*time.Minute), m.FollowUp, value, 0)
	case step == "review" && r.IntN(100) < 25:
		w.answers(now.Add(time.Duration(60+r.IntN(3000))*time.Minute), m.FollowUp, "", 1+r.IntN(5))
	case m.Class == followup.Feedback && r.IntN(100) < 2:
		w.todo.put(now.Add(time.Hour), func(ctx context.Context) error { return w.unsubscribe(ctx, m.FollowUp.Journey()) })
	}
}

// answers puts an answer by page on the agenda.
func (w *World) answers(at time.Time, id followup.FollowUpID, value string, rating int) {
	w.todo.put(at, func(ctx context.Context) error {
		now := w.form.Now()
		unit, err := w.unitOf(ctx, id, value)
		if err != nil {
			return err
		}
		heard, err := w.form.Engine().Answer(ctx, now, engine.Said{
			Journey: id.Journey(), FollowUp: id, Unit: unit, Value: value, Rating: rating, By: "page",
		})
		if err != nil {
			return err
		}
		if heard.Case > 0 && id.Journey() != familyJourney {
			w.solve(now.Add(time.Duration(18+w.rand.IntN(120))*time.Hour), followup.NewCaseID(id.Journey(), heard.Case), "")
		}
		return nil
	})
}

// unitOf names the unit an answer is about: that of the follow-up, else the
// first of the order. A rating is about the whole order.
func (w *World) unitOf(ctx context.Context, id followup.FollowUpID, value string) (followup.UnitKey, error) {
	if value == "" {
		return "", nil
	}
	js, err := w.form.Store().Journeys(ctx, []followup.JourneyID{id.Journey()})
	if err != nil {
		return "", err
	}
	if row := js[0].Row(id); row != nil && row.Unit != "" {
		return row.Unit, nil
	}
	return js[0].Head.Facts.Units[0].Key, nil
}

// solve puts the closing of a case on the agenda.
func (w *World) solve(at time.Time, id followup.CaseID, reason string) {
	if reason == "" {
		reason = engine.CaseReasons[w.rand.IntN(len(engine.CaseReasons))]
	}
	w.todo.put(at, func(ctx context.Context) error {
		_, err := w.form.Engine().Case(ctx, w.form.Now(), engine.CaseWord{Case: id, Type: followup.CaseClosed, Reason: reason, By: "demo"})
		if errors.Is(err, engine.ErrCase) {
			return nil // somebody was faster
		}
		return err
	})
}

// handOver closes the case of a customer who asked for their data: somebody
// sent it.
func (w *World) handOver(ctx context.Context, id followup.JourneyID) error {
	js, err := w.form.Store().Journeys(ctx, []followup.JourneyID{id})
	if err != nil {
		return err
	}
	for _, c := range js[0].Head.Facts.Cases {
		if c.Reason != "data-request" || !c.Open() {
			continue
		}
		word := engine.CaseWord{Case: followup.NewCaseID(id, c.Number), Type: followup.CaseClosed, Reason: "other", Text: "The copy was sent.", By: "demo"}
		if _, err := w.form.Engine().Case(ctx, w.form.Now(), word); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) unsubscribe(ctx context.Context, id followup.JourneyID) error {
	js, err := w.form.Store().Journeys(ctx, []followup.JourneyID{id})
	if err != nil {
		return err
	}
	now := w.form.Now()
	return w.form.Engine().Consent(ctx, now, js[0].Head.Contact, []followup.Consent{
		{Purpose: followup.Feedback, Channel: followup.Email, At: now, How: "one-click"},
	})
}

// staff plans to work off what is on the call list.
func (w *World) staff(ctx context.Context) error {
	calls, err := w.form.Engine().Calls(ctx, w.form.Now())
	if err != nil {
		return err
	}
	for _, c := range calls {
		if c.ClaimedBy != "" || w.taken[c.ID] {
			continue
		}
		w.taken[c.ID] = true
		wait := time.Duration(3+w.rand.IntN(80)) * time.Minute
		outcome := w.outcome(c.ID)
		w.todo.put(w.form.Now().Add(wait), func(ctx context.Context) error { return w.call(ctx, c.ID, outcome) })
	}
	return nil
}

func (w *World) outcome(id followup.FollowUpID) followup.Outcome {
	if id.Journey() == familyJourney {
		return followup.OutcomeNoAnswer
	}
	switch k := w.rand.IntN(100); {
	case k < 40:
		return followup.OutcomeNoAnswer
	case k < 82:
		return followup.OutcomeWorks
	case k < 90:
		return followup.OutcomeProblem
	case k < 93:
		return followup.OutcomeHelp
	case k < 96:
		return followup.OutcomeCallBack
	case k < 98:
		return followup.OutcomeWrongNumber
	default:
		return followup.OutcomeDoNotCall
	}
}

func (w *World) call(ctx context.Context, id followup.FollowUpID, o followup.Outcome) error {
	now := w.form.Now()
	if _, err := w.form.Engine().Claim(ctx, now, id, "demo"); err != nil {
		if errors.Is(err, engine.ErrNotNow) {
			delete(w.taken, id) // it may be listed again
			return nil
		}
		return err
	}
	done := engine.Called{ID: id, Outcome: o, By: "demo"}
	if o == followup.OutcomeCallBack {
		js, err := w.form.Store().Journeys(ctx, []followup.JourneyID{id.Journey()})
		if err != nil {
			return err
		}
		row := js[0].Row(id)
		done.Back = row.Due
		done.Back.Date = done.Back.Date.AddDays(2)
	}
	heard, err := w.form.Engine().Done(ctx, now, done)
	if err == nil && heard.Case > 0 {
		w.solve(now.Add(time.Duration(18+w.rand.IntN(120))*time.Hour), followup.NewCaseID(id.Journey(), heard.Case), "")
	}
	return err
}
