package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// Story is the whole journey of an order, for people and machines. It carries
// no personal data. The JSON shape is a contract, see docs/operations.md.
type Story struct {
	Order     StoryOrder      `json:"order"`
	Units     []StoryUnit     `json:"units"`
	Events    []StoryEvent    `json:"events"`
	Coverages []StoryCoverage `json:"coverages"`
	FollowUps []StoryFollowUp `json:"follow_ups"` // by due, plan order, id
	Answers   []StoryAnswer   `json:"answers"`
	Cases     []StoryCase     `json:"cases"`

	Idle []StoryIdle `json:"-"` // steps of the plan without a follow-up, in its order
}

// StoryOrder is the order and the plan it follows.
type StoryOrder struct {
	ID         string   `json:"id"`
	Number     string   `json:"number"`
	Shop       string   `json:"shop"`
	Ordered    string   `json:"ordered"`
	Total      string   `json:"total"`
	Test       bool     `json:"test"`
	Contact    string   `json:"contact"` // an HMAC
	Zone       string   `json:"zone"`
	ZoneSource string   `json:"zone_source"`
	Plan       *string  `json:"plan"` // null: none matched
	Version    int      `json:"version"`
	Pinned     bool     `json:"pinned"`
	Why        string   `json:"why,omitempty"` // no plan: what would have to be added
	Faults     []string `json:"faults"`
}

// StoryUnit is one unit and what happened to it.
type StoryUnit struct {
	Unit     string               `json:"unit"`
	Name     string               `json:"name"`
	Serial   string               `json:"serial,omitempty"`
	Category string               `json:"category"`
	Picked   bool                 `json:"picked"` // the plan cares for it
	Live     bool                 `json:"live"`   // it is with the customer
	Facts    map[string]StoryFact `json:"facts"`

	Label string `json:"-"` // as people at the shop call it; tells it from others of its line
}

// StoryFact is a date and who says so.
type StoryFact struct {
	At      string `json:"at"`
	Source  string `json:"source"`
	Assumed bool   `json:"assumed"`
	Basis   string `json:"basis,omitempty"` // of an assumption
}

// StoryEvent is one event of the log.
type StoryEvent struct {
	At     string `json:"at"`
	Type   string `json:"type"`
	Source string `json:"source"`
	ID     string `json:"id"`
	Undone bool   `json:"undone,omitempty"` // it takes back what was said: a fulfilment that failed
}

// StoryCoverage is a coverage with its dates and what they count from.
type StoryCoverage struct {
	Name    string `json:"name"`
	Unit    string `json:"unit,omitempty"`
	From    string `json:"from"`
	Until   string `json:"until"`
	Basis   string `json:"basis"`
	Source  string `json:"source"`
	Assumed bool   `json:"assumed"`
}

// StoryFollowUp is one follow-up, its state and how it came there.
type StoryFollowUp struct {
	ID         string          `json:"id"`
	Step       string          `json:"step"`
	Units      []string        `json:"units"`
	Class      string          `json:"class"`
	Channel    string          `json:"channel"`
	DueLocal   string          `json:"due_local"`
	Zone       string          `json:"zone"`
	ZoneSource string          `json:"zone_source"`
	DueUTC     string          `json:"due_utc"`
	State      string          `json:"state"`
	Rule       string          `json:"rule"`
	Reason     string          `json:"reason"`
	Because    string          `json:"because"` // why it is, or was, due then
	Next       string          `json:"next_look,omitempty"`
	Claimed    string          `json:"claimed_by,omitempty"`
	Outcome    string          `json:"outcome,omitempty"`
	Decisions  []StoryDecision `json:"decisions"`
}

// StoryDecision is one decision with the facts it read.
type StoryDecision struct {
	At       string            `json:"at"`
	Result   string            `json:"result"`
	Rule     string            `json:"rule"`
	Reason   string            `json:"reason"`
	Facts    map[string]string `json:"facts"`
	NextLook string            `json:"next_look,omitempty"`
}

// StoryAnswer is what the customer said; texts are personal and not told here.
type StoryAnswer struct {
	At     string `json:"at"`
	Unit   string `json:"unit,omitempty"`
	Answer string `json:"answer"`
	Rating int    `json:"rating,omitempty"`
	By     string `json:"by"`
	Step   string `json:"step,omitempty"`
	Text   bool   `json:"text"`
}

