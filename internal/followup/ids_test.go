package followup_test

import (
	"strings"
	"testing"

	"aftersales/internal/followup"
)

// awkwardIDs are order, line and serial ids that people and stores choose, with
// everything in them that separates parts of ids of ours.
var awkwardIDs = []string{"#1001", "1#1", "a#", "a/b", "a/1", "1-1", "-", "|", "a b", "..", ".", "~", "a~1", "%23", "é", "?", "\n"}

// The budget tells follow-ups apart, and joins the tries of one, whatever the
// order and its lines are called.
func TestRule24BudgetOfAwkwardIDs(t *testing.T) {
	var mails strings.Builder
	mails.WriteString(head + "budget: {email: 1 per P30D}\nsteps:\n")
	for _, id := range []string{"a", "b"} {
		mails.WriteString("  - {id: " + id + ", class: feedback, channel: email, message: c, per: unit, after: {event: delivered, wait: P4D, at: \"10:00\"}}\n")
	}
	for _, name := range awkwardIDs {
		j := newJournal(t, mails.String())
		j.j.ID = followup.NewJourneyID("main", name)
		o := order("2026-03-01T09:00", 1)
		o.Lines[0].ID = name
		other := o.Lines[0]
		other.ID += "2"
		o.Lines = append(o.Lines, other)
		j.tell("2026-03-02T12:00", o, delivered("2026-03-02T11:00")).run("2026-03-06T10:00")
		if n := len(j.contact.Sends); n != 1 || len(j.j.Rows) != 4 {
			t.Errorf("%q: %d of %d follow-ups went out, want 1 of 4", name, n, len(j.j.Rows))
		}

		j = newJournal(t, "budget: {call: 1 per P14D}\n"+calling)
		j.j.ID = followup.NewJourneyID("main", name)
		j.tell("2026-03-02T12:00", order("2026-03-01T09:00", 1), delivered("2026-03-02T11:00")).run("2026-03-06T10:00")
		first := j.row("call", "1#1")
		j.contact.Spend(followup.Spend{FollowUp: first.ID, At: at("2026-03-06T10:30"), Channel: followup.Call, Class: followup.Feedback})
		j.call("call", "1#1", "2026-03-06T10:30", followup.OutcomeNoAnswer, "").run("2026-03-09T12:00")
		if s := j.row("call", "1#2").State; s != followup.Listed {
			t.Errorf("%q: the second try is %s", name, s)
		}
	}
}

// Every id gives back what it was made of, and no two are the same.
func TestAwkwardIDs(t *testing.T) {
	seen := map[string]string{}
	for _, name := range awkwardIDs {
		j := followup.NewJourneyID("main", name)
		if shop, order := j.Split(); shop != "main" || order != name {
			t.Errorf("%q: %s splits into %q %q", name, j, shop, order)
		}
		if back, n, err := followup.NewCaseID(j, 12).Split(); back != j || n != 12 || err != nil {
			t.Errorf("%q: case of %s, number %d, %v", name, back, n, err)
		}
		unit := followup.NewUnitKey(name, 7)
		if line, index := unit.Split(); line != name || index != 7 {
			t.Errorf("%q: unit %q, %d", name, line, index)
		}
		for _, unit := range []followup.UnitKey{"", unit} {
			for _, occ := range []string{"1", "1#2"} {
				id := followup.NewFollowUpID(j, "step", unit, occ)
				if id.Journey() != j || seen[string(id)] != "" {
					t.Errorf("%q: %s is of %s, and that of %q", name, id, id.Journey(), seen[string(id)])
				}
				seen[string(id)] = name
			}
		}
	}
}
