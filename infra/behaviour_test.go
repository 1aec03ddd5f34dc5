package infra_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftersales/internal/config"
)

func TestQueues(t *testing.T) {
	template := read(t, root)
	pollers := of(template, "AWS::Lambda::EventSourceMapping")
	if len(pollers) > 3 {
		t.Errorf("%d queues are polled: each costs 650,000 receives a month when idle", len(pollers))
	}
	timeout := map[string]float64{} // of the function that polls the queue
	for name, p := range pollers {
		props := at(p, "Properties")
		function := ref(at(props, "FunctionName"))
		timeout[ref(at(props, "EventSourceArn"))] = number(t, template, at(template, "Resources", function, "Properties", "Timeout"))
		if types := list(props, "FunctionResponseTypes"); !slices.Contains(types, any("ReportBatchItemFailures")) {
			t.Errorf("%s: one failed message fails its batch", name)
		}
		if size := number(t, template, at(props, "BatchSize")); size != 10 {
			t.Errorf("%s: batches of %v, want 10", name, size)
		}
		find := list(props, "ScalingConfig", "MaximumConcurrency", "Fn::FindInMap")
		if len(find) != 3 || find[0] != "AtOnce" || ref(find[1]) != "Concurrency" || fmt.Sprint(find[2])+"Function" != function {
			t.Errorf("%s: concurrency is not that of its function: %v", name, find)
		}
	}
	dead := map[string]bool{}
	for name, q := range of(template, "AWS::SQS::Queue") {
		props := at(q, "Properties")
		if strings.HasSuffix(name, "DeadQueue") {
			if at(props, "RedrivePolicy") != nil || at(props, "VisibilityTimeout") != nil || at(props, "DelaySeconds") != nil {
				t.Errorf("%s is a dead letter queue with a life of its own", name)
			}
			if n := at(props, "MaximumMessageSize"); name != "BusDeadQueue" && number(t, template, n) != 1<<20 {
				t.Errorf("%s: letters of %v bytes, want 1 MiB as the messages", name, n)
			}
			continue
		}
		target := ref(at(props, "RedrivePolicy", "deadLetterTargetArn"))
		if target != strings.TrimSuffix(name, "Queue")+"DeadQueue" || at(template, "Resources", target) == nil || dead[target] {
			t.Errorf("%s has no dead letter queue of its own: %q", name, target)
		}
		dead[target] = true
		if n := number(t, template, at(props, "RedrivePolicy", "maxReceiveCount")); n != 5 {
			t.Errorf("%s: %v receives, want 5: deliver parks at the fourth", name, n)
		}
		visible := number(t, template, at(props, "VisibilityTimeout"))
		if timeout[name] == 0 || visible < 6*timeout[name] {
			t.Errorf("%s: visible again after %v s, its function may take %v s; want six times that", name, visible, timeout[name])
		}
		if n := number(t, template, at(props, "MaximumMessageSize")); n != 1<<20 {
			t.Errorf("%s: messages of %v bytes, want 1 MiB", name, n)
		}
	}
	if d := number(t, template, at(template, "Resources", "OutcomeQueue", "Properties", "DelaySeconds")); d != 60 {
		t.Errorf("reports wait %v s, want 60: the send has to be recorded before", d)
	}
}

func TestConcurrencyAddsUp(t *testing.T) {
	template := read(t, root)
	lines, _ := at(template, "Mappings", "AtOnce").(tree)
	for sum, line := range lines {
		total := 0.0
		for _, n := range line.(tree) {
			total += number(t, template, n)
		}
		if fmt.Sprint(total) != sum {
			t.Errorf("concurrency %s adds up to %v", sum, total)
		}
	}
	if d := at(template, "Parameters", "Concurrency", "Default"); d != "6" {
		t.Errorf("default concurrency %v: a new account may have 10 functions in all", d)
	}
	walk(template, root, func(path string, _ any) {
		if strings.HasSuffix(path, ".ReservedConcurrentExecutions") || strings.HasSuffix(path, ".ProvisionedConcurrencyConfig") {
			t.Errorf("%s: a new account cannot reserve any", path)
		}
	})
}

