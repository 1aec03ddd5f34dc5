package config_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

var update = flag.Bool("update", false, "write the golden files anew")

// env is an environment of just these variables.
func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// folder is a folder with the plans and the file aftersales.yaml.
func folder(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "plans", "all.yaml"), "plan: all\n")
	put(t, filepath.Join(dir, config.FileName), yaml)
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, dir string, vars map[string]string) (*config.Config, config.Faults) {
	t.Helper()
	c, err := config.Load(filepath.Join(dir, config.FileName), env(vars))
	if err == nil {
		return c, nil
	}
	faults, ok := errors.AsType[config.Faults](err)
	if !ok || c != nil {
		t.Fatalf("config %v, error %v", c, err)
	}
	return nil, faults
}

// minimal is the least that loads; more is added to its shop.
const minimal = "business: b\nshops:\n  - {id: main, name: S, sender: care@shop.example%s}\n%s"

func TestFiveFaultsAreFive(t *testing.T) {
	body, err := os.ReadFile("testdata/five.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, string(body))
	_, faults := load(t, dir, nil)
	if len(faults) != 5 {
		t.Errorf("%d faults, want 5", len(faults))
	}
	for _, f := range faults {
		if f.Name == "" || f.File == "" || f.Line == 0 || f.Column == 0 || f.Want == "" || f.Value+f.Cause == "" {
			t.Errorf("fault lacks something: %+v", f)
		}
	}
	golden(t, "testdata/five.golden", strings.ReplaceAll(faults.Error(), dir+string(filepath.Separator), "")+"\n")
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEverythingThatCanBeSet(t *testing.T) {
	body, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, string(body))
	put(t, filepath.Join(dir, "texts", "check-in", "en.md"), "")
	put(t, filepath.Join(dir, "goods.yaml"), "")
	put(t, filepath.Join(dir, "de.yaml"), "- 2026-12-25 # Christmas\n- \"2027-01-01\"\n")
	got, faults := load(t, dir, map[string]string{
		"AFTERSALES_SMTP_PASSWORD":                   "pw",
		"AFTERSALES_SHOPIFY_SECRET_MAIN":             "hush",
		"AFTERSALES_SHOPIFY_SECRET_MAIN_NEXT":        "hush2-hush2-hush2",
		"AFTERSALES_GENERIC_SECRET_SECOND_SHOP":      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"AFTERSALES_GENERIC_SECRET_SECOND_SHOP_NEXT": "",
		"AFTERSALES_LINK_KEY":                        strings.Repeat("k", 32),
		"AFTERSALES_LINK_KEY_OLD":                    strings.Repeat("o", 32) + ", " + strings.Repeat("p", 40),
	})
	if faults != nil {
		t.Fatal(faults)
	}
	const hour = civil.Clock(3600)
	main := followup.Shop{
		ID: "main", Name: "Acme", Sender: "care@acme.example", ReplyTo: "help@acme.example",
		PublicURL: "https://care.acme.example", Phone: "+4930123456", Address: "1 High Street\nSpringfield",
		Language: "pt-BR", Country: "BR", Zone: "America/Sao_Paulo", ReviewURL: "https://acme.example/reviews?x=1",
		Staff: []string{"anna@acme.example", "ben@acme.example"},
		Hours: map[followup.Medium]civil.Window{
			followup.Email: {From: 8 * hour, Until: 20 * hour},
			followup.Call:  {From: 20 * hour, Until: 2 * hour},
		},
		BusinessHours: civil.Window{From: 10 * hour, Until: 16 * hour},
		ReplyWithin:   civil.Period{Exact: 90 * time.Minute},
		Consent: map[followup.Class]map[followup.Medium]bool{
			followup.Service:   {followup.Email: false, followup.Call: false},
			followup.Feedback:  {followup.Email: true, followup.Call: true},
			followup.Marketing: {followup.Email: true, followup.Call: false},
		},
		Paused: true,
	}
	second := config.Default("second-shop")
	second.Name, second.Sender, second.PublicURL = "Second", "care@second.example", "http://127.0.0.1:80"
	secret := config.NewSecret
	want := &config.Config{
		Business: "acme", Listen: "0.0.0.0:80", Console: "[::1]:8081", Data: "/var/lib/aftersales",
		Plans: filepath.Join(dir, "plans"), Messages: filepath.Join(dir, "texts"), Products: filepath.Join(dir, "goods.yaml"),
		Shops: []followup.Shop{main, second},
		Email: config.Email{Channel: config.SMTP, Rate: 2.5, Concurrency: 8, SMTP: config.SMTPServer{
			Host: "smtp.acme.example", Port: 465, Username: "care", Password: secret("pw"), TLS: "implicit", Helo: "mail.acme.example",
		}},
		Call: config.Call{Channel: config.CallList},
		Holidays: map[string]map[civil.Date]bool{"DE": {
			{Year: 2026, Month: time.December, Day: 25}: true,
			{Year: 2027, Month: time.January, Day: 1}:   true,
		}},
		Hooks: map[followup.ShopID]map[string][]config.Secret{
			"main":        {"shopify": {secret("hush"), secret("hush2-hush2-hush2")}},
			"second-shop": {"generic": {secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}},
		},
		LinkKeys: []config.Secret{secret(strings.Repeat("k", 32)), secret(strings.Repeat("o", 32)), secret(strings.Repeat("p", 40))},
		Warnings: []string{
			dir + "/aftersales.yaml:43:5: shops[1].public_url: missing: links in messages go to http://127.0.0.1:80, which works on this machine only",
			"AFTERSALES_SHOPIFY_SECRET_MAIN: a secret of fewer than 16 characters: whoever guesses it can make up orders",
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b config.Secret) bool { return a == b })); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if s, ok := got.Shop("second-shop"); !ok || s.Name != "Second" {
		t.Errorf("shop %v %v", s, ok)
	}
	if _, ok := got.Shop("third"); ok {
		t.Error("a shop that is not there was found")
	}
}

