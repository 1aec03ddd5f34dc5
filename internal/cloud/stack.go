package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// Stack is a deployed stack as its operator reaches it from another machine,
// with that person's own rights. Package reach makes it.
type Stack struct {
	*Form
	Table Table                                          // the tables, as they are: what is written here queues nothing
	Parse func(followup.PlanDoc) (*followup.Plan, error) // reads the source of a plan, for an import
	Queue func(output string) FailedQueue                // a queue, by the output that names it
}

// Table is all that can be done with the state of a stack.
type Table interface {
	followup.SweptStore
	followup.Census
	// Clear deletes all journeys and contacts; plans, records and the inbox stay.
	Clear(ctx context.Context) error
}

// FailedQueue is a queue that messages are taken off, or put back on.
type FailedQueue interface {
	queue.Sender
	// Waiting returns about how many messages can be received.
	Waiting(ctx context.Context) (int, error)
	// Peek returns at most limit messages and leaves them where they are; for some
	// seconds nobody else receives them.
	Peek(ctx context.Context, limit int) ([]queue.Received, error)
	// Drain gives move at most limit messages in batches, and deletes each batch
	// that was moved. It returns how many were.
	Drain(ctx context.Context, limit int, move func(context.Context, []queue.Message) error) (int, error)
}

// outcomeQueue is the name of the queue of what providers report.
const outcomeQueue = "outcome"

// deadQueue is where messages go that failed five times or can never be understood.
type deadQueue struct{ name, output string }

func deadQueues() []deadQueue {
	return []deadQueue{{"enroll", "EnrollDeadQueue"}, {"deliver", "DeliverDeadQueue"}, {outcomeQueue, "OutcomeDeadQueue"}, {"bus", "BusDeadQueue"}}
}

// Dead says how many messages wait in a queue of failed ones.
type Dead struct {
	Queue   string `json:"queue"`
	Waiting int    `json:"waiting"` // about
	Moved   int    `json:"moved"`   // by this call
	// Messages are those that were looked at, oldest first.
	Messages []Failed `json:"messages,omitempty"`
}

// ErrQueue is a queue that does not exist.
var ErrQueue = errors.New("there is no such queue; there are enroll, deliver, outcome and bus")

// Dead counts what waits in the queues of failed messages, all of them or those
// that are named.
func (s *Stack) Dead(ctx context.Context, names []string) ([]Dead, error) {
	return s.dead(ctx, names, func(*Dead, FailedQueue) error { return nil })
}

// Pace says how many failed messages are put back, and how fast. The zero value
// puts back all of them at once.
type Pace struct {
	Max       int // of all queues together; 0: every one
	PerSecond int // 0: as fast as it goes
}

// Redrive puts failed messages back to where they came from, at a pace. Messages
// are keys, and every handler judges by what is stored, so one that comes twice
// or late does no harm.
func (s *Stack) Redrive(ctx context.Context, names []string, p Pace) ([]Dead, error) {
	left, ahead := math.MaxInt, time.Duration(0)
	if p.Max > 0 {
		left = p.Max
	}
	return s.dead(ctx, names, func(d *Dead, from FailedQueue) (err error) {
		defer func() { left -= d.Moved }()
		d.Moved, err = from.Drain(ctx, left, func(ctx context.Context, batch []queue.Message) error {
			pause(ctx, ahead)
			if p.PerSecond > 0 {
				ahead = time.Duration(len(batch)) * time.Second / time.Duration(p.PerSecond)
			}
			for target, messages := range s.sorted(d.Queue, batch) {
				if err := s.Queue(target).Send(ctx, messages); err != nil {
					return fmt.Errorf("put messages back on %s: %w", target, err)
				}
			}
			return nil
		})
		return err
	})
}

func (s *Stack) dead(ctx context.Context, names []string, do func(*Dead, FailedQueue) error) ([]Dead, error) {
	out := []Dead{}
	for _, name := range names {
		if !known(name) {
			return nil, fmt.Errorf("%w: %q", ErrQueue, name)
		}
	}
	for _, q := range deadQueues() {
		if len(names) > 0 && !slices.Contains(names, q.name) {
			continue
		}
		from, d := s.Queue(q.output), Dead{Queue: q.name}
		var err error
		if d.Waiting, err = from.Waiting(ctx); err != nil {
			return out, fmt.Errorf("queue %s: %w", q.name, err)
		}
		err = do(&d, from)
		out = append(out, d)
		if err != nil {
			return out, fmt.Errorf("queue %s: %w", q.name, err)
		}
	}
	return out, nil
}

func known(name string) bool {
	return slices.ContainsFunc(deadQueues(), func(q deadQueue) bool { return q.name == name })
}

