package runtimeapi_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/runtimeapi"
)

// TestMain is a function as well, when a test starts this binary as one.
func TestMain(m *testing.M) {
	switch os.Getenv("AFTERSALES_TEST_FUNCTION") {
	case "echo":
		lambda.Start(func(_ context.Context, in map[string]string) (map[string]string, error) {
			switch in["do"] {
			case "fail":
				return nil, errors.New("this went wrong")
			case "die":
				os.Exit(3)
			case "sleep":
				select {}
			}
			return map[string]string{"said": in["say"]}, nil
		})
	case "dead":
		os.Exit(1)
	default:
		os.Exit(m.Run())
	}
}

func start(t *testing.T, kind string, limit time.Duration) *runtimeapi.Function {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := runtimeapi.Start(t.Context(), runtimeapi.Options{
		Binary: self, Dir: t.TempDir(), Name: "echo", Env: []string{"AFTERSALES_TEST_FUNCTION=" + kind}, Timeout: limit, Log: t.Output(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestInvoke(t *testing.T) {
	f := start(t, "echo", 0)
	if err := f.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"one", "two"} {
		r, err := f.Invoke(t.Context(), []byte(`{"say":"`+word+`"}`))
		if err != nil || r.Failed || string(r.Body) != `{"said":"`+word+`"}` || r.Took <= 0 {
			t.Errorf("%s, %v, %v", r.Body, r.Failed, err)
		}
	}
	r, err := f.Invoke(t.Context(), []byte(`{"do":"fail"}`))
	if err != nil || !r.Failed || !strings.Contains(string(r.Body), "this went wrong") {
		t.Errorf("%s, %v, %v", r.Body, r.Failed, err)
	}
	if r, err = f.Invoke(t.Context(), []byte(`{"say":"after"}`)); err != nil || r.Failed || string(r.Body) != `{"said":"after"}` {
		t.Errorf("after a failure: %s, %v", r.Body, err)
	}
	if _, err = f.Invoke(t.Context(), []byte(`{"do":"die"}`)); !errors.Is(err, runtimeapi.ErrDied) || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("death in an invocation: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	f := start(t, "echo", 300*time.Millisecond)
	if _, err := f.Invoke(t.Context(), []byte(`{"do":"sleep"}`)); err == nil || !strings.Contains(err.Error(), "no answer within 300ms") {
		t.Errorf("%v", err)
	}
}

func TestDeadAtStart(t *testing.T) {
	f := start(t, "dead", 0)
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, runtimeapi.ErrDied) || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("%v", err)
	}
}

func TestNoBinary(t *testing.T) {
	if _, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Binary: "/no/such/bootstrap", Name: "none", Now: time.Now}); err == nil {
		t.Error("it was started")
	}
}
