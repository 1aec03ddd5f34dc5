package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aftersales/internal/queue"
)

// hidden is for how many seconds a message that is being moved is seen by nobody
// else: long enough for one batch.
const hidden = 60

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
// can be moved ends the drain. It returns how many were moved, also with an error.
func (q *Queue) Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (int, error) {
	moved := 0
	var stayed []error
	for moved < limit {
		out, err := call(ctx, q.receive, &sqs.ReceiveMessageInput{
			QueueUrl: &q.url, MaxNumberOfMessages: int32(min(queue.MaxBatch, limit-moved)), VisibilityTimeout: hidden, WaitTimeSeconds: 1,
		})
		if err != nil {
			return moved, errors.Join(append(stayed, fmt.Errorf("receive messages: %w", err))...)
		}
		if len(out.Messages) == 0 {
			break
		}
		gone, errs := part(ctx, out.Messages, move)
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

// part moves messages, together if that can be, and returns those that were moved.
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
