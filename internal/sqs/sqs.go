// Package sqs puts messages on a queue of Amazon SQS, and moves failed ones off
// theirs. All other receiving is Lambda's.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aftersales/internal/queue"
)

const (
	parallel = 8 // batches at once
	rounds   = 4 // tries of the entries of a batch that SQS did not take
	tries    = 4 // of a call that failed whole

	firstPause  = 100 * time.Millisecond // between two of either, doubled each time
	callTimeout = 3 * time.Second        // of one call, at most; receiving waits for one of them
)

// Queue is one queue. It implements [queue.Sender] and is safe for concurrent use.
type Queue struct {
	// The operations themselves: of a client, functions with templates keep all.
	send       func(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
	receive    func(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	drop       func(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	attributes func(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	url        string
}

var _ queue.Sender = (*Queue)(nil)

// New returns the queue at a URL. Region, credentials and endpoint are those of
// shared. It opens no connection yet.
func New(shared aws.Config, url string) *Queue {
	api := sqs.NewFromConfig(shared, func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }) // see call
	return &Queue{send: api.SendMessageBatch, receive: api.ReceiveMessage, drop: api.DeleteMessageBatch, attributes: api.GetQueueAttributes, url: url}
}

// Send puts all messages on the queue, eight batches at once and so in no order.
// What SQS took of a batch is not sent again with the rest of it.
func (q *Queue) Send(ctx context.Context, messages []queue.Message) error {
	batches, err := queue.Batches(messages)
	if err != nil {
		return err
	}
	errs := make([]error, len(batches))
	places := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i, b := range batches {
		places <- struct{}{}
		all.Go(func() {
			errs[i] = q.batch(ctx, entries(b))
			<-places
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func entries(batch []queue.Message) []types.SendMessageBatchRequestEntry {
	out := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i, m := range batch {
		out[i] = types.SendMessageBatchRequestEntry{
			Id: new(strconv.Itoa(i)), MessageBody: new(string(m.Body)), DelaySeconds: int32(m.Seconds()), MessageAttributes: attributes(m.Attributes),
		}
	}
	return out
}

func attributes(of map[string]string) map[string]types.MessageAttributeValue {
	if len(of) == 0 {
		return nil
	}
	out := make(map[string]types.MessageAttributeValue, len(of))
	for name, value := range of {
		out[name] = types.MessageAttributeValue{DataType: new(queue.AttributeType), StringValue: &value}
	}
	return out
}

// batch sends entries, and those that SQS did not take again, a little later each
// time.
func (q *Queue) batch(ctx context.Context, todo []types.SendMessageBatchRequestEntry) error {
	for round := 0; ; round++ {
		out, err := call(ctx, q.send, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: todo})
		if err != nil {
			return fmt.Errorf("send %d messages: %w", len(todo), err)
		}
		if len(out.Failed) == 0 {
			return nil
		}
		if todo, err = again(todo, out.Failed, round, func(e types.SendMessageBatchRequestEntry) *string { return e.Id }); err != nil {
			return fmt.Errorf("send messages: %w", err)
		}
		if err := pause(ctx, firstPause<<round); err != nil {
			return fmt.Errorf("send %d messages: %w", len(todo), err)
		}
	}
}

// again returns the entries that failed, if it makes sense to try them once more.
func again[E any](tried []E, failed []types.BatchResultErrorEntry, round int, id func(E) *string) ([]E, error) {
	var todo []E
	for _, f := range failed {
		if f.SenderFault || round+1 == rounds {
			return nil, fmt.Errorf("%d of %d were not taken: %s", len(failed), len(tried), aws.ToString(f.Code))
		}
		for _, e := range tried {
			if aws.ToString(id(e)) == aws.ToString(f.Id) {
				todo = append(todo, e)
			}
		}
	}
	return todo, nil
}

// call makes a call, which may be made twice, again after faults of the service and
// time-outs, as long as ctx has time for it.
func call[I, O any](ctx context.Context, do func(context.Context, *I, ...func(*sqs.Options)) (*O, error), in *I) (out *O, err error) {
	for try := range tries {
		if try > 0 {
			if perr := pause(ctx, firstPause<<(try-1)); perr != nil {
				return nil, errors.Join(perr, err)
			}
		}
		if out, err = once(ctx, do, in); err == nil || ctx.Err() != nil || !passes(err) {
			return out, err
		}
	}
	return nil, err
}

// once makes a call that takes half of the time left at most, so that another one,
// on a connection that is not dead, has its chance.
func once[I, O any](ctx context.Context, do func(context.Context, *I, ...func(*sqs.Options)) (*O, error), in *I) (*O, error) {
	most := callTimeout
	if end, limited := ctx.Deadline(); limited {
		most = min(most, time.Until(end)/2) //nolint:forbidigo // a deadline is of the machine's clock
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return do(ctx, in)
}

// passes reports whether an error may be gone at the next call.
func passes(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || // ours: the caller's context is alive
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// errNoTime is a call for which its caller has no time left.
var errNoTime = fmt.Errorf("the queue does not answer in time: %w", context.DeadlineExceeded)

// pause waits for d; errNoTime, at once, when ctx would end before.
func pause(ctx context.Context, d time.Duration) error {
	if end, limited := ctx.Deadline(); limited && time.Until(end) <= d { //nolint:forbidigo // a deadline is of the machine's clock
		return errNoTime
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
