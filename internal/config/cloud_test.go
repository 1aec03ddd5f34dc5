package config_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/config"
)

func cloudVars() map[string]string {
	return map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_SESSION_TOKEN": "token",
		"AFTERSALES_STACK": "prod", "AFTERSALES_BASE_URL": "https://care.shop.example/", "LAMBDA_TASK_ROOT": "/var/task",
		"AFTERSALES_JOURNEYS_TABLE": "j", "AFTERSALES_CONTACTS_TABLE": "c", "AFTERSALES_INBOX_TABLE": "i", "AFTERSALES_DUE_SHARDS": "2",
		"AFTERSALES_ENROLL_QUEUE": "https://sqs.example/1/enroll", "AFTERSALES_DELIVER_QUEUE": "https://sqs.example/1/deliver",
		"AFTERSALES_DEAD_QUEUE":        "https://sqs.example/1/dead",
		"AFTERSALES_CONFIGURATION_SET": "set", "AFTERSALES_VOICE_PROVIDER": "connect", "AFTERSALES_CONNECT_INSTANCE": "in",
		"AFTERSALES_CONNECT_FLOW": "fl", "AFTERSALES_CONNECT_NUMBER": "+4930123456", "AFTERSALES_CONSOLE_URL": "https://api.example",
		"AFTERSALES_USER_POOL_ISSUER": "https://cognito.example/pool", "AFTERSALES_USER_POOL_CLIENT": "cl", "AFTERSALES_LOGIN_URL": "https://login.example",
	}
}

func TestEachFunctionReadsItsOwnVariables(t *testing.T) {
	deliver := config.Cloud{
		Function: config.Deliver, Stack: "prod", File: "/var/task/shop/aftersales.yaml", BaseURL: "https://care.shop.example",
		Journeys: "j", Contacts: "c", Inbox: "i", DueShards: 2, DeliverQueue: "https://sqs.example/1/deliver", DeadQueue: "https://sqs.example/1/dead", ConfigurationSet: "set",
		Voice: config.Voice{Provider: "connect", Instance: "in", Flow: "fl", Number: "+4930123456"},
		AWS:   config.AWS{Region: "eu-central-1", KeyID: "id", Key: config.NewSecret("key"), Token: config.NewSecret("token")},
	}
	c, err := config.LoadCloud(config.Deliver, env(cloudVars()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(deliver, *c, cmp.AllowUnexported(config.Secret{})); diff != "" {
		t.Errorf("deliver reads (-want +got):\n%s", diff)
	}
	console, err := config.LoadCloud(config.Console, env(cloudVars()))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Door{Console: "https://api.example", Issuer: "https://cognito.example/pool", Client: "cl", LoginURL: "https://login.example", Keys: "https://cognito.example/pool/.well-known/jwks.json"}
	if console.Door != want || console.ConfigurationSet != "" || console.EnrollQueue+console.DeadQueue != "" {
		t.Errorf("console reads %+v", console)
	}
}

func TestTheDoorOfAnAWSOfOneMachine(t *testing.T) {
	vars := cloudVars()
	vars["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4566/"
	c, err := config.LoadCloud(config.Console, env(vars))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Door{Console: "https://api.example", Issuer: "https://cognito.example/pool", Client: "cl", LoginURL: "http://127.0.0.1:4566", Keys: "http://127.0.0.1:4566/pool/.well-known/jwks.json"}
	if c.Door != want {
		t.Errorf("the door is %+v, want %+v", c.Door, want)
	}
}

func TestEveryMissingVariableIsNamedAtOnce(t *testing.T) {
	for _, f := range config.Functions {
		vars := map[string]string{"AFTERSALES_VOICE_PROVIDER": "connect"}
		_, err := config.LoadCloud(f, env(vars))
		faults, ok := errors.AsType[config.Faults](err)
		if !ok {
			t.Fatalf("%s without an environment: %v", f, err)
		}
		var named []string
		for _, fault := range faults {
			named = append(named, fault.Name)
		}
		want := slices.DeleteFunc(config.CloudNames(f), func(n string) bool {
			return n == "AFTERSALES_CONFIG" || n == "AFTERSALES_VOICE_PROVIDER"
		})
		want = append(want, "AWS_REGION")
		slices.Sort(named)
		slices.Sort(want)
		if !slices.Equal(named, want) {
			t.Errorf("%s names %v, want %v", f, named, want)
		}
	}
}

func TestWrongVariablesOfFunctions(t *testing.T) {
	vars := cloudVars()
	vars["AFTERSALES_BASE_URL"], vars["AFTERSALES_VOICE_PROVIDER"], vars["AFTERSALES_DELIVER_QUEUE"] = "care.shop.example", "carrier-pigeon", "  "
	vars["AFTERSALES_DUE_SHARDS"] = "5"
	_, err := config.LoadCloud(config.Deliver, env(vars))
	if err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Fatalf("error %v, want four faults", err)
	}
	for _, name := range []string{"AFTERSALES_BASE_URL", "AFTERSALES_VOICE_PROVIDER", "AFTERSALES_DELIVER_QUEUE", "AFTERSALES_DUE_SHARDS"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestShopOnAWS(t *testing.T) {
	dir := folder(t, "business: b\nemail: {channel: smtp, smtp: {username: u}}\nshops:\n"+
		"  - {id: main, name: M, sender: a@shop.example}\n  - {id: two, name: T, sender: b@shop.example, public_url: \"https://two.example\"}\n")
	vars := cloudVars()
	vars["AFTERSALES_CONFIG"] = filepath.Join(dir, config.FileName)
	cloud, err := config.LoadCloud(config.Pages, env(vars))
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadShop(cloud.File, cloud.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Shops[0].PublicURL; got != "https://care.shop.example" {
		t.Errorf("a shop without public_url is at %s, want the deployment's address", got)
	}
	if got := c.Shops[1].PublicURL; got != "https://two.example" {
		t.Errorf("a shop with public_url is at %s", got)
	}
	if _, err := config.LoadShop(filepath.Join(dir, "missing.yaml"), cloud.BaseURL); err == nil {
		t.Error("a file that is not there was read")
	}
}

// Customers of a deployment are never led to their own machine, which is where
// addresses of loopback go to.
func TestADeploymentSendsNobodyToTheirOwnMachine(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost": true, "https://localhost": true, "http://[::1]:80": true, "https://127.9.9.9": true,
		"https://shop.example": false, "https://192.0.2.1": false,
	} {
		file := filepath.Join(folder(t, "business: b\nshops:\n  - {id: main, name: M, sender: a@shop.example, public_url: \""+url+"\"}\n"), config.FileName)
		_, err := config.LoadShop(file, "https://care.shop.example")
		if refused := err != nil && strings.Contains(err.Error(), "shops[0].public_url: \""+url+"\": want an https address that customers reach"); refused != want {
			t.Errorf("%s: refused %v, want %v: %v", url, refused, want, err)
		}
		if _, err := config.Load(file, env(nil)); err != nil {
			t.Errorf("%s on one machine: %v", url, err)
		}
	}
}
