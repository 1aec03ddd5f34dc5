package cloud_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/console"
	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
)

// rights is what the role of each function in template.yaml allows it on which
// table or index, as "GetItem journeys", "Query journeys/index/due". Package infra
// holds the file itself to what the code can come to.
func rights(t *testing.T) map[config.Function]map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[config.Function]map[string]bool{}
	for _, f := range config.Functions {
		out[f] = map[string]bool{}
		_, role, _ := strings.Cut(string(text), "\n  "+strings.ToUpper(string(f[:1]))+string(f[1:])+"Role:\n")
		role, _, _ = strings.Cut(role, "\n\n")
		for s := range strings.SplitSeq(role, "- Effect: Allow") {
			for _, a := range regexp.MustCompile(`dynamodb:(\w+)`).FindAllStringSubmatch(s, -1) {
				for _, r := range regexp.MustCompile(`Tables\.Outputs\.(\w+)Arn\}?(/index/\w+)?`).FindAllStringSubmatch(s, -1) {
					out[f][a[1]+" "+strings.ToLower(r[1])+r[2]] = true
				}
			}
		}
		if len(out[f]) == 0 {
			t.Fatalf("%s may do nothing: its role was not found", f)
		}
	}
	return out
}

// guarded is DynamoDB as one function reaches it: what its role does not allow is
// refused, and what it does is noted.
type guarded struct {
	dynamo.API
	who    config.Function
	allows map[string]bool

	mu   *sync.Mutex
	done map[string]bool
	bad  func(format string, args ...any)
}

func (g *guarded) may(action string, table, index *string) error {
	at := map[string]string{"j": "journeys", "c": "contacts", "i": "inbox"}[*table]
	if index != nil {
		at += "/index/" + *index
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done[action+" "+at] = true
	if !g.allows[action+" "+at] {
		g.bad("%s is not allowed %s on %s", g.who, action, at)
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
	}
	return nil
}

// GetItem asks first.
func (g *guarded) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := g.may("GetItem", in.TableName, nil); err != nil {
		return nil, err
	}
	return g.API.GetItem(ctx, in, o...)
}

// PutItem asks first.
func (g *guarded) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := g.may("PutItem", in.TableName, nil); err != nil {
		return nil, err
	}
	return g.API.PutItem(ctx, in, o...)
}

// UpdateItem asks first.
func (g *guarded) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := g.may("UpdateItem", in.TableName, nil); err != nil {
		return nil, err
	}
	return g.API.UpdateItem(ctx, in, o...)
}

// Query asks first: an index is a resource of its own.
func (g *guarded) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := g.may("Query", in.TableName, in.IndexName); err != nil {
		return nil, err
	}
	return g.API.Query(ctx, in, o...)
}

// Scan asks first.
func (g *guarded) Scan(ctx context.Context, in *dynamodb.ScanInput, o ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	if err := g.may("Scan", in.TableName, in.IndexName); err != nil {
		return nil, err
	}
	return g.API.Scan(ctx, in, o...)
}

// BatchGetItem asks first, for each table.
func (g *guarded) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	for table := range in.RequestItems {
		if err := g.may("BatchGetItem", &table, nil); err != nil {
			return nil, err
		}
	}
	return g.API.BatchGetItem(ctx, in, o...)
}

// TransactWriteItems asks for the right to each part.
func (g *guarded) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	for _, part := range in.TransactItems {
		if err := g.may("PutItem", part.Put.TableName, nil); err != nil {
			return nil, err
		}
	}
	return g.API.TransactWriteItems(ctx, in, o...)
}

// account is a stack on tables that ask for rights.
type account struct {
	*stack
	all  *dynamo.Store // with every right, for the test
	done map[config.Function]map[string]bool
}

// newAccount is a fresh account: nothing was ever stored.
func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{stack: newStack(t), done: map[config.Function]map[string]bool{}}
	var mu sync.Mutex
	server, allows := &dynamotest.Memory{}, rights(t)
	tables := dynamo.Tables{Journeys: "j", Contacts: "c", Inbox: "i"}
	settings := dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: a.Now}
	a.config.Shops[0].Consent = map[followup.Class]map[followup.Medium]bool{} // calls, too
	a.all = dynamo.New(server, tables, settings)
	before := a.parts
	a.parts = func(f config.Function) cloud.Parts {
		if a.done[f] == nil {
			a.done[f] = map[string]bool{}
		}
		p := before(f)
		p.Store = dynamo.New(&guarded{API: server, who: f, allows: allows[f], mu: &mu, done: a.done[f], bad: t.Errorf}, tables, settings)
		if f == config.Intake {
			p.Files = nil // as Open makes it
		}
		return p
	}
	return a
}

func (a *account) note(f config.Function, right string) {
	if a.done[f] == nil {
		a.done[f] = map[string]bool{}
	}
	a.done[f][right] = true
}