func TestNothingIsLostUnheard(t *testing.T) {
	template := read(t, root)
	check := func(name string, target any) {
		if ref(at(target, "DeadLetterConfig", "Arn")) != "BusDeadQueue" {
			t.Errorf("%s: what it cannot deliver is lost", name)
		}
		if at(target, "RetryPolicy", "MaximumRetryAttempts") == nil || at(target, "RetryPolicy", "MaximumEventAgeInSeconds") == nil {
			t.Errorf("%s has no retry policy", name)
		}
	}
	rules := of(template, "AWS::Events::Rule")
	if len(rules) != 4 {
		t.Errorf("%d rules, want our own, Shopify's, SES's and Connect's", len(rules))
	}
	allowed := fmt.Sprint(at(template, "Resources", "BusMayQueue", "Properties"))
	for name, r := range rules {
		for _, target := range list(r, "Properties", "Targets") {
			check(name, target)
			if queue := ref(at(target, "Arn")); !strings.Contains(allowed, "map[Ref:"+queue+"]") || !strings.Contains(allowed, "["+queue+" Arn]") {
				t.Errorf("%s may not write to %s", name, queue)
			}
		}
	}
	if !strings.Contains(allowed, "aws:SourceArn") {
		t.Error("any rule of any account may write to the queues")
	}
	schedules := of(template, "AWS::Scheduler::Schedule")
	if len(schedules) != 1 || text(schedules["Minute"], "Properties", "ScheduleExpression") != "rate(1 minute)" {
		t.Errorf("schedules: %v", schedules)
	}
	for name, s := range schedules {
		check(name, at(s, "Properties", "Target"))
	}
}

// A failed sweep is not tried again: the next minute does it all, and the schedule
// has gone on.
func TestASweepFailsOnce(t *testing.T) {
	c := at(read(t, root), "Resources", "SweepFunction", "Properties", "EventInvokeConfig")
	if fmt.Sprint(at(c, "MaximumRetryAttempts")) != "0" || fmt.Sprint(at(c, "MaximumEventAgeInSeconds")) != "60" ||
		ref(at(c, "DestinationConfig", "OnFailure", "Destination")) != "BusDeadQueue" {
		t.Errorf("what Lambda does with a failed sweep: %v", c)
	}
}

// Lines of metrics state no level: Lambda takes them for INFO, and drops them when
// only more is asked for.
func TestMetricsAreLogged(t *testing.T) {
	if level := text(read(t, root), "Globals", "Function", "LoggingConfig", "ApplicationLogLevel"); level != "INFO" {
		t.Errorf("level %q: no metric of ours is ever written", level)
	}
}

// Parameters with which nothing would work are refused.
func TestParametersHaveBounds(t *testing.T) {
	parameters := at(read(t, root), "Parameters")
	for _, name := range []string{"HookRate", "HookBurst", "PageRate", "PageBurst"} {
		if fmt.Sprint(at(parameters, name, "MinValue")) != "1" {
			t.Errorf("%s may be 0: every request is answered 429", name)
		}
	}
	for name, c := range map[string][2]string{ // good, bad
		"AlarmEmail":         {"ops@shop.example", "ops"},
		"CertificateArn":     {"arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012", "care.shop.example"},
		"JourneysTableInUse": {"aftersales-restored", "arn:aws:dynamodb:eu-central-1:123456789012:table/x"},
		"ContactsTableInUse": {"aftersales-restored", "a b"},
		"InboxTableInUse":    {"aftersales-restored", "x"},
	} {
		pattern := regexp.MustCompile(text(parameters, name, "AllowedPattern"))
		if !pattern.MatchString("") || !pattern.MatchString(c[0]) || pattern.MatchString(c[1]) {
			t.Errorf("%s takes %q, or not %q or nothing", name, c[1], c[0])
		}
	}
}

// SES takes no configuration set whose name has more than 64 characters, and ours has
// the stack's: a longer one is refused by name, before anything is asked of SES.
func TestAStackNameThatSESRefuses(t *testing.T) {
	name := at(read(t, "infra/mail.yaml"), "Parameters", "StackName")
	if fmt.Sprint(at(name, "MaxLength")) != "64" || !strings.Contains(text(name, "ConstraintDescription"), "64 characters") {
		t.Errorf("the name of a stack: %v", name)
	}
}

