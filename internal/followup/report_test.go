package followup_test

import (
	"testing"
	"time"

	"aftersales/internal/followup"
)

func report(kind followup.ReportKind) followup.Report {
	return followup.Report{FollowUp: "main/1/s/-/1", Attempt: "a1", Kind: kind, Provider: "p1", Detail: "code"}
}

func TestToldRankOnlyGrows(t *testing.T) {
	f := armed()
	for _, c := range []struct {
		say  followup.ReportKind
		want followup.State
		ok   bool
	}{
		{followup.ReportDelivered, followup.Delivered, true}, // came before the worker's own record
		{followup.ReportAccepted, followup.Delivered, false},
		{followup.ReportDelivered, followup.Delivered, false},
		{followup.ReportRejected, followup.Bounced, true},
		{followup.ReportComplained, followup.Complained, true},
		{followup.ReportBounced, followup.Complained, false},
		{"something new", followup.Complained, false},
	} {
		next, ok := f.Told(report(c.say), noon)
		if next.State != c.want || ok != c.ok {
			t.Errorf("%s: %s %v", c.say, next.State, ok)
		}
		f = next
	}
	if f.Provider != "p1" || !f.Next.IsZero() {
		t.Errorf("provider %q, next look %s", f.Provider, f.Next)
	}
}

func TestToldIsEvidence(t *testing.T) {
	unknown := armed().Lose("?", noon)
	parked := unknown.Poison("?", noon)
	resent := unknown.Resolve(followup.Known{Asked: true, Evidence: followup.Evidence{Conclusive: true}}, followup.Park, noon)
	held := resent
	held.State = followup.Held
	never := followup.FollowUp{State: followup.Planned}
	voided := resent
	voided.State = followup.Voided
	for name, c := range map[string]struct {
		row  followup.FollowUp
		want followup.State
	}{
		"armed":                    {armed(), followup.Sent},
		"unknown":                  {unknown, followup.Sent},
		"parked":                   {parked, followup.Sent},
		"planned again":            {resent, followup.Sent},
		"held after planned again": {held, followup.Sent},
		"never armed":              {never, followup.Planned},
		"voided":                   {voided, followup.Voided},
	} {
		got, changed := c.row.Told(report(followup.ReportAccepted), noon)
		if got.State != c.want || changed != (c.row.State != c.want) {
			t.Errorf("%s: %s, changed %t", name, got.State, changed)
		}
	}
}

func TestToldNotesWhatComesBackForNowOnce(t *testing.T) {
	f, _ := armed().Accept("p1", "accepted", noon)
	for _, kind := range []followup.ReportKind{followup.ReportDelayed, followup.ReportReturned} {
		next, changed := f.Told(report(kind), noon)
		if !changed || next.State != followup.Sent {
			t.Errorf("%s: %s, changed %t", kind, next.State, changed)
		}
		last := next.Decisions[len(next.Decisions)-1]
		if last.Rule != "reported" || last.Reason != string(kind)+": code" {
			t.Errorf("%s: noted as %+v", kind, last)
		}
		if _, changed := next.Told(report(kind), noon.Add(time.Hour)); changed {
			t.Errorf("%s: the repetition changed something", kind)
		}
		f = next
	}
}

func TestToldNamesAnEarlierAttempt(t *testing.T) {
	again := armed().Lose("?", noon)
	again.State = followup.Planned
	f := again.Arm("a2", "plan", noon, followup.CallTimeout)
	f, _ = f.Told(report(followup.ReportDelivered), noon)
	if d := f.Decisions[len(f.Decisions)-1]; d.Facts["attempt"] != "a1" {
		t.Errorf("%+v does not name attempt a1", d)
	}
}

func TestCalledAfterAcceptance(t *testing.T) {
	call := armed()
	call.Channel = followup.Call
	call, err := call.Accept("contact", "accepted", noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		say followup.Outcome
		ok  bool
	}{
		{followup.OutcomeNoAnswer, true},
		{followup.OutcomeNoAnswer, false},
		{followup.OutcomeWorks, true}, // the keypad's word came late
		{followup.OutcomeProblem, false},
		{followup.OutcomeNoAnswer, false},
	} {
		next, err := call.Called(c.say, noon)
		if (err == nil) != c.ok {
			t.Errorf("%s after %q: %v", c.say, call.Outcome, err)
		}
		call = next
	}
	if call.Outcome != followup.OutcomeWorks {
		t.Errorf("outcome %s", call.Outcome)
	}
	person := armed()
	person.Channel, person.Claimed = followup.Call, "ann"
	person, _ = person.Called(followup.OutcomeNoAnswer, noon)
	if _, err := person.Called(followup.OutcomeWorks, noon); err == nil {
		t.Error("what a person recorded was changed")
	}
}
