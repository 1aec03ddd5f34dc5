// Package infra_test holds template.yaml and its parts to what the code needs
// and the design promises. The linter of SAM finds what is wrong by itself;
// these tests find what is wrong together.
package infra_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/google/go-cmp/cmp"

	"aftersales/internal/config"
	"aftersales/internal/dynamo"
)

// resource is how a function is called in the template.
func resource(f config.Function) string {
	return strings.ToUpper(string(f[:1])) + string(f[1:]) + "Function"
}

func TestEveryFolderIsAFunction(t *testing.T) {
	var folders, want []string
	for _, f := range config.Functions {
		want = append(want, string(f))
	}
	slices.Sort(want)
	mains, err := filepath.Glob("../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(m)))
	}
	if diff := cmp.Diff(want, folders); diff != "" {
		t.Errorf("functions/ is not config.Functions:\n%s", diff)
	}
	template := read(t, root)
	functions := of(template, "AWS::Serverless::Function")
	if len(functions) != len(want) {
		t.Errorf("%d functions in the template, %d folders", len(functions), len(want))
	}
	for _, f := range config.Functions {
		r := functions[resource(f)]
		if text(r, "Metadata", "BuildMethod") != "makefile" {
			t.Errorf("%s is not there, or not built by the Makefile", resource(f))
		}
		name := strings.TrimSuffix(resource(f), "Function")
		if ref(at(r, "Properties", "Role")) != name+"Role" || ref(at(r, "Properties", "LoggingConfig", "LogGroup")) != name+"Log" {
			t.Errorf("%s has another's role or log", resource(f))
		}
		if (text(r, "Condition") == "Voice") != (f == config.Callflow) {
			t.Errorf("%s: only callflow hangs on a voice provider", resource(f))
		}
	}
}

func TestEnvironment(t *testing.T) {
	template := read(t, root)
	common := at(template, "Globals", "Function", "Environment", "Variables").(tree)
	for _, f := range config.Functions {
		all := maps.Clone(common)
		own, _ := at(template, "Resources", resource(f), "Properties", "Environment", "Variables").(tree)
		maps.Copy(all, own)
		want := append(config.CloudNames(f), "GOMAXPROCS") // Go reads that
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all))); diff != "" {
			t.Errorf("%s is given other variables than it reads:\n%s", f, diff)
		}
		for name, v := range all { // a local AWS hands on what it finds, and no process starts with a number
			if find := list(v, "Fn::FindInMap"); len(find) == 3 {
				for line, values := range at(template, "Mappings", find[0].(string)).(tree) {
					if _, ok := at(values, find[2].(string)).(string); !ok {
						t.Errorf("%s of %s is no text in line %s of %s", name, f, line, find[0])
					}
				}
			}
		}
	}
	secret := regexp.MustCompile(`(?i)secret|password|token|_key`)
	for _, path := range append(slices.Clone(nested), root) {
		walk(read(t, path), path, func(place string, v any) {
			if m, ok := v.(tree); ok && strings.HasSuffix(place, ".Environment.Variables") {
				for name := range m {
					if secret.MatchString(name) {
						t.Errorf("%s: %s looks like a secret; those are parameters that functions read themselves", place, name)
					}
				}
			}
			if s, ok := v.(string); ok && strings.Contains(s, "{{resolve:") {
				t.Errorf("%s resolves a secret into the template", place)
			}
		})
	}
}

func TestParametersAreDescribed(t *testing.T) {
	for _, path := range append(slices.Clone(nested), root) {
		template := read(t, path)
		used := map[string]bool{}
		walk(template, path, func(_ string, v any) {
			used[text(v, "Ref")] = true
			s, _ := v.(string)
			for _, m := range regexp.MustCompile(`\$\{(\w+)`).FindAllStringSubmatch(s, -1) {
				used[m[1]] = true
			}
		})
		shown := fmt.Sprint(at(template, "Metadata"))
		for name, p := range template["Parameters"].(tree) {
			if len(text(p, "Description")) < len("Name of x.") {
				t.Errorf("%s: parameter %s is not described", path, name)
			}
			if !used[name] {
				t.Errorf("%s: nothing uses parameter %s", path, name)
			}
			if path != root {
				continue
			}
			if _, ok := p.(tree)["Default"]; !ok && name != "MailDomain" {
				t.Errorf("parameter %s has no default", name)
			}
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(shown) {
				t.Errorf("parameter %s is in no group", name)
			}
		}
	}
}

