package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
)

// functionDoes names the variable that makes this test binary a function.
const functionDoes = "AFTERSALES_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if does := os.Getenv(functionDoes); does != "" {
		lambda.Start(func(in map[string]any) (map[string]any, error) {
			if does == "fail" {
				return nil, errors.New("not today")
			}
			return map[string]any{"got": in, "root": os.Getenv("LAMBDA_TASK_ROOT")}, nil
		})
		return
	}
	os.Exit(m.Run())
}

// invoked runs `aftersales invoke` with this test binary as the function.
func invoked(t *testing.T, does, in string, args ...string) done {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"invoke", "--binary", self}, args...), process{
		in: strings.NewReader(in), out: &out, err: &errs, getenv: func(string) (string, bool) { return "", false },
		environ: func() []string { return []string{functionDoes + "=" + does} },
	})
	return done{code, out.String(), errs.String()}
}

func TestInvoke(t *testing.T) {
	file := filepath.Join(t.TempDir(), "e.json")
	if err := os.WriteFile(file, []byte(`{"a":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"got\": {\n    \"a\": 1\n  },\n  \"root\": \"/code\"\n}\n"
	if got := invoked(t, "echo", "", "sweep", file, "--root", "/code").well(t).out; got != want {
		t.Errorf("answered %q, want %q", got, want)
	}
	if got := invoked(t, "echo", `{"a":1}`, "sweep", "-", "--root", "/code").well(t).out; got != want {
		t.Errorf("from stdin: %q", got)
	}
	if got := invoked(t, "fail", "{}", "sweep", "-"); got.code != exitFailed || !strings.Contains(got.out, "not today") {
		t.Errorf("a function that fails: exit %d, %q", got.code, got.out)
	}
	invoked(t, "echo", "{", "sweep", "-").badly(t, exitMisused, "not JSON")
	invoked(t, "echo", "", "sweep", filepath.Join(t.TempDir(), "none.json")).badly(t, exitFailed, "read event")
	invoked(t, "echo", "{}", "nothing", "-").badly(t, exitMisused, "intake")
}
