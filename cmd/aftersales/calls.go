package main

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// callsVerbs work the call list.
type callsVerbs struct {
	List    callsListVerb    `cmd:"" help:"List the calls that may be made now, and those that somebody claimed."`
	Claim   callsClaimVerb   `cmd:"" help:"Take a call: shows who, the number, and what to say."`
	Done    callsDoneVerb    `cmd:"" help:"Record how a call went."`
	Release callsReleaseVerb `cmd:"" help:"Give back a call that was not made."`
}

type callsListVerb struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the calls by due.
func (v *callsListVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		calls, err := d.Engine.Calls(ctx, now)
		if err != nil {
			return err
		}
		if v.JSON {
			return s.json(calls)
		}
		if len(calls) == 0 {
			s.printf("No call may be made now.\n")
			return nil
		}
		rows := table{}
		for _, c := range calls {
			claimed := "free"
			if c.ClaimedBy != "" {
				claimed = "claimed by " + c.ClaimedBy
			}
			rows.add(cell{string(c.ID), bold}, cell{"due " + wall(c.DueLocal), plain}, cell{c.Zone, faint}, cell{cmp.Or(c.Contact, "name not known"), plain},
				cell{"try " + strconv.Itoa(c.Try), plain}, cell{claimed, plain})
		}
		rows.write(s.out, s.painter(), nil)
		return nil
	})
}

type callsClaimVerb struct {
	ID   string `arg:"" help:"The call, as calls list names it."`
	By   string `placeholder:"NAME" help:"Who makes the call; default is your name on this machine."`
	JSON bool   `name:"json" help:"Print as JSON, in the shape of calls list."`
}

// Run claims the call, then shows it.
func (v *callsClaimVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		m, err := d.Engine.Claim(ctx, now, followup.FollowUpID(v.ID), whoever(v.By))
		if err != nil {
			return err
		}
		if v.JSON {
			return s.claimed(ctx, d, now, v.ID)
		}
		p := s.painter()
		s.printf("%s  %s\n\n", p.paint(plain, cmp.Or(m.To.Name, "name not known")), p.paint(bold, m.Phone))
		for line := range strings.Lines(strings.TrimSpace(m.Text) + "\n") {
			s.printf("%s\n", p.paint(plain, strings.TrimRight(line, "\n")))
		}
		s.printf("\nAfterwards: aftersales calls done %s --outcome OUTCOME%s\n", v.ID, s.onStack())
		return nil
	})
}

// claimed prints one call of the list.
func (s *shell) claimed(ctx context.Context, d *desk, now time.Time, id string) error {
	calls, err := d.Engine.Calls(ctx, now)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if string(c.ID) == id {
			return s.json(c)
		}
	}
	return followup.ErrNotFound
}

type callsDoneVerb struct {
	ID      string         `arg:"" help:"The call, as calls list names it."`
	Outcome string         `required:"" enum:"works,problem,help,no-answer,call-back,wrong-number,do-not-call" placeholder:"OUTCOME" help:"How it went: works, problem, help, no-answer, call-back, wrong-number, do-not-call."`
	Unit    string         `placeholder:"UNIT" help:"Which unit was spoken of, as calls list --json names it; default the only one, or the order as one."`
	At      civil.DateTime `placeholder:"LOCAL" help:"call-back: when, on the customer's clock, such as 2026-03-05T15:00."`
	Note    string         `placeholder:"TEXT" help:"What was said; kept with the customer."`
	By      string         `placeholder:"NAME" help:"Who called; default is your name on this machine."`
	JSON    bool           `name:"json" help:"Print as JSON."`
}

// Run records the outcome.
func (v *callsDoneVerb) Run(ctx context.Context, s *shell) error {
	switch back := v.Outcome == string(followup.OutcomeCallBack); {
	case back && v.At.IsZero():
		return misused("--outcome call-back needs --at, when to call on the customer's clock, such as --at 2026-03-05T15:00")
	case !back && !v.At.IsZero():
		return misused("--at goes with --outcome call-back only")
	}
	return s.work(ctx, func(d *desk, now time.Time) error {
		id := followup.FollowUpID(v.ID)
		heard, err := d.Engine.Done(ctx, now, engine.Called{
			ID: id, Outcome: followup.Outcome(v.Outcome), Unit: followup.UnitKey(v.Unit), Back: v.At, Note: v.Note, By: whoever(v.By),
		})
		if err != nil {
			return err
		}
		return s.done(v, id, heard, shopZone(d, id.Journey()))
	})
}

// done says what follows from a call, on the shop's clock.
func (s *shell) done(v *callsDoneVerb, id followup.FollowUpID, h engine.Heard, zone *time.Location) error {
	name, due := "", ""
	if h.Case > 0 {
		name, due = string(followup.NewCaseID(id.Journey(), h.Case)), h.ReplyDue.UTC().Format(time.RFC3339)
	}
	if v.JSON {
		return s.json(struct {
			ID       followup.FollowUpID `json:"id"`
			Outcome  string              `json:"outcome"`
			Case     string              `json:"case"`      // "" none
			ReplyDue string              `json:"reply_due"` // of the case, UTC
		}{id, v.Outcome, name, due})
	}
	s.printf("%s: %s\n", id, v.Outcome)
	if name != "" {
		s.printf("case %s is open; a reply is promised by %s\n", name, h.ReplyDue.In(zone).Format(screenTime)+" "+zone.String())
	}
	return nil
}

type callsReleaseVerb struct {
	ID     string `arg:"" help:"The call, as calls list names it."`
	Reason string `required:"" placeholder:"TEXT" help:"Why it was not made."`
	By     string `placeholder:"NAME" help:"Who gives it back; after 15 minutes anybody may. Default is your name on this machine."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

// Run gives the call back.
func (v *callsReleaseVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		if err := d.Engine.Release(ctx, now, followup.FollowUpID(v.ID), whoever(v.By), v.Reason); err != nil {
			return err
		}
		return s.settled(v.JSON, v.ID, followup.Listed, "is on the list again")
	})
}
