package main

import (
	"context"
	"slices"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// caseVerbs work the cases.
type caseVerbs struct {
	List   caseListVerb   `cmd:"" help:"List the cases, open ones first."`
	Open   caseOpenVerb   `cmd:"" help:"Open a case for an order."`
	Note   caseNoteVerb   `cmd:"" help:"Write something down."`
	Close  caseCloseVerb  `cmd:"" help:"Close a case with what came of it; the customer is asked again."`
	Reopen caseReopenVerb `cmd:"" help:"Open a closed case again."`
}

type caseListVerb struct {
	Open bool `help:"Open ones only."`
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the cases, the most urgent first.
func (v *caseListVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		items, err := d.Engine.OpenCases(ctx, now, !v.Open)
		if err != nil {
			return err
		}
		cases := make([]engine.StoryCase, len(items))
		for i, c := range items {
			cases[i] = c.StoryCase
		}
		if v.JSON {
			return s.json(cases)
		}
		if len(cases) == 0 {
			s.printf("No cases.\n")
			return nil
		}
		s.cases(d, items)
		return nil
	})
}

// cases prints cases on their shops' clocks.
func (s *shell) cases(d *desk, items []engine.CaseItem) {
	zones := make([]string, len(items))
	for i := range items {
		zones[i] = shopZone(d, items[i].Journey).String()
	}
	one := len(slices.Compact(slices.Sorted(slices.Values(zones)))) == 1
	rows := table{}
	for i := range items {
		row := caseRow(&items[i].StoryCase, shopZone(d, items[i].Journey))
		if items[i].Overdue {
			row[len(row)-1].style = red
		}
		if !one {
			row = slices.Insert(row, len(row)-2, cell{zones[i], faint})
		}
		rows.add(row...)
	}
	rows.write(s.out, s.painter(), nil)
	if one {
		s.printf("Times are %s, the shop's.\n", zones[0])
		return
	}
	s.printf("Times are those of each shop.\n")
}

type caseOpenVerb struct {
	Order string `arg:"" help:"The order, as why takes it."`
	Shop  string `placeholder:"ID" help:"The shop, where several know the number."`
	Unit  string `placeholder:"LINE/N" help:"The unit, such as l1/1; default is the whole order."`
	Text  string `placeholder:"TEXT" help:"What is wrong; kept with the customer."`
	By    string `placeholder:"NAME" help:"Who opens it; default is your name on this machine."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// Run opens the case.
func (v *caseOpenVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		order, err := findOrder(ctx, d, v.Order, v.Shop)
		if err != nil {
			return err
		}
		if err := hasUnit(ctx, d, order, followup.UnitKey(v.Unit)); err != nil {
			return err
		}
		return s.say(ctx, d, now, v.JSON, "open", engine.CaseWord{
			Order: order, Unit: followup.UnitKey(v.Unit), Type: followup.CaseOpened, Text: v.Text, By: whoever(v.By),
		})
	})
}

// hasUnit fails when the order has no such unit; "" is the whole order.
func hasUnit(ctx context.Context, d *desk, order followup.JourneyID, unit followup.UnitKey) error {
	if unit == "" {
		return nil
	}
	js, err := d.Store.Journeys(ctx, []followup.JourneyID{order})
	if err != nil {
		return err
	}
	units := js[0].Head.Facts.Units
	for _, u := range units {
		if u.Key == unit {
			return nil
		}
	}
	if len(units) == 0 {
		return misused("--unit %s: the order has no units", unit)
	}
	return misused("--unit %s: the order has no such unit; its first is %s", unit, units[0].Key)
}

// say does something with a case and prints what became of it.
func (s *shell) say(ctx context.Context, d *desk, now time.Time, asJSON bool, state string, w engine.CaseWord) error {
	id, err := d.Engine.Case(ctx, now, w)
	if err != nil {
		return err
	}
	if asJSON {
		return s.json(struct {
			ID    followup.CaseID `json:"id"`
			State string          `json:"state"` // open, closed; "" as it was
		}{id, state})
	}
	switch {
	case w.Type == followup.CaseNoted:
		s.printf("case %s: noted\n", id)
	case state == "closed":
		s.printf("case %s is closed: %s\n", id, w.Reason)
	default:
		s.printf("case %s is open\n", id)
	}
	return nil
}

type caseNoteVerb struct {
	ID   string `arg:"" help:"The case, such as main/1001-1."`
	Text string `required:"" placeholder:"TEXT" help:"What to write down; kept with the customer."`
	By   string `placeholder:"NAME" help:"Who writes; default is your name on this machine."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run writes the note.
func (v *caseNoteVerb) Run(ctx context.Context, s *shell) error {
	return s.onCase(ctx, v.ID, v.JSON, "", engine.CaseWord{Type: followup.CaseNoted, Text: v.Text, By: whoever(v.By)})
}

type caseCloseVerb struct {
	ID     string `arg:"" help:"The case, such as main/1001-1."`
	Reason string `required:"" enum:"repaired,replaced,refunded,explained,no-fault,no-reply,other" placeholder:"REASON" help:"What came of it: repaired, replaced, refunded, explained, no-fault, no-reply, other."`
	Text   string `placeholder:"TEXT" help:"More about it; kept with the customer."`
	By     string `placeholder:"NAME" help:"Who closes it; default is your name on this machine."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

// Run closes the case.
func (v *caseCloseVerb) Run(ctx context.Context, s *shell) error {
	return s.onCase(ctx, v.ID, v.JSON, "closed", engine.CaseWord{Type: followup.CaseClosed, Reason: v.Reason, Text: v.Text, By: whoever(v.By)})
}

type caseReopenVerb struct {
	ID   string `arg:"" help:"The case, such as main/1001-1."`
	Text string `placeholder:"TEXT" help:"Why; kept with the customer."`
	By   string `placeholder:"NAME" help:"Who opens it again; default is your name on this machine."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run opens the case again.
func (v *caseReopenVerb) Run(ctx context.Context, s *shell) error {
	return s.onCase(ctx, v.ID, v.JSON, "open", engine.CaseWord{Type: followup.CaseReopened, Text: v.Text, By: whoever(v.By)})
}

// onCase does something with a case that exists.
func (s *shell) onCase(ctx context.Context, text string, asJSON bool, state string, w engine.CaseWord) error {
	return s.work(ctx, func(d *desk, now time.Time) (err error) {
		if w.Case, err = findCase(ctx, d, text); err != nil {
			return err
		}
		return s.say(ctx, d, now, asJSON, state, w)
	})
}
