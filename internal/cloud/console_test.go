package cloud_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/console"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// pool is a user pool's log-in: it gives out one code, and the token it was told to.
type pool struct {
	*httptest.Server
	key      *rsa.PrivateKey
	kid      string
	claims   object // of the next token
	verified string // the PKCE verifier that came with the code
	status   int    // of /oauth2/token; 0: 200
}

func newPool(t *testing.T) *pool {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &pool{key: key, kid: "k1"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(object{"keys": []object{{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		if p.status != 0 {
			http.Error(w, `{"error":"invalid_grant","error_description":"anna@shop.example is unknown"}`, p.status)
			return
		}
		p.verified = r.FormValue("code_verifier")
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(object{"access_token": "a", "token_type": "Bearer", "id_token": p.token(t)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// token signs the claims.
func (p *pool) token(t *testing.T) string {
	part := func(v any) string {
		return base64.RawURLEncoding.EncodeToString([]byte(event(t, v)))
	}
	text := part(object{"alg": "RS256", "kid": p.kid}) + "." + part(p.claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// browser is what an operator sits at.
type browser struct {
	s       *stack
	p       *pool
	form    *console.Console
	cookies map[string]string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	s, p := newStack(t), newPool(t)
	parts := s.parts(config.Console)
	parts.Env.Door = config.Door{Console: "https://api.example", Issuer: "https://issuer.example/pool", Client: "client", LoginURL: p.URL, Keys: p.URL + "/keys"}
	return &browser{s: s, p: p, form: console.New(cloud.New(parts), p.Client().Transport), cookies: map[string]string{}}
}

func (b *browser) do(method, path string, form url.Values, head map[string]string) events.APIGatewayV2HTTPResponse {
	b.s.t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		b.s.t.Fatal(err)
	}
	e := events.APIGatewayV2HTTPRequest{RawPath: u.Path, RawQueryString: u.RawQuery, Headers: map[string]string{}}
	e.RequestContext.HTTP.Method, e.RequestContext.DomainName, e.RequestContext.Stage = method, "api.example", "$default"
	for name, value := range b.cookies {
		e.Cookies = append(e.Cookies, name+"="+value)
	}
	if form != nil {
		e.Body = form.Encode()
		e.Headers["content-type"], e.Headers["sec-fetch-site"] = "application/x-www-form-urlencoded", "same-origin"
	}
	maps.Copy(e.Headers, head)
	out, err := b.form.Handle(b.s.t.Context(), e)
	if err != nil {
		b.s.t.Fatal(err)
	}
	for _, line := range out.Cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.s.t.Fatal(err)
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
		if strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode) {
			b.s.t.Errorf("cookie %s", line)
		}
	}
	return out
}

// authorize begins a log-in and returns what the provider saw.
func (b *browser) authorize(path string) url.Values {
	b.s.t.Helper()
	out := b.do("GET", path, nil, nil)
	to, err := url.Parse(out.Headers["Location"])
	if err != nil || out.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), b.p.URL+"/oauth2/authorize?") {
		b.s.t.Fatalf("log-in leads to %d %s", out.StatusCode, out.Headers["Location"])
	}
	return to.Query()
}

// claims are those of a good token for a log-in.
func (b *browser) claims(q url.Values, more object) {
	b.p.claims = object{
		"iss": "https://issuer.example/pool", "aud": "client", "exp": b.s.Now().Add(time.Hour).Unix(), "iat": b.s.Now().Unix(), "sub": "u1",
		"nonce": q.Get("nonce"), "token_use": "id", "email": "mia@shop.example", "cognito:groups": []string{"all"},
	}
	for k, v := range more {
		if b.p.claims[k] = v; v == nil {
			delete(b.p.claims, k)
		}
	}
}

func (b *browser) login() {
	b.s.t.Helper()
	q := b.authorize("/console/login")
	b.claims(q, nil)
	if out := b.do("GET", "/console/callback?code=c1&state="+q.Get("state"), nil, nil); out.StatusCode != http.StatusSeeOther {
		b.s.t.Fatalf("callback: %d %s", out.StatusCode, out.Body)
	}
}

func TestLogIn(t *testing.T) {
	b := newBrowser(t)
	out := b.do("GET", "/console/cases?all=1", nil, nil)
	if out.StatusCode != http.StatusSeeOther || out.Headers["Location"] != "/console/login?to=%2Fconsole%2Fcases%3Fall%3D1" {
		t.Fatalf("without a session: %d %s", out.StatusCode, out.Headers["Location"])
	}
	q := b.authorize(out.Headers["Location"])
	if q.Get("response_type") != "code" || q.Get("client_id") != "client" || q.Get("redirect_uri") != "https://api.example/console/callback" ||
		q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || !strings.Contains(q.Get("scope"), "openid") {
		t.Errorf("the log-in is asked %v", q)
	}
	b.claims(q, nil)
	out = b.do("GET", "/console/callback?code=c1&state="+q.Get("state"), nil, nil)
	if out.StatusCode != http.StatusSeeOther || out.Headers["Location"] != "/console/cases?all=1" {
		t.Fatalf("callback: %d %s %s", out.StatusCode, out.Headers["Location"], out.Body)
	}
	sum := sha256.Sum256([]byte(b.p.verified))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		t.Error("the verifier does not fit the challenge")
	}
	out = b.do("GET", "/console/cases?all=1", nil, nil)
	if out.StatusCode != http.StatusOK || !strings.Contains(out.Body, `href="/console/calls"`) || out.Headers["Cache-Control"] != "no-store" {
		t.Errorf("with a session: %d %v", out.StatusCode, out.Headers)
	}
	slash, none := b.do("GET", "/console/", nil, nil), b.do("GET", "/console", nil, nil) // a gateway may make one of the other
	if slash.StatusCode != http.StatusOK || none.StatusCode != http.StatusOK || slash.Body != none.Body {
		t.Errorf("/console/: %d, /console: %d, want the same page", slash.StatusCode, none.StatusCode)
	}
	if out := b.do("GET", "/console/callback?code=c1&state="+q.Get("state"), nil, nil); out.StatusCode != http.StatusBadRequest {
		t.Errorf("the same callback again: %d", out.StatusCode)
	}
	if out := b.do("POST", "/console/logout", url.Values{}, nil); out.StatusCode != http.StatusSeeOther || !strings.HasPrefix(out.Headers["Location"], b.p.URL+"/logout?") {
		t.Errorf("log-out: %d %s", out.StatusCode, out.Headers["Location"])
	}
	if out := b.do("GET", "/console/cases", nil, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("after log-out: %d", out.StatusCode)
	}
}

func TestLogInRefused(t *testing.T) {
	for name, c := range map[string]struct {
		more   object
		state  string
		code   string
		status int
		key    bool
		want   int
	}{
		"another issuer":     {more: object{"iss": "https://evil.example"}, want: 403},
		"for another client": {more: object{"aud": "other"}, want: 403},
		"too old":            {more: object{"exp": 1}, want: 403},
		"without an end":     {more: object{"exp": nil}, want: 403},
		"of another log-in":  {more: object{"nonce": "n"}, want: 403},
		"without a nonce":    {more: object{"nonce": nil}, want: 403},
		"an access token":    {more: object{"token_use": "access"}, want: 403},
		"in no group":        {more: object{"cognito:groups": nil}, want: 403},
		"of a shop not here": {more: object{"cognito:groups": []string{"other"}}, want: 403},
		"another state":      {state: "x", want: 400},
		"no code":            {code: "-", want: 403},
		"a refused code":     {status: 400, want: 403},
		"an unknown key":     {key: true, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t)
			q := b.authorize("/console/login")
			b.claims(q, c.more)
			b.p.status = c.status
			if c.key {
				b.p.kid = "k2"
			}
			path := "/console/callback?state=" + q.Get("state") + c.state
			if c.code == "" {
				path += "&code=c1"
			}
			out := b.do("GET", path, nil, nil)
			if out.StatusCode != c.want || b.cookies["__Host-aftersales"] != "" {
				t.Errorf("%d, want %d; session %q", out.StatusCode, c.want, b.cookies["__Host-aftersales"])
			}
			if strings.Contains(b.s.logs.text(), "anna@shop.example") {
				t.Error("the log holds what the provider told of a person")
			}
		})
	}
	b := newBrowser(t)
	if out := b.do("GET", "/console/callback?code=c1&state=x", nil, nil); out.StatusCode != http.StatusBadRequest {
		t.Errorf("a callback that nobody began: %d", out.StatusCode)
	}
}

func TestSessionsEnd(t *testing.T) {
	b := newBrowser(t)
	b.login()
	b.s.pass(8*time.Hour - time.Minute)
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusOK {
		t.Errorf("before eight hours: %d", out.StatusCode)
	}
	b.s.pass(2 * time.Minute)
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("after eight hours: %d", out.StatusCode)
	}
	b.login()
	if err := b.s.store.SetRecord(t.Context(), "epoch", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	b.s.pass(2 * time.Minute)
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("after a new epoch: %d", out.StatusCode)
	}
	b.login()
	b.cookies["__Host-aftersales"] = b.cookies["__Host-aftersales"][1:]
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("with an altered cookie: %d", out.StatusCode)
	}
}