// StoryCase is a case; `case list` prints the same shape.
type StoryCase struct {
	ID       string   `json:"id"`
	Order    string   `json:"order"`
	Units    []string `json:"units"`
	OpenedAt string   `json:"opened_at"`             // for the first time
	Reopened string   `json:"reopened_at,omitempty"` // for the last time; reply_due counts from it
	ClosedAt string   `json:"closed_at,omitempty"`
	Reason   string   `json:"reason"`
	Outcome  string   `json:"outcome,omitempty"`
	State    string   `json:"state"`
	ReplyDue string   `json:"reply_due"`

	Names []string `json:"-"` // of Units, as people at the shop call them
}

// Story tells the journey of an order as it stands now. An unknown order is
// [followup.ErrNotFound].
func (e *Engine) Story(ctx context.Context, now time.Time, id followup.JourneyID) (*Story, error) {
	js, err := e.c.Store.Journeys(ctx, []followup.JourneyID{id})
	if err != nil {
		return nil, fmt.Errorf("load order %s: %w", id, err)
	}
	j := &js[0]
	if j.Version == 0 {
		return nil, fmt.Errorf("order %s: %w", id, followup.ErrNotFound)
	}
	w := enrolment{e: e, j: *j}
	if j.Events, err = w.log(ctx); err != nil {
		return nil, err
	}
	cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{j.Head.Contact})
	if err != nil {
		return nil, fmt.Errorf("load contact of %s: %w", id, err)
	}
	rules, err := e.Rules(ctx, j)
	if err != nil {
		return nil, err
	}
	d := rules.Desire(j, &cs[0], now)
	return Tell(rules, j, &d, &cs[0]), nil
}

