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
	out, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
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
// and gives each batch to move. A batch is deleted once move is done with it: a
// death in between leaves its messages here as well, so what move does must be
// harmless to repeat. It returns how many were moved.
func (q *Queue) Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (int, error) {
	moved := 0
	for moved < limit {
		out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.url, MaxNumberOfMessages: int32(min(10, limit-moved)), VisibilityTimeout: hidden, WaitTimeSeconds: 1,
		})
		if err != nil {
			return moved, fmt.Errorf("receive messages: %w", err)
		}
		if len(out.Messages) == 0 {
			return moved, nil
		}
		batch := make([]queue.Message, len(out.Messages))
		for i, m := range out.Messages {
			batch[i] = queue.Message{Body: []byte(aws.ToString(m.Body))}
		}
		if err := move(ctx, batch); err != nil {
			return moved, err
		}
		if err := q.remove(ctx, out.Messages); err != nil {
			return moved, err
		}
		moved += len(batch)
	}
	return moved, nil
}

func (q *Queue) remove(ctx context.Context, messages []types.Message) error {
	entries := make([]types.DeleteMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: new(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
	}
	out, err := q.api.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	if err == nil && len(out.Failed) > 0 {
		err = errors.New(aws.ToString(out.Failed[0].Code))
	}
	if err != nil {
		return fmt.Errorf("delete moved messages: %w", err)
	}
	return nil
}
