package cloud

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/source"
)

// QueueEvent is what a mapping hands to a function: only what we read of it, so
// that nothing else can make a whole batch unreadable.
type QueueEvent struct {
	Records []QueueMessage
}

// QueueMessage is one message of a QueueEvent.
type QueueMessage struct {
	MessageID      string            `json:"messageId"`
	Body           string            `json:"body"`
	Attributes     map[string]string `json:"attributes"`
	EventSourceARN string            `json:"eventSourceARN"`
}

// batch is what one invocation received of a queue. Each message is settled on
// its own: what failed comes again, and after the last receive goes to the dead
// letter queue; the rest is done.
type batch struct {
	log    *slog.Logger
	failed events.SQSEventResponse
}

// newBatch returns a batch without failures: an empty list, never null.
func (f *Form) newBatch(function string) *batch {
	return &batch{
		log:    f.Log.With(slog.String("function", function)),
		failed: events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}},
	}
}

// fail leaves a message to the queue, with the reason in the log. One without a
// name leaves the whole batch: what was done already changes nothing again.
func (b *batch) fail(ctx context.Context, m *QueueMessage, err error) {
	level, kind := slog.LevelWarn, "again"
	if _, fault := errors.AsType[*source.Fault](err); fault || errors.Is(err, errMalformed) {
		level, kind = slog.LevelError, "malformed"
	}
	b.log.LogAttrs(ctx, level, "message failed", slog.String("message_id", m.MessageID), slog.String("kind", kind),
		slog.Int("receives", receivesOf(m)), slog.String("queue", m.EventSourceARN), slog.String("reason", err.Error()))
	b.failed.BatchItemFailures = append(b.failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageID})
}

// failAll leaves every message to the queue: nothing could be done at all.
func (b *batch) failAll(ctx context.Context, messages []QueueMessage, err error) events.SQSEventResponse {
	for i := range messages {
		b.fail(ctx, &messages[i], err)
	}
	return b.failed
}

// receivesOf returns how often a message was received, this time included.
func receivesOf(m *QueueMessage) int {
	n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if err != nil || n < 1 {
		return 1
	}
	return n
}
