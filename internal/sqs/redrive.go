package sqs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aftersales/internal/queue"
)

// For how many seconds a message is seen by nobody else: long enough to move a
// batch, and to look at several.
const (
	hidden = 60
	looked = 5
)

// Waiting returns about how many messages can be received; SQS counts roughly.
func (q *Queue) Waiting(ctx context.Context) (int, error) {
	out, err := call(ctx, q.attributes, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	n, err := strconv.Atoi(out.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return n, nil
}

// Drain takes messages off the queue, at most ten at a time and limit in all,
// and gives each batch to move, or its messages one by one when move fails with
// the batch. What was moved is deleted then: a death in between leaves it here as
// well, so what move does must be harmless to repeat. What cannot be moved stays,
// hidden for a minute, and does not keep back the rest; a batch of which nothing
// can be moved ends the drain. What was put on the queue after the drain began stays,
// too: it may be what was just moved, and was refused where it belongs. It returns how
// many were moved, also with an error.
func (q *Queue) Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (int, error) {
	moved, began := 0, time.Time{}
	var stayed []error
	for moved < limit {
		out, err := call(ctx, q.receive, &sqs.ReceiveMessageInput{
			QueueUrl: &q.url, MaxNumberOfMessages: int32(min(queue.MaxBatch, limit-moved)), VisibilityTimeout: hidden, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: sentTime,
		})
		if err != nil {
			return moved, errors.Join(append(stayed, fmt.Errorf("receive messages: %w", err))...)
		}
		if at, ok := middleware.GetServerTime(out.ResultMetadata); ok && began.IsZero() {
			began = at.Add(time.Second) // it is told without fractions
		}
		old := slices.DeleteFunc(out.Messages, func(m types.Message) bool { return !began.IsZero() && sentAt(m).After(began) })
		if len(old) == 0 {
			break
		}
		gone, errs := part(ctx, old, move)
		moved, stayed = moved+len(gone), append(stayed, errs...)
		if len(gone) == 0 {
			break
		}
		if err := q.remove(ctx, gone); err != nil {
			return moved, errors.Join(append(stayed, err)...)
		}
	}
	return moved, errors.Join(stayed...)
}

// sentTime asks for when messages were put on the queue.
var sentTime = []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp} //nolint:gochecknoglobals // constant

// sentAt is when a message was put on the queue, by the queue's clock; zero when that
// is not told.
func sentAt(m types.Message) time.Time {
	ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Peek returns at most limit of the messages that can be received, and leaves them
// where they are: nobody else receives them for five seconds. Each counts a receive
// more, so it is for queues without a redrive policy, as those of failed messages are.
func (q *Queue) Peek(ctx context.Context, limit int) ([]queue.Received, error) {
	var all []queue.Received
	seen := map[string]bool{}
	for len(all) < limit {
		out, err := call(ctx, q.receive, &sqs.ReceiveMessageInput{
			QueueUrl: &q.url, MaxNumberOfMessages: int32(min(queue.MaxBatch, limit-len(all))), VisibilityTimeout: looked, WaitTimeSeconds: 1,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: sentTime,
		})
		if err != nil {
			return all, fmt.Errorf("look at messages: %w", err)
		}
		before := len(all)
		for _, m := range out.Messages {
			if id := aws.ToString(m.MessageId); !seen[id] {
				seen[id] = true
				all = append(all, received(m))
			}
		}
		if len(all) == before { // none, or those that were seen already
			break
		}
	}
	return all, nil
}

func received(m types.Message) queue.Received {
	r := queue.Received{
		ID: aws.ToString(m.MessageId), Receipt: aws.ToString(m.ReceiptHandle), Body: []byte(aws.ToString(m.Body)), Sent: sentAt(m),
		Attributes: map[string]string{},
	}
	for name, value := range m.MessageAttributes {
		r.Attributes[name] = aws.ToString(value.StringValue)
	}
	return r
}

// part moves messages, together if that can be, and returns those that were moved.
// Their attributes, which say why they failed, stay behind.
func part(ctx context.Context, messages []types.Message, move func(context.Context, []queue.Message) error) (gone []types.Message, errs []error) {
	batch := make([]queue.Message, len(messages))
	for i, m := range messages {
		batch[i] = queue.Message{Body: []byte(aws.ToString(m.Body))}
	}
	err := move(ctx, batch)
	if err == nil {
		return messages, nil
	}
	if len(batch) == 1 || ctx.Err() != nil {
		return nil, []error{err}
	}
	for i := range batch {
		if err := move(ctx, batch[i:i+1]); err != nil {
			errs = append(errs, err)
		} else {
			gone = append(gone, messages[i])
		}
	}
	return gone, errs
}

// remove deletes messages; those that SQS did not delete again, a little later
// each time.
func (q *Queue) remove(ctx context.Context, messages []types.Message) error {
	todo := make([]types.DeleteMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		todo[i] = types.DeleteMessageBatchRequestEntry{Id: new(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
	}
	for round := 0; ; round++ {
		out, err := call(ctx, q.drop, &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: todo})
		if err != nil {
			return fmt.Errorf("delete %d moved messages: %w", len(todo), err)
		}
		if len(out.Failed) == 0 {
			return nil
		}
		if todo, err = again(todo, out.Failed, round, func(e types.DeleteMessageBatchRequestEntry) *string { return e.Id }); err != nil {
			return fmt.Errorf("delete moved messages: %w", err)
		}
		if err := pause(ctx, firstPause<<round); err != nil {
			return fmt.Errorf("delete %d moved messages: %w", len(todo), err)
		}
	}
}
