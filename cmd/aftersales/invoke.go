package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/invoke"
	"aftersales/internal/ready"
	"aftersales/internal/setup"
)

// invokeVerb runs one function of the AWS form on this machine.
type invokeVerb struct {
	Function string        `arg:"" enum:"intake,enroll,sweep,deliver,outcome,pages,console,callflow" help:"intake, enroll, sweep, deliver, outcome, pages, console or callflow."`
	Event    string        `arg:"" placeholder:"FILE" help:"The event as JSON, such as events/functions/sweep.json; - reads it from stdin."`
	Binary   string        `placeholder:"FILE" help:"The function's binary; default: it is built from this folder, which needs Go."`
	Root     string        `placeholder:"DIR" help:"A shop's folder, a checkout, or a function as sam build left it; default is LAMBDA_TASK_ROOT, the folder of --binary, or this one."`
	Timeout  time.Duration `default:"60s" help:"How long it may take."`
}

// Run prints what the function answers. What it logs goes to stderr.
func (v *invokeVerb) Run(ctx context.Context, s *shell) error {
	if err := s.here("invoke"); err != nil {
		return err
	}
	event, err := v.read(s)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "aftersales-invoke-")
	if err != nil {
		return fmt.Errorf("make folder for the function: %w", err)
	}
	defer os.RemoveAll(dir)
	var env []string
	if s.environ != nil {
		env = s.environ()
	}
	root, more, err := v.code(s, dir)
	if err != nil {
		return err
	}
	binary := v.Binary
	if binary == "" {
		fmt.Fprintf(s.err, "Building functions/%s ...\n", v.Function)
		if binary, err = invoke.Build(ctx, ".", v.Function, dir); err != nil {
			return fmt.Errorf("%w; run it in the project's folder, or name a binary with --binary", err)
		}
	}
	got, err := invoke.Run(ctx, invoke.Options{
		Function: v.Function, Binary: binary, Event: event, Env: append(env, more...), Root: root, Timeout: v.Timeout, Now: time.Now, Logs: s.err,
	})
	if errors.Is(err, invoke.ErrDied) {
		err = fmt.Errorf("%w\nIts log above says why. Where variables are not set: docs/aws.md, One function on one event, says how to take those of a deployed function", err)
	}
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

// code returns the folder that the function finds its shop in, and what its environment
// says of that: as a build left it, else made in dir of a shop's own folder.
func (v *invokeVerb) code(s *shell, dir string) (root string, env []string, err error) {
	root = v.root(s)
	if s.Config == "" && there(filepath.Join(root, setup.FunctionsFolder, ready.FileName)) {
		return root, nil, nil
	}
	file := v.shop(s, root)
	if file == "" {
		return "", nil, misused("no shop is in %s: run it in a checkout or beside an %s, or name a folder that has one with --root DIR; "+
			"`aftersales init DIR` writes one", root, config.FileName)
	}
	fmt.Fprintf(s.err, "Reading %s ...\n", file)
	warnings, err := setup.Lay(file, dir)
	for _, w := range warnings {
		fmt.Fprintln(s.err, "warning:", w)
	}
	return dir, []string{config.EnvConfig + "=" + filepath.Join(setup.FunctionsFolder, config.FileName)}, err
}

// shop returns the configuration that is meant: the one that was named, else that of
// root, which may be a shop's folder, hold one as a function's does, or be a checkout.
func (v *invokeVerb) shop(s *shell, root string) string {
	if s.Config != "" {
		return s.Config
	}
	for _, folder := range [...]string{"", setup.FunctionsFolder, filepath.Join("infra", "shop")} {
		if file := filepath.Join(root, folder, config.FileName); there(file) {
			return file
		}
	}
	return ""
}

func there(name string) bool {
	_, err := os.Stat(name) //nolint:gosec // a path that the operator named
	return err == nil
}

// root returns where the code is.
func (v *invokeVerb) root(s *shell) string {
	if v.Root != "" {
		return v.Root
	}
	if root, ok := s.getenv("LAMBDA_TASK_ROOT"); ok {
		return root
	}
	if built := filepath.Dir(v.Binary); v.Binary != "" && there(filepath.Join(built, setup.FunctionsFolder, ready.FileName)) {
		return built
	}
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