// Messages stay away while their batch is worked on: six times as long, whatever
// is chosen.
func TestMessagesOutlastTheirWork(t *testing.T) {
	template := read(t, root)
	times, waits := list(template, "Parameters", "WorkerTimeout", "AllowedValues"), list(template, "Parameters", "WorkerVisibility", "AllowedValues")
	rule := fmt.Sprint(at(template, "Rules", "MessagesOutlastTheirWork", "Assertions"))
	for _, timeout := range times {
		var want []string
		for _, wait := range waits {
			var s, w float64
			_, _ = fmt.Sscan(fmt.Sprint(timeout), &s)
			_, _ = fmt.Sscan(fmt.Sprint(wait), &w)
			if w >= 6*s {
				want = append(want, fmt.Sprint(wait))
			}
		}
		pair := fmt.Sprintf("map[Fn::And:[map[Fn::Equals:[map[Ref:WorkerTimeout] %v]] map[Fn::Contains:[[%s] map[Ref:WorkerVisibility]]]]]", timeout, strings.Join(want, " "))
		if len(want) == 0 || !strings.Contains(rule, pair) {
			t.Errorf("with %v s messages may come again while they are worked on: %s", timeout, rule)
		}
	}
}

func TestLogsEnd(t *testing.T) {
	names := map[string]bool{}
	for _, path := range append(slices.Clone(nested), root) {
		for name, l := range of(read(t, path), "AWS::Logs::LogGroup") {
			names[name] = true
			if ref(at(l, "Properties", "RetentionInDays")) != "LogRetentionDays" {
				t.Errorf("%s %s never ends", path, name)
			}
		}
	}
	for _, f := range config.Functions {
		if !names[strings.TrimSuffix(resource(f), "Function")+"Log"] {
			t.Errorf("%s has no log group of its own, so Lambda makes one that never ends", f)
		}
	}
	template := read(t, root)
	if at(template, "Globals", "Function", "LoggingConfig", "LogFormat") != "JSON" {
		t.Error("logs are not JSON")
	}
	access := at(template, "Resources", "ApiStage", "Properties", "AccessLogSettings")
	if !strings.Contains(fmt.Sprint(at(access, "DestinationArn")), "${ApiLog}") {
		t.Error("no access log")
	}
	// Each variable is text without quotes of its own, "-" where there is nothing to say;
	// but error.messageString, which is quoted already.
	line := regexp.MustCompile(`\$context\.[\w.]+`).ReplaceAllStringFunc(text(access, "Format"), func(name string) string {
		return map[bool]string{true: `"Internal Server Error"`, false: "-"}[strings.HasSuffix(name, "String")]
	})
	if !json.Valid([]byte(line)) {
		t.Errorf("a line of the access log is no JSON: %s", line)
	}
	// A path holds a customer's token, an address is personal.
	for _, word := range []string{"$context.path", "rawPath", "sourceIp", "userAgent"} {
		if strings.Contains(text(access, "Format"), word) {
			t.Errorf("the access log holds %s", word)
		}
	}
}

func TestEveryRouteHasItsLimit(t *testing.T) {
	template := read(t, root)
	stage := at(template, "Resources", "ApiStage")
	limits := at(stage, "Properties", "RouteSettings").(tree)
	routes := of(template, "AWS::ApiGatewayV2::Route")
	served := map[string]bool{}
	for name, r := range routes {
		route := text(r, "Properties", "RouteKey")
		for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
			if number(t, template, at(limits[route], limit)) <= 0 {
				t.Errorf("%s has no %s", route, limit)
			}
		}
		delete(limits, route)
		if !slices.Contains(list(stage, "DependsOn"), any(name)) {
			t.Errorf("the stage may be made before %s, which it limits", name)
		}
		integration := regexp.MustCompile(`\$\{(\w+)\}`).FindStringSubmatch(fmt.Sprint(at(r, "Properties", "Target")))
		function := ref(at(template, "Resources", integration[1], "Properties", "IntegrationUri"))
		served[function] = true
		if fmt.Sprint(at(template, "Resources", integration[1], "Properties", "PayloadFormatVersion")) != "2.0" {
			t.Errorf("%s: the functions read payload 2.0", integration[1])
		}
	}
	if len(limits) > 0 {
		t.Errorf("limits without a route: %v", limits)
	}
	for _, route := range []string{"ANY /hooks/{source}/{shop}", "ANY /a/{token}", "ANY /u/{token}", "ANY /p/{token}", "ANY /w/{token}", "ANY /console/{proxy+}", "ANY /healthz"} {
		if !slices.ContainsFunc(list(stage, "DependsOn"), func(n any) bool { return text(routes[n.(string)], "Properties", "RouteKey") == route }) {
			t.Errorf("nothing serves %s", route)
		}
	}
	allowed := map[string]bool{}
	for _, p := range of(template, "AWS::Lambda::Permission") {
		allowed[ref(at(p, "Properties", "FunctionName"))] = at(p, "Properties", "SourceArn") != nil
	}
	for function := range served {
		if !allowed[function] {
			t.Errorf("the API may not call %s", function)
		}
	}
}

