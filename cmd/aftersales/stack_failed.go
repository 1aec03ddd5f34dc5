package main

import (
	"context"
	"errors"
	"strings"

	"aftersales/internal/cloud"
)

type stackFailedVerb struct {
	Queues []string `arg:"" optional:"" help:"enroll, deliver, outcome or bus; without, all."`
	Max    int      `default:"20" placeholder:"N" help:"At most so many of each queue. Default 20."`
	JSON   bool     `name:"json" help:"Print as JSON."`
}

// Run tells why messages failed, without what is in them.
func (v *stackFailedVerb) Run(ctx context.Context, s *shell) error {
	if v.Max < 1 {
		return misused("--max is 1 or more")
	}
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	dead, err := stack.Failed(ctx, v.Queues, v.Max)
	if errors.Is(err, cloud.ErrQueue) {
		return misuse{err}
	}
	if v.JSON {
		return errors.Join(err, s.json(dead))
	}
	var failed []string
	for _, d := range dead {
		n := max(d.Waiting, len(d.Messages)) // SQS counts roughly
		if n == 0 {
			continue
		}
		failed = append(failed, d.Queue)
		s.printf("failed %s: about %s\n", d.Queue, count(n, "message"))
		rows := table{indent: "  "}
		for _, m := range d.Messages {
			rows.add(cell{stampOf(m.At), plain}, cell{m.Kind, bold}, cell{reasonOf(d.Queue, m), plain})
		}
		rows.write(s.out, s.painter(), nil)
		if more := n - len(d.Messages); more > 0 {
			s.printf("  and about %d more; --max N shows more of them\n", more)
		}
	}
	switch {
	case err != nil:
	case len(failed) == 0:
		s.printf("No messages failed.\n")
	default:
		s.printf("\nNext:\n  aftersales stack redrive %s --stack %s   when that is mended\n", strings.Join(failed, " "), s.Stack)
	}
	return err
}

// reasonOf is why a message failed, or where that can be found.
func reasonOf(queue string, m cloud.Failed) string {
	switch {
	case m.Reason != "":
		return m.Reason
	case queue == "bus":
		return "it could not be delivered"
	default:
		return "it failed five times; the log of " + queue + " says why, at message_id " + m.ID
	}
}
