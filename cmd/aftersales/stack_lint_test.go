package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/setup"
)

// deployed is an AWS with the stack care, whose tables know the plans of a
// configuration.
func deployed(t *testing.T, cfg string) {
	t.Helper()
	mem := &dynamotest.Memory{}
	store := dynamo.New(mem, dynamo.Tables{Journeys: "j", Contacts: "c", Inbox: "i"}, dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: time.Now})
	c, err := config.LoadShop(cfg, "https://shop.example")
	if err != nil {
		t.Fatal(err)
	}
	files, err := setup.Read(c, setup.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range files.Docs {
		if err := store.SavePlan(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	var outputs strings.Builder
	for name, value := range map[string]string{"JourneysTable": "j", "ContactsTable": "c", "InboxTable": "i", "EnrollQueue": "e", "DeliverQueue": "d", "BaseUrl": "https://shop.example"} {
		fmt.Fprintf(&outputs, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", name, value)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("X-Amz-Target") {
		case "":
			fmt.Fprintf(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>care</StackName><Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, outputs.String())
		case "DynamoDB_20120810.Query":
			queried(t, mem, w, r)
		default:
			t.Errorf("lint asks %s of the stack: it only reads plans", r.Header.Get("X-Amz-Target"))
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(srv.Close)
	account(t, http.StatusNotFound, "")
	t.Setenv("AWS_ENDPOINT_URL", srv.URL)
}

// queried answers a query of texts from tables in memory.
func queried(t *testing.T, mem *dynamotest.Memory, w http.ResponseWriter, r *http.Request) {
	var in struct {
		TableName, KeyConditionExpression string
		ExpressionAttributeValues         map[string]struct{ S string }
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	values := map[string]types.AttributeValue{}
	for name, v := range in.ExpressionAttributeValues {
		values[name] = &types.AttributeValueMemberS{Value: v.S}
	}
	out := &dynamodb.QueryOutput{}
	if err == nil {
		out, err = mem.Query(r.Context(), &dynamodb.QueryInput{TableName: &in.TableName, KeyConditionExpression: &in.KeyConditionExpression, ExpressionAttributeValues: values})
	}
	if err != nil {
		t.Errorf("query: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	items := []any{}
	for _, it := range out.Items {
		told := map[string]any{}
		for name := range it {
			if b := dynamotest.Bytes(it, name); b != nil {
				told[name] = map[string]any{"B": b}
			} else {
				told[name] = map[string]any{"S": dynamotest.Text(it, name)}
			}
		}
		items = append(items, told)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err := json.NewEncoder(w).Encode(map[string]any{"Items": items, "Count": len(items), "ScannedCount": len(items)}); err != nil {
		t.Error(err)
	}
}

// TestLintForAStackKnowsItsPlans: what was deployed is no fault; changed under its
// version it is one, which names the next; with the next version it is none.
func TestLintForAStackKnowsItsPlans(t *testing.T) {
	cfg := folder(t)
	deployed(t, cfg)
	lint := func() done { t.Helper(); return cli(t, "plan", "lint", "--config", cfg, "--stack", "care") }
	lint().well(t)
	plans, err := filepath.Glob(filepath.Join(filepath.Dir(cfg), "plans", "*.yaml"))
	if err != nil || len(plans) == 0 {
		t.Fatal(plans, err)
	}
	edit(t, plans[0], "more_than: P14D", "more_than: P13D")
	d := lint()
	if d.code != exitFailed || !strings.Contains(d.out, "is in use with another content; write version: 2") {
		t.Errorf("changed under its version: exit %d\n%s%s", d.code, d.out, d.err)
	}
	if d := cli(t, "plan", "lint", "--config", cfg); d.code != 0 {
		t.Errorf("without a stack, and in no use here: exit %d\n%s%s", d.code, d.out, d.err)
	}
	edit(t, plans[0], "version: 1", "version: 2")
	lint().well(t)
}

// TestShopsOfAStackLeadToItsAddress: whoever works on a stack composes sheets of calls
// as its functions do, with links to the stack, and never to this machine.
func TestShopsOfAStackLeadToItsAddress(t *testing.T) {
	cfg := folder(t)
	deployed(t, cfg)
	s := &shell{process: process{err: t.Output()}, Globals: Globals{Config: cfg, Stack: "care"}}
	stack, err := s.stack(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := stack.Config.Shops[0].PublicURL; got != "https://shop.example" {
		t.Errorf("links lead to %q, want the stack's address", got)
	}
}
