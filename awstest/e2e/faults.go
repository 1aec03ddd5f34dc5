package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aftersales/internal/followup"
)

// missing is the body that the poisoned message names and that is not there yet.
var missing = followup.InboxKey{Shop: shop, Source: "shopify", Key: "orders/create|created-" + poisoned}

// poison queues a message that nobody can do until its cause is mended: it is buried
// at its first receive, and the program tells why.
func poison(ctx context.Context, s *stack) (string, error) {
	body, err := json.Marshal(map[string]any{"inbox": missing})
	if err != nil {
		return "", err
	}
	if err := s.send(ctx, "EnrollQueue", string(body)); err != nil {
		return "", err
	}
	return "a body that is not there: buried, with its reason", until(ctx, patience, func() error {
		dead, err := read[[]struct {
			Messages []struct{ Kind, Reason string }
		}](ctx, "stack", "failed", "enroll")
		if err == nil && (len(dead) != 1 || len(dead[0].Messages) != 1 || !strings.Contains(dead[0].Messages[0].Reason, "the inbox holds no such body")) {
			err = fmt.Errorf("failed messages: %+v", dead)
		}
		return err
	})
}

// redriven mends the cause and puts the message back by the program.
func redriven(ctx context.Context, s *stack) (string, error) {
	err := until(ctx, 2*patience, func() error {
		now, err := read[lanesOf](ctx, "stack", "status")
		if err == nil && now.Dead[0].Waiting == 0 {
			err = fmt.Errorf("no failed message: %+v", now.Dead)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	at := time.Now()
	if err := s.buy(ctx, poisoned, at); err != nil { // the cause is mended: now the body is there
		return "", err
	}
	count, err := ask(ctx, "", "stack", "redrive", "enroll", "--dry-run")
	if err != nil || !strings.Contains(count, "failed enroll: about 1 message\n") {
		return "", fmt.Errorf("dry run: %s %w", count, err)
	}
	moved, err := read[[]struct{ Moved int }](ctx, "stack", "redrive")
	if err != nil || len(moved) != 4 || moved[0].Moved != 1 {
		return "", fmt.Errorf("redrive: %+v %w", moved, err)
	}
	return "dead queue, mended, redriven, enrolled", until(ctx, patience, func() error {
		_, err := s.journey(ctx, poisoned)
		return err
	})
}

// killed ends deliver in the middle of a batch, before SES hears of one of its
// mails: the others go out, that one waits for evidence, none goes out twice.
func killed(ctx context.Context, s *stack) (string, error) {
	const many = 6
	victim := number(23)
	at, pid := time.Now(), make(chan int, 1)
	s.wire.onCall(customer(victim), func(p int) bool {
		time.Sleep(3 * time.Second) // the others of the batch are through by then
		if p != 0 {
			_ = syscall.Kill(p, syscall.SIGKILL) // it is a function of the stack under test
		}
		pid <- p
		return false
	})
	var orders []string
	for i := range many {
		orders = append(orders, number(21+i))
		if err := s.buy(ctx, orders[i], at); err != nil {
			return "", err
		}
	}
	select {
	case p := <-pid:
		if p == 0 {
			return "", fmt.Errorf("the process that sends was not found")
		}
	case <-time.After(patience):
		return "", fmt.Errorf("nothing was sent for %s", victim)
	case <-ctx.Done():
		return "", ctx.Err()
	}
	// What was at SES at that moment is armed, like the one that never got there. The rest of the batch comes again.
	settled := func() error {
		for _, o := range orders {
			row, err := s.row(ctx, o, "soon")
			if err == nil && (row.State != followup.Sent && row.State != followup.Armed || o == victim && row.State != followup.Armed) {
				err = fmt.Errorf("order %s is %s", o, row.State)
			}
			if n := len(s.soons(o)); err == nil && (n > 1 || o == victim && n > 0) {
				err = fmt.Errorf("order %s: %d mails", o, n)
			}
			if err != nil {
				return err
			}
		}
		return s.idle(ctx)
	}
	if err := until(ctx, patience, settled); err != nil {
		return "", err
	}
	sent, reported := 0, 0
	for _, o := range orders {
		row, err := s.row(ctx, o, "soon")
		if err != nil {
			return "", err
		}
		mails := s.soons(o)
		if row.State == followup.Armed && len(mails) == 1 { // SES took it and says so later
			if err := s.report(ctx, mails[0], "Send", "Email Sent"); err != nil {
				return "", err
			}
			if _, err := s.reaches(ctx, patience, o, "soon", followup.Sent); err != nil {
				return "", err
			}
			reported++
		}
		if row.State == followup.Sent {
			sent++
		}
	}
	if sent+reported == 0 {
		return "", fmt.Errorf("none of the others is sent")
	}
	return fmt.Sprintf("of %d orders of one moment %d are sent, %d more known by SES's report, the rest armed until they are unclear; none twice", many, sent, reported), nil
}

// frozen stops deliver when SES has taken a mail and nothing is recorded yet.
// What SES reports afterwards says so.
func frozen(ctx context.Context, s *stack) (string, error) {
	pid := make(chan int, 1)
	s.wire.onTaken(customer(frozenOne), func(p int) {
		if p != 0 {
			_ = syscall.Kill(p, syscall.SIGSTOP)
		}
		pid <- p
	})
	if err := s.buy(ctx, frozenOne, time.Now()); err != nil {
		return "", err
	}
	select {
	case p := <-pid:
		if p == 0 {
			return "", fmt.Errorf("the process that sends was not found")
		}
	case <-time.After(patience):
		return "", fmt.Errorf("nothing was sent")
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if _, err := s.reaches(ctx, patience, frozenOne, "soon", followup.Armed); err != nil {
		return "", err
	}
	// Lambda ends what takes too long, and the message comes again: the row is armed, so nothing is sent.
	if err := until(ctx, patience, func() error { return s.idle(ctx) }); err != nil {
		return "", err
	}
	taken, err := s.onlyOne(frozenOne)
	if err != nil {
		return "", err
	}
	if err := s.report(ctx, taken, "Send", "Email Sent"); err != nil {
		return "", err
	}
	row, err := s.reaches(ctx, patience, frozenOne, "soon", followup.Sent)
	if err == nil && row.Provider != taken.id {
		err = fmt.Errorf("recorded is %q, SES said %q", row.Provider, taken.id)
	}
	return "armed, received again, not sent again, settled by SES's report", err
}

// idle fails while messages are worked on or wait to be tried again: a batch that
// died hides until then. What is delayed has not begun.
func (s *stack) idle(ctx context.Context) error {
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	out, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(output("DeliverQueue")), AttributeNames: names})
	if err != nil {
		return err
	}
	for _, name := range names {
		if n := out.Attributes[string(name)]; n != "0" {
			return fmt.Errorf("%s of the deliver queue: %s", name, n)
		}
	}
	return nil
}

// once counts what SES took for each follow-up.
func once(_ context.Context, s *stack) (string, error) {
	count := map[string]int{}
	for _, m := range s.wire.all() {
		key := fmt.Sprint(m.tags["j"], m.tags["f"])
		if count[key]++; count[key] > 1 {
			return "", fmt.Errorf("%s got the same mail %d times", m.to, count[key])
		}
	}
	if n := len(s.wire.to(customer(taken))); n > 0 {
		return "", fmt.Errorf("a cancelled order was written to %d times", n)
	}
	return fmt.Sprintf("%d mails, each once", len(count)), nil
}
