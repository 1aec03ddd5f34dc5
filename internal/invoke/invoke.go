// Package invoke runs one function's binary on one event, as Lambda would: it is
// the Runtime API that the binary asks for work. Nothing of AWS is needed for it,
// though the function may call what it is configured to.
package invoke

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
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

// The addresses of the Runtime API and what it says of an invocation. See "Using
// the Lambda runtime API for custom runtimes" in the Lambda Developer Guide.
const (
	base      = "/2018-06-01/runtime"
	requestID = "00000000-0000-4000-8000-000000000001"
)

// ErrDied is a function that ended before it answered.
var ErrDied = errors.New("the function ended before it answered")

// Run starts the binary, gives it the event, and returns its answer. The process
// has ended when it returns.
func Run(ctx context.Context, o Options) (Result, error) {
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Result{}, fmt.Errorf("open runtime: %w", err)
	}
	r := &runtime{o: o, answers: make(chan Result, 1), done: ctx.Done()}
	server := &http.Server{Handler: r.handler(), ReadHeaderTimeout: o.Timeout}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // it ends with Close, and then says so
	return r.run(ctx, listener.Addr().String())
}

// runtime is the Runtime API for one invocation.
type runtime struct {
	o       Options
	answers chan Result
	done    <-chan struct{}
}

func (r *runtime) run(ctx context.Context, addr string) (Result, error) {
	cmd := exec.CommandContext(ctx, r.o.Binary) //nolint:gosec // the caller's own binary
	cmd.Env = append(slices.Clone(r.o.Env), "AWS_LAMBDA_RUNTIME_API="+addr, "AWS_LAMBDA_FUNCTION_NAME="+r.o.Function, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "_HANDLER=bootstrap")
	if r.o.Root != "" {
		cmd.Env = append(cmd.Env, "LAMBDA_TASK_ROOT="+r.o.Root)
	}
	cmd.Stdout, cmd.Stderr = r.o.Logs, r.o.Logs
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("start function: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); close(ended) }()
	select {
	case answer := <-r.answers:
		_ = cmd.Process.Kill() // it waits for the next event, which never comes
		for range ended {      // killed, it says; what it answered counts
		}
		return answer, nil
	case err := <-ended:
		select {
		case answer := <-r.answers: // it said why, then ended
			return answer, nil
		default:
		}
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("invoke: no answer within %s: %w", r.o.Timeout, ctx.Err())
		}
		return Result{}, errors.Join(ErrDied, err)
	}
}

func (r *runtime) handler() http.Handler {
	mux := http.NewServeMux()
	asked := make(chan struct{}, 1)
	asked <- struct{}{}
	mux.HandleFunc("GET "+base+"/invocation/next", func(w http.ResponseWriter, q *http.Request) {
		select {
		case <-asked:
			r.next(w)
		case <-q.Context().Done():
		case <-r.done:
		}
	})
	mux.HandleFunc("POST "+base+"/invocation/{id}/response", r.answer(false))
	mux.HandleFunc("POST "+base+"/invocation/{id}/error", r.answer(true))
	mux.HandleFunc("POST "+base+"/init/error", r.answer(true))
	return mux
}

// next hands out the event.
func (r *runtime) next(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", requestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(r.o.Now().Add(r.o.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+r.o.Function)
	_, _ = w.Write(r.o.Event) // the function is gone: its end is noticed
}

// answer takes what the function says.
func (r *runtime) answer(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		const most = 6 << 20 // what Lambda takes
		body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, most))
		if err != nil {
			http.Error(w, "the answer is larger than 6 MB", http.StatusRequestEntityTooLarge)
			return
		}
		select {
		case r.answers <- Result{Response: body, Failed: failed || q.Header.Get("Lambda-Runtime-Function-Error-Type") != ""}:
		default: // one answer is enough
		}
		w.WriteHeader(http.StatusAccepted)
	}
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
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", out, "./functions/"+function) //nolint:gosec // one of our functions
	cmd.Dir = folder
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", function, err, strings.TrimSpace(string(text)))
	}
	return out, nil
}
