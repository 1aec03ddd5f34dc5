package infra_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"aftersales/internal/config"
)

// services are the SDK's packages, and our own instead of one, and what IAM calls their actions by.
var services = map[string]string{
	"dynamodb": "dynamodb", "sesv2": "ses", "sqs": "sqs", "aftersales/internal/params/ssm": "ssm", "connect": "connect", "eventbridge": "events",
}

// renamed are calls that IAM knows by another name: a transaction needs the right
// to each of its parts, and the store's are puts.
var renamed = map[string]string{"sqs:SendMessageBatch": "sqs:SendMessage", "dynamodb:TransactWriteItems": "dynamodb:PutItem"}

// lambdas are what Lambda itself does with a function's role.
var lambdas = []string{"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}

// pollers are what Lambda does for a function that reads a queue.
var pollers = []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}

// everywhere are the actions that know no resource.
var everywhere = []string{"ses:GetAccount", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}

// statement is one of a role's policies.
type statement struct {
	actions   []string
	resources []any
}

// statements are what a role allows, under whatever condition.
func statements(t *testing.T, role tree) (out []statement) {
	t.Helper()
	for _, policy := range list(role, "Properties", "Policies") {
		for _, s := range list(policy, "PolicyDocument", "Statement") {
			if branches := list(s, "Fn::If"); len(branches) == 3 {
				s = branches[1]
			}
			if text(s, "Effect") != "Allow" {
				t.Errorf("a statement that allows nothing: %v", s)
			}
			one := statement{resources: asList(at(s, "Resource"))}
			for _, a := range asList(at(s, "Action")) {
				one.actions = append(one.actions, a.(string))
			}
			out = append(out, one)
		}
	}
	return out
}

func asList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func roleOf(template tree, f config.Function) tree {
	r, _ := at(template, "Resources", strings.TrimSuffix(resource(f), "Function")+"Role").(tree)
	return r
}

func TestRightsNameWhatTheyAreFor(t *testing.T) {
	template := read(t, root)
	for name, role := range of(template, "AWS::IAM::Role") {
		if at(role, "Properties", "ManagedPolicyArns") != nil {
			t.Errorf("%s: a managed policy allows more than this function does", name)
		}
		for _, s := range statements(t, role) {
			for _, a := range s.actions {
				if strings.Contains(a, "*") {
					t.Errorf("%s may %s", name, a)
				}
			}
			for _, r := range s.resources {
				if r == "*" && slices.ContainsFunc(s.actions, func(a string) bool { return !slices.Contains(everywhere, a) }) {
					t.Errorf("%s may %v anything", name, s.actions)
				}
				if sub := text(r, "Fn::Sub"); strings.Contains(sub, "*") && !slices.ContainsFunc([]string{"parameter/aftersales/${AWS::StackName}/*", "/contact/*"}, func(end string) bool { return strings.HasSuffix(sub, end) }) {
					t.Errorf("%s may %v all of %s", name, s.actions, sub)
				}
			}
		}
	}
}

// Mail needs the identity that sends and the set that reports.
func TestSendingNeedsBoth(t *testing.T) {
	template := read(t, root)
	for _, f := range config.Functions {
		for _, s := range statements(t, roleOf(template, f)) {
			if !slices.Contains(s.actions, "ses:SendEmail") {
				continue
			}
			if f != config.Deliver {
				t.Errorf("%s may send mail", f)
			}
			all := fmt.Sprint(s.resources)
			if ref(s.resources[0]) != "OtherMailIdentities" && (!strings.Contains(all, ":identity/${MailDomain}") || !strings.Contains(all, ":configuration-set/${Mail.Outputs.Set}")) {
				t.Errorf("mail goes out with identity or configuration set alone: %v", all)
			}
		}
	}
}

// Secrets are below the stack's own path; those of sources are read by intake alone.
func TestSecretsAreReadByWhoNeedsThem(t *testing.T) {
	template := read(t, root)
	for _, f := range config.Functions {
		for _, s := range statements(t, roleOf(template, f)) {
			if !slices.ContainsFunc(s.actions, func(a string) bool { return strings.HasPrefix(a, "ssm:") }) {
				continue
			}
			for _, r := range s.resources {
				_, name, found := strings.Cut(text(r, "Fn::Sub"), ":parameter/aftersales/${AWS::StackName}/")
				if !found || name == "*" && f != config.Intake || name == "AFTERSALES_SESSION_KEY" && f != config.Console {
					t.Errorf("%s may read %v", f, r)
				}
			}
		}
	}
}

// What a function may do is what its code can reach.
func TestRightsAreWhatTheCodeCalls(t *testing.T) {
	template := read(t, root)
	polled := map[string]bool{}
	for _, p := range of(template, "AWS::Lambda::EventSourceMapping") {
		polled[ref(at(p, "Properties", "FunctionName"))] = true
	}
	calls := readCode(t)
	for _, f := range config.Functions {
		want := calls.reached(string(f))
		for _, a := range lambdas {
			want[a] = "Lambda"
		}
		if polled[resource(f)] {
			for _, a := range pollers {
				want[a] = "Lambda"
			}
		}
		for a, why := range neverCalled[f] {
			if want[a] == "" {
				t.Errorf("%s cannot come to %s any more: %q is no exception", f, a, why)
			}
			delete(want, a)
		}
		got := map[string]bool{}
		for _, s := range statements(t, roleOf(template, f)) {
			for _, a := range s.actions {
				got[a] = true
			}
		}
		for a, way := range want {
			if !got[a] {
				t.Errorf("%s calls %s and may not:%s", f, a, way)
			}
		}
		for a := range got {
			if want[a] == "" {
				t.Errorf("%s may %s and never does", f, a)
			}
		}
	}
}

// neverCalled are calls that the code could come to and does not, and why.
var neverCalled = map[config.Function]map[string]string{
	config.Intake:   {"dynamodb:BatchGetItem": onlyHooks},
	config.Sweep:    {"dynamodb:BatchGetItem": "it asks for all journeys, never for those in a state"},
	config.Deliver:  {"dynamodb:Scan": byContact},
	config.Outcome:  {"dynamodb:Scan": byContact},
	config.Callflow: {"dynamodb:Scan": byContact},
	config.Pages:    {"dynamodb:Scan": byContact},
}

const (
	onlyHooks = "it has an engine for the inbox alone, and loads no journeys"
	byContact = "it asks for the journeys of a contact only"
)
