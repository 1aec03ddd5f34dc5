// Package invoke runs one function's binary on one event, as Lambda would. Nothing
// of AWS is needed for it, though the function may call what it is configured to.
package invoke

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"aftersales/internal/runtimeapi"
)

// Options of Run. Binary and Event are required.
type Options struct {
	Function string        // its name, as the function is told
	Binary   string        // path of the binary
	Event    []byte        // JSON
	Env      []string      // of the function, NAME=VALUE
	Root     string        // LAMBDA_TASK_ROOT, the folder of the code; "" as Env says
	Timeout  time.Duration // of the start and the invocation together; 0: 60 s
	Now      func() time.Time
	Logs     io.Writer // what the function writes; nil: nowhere
}

// Result is what the function answered.
type Result struct {
	Response []byte // JSON
	Failed   bool   // Response is an error as the runtime tells it
}

// ErrDied is a function that ended before it answered.
var ErrDied = runtimeapi.ErrDied

// Run starts the binary, gives it the event, and returns its answer. The process
// has ended when it returns.
func Run(ctx context.Context, o Options) (_ Result, err error) {
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	f, err := runtimeapi.Start(ctx, runtimeapi.Options{
		Binary: o.Binary, Root: o.Root, Name: o.Function, Env: o.Env, Timeout: o.Timeout, Log: o.Logs, Now: o.Now,
	})
	if err != nil {
		return Result{}, fmt.Errorf("start function: %w", err)
	}
	got, err := f.Invoke(ctx, o.Event)
	err = errors.Join(err, f.Close())
	switch refused, ok := errors.AsType[*runtimeapi.InitError](err); {
	case ok:
		return Result{Response: refused.Body, Failed: true}, nil
	case ctx.Err() != nil:
		return Result{}, fmt.Errorf("invoke: no answer within %s: %w", o.Timeout, ctx.Err())
	}
	return Result{Response: got.Body, Failed: got.Failed}, err
}

// Check says what is wrong with an event before anything is started.
func Check(event []byte) error {
	if !json.Valid(event) {
		return errors.New("the event is not JSON")
	}
	return nil
}

// Build builds a function of the project in folder into dir and returns the path
// of its binary. It needs Go.
func Build(ctx context.Context, folder, function, dir string) (string, error) {
	out := dir + "/bootstrap"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc,nethttpomithttp2", "-o", out, "./functions/"+function) //nolint:gosec // one of our functions
	cmd.Dir = folder
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", function, err, strings.TrimSpace(string(text)))
	}
	return out, nil
}