// A log-in's cookie is no session, and the other way round.
func TestCookiesAreForOneThing(t *testing.T) {
	b := newBrowser(t)
	b.authorize("/console/login")
	b.cookies["__Host-aftersales"] = b.cookies["__Host-aftersales-login"]
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("a log-in's cookie as a session: %d", out.StatusCode)
	}
}

func TestFormsOfTheConsole(t *testing.T) {
	b := newBrowser(t)
	b.s.sold(1)
	id := followup.NewJourneyID("main", "1000")
	form := url.Values{"order": {string(id)}, "reason": {"broken"}, "text": {"leaks"}, "by": {"Mia"}, "back": {"/cases"}}
	if out := b.do("POST", "/console/cases/open", form, nil); out.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", out.StatusCode)
	}
	b.login()
	if out := b.do("POST", "/console/cases/open", form, map[string]string{"sec-fetch-site": "cross-site"}); out.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", out.StatusCode)
	}
	if out := b.do("POST", "/console/cases/open", form, nil); out.StatusCode != http.StatusSeeOther || out.Headers["Location"] != "/console/cases?said=opened" {
		t.Errorf("a form: %d %s", out.StatusCode, out.Headers["Location"])
	}
	if out := b.do("GET", "/console/cases", nil, nil); !strings.Contains(out.Body, "main/1000-1") || !strings.Contains(out.Body, "mia@shop.example") {
		t.Error("the page shows no case, or does not know who works here")
	}
	if out := b.do("GET", "/console/orders/main/1000", nil, nil); out.StatusCode != http.StatusOK {
		t.Errorf("an order's story: %d", out.StatusCode)
	}
	if out := b.do("GET", "/console/nothing", nil, nil); out.StatusCode != http.StatusNotFound {
		t.Errorf("nothing there: %d", out.StatusCode)
	}
}

