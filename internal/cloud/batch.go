package cloud

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/queue"
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
// its own: what failed comes again, and after the last receive the queue moves it to
// its dead letter queue; what can never be understood goes there at once, with its
// reason; the rest is done.
type batch struct {
	function string
	log      *slog.Logger
	dead     queue.Sender // nil: everything is left to the queue
	letters  []letter
	failed   []events.SQSBatchItemFailure
}

// letter is a message that can never be understood, and why.
type letter struct {
	message *QueueMessage
	err     error
}

// newBatch returns a batch without failures. An event without the list is none of a
// queue: nothing is done with it, which the log says. An empty list is one.
func (f *Form) newBatch(ctx context.Context, function string, e QueueEvent) *batch {
	log := f.Log.With(slog.String("function", function))
	if e.Records == nil {
		log.WarnContext(ctx, "nothing is done: the event has no Records, so it does not come from a queue")
	}
	return &batch{function: function, log: log, dead: f.DeadQueue}
}

// fail tells in the log why a message failed. It comes again, or is buried by done.
func (b *batch) fail(ctx context.Context, m *QueueMessage, err error) {
	level, kind := slog.LevelWarn, "again"
	if hopeless(err) {
		level, kind = slog.LevelError, "malformed"
	}
	b.log.LogAttrs(ctx, level, "message failed", slog.String("message_id", m.MessageID), slog.String("kind", kind),
		slog.Int("receives", receivesOf(m)), slog.String("queue", m.EventSourceARN), slog.String("reason", err.Error()))
	if kind == "malformed" && b.dead != nil {
		b.letters = append(b.letters, letter{m, err})
		return
	}
	b.again(m)
}

// again leaves a message to the queue. One without a name leaves the whole batch:
// what was done already changes nothing again.
func (b *batch) again(m *QueueMessage) {
	b.failed = append(b.failed, events.SQSBatchItemFailure{ItemIdentifier: m.MessageID})
}

// failAll leaves every message to the queue: nothing could be done at all.
func (b *batch) failAll(ctx context.Context, messages []QueueMessage, err error) {
	for i := range messages {
		b.fail(ctx, &messages[i], err)
	}
}

// done buries what can never be understood, all of it at once, and returns what is
// left to the queue: a list, never null. Where the dead letter queue takes nothing,
// it stays as it was, and the queue moves it in the end. A process that dies before
// its answer leaves messages in both queues; redriving one twice does no harm.
func (b *batch) done(ctx context.Context) events.SQSEventResponse {
	if len(b.letters) > 0 {
		messages := make([]queue.Message, len(b.letters))
		for i, l := range b.letters {
			messages[i] = l.write(b.function)
		}
		if err := b.dead.Send(ctx, messages); err != nil {
			b.log.ErrorContext(ctx, "dead letter queue takes nothing; malformed messages come again", "messages", len(messages), "err", err)
			for _, l := range b.letters {
				b.again(l.message)
			}
		}
	}
	return events.SQSEventResponse{BatchItemFailures: append([]events.SQSBatchItemFailure{}, b.failed...)}
}

// Attributes of a dead letter that a function wrote.
const (
	attrReason   = "reason"
	attrFunction = "function"
	attrReceives = "receives"          // before it was given up
	attrSource   = "source_message_id" // by which the log knows it
)

// maxReason is how much of a reason a dead letter says, in bytes. The log has all.
const maxReason = 1000

// write writes a dead letter: the message as it was, and beside it, for people, why it
// failed. A body that fills a message leaves no room for that.
func (l letter) write(function string) queue.Message {
	out := queue.Message{
		Body: []byte(cmp.Or(l.message.Body, "null")), // no queue brings nothing, nor takes it
		Attributes: map[string]string{
			attrReason: queue.Text(l.err.Error(), maxReason), attrFunction: function, attrReceives: strconv.Itoa(receivesOf(l.message)),
		},
	}
	if id := queue.Text(l.message.MessageID, maxReason); id != "" {
		out.Attributes[attrSource] = id
	}
	if out.Size() > queue.MaxBytes {
		out.Attributes = nil
	}
	return out
}

// hopeless reports whether a message failed for what it is alone, so that no further
// receive can help. A fault beside another error, as one of the store that could not
// note it, may get better.
func hopeless(err error) bool {
	if errors.Is(err, errMalformed) {
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !hopeless(err) })
	}
	_, fault := errors.AsType[*source.Fault](err)
	return fault
}

// receivesOf returns how often a message was received, this time included.
func receivesOf(m *QueueMessage) int {
	n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if err != nil || n < 1 {
		return 1
	}
	return n
}
