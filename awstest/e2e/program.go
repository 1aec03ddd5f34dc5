package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// said is what the program printed, and its exit code.
type said struct {
	out, err string
	code     int
}

// shopFile is the configuration that was deployed.
func shopFile() string {
	return filepath.Join(output("Root"), "awstest/e2e/shop/aftersales.yaml")
}

// program prepares the built program with arguments, in the environment of an
// operator.
func program(ctx context.Context, in string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, output("Program"), append(args, "--config", shopFile())...)
	cmd.Stdin = strings.NewReader(in)
	return cmd
}

// tell runs the program.
func tell(ctx context.Context, in string, args ...string) (said, error) {
	var out, errs bytes.Buffer
	cmd := program(ctx, in, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.Exited() {
		err = nil
	}
	return said{out.String(), errs.String(), cmd.ProcessState.ExitCode()}, err
}

// ask runs the program on the stack, which has to do what it is told.
func ask(ctx context.Context, in string, args ...string) (string, error) {
	s, err := tell(ctx, in, append(args, "--stack", output("Stack"))...)
	if err == nil && s.code != 0 {
		err = fmt.Errorf("aftersales %s: exit %d: %s", strings.Join(args, " "), s.code, s.err)
	}
	return s.out, err
}

// read runs the program on the stack for JSON.
func read[T any](ctx context.Context, args ...string) (v T, err error) {
	out, err := ask(ctx, "", append(args, "--json")...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &v)
	}
	return v, err
}

// misled gives the program what people get wrong.
func misled(ctx context.Context, _ *stack) (string, error) {
	name := output("Stack")
	cases := []struct {
		args string
		code int
		want string
	}{
		{"stack status --stack aftersales-lokal", 1, "there is no such stack; here is " + name},
		{"why 1001 --stack aftersales-lokal", 1, "here is " + name},
		{"stack status", 2, "--stack NAME"},
		{"stack redrive enrol --stack " + name, 2, "enroll, deliver, outcome"},
		{"stack resume email --stack " + name, 2, "email-service"},
		{"stack pause --stack " + name, 2, "--reason"},
		{"stack epoch --stack " + name, 2, "--raise"},
		{"stack feed --since yesterday --stack " + name, 2, "want one such as"},
		{"why 4711 --stack " + name, 1, "order 4711: not found"},
		{"calls claim main/4711/call/-/1 --stack " + name, 1, "not found"},
		{"case close main/4711-1 --reason other --stack " + name, 1, "not found"},
		{"parked void main/4711/soon/-/1 --reason no --stack " + name, 1, "not found"},
		{"secrets set Main shopify --stack " + name, 2, "lower-case letters"},
		{"secrets rotate main shopify --stack " + name, 1, "set it first"},
		{"import --state nothing.gz --stack " + name, 1, "nothing.gz"},
	}
	for _, c := range cases {
		got, err := tell(ctx, "", strings.Fields(c.args)...)
		if err != nil {
			return "", err
		}
		if got.code != c.code || !strings.Contains(got.err, c.want) || strings.Contains(got.err, "RequestID") {
			return "", fmt.Errorf("aftersales %s: exit %d, %q; want %d and %q", c.args, got.code, got.err, c.code, c.want)
		}
	}
	stranger := program(ctx, "", "stack", "status", "--stack", name)
	stranger.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_ACCESS_KEY_ID=") })
	if out, err := stranger.CombinedOutput(); err == nil || !strings.Contains(string(out), "no credentials of AWS") {
		return "", fmt.Errorf("without credentials: %v %s", err, out)
	}
	return fmt.Sprintf("%d wrong commands, each told what to do", len(cases)+1), nil
}

// lanesOf is the part of `stack status --json` that is looked at.
type lanesOf struct {
	Epoch  int
	Closed string
	Import string
	Lanes  []struct{ Lane, Paused string }
	Dead   []struct {
		Queue   string
		Waiting int
	}
}

