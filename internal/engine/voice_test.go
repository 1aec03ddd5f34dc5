package engine_test

import (
	"context"
	"errors"
	"testing"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// machine makes calls by itself, in every language but one.
type machine struct {
	calls  []followup.Message
	mute   bool
	answer error
}

func (m *machine) Send(_ context.Context, msg followup.Message) (followup.Receipt, error) {
	m.calls = append(m.calls, msg)
	return followup.Receipt{Provider: "contact-" + msg.Attempt}, m.answer
}

func (m *machine) Speaks(followup.Message) string {
	if m.mute {
		return "no voice"
	}
	return ""
}

const calling = `steps:
  - id: a
    class: feedback
    channel: call
    message: m
    unless: answered("works")
    after: {event: delivered, wait: P4D, between: "10:00-18:00"}
    tries: {max: 2, spacing: P1D}
    otherwise: b
  - {id: b, class: feedback, channel: email, message: m, after: {event: delivered, wait: P4D, at: "10:00"}}
`

const firstTry followup.FollowUpID = "main/1/a/-/1#1"

// withMachine is a shop whose calls a machine makes, and an order whose call is due.
func withMachine(t *testing.T, m *machine, agreed bool) *shop {
	t.Helper()
	s := shopOf(t, calling, memory.New(), nil, nil, nil)
	s.config.Channels["main"][followup.Call] = m
	s.Engine = engine.New(s.config)
	s.bought(t, "main/1")
	if agreed {
		must(t, s.Consent(t.Context(), at("2026-03-03T10:00"), "c", []followup.Consent{
			{Purpose: followup.Feedback, Channel: followup.Call, Given: true, Machine: true, At: at("2026-03-03T10:00")},
		}))
	}
	must(t, s.run(t.Context(), at("2026-03-06T10:00")))
	return s
}

func TestAMachineCallsThoseWhoAgreed(t *testing.T) {
	m := &machine{}
	s := withMachine(t, m, true)
	row := s.row(t, firstTry)
	if row.State != followup.Sent || row.Provider != "contact-"+row.Attempt || row.Claimed != "" || len(m.calls) != 1 {
		t.Fatalf("%s, provider %q, %d calls", row.State, row.Provider, len(m.calls))
	}
	if m.calls[0].Phone != "+4930123456" || m.calls[0].Attempt != row.Attempt {
		t.Errorf("called %+v", m.calls[0])
	}
}

func TestPeopleCallTheOthers(t *testing.T) {
	for name, c := range map[string]struct{ agreed, mute bool }{"who did not agree to a machine": {false, false}, "whose language it does not speak": {true, true}} {
		m := &machine{mute: c.mute}
		s := withMachine(t, m, c.agreed)
		if row := s.row(t, firstTry); row.State != followup.Listed || len(m.calls) != 0 {
			t.Errorf("%s: %s, %d calls", name, row.State, len(m.calls))
		}
	}
}

func TestWhatAMachineHears(t *testing.T) {
	report := func(s *shop, when string, o followup.Outcome, callMe bool) {
		t.Helper()
		must(t, s.Outcome(t.Context(), at(when), followup.Report{
			FollowUp: firstTry, Attempt: s.row(t, firstTry).Attempt, Kind: followup.ReportCalled, Outcome: o, CallMe: callMe,
		}))
	}
	t.Run("works", func(t *testing.T) {
		s := withMachine(t, &machine{}, true)
		for range 2 {
			report(s, "2026-03-06T10:01", followup.OutcomeWorks, false)
		}
		report(s, "2026-03-06T10:02", followup.OutcomeNoAnswer, false) // the end of the call, told without what was pressed
		j := s.journey(t)
		if a := j.Head.Facts.Answers; len(a) != 1 || a[0].Value != "works" || a[0].By != "phone" {
			t.Errorf("answers %+v", a)
		}
		if row := s.row(t, firstTry); row.Outcome != followup.OutcomeWorks || len(j.Rows) != 1 {
			t.Errorf("outcome %s; %v", row.Outcome, s.rows(t))
		}
	})
	t.Run("problem", func(t *testing.T) {
		s := withMachine(t, &machine{}, true)
		report(s, "2026-03-06T10:01", followup.OutcomeProblem, false)
		j := s.journey(t)
		if c := j.Head.Facts.Cases; len(c) != 1 || !c[0].Open() {
			t.Errorf("cases %+v", c)
		}
	})
	t.Run("call me", func(t *testing.T) {
		s := withMachine(t, &machine{}, true)
		report(s, "2026-03-06T10:01", followup.OutcomeHelp, true)
		j := s.journey(t)
		if a := j.Head.Facts.Answers; len(a) != 1 || !a[0].CallMe || len(j.Head.Facts.Cases) != 1 {
			t.Errorf("answers %+v, cases %+v", a, j.Head.Facts.Cases)
		}
	})
	t.Run("nobody, then an answer told late", func(t *testing.T) {
		s := withMachine(t, &machine{}, true)
		report(s, "2026-03-06T10:01", followup.OutcomeNoAnswer, false)
		j := s.journey(t)
		if second := j.Row("main/1/a/-/1#2"); second == nil || second.State != followup.Planned {
			t.Fatalf("no second try: %v", s.rows(t))
		}
		report(s, "2026-03-06T10:05", followup.OutcomeWorks, false)
		if st := s.row(t, "main/1/a/-/1#2").State; st != followup.Voided {
			t.Errorf("the second try is %s", st)
		}
	})
	t.Run("nobody, twice, so a mail", func(t *testing.T) {
		m := &machine{}
		s := withMachine(t, m, true)
		report(s, "2026-03-06T10:01", followup.OutcomeNoAnswer, false)
		must(t, s.run(t.Context(), at("2026-03-09T18:00")))
		if len(m.calls) != 2 {
			t.Fatalf("%d calls", len(m.calls))
		}
		must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: m.calls[1].FollowUp, Kind: followup.ReportCalled, Outcome: followup.OutcomeNoAnswer}))
		must(t, s.run(t.Context(), at("2026-03-11T18:00")))
		if st := s.row(t, "main/1/b/-/1").State; st != followup.Sent {
			t.Errorf("the mail is %s", st)
		}
	})
	t.Run("a report without an outcome is evidence", func(t *testing.T) {
		m := &machine{answer: &followup.SendError{Failure: followup.UnclearResult, Phase: "reply"}}
		s := withMachine(t, m, true)
		if st := s.row(t, firstTry).State; st != followup.Unknown && st != followup.Parked {
			t.Fatal(st)
		}
		must(t, s.Outcome(t.Context(), *s.now, followup.Report{FollowUp: firstTry, Kind: followup.ReportCalled, Provider: "contact"}))
		if row := s.row(t, firstTry); row.State != followup.Sent || row.Provider != "contact" {
			t.Errorf("%s, %q", row.State, row.Provider)
		}
	})
}

func TestAMachineNeverCallsWhatAPersonMay(t *testing.T) {
	m := &machine{}
	s := withMachine(t, m, false) // on the list
	must(t, s.Consent(t.Context(), at("2026-03-06T11:00"), "c", []followup.Consent{
		{Purpose: followup.Feedback, Channel: followup.Call, Given: true, Machine: true, At: at("2026-03-06T11:00")},
	}))
	now := at("2026-03-06T12:00")
	row := s.row(t, firstTry)
	row.Next = now // its hours were longer when it was listed
	errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: journeyID, Rows: []followup.FollowUp{row}}})
	must(t, errors.Join(append(errs, err)...))
	_, err = s.Deliver(t.Context(), now, []followup.Ref{{ID: row.ID, Next: now, State: row.State}})
	must(t, err)
	if len(m.calls) != 0 || s.row(t, firstTry).State != followup.Listed {
		t.Errorf("%d calls, and it is %s", len(m.calls), s.row(t, firstTry).State)
	}
}
