package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/followup"
	"aftersales/internal/transfer"
)

type stackStatusVerb struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// laneLine is a lane as machines read it.
type laneLine struct {
	Lane   followup.Lane `json:"lane"`
	Queued string        `json:"queued_until"` // RFC 3339, UTC; "" nothing since it began or was resumed
	Paused string        `json:"paused"`       // why; "" it runs
	Until  string        `json:"paused_until"` // RFC 3339, UTC; "" until resume, or it runs
}

// standing is how a stack stands, as machines read it.
type standing struct {
	Stack  string       `json:"stack"`
	Epoch  int          `json:"epoch"`
	Closed string       `json:"closed"` // since when it is moved away, RFC 3339, UTC; "" it is in use
	Import string       `json:"import"` // the export whose import has begun and is not finished; "" none
	Lanes  []laneLine   `json:"lanes"`
	Dead   []cloud.Dead `json:"dead"`
	// Plans of the deployment that are not followed.
	Refused []cloud.Refused `json:"refused_plans"`
	finish  string          // the command that finishes the import
	// Restored: another table of journeys came into use, and nothing is sent until the epoch is raised.
	Restored bool `json:"restored"`
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
	now := standing{Stack: s.Stack, Refused: []cloud.Refused{}, Lanes: make([]laneLine, len(lanes))}
	for i, l := range lanes {
		now.Lanes[i] = laneLine{Lane: l.Lane, Queued: stampOf(l.Place.At)}
		if l.Paused != nil {
			now.Lanes[i].Paused, now.Lanes[i].Until = l.Paused.Why, stampOf(l.Paused.Until)
		}
	}
	if now.Dead, err = stack.Dead(ctx, nil); err != nil {
		return err
	}
	if now.Epoch, err = stack.Epoch(ctx); err != nil {
		return err
	}
	err = stack.Restored(ctx)
	if now.Restored = errors.Is(err, cloud.ErrRestored); err != nil && !now.Restored {
		return err
	}
	refused, err := stack.Refused(ctx)
	if err != nil {
		return err
	}
	now.Refused = append(now.Refused, refused...)
	moved, err := transfer.ReadMoved(ctx, transfer.Records(stack.Table))
	if err != nil {
		return err
	}
	if moved != nil {
		now.Closed, now.Import, now.finish = stampOf(moved.At), moved.Import, moved.Finish()
	}
	if v.JSON {
		return s.json(now)
	}
	s.stands(&now)
	return nil
}

// stands shows how a stack stands, and what to do about it.
func (s *shell) stands(now *standing) {
	rows, next := table{}, []string{}
	switch {
	case now.Import != "":
		rows.add(cell{"stack", bold}, cell{"closed since " + now.Closed, yellow}, cell{"an import is not finished; nothing is sent", plain})
		next = append(next, now.finish+" --stack "+now.Stack+"   with the file of export "+now.Import+": what is here is a part of it")
	case now.Closed != "":
		rows.add(cell{"stack", bold}, cell{"closed since " + now.Closed, yellow}, cell{"its state was exported; nothing is sent", plain})
		next = append(next, "aftersales export --reopen --stack "+now.Stack+"   if the export was never imported")
	}
	if now.Restored {
		rows.add(cell{"journeys", bold}, cell{"another table", yellow}, cell{"the epoch was not raised since; nothing is sent", plain})
		next = append(next, "aftersales stack epoch --raise --stack "+now.Stack+"   then feed and resume, as docs/aws.md says of a restore")
	}
	paused := []string{}
	for _, l := range now.Lanes {
		state, style := "runs", green
		if l.Paused != "" {
			state, style = "paused"+until(l.Until)+": "+l.Paused, yellow
			if l.Until == "" { // else it goes on by itself
				paused = append(paused, string(l.Lane))
			}
		}
		queued := "nothing queued since it began or was resumed"
		if l.Queued != "" {
			queued = "queued until " + l.Queued
		}
		rows.add(cell{"lane " + string(l.Lane), bold}, cell{queued, plain}, cell{state, style})
	}
	failed := []string{}
	for _, d := range now.Dead {
		waiting, style, note := "no messages", plain, ""
		if d.Waiting > 0 {
			waiting, style = "about "+count(d.Waiting, "message"), yellow
			if now.Closed != "" && now.Import == "" && d.Queue == "outcome" {
				note = "reports of mails; export --reopen has them recorded"
			} else {
				failed = append(failed, d.Queue)
			}
		}
		rows.add(cell{"failed " + d.Queue, bold}, cell{waiting, style}, cell{note, plain})
	}
	for _, p := range now.Refused {
		rows.add(cell{"plan " + p.Plan, bold}, cell{"changed under its version " + strconv.Itoa(p.Version), yellow}, cell{"orders follow it as it was", plain})
	}
	if len(now.Refused) > 0 {
		next = append(next, "aftersales plan lint --stack "+now.Stack+"   tells which version to write; then deploy again")
	}
	rows.add(cell{"epoch", bold}, cell{strconv.Itoa(now.Epoch), plain}, cell{"", plain})
	rows.write(s.out, s.painter(), nil)
	if len(paused) > 0 {
		next = append(next, "aftersales stack resume "+strings.Join(paused, " ")+" --stack "+now.Stack+"   when what it was paused for is mended")
	}
	if len(failed) > 0 {
		next = append(next, "aftersales stack failed "+strings.Join(failed, " ")+" --stack "+now.Stack+"   tells why; when that is mended, stack redrive")
	}
	if len(next) > 0 {
		s.printf("\nNext:\n  %s\n", strings.Join(next, "\n  "))
	}
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