// paused stops lanes and lets them go on.
func paused(ctx context.Context, _ *stack) (string, error) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"stack", "pause", "--reason", "a wrong price"}, 3},
		{[]string{"stack", "pause", "look", "--reason", "a wrong price"}, 4},
		{[]string{"stack", "resume", "call"}, 3},
		{[]string{"stack", "resume", "look", "email-service", "email-rest"}, 0},
	} {
		if _, err := ask(ctx, "", c.args...); err != nil {
			return "", err
		}
		now, err := read[lanesOf](ctx, "stack", "status")
		if err != nil {
			return "", err
		}
		n := 0
		for _, l := range now.Lanes {
			if l.Paused == "a wrong price" {
				n++
			}
		}
		if n != c.want || len(now.Lanes) != 4 || len(now.Dead) != 4 {
			return "", fmt.Errorf("%v: %d lanes are paused, want %d: %+v", c.args, n, c.want, now)
		}
	}
	return "status tells which and why", nil
}

// newSecret changes the secret of the shop's webhooks without a gap. A function
// that does not know a signature asks for new secrets once a minute at most.
func newSecret(ctx context.Context, s *stack) (string, error) {
	const name = "AFTERSALES_LOCAL_ShopifySecret" // what post signs with
	old, next := output("ShopifySecret"), "a-secret-of-"+number(0)
	if _, err := ask(ctx, next, "secrets", "set", "main", "shopify", "--next"); err != nil {
		return "", err
	}
	for i, secret := range []string{next, old, next} {
		if i == 2 {
			if _, err := ask(ctx, "", "secrets", "rotate", "main", "shopify"); err != nil {
				return "", err
			}
		}
		if err := os.Setenv(name, secret); err != nil {
			return "", err
		}
		if err := until(ctx, patience, func() error { return s.buy(ctx, number(41+i), time.Now()) }); err != nil {
			return "", fmt.Errorf("signed with secret %d: %w", i, errors.Join(err, os.Setenv(name, old)))
		}
	}
	for _, what := range [][]string{{"secrets", "init"}, {"secrets", "rotate", "--wait", "1s"}} {
		if _, err := ask(ctx, "", what...); err != nil {
			return "", err
		}
	}
	if status, _, err := s.get(ctx, strings.TrimPrefix(s.page, s.api)); s.page != "" && (err != nil || status != http.StatusOK) {
		return "", fmt.Errorf("a link of the old key: %d %v", status, err)
	}
	return "both are taken, then the next one; links of the old key go on", nil
}

// told reads through the program what happened so far, and works on it.
func told(ctx context.Context, s *stack) (string, error) {
	story, err := read[engine.Story](ctx, "why", first)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(story.FollowUps, func(f engine.StoryFollowUp) bool { return f.Step == "soon" && f.State == "delivered" }); i < 0 || len(story.Answers) != 1 {
		return "", fmt.Errorf("why %s: %+v", first, story)
	}
	call := string(followup.NewJourneyID(shop, called)) + "/call/-/1"
	out, err := ask(ctx, "", "calls", "claim", call, "--by", "anna")
	if err != nil || !strings.Contains(out, "--stack "+output("Stack")) {
		return "", fmt.Errorf("claim: %s %w", out, err)
	}
	if _, err := ask(ctx, "", "calls", "done", call, "--outcome", "problem", "--by", "anna"); err != nil {
		return "", err
	}
	cases, err := read[[]struct{ ID, Order string }](ctx, "case", "list", "--open")
	if err != nil {
		return "", err
	}
	open := map[string]string{}
	for _, c := range cases {
		open[c.Order] = c.ID
	}
	if open[first] == "" || open[called] == "" {
		return "", fmt.Errorf("open cases: %v", cases)
	}
	if _, err := ask(ctx, "", "case", "close", open[called], "--reason", "explained"); err != nil {
		return "", err
	}
	if _, err := read[[]struct{ ID string }](ctx, "parked", "list"); err != nil {
		return "", err
	}
	_, err = s.reaches(ctx, patience, called, "call", followup.Sent)
	return "why, calls, case and parked on the stack", err
}
