package services_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aftersales/internal/queue"
	"aftersales/internal/queue/queuetest"
	ours "aftersales/internal/sqs"
)

const (
	visibility  = 10 * time.Second // a slow machine does in it what has to happen before it ends
	maxReceives = 2
)

func TestSQSQueue(t *testing.T) {
	queuetest.Run(t, newQueue)
}

func newQueue(t *testing.T) queuetest.Harness {
	shared := config(endpoint(t))
	client := sqs.NewFromConfig(shared)
	name := "t-" + rand.Text()[:12]
	dead := create(t, client, name+"-dead", nil)
	arn, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &dead, AttributeNames: []types.QueueAttributeName{"QueueArn"}})
	if err != nil {
		t.Fatal(err)
	}
	url := create(t, client, name, map[string]string{
		"VisibilityTimeout": strconv.Itoa(int(visibility / time.Second)),
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn.Attributes["QueueArn"], maxReceives),
	})
	return queuetest.Harness{
		Queue: ours.New(shared, url),
		Receive: func(ctx context.Context, limit int) ([]queue.Received, error) {
			return receive(ctx, client, url, limit)
		},
		Delete: func(ctx context.Context, receipt string) error {
			_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &receipt})
			return err
		},
		Dead:       func(ctx context.Context) ([]queue.Received, error) { return receive(ctx, client, dead, queue.MaxBatch) },
		Pass:       time.Sleep, // a service has a clock of its own
		Visibility: visibility, MaxReceives: maxReceives,
	}
}

func create(t *testing.T, client *sqs.Client, name string, attributes map[string]string) string {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteQueue(context.WithoutCancel(t.Context()), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl}) // the server forgets it anyway
	})
	return *out.QueueUrl
}

func receive(ctx context.Context, client *sqs.Client, url string, limit int) ([]queue.Received, error) {
	out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: int32(limit), MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	var got []queue.Received
	for _, m := range out.Messages {
		count, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		if err != nil {
			return nil, err
		}
		sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
		if err != nil {
			return nil, err
		}
		one := queue.Received{
			ID: aws.ToString(m.MessageId), Receipt: aws.ToString(m.ReceiptHandle), Body: []byte(aws.ToString(m.Body)), Count: count, Sent: time.UnixMilli(sent),
			Attributes: map[string]string{},
		}
		for name, value := range m.MessageAttributes {
			one.Attributes[name] = aws.ToString(value.StringValue)
		}
		got = append(got, one)
	}
	return got, nil
}

// TestDrainOfARealQueue moves messages from one queue to another; a death before
// the deletion leaves them on the first.
func TestDrainOfARealQueue(t *testing.T) {
	shared := config(endpoint(t))
	client := sqs.NewFromConfig(shared)
	name := "t-" + rand.Text()[:12]
	dead, back := create(t, client, name+"-dead", nil), create(t, client, name, nil)
	from, to := ours.New(shared, dead), ours.New(shared, back)
	var all []queue.Message
	for n := range 23 {
		all = append(all, queue.Message{Body: fmt.Appendf(nil, `{"n":%d,"ß":"\n"}`, n)})
	}
	if err := from.Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	ctx, die := context.WithCancel(t.Context())
	first := 0
	n, err := from.Drain(ctx, 3, func(ctx context.Context, batch []queue.Message) error {
		defer die()
		first = len(batch)
		return to.Send(ctx, batch)
	})
	if err == nil || n != first {
		t.Errorf("dead after %d of %d were moved: %v", n, first, err)
	}
	n, err = from.Drain(t.Context(), 1000, to.Send)
	if err != nil || n != len(all)-first {
		t.Errorf("%d moved, want all but the %d that are hidden: %v", n, first, err)
	}
	if n, err := to.Waiting(t.Context()); err != nil || n != len(all) {
		t.Errorf("%d wait at the target: %v", n, err)
	}
	got := map[string]int{}
	for {
		messages, err := receive(t.Context(), client, back, queue.MaxBatch)
		if err != nil {
			t.Fatal(err)
		}
		if len(messages) == 0 {
			break
		}
		for _, m := range messages {
			got[string(m.Body)]++
		}
	}
	for _, m := range all {
		if got[string(m.Body)] != 1 {
			t.Errorf("%s came %d times", m.Body, got[string(m.Body)])
		}
	}
}

// TestPeekOfARealQueue sees every message with its attributes, and that nothing went.
func TestPeekOfARealQueue(t *testing.T) {
	shared := config(endpoint(t))
	url := create(t, sqs.NewFromConfig(shared), "t-"+rand.Text()[:12], nil)
	q := ours.New(shared, url)
	var all []queue.Message
	for n := range 12 {
		all = append(all, queue.Message{Body: fmt.Appendf(nil, "n%d", n), Attributes: map[string]string{"reason": fmt.Sprintf("ß %d", n)}})
	}
	if err := q.Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	got, err := q.Peek(t.Context(), 100)
	if err != nil || len(got) != len(all) {
		t.Fatalf("saw %d messages, %v", len(got), err)
	}
	for _, m := range got {
		if want := "ß " + string(m.Body[1:]); m.Attributes["reason"] != want || time.Since(m.Sent).Abs() > time.Hour {
			t.Errorf("%s of %s has %q, want %q", m.Body, m.Sent, m.Attributes, want)
		}
	}
}

// TestADrainOfWhatComesBackEnds moves messages to the queue that they are taken from.
func TestADrainOfWhatComesBackEnds(t *testing.T) {
	shared := config(endpoint(t))
	q := ours.New(shared, create(t, sqs.NewFromConfig(shared), "t-"+rand.Text()[:12], nil))
	if err := q.Send(t.Context(), []queue.Message{{Body: []byte("a")}, {Body: []byte("b")}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a guard: it takes two seconds
	defer cancel()
	if n, err := q.Drain(ctx, 1<<20, q.Send); err != nil || n < 2 {
		t.Errorf("%d moved, %v", n, err)
	}
}