// A stack inside is given each parameter it has, and no other.
func TestNestedStacksGetTheirParameters(t *testing.T) {
	stacks := of(read(t, root), "AWS::CloudFormation::Stack")
	var files []string
	for name, s := range stacks {
		file := text(s, "Properties", "TemplateURL")
		files = append(files, file)
		inner := read(t, file)
		given, _ := at(s, "Properties", "Parameters").(tree)
		for p, def := range inner["Parameters"].(tree) {
			if _, optional := def.(tree)["Default"]; given[p] == nil && !optional {
				t.Errorf("%s does not give %s to %s", name, p, file)
			}
		}
		for p := range given {
			if at(inner, "Parameters", p) == nil {
				t.Errorf("%s gives %s, which %s does not know", name, p, file)
			}
		}
	}
	slices.Sort(files)
	want := slices.Sorted(slices.Values(nested))
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("nested stacks:\n%s", diff)
	}
}

func TestLinksOutliveTheStack(t *testing.T) {
	rule := at(read(t, root), "Rules", "LinksOutliveTheStack")
	if ref(list(rule, "RuleCondition", "Fn::Equals")[0]) != "TestMode" || !strings.Contains(fmt.Sprint(at(rule, "Assertions")), "map[Ref:BaseUrl]") {
		t.Errorf("BaseUrl is not required outside test mode: %v", rule)
	}
}