func TestAlarms(t *testing.T) {
	template := read(t, "infra/alarms.yaml")
	alarms := of(template, "AWS::CloudWatch::Alarm")
	watched := map[string]bool{}
	for name, a := range alarms {
		p := at(a, "Properties")
		if text(p, "AlarmDescription") == "" || at(p, "AlarmActions") == nil || text(p, "TreatMissingData") == "" {
			t.Errorf("%s tells nobody, says nothing, or is silent about silence", name)
		}
		for _, d := range list(p, "Dimensions") {
			watched[text(p, "MetricName")+" "+ref(at(d, "Value"))] = true
		}
	}
	for _, f := range config.Functions {
		if !watched["Errors "+resource(f)] {
			t.Errorf("no alarm when %s fails", f)
		}
	}
	for name := range of(read(t, root), "AWS::SQS::Queue") {
		if strings.HasSuffix(name, "DeadQueue") && !watched["ApproximateNumberOfMessagesVisible "+name] {
			t.Errorf("no alarm when something is in %s", name)
		}
	}
	for _, name := range []string{"OldestDue", "SweepSilent", "Unclear", "Bounces", "Complaints", "CostOfADay", "LanePaused", "SendingRests", "SecretMissing", "PlanRefused", "Refused"} {
		if alarms[name] == nil {
			t.Errorf("no alarm %s", name)
		}
	}
	// Whatever a function answers with 5xx is no error of Lambda's.
	if p := at(alarms["Refused"], "Properties"); text(p, "Namespace") != "AWS/ApiGateway" || fmt.Sprint(at(p, "MetricName")) != "5xx" ||
		text(list(p, "Dimensions")[0], "Name") != "ApiId" || ref(at(list(p, "Dimensions")[0], "Value")) != "Api" {
		t.Errorf("refused requests ring nobody: %v", p)
	}
	// Whoever queues may be the one that pauses a lane, not the sweep alone.
	if m := text(alarms["LanePaused"], "Properties", "MetricName"); m != "LanePaused" {
		t.Errorf("a lane that paused rings by %q, want the metric that every function writes", m)
	}
	if text(alarms["SweepSilent"], "Properties", "TreatMissingData") != "breaching" {
		t.Error("a silent sweep rings nobody")
	}
}

// What an alarm hangs on is really written: metrics by the functions, messages by a logger.
func TestAlarmsReadWhatIsWritten(t *testing.T) {
	template := read(t, "infra/alarms.yaml")
	code := source(t)
	filters := of(template, "AWS::Logs::MetricFilter")
	var filtered []string
	for name, f := range filters {
		messages := regexp.MustCompile(`\$\.msg = "([^"]+)"`).FindAllStringSubmatch(text(f, "Properties", "FilterPattern"), -1)
		if len(messages) == 0 {
			t.Errorf("%s: a pattern of no message", name)
		}
		for _, m := range messages {
			if !strings.Contains(code, `(ctx, "`+m[1]+`"`) {
				t.Errorf("%s: nothing logs %q", name, m[1])
			}
		}
		for _, m := range list(f, "Properties", "MetricTransformations") {
			filtered = append(filtered, fmt.Sprint(at(m, "MetricName")))
		}
	}
	for name, a := range of(template, "AWS::CloudWatch::Alarm") {
		metric := at(a, "Properties", "MetricName")
		if text(a, "Properties", "Namespace") != "Aftersales" || slices.Contains(filtered, fmt.Sprint(metric)) {
			continue
		}
		if s, _ := metric.(string); !strings.Contains(code, `= "`+s+`"`) {
			t.Errorf("%s: nothing writes the metric %v", name, metric)
		}
		if d := list(a, "Properties", "Dimensions"); len(d) != 1 || text(d[0], "Name") != "Stack" || !strings.Contains(code, `[][]string{{"Stack"}}`) {
			t.Errorf("%s: the metric has other dimensions", name)
		}
	}
}

// source is all the code that logs and measures.
func source(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{"../internal/cloud", "../internal/engine"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			b.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
