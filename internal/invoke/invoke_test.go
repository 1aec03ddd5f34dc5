package invoke_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"go.uber.org/goleak"

	"aftersales/internal/invoke"
)

// childDoes names the variable that makes this test binary a function.
const childDoes = "AFTERSALES_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(childDoes) {
	case "":
		goleak.VerifyTestMain(m)
		return
	case "echo":
		lambda.Start(func(ctx context.Context, in map[string]any) (map[string]any, error) {
			end, _ := ctx.Deadline()
			fmt.Println("a line of the log")
			return map[string]any{"got": in, "root": os.Getenv("LAMBDA_TASK_ROOT"), "function": os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), "left": time.Until(end) > 20*time.Second}, nil
		})
	case "fail":
		lambda.Start(func(map[string]any) error { return errors.New("not today") })
	case "panic":
		lambda.Start(func(map[string]any) error { panic("ouch") })
	case "die":
		fmt.Println("AFTERSALES_STACK is not set")
		os.Exit(1)
	case "init":
		resp, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", strings.NewReader(`{"errorMessage":"no"}`))
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		os.Exit(1)
	case "hang":
		if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
			_, _ = l.Accept() // nobody calls
		}
	}
}

func run(t *testing.T, does string, timeout time.Duration) (invoke.Result, string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	got, err := invoke.Run(t.Context(), invoke.Options{
		Function: "echo", Binary: self, Event: []byte(`{"a":1}`), Root: "/code",
		// What its caller's own environment says of a Runtime, as inside a function, is not ours.
		Env:     []string{childDoes + "=" + does, "LAMBDA_TASK_ROOT=/elsewhere", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "AWS_LAMBDA_FUNCTION_NAME=other"},
		Timeout: timeout, Now: time.Now, Logs: &logs,
	})
	return got, logs.String(), err
}

func TestRun(t *testing.T) {
	got, logs, err := run(t, "echo", 5*time.Minute)
	if err != nil || got.Failed {
		t.Fatal(got, err)
	}
	if want := `{"function":"echo","got":{"a":1},"left":true,"root":"/code"}`; string(got.Response) != want {
		t.Errorf("answered %s, want %s", got.Response, want)
	}
	if !strings.Contains(logs, "a line of the log") {
		t.Errorf("logs %q", logs)
	}
}

func TestRunOfAFunctionThatFails(t *testing.T) {
	for does, want := range map[string]string{"fail": "not today", "panic": "ouch", "init": `"no"`} {
		got, _, err := run(t, does, 5*time.Minute)
		if err != nil || !got.Failed || !strings.Contains(string(got.Response), want) {
			t.Errorf("%s: %s, failed %t, %v", does, got.Response, got.Failed, err)
		}
	}
}

func TestRunOfAFunctionThatDoesNotAnswer(t *testing.T) {
	if _, logs, err := run(t, "die", 5*time.Minute); !errors.Is(err, invoke.ErrDied) || !strings.Contains(logs, "AFTERSALES_STACK") {
		t.Errorf("one that dies: %v, %q", err, logs)
	}
	if _, _, err := run(t, "hang", 300*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that hangs: %v", err)
	}
	_, err := invoke.Run(t.Context(), invoke.Options{Binary: "/nowhere/bootstrap", Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "start function") {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestCheck(t *testing.T) {
	if invoke.Check([]byte(`{}`)) != nil || invoke.Check([]byte(`{`)) == nil || invoke.Check(nil) == nil {
		t.Error("what is JSON is refused, or what is none taken")
	}
}
