package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/local"
	"aftersales/internal/transfer"
)

// stack exports a stack of the AWS form: it is closed first, and read once its
// functions have come to rest.
func (v *exportVerb) stack(ctx context.Context, s *shell) (err error) {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	from, err := stack.Target(ctx)
	if err != nil {
		return err
	}
	reopen := func(ctx context.Context) error {
		back, err := stack.Reopen(ctx)
		if back.Bodies > 0 {
			fmt.Fprintf(s.err, "What came meanwhile is enrolled: %s.\n", bodies(back.Bodies))
		}
		if back.Reports > 0 {
			fmt.Fprintf(s.err, "What was reported of mails meanwhile is recorded: %s.\n", count(back.Reports, "report"))
		}
		return err
	}
	if v.Reopen {
		return v.reopen(ctx, s, from.Settings, reopen)
	}
	if err := transfer.Whole(ctx, from.Settings); err != nil {
		return err
	}
	if err := transfer.Fresh(v.State); err != nil {
		return err
	}
	moved := transfer.Moved{ID: rand.Text(), At: time.Now()}
	if !v.Copy {
		before, err := transfer.ReadMoved(ctx, from.Settings)
		if err != nil {
			return err
		}
		if moved, err = stack.Close(ctx, moved.ID, moved.At); err != nil {
			return err
		}
		if before == nil {
			defer func() { // a file that is not there moved nothing
				if err != nil {
					err = errors.Join(err, reopen(context.WithoutCancel(ctx)))
				}
			}()
		}
		if err := s.settle(ctx, moved.At.Add(cloud.Settle), "The stack is closed; its functions come to rest within"); err != nil {
			return err
		}
	}
	done, err := v.write(ctx, s, from, moved.ID)
	if err != nil {
		return err
	}
	if v.JSON {
		return s.json(done)
	}
	s.exported(&done)
	return nil
}

func (v *exportVerb) write(ctx context.Context, s *shell, from transfer.Target, id string) (out local.Exported, err error) {
	epoch, err := transfer.Epoch(ctx, from.Settings)
	if err != nil {
		return out, err
	}
	lineage, err := transfer.Lineage(ctx, from.Settings)
	if err != nil {
		return out, err
	}
	h := transfer.Header{
		ID: id, At: time.Now(), Form: cloud.StateForm, Program: programVersion(), Epoch: epoch, Quiet: !v.Copy, Copy: v.Copy, Key: from.Key, Lineage: lineage,
	}
	show, wipe := s.counting(time.Now())
	defer wipe()
	out = local.Exported{File: v.State, Form: h.Form, ID: id, Quiet: h.Quiet, Closed: !v.Copy}
	out.Counts, out.Bytes, err = transfer.ToFile(ctx, v.State, from.Store, h, show)
	return out, err
}

// settle waits until a moment, and says what for.
func (s *shell) settle(ctx context.Context, until time.Time, what string) error {
	left := time.Until(until)
	if left <= 0 {
		return nil
	}
	fmt.Fprintf(s.err, "%s %s ...\n", what, left.Round(time.Second))
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stack imports into a stack of the AWS form.
func (v *importVerb) stack(ctx context.Context, s *shell, f *os.File) error {
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	to, err := stack.Target(ctx)
	if err != nil {
		return err
	}
	to.Raised = func(ctx context.Context) error {
		return s.settle(ctx, time.Now().Add(cloud.Settle), "The stack is closed until all is there; its functions come to rest within")
	}
	return v.into(ctx, s, f, to)
}
