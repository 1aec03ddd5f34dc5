package cloud_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/console"
	"aftersales/internal/cloud/pages"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// example is an event under events/functions.
func example(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../events/functions", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// silentCalls reads every event about a call as one that says nothing.
type silentCalls struct{}

func (silentCalls) Read(context.Context, []byte) ([]followup.Report, error) { return nil, nil }

// Every example is understood by its function, and every function has one.
func TestExamplesOfTheFunctions(t *testing.T) {
	files, err := os.ReadDir("../../events/functions")
	if err != nil {
		t.Fatal(err)
	}
	var seen []config.Function
	for _, f := range files {
		name, _, _ := strings.Cut(f.Name(), ".")
		seen = append(seen, config.Function(name))
	}
	for _, f := range config.Functions {
		if !slices.Contains(seen, f) {
			t.Errorf("there is no example for %s", f)
		}
	}
	s := newStack(t)
	s.secrets.values["AFTERSALES_SHOPIFY_SECRET_MAIN"] = "example secret of a shop"
	parts := s.parts(config.Outcome)
	parts.Calls = silentCalls{}
	mail := s.parts(config.Deliver)
	mail.Mail = &channel{}
	forms := map[config.Function]*cloud.Form{config.Outcome: cloud.New(parts), config.Deliver: cloud.New(mail)}
	for _, f := range config.Functions {
		if forms[f] == nil {
			forms[f] = s.form(f)
		}
	}
	for _, c := range []struct {
		file   string
		handle any
	}{
		{"intake.json", forms[config.Intake].Intake},
		{"enroll.inbox.json", forms[config.Enroll].Enroll},
		{"enroll.again.json", forms[config.Enroll].Enroll},
		{"enroll.bus.json", forms[config.Enroll].Enroll},
		{"enroll.bus.shop.json", forms[config.Enroll].Enroll},
		{"enroll.shopify.json", forms[config.Enroll].Enroll},
		{"sweep.json", forms[config.Sweep].Sweep},
		{"deliver.json", forms[config.Deliver].Deliver},
		{"outcome.delivery.json", forms[config.Outcome].Outcome},
		{"outcome.bounce.json", forms[config.Outcome].Outcome},
		{"outcome.call.json", forms[config.Outcome].Outcome},
		{"pages.json", pages.New(forms[config.Pages]).Handle},
		{"console.json", console.New(forms[config.Console], nil).Handle},
		{"callflow.json", forms[config.Callflow].Callflow},
	} {
		files = slices.DeleteFunc(files, func(f os.DirEntry) bool { return f.Name() == c.file })
		out, err := lambda.NewHandler(c.handle).Invoke(t.Context(), example(t, c.file))
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		var answer struct {
			BatchItemFailures []events.SQSBatchItemFailure
			StatusCode        int
			Recorded          string
		}
		if strings.HasPrefix(string(out), "{") {
			if err := json.Unmarshal(out, &answer); err != nil {
				t.Fatal(err)
			}
		}
		if len(answer.BatchItemFailures) > 0 || answer.StatusCode >= 400 {
			t.Errorf("%s: answered %s\n%s", c.file, out, s.logs.text())
		}
		if c.file == "console.json" && answer.StatusCode != http.StatusSeeOther || c.file == "callflow.json" && answer.Recorded != "yes" {
			t.Errorf("%s: answered %s", c.file, out)
		}
	}
	for _, f := range files {
		t.Errorf("nothing tries %s", f.Name())
	}
	if s.journey("1073459966").Version == 0 || strings.Contains(s.logs.text(), `"level":"ERROR","msg":"call not understood"`) {
		t.Error("the order of intake.json was not enrolled, or the call not understood")
	}
}
