package ses_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/ses/events"
)

// detail reads a published event and puts the tags of our mail into it.
func detail(t *testing.T, file string, tags map[string]string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	mail := d["mail"].(map[string]any)
	old, ok := mail["tags"].(map[string]any)
	if !ok {
		old = map[string]any{}
		mail["tags"] = old
	}
	for name, value := range tags {
		old[name] = []string{value}
	}
	return d
}

// event wraps a detail as EventBridge does.
func event(t *testing.T, detail any) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"version": "0", "id": "00000000-0000-4000-8000-000000000000", "source": "aws.ses", "detail-type": "Email Sent", "account": "111122223333",
		"time": "2026-03-05T10:00:00Z", "region": "eu-central-1", "resources": []string{}, "detail": detail,
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sentTags are the tags that a send puts on its mail.
func sentTags(t *testing.T, m followup.Message) map[string]string {
	t.Helper()
	e := newEndpoint(t)
	if _, err := e.channel().Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return e.got().tags()
}

func when(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

func TestEveryPublishedEvent(t *testing.T) {
	tags := sentTags(t, message())
	base := followup.Report{FollowUp: message().FollowUp, Attempt: message().Attempt, Provider: "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"}
	for file, c := range map[string]struct {
		kind           followup.ReportKind // "": says nothing
		at, sent, code string
	}{
		"event_send_record.json":              {followup.ReportAccepted, "2016-10-14T05:02:16.645Z", "2016-10-14T05:02:16.645Z", ""},
		"event_delivery_record.json":          {followup.ReportDelivered, "2016-10-19T23:21:04.133Z", "2016-10-19T23:20:52.240Z", ""},
		"event_deliverydelay_record.json":     {followup.ReportDelayed, "2020-06-16T00:25:40.095Z", "2020-06-16T00:15:40.641Z", "TransientCommunicationFailure 4.4.1"},
		"event_bounce_record.json":            {followup.ReportBounced, "2017-08-05T00:41:02.669Z", "2017-08-05T00:40:02.012Z", "Permanent General 5.1.1"},
		"event_complaint_record.json":         {followup.ReportComplained, "2017-08-05T00:41:02.669Z", "2017-08-05T00:40:01.123Z", "abuse"},
		"event_reject_record.json":            {followup.ReportRejected, "2016-10-14T17:38:15.211Z", "2016-10-14T17:38:15.211Z", "reject"},
		"event_rendering_failure_record.json": {followup.ReportRejected, "2018-01-22T18:43:06.197Z", "2018-01-22T18:43:06.197Z", "rendering-failure"},
		"event_open_record.json":              {},
		"event_click_record.json":             {},
		"event_subscription_record.json":      {},
	} {
		got, err := events.Read(event(t, detail(t, file, tags)), "ConfigSet")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.kind == "" {
			if len(got) != 0 {
				t.Errorf("%s: %+v, want nothing", file, got)
			}
			continue
		}
		want := base
		want.Kind, want.Detail, want.At, want.Sent = c.kind, c.code, when(c.at), when(c.sent)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s:\n got %+v\nwant %+v", file, got, want)
		}
	}
}

