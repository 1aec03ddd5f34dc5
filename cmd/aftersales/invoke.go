package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"aftersales/internal/invoke"
)

// invokeVerb runs one function of the AWS form on this machine.
type invokeVerb struct {
	Function string        `arg:"" enum:"intake,enroll,sweep,deliver,outcome,pages,console,callflow" help:"intake, enroll, sweep, deliver, outcome, pages, console or callflow."`
	Event    string        `arg:"" placeholder:"FILE" help:"The event as JSON, such as events/functions/sweep.json; - reads it from stdin."`
	Binary   string        `placeholder:"FILE" help:"The function's binary; default: it is built from this folder, which needs Go."`
	Root     string        `placeholder:"DIR" help:"Where the code would be, with shop/aftersales.yaml in it; default is LAMBDA_TASK_ROOT, else this folder."`
	Timeout  time.Duration `default:"60s" help:"How long it may take."`
}

// Run prints what the function answers. What it logs goes to stderr.
func (v *invokeVerb) Run(ctx context.Context, s *shell) error {
	event, err := v.read(s)
	if err != nil {
		return err
	}
	binary := v.Binary
	if binary == "" {
		dir, err := os.MkdirTemp("", "aftersales-invoke-")
		if err != nil {
			return fmt.Errorf("make folder for the binary: %w", err)
		}
		defer os.RemoveAll(dir)
		fmt.Fprintf(s.err, "Building functions/%s ...\n", v.Function)
		if binary, err = invoke.Build(ctx, ".", v.Function, dir); err != nil {
			return fmt.Errorf("%w; run it in the project's folder, or name a binary with --binary", err)
		}
	}
	var env []string
	if s.environ != nil {
		env = s.environ()
	}
	got, err := invoke.Run(ctx, invoke.Options{
		Function: v.Function, Binary: binary, Event: event, Env: env, Root: v.root(s), Timeout: v.Timeout, Now: time.Now, Logs: s.err,
	})
	if err != nil {
		return fmt.Errorf("invoke %s: %w", v.Function, err)
	}
	var out bytes.Buffer
	if json.Indent(&out, got.Response, "", "  ") != nil {
		out.Reset()
		out.Write(got.Response)
	}
	s.printf("%s\n", bytes.TrimSpace(out.Bytes()))
	if got.Failed {
		return errTold
	}
	return nil
}

// read returns the event.
func (v *invokeVerb) read(s *shell) (event []byte, err error) {
	if v.Event == "-" {
		event, err = io.ReadAll(s.in)
	} else {
		event, err = os.ReadFile(v.Event)
	}
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	if err := invoke.Check(event); err != nil {
		return nil, misused("%s: %w", v.Event, err)
	}
	return event, nil
}

// root returns where the function finds its files.
func (v *invokeVerb) root(s *shell) string {
	if v.Root != "" {
		return v.Root
	}
	if root, ok := s.getenv("LAMBDA_TASK_ROOT"); ok {
		return root
	}
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
