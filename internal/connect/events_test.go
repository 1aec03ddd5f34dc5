package connect_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftersales/internal/connect"
	"aftersales/internal/connect/contact"
	"aftersales/internal/followup"
)

// invocation reads a published invocation and makes it one of our calls.
func invocation(t *testing.T, file, key string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var in map[string]any
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatal(err)
	}
	details := in["Details"].(map[string]any)
	details["ContactData"].(map[string]any)["Attributes"] = map[string]string{"f": "main/1001/call/-/1#1", "at": "ATTEMPT"}
	details["Parameters"] = map[string]string{"key": key}
	raw, err = json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestKeys(t *testing.T) {
	for key, want := range map[string]followup.Report{
		"1":    {Outcome: followup.OutcomeWorks},
		"2":    {Outcome: followup.OutcomeProblem},
		"3":    {Outcome: followup.OutcomeHelp, CallMe: true},
		"none": {Outcome: followup.OutcomeNoAnswer},
		"":     {Outcome: followup.OutcomeNoAnswer},
		"9":    {Outcome: followup.OutcomeNoAnswer},
	} {
		for _, file := range []string{"connectContactFlowEventAll.json", "connectContactFlowEventMin.json", "connect-event.json"} {
			want := want
			want.Kind, want.FollowUp, want.Attempt = followup.ReportCalled, "main/1001/call/-/1#1", "ATTEMPT"
			got, err := contact.Pressed(invocation(t, file, key))
			want.Provider = got.Provider
			if err != nil || got != want || got.Provider == "" {
				t.Errorf("%s, key %q: %+v, %v", file, key, got, err)
			}
		}
	}
}

func TestInvocationsThatAreNotOurs(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "text": `"x"`, "no details": "{}", "details null": `{"Details":null}`,
		"attributes null": `{"Details":{"ContactData":{"Attributes":null},"Parameters":{"key":"1"}}}`,
		"attributes list": `{"Details":{"ContactData":{"Attributes":[]},"Parameters":{"key":"1"}}}`,
		"no attempt":      `{"Details":{"ContactData":{"Attributes":{"f":"main/1/s/-/1"}},"Parameters":{"key":"1"}}}`,
		"no id":           `{"Details":{"ContactData":{"Attributes":{"f":"x","at":"a"}},"Parameters":{"key":"1"}}}`,
	} {
		if r, err := contact.Pressed([]byte(raw)); !errors.Is(err, contact.ErrEvent) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	raw, err := os.ReadFile("testdata/connectContactFlowEventAll.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contact.Pressed(raw); !errors.Is(err, contact.ErrEvent) {
		t.Errorf("somebody else's call: %v", err)
	}
}

func (c *centre) events() *connect.Events { return connect.NewEvents(config(c.URL), "inst") }

func contactEvent(contact, kind string) string {
	return `{"version":"0","source":"aws.connect","detail-type":"Amazon Connect Contact Event","detail":{"eventType":"` + kind + `","contactId":"` + contact +
		`","channel":"VOICE","instanceArn":"arn:aws:connect:eu-central-1:111122223333:instance/inst","initiationMethod":"API","initiationTimestamp":"2026-03-05T10:00:00.000Z",` +
		`"disconnectTimestamp":"2026-03-05T10:00:31.000Z","disconnectReason":"TELECOM_NO_ANSWER","somethingNew":{"a":[1]}}}`
}

func TestTheEndOfACall(t *testing.T) {
	for key, want := range map[string]followup.Outcome{"": followup.OutcomeNoAnswer, "1": followup.OutcomeWorks, "2": followup.OutcomeProblem} {
		c := newCentre(t)
		if _, err := c.channel().Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		if key != "" {
			c.contacts["contact-1"]["key"] = key // as the flow notes it, should the function fail
		}
		got, err := c.events().Read(t.Context(), []byte(contactEvent("contact-1", "DISCONNECTED")))
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		r := got[0]
		if r.FollowUp != message().FollowUp || r.Attempt != "ATTEMPT" || r.Outcome != want || r.Provider != "contact-1" || r.Detail != "TELECOM_NO_ANSWER" ||
			!r.At.Equal(time.Date(2026, 3, 5, 10, 0, 31, 0, time.UTC)) || !r.Sent.Equal(time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v", r)
		}
	}
}

func TestContactEventsThatSayNothing(t *testing.T) {
	c := newCentre(t)
	c.contacts["other"] = map[string]string{"campaign": "spring"}
	c.contacts["ours"] = map[string]string{"f": "main/1001/call/-/1#1", "at": "ATTEMPT"}
	for name, raw := range map[string]string{
		"the beginning":      contactEvent("ours", "INITIATED"),
		"somebody else's":    contactEvent("other", "DISCONNECTED"),
		"forgotten":          contactEvent("gone", "DISCONNECTED"),
		"a chat":             strings.Replace(contactEvent("ours", "DISCONNECTED"), "VOICE", "CHAT", 1),
		"handed on":          strings.Replace(contactEvent("ours", "DISCONNECTED"), `"API"`, `"TRANSFER"`, 1),
		"a type of tomorrow": contactEvent("ours", "TELEPATHY"),
	} {
		if got, err := c.events().Read(t.Context(), []byte(raw)); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, raw := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "another source": `{"source":"aws.ses","detail":{}}`, "detail as text": `{"source":"aws.connect","detail":"{}"}`,
		"detail null": `{"source":"aws.connect","detail":null}`, "no contact": `{"source":"aws.connect","detail":{"eventType":"DISCONNECTED"}}`,
		"a time that is none": strings.Replace(contactEvent("other", "DISCONNECTED"), "2026-03-05T10:00:31.000Z", "soon", 1),
	} {
		if got, err := c.events().Read(t.Context(), []byte(raw)); !errors.Is(err, contact.ErrEvent) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAttributesThatCannotBeRead(t *testing.T) {
	c := newCentre(t)
	events := c.events()
	c.Close()
	if _, err := events.Read(t.Context(), []byte(contactEvent("contact-1", "DISCONNECTED"))); err == nil || errors.Is(err, contact.ErrEvent) {
		t.Errorf("%v: want an error that the queue brings again", err)
	}
}
