package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStackMisused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"stack", "status"}, "--stack NAME"},
		{[]string{"stack", "status", "--stack", "a b"}, "letters, digits"},
		{[]string{"stack", "status", "--stack", "shop", "--data", "here"}, "say one"},
		{[]string{"stack", "pause", "--stack", "shop"}, "--reason"},
		{[]string{"stack", "pause", "post", "--reason", "x", "--stack", "shop"}, "email-service"},
		{[]string{"stack", "resume", "post", "--stack", "shop"}, "email-service"},
		{[]string{"stack", "redrive", "--max=-1", "--stack", "shop"}, "--max is 0 (all) or more"},
		{[]string{"stack", "redrive", "--rate", "0", "--stack", "shop"}, "--rate is 1 or more"},
		{[]string{"stack", "failed", "--max", "0", "--stack", "shop"}, "--max is 1 or more"},
		{[]string{"stack", "epoch", "--stack", "shop"}, "--raise"},
		{[]string{"stack", "feed", "--stack", "shop"}, "--since"},
		{[]string{"stack", "feed", "--since", "yesterday", "--stack", "shop"}, `"yesterday" is no moment; want one such as`},
		{[]string{"why", "1001", "--stack", "shop", "--data", "here"}, "say one"},
	} {
		cli(t, c.args...).badly(t, exitMisused, c.want)
	}
}

// A verb of this machine does nothing when it is told to work on a stack.
func TestVerbsOfThisMachineRefuseAStack(t *testing.T) {
	cfg := folder(t)
	for want, args := range map[string][]string{
		"serve is the form of one machine": {"serve", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"},
		"init works on this machine":       {"init", filepath.Join(t.TempDir(), "shop")},
		"demo works on this machine":       {"demo", "--exit"},
		"plan simulate works":              {"plan", "simulate", "--plan", "p", "--source", "generic", "--event", "e"},
		"cost works on this machine":       {"cost"},
		"invoke works on this machine":     {"invoke", "sweep", "none.json"},
		"backup is for a data folder":      {"backup", t.TempDir()},
	} {
		cli(t, append(args, "--stack", "care", "--config", cfg)...).badly(t, exitMisused, want)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(cfg), "data")); err == nil {
		t.Error("a data folder was made")
	}
}

// A folder whose links lead to this machine is told so before it is deployed.
func TestLintForAStackRefusesLinksToThisMachine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "aftersales.yaml")
	text := "business: b\nshops:\n  - {id: main, name: M, sender: a@shop.example, public_url: 'http://127.0.0.1:8080'}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(file), "plans"), 0o750); err != nil {
		t.Fatal(err)
	}
	cli(t, "plan", "lint", "--config", file, "--stack", "shop").badly(t, exitFailed, `shops[0].public_url: "http://127.0.0.1:8080": want an https address that customers reach`)
}

// account is an AWS that knows the stacks of one page, and the environment of a
// person who works there.
func account(t *testing.T, status int, page string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("StackName") == "" {
			fmt.Fprint(w, page)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`,
			map[bool]string{true: "ValidationError", false: "AccessDenied"}[status == http.StatusNotFound])
	}))
	t.Cleanup(srv.Close)
	for name, text := range map[string]string{
		"AWS_ENDPOINT_URL": srv.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
		"AWS_PROFILE": "", "AWS_DEFAULT_REGION": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, text)
	}
}

const someStacks = `<DescribeStacksResponse><DescribeStacksResult><Stacks>
<member><StackName>care</StackName><Outputs><member><OutputKey>JourneysTable</OutputKey><OutputValue>j</OutputValue></member></Outputs></member>
<member><StackName>nested</StackName><ParentId>p</ParentId><Outputs><member><OutputKey>JourneysTable</OutputKey><OutputValue>j</OutputValue></member></Outputs></member>
<member><StackName>other</StackName></member>
</Stacks></DescribeStacksResult></DescribeStacksResponse>`

func TestStackNotFound(t *testing.T) {
	cfg := folder(t)
	account(t, http.StatusNotFound, someStacks)
	d := cli(t, "stack", "status", "--stack", "caer", "--config", cfg)
	d.badly(t, exitFailed, "find stack caer in region eu-central-1: there is no such stack; here is care; AWS_REGION says")
	cli(t, "why", "1001", "--stack", "caer", "--config", cfg).badly(t, exitFailed, "here is care")
	account(t, http.StatusNotFound, `<DescribeStacksResponse><DescribeStacksResult/></DescribeStacksResponse>`)
	cli(t, "stack", "status", "--stack", "caer", "--config", cfg).badly(t, exitFailed, "none of this product is here")
	account(t, http.StatusForbidden, "")
	cli(t, "stack", "status", "--stack", "care", "--config", cfg).badly(t, exitFailed, "AWS says AccessDenied: no; `aws sts get-caller-identity`")
	t.Setenv("AWS_REGION", "")
	cli(t, "stack", "status", "--stack", "care", "--config", cfg).badly(t, exitFailed, "set AWS_REGION")
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	cli(t, "stack", "status", "--stack", "care", "--config", cfg).badly(t, exitFailed, "no credentials of AWS; log in")
}

// A lane that was resumed has sent, though it stands at no place; a restored table
// says what to do.
func TestStandingAfterARestore(t *testing.T) {
	var out bytes.Buffer
	s := &shell{process: process{out: &out, getenv: func(string) (string, bool) { return "", false }}}
	s.stands(&standing{Stack: "care", Lanes: []laneLine{{Lane: "call"}}, Restored: true})
	for _, want := range []string{"nothing queued since it began or was resumed", "nothing is sent", "aftersales stack epoch --raise --stack care"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