func TestLanesOfTheConsole(t *testing.T) {
	b := newBrowser(t)
	b.login()
	if out := b.do("POST", "/console/lanes", url.Values{"lane": {"email-rest"}, "to": {"pause"}, "reason": {"drill"}}, nil); out.StatusCode != http.StatusSeeOther {
		t.Fatalf("pause: %d %s", out.StatusCode, out.Body)
	}
	if page := b.do("GET", "/console/lanes", nil, nil).Body; !strings.Contains(page, "drill") || !strings.Contains(page, "Go on") {
		t.Errorf("the page does not show the pause: %s", page)
	}
	if out := b.do("POST", "/console/lanes", url.Values{"lane": {"email-rest"}, "to": {"go-on"}}, nil); out.StatusCode != http.StatusSeeOther {
		t.Errorf("go on: %d", out.StatusCode)
	}
	if out := b.do("POST", "/console/lanes", url.Values{"lane": {"other"}, "to": {"go-on"}}, nil); out.StatusCode != http.StatusNotFound {
		t.Errorf("a lane that is not there: %d", out.StatusCode)
	}
}

// What the alarm PlanRefused rang for is on the page of the lanes.
func TestRefusedPlansOnTheConsole(t *testing.T) {
	b := newBrowser(t)
	b.login()
	if page := b.do("GET", "/console/lanes", nil, nil).Body; strings.Contains(page, "plan changed") {
		t.Errorf("nothing was refused: %s", page)
	}
	if err := b.s.store.SetRecord(t.Context(), "plans#refused", []byte(`[{"plan":"appliance","version":3}]`), 0); err != nil {
		t.Fatal(err)
	}
	if page := b.do("GET", "/console/lanes", nil, nil).Body; !strings.Contains(page, "appliance") || !strings.Contains(page, "under its version 3") {
		t.Errorf("the page does not show the plan: %s", page)
	}
}

// Who may see one shop sees nothing of the others.
func TestAShopsOwnOperators(t *testing.T) {
	b := newBrowser(t)
	second := b.s.config.Shops[0]
	second.ID, second.Name = "second", "Südlicht"
	b.s.config.Shops = append(b.s.config.Shops, second)
	for _, shop := range []string{"main", "second"} {
		order := bought("1-"+shop, b.s.Now())
		var body object
		if err := json.Unmarshal(order, &body); err != nil {
			t.Fatal(err)
		}
		body["shop"] = shop
		b.s.accept([]byte(event(t, body)))
	}
	q := b.authorize("/console/login")
	b.claims(q, object{"cognito:groups": []string{"second"}})
	b.do("GET", "/console/callback?code=c1&state="+q.Get("state"), nil, nil)
	page := b.do("GET", "/console/orders", nil, nil).Body
	if !strings.Contains(page, "/console/orders/second/1-second") || regexp.MustCompile(`orders/main`).MatchString(page) {
		t.Errorf("the list of orders shows another shop's, or not its own: %s", page)
	}
	if out := b.do("GET", "/console/orders/main/1-main", nil, nil); out.StatusCode != http.StatusNotFound {
		t.Errorf("another shop's order: %d", out.StatusCode)
	}
	if out := b.do("GET", "/console/lanes", nil, nil); out.StatusCode != http.StatusNotFound {
		t.Errorf("the lanes of the whole deployment: %d", out.StatusCode)
	}
	form := url.Values{"order": {"main/1-main"}, "reason": {"x"}, "by": {"Mia"}, "back": {"/cases"}}
	if out := b.do("POST", "/console/cases/open", form, nil); out.StatusCode != http.StatusNotFound {
		t.Errorf("a case of another shop's order: %d", out.StatusCode)
	}
}

func TestConsoleWithoutItsSecret(t *testing.T) {
	b := newBrowser(t)
	delete(b.s.secrets.values, "AFTERSALES_SESSION_KEY")
	if out := b.do("GET", "/console/", nil, nil); out.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %d", out.StatusCode)
	}
}
