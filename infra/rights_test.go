package infra_test

import (
	"fmt"
	"go/types"
	"maps"
	"regexp"
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
	condition string // "" always
	actions   []string
	resources []any
}

// statements are what a role allows, under whatever condition.
func statements(t *testing.T, role tree) (out []statement) {
	t.Helper()
	for _, policy := range list(role, "Properties", "Policies") {
		for _, s := range list(policy, "PolicyDocument", "Statement") {
			condition := ""
			if branches := list(s, "Fn::If"); len(branches) == 3 {
				condition, s = branches[0].(string), branches[1]
			}
			if text(s, "Effect") != "Allow" {
				t.Errorf("a statement that allows nothing: %v", s)
			}
			one := statement{condition: condition, resources: asList(at(s, "Resource"))}
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
				if s.condition == "InSandbox" {
					continue // see TestSendingNeedsBoth
				}
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

// Mail needs the identity that sends and the set that reports; in the sandbox of SES
// that of the recipient, too, whoever it is.
func TestSendingNeedsBoth(t *testing.T) {
	template, sandbox := read(t, root), false
	for _, f := range config.Functions {
		for _, s := range statements(t, roleOf(template, f)) {
			if !slices.Contains(s.actions, "ses:SendEmail") {
				continue
			}
			if f != config.Deliver {
				t.Errorf("%s may send mail", f)
			}
			all := fmt.Sprint(s.resources)
			if s.condition == "InSandbox" {
				sandbox = strings.HasSuffix(text(s.resources[0], "Fn::Sub"), ":identity/*") && len(s.resources)+len(s.actions) == 2
				continue
			}
			if ref(s.resources[0]) != "OtherMailIdentities" && (!strings.Contains(all, ":identity/${MailDomain}") || !strings.Contains(all, ":configuration-set/${Mail.Outputs.Set}")) {
				t.Errorf("mail goes out with identity or configuration set alone: %v", all)
			}
		}
	}
	if !sandbox || at(template, "Parameters", "MailSandbox", "Default") != "false" {
		t.Error("no mail goes out of the sandbox, or every identity is open outside it")
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
		for part, variable := range sendsTo {
			named := slices.ContainsFunc(calls.uses[calls.mains[string(f)]], func(u *types.Func) bool { return u.Name() == part })
			if named != slices.Contains(config.CloudNames(f), variable) {
				t.Errorf("%s is told %s and built without cloud.%s, or built with it in vain", f, variable, part)
			}
		}
		for a, why := range neverCalled[f] {
			if want[a] == "" {
				t.Errorf("%s cannot come to %s any more: %q is no exception", f, a, why)
			}
			delete(want, a)
		}
		got := rightsOf(t, roleOf(template, f))
		for a, way := range want {
			if !slices.ContainsFunc(got, func(g string) bool { return covers(a, g) }) {
				t.Errorf("%s calls %s and may not:%s", f, a, way)
			}
		}
		for _, g := range got {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(a string) bool { return covers(a, g) }) {
				t.Errorf("%s may %s and never does", f, g)
			}
		}
	}
}

// A function sends to the queues that its environment names, and the one that reads a
// queue to the dead letter queue of that one. Lambda sends what is left of a sweep.
func TestQueuesAreSentToByWhoKnowsThem(t *testing.T) {
	template := read(t, root)
	polled := map[string]string{} // by function
	for _, p := range of(template, "AWS::Lambda::EventSourceMapping") {
		polled[ref(at(p, "Properties", "FunctionName"))] = ref(at(p, "Properties", "EventSourceArn"))
	}
	for _, f := range config.Functions {
		var want, got []string
		own, _ := at(template, "Resources", resource(f), "Properties", "Environment", "Variables").(tree)
		for name, value := range own {
			if strings.HasSuffix(name, "_QUEUE") {
				want = append(want, ref(value))
			}
		}
		dead := ""
		if queue := polled[resource(f)]; queue != "" {
			dead = ref(at(template, "Resources", queue, "Properties", "RedrivePolicy", "deadLetterTargetArn"))
		}
		if told := ref(own[config.EnvDeadQueue]); told != dead {
			t.Errorf("%s buries in %q, its queue in %q", f, told, dead)
		}
		if f == config.Sweep {
			want = append(want, "BusDeadQueue")
		}
		for _, s := range statements(t, roleOf(template, f)) {
			if slices.Contains(s.actions, "sqs:SendMessage") {
				for _, r := range s.resources {
					got = append(got, ref(r))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s may send to %v, and knows %v", f, got, want)
		}
	}
}

// sendsTo are the parts of a function by which it sends to a queue, and the variable
// that each reads.
var sendsTo = map[string]string{"WithEnroll": config.EnvEnrollQueue, "WithDeliver": config.EnvDeliverQueue, "WithDead": config.EnvDeadQueue}

// rightsOf is what a role allows: actions, and those of DynamoDB with the table or
// index that they are allowed on.
func rightsOf(t *testing.T, role tree) (out []string) {
	t.Helper()
	for _, s := range statements(t, role) {
		for _, a := range s.actions {
			if !strings.HasPrefix(a, "dynamodb:") {
				out = append(out, a)
				continue
			}
			for _, r := range s.resources {
				out = append(out, a+" "+tableOf(t, r))
			}
		}
	}
	return out
}

// tableOf is the table or the index that a role names, as the code calls it:
// journeys, journeys/index/due.
func tableOf(t *testing.T, resource any) string {
	t.Helper()
	name := text(resource, "Fn::Sub")
	if pair := list(resource, "Fn::GetAtt"); len(pair) == 2 {
		name = fmt.Sprintf("${%v.%v}", pair...)
	}
	m := regexp.MustCompile(`^\$\{Tables\.Outputs\.(\w+)Arn\}(/index/\w+)?$`).FindStringSubmatch(name)
	if m == nil {
		t.Errorf("a right on %v, which is no table of ours", resource)
		return ""
	}
	return strings.ToLower(m[1]) + m[2]
}

// covers reports whether a right is for a call. A call that names its index at run
// time is any of the table's but due.
func covers(call, right string) bool {
	if before, found := strings.CutSuffix(call, "/index/?"); found {
		return strings.HasPrefix(right, before+"/index/") && !strings.HasSuffix(right, "/due")
	}
	return call == right
}

// neverCalled are calls that the code could come to and does not, and why.
var neverCalled = map[config.Function]map[string]string{
	config.Intake:   {"dynamodb:BatchGetItem journeys": noPlans, "dynamodb:PutItem journeys": noPlans, "dynamodb:GetItem inbox": noOrders},
	config.Enroll:   {"dynamodb:Query journeys/index/due": noState},
	config.Sweep:    {"dynamodb:Query journeys/index/?": noState, "dynamodb:BatchGetItem journeys": noState},
	config.Deliver:  contactsOnly,
	config.Outcome:  contactsOnly,
	config.Callflow: contactsOnly,
	config.Pages:    contactsOnly,
}

var contactsOnly = map[string]string{
	"dynamodb:Scan journeys/index/by_contact": byContact, "dynamodb:Query journeys/index/due": noState,
}

const (
	noPlans   = "Open gives it none of the plans, so it keeps none"
	noOrders  = "it works on no order: it reads only the records that every start reads at once"
	noState   = "it never asks for journeys with rows in a state"
	byContact = "it asks for the journeys of a contact only"
)
