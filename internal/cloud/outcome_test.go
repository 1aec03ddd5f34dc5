package cloud_test

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// told is an event of SES about an attempt, as a rule delivers it.
func told(t *testing.T, kind string, id followup.FollowUpID, attempt string, sent time.Time) string {
	coded := func(s string) []string { return []string{base64.RawURLEncoding.EncodeToString([]byte(s))} }
	return event(t, object{"source": "aws.ses", "detail-type": "Email " + kind, "detail": object{
		"eventType": kind,
		"mail":      object{"timestamp": sent, "messageId": "m1", "tags": object{"j": coded(string(id.Journey())), "f": coded(strings.TrimPrefix(string(id), string(id.Journey())+"/")), "at": []string{attempt}}},
	}})
}

func TestOutcomeRecordsWhatBecameOfAMail(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	if _, err := s.deliverer(&channel{}).Deliver(t.Context(), one(message(t, "m", s.Now(), "1", ids...))); err != nil {
		t.Fatal(err)
	}
	row := s.state(ids[0])
	sent := s.Now()
	body := told(t, "Delivery", row.ID, row.Attempt, sent)
	good := []cloud.QueueMessage{{MessageID: "a", Body: body}, {MessageID: "b", Body: body}}
	var bad []cloud.QueueMessage
	for i, body := range []string{
		``, `null`, `[]`, `{}`, `Test message.`, `{"source":"aws.ses","detail":"{}"}`, `{"source":"aws.ses","detail":null}`,
		`{"source":"aws.ses","detail-type":"Email Bounced","detail":{"eventType":"Bounce","mail":null}}`,
		`{"source":"aws.ses","detail-type":"Email Sent","detail":{"eventType":"Send","mail":{"timestamp":"2026-03-02T08:00:00Z","messageId":null,"tags":null}}}`,
		`{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{"state":"terminated"}}`,
		`{"source":"aws.connect","detail":{}}`,
	} {
		bad = append(bad, cloud.QueueMessage{MessageID: "bad " + strconv.Itoa(i), Body: body})
	}
	out, err := s.form(config.Outcome).Outcome(t.Context(), one(append(append(good[:1:1], bad...), good[1])...))
	if err != nil || len(out.BatchItemFailures) != 0 {
		t.Fatalf("failed %v, %v; log %s", out.BatchItemFailures, err, s.logs.text())
	}
	s.buried(config.Outcome, "1", bad)
	if got := s.state(row.ID).State; got != followup.Delivered {
		t.Errorf("the row is %s", got)
	}
	var mark time.Time
	value, version, err := s.store.Record(t.Context(), "seen#email")
	if err != nil || json.Unmarshal(value, &mark) != nil || !mark.Equal(sent) {
		t.Errorf("the watermark is %s, %v; want %s", mark, err, sent)
	}
	form := s.form(config.Outcome)
	for i := range 3 {
		body := told(t, "Send", row.ID, row.Attempt, sent.Add(time.Duration(i+1)*time.Second))
		if _, err := form.Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "a", Body: body})); err != nil {
			t.Fatal(err)
		}
	}
	if _, now, err := s.store.Record(t.Context(), "seen#email"); err != nil || now != version+1 {
		t.Errorf("the watermark was written %d times by one sandbox within a minute", now-version)
	}
}

// An unclear send is sent once more when later ones were reported.
func TestTheWatermarkSettlesAnUnclearSend(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	parts := s.parts(config.Deliver)
	parts.Env.ConfigurationSet = "set"
	c := &channel{}
	parts.Mail = c
	form := cloud.New(parts)
	row := s.state(ids[0])
	row, version := row.Arm("a1", s.journey("1000").Head.Plan, s.Now(), 10*time.Second), row.Version
	row.Version = version
	row = row.Lose("died", s.Now())
	if errs, err := s.store.Save(t.Context(), []followup.Change{{Journey: row.ID.Journey(), Rows: []followup.FollowUp{row}}}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	look := func(id string) {
		if out, err := form.Deliver(t.Context(), one(message(t, id, s.state(row.ID).Next, "1", row.ID))); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatal(out, err)
		}
	}
	look("m1")
	if got := s.state(row.ID); got.State != followup.Unknown || c.sent.Load() != 0 {
		t.Fatalf("at once it is %s, %d sent", got.State, c.sent.Load())
	}
	value, err := json.Marshal(s.Now().Add(16 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.SetRecord(t.Context(), "seen#email", value, 0); err != nil {
		t.Fatal(err)
	}
	s.pass(s.state(row.ID).Next.Sub(s.Now()))
	look("m2")
	if got := s.state(row.ID); got.State != followup.Planned && got.State != followup.Sent {
		t.Errorf("after later sends were reported it is %s", got.State)
	}
}
