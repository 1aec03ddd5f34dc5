package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/ready"
)

// functionDoes names the variable that makes this test binary a function.
const functionDoes = "AFTERSALES_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch does := os.Getenv(functionDoes); does {
	case "":
	case "die":
		os.Exit(1)
	default:
		lambda.Start(func(in map[string]any) (map[string]any, error) {
			root, config := os.Getenv("LAMBDA_TASK_ROOT"), os.Getenv("AFTERSALES_CONFIG")
			switch does {
			case "fail":
				return nil, errors.New("not today")
			case "read":
				shop := filepath.Join(root, filepath.Dir(config))
				return map[string]any{
					"config": config, "messages": there(filepath.Join(shop, "messages", "own", "en.md")), "ready": there(filepath.Join(shop, ready.FileName)),
				}, nil
			}
			return map[string]any{"config": config, "got": in, "root": root}, nil
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
	root := t.TempDir()
	place(t, filepath.Join(root, "shop", ready.FileName), "")
	want := "{\n  \"config\": \"\",\n  \"got\": {\n    \"a\": 1\n  },\n  \"root\": \"" + root + "\"\n}\n"
	if got := invoked(t, "echo", "", "sweep", file, "--root", root).well(t).out; got != want {
		t.Errorf("answered %q, want %q", got, want)
	}
	if got := invoked(t, "echo", `{"a":1}`, "sweep", "-", "--root", root).well(t).out; got != want {
		t.Errorf("from stdin: %q", got)
	}
	if got := invoked(t, "fail", "{}", "sweep", "-", "--root", root); got.code != exitFailed || !strings.Contains(got.out, "not today") {
		t.Errorf("a function that fails: exit %d, %q", got.code, got.out)
	}
	invoked(t, "echo", "{", "sweep", "-").badly(t, exitMisused, "not JSON")
	invoked(t, "echo", "", "sweep", filepath.Join(t.TempDir(), "none.json")).badly(t, exitFailed, "read event")
	invoked(t, "echo", "{}", "nothing", "-").badly(t, exitMisused, "intake")
	invoked(t, "echo", "{}", "sweep", "-", "--root", t.TempDir()).badly(t, exitMisused, "no shop is in ")
	invoked(t, "die", "{}", "sweep", "-", "--root", root).badly(t, exitFailed, "docs/aws.md, One function on one event")
}

func place(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A function reads its shop whether the root is a shop's folder, holds one, or is a checkout.
func TestInvokeMakesWhatTheFunctionReads(t *testing.T) {
	for name, at := range map[string]string{"a shop's folder": ".", "a folder with one": "shop", "a checkout": "infra/shop"} {
		root := t.TempDir()
		dir := filepath.Join(root, at)
		cli(t, "init", dir)
		place(t, filepath.Join(dir, "messages", "own", "en.md"), "---\nsubject: Hello\npreview: How is it?\n---\nHow is it?\n")
		got := invoked(t, "read", "{}", "sweep", "-", "--root", root)
		if got.code != exitDone || got.err != "Reading "+filepath.Join(dir, "aftersales.yaml")+" ...\n" {
			t.Errorf("%s: exit %d, stderr %q, stdout %q", name, got.code, got.err, got.out)
		}
		if !strings.Contains(got.out, `"config": "shop/aftersales.yaml"`) || !strings.Contains(got.out, `"messages": true`) || !strings.Contains(got.out, `"ready": true`) {
			t.Errorf("%s: the function found %s", name, got.out)
		}
	}
	bad := t.TempDir()
	place(t, filepath.Join(bad, "aftersales.yaml"), "business: x\n")
	invoked(t, "read", "{}", "sweep", "-", "--root", bad).badly(t, exitFailed, "shops")
	invoked(t, "read", "{}", "sweep", "-", "--root", t.TempDir(), "--config", filepath.Join(bad, "aftersales.yaml")).badly(t, exitFailed, "shops")
}
