package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// parameters is SSM as far as secrets use it, at the address that the SDK finds in
// the environment.
type parameters struct {
	mu     sync.Mutex
	stored map[string]string
	log    []string // writes, in order
}

func newParameters(t *testing.T) *parameters {
	t.Helper()
	p := &parameters{stored: map[string]string{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	for name, text := range map[string]string{
		"AWS_ENDPOINT_URL": srv.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(name, text)
	}
	return p
}

func (p *parameters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var in struct {
		Name, Value, Type string
		Names             []string
		Overwrite         bool
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, exists := p.stored[in.Name]
	switch _, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
	case op == "GetParameters":
		type parameter struct{ Name, Value string }
		out := struct{ Parameters []parameter }{[]parameter{}}
		for _, n := range in.Names {
			if text, ok := p.stored[n]; ok {
				out.Parameters = append(out.Parameters, parameter{n, text})
			}
		}
		_ = json.NewEncoder(w).Encode(out)
	case op == "PutParameter" && exists && !in.Overwrite:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ParameterAlreadyExists"}`)
	case op == "PutParameter" && in.Type == "SecureString":
		p.stored[in.Name] = in.Value
		p.log = append(p.log, "put "+strings.TrimPrefix(in.Name, "/aftersales/shop/"))
		fmt.Fprint(w, `{"Version":1}`)
	case op == "DeleteParameter":
		delete(p.stored, in.Name)
		p.log = append(p.log, "delete "+strings.TrimPrefix(in.Name, "/aftersales/shop/"))
		fmt.Fprint(w, `{}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (p *parameters) get(name string) string { return p.stored["/aftersales/shop/"+name] }

// silent fails when a secret was printed.
func (p *parameters) silent(t *testing.T, d done) {
	t.Helper()
	for name, text := range p.stored {
		if strings.Contains(d.out+d.err, text) {
			t.Errorf("%s was printed", name)
		}
	}
}

func TestSecretsInitMakesWhatIsMissing(t *testing.T) {
	p := newParameters(t)
	p.silent(t, cli(t, "secrets", "init", "--stack", "shop").well(t))
	first := maps.Clone(p.stored)
	if len(first) != 3 || p.get(linkKey) == p.get(contactKey) || len(p.get(sessionKey)) != 48 {
		t.Fatalf("%d keys were made", len(first))
	}
	again := cli(t, "secrets", "init", "--stack", "shop").well(t)
	p.silent(t, again)
	if !maps.Equal(first, p.stored) || strings.Count(again.out, "is there already") != 3 {
		t.Errorf("a second time: %s", again.out)
	}
}

func TestSecretsSet(t *testing.T) {
	p := newParameters(t)
	for _, c := range []struct {
		in   string
		args []string
		name string
		want string
	}{
		{"shpss_0123456789abcdef\n", []string{"my-shop", "shopify"}, "AFTERSALES_SHOPIFY_SECRET_MY_SHOP", "shpss_0123456789abcdef"},
		{"shpss_next\r\n", []string{"my-shop", "shopify", "--next"}, "AFTERSALES_SHOPIFY_SECRET_MY_SHOP_NEXT", "shpss_next"},
		{"whsec_" + strings.Repeat("QUFB", 8), []string{"main", "generic"}, "AFTERSALES_GENERIC_SECRET_MAIN", "whsec_" + strings.Repeat("QUFB", 8)},
		{"whsec_" + strings.Repeat("QUFB", 5) + "QQ==", []string{"second", "generic"}, "AFTERSALES_GENERIC_SECRET_SECOND", "whsec_" + strings.Repeat("QUFB", 5) + "QQ=="},
		{strings.Repeat("k", 48), []string{"AFTERSALES_CONTACT_KEY"}, "AFTERSALES_CONTACT_KEY", strings.Repeat("k", 48)},
	} {
		d := cliIn(t, c.in, nil, append([]string{"secrets", "set", "--stack", "shop"}, c.args...)...).well(t)
		p.silent(t, d)
		if want := map[bool]string{true: "six minutes", false: "within a minute."}[c.args[0] == contactKey]; !strings.Contains(d.out, want) {
			t.Errorf("%v: says %q, want %q in it", c.args, d.out, want)
		}
		if got := p.get(c.name); got != c.want {
			t.Errorf("%v: %s is %q, want %q", c.args, c.name, got, c.want)
		}
	}
}

func TestSecretsBeforeTheStack(t *testing.T) {
	account(t, http.StatusNotFound, someStacks)
	if d := cli(t, "secrets", "init", "--stack", "caer"); !strings.Contains(d.err, "no such stack; here is care") || !strings.Contains(d.err, "waits for a stack of that name") {
		t.Errorf("stderr %q", d.err)
	}
}

func TestSecretsSetGenerates(t *testing.T) {
	p := newParameters(t)
	d := cli(t, "secrets", "set", "--stack", "shop", "main", "generic", "--generate", "--print").well(t)
	if text := strings.TrimSpace(d.out); !strings.HasPrefix(text, "whsec_") || p.get("AFTERSALES_GENERIC_SECRET_MAIN") != text {
		t.Errorf("printed %q", d.out)
	}
	p.silent(t, cli(t, "secrets", "set", "--stack", "shop", "main", "generic", "--generate").well(t))
}

// A shop that the configuration does not have is a slip of the finger: nothing would
// read its secret.
func TestSecretsOfAShopThatIsNotThere(t *testing.T) {
	p := newParameters(t)
	dir := t.TempDir()
	cli(t, "init", filepath.Join(dir, "shop")).well(t)
	check := func(more ...string) {
		t.Helper()
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{"set", "mian", "shopify"}, `aftersales.yaml does not have it: want one of main; did you mean main?`},
			{[]string{"rotate", "mian", "shopify"}, "did you mean main?"},
			{[]string{"set", "main", "shopfy"}, "want one of generic, shopify; did you mean shopify?"},
			{[]string{"set", "AFTERSALES_GENERIC_SECRET_MIAN"}, "did you mean AFTERSALES_GENERIC_SECRET_MAIN?"},
		} {
			cliIn(t, "secret-of-shopify", nil, append(append([]string{"secrets"}, c.args...), append(more, "--stack", "shop")...)...).badly(t, exitMisused, c.want)
		}
		cliIn(t, "secret-of-shopify", nil, append([]string{"secrets", "set", "main", "shopify", "--stack", "shop"}, more...)...).well(t)
		cliIn(t, strings.Repeat("k", 48), nil, append([]string{"secrets", "set", contactKey, "--stack", "shop"}, more...)...).well(t)
	}
	check("--config", filepath.Join(dir, "shop", "aftersales.yaml"))
	if len(p.log) != 2 {
		t.Errorf("written: %v", p.log)
	}
	t.Chdir(dir) // as where functions are built
	check()
}

func TestSecretsMisused(t *testing.T) {
	p := newParameters(t)
	for _, c := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{"x", []string{"set", "Main", "shopify"}, exitMisused, "lower-case letters"},
		{"x", []string{"set", "main", "paypal"}, exitMisused, "want one of generic, shopify"},
		{"x", []string{"set", "main"}, exitMisused, "source"},
		{"x", []string{"set", "main", "shopify", "--generate"}, exitMisused, "source generic"},
		{"x", []string{"set", "main", "generic", "--print"}, exitMisused, "--print"},
		{"", []string{"set", "main", "shopify"}, exitFailed, "want the secret alone"},
		{"two words", []string{"set", "main", "shopify"}, exitFailed, "white space"},
		{"whsec_%%%", []string{"set", "main", "generic"}, exitFailed, "base64"},
		{"short", []string{"set", "AFTERSALES_LINK_KEY"}, exitFailed, "at least 32"},
		{"short", []string{"set", "main", "generic"}, exitFailed, "at least 16 bytes"},
		{"whsec_c2hvcnQ=", []string{"set", "main", "generic", "--next"}, exitFailed, "at least 16 bytes"},
		{"whsec_" + strings.Repeat("QUFB", 5), []string{"set", "AFTERSALES_GENERIC_SECRET_MAIN"}, exitFailed, "at least 16 bytes"},
		{strings.Repeat("x", 5000), []string{"set", "main", "shopify"}, exitFailed, "4096"},
		{"", []string{"rotate", "main"}, exitMisused, "source"},
		{"", []string{"rotate", "main", "shopify", "--session"}, exitMisused, "--session"},
		{"", []string{"rotate", "main", "shopify"}, exitFailed, "set it first"},
		{"", []string{"rotate"}, exitFailed, "secrets init"},
	} {
		cliIn(t, c.in, nil, append([]string{"secrets"}, c.args...)...).badly(t, exitMisused, "") // of which stack?
		d := cliIn(t, c.in, nil, append(append([]string{"secrets"}, c.args...), "--stack", "shop")...)
		d.badly(t, c.code, c.want)
		if len(c.in) > 3 && strings.Contains(d.err, c.in) {
			t.Errorf("%v: the secret stands in %q", c.args, d.err)
		}
	}
	cli(t, "secrets", "init").badly(t, exitMisused, "--stack")
	cli(t, "secrets", "init", "--stack", "a/b").badly(t, exitMisused, "name of a stack")
	if len(p.log) != 0 {
		t.Errorf("written: %v", p.log)
	}
}

func TestSecretsRotateALinkKey(t *testing.T) {
	p := newParameters(t)
	cli(t, "secrets", "init", "--stack", "shop").well(t)
	var kept []string
	for range 3 {
		kept = append(kept, p.get(linkKey))
		p.log = nil
		d := cli(t, "secrets", "rotate", "--stack", "shop", "--wait", "1ms").well(t)
		p.silent(t, d)
		if want := []string{"put " + linkKeyOld, "put " + linkKey}; !slices.Equal(p.log, want) {
			t.Errorf("written %v, want %v: first all verify by it, then links are signed", p.log, want)
		}
	}
	old := strings.Split(p.get(linkKeyOld), ",")
	if len(old) != 4 || old[0] != p.get(linkKey) {
		t.Errorf("%d keys verify; the first is the new one: %t", len(old), old[0] == p.get(linkKey))
	}
	for _, k := range kept {
		if !slices.Contains(old, k) {
			t.Error("a retired key verifies no more")
		}
	}
}

func TestSecretsRotateASourceAndSessions(t *testing.T) {
	p := newParameters(t)
	cliIn(t, "first-secret", nil, "secrets", "set", "main", "shopify", "--stack", "shop").well(t)
	cliIn(t, "second-secret", nil, "secrets", "set", "main", "shopify", "--next", "--stack", "shop").well(t)
	p.log = nil
	p.silent(t, cli(t, "secrets", "rotate", "main", "shopify", "--stack", "shop").well(t))
	const name = "AFTERSALES_SHOPIFY_SECRET_MAIN"
	if p.get(name) != "second-secret" || p.get(name+"_NEXT") != "" || !slices.Equal(p.log, []string{"put " + name, "delete " + name + "_NEXT"}) {
		t.Errorf("written %v", p.log)
	}
	cli(t, "secrets", "init", "--stack", "shop").well(t)
	before := maps.Clone(p.stored)
	p.silent(t, cli(t, "secrets", "rotate", "--session", "--stack", "shop").well(t))
	if p.get(sessionKey) == before["/aftersales/shop/"+sessionKey] || p.get(linkKey) != before["/aftersales/shop/"+linkKey] {
		t.Error("not only the key of sessions changed")
	}
}
