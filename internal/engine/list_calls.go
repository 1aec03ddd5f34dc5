package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// CallItem is a call on the list or claimed. It is personal; `calls list
// --json` prints this shape.
type CallItem struct {
	ID        followup.FollowUpID `json:"id"`
	Order     string              `json:"order"` // as the store names it
	Units     []string            `json:"units"`
	Contact   string              `json:"contact"`    // the customer's name; "" unknown
	Phone     string              `json:"phone"`      // E.164; "" until the call is claimed
	DueLocal  string              `json:"due_local"`  // on the customer's clock
	Zone      string              `json:"zone"`       // IANA, the customer's
	Try       int                 `json:"try"`        // from 1
	Script    string              `json:"script"`     // what to say and ask
	ClaimedBy string              `json:"claimed_by"` // "" anybody may claim it

	Goods     []Good             `json:"-"` // the units as they are called
	Journey   followup.JourneyID `json:"-"`
	Number    string             `json:"-"` // of the order, as the customer knows it
	Until     time.Time          `json:"-"` // when it leaves the list, or the claim ends
	ClaimedAt time.Time          `json:"-"` // zero: not claimed
	Due       time.Time          `json:"-"`
}

// Good is a unit and how people at the shop call it.
type Good struct {
	Unit followup.UnitKey
	Name string
}

// Calls lists the calls that may be claimed now and those that are claimed, by
// due. A call whose decision has changed meanwhile is left out: claiming it
// would be refused.
func (e *Engine) Calls(ctx context.Context, now time.Time) ([]CallItem, error) {
	out := []CallItem{}
	for _, in := range []struct {
		q     followup.Query
		state followup.State
	}{{followup.Query{State: followup.Listed}, followup.Listed}, {followup.Query{Claimed: true}, followup.Armed}} {
		_, err := e.each(ctx, in.q, func(j *followup.Journey) error {
			items, err := e.callsOf(ctx, now, j, in.state)
			out = append(out, items...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list calls: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b CallItem) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (e *Engine) callsOf(ctx context.Context, now time.Time, j *followup.Journey, state followup.State) ([]CallItem, error) {
	rules, err := e.Rules(ctx, j)
	if err != nil {
		return nil, err
	}
	contact, err := e.person(ctx, j)
	if err != nil {
		return nil, err
	}
	desire := rules.Desire(j, &contact, now)
	var out []CallItem
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State != state || row.Channel != followup.Call || state == followup.Armed && row.Claimed == "" || desire.Plan == nil {
			continue
		}
		if state == followup.Listed && rules.Decide(&desire, j, row, &contact, now, true).Result != followup.ResultSend {
			continue
		}
		out = append(out, e.callItem(rules, j, &desire, &contact, row, now))
	}
	return out, nil
}

func (e *Engine) callItem(r *followup.Rules, j *followup.Journey, d *followup.Desire, c *followup.Contact, row *followup.FollowUp, now time.Time) CallItem {
	_, order := j.ID.Split()
	item := CallItem{
		ID: row.ID, Order: order, Contact: nameOf(c), DueLocal: row.Due.String(),
		Zone: row.Zone, Try: try(row.Occurrence), ClaimedBy: row.Claimed,
		Journey: j.ID, Number: j.Head.Facts.Number, Until: row.Next, Due: row.DueAt,
	}
	about := concerned(row, d)
	item.Units = keys(about)
	for _, key := range about {
		item.Goods = append(item.Goods, Good{key, unitName(r, &j.Head.Facts, key)})
	}
	if row.Claimed != "" {
		item.Phone, item.ClaimedAt = c.Field(followup.FieldPhone), row.ArmedAt
	}
	step := d.Plan.Step(row.Step)
	if step == nil {
		return item
	}
	m, err := e.c.Composer.Compose(r.Letter(d, j, *row, followup.Wanted{Step: step, CaseText: row.CaseText}, c, now))
	if err != nil {
		item.Script = "The script cannot be shown: " + err.Error()
		return item
	}
	item.Script = m.Text
	return item
}

func keys(units []followup.UnitKey) []string {
	out := make([]string, len(units))
	for i, k := range units {
		out[i] = string(k)
	}
	return out
}

// try reads the "#n" of an occurrence; without one it is the first.
func try(occurrence string) int {
	_, n, _ := strings.Cut(occurrence, "#")
	if t, err := strconv.Atoi(n); err == nil && t > 0 {
		return t
	}
	return 1
}
