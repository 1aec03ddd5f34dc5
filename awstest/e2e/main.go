// Command e2e follows orders through a stack that is deployed on this machine,
// from a signed webhook to the customer's answer, and breaks things on the way:
// `make aws-local-test` deploys the stack and runs it. It reads the stack's
// outputs from its environment (AFTERSALES_LOCAL_...), prints a line a step, and
// fails when one fails. Arguments name the only steps to take.
//
// What operators do is done by the built program, as they would. One thing is done
// for AWS, which its local form cannot do: reports of SES go to the queue as the
// rule would put them there (no one may put events of aws.ses on a bus), after the
// rule's pattern was asked whether it lets them through.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Minute)
	defer cancel()
	s, err := open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	passed, failed := 0, 0
	for _, step := range steps() {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], step.what) {
			continue
		}
		start := time.Now()
		said, err := step.do(ctx, s)
		mark := "ok  "
		if passed++; err != nil {
			passed--
			failed++
			mark, said = "FAIL", err.Error()
		}
		fmt.Printf("%s %6.1f s  %s: %s\n", mark, time.Since(start).Seconds(), step.what, said)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Printf("\n%d passed, %d failed\n", passed, failed)
	fmt.Fprintf(os.Stderr, "took %.0f s\n", time.Since(begun).Seconds())
	if failed > 0 {
		return errors.New("steps failed; the functions' own words are in .tools/run/ministack-*.log")
	}
	return nil
}

// step is one thing that has to be true; what it says is for people.
type step struct {
	what string
	do   func(ctx context.Context, s *stack) (string, error)
}

// steps are in the order of the story: what takes long begins early.
func steps() []step {
	return []step{
		{"demo moves in", moveIn},
		{"demo moved in", movedIn},
		{"health", health},
		{"a message that cannot be done", poison},
		{"signed order", order},
		{"enrolled", enrolled},
		{"order on the event bus", busOrder},
		{"cancelled order", cancelled},
		{"sent 30 s after the order", soon},
		{"reported delivered", delivered},
		{"answer page", answer},
		{"call list", callList},
		{"console by Cognito", console},
		{"why, calls, cases", told},
		{"wrong words", misled},
		{"lanes paused and resumed", paused},
		{"a secret is changed", newSecret},
		{"copied out", copiedOut},
		{"killed in mid-batch", killed},
		{"frozen between SES and the record", frozen},
		{"swept and sent", swept},
		{"dead letter, redriven", redriven},
		{"restore drill", restored},
		{"moved out", movedOut},
		{"nothing twice", once},
	}
}

// patience is how long anything may take that takes seconds: a guard against
// hanging, not a promise. The machine may have other work.
const patience = 4 * time.Minute

// until looks again and again until what is true; the error says what it last saw.
func until(ctx context.Context, limit time.Duration, what func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := what()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", limit, err)
		case <-tick.C:
		}
	}
}