func TestWhatIsNotSetHasItsDefault(t *testing.T) {
	dir := folder(t, fmt.Sprintf(minimal, "", ""))
	got, faults := load(t, dir, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	shop := config.Default("main")
	shop.Name, shop.Sender, shop.PublicURL = "S", "care@shop.example", "http://127.0.0.1:8080"
	want := &config.Config{
		Business: "b", Listen: "127.0.0.1:8080", Console: "127.0.0.1:8081",
		Data: filepath.Join(dir, "data"), Plans: filepath.Join(dir, "plans"),
		Shops:    []followup.Shop{shop},
		Email:    config.Email{Channel: config.Mailbox, Concurrency: 4},
		Call:     config.Call{Channel: config.CallList},
		Holidays: map[string]map[civil.Date]bool{},
		Hooks:    map[followup.ShopID]map[string][]config.Secret{"main": {}},
		Warnings: got.Warnings,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b config.Secret) bool { return a == b })); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "shops[0].public_url") {
		t.Errorf("warnings %q", got.Warnings)
	}
}

func TestDefaultShopIsAsDocumented(t *testing.T) {
	s := config.Default("main")
	for m, want := range map[followup.Medium]string{followup.Email: "08:00-20:00", followup.Call: "10:00-18:00 workdays"} {
		if got := s.Hours[m].String(); got != want {
			t.Errorf("hours %s %s, want %s", m, got, want)
		}
	}
	if s.Zone != "UTC" || s.Language != "en" || s.BusinessHours.String() != "09:00-17:00 workdays" || s.ReplyWithin.String() != "PT8H" {
		t.Errorf("defaults %+v", s)
	}
	for _, c := range []struct {
		class       followup.Class
		email, call bool
	}{
		{followup.Service, false, false},
		{followup.Recall, false, false},
		{followup.Feedback, false, true},
		{followup.Marketing, true, true},
	} {
		if e, p := s.NeedsConsent(c.class, followup.Email), s.NeedsConsent(c.class, followup.Call); e != c.email || p != c.call {
			t.Errorf("%s needs consent %v for email, %v for calls", c.class, e, p)
		}
	}
	s.Hours[followup.Email] = civil.Window{}
	if config.Default("main").Hours[followup.Email] == (civil.Window{}) {
		t.Error("two shops share their hours")
	}
}

func TestRedactedShowsNoSecret(t *testing.T) {
	dir := folder(t, fmt.Sprintf(minimal, "", "email: {channel: smtp, smtp: {host: localhost, username: u, tls: none}}\n"))
	c, faults := load(t, dir, map[string]string{
		"AFTERSALES_SMTP_PASSWORD":       "swordfish-1",
		"AFTERSALES_SHOPIFY_SECRET_MAIN": "swordfish-2",
		"AFTERSALES_LINK_KEY":            strings.Repeat("swordfish", 4),
	})
	if faults != nil {
		t.Fatal(faults)
	}
	for _, v := range []*config.Config{c, c.Redacted()} {
		text, err := json.Marshal(struct{ S, P, L any }{v.Hooks, v.Email, v.LinkKeys})
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprintf("%v %+v %#v %v %s %q %x %d", v, v, v, v.Email, v.LinkKeys, v.LinkKeys, v.LinkKeys, v.LinkKeys) + string(text) + fmt.Sprint(v.Email.SMTP.Password.LogValue())
		for _, bad := range []string{"swordfish", "73776f7264"} {
			if strings.Contains(strings.ToLower(shown), bad) {
				t.Errorf("shows %s in %s", bad, shown)
			}
		}
		if !strings.Contains(shown, "set, not shown") {
			t.Errorf("does not tell that secrets are set: %s", shown)
		}
	}
	r := c.Redacted()
	if len(r.LinkKeys) != 1 || strings.Contains(r.LinkKeys[0].Reveal(), "swordfish") {
		t.Error("the redacted copy still holds the link key, or forgot that it is set")
	}
	if r.Email.SMTP.Password.Reveal() == "swordfish-1" || r.Hooks["main"]["shopify"][0].Reveal() == "swordfish-2" {
		t.Error("the redacted copy still holds secrets")
	}
	if c.Email.SMTP.Password.Reveal() != "swordfish-1" || c.Hooks["main"]["shopify"][0].Reveal() != "swordfish-2" {
		t.Error("redacting changed the configuration itself")
	}
}
