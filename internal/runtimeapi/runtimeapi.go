// Package runtimeapi runs the binary of one Lambda function on this machine: it
// starts the process and is its Runtime API, as AWS is in a sandbox. One
// invocation at a time, as there.
package runtimeapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// Options say what is run, and how.
type Options struct {
	Binary  string           // path of the bootstrap
	Dir     string           // it runs in; "" this process's
	Root    string           // LAMBDA_TASK_ROOT, the folder of the code; "": as Env says, else Dir
	Name    string           // of the function
	Env     []string         // NAME=value; beside what the Runtime sets, nothing else is in its environment
	Timeout time.Duration    // of an invocation; 0: 30 s
	Log     io.Writer        // what it prints; nil: dropped
	Now     func() time.Time // the machine's clock
}

// Result is what a function answered. Its body is the answer, or, when Failed,
// what it says of its error.
type Result struct {
	Body   json.RawMessage
	Failed bool
	Took   time.Duration // from the hand-over of the event to the answer
}

// Function is a process that runs. It is not safe for concurrent use.
type Function struct {
	o       Options
	server  *http.Server
	command *exec.Cmd
	ended   chan struct{} // closed when the process has
	fault   error         // how it ended; set before ended is closed

	asked  chan struct{}  // it asks for an event
	events chan event     // handed to it
	answer chan Result    // it gave
	failed chan initError // it said while starting
}

type event struct {
	id       string
	body     []byte
	deadline time.Time
}

type initError struct{ body []byte }

// ErrDied is a function that ended before it answered.
var ErrDied = errors.New("the function ended before it answered")

// InitError is what a function says when it cannot start.
type InitError struct {
	Name string
	Body []byte // JSON
}

// Error tells it.
func (e *InitError) Error() string { return fmt.Sprintf("start %s: %s", e.Name, e.Body) }

// Start starts the process; it ends with ctx. Close it when done.
func Start(ctx context.Context, o Options) (*Function, error) {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	f := &Function{
		o: o, ended: make(chan struct{}), asked: make(chan struct{}, 1), events: make(chan event), answer: make(chan Result, 1),
		failed: make(chan initError, 1),
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	f.server = &http.Server{Handler: f.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.server.Serve(l) }()          // ends with Close
	f.command = exec.CommandContext(ctx, o.Binary) //nolint:gosec // it is there to run what it is told
	f.command.Dir, f.command.Stdout, f.command.Stderr = o.Dir, o.Log, o.Log
	f.command.Env = slices.Concat([]string{"LAMBDA_TASK_ROOT=" + o.Dir}, o.Env, []string{ // of two of a name the last counts
		"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=" + o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "_HANDLER=bootstrap", "TZ=:UTC",
	})
	if o.Root != "" {
		f.command.Env = append(f.command.Env, "LAMBDA_TASK_ROOT="+o.Root)
	}
	if err := f.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", o.Name, err), f.server.Close())
	}
	go func() {
		f.fault = f.command.Wait()
		close(f.ended)
	}()
	return f, nil
}

// Ready waits until the function asks for its first event: it has started.
func (f *Function) Ready(ctx context.Context) error {
	select {
	case <-f.asked:
		f.ask()
		return nil
	case e := <-f.failed:
		return &InitError{f.o.Name, e.body}
	case <-f.ended:
		select {
		case e := <-f.failed: // it said why, then ended
			return &InitError{f.o.Name, e.body}
		default:
			return f.died()
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *Function) died() error { return errors.Join(ErrDied, f.fault) }

// Invoke hands an event over, JSON, and waits for the answer until the time-out.
// An error says that there was none: the process died or took too long.
func (f *Function) Invoke(ctx context.Context, body []byte) (Result, error) {
	if err := f.Ready(ctx); err != nil {
		return Result{}, err
	}
	<-f.asked
	began := f.o.Now()
	limit := time.NewTimer(f.o.Timeout)
	defer limit.Stop()
	select {
	case f.events <- event{rand.Text(), body, began.Add(f.o.Timeout)}:
	case <-f.ended:
		return Result{}, f.died()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	select {
	case r := <-f.answer:
		r.Took = f.o.Now().Sub(began)
		return r, nil
	case <-f.ended:
		select {
		case r := <-f.answer: // it said why, then ended
			r.Took = f.o.Now().Sub(began)
			return r, nil
		default:
			return Result{}, f.died()
		}
	case <-limit.C:
		return Result{}, fmt.Errorf("invoke %s: no answer within %s", f.o.Name, f.o.Timeout)
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// PID is that of the process.
func (f *Function) PID() int { return f.command.Process.Pid }

// Close kills the process, as AWS does with a sandbox that is not needed.
func (f *Function) Close() error {
	err := f.command.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-f.ended
	return errors.Join(err, f.server.Close())
}

// routes are those of the Runtime API, version 2018-06-01.
func (f *Function) routes() http.Handler {
	mux := http.NewServeMux()
	const api = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+api+"invocation/next", f.next)
	mux.HandleFunc("POST "+api+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { f.take(w, r, false) })
	mux.HandleFunc("POST "+api+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { f.take(w, r, true) })
	mux.HandleFunc("POST "+api+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, answerLimit)) // whatever came says more than nothing
		select {
		case f.failed <- initError{body}:
		default:
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// answerLimit is how much a function may answer: 6 MB on AWS.
const answerLimit = 6 << 20

// ask notes that the function asks.
func (f *Function) ask() {
	select {
	case f.asked <- struct{}{}:
	default:
	}
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.ask()
	select {
	case e := <-f.events:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", e.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+f.o.Name)
		_, _ = w.Write(e.body) // a process that is gone is found by its end
	case <-r.Context().Done():
	}
}

func (f *Function) take(w http.ResponseWriter, r *http.Request, failed bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, answerLimit+1))
	if err != nil || len(body) > answerLimit {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	select {
	case f.answer <- Result{Body: body, Failed: failed}:
	default: // it answered before
	}
}
