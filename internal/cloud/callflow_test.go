package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/connect/contact"
	"aftersales/internal/followup"
)

// The key a customer pressed during a call is an answer like any other.
func TestCallflowRecordsTheKey(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	j := s.journey("1000")
	row := j.Rows[0]
	for _, r := range j.Rows {
		if r.Channel == followup.Call {
			row = r
		}
	}
	if row.Channel != followup.Call {
		t.Fatal("the plan has no call")
	}
	row = row.Arm("a1", j.Head.Plan, s.Now(), followup.CallTimeout)
	if errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: j.ID, Rows: []followup.FollowUp{row}}}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	pressed := func(key string) string {
		out, err := s.form(config.Callflow).Callflow(t.Context(), []byte(event(t, object{"Details": object{
			"ContactData": object{"ContactId": "c1", "Attributes": object{"f": string(row.ID), "at": "a1"}}, "Parameters": object{"key": key},
		}})))
		if err != nil {
			t.Fatal(err)
		}
		return out["recorded"]
	}
	if got := pressed("2"); got != "yes" {
		t.Errorf("recorded %q", got)
	}
	j = s.journey("1000")
	if got := j.Row(row.ID); got.State != followup.Sent || got.Outcome != followup.OutcomeProblem || len(j.Head.Facts.Cases) != 1 {
		t.Errorf("the row is %s, %s; cases %+v", got.State, got.Outcome, j.Head.Facts.Cases)
	}
	for name, in := range map[string]string{"no JSON": "{", "null": "null", "foreign": `{"Details":{"ContactData":{"Attributes":{"x":"y"}}}}`, "null attributes": `{"Details":{"ContactData":{"Attributes":null},"Parameters":null}}`} {
		if out, err := s.form(config.Callflow).Callflow(t.Context(), json.RawMessage(in)); err != nil || out["recorded"] != "no" {
			t.Errorf("%s: %v, %v", name, out, err)
		}
	}
}

// calls answers for Connect's events.
type calls struct {
	reports []followup.Report
	err     error
}

func (c calls) Read(context.Context, []byte) ([]followup.Report, error) { return c.reports, c.err }

func TestOutcomesOfCalls(t *testing.T) {
	body := `{"source":"aws.connect","detail":{}}`
	for name, c := range map[string]struct {
		calls        cloud.Calls
		failed, dead int
	}{
		"nothing to say":             {calls{}, 0, 0},
		"malformed":                  {calls{err: contact.ErrEvent}, 0, 1},
		"Connect does not answer":    {calls{err: errors.New("busy")}, 1, 0},
		"no voice provider":          {nil, 0, 1},
		"about what is not known":    {calls{reports: []followup.Report{{FollowUp: "main/1/x/-/1", Attempt: "a", Kind: followup.ReportCalled, Outcome: followup.OutcomeNoAnswer}}}, 0, 0},
		"about a call of an old one": {calls{reports: []followup.Report{{FollowUp: "x", Attempt: "a", Kind: followup.ReportCalled}}}, 0, 0},
	} {
		s := newStack(t)
		parts := s.parts(config.Outcome)
		parts.Calls = c.calls
		out, err := cloud.New(parts).Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "m", Body: body}))
		if err != nil || len(out.BatchItemFailures) != c.failed || s.dead.Len() != c.dead {
			t.Errorf("%s: failed %v, %d dead, %v", name, out.BatchItemFailures, s.dead.Len(), err)
		}
	}
}