// sorted says by output which queue each failed message goes back to. What no
// rule could deliver is an event of its own; a tick of the sweep goes nowhere,
// since the minutes after it did its work.
func (s *Stack) sorted(name string, batch []queue.Message) map[string][]queue.Message {
	out := map[string][]queue.Message{}
	for _, m := range batch {
		target := map[string]string{"enroll": "EnrollQueue", "deliver": "DeliverQueue", outcomeQueue: "OutcomeQueue"}[name]
		if target == "" {
			target = targetOf(m.Body)
		}
		if target != "" {
			out[target] = append(out[target], m)
		}
	}
	return out
}

// targetOf returns the output of the queue that an event of a bus goes to; "" for
// what is none: the scheduler's tick, or Lambda's record of a sweep that failed.
func targetOf(body []byte) string {
	var event struct {
		Source string          `json:"source"`
		Type   json.RawMessage `json:"detail-type"`
	}
	switch err := json.Unmarshal(body, &event); {
	case err == nil && (event.Source == "aws.ses" || event.Source == "aws.connect"):
		return "OutcomeQueue"
	case err == nil && event.Source == "" && event.Type == nil:
		return ""
	default:
		return "EnrollQueue" // which refuses with a reason what it does not know
	}
}

// Epoch returns the epoch, which every restore raises.
func (s *Stack) Epoch(ctx context.Context) (int, error) { return s.epoch(ctx) }

// raisedRecord keeps when the epoch was last raised by an operator.
const raisedRecord = "epoch#raised"

// RaiseEpoch raises the epoch by one and returns it: a contact's reservation of
// an older one means that the send may have been made, and nobody makes it again.
// Every function knows it once Settle has passed, and that it is of the table of
// journeys in use now.
func (s *Stack) RaiseEpoch(ctx context.Context) (int, error) {
	if err := s.noteRaise(ctx); err != nil {
		return 0, err
	}
	value, version, err := s.Store.Record(ctx, epochRecord)
	if err != nil {
		return 0, err
	}
	n := 0
	if version > 0 {
		if err := json.Unmarshal(value, &n); err != nil {
			return 0, fmt.Errorf("read epoch: %w", err)
		}
	}
	n++
	if value, err = json.Marshal(n); err != nil {
		return 0, err
	}
	if err := s.Store.SetRecord(ctx, epochRecord, value, version); err != nil {
		return n, err
	}
	if err := s.noteTable(ctx, n); err != nil { // until then nothing is sent from a restored table
		return n, fmt.Errorf("the epoch is %d, but not of which table; raise it once more: %w", n, err)
	}
	return n, nil
}

// noteRaise keeps that the epoch is raised now, before it is: who works on what a
// restore brought back has to wait until every function knows.
func (s *Stack) noteRaise(ctx context.Context) error {
	_, version, err := s.Store.Record(ctx, raisedRecord)
	if err != nil {
		return err
	}
	value, err := json.Marshal(s.Now())
	if err != nil {
		return err
	}
	return s.Store.SetRecord(ctx, raisedRecord, value, version)
}

// ErrYoung is an epoch that some function may not know yet.
var ErrYoung = errors.New("some functions may still work with the old epoch, and send again what was sent before the restore")

// Raised returns an error: ErrRestored when the epoch was not raised since another
// table of journeys came into use, ErrYoung when it was raised so lately that a
// function may still send by the old one.
func (s *Stack) Raised(ctx context.Context) error {
	if err := s.Restored(ctx); err != nil {
		return err
	}
	value, version, err := s.Store.Record(ctx, raisedRecord)
	if err != nil || version == 0 {
		return err
	}
	var at time.Time
	if err := json.Unmarshal(value, &at); err != nil {
		return fmt.Errorf("read when the epoch was raised: %w", err)
	}
	if known := at.Add(Settle); s.Now().Before(known) {
		return fmt.Errorf("%w; try again at %s", ErrYoung, known.UTC().Format("15:04:05 UTC"))
	}
	return nil
}

// feedPage is how many bodies are queued in one call.
const feedPage = 100

// FeedAgain queues every body of the inbox that was received since, and returns
// how many: a restored table learns what it missed. Bodies that it knows already
// change nothing. told is called with the number so far. After a restore nothing
// is fed until the epoch was raised and every function knows it.
func (s *Stack) FeedAgain(ctx context.Context, since time.Time, told func(int)) (int, error) {
	fed := 0
	if err := s.Raised(ctx); err != nil {
		return fed, err
	}
	for after := followup.Cursor(""); ; {
		bodies, next, err := s.Table.Bodies(ctx, after, feedPage)
		if err != nil {
			return fed, err
		}
		var messages []queue.Message
		for i := range bodies {
			if bodies[i].At.Before(since) {
				continue
			}
			m, err := encode(Enrol{Inbox: &bodies[i].InboxKey}, 0)
			if err != nil {
				return fed, err
			}
			messages = append(messages, m)
		}
		if len(messages) > 0 {
			if err := s.EnrollQueue.Send(ctx, messages); err != nil {
				return fed, err
			}
		}
		fed += len(messages)
		told(fed)
		if after = next; after == "" {
			return fed, nil
		}
	}
}