// Tell writes a journey and what its plan wants as a story. Of the contact only
// the conditions of the plan read anything.
func Tell(r *followup.Rules, j *followup.Journey, d *followup.Desire, c *followup.Contact) *Story {
	s := &Story{
		Order: tellOrder(j, d), Units: tellUnits(r, j, d), Events: []StoryEvent{}, Coverages: []StoryCoverage{},
		FollowUps: []StoryFollowUp{}, Answers: []StoryAnswer{}, Cases: Cases(r, j),
	}
	for _, ev := range inLife(j.Events) {
		s.Events = append(s.Events, StoryEvent{At: stamp(ev.Time), Type: string(ev.Type), Source: ev.Source, ID: ev.ID, Undone: ev.Retract})
	}
	for _, c := range d.Coverages {
		s.Coverages = append(s.Coverages, StoryCoverage{
			Name: c.Name, Unit: string(c.Unit), From: c.From.String(), Until: c.Until.String(),
			Basis: c.Basis, Source: c.Start.Source, Assumed: c.Start.Assumed(),
		})
	}
	rows := slices.Clone(j.Rows)
	slices.SortFunc(rows, func(a, b followup.FollowUp) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	for i := range rows {
		s.FollowUps = append(s.FollowUps, TellFollowUp(&rows[i], d))
	}
	s.Idle = Idle(r, j, d, c)
	for _, a := range j.Head.Facts.Answers {
		s.Answers = append(s.Answers, StoryAnswer{
			At: stamp(a.At), Unit: string(a.Unit), Answer: a.Value, Rating: a.Rating, By: a.By, Step: a.Step, Text: a.HasText,
		})
	}
	return s
}

// life is the natural order of what happens to an order.
var life = [...]followup.EventType{
	followup.OrderCreated, followup.OrderUpdated, followup.OrderPaid, followup.OrderFulfilled, followup.OrderDelivered,
	followup.UnitRegistered, followup.UnitInstalled, followup.UnitCovered, followup.UnitRepaired, followup.UnitReplaced,
	followup.OrderCancelled, followup.OrderReinstated, followup.OrderReturned, followup.OrderRefunded,
	followup.AnswerGiven, followup.CaseOpened, followup.CaseNoted, followup.CaseClosed, followup.CaseReopened,
	followup.ConsentChanged, followup.PersonAsked, followup.PersonErased,
}

// inLife sorts events for people: what a source says of one instant stands as it
// happens in an order's life, not by id. The facts do not depend on it.
func inLife(events []followup.Event) []followup.Event {
	out := slices.Clone(events)
	slices.SortStableFunc(out, func(a, b followup.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Source, b.Source),
			cmp.Compare(slices.Index(life[:], a.Type), slices.Index(life[:], b.Type)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func tellOrder(j *followup.Journey, d *followup.Desire) StoryOrder {
	shop, order := j.ID.Split()
	f := &j.Head.Facts
	o := StoryOrder{
		ID: order, Number: f.Number, Shop: string(shop), Ordered: moment(f.Ordered.At), Contact: string(j.Head.Contact),
		Zone: d.Zone.Name, ZoneSource: string(d.Zone.Source), Pinned: j.Pinned() != "", Why: d.Why,
		Faults: append([]string{}, d.Faults...), Test: f.Test != nil && *f.Test,
	}
	for _, stray := range d.Strays() {
		o.Faults = append(o.Faults, stray.String())
	}
	if f.Total != nil {
		o.Total = f.Total.String()
	}
	if d.Plan != nil {
		o.Plan, o.Version = &d.Plan.Name, d.Plan.Version
	}
	return o
}

func tellUnits(r *followup.Rules, j *followup.Journey, d *followup.Desire) []StoryUnit {
	out := []StoryUnit{}
	for _, u := range j.Head.Facts.Units {
		su := StoryUnit{
			Unit: string(u.Key), Label: unitName(r, &j.Head.Facts, u.Key), Serial: u.Serial, Facts: map[string]StoryFact{},
			Picked: slices.Contains(d.Picked, u.Key), Live: d.Plan != nil && slices.Contains(d.Live, u.Key),
		}
		for _, l := range j.Head.Facts.Lines {
			if l.ID == u.Line() {
				su.Name, su.Category = l.Title, r.Catalogue.Category(l)
			}
		}
		facts := map[string]followup.Fact{
			"fulfilled": u.Fulfilled, "delivered": d.Delivered(u), "installed": u.Installed, "registered": u.Registered,
			"cancelled": u.Cancelled, "returned": u.Returned, "refunded": u.Refunded, "replaced": u.Replaced,
		}
		for name, f := range facts {
			if !f.IsZero() {
				sf := StoryFact{At: moment(f.At), Source: f.Source, Assumed: f.Assumed()}
				if sf.Assumed {
					sf.Basis = f.Event
				}
				su.Facts[name] = sf
			}
		}
		out = append(out, su)
	}
	return out
}

// TellFollowUp writes one row.
func TellFollowUp(row *followup.FollowUp, d *followup.Desire) StoryFollowUp {
	s := StoryFollowUp{
		ID: string(row.ID), Step: row.Step, Units: []string{}, Class: string(row.Class), Channel: string(row.Channel),
		DueLocal: row.Due.String(), Zone: row.Zone, ZoneSource: string(d.Zone.Source), DueUTC: stamp(row.DueAt),
		State: string(row.State), Claimed: row.Claimed, Outcome: string(row.Outcome), Decisions: []StoryDecision{},
	}
	units := row.Units
	if len(units) == 0 {
		units = d.Live
	}
	for _, u := range units {
		s.Units = append(s.Units, string(u))
	}
	if !row.Next.IsZero() {
		s.Next = stamp(row.Next)
	}
	for _, dec := range row.Decisions {
		sd := StoryDecision{
			At: stamp(dec.At), Result: string(dec.Result), Rule: dec.Rule, Reason: dec.Reason, Facts: map[string]string{},
		}
		maps.Copy(sd.Facts, dec.Facts)
		if !dec.Next.IsZero() {
			sd.NextLook = stamp(dec.Next)
		}
		s.Decisions = append(s.Decisions, sd)
		s.Rule, s.Reason = dec.Rule, dec.Reason
		if dec.Result == followup.ResultPlan || dec.Result == followup.ResultMove {
			s.Because = dec.Reason
		}
	}
	return s
}

// Cases tells the cases of a journey.
func Cases(r *followup.Rules, j *followup.Journey) []StoryCase {
	_, order := j.ID.Split()
	out := []StoryCase{}
	for _, c := range j.Head.Facts.Cases {
		sc := StoryCase{
			ID: string(followup.NewCaseID(j.ID, c.Number)), Order: order, Units: []string{}, OpenedAt: stamp(c.Opened),
			Reason: c.Reason, Outcome: c.Outcome, State: "open", ReplyDue: stamp(r.ReplyDue(c.Opened)),
		}
		if len(c.Spans) > 0 {
			sc.OpenedAt, sc.Reopened = stamp(c.Spans[0].From), stamp(c.Opened)
		}
		for _, u := range j.Head.Facts.Units {
			if c.Covers(u.Key) && c.Reason != "data-request" {
				sc.Units = append(sc.Units, string(u.Key))
				sc.Names = append(sc.Names, unitName(r, &j.Head.Facts, u.Key))
			}
		}
		if !c.Open() {
			sc.State, sc.ClosedAt = "closed", stamp(c.Closed)
		}
		out = append(out, sc)
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// moment writes a date, or an instant in UTC.
func moment(m followup.Moment) string {
	if m.Time.IsZero() {
		return m.Date.String()
	}
	return stamp(m.Time)
}
