package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/engine"
)

// whyVerb tells the story of an order.
type whyVerb struct {
	Order string `arg:"" help:"The store's order id, the number the customer knows, or SHOP/ID."`
	Shop  string `placeholder:"ID" help:"The shop, where several know the number."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// Run finds the order and tells it.
func (v *whyVerb) Run(ctx context.Context, s *shell) error {
	return s.work(ctx, func(d *desk, now time.Time) error {
		id, err := findOrder(ctx, d, v.Order, v.Shop)
		if err != nil {
			return err
		}
		story, err := d.Engine.Story(ctx, now, id)
		if err != nil {
			return err
		}
		if v.JSON {
			return s.json(story)
		}
		(&teller{shell: s, painter: s.painter(), story: story, loc: zoneOf(story)}).tell()
		return nil
	})
}

func zoneOf(s *engine.Story) *time.Location {
	loc, err := civil.Zone(s.Order.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// teller prints a story for people, on the customer's clock.
type teller struct {
	*shell
	painter
	story *engine.Story
	loc   *time.Location
}

func (t *teller) tell() {
	t.order()
	t.events()
	t.units()
	t.coverages()
	t.followUps()
	t.answers()
	t.cases()
}

func (t *teller) title(text string) { t.printf("\n%s\n", t.paint(bold, text)) }

func (t *teller) order() {
	o := &t.story.Order
	t.printf("%s\n", t.paint(bold, "Order "+cmp.Or(o.Number, o.ID)))
	rows := table{indent: "  "}
	rows.words("id", o.Shop+"/"+o.ID)
	if o.Ordered != "" {
		rows.words("ordered", localTime(o.Ordered, t.loc))
	}
	if o.Total != "" {
		rows.words("total", o.Total)
	}
	rows.words("zone", o.Zone+", "+zoneSource(o.ZoneSource))
	if o.Plan == nil {
		rows.add(cell{"plan", plain}, cell{"none: " + o.Why, yellow})
	} else {
		rows.words("plan", fmt.Sprintf("%s, version %d%s", *o.Plan, o.Version, pinned(o.Pinned)))
	}
	for _, f := range o.Faults {
		rows.add(cell{"fault", plain}, cell{f, red})
	}
	rows.write(t.out, t.painter, nil)
}

func pinned(yes bool) string {
	if yes {
		return ", kept since the first message"
	}
	return ""
}

func (t *teller) events() {
	if len(t.story.Events) == 0 {
		return
	}
	t.title("Events")
	rows := table{indent: "  "}
	for _, e := range t.story.Events {
		what := e.Type
		if e.Undone {
			what += ", taken back"
		}
		rows.add(cell{localTime(e.At, t.loc), plain}, cell{what, plain}, cell{"by " + e.Source, plain}, cell{e.ID, faint})
	}
	rows.write(t.out, t.painter, nil)
}

func (t *teller) units() {
	if len(t.story.Units) == 0 {
		return
	}
	t.title("Units")
	for _, u := range t.story.Units {
		name := u.Unit + "  " + u.Name
		if u.Category != "" {
			name += " (" + u.Category + ")"
		}
		if u.Serial != "" {
			name += ", serial " + u.Serial
		}
		role := ""
		switch {
		case t.story.Order.Plan == nil:
		case !u.Picked:
			role = ", not cared for by the plan"
		case !u.Live:
			role = ", left the customer"
		}
		t.printf("  %s%s\n", t.paint(plain, name), t.paint(faint, role))
		t.facts(u.Facts)
	}
}

// facts prints what happened to a unit, the earliest first.
func (t *teller) facts(facts map[string]engine.StoryFact) {
	names := slices.SortedFunc(maps.Keys(facts), func(a, b string) int {
		return cmp.Or(cmp.Compare(facts[a].At, facts[b].At), cmp.Compare(a, b))
	})
	rows := table{indent: "    "}
	for _, name := range names {
		f := facts[name]
		said := cell{"said by " + f.Source, faint}
		if f.Assumed {
			said = cell{"assumed: " + f.Basis, yellow}
		}
		rows.add(cell{name, plain}, cell{localTime(f.At, t.loc), plain}, said)
	}
	rows.write(t.out, t.painter, nil)
}

func (t *teller) coverages() {
	if len(t.story.Coverages) == 0 {
		return
	}
	t.title("Coverages")
	rows := table{indent: "  "}
	for _, c := range t.story.Coverages {
		basis := cell{c.Basis, faint}
		if c.Assumed {
			basis = cell{c.Basis + ", from an assumed date", yellow}
		}
		rows.add(cell{c.Name, plain}, cell{cmp.Or(c.Unit, "order"), plain}, cell{c.From + " to " + c.Until, plain}, basis)
	}
	rows.write(t.out, t.painter, nil)
}

func (t *teller) followUps() {
	t.title("Follow-ups")
	rows := table{indent: "  "}
	for _, f := range t.story.FollowUps {
		zone := ""
		if f.Zone != t.story.Order.Zone {
			zone = " " + f.Zone
		}
		rows.add(cell{wall(f.DueLocal) + zone, plain}, cell{f.Step, bold}, cell{strings.Join(f.Units, " "), plain},
			cell{f.Channel, plain}, cell{f.State, stateStyles[f.State]}, cell{f.ID, faint})
	}
	rows.write(t.out, t.painter, func(n int) { t.decisions(&t.story.FollowUps[n]) })
	if len(t.story.FollowUps) == 0 {
		t.printf("  none\n")
	}
	if len(t.story.Idle) == 0 {
		return
	}
	t.title("Nothing of these steps")
	waiting := table{indent: "  "}
	for _, i := range t.story.Idle {
		waiting.add(cell{i.Step, bold}, cell{i.Why, plain})
	}
	waiting.write(t.out, t.painter, nil)
}

// decisions prints why a follow-up is as it is, the oldest first, each with the
// facts that were read.
func (t *teller) decisions(f *engine.StoryFollowUp) {
	for _, d := range f.Decisions {
		t.printf("    %s  %s: %s %s\n", t.paint(faint, localTime(d.At, t.loc)), d.Result, t.paint(plain, d.Reason), t.paint(faint, "["+d.Rule+"]"))
		var facts []string
		for _, k := range slices.Sorted(maps.Keys(d.Facts)) {
			facts = append(facts, k+"="+d.Facts[k])
		}
		if d.NextLook != "" {
			facts = append(facts, "next look="+localTime(d.NextLook, t.loc))
		}
		if len(facts) > 0 {
			t.printf("      %s\n", t.paint(faint, strings.Join(facts, ", ")))
		}
	}
	if f.Claimed != "" {
		t.printf("    %s\n", t.paint(plain, "claimed by "+f.Claimed))
	}
	if f.Outcome != "" {
		t.printf("    outcome: %s\n", f.Outcome)
	}
}

func (t *teller) answers() {
	if len(t.story.Answers) == 0 {
		return
	}
	t.title("Answers")
	rows := table{indent: "  "}
	for _, a := range t.story.Answers {
		said := a.Answer
		if a.Rating > 0 {
			said = strings.TrimSpace(fmt.Sprintf("%s rated %d of 5", said, a.Rating))
		}
		if a.Text {
			said += ", with words"
		}
		rows.words(localTime(a.At, t.loc), cmp.Or(a.Unit, "order"), "by "+a.By, a.Step, said)
	}
	rows.write(t.out, t.painter, nil)
}

func (t *teller) cases() {
	if len(t.story.Cases) == 0 {
		return
	}
	t.title("Cases")
	rows := table{indent: "  "}
	for _, c := range t.story.Cases {
		rows.add(caseRow(&c, t.loc)...)
	}
	rows.write(t.out, t.painter, nil)
}

// caseRow writes a case: open ones with the promised reply, closed ones with
// what came of them.
func caseRow(c *engine.StoryCase, loc *time.Location) []cell {
	end := "reply promised by " + localTime(c.ReplyDue, loc)
	if c.State != "open" {
		end = "closed " + localTime(c.ClosedAt, loc) + ": " + c.Outcome
	}
	return []cell{
		{c.ID, bold},
		{cmp.Or(strings.Join(c.Names, ", "), "order"), plain},
		{c.State, stateStyles[c.State]},
		{c.Reason, plain},
		{"opened " + localTime(c.OpenedAt, loc), plain},
		{end, plain},
	}
}