func TestTables(t *testing.T) {
	template := read(t, "infra/tables.yaml")
	tables := of(template, "AWS::DynamoDB::Table")
	if len(tables) != len(dynamo.Schema()) {
		t.Errorf("%d tables, %d in the schema", len(tables), len(dynamo.Schema()))
	}
	for _, want := range dynamo.Schema() {
		name := strings.ToUpper(want.Name[:1]) + want.Name[1:]
		p := at(tables[name], "Properties")
		got := dynamo.Table{Name: want.Name, TTL: text(p, "TimeToLiveSpecification", "AttributeName")}
		got.Hash, got.Sort = keys(p)
		got.PITR, _ = at(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled").(bool)
		for _, i := range list(p, "GlobalSecondaryIndexes") {
			index := dynamo.Index{Name: text(i, "IndexName")}
			index.Hash, index.Sort = keys(i)
			got.Indexes = append(got.Indexes, index)
			if text(i, "Projection", "ProjectionType") != "KEYS_ONLY" {
				t.Errorf("index %s of %s holds more than keys", index.Name, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not what the code reads and writes:\n%s", name, diff)
		}
		if on, _ := at(p, "TimeToLiveSpecification", "Enabled").(bool); got.TTL != "" && !on {
			t.Errorf("%s: items do not expire", name)
		}
		if text(p, "BillingMode") != "PAY_PER_REQUEST" || ref(at(p, "DeletionProtectionEnabled")) != "DeletionProtection" {
			t.Errorf("%s: not on demand, or not protected", name)
		}
		kept(t, name, tables[name])
	}
	if got := at(read(t, root), "Parameters", "DeletionProtection", "Default"); got != "true" {
		t.Errorf("tables are not protected by default: %v", got)
	}
}

// kept fails when a resource does not outlive its stack, or stays behind when the
// stack could not even be made.
func kept(t *testing.T, name string, r tree) {
	t.Helper()
	if text(r, "DeletionPolicy") != "RetainExceptOnCreate" || text(r, "UpdateReplacePolicy") != "Retain" {
		t.Errorf("%s goes with the stack, or stays when it could not be made: %v, %v", name, r["DeletionPolicy"], r["UpdateReplacePolicy"])
	}
}

// What may fail in an account that has something already (the log-in page's prefix,
// the domain at SES) comes before what cannot be taken back, and is taken back whole.
func TestAFirstDeploymentThatFailsLeavesNothing(t *testing.T) {
	template := read(t, root)
	if got := fmt.Sprint(list(at(template, "Resources", "Tables"), "DependsOn")); got != "[Mail Operators]" {
		t.Errorf("protected tables are there before the names are known to be free: they wait for %s", got)
	}
	pool := at(read(t, "infra/console.yaml"), "Resources", "Pool").(tree)
	kept(t, "the user pool", pool)
	if at(pool, "Properties", "DeletionProtection") != nil {
		t.Error("a protected pool stays when its prefix is taken")
	}
	prefix := fmt.Sprint(at(template, "Resources", "Operators", "Properties", "Parameters", "LoginPrefix"))
	for _, part := range []string{"AWS::AccountId", "AWS::StackId"} { // of other people, of other stacks
		if !strings.Contains(prefix, part) {
			t.Errorf("the prefix of the log-in page may be taken: it has no %s: %s", part, prefix)
		}
	}
}

// A domain that the account has verified, or another stack's, is taken as it is.
func TestAnIdentityMayBeThere(t *testing.T) {
	template, mail := read(t, root), read(t, "infra/mail.yaml")
	identity := at(mail, "Resources", "Identity").(tree)
	kept(t, "the identity", identity)
	if text(identity, "Condition") != "Own" || fmt.Sprint(at(mail, "Conditions", "Own")) != "map[Fn::Equals:[map[Ref:MailIdentity] create]]" {
		t.Errorf("the identity is made whether it is there or not: %v", at(mail, "Conditions"))
	}
	for name, output := range mail["Outputs"].(tree) { // what hangs on a resource that is not there stops the deployment
		told := list(at(output, "Value"), "Fn::If")
		if strings.Contains(fmt.Sprint(output), "Identity.") && (len(told) != 3 || !strings.Contains(fmt.Sprint(at(mail, "Conditions", told[0].(string))), "Own")) {
			t.Errorf("output %s reads an identity that may not be there", name)
		}
	}
	if at(template, "Parameters", "MailIdentity", "Default") != "create" || ref(at(template, "Resources", "Mail", "Properties", "Parameters", "MailIdentity")) != "MailIdentity" {
		t.Error("nobody can say that the identity is there")
	}
}

func keys(v any) (hash, sort string) {
	for _, k := range list(v, "KeySchema") {
		if text(k, "KeyType") == "HASH" {
			hash = text(k, "AttributeName")
		} else {
			sort = text(k, "AttributeName")
		}
	}
	return hash, sort
}

// mailEvents are the detail-types of SES's events on the bus.
var mailEvents = map[types.EventType]string{
	types.EventTypeSend: "Email Sent", types.EventTypeDelivery: "Email Delivered", types.EventTypeBounce: "Email Bounced",
	types.EventTypeComplaint: "Email Complaint Received", types.EventTypeReject: "Email Rejected",
	types.EventTypeRenderingFailure: "Email Rendering Failed", types.EventTypeDeliveryDelay: "Email Delivery Delayed",
}

// A wrong name is accepted by every linter, and then nothing is ever reported.
func TestMailEvents(t *testing.T) {
	destination := at(read(t, "infra/mail.yaml"), "Resources", "Events", "Properties", "EventDestination")
	var published, want []string
	for _, e := range list(destination, "MatchingEventTypes") {
		name, _ := e.(string)
		if mailEvents[types.EventType(name)] == "" {
			t.Errorf("SES has no event %s, or nobody reads it", name)
		}
		published = append(published, mailEvents[types.EventType(name)])
	}
	for _, name := range mailEvents {
		want = append(want, name)
	}
	slices.Sort(want)
	slices.Sort(published)
	if diff := cmp.Diff(want, published); diff != "" {
		t.Errorf("published events:\n%s", diff)
	}
	pattern := at(read(t, root), "Resources", "MailEvents", "Properties", "EventPattern")
	var ruled []string
	for _, e := range list(pattern, "detail-type") {
		ruled = append(ruled, e.(string))
	}
	slices.Sort(ruled)
	if diff := cmp.Diff(want, ruled); diff != "" {
		t.Errorf("the rule lets other events through than are published:\n%s", diff)
	}
	if set := list(pattern, "detail", "mail", "tags", "ses:configuration-set"); len(set) != 1 || ref(set[0]) != "Mail" {
		t.Errorf("the rule reads the mails of the whole account: %v", pattern)
	}
	if fmt.Sprint(at(destination, "Enabled")) != "true" || !strings.HasSuffix(fmt.Sprint(at(destination, "EventBridgeDestination")), "event-bus/default]]") {
		t.Errorf("SES reports to no bus: %v", destination)
	}
}

// The sample shop is the plans of the product, and loads.
func TestSampleShop(t *testing.T) {
	plans, _ := filepath.Glob("../plans/*.yaml")
	copied, _ := filepath.Glob("shop/plans/*.yaml")
	if len(copied) == 0 || len(copied) != len(plans)-1 { // products.yaml is the catalogue
		t.Errorf("%d plans in infra/shop, %d files in plans/", len(copied), len(plans))
	}
	for _, path := range copied {
		got, _ := os.ReadFile(path)
		want, _ := os.ReadFile(filepath.Join("../plans", filepath.Base(path)))
		if string(got) != string(want) {
			t.Errorf("%s is not the one in plans/", path)
		}
	}
	c, err := config.LoadShop("shop/"+config.FileName, "https://api.example")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
}
