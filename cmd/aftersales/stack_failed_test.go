package main

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/cloud"
)

// wholeStack is one with all that is looked for in it.
const wholeStack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>care</StackName><Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`

// letter is a message of a queue of failed ones.
type letter struct {
	id, body string
	more     map[string]string
}

// deadQueues is an account with one stack, in whose queues of failed messages these
// are, by the outputs that name them.
func deadQueues(t *testing.T, letters map[string][]letter) {
	t.Helper()
	account(t, http.StatusNotFound, "") // its environment
	received := map[string]int{}        // those are hidden
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, action, isQueue := strings.Cut(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
		if !isQueue {
			var outputs strings.Builder
			for _, name := range []string{"JourneysTable", "ContactsTable", "InboxTable", "EnrollQueue", "DeliverQueue", "EnrollDeadQueue", "DeliverDeadQueue", "OutcomeDeadQueue", "BusDeadQueue"} {
				fmt.Fprintf(&outputs, "<member><OutputKey>%s</OutputKey><OutputValue>http://%s/%s</OutputValue></member>", name, r.Host, name)
			}
			fmt.Fprintf(w, wholeStack, &outputs)
			return
		}
		var in struct {
			QueueURL            string `json:"QueueUrl"`
			MaxNumberOfMessages int
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		name := path.Base(in.QueueURL)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		out := map[string]any{}
		switch action {
		case "GetQueueAttributes":
			out["Attributes"] = map[string]string{"ApproximateNumberOfMessages": strconv.Itoa(len(letters[name]))}
		case "ReceiveMessage":
			var all []map[string]any
			for _, l := range letters[name][received[name]:min(received[name]+in.MaxNumberOfMessages, len(letters[name]))] {
				sum := md5.Sum([]byte(l.body))
				attributes := map[string]map[string]string{}
				for k, v := range l.more {
					attributes[k] = map[string]string{"DataType": "String", "StringValue": v}
				}
				all = append(all, map[string]any{
					"MessageId": l.id, "ReceiptHandle": l.id, "Body": l.body, "MD5OfBody": hex.EncodeToString(sum[:]),
					"Attributes": map[string]string{"SentTimestamp": "1793347290000"}, "MessageAttributes": attributes,
				})
			}
			if len(all) > 0 {
				out["Messages"] = all
			}
			received[name] += len(all)
		default:
			t.Errorf("%s is not asked for", action)
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(srv.Close)
	t.Setenv("AWS_ENDPOINT_URL", srv.URL)
}

// TestWhyMessagesFailed lists what a function buried, what its queue moved, and what
// AWS itself could not deliver, and nothing of what is in them.
func TestWhyMessagesFailed(t *testing.T) {
	cfg := folder(t)
	failed := map[string][]letter{
		"EnrollDeadQueue": {
			{"copy", `{"source":"aftersales","detail-type":"order.eaten","detail":{"email":"anna@example.com"}}`, map[string]string{
				"reason": "nobody reads order.eaten", "function": "enroll", "receives": "1", "source_message_id": "first",
			}},
			{"moved", `{"inbox":{"shop":"main","source":"shopify","key":"orders/create|77"}}`, nil},
		},
		"BusDeadQueue": {
			{"b", `{"source":"aws.ses","detail-type":"Email Sent"}`, map[string]string{"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "may not"}},
			{"c", `{}`, nil},
		},
	}
	deadQueues(t, failed)
	got := cli(t, "stack", "failed", "--stack", "care", "--config", cfg).well(t).out
	want := `failed enroll: about 2 messages
  2026-10-30T08:01:30Z  event "order.eaten" of "aftersales"                nobody reads order.eaten
  2026-10-30T08:01:30Z  body "orders/create|77" of main, source "shopify"  it failed five times; the log of enroll says why, at message_id moved
failed bus: about 2 messages
  2026-10-30T08:01:30Z  event "Email Sent" of "aws.ses"  NO_PERMISSIONS: may not
  2026-10-30T08:01:30Z  nothing of ours                  it could not be delivered

Next:
  aftersales stack redrive enroll bus --stack care   when that is mended
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it says (-want +got):\n%s", diff)
	}
	deadQueues(t, failed)
	got = cli(t, "stack", "failed", "enroll", "--json", "--stack", "care", "--config", cfg).well(t).out
	var dead []struct {
		Queue    string
		Waiting  int
		Messages []struct{ ID, At, Kind, Reason string }
	}
	if err := json.Unmarshal([]byte(got), &dead); err != nil || len(dead) != 1 || dead[0].Waiting != 2 || len(dead[0].Messages) != 2 ||
		dead[0].Messages[0].ID != "first" || dead[0].Messages[0].At != "2026-10-30T08:01:30Z" || dead[0].Messages[1].Reason != "" {
		t.Errorf("%v: %s", err, got)
	}
	if strings.Contains(got, "anna@") {
		t.Error("it tells what is in a message")
	}
}

func TestNoMessagesFailed(t *testing.T) {
	cfg := folder(t)
	deadQueues(t, nil)
	if got := cli(t, "stack", "failed", "--stack", "care", "--config", cfg).well(t).out; got != "No messages failed.\n" {
		t.Errorf("it says %q", got)
	}
	cli(t, "stack", "failed", "enrol", "--stack", "care", "--config", cfg).badly(t, exitMisused, `enroll, deliver, outcome and bus: "enrol"`)
	many := make([]letter, 30)
	for i := range many {
		many[i] = letter{strconv.Itoa(i), "x", nil}
	}
	deadQueues(t, map[string][]letter{"DeliverDeadQueue": many})
	for most, want := range map[int]string{30: "", 29: "  and about 1 more; --max N shows more of them\n", 100: "", 5: "  and about 25 more; --max N shows more of them\n"} {
		deadQueues(t, map[string][]letter{"DeliverDeadQueue": many})
		got := cli(t, "stack", "failed", "--max", strconv.Itoa(most), "--stack", "care", "--config", cfg).well(t).out
		if strings.Count(got, "nothing of ours") != min(most, 30) || !strings.Contains(got, want) || want == "" && strings.Contains(got, "more;") {
			t.Errorf("of at most %d it says %q", most, got)
		}
	}
}

// TestStatusLeadsToTheReasons names the queues in which something waits.
func TestStatusLeadsToTheReasons(t *testing.T) {
	var out bytes.Buffer
	s := &shell{process: process{out: &out, getenv: func(string) (string, bool) { return "", false }}}
	s.stands(&standing{Stack: "care", Dead: []cloud.Dead{{Queue: "enroll", Waiting: 2}, {Queue: "deliver"}, {Queue: "bus", Waiting: 1}}})
	if !strings.Contains(out.String(), "  aftersales stack failed enroll bus --stack care   tells why") {
		t.Errorf("status says %q", out.String())
	}
}
