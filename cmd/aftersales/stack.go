package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/followup"
)

// stackVerbs operate a stack of the AWS form.
type stackVerbs struct {
	Status  stackStatusVerb  `cmd:"" help:"Tell how lanes and failed messages stand."`
	Pause   stackPauseVerb   `cmd:"" help:"Stop lanes of due work until resume; at most 90 seconds of work still go out."`
	Resume  stackResumeVerb  `cmd:"" help:"Let paused lanes work again; for a day no amount of work counts as unusual."`
	Redrive stackRedriveVerb `cmd:"" help:"Put failed messages back to where they came from."`
	Epoch   stackEpochVerb   `cmd:"" help:"After a restore: what contacts were reserved for before it is never sent blindly."`
	Feed    stackFeedVerb    `cmd:"" help:"After a restore: enroll again what was received since a moment."`
}

type stackStatusVerb struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// laneLine is a lane as machines read it.
type laneLine struct {
	Lane   followup.Lane `json:"lane"`
	Queued string        `json:"queued_until"` // RFC 3339, UTC; "" nothing yet
	Paused string        `json:"paused"`       // why; "" it runs
	Until  string        `json:"paused_until"` // RFC 3339, UTC; "" until resume, or it runs
}

// Run tells how the stack stands.
func (v *stackStatusVerb) Run(ctx context.Context, s *shell) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	lanes, err := stack.LaneStates(ctx)
	if err != nil {
		return err
	}
	dead, err := stack.Dead(ctx, nil)
	if err != nil {
		return err
	}
	epoch, err := stack.Epoch(ctx)
	if err != nil {
		return err
	}
	lines := make([]laneLine, len(lanes))
	for i, l := range lanes {
		lines[i] = laneLine{Lane: l.Lane, Queued: stampOf(l.Place.At)}
		if l.Paused != nil {
			lines[i].Paused, lines[i].Until = l.Paused.Why, stampOf(l.Paused.Until)
		}
	}
	if v.JSON {
		return s.json(struct {
			Stack string       `json:"stack"`
			Epoch int          `json:"epoch"`
			Lanes []laneLine   `json:"lanes"`
			Dead  []cloud.Dead `json:"dead"`
		}{s.Stack, epoch, lines, dead})
	}
	rows := table{}
	for _, l := range lines {
		state, style := "runs", green
		if l.Paused != "" {
			state, style = "paused"+until(l.Until)+": "+l.Paused, yellow
		}
		queued := "nothing queued yet"
		if l.Queued != "" {
			queued = "queued until " + l.Queued
		}
		rows.add(cell{"lane " + string(l.Lane), bold}, cell{queued, plain}, cell{state, style})
	}
	for _, d := range dead {
		style := plain
		if d.Waiting > 0 {
			style = yellow
		}
		rows.add(cell{"failed " + d.Queue, bold}, cell{fmt.Sprintf("about %d messages", d.Waiting), style}, cell{"", plain})
	}
	rows.write(s.out, s.painter(), nil)
	return nil
}

func until(stamp string) string {
	if stamp == "" {
		return ""
	}
	return " until " + stamp
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
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
	return s.onLanes(ctx, &v.LaneNames, "is paused", func(stack *cloud.Stack, l followup.Lane) error {
		return stack.PauseLane(ctx, l, v.Reason)
	})
}

type stackResumeVerb struct{ LaneNames }

// Run lets lanes go on.
func (v *stackResumeVerb) Run(ctx context.Context, s *shell) error {
	return s.onLanes(ctx, &v.LaneNames, "goes on", func(stack *cloud.Stack, l followup.Lane) error {
		return stack.GoOn(ctx, l)
	})
}

type stackRedriveVerb struct {
	Queues []string `arg:"" optional:"" help:"enroll, deliver, outcome or bus; without, all."`
	DryRun bool     `help:"Only count."`
	JSON   bool     `name:"json" help:"Print as JSON."`
}

// Run puts failed messages back.
func (v *stackRedriveVerb) Run(ctx context.Context, s *shell) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	act := stack.Redrive
	if v.DryRun {
		act = stack.Dead
	}
	dead, err := act(ctx, v.Queues)
	if errors.Is(err, cloud.ErrQueue) {
		return misuse{err}
	}
	if v.JSON {
		return errors.Join(err, s.json(dead))
	}
	for _, d := range dead {
		if v.DryRun {
			s.printf("failed %s: about %d messages\n", d.Queue, d.Waiting)
		} else {
			s.printf("failed %s: %d messages put back\n", d.Queue, d.Moved)
		}
	}
	return err
}

type stackEpochVerb struct {
	Raise bool `required:"" help:"Raise it by one. Functions know within a minute."`
}

// Run raises the epoch.
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
	s.printf("The epoch is %d.\n", n)
	return nil
}

type stackFeedVerb struct {
	Since time.Time `required:"" placeholder:"RFC3339" help:"From when on; an hour before the moment of the restored table is right."`
}

// Run queues what was received since.
func (v *stackFeedVerb) Run(ctx context.Context, s *shell) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	show, wipe := func(int) {}, func() {}
	if s.colour {
		show = func(n int) { fmt.Fprintf(s.err, "\r%d bodies queued", n) }
		wipe = func() { fmt.Fprint(s.err, "\r"+strings.Repeat(" ", 32)+"\r") }
	}
	n, err := stack.FeedAgain(ctx, v.Since, show)
	wipe()
	if err != nil {
		return fmt.Errorf("after %d bodies, which do no harm twice: %w", n, err)
	}
	s.printf("%d bodies queued again.\n", n)
	return nil
}