func (a *account) order(id string) followup.Journey {
	a.t.Helper()
	js, err := a.all.Journeys(a.t.Context(), []followup.JourneyID{followup.NewJourneyID("main", id)})
	if err != nil {
		a.t.Fatal(err)
	}
	return js[0]
}

// Every function comes first in a fresh account, and works with what its role
// allows.
func TestEveryFunctionMayComeFirst(t *testing.T) {
	for f, first := range map[config.Function]func(*account) error{
		config.Intake: func(a *account) error {
			return status(a.intake(signed(bought("1", a.Now()), genericSecret)), http.StatusAccepted)
		},
		config.Enroll:   func(a *account) error { a.accept(bought("1", a.Now())); return nil },
		config.Sweep:    func(a *account) error { return a.form(config.Sweep).Sweep(t.Context(), nil) },
		config.Pages:    func(a *account) error { return status(a.page(http.MethodGet, "/healthz", ""), http.StatusOK) },
		config.Callflow: func(a *account) error { _, err := a.form(config.Callflow).Work(t.Context()); return err },
		config.Outcome:  func(a *account) error { _, err := a.form(config.Outcome).Work(t.Context()); return err },
		config.Deliver:  func(a *account) error { _, err := a.form(config.Deliver).Work(t.Context()); return err },
		config.Console:  func(a *account) error { _, err := a.form(config.Console).Work(t.Context()); return err },
	} {
		t.Run(string(f), func(t *testing.T) {
			if err := first(newAccount(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func status(out events.APIGatewayV2HTTPResponse, want int) error {
	if out.StatusCode != want {
		return fmt.Errorf("answered %d, want %d: %s", out.StatusCode, want, out.Body)
	}
	return nil
}

// The life of an account, in which every function does all that it can: nothing
// is refused, and no role allows what nobody does.
func TestRolesAllowWhatIsDoneAndNoMore(t *testing.T) {
	a := newAccount(t)
	a.live(t)
	allows := rights(t)
	for _, f := range config.Functions {
		for right := range allows[f] {
			if a.done[f][right] == (rarely[f][right] != "") {
				t.Errorf("%s may %s: did it: %t, an exception: %q", f, right, a.done[f][right], rarely[f][right])
			}
		}
		t.Logf("%s: %v", f, slices.Sorted(maps.Keys(a.done[f])))
	}
}

// rarely is what the life below does not come to, and when it would be done.
var rarely = map[config.Function]map[string]string{
	config.Enroll:  {"UpdateItem inbox": "a body concerns no order"},
	config.Sweep:   {"GetItem journeys": "an id is too long for an index"},
	config.Deliver: {"GetItem contacts": "a mail is refused for ever: its budget is given back", "Query journeys/index/by_contact": "a refused address stops other orders"},
	config.Console: {"UpdateItem journeys": "a person claims a call", "Query journeys/index/due": "the list of armed rows is long", "Query journeys/index/by_contact": "an answer on the phone stops other orders"},
	config.Callflow: {
		"UpdateItem inbox": "a kept word on consent cannot be read",
		"GetItem contacts": "a key takes consent back", "PutItem contacts": "a key takes consent back", "Query journeys/index/by_contact": "a key takes consent back",
	},
	config.Outcome: {"UpdateItem inbox": "a kept word on consent cannot be read"},
	config.Pages:   {"UpdateItem inbox": "a kept word on consent cannot be read"},
}

func (a *account) live(t *testing.T) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []config.Function{config.Enroll, config.Deliver, config.Outcome, config.Pages, config.Console, config.Callflow} {
		first := newAccount(t) // whoever comes first keeps the plans
		_, err := first.form(f).Work(t.Context())
		ok(err)
		for right := range first.done[f] {
			a.note(f, right)
		}
	}
	// Webhooks, one of them twice, and a body that concerns nobody.
	for range 2 {
		if out := a.intake(signed(bought("1000", a.Now()), genericSecret)); out.StatusCode >= 300 {
			t.Fatalf("intake answers %d", out.StatusCode)
		}
	}
	a.intake(shopify([]byte(`{"id":7,"test":true}`), shopifySecret, false))
	a.work()
	a.sold(3)
	long := strings.Repeat("long", 300)
	a.accept(bought(long, a.Now()))
	a.accept(happened("order.delivered", long, "delivered", a.Now()))
	// Weeks go by: mails, calls for people, rows that are held.
	var link, stop string
	for day := range 30 {
		if day == 10 { // a plan changes: orders that were sent something stay on the old one
			a.deploy("wait: P1D, at", "wait: P4D, at", "version: 1\n", "version: 2\n")
		}
		a.pass(21*time.Hour - 5*time.Minute)
		a.minutes(5)
		if day < 8 || day == 29 { // also in the hours of calls
			a.pass(3 * time.Hour)
			a.minutes(3)
			a.people(t)
		}
		for _, m := range a.mails() {
			for name, to := range map[string]*string{"a": &link, "u": &stop} {
				if found := regexp.MustCompile(`https://nordlight\.example(/` + name + `/[\w-]+)`).FindStringSubmatch(m.Text); found != nil {
					*to = found[1]
				}
			}
		}
	}
	if link == "" || stop == "" {
		t.Fatal("no mail asks for an answer, or lets its reader stop them")
	}
	ok(status(a.page(http.MethodGet, link, ""), http.StatusOK))
	if out := a.page(http.MethodPost, link, url.Values{"answer": {"problem"}}.Encode()); out.StatusCode >= 400 {
		t.Errorf("an answer: %d", out.StatusCode)
	}
	if out := a.page(http.MethodPost, stop, "List-Unsubscribe=One-Click"); out.StatusCode >= 400 {
		t.Errorf("unsubscribe: %d", out.StatusCode)
	}
	// Reports of what was sent.
	for _, r := range a.order("1000").Rows {
		if r.State == followup.Sent && r.Channel == followup.Email {
			for _, kind := range []string{"Delivery", "Send", "Complaint"} {
				out, err := a.form(config.Outcome).Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "m", Body: told(t, kind, r.ID, r.Attempt, a.Now())}))
				ok(err)
				if len(out.BatchItemFailures) > 0 {
					t.Errorf("a report failed: %s", a.logs.text())
				}
			}
		}
	}
	a.key()
	// A store forgets a customer, then it leaves.
	e := shopify([]byte(`{"shop_id":1,"customer":{"id":1000,"email":"anna1000@example.com","phone":"+49300001000"},"orders_to_redact":[]}`), shopifySecret, false)
	e.Headers["x-shopify-topic"], e.Headers["x-shopify-event-id"] = "customers/redact", "ev2"
	ok(status(a.intake(e), http.StatusAccepted))
	a.work()
	e = shopify([]byte(`{"shop_id":1,"shop_domain":"nordlight.example"}`), shopifySecret, false)
	e.Headers["x-shopify-topic"], e.Headers["x-shopify-event-id"] = "shop/redact", "ev3"
	ok(status(a.intake(e), http.StatusAccepted))
	a.work()
	a.minutes(3)
}

// key is a key that a customer presses during a call of a machine.
func (a *account) key() {
	j := a.order("1001")
	i := slices.IndexFunc(j.Rows, func(r followup.FollowUp) bool { return r.Channel == followup.Call })
	row := j.Rows[i].Arm("a1", j.Head.Plan, a.Now(), followup.CallTimeout)
	errs, err := a.all.Save(a.t.Context(), []followup.Change{{Journey: j.ID, Rows: []followup.FollowUp{row}}})
	if err != nil || errs[0] != nil {
		a.t.Fatal(err, errs)
	}
	out, err := a.form(config.Callflow).Callflow(a.t.Context(), []byte(event(a.t, object{"Details": object{
		"ContactData": object{"ContactId": "c1", "Attributes": object{"f": string(row.ID), "at": "a1"}}, "Parameters": object{"key": "2"},
	}})))
	if err != nil || out["recorded"] != "yes" {
		a.t.Errorf("the key is recorded: %q, %v", out["recorded"], err)
	}
}

// people are operators at the console.
func (a *account) people(t *testing.T) {
	p := newPool(t)
	parts := a.parts(config.Console)
	parts.Env.Door = config.Door{Console: "https://api.example", Issuer: "https://issuer.example/pool", Client: "client", LoginURL: p.URL, Keys: p.URL + "/keys"}
	b := &browser{s: a.stack, p: p, form: console.New(cloud.New(parts), p.Client().Transport), cookies: map[string]string{}}
	b.login()
	for _, page := range []string{"", "calls", "cases", "cases?all=1", "orders", "orders?q=1000", "orders/main/1000", "parked", "lanes", "healthz"} {
		if out := b.do("GET", "/console/"+page, nil, nil); out.StatusCode != http.StatusOK {
			a.t.Errorf("page %s: %d", page, out.StatusCode)
		}
	}
	post := func(path string, form url.Values) {
		a.t.Helper()
		if out := b.do("POST", "/console/"+path, form, nil); out.StatusCode != http.StatusSeeOther && out.StatusCode != http.StatusOK && out.StatusCode != http.StatusConflict {
			a.t.Errorf("%s: %d %s", path, out.StatusCode, out.Body)
		}
	}
	post("cases/open", url.Values{"order": {"main/1002"}, "reason": {"broken"}, "text": {"leaks"}, "by": {"Mia"}})
	post("lanes", url.Values{"lane": {"call"}, "to": {"pause"}, "reason": {"drill"}})
	post("lanes", url.Values{"lane": {"call"}, "to": {"go-on"}})
	for _, m := range regexp.MustCompile(`name="id" value="([^"]+)"`).FindAllStringSubmatch(b.do("GET", "/console/calls", nil, nil).Body, 1) {
		post("calls/claim", url.Values{"id": {m[1]}, "by": {"Mia"}})
		post("calls/done", url.Values{"id": {m[1]}, "by": {"Mia"}, "outcome": {"do-not-call"}})
	}
}
