package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/params"
	"aftersales/internal/queue"
	"aftersales/internal/sqs"
)

// Stack is a deployed stack as its operator reaches it from another machine,
// with that person's own rights.
type Stack struct {
	*Form
	Table   *dynamo.Store // the tables, as they are: what is written here queues nothing
	outputs map[string]string
	shared  aws.Config
}

// OpenStack finds the tables and queues of a stack by its outputs. c is the
// configuration that was deployed.
func OpenStack(ctx context.Context, name string, c *config.Config, log *slog.Logger) (*Stack, error) {
	shared, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read configuration of AWS: %w", err)
	}
	s := &Stack{shared: shared}
	if s.outputs, err = outputs(ctx, shared, name); err != nil {
		return nil, err
	}
	env := &config.Cloud{
		Stack: name, BaseURL: s.outputs["BaseUrl"], Journeys: s.outputs["JourneysTable"], Contacts: s.outputs["ContactsTable"], Inbox: s.outputs["InboxTable"],
		EnrollQueue: s.outputs["EnrollQueue"], DeliverQueue: s.outputs["DeliverQueue"],
	}
	for output, value := range map[string]string{
		"JourneysTable": env.Journeys, "ContactsTable": env.Contacts, "InboxTable": env.Inbox, "EnrollQueue": env.EnrollQueue, "DeliverQueue": env.DeliverQueue,
	} {
		if value == "" {
			return nil, fmt.Errorf("stack %s has no output %s: it is not one of this product, or an older one; deploy it again", name, output)
		}
	}
	var shops []followup.ShopID
	for i := range c.Shops {
		shops = append(shops, c.Shops[i].ID)
		if c.Shops[i].PublicURL == "" {
			c.Shops[i].PublicURL = env.BaseURL
		}
	}
	s.Table = dynamo.New(dynamodb.NewFromConfig(shared), dynamo.Tables{Journeys: env.Journeys, Contacts: env.Contacts, Inbox: env.Inbox},
		dynamo.Config{Shops: shops, Clock: time.Now})
	s.Form = New(Parts{
		Env: env, Config: c, Store: s.Table, Secrets: params.New(shared, name),
		EnrollQueue: sqs.New(shared, env.EnrollQueue), DeliverQueue: sqs.New(shared, env.DeliverQueue),
		Now: func() time.Time { return time.Now().UTC() }, NewID: rand.Text, Log: log, Metrics: io.Discard, Version: Version,
	})
	return s, nil
}

// outputs reads what a stack says of itself.
func outputs(ctx context.Context, shared aws.Config, name string) (map[string]string, error) {
	found, err := cloudformation.NewFromConfig(shared).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, fmt.Errorf("find stack %s in region %q: %w", name, shared.Region, err)
	}
	out := map[string]string{}
	for _, stack := range found.Stacks {
		for _, o := range stack.Outputs {
			out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return out, nil
}

// deadQueue is where messages go that failed five times, and where they came from.
type deadQueue struct{ name, output string }

func deadQueues() []deadQueue {
	return []deadQueue{{"enroll", "EnrollDeadQueue"}, {"deliver", "DeliverDeadQueue"}, {"outcome", "OutcomeDeadQueue"}, {"bus", "BusDeadQueue"}}
}

// Dead says how many messages wait in a queue of failed ones.
type Dead struct {
	Queue   string `json:"queue"`
	Waiting int    `json:"waiting"` // about
	Moved   int    `json:"moved"`   // by this call
}

// ErrQueue is a queue that does not exist.
var ErrQueue = errors.New("there is no such queue; there are enroll, deliver, outcome and bus")

// Dead counts what waits in the queues of failed messages, all of them or those
// that are named.
func (s *Stack) Dead(ctx context.Context, names []string) ([]Dead, error) {
	return s.dead(ctx, names, func(*Dead, *sqs.Queue) error { return nil })
}

// Redrive puts failed messages back to where they came from. Messages are keys,
// and every handler judges by what is stored, so one that comes twice or late
// does no harm.
func (s *Stack) Redrive(ctx context.Context, names []string) ([]Dead, error) {
	return s.dead(ctx, names, func(d *Dead, from *sqs.Queue) (err error) {
		d.Moved, err = from.Drain(ctx, math.MaxInt, func(ctx context.Context, batch []queue.Message) error {
			for target, messages := range s.sorted(d.Queue, batch) {
				if err := sqs.New(s.shared, s.outputs[target]).Send(ctx, messages); err != nil {
					return fmt.Errorf("put messages back on %s: %w", target, err)
				}
			}
			return nil
		})
		return err
	})
}

func (s *Stack) dead(ctx context.Context, names []string, do func(*Dead, *sqs.Queue) error) ([]Dead, error) {
	out := []Dead{}
	for _, name := range names {
		if !known(name) {
			return nil, fmt.Errorf("%w: %q", ErrQueue, name)
		}
	}
	for _, q := range deadQueues() {
		if !wanted(q.name, names) {
			continue
		}
		from, d := sqs.New(s.shared, s.outputs[q.output]), Dead{Queue: q.name}
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
	for _, q := range deadQueues() {
		if q.name == name {
			return true
		}
	}
	return false
}

func wanted(name string, names []string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return len(names) == 0
}

// sorted says by output which queue each failed message goes back to. What no
// rule could deliver is an event of its own.
func (s *Stack) sorted(name string, batch []queue.Message) map[string][]queue.Message {
	out := map[string][]queue.Message{}
	for _, m := range batch {
		target := map[string]string{"enroll": "EnrollQueue", "deliver": "DeliverQueue", "outcome": "OutcomeQueue"}[name]
		if target == "" {
			target = targetOf(m.Body)
		}
		out[target] = append(out[target], m)
	}
	return out
}

// targetOf returns the output of the queue that an event of a bus goes to.
func targetOf(body []byte) string {
	var event struct {
		Source string `json:"source"`
	}
	if err := json.Unmarshal(body, &event); err == nil && (event.Source == "aws.ses" || event.Source == "aws.connect") {
		return "OutcomeQueue"
	}
	return "EnrollQueue" // which refuses with a reason what it does not know
}

// Epoch returns the epoch, which every restore raises.
func (s *Stack) Epoch(ctx context.Context) (int, error) { return s.epoch(ctx) }

// RaiseEpoch raises the epoch by one and returns it: a contact's reservation of
// an older one means that the send may have been made, and nobody makes it again.
func (s *Stack) RaiseEpoch(ctx context.Context) (int, error) {
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
	return n, s.Store.SetRecord(ctx, epochRecord, value, version)
}

// feedPage is how many bodies are queued in one call.
const feedPage = 100

// FeedAgain queues every body of the inbox that was received since, and returns
// how many: a restored table learns what it missed. Bodies that it knows already
// change nothing. told is called with the number so far.
func (s *Stack) FeedAgain(ctx context.Context, since time.Time, told func(int)) (int, error) {
	fed := 0
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
