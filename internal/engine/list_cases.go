package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// CaseItem is a case in a list. `case list --json` prints the [StoryCase] of it;
// the rest is personal or for the eye.
type CaseItem struct {
	StoryCase
	Journey followup.JourneyID `json:"-"`
	Number  string             `json:"-"` // of the order, as the customer knows it
	Contact string             `json:"-"` // the customer's name
	CallMe  bool               `json:"-"` // asked to be called
	Due     time.Time          `json:"-"` // of the promised reply
	Overdue bool               `json:"-"` // open, and the promise is past
	Opened  time.Time          `json:"-"`
	Texts   []followup.Text    `json:"-"` // what was written since it was opened, oldest first
}

// OpenCases lists the open cases, the most urgent first; all adds the closed
// ones behind them, the latest first.
func (e *Engine) OpenCases(ctx context.Context, now time.Time, all bool) ([]CaseItem, error) {
	q := followup.Query{OpenCase: true}
	if all {
		q = followup.Query{All: true}
	}
	out := []CaseItem{}
	_, err := e.each(ctx, q, func(j *followup.Journey) error {
		if len(j.Head.Facts.Cases) == 0 {
			return nil
		}
		items, err := e.casesOf(ctx, now, j)
		for _, c := range items {
			if all || c.State == "open" {
				out = append(out, c)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	slices.SortFunc(out, func(a, b CaseItem) int {
		switch {
		case a.State != b.State:
			return cmp.Compare(b.State, a.State) // open before closed
		case a.State == "open":
			return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
		default:
			return cmp.Or(cmp.Compare(b.ClosedAt, a.ClosedAt), cmp.Compare(a.ID, b.ID))
		}
	})
	return out, nil
}

// nameOf returns what people call a customer by: the whole name, else the first.
func nameOf(c *followup.Contact) string {
	return cmp.Or(c.Field(followup.FieldName), c.Field(followup.FieldFirst))
}

func (e *Engine) casesOf(ctx context.Context, now time.Time, j *followup.Journey) ([]CaseItem, error) {
	rules, err := e.Rules(ctx, j)
	if err != nil {
		return nil, err
	}
	contact, err := e.person(ctx, j)
	if err != nil {
		return nil, err
	}
	told := Cases(rules, j)
	out := make([]CaseItem, len(told))
	for i, c := range j.Head.Facts.Cases {
		due := rules.ReplyDue(c.Opened)
		out[i] = CaseItem{
			StoryCase: told[i], Journey: j.ID, Number: j.Head.Facts.Number, Contact: nameOf(&contact),
			Due: due, Opened: c.Opened, Overdue: c.Open() && due.Before(now),
			CallMe: slices.ContainsFunc(j.Head.Facts.Answers, func(a followup.Answer) bool {
				return a.CallMe && a.Unit == c.Unit && !a.At.Before(c.Opened)
			}),
		}
		for _, t := range contact.Texts {
			if t.Journey == j.ID && !t.At.Before(c.Opened) && (c.Open() || !t.At.After(c.Closed)) {
				out[i].Texts = append(out[i].Texts, t)
			}
		}
	}
	return out, nil
}
