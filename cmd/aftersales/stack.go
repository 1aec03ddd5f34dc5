package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/followup"
)

// stackVerbs operate a stack of the AWS form.
type stackVerbs struct {
	Status  stackStatusVerb  `cmd:"" help:"Tell how lanes and failed messages stand."`
	Pause   stackPauseVerb   `cmd:"" help:"Stop lanes of due work until resume; what is queued already, two minutes of work at most, still goes out."`
	Resume  stackResumeVerb  `cmd:"" help:"Let paused lanes work again; for a day no amount of work counts as unusual."`
	Failed  stackFailedVerb  `cmd:"" help:"Tell why messages failed; for five seconds redrive does not find those."`
	Redrive stackRedriveVerb `cmd:"" help:"Put failed messages back to where they came from."`
	Epoch   stackEpochVerb   `cmd:"" help:"After a restore: what contacts were reserved for before it is never sent blindly."`
	Feed    stackFeedVerb    `cmd:"" help:"After a restore: enroll again what was received since a moment."`
}

// LaneNames are lanes of due work.
type LaneNames struct {
	Lanes []string `arg:"" optional:"" help:"email-service, email-rest, call or look; without, all but look."`
}

// lanes returns what is named; looks send nothing and go on unless they are.
func (l *LaneNames) lanes() ([]followup.Lane, error) {
	if len(l.Lanes) == 0 {
		return []followup.Lane{followup.LaneService, followup.LaneRest, followup.LaneCall}, nil
	}
	var out []followup.Lane
	for _, name := range l.Lanes {
		found := false
		for _, lane := range followup.Lanes {
			if string(lane) == name {
				out, found = append(out, lane), true
			}
		}
		if !found {
			return nil, misused("lane %q: want email-service, email-rest, call or look", name)
		}
	}
	return out, nil
}

func (s *shell) onLanes(ctx context.Context, names *LaneNames, said string, do func(*cloud.Stack, followup.Lane) error) error {
	lanes, err := names.lanes()
	if err != nil {
		return err
	}
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	for _, l := range lanes {
		if err := do(stack, l); err != nil {
			return fmt.Errorf("lane %s: %w", l, err)
		}
		s.printf("lane %s %s\n", l, said)
	}
	return nil
}

type stackPauseVerb struct {
	LaneNames
	Reason string `required:"" placeholder:"TEXT" help:"Why; status tells it."`
}

// Run pauses lanes.
func (v *stackPauseVerb) Run(ctx context.Context, s *shell) error {
	err := s.onLanes(ctx, &v.LaneNames, "is paused", func(stack *cloud.Stack, l followup.Lane) error {
		return stack.PauseLane(ctx, l, v.Reason)
	})
	if err == nil {
		s.printf("What is queued already still goes out, within two minutes. To go on: aftersales stack resume %s--stack %s\n",
			strings.Join(append(v.Lanes, ""), " "), s.Stack)
	}
	return err
}

type stackResumeVerb struct{ LaneNames }

// Run lets lanes go on; after a restore, once every function knows of it.
func (v *stackResumeVerb) Run(ctx context.Context, s *shell) error {
	return s.onLanes(ctx, &v.LaneNames, "goes on", func(stack *cloud.Stack, l followup.Lane) error {
		if err := stack.Raised(ctx); err != nil {
			return err
		}
		return stack.GoOn(ctx, l)
	})
}

type stackRedriveVerb struct {
	Queues []string `arg:"" optional:"" help:"enroll, deliver, outcome or bus; without, all."`
	Max    int      `placeholder:"N" help:"At most so many, of all queues together. Default all."`
	Rate   int      `default:"50" placeholder:"N" help:"At most so many a second. Default 50."`
	DryRun bool     `help:"Only count."`
	JSON   bool     `name:"json" help:"Print as JSON."`
}

// Run puts failed messages back.
func (v *stackRedriveVerb) Run(ctx context.Context, s *shell) error {
	if v.Max < 0 || v.Rate < 1 {
		return misused("--max is 0 (all) or more, --rate is 1 or more")
	}
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	var dead []cloud.Dead
	if v.DryRun {
		dead, err = stack.Dead(ctx, v.Queues)
	} else {
		dead, err = stack.Redrive(ctx, v.Queues, cloud.Pace{Max: v.Max, PerSecond: v.Rate})
	}
	if errors.Is(err, cloud.ErrQueue) {
		return misuse{err}
	}
	if v.JSON {
		return errors.Join(err, s.json(dead))
	}
	for _, d := range dead {
		if v.DryRun {
			s.printf("failed %s: about %s\n", d.Queue, count(d.Waiting, "message"))
		} else {
			s.printf("failed %s: %s put back\n", d.Queue, count(d.Moved, "message"))
		}
	}
	return err
}

type stackEpochVerb struct {
	Raise bool `required:"" help:"Raise it by one, and wait two minutes until every function knows."`
	JSON  bool `name:"json" help:"Print as JSON."`
}

// Run raises the epoch, and waits until nobody sends by the old one.
func (v *stackEpochVerb) Run(ctx context.Context, s *shell) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	n, err := stack.RaiseEpoch(ctx)
	if errors.Is(err, followup.ErrConflict) {
		return fmt.Errorf("raise epoch: somebody else did at this moment; see `aftersales stack status` before you do it again")
	}
	if err != nil {
		return err
	}
	if err := s.settle(ctx, time.Now().Add(cloud.Settle), fmt.Sprintf("The epoch is %d; every function knows it within", n)); err != nil {
		return fmt.Errorf("the epoch is %d, but some functions may not know it yet; wait %s before you feed or resume: %w", n, cloud.Settle, err)
	}
	if v.JSON {
		return s.json(struct {
			Epoch int `json:"epoch"`
		}{n})
	}
	s.printf("The epoch is %d, and every function knows it.\n", n)
	return nil
}

type stackFeedVerb struct {
	Since moment `required:"" placeholder:"RFC3339" help:"From when on; an hour before the moment of the restored table is right."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// moment is a time on the command line.
type moment struct{ time.Time }

// UnmarshalText reads an RFC 3339 time.
func (m *moment) UnmarshalText(text []byte) (err error) {
	if m.Time, err = time.Parse(time.RFC3339, string(text)); err != nil {
		err = fmt.Errorf("%q is no moment; want one such as 2026-03-05T15:00:00Z", text)
	}
	return err
}

// Run queues what was received since.
func (v *stackFeedVerb) Run(ctx context.Context, s *shell) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	show, wipe := func(int) {}, func() {}
	if s.colour {
		show = func(n int) { fmt.Fprintf(s.err, "\r%s queued", bodies(n)) }
		wipe = func() { fmt.Fprint(s.err, "\r"+strings.Repeat(" ", 32)+"\r") }
	}
	n, err := stack.FeedAgain(ctx, v.Since.Time, show)
	wipe()
	if errors.Is(err, cloud.ErrYoung) || errors.Is(err, cloud.ErrRestored) {
		return fmt.Errorf("feed the inbox again: %w", err)
	}
	if err != nil {
		return fmt.Errorf("after %s, which do no harm twice: %w", bodies(n), err)
	}
	if v.JSON {
		return s.json(struct {
			Bodies int `json:"bodies"`
		}{n})
	}
	s.printf("%s of the inbox queued again; those that the tables know already change nothing.\n", bodies(n))
	return nil
}

// bodies writes 1 body, 2 bodies.
func bodies(n int) string {
	if n == 1 {
		return "1 body"
	}
	return strconv.Itoa(n) + " bodies"
}