func TestABounceForNow(t *testing.T) {
	d := detail(t, "event_bounce_transient_mailbox_full.dittofeed.json", sentTags(t, message()))
	got, err := events.Read(event(t, d), "")
	if err != nil || len(got) != 1 || got[0].Kind != followup.ReportReturned || got[0].Detail != "Transient MailboxFull 4.4.7" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNotSpamAfterAll(t *testing.T) {
	d := detail(t, "event_complaint_record.json", sentTags(t, message()))
	d["complaint"].(map[string]any)["complaintFeedbackType"] = "not-spam"
	if got, err := events.Read(event(t, d), ""); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTagsCarryEveryID(t *testing.T) {
	for _, id := range []followup.FollowUpID{
		"main/1/s/-/1", "main/%231001%20ü/check-in/gid:~2/P60D#3",
		followup.NewFollowUpID(followup.NewJourneyID("main", strings.Repeat("a long order name ", 20)), "check-in", "l1/2", "1"),
		followup.NewFollowUpID(followup.NewJourneyID("main", "سفارش ۱۰۰۱"), strings.Repeat("s", 300), "", "1"),
	} {
		m := message()
		m.FollowUp = id
		tags := sentTags(t, m)
		for name, value := range tags {
			if len(value) > 256 || strings.ContainsFunc(name+value, func(r rune) bool {
				return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
			}) {
				t.Errorf("%s: SES would not take tag %s=%s", id, name, value)
			}
		}
		got, err := events.Read(event(t, detail(t, "event_send_record.json", tags)), "")
		if err != nil || len(got) != 1 || got[0].FollowUp != id || got[0].Attempt != m.Attempt {
			t.Errorf("%s comes back as %+v, %v", id, got, err)
		}
	}
}

func TestEventsThatAreNotOurs(t *testing.T) {
	tags := sentTags(t, message())
	good := func() map[string]any { return detail(t, "event_send_record.json", tags) }
	spoil := func(change func(d, mail, tags map[string]any)) []byte {
		d := good()
		mail := d["mail"].(map[string]any)
		change(d, mail, mail["tags"].(map[string]any))
		return event(t, d)
	}
	for name, raw := range map[string][]byte{
		"nothing":              {},
		"null":                 []byte("null"),
		"a list":               []byte("[]"),
		"half":                 event(t, good())[:40],
		"detail as text":       event(t, "{}"),
		"detail null":          event(t, nil),
		"detail a list":        event(t, []int{}),
		"no detail":            []byte(`{"source":"aws.ses"}`),
		"another source":       []byte(strings.Replace(string(event(t, good())), "aws.ses", "aws.ec2", 1)),
		"another set":          spoil(func(_, _, tags map[string]any) { tags["ses:configuration-set"] = []string{"Marketing"} }),
		"no set":               spoil(func(_, _, tags map[string]any) { delete(tags, "ses:configuration-set") }),
		"tags null":            spoil(func(_, mail, _ map[string]any) { mail["tags"] = nil }),
		"tags a list":          spoil(func(_, mail, _ map[string]any) { mail["tags"] = []string{} }),
		"a tag null":           spoil(func(_, _, tags map[string]any) { tags["j"] = nil }),
		"a tag as text":        spoil(func(_, _, tags map[string]any) { tags["j"] = "x" }),
		"a tag that is no key": spoil(func(_, _, tags map[string]any) { tags["j"] = []string{"%%%"} }),
		"a tag that is no id":  spoil(func(_, _, tags map[string]any) { tags["f"] = []string{"eA"} }),
		"somebody else's mail": event(t, detail(t, "event_send_record.json", nil)),
		"no mail":              spoil(func(d, _, _ map[string]any) { delete(d, "mail") }),
		"no type":              spoil(func(d, _, _ map[string]any) { delete(d, "eventType") }),
		"type a number":        spoil(func(d, _, _ map[string]any) { d["eventType"] = 7 }),
		"a time that is none":  spoil(func(_, mail, _ map[string]any) { mail["timestamp"] = "yesterday" }),
	} {
		if got, err := events.Read(raw, "ConfigSet"); !errors.Is(err, events.ErrEvent) || got != nil {
			t.Errorf("%s: %+v, %v; want ErrEvent", name, got, err)
		}
	}
	for name, raw := range map[string][]byte{
		"a new type": spoil(func(d, _, _ map[string]any) { d["eventType"] = "Telepathy" }),
		"no attempt": spoil(func(_, _, tags map[string]any) { delete(tags, "at") }),
	} {
		if _, err := events.Read(raw, "ConfigSet"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBouncesWithListsThatAreNull(t *testing.T) {
	d := detail(t, "event_bounce_record.json", sentTags(t, message()))
	d["bounce"].(map[string]any)["bouncedRecipients"] = nil
	d["bounce"].(map[string]any)["timestamp"] = "?"
	got, err := events.Read(event(t, d), "")
	if err != nil || len(got) != 1 || got[0].Kind != followup.ReportBounced || got[0].Detail != "Permanent General" || !got[0].At.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}
