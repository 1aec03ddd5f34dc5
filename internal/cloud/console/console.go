// Package console is the function that serves the operators' pages, behind the door
// of the user pool.
package console

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coreos/go-oidc/v3/oidc"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/httpapi"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/web"
)

// consoleBase is the path below which operators work.
const consoleBase = "/console"

// Console answers operators, behind the door of the user pool. It lives as long as
// its sandbox and is safe for concurrent use.
type Console struct {
	form *cloud.Form
	web  *http.Client // reaches the keys and tokens of the log-in

	mu     sync.Mutex
	tokens *oidc.IDTokenVerifier
}

// loginTime bounds a request to the log-in: somebody is waiting for the page.
const loginTime = 5 * time.Second

// New returns the console of a form. rt carries requests to the log-in; nil: the
// standard one.
func New(f *cloud.Form, rt http.RoundTripper) *Console {
	return &Console{form: f, web: &http.Client{Timeout: loginTime, Transport: rt}}
}

// Handle answers a request.
func (c *Console) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	ctx, cancel := cloud.Timely(ctx)
	defer cancel()
	w, err := c.form.Work(ctx)
	var s *link.Signer
	if err == nil {
		s, err = c.sessions(ctx)
	}
	if err != nil {
		c.form.Log.ErrorContext(ctx, "console not answered", "err", err)
		return httpapi.Sorry(), nil
	}
	return httpapi.Serve(ctx, c.console(w, s), e), nil
}

func (c *Console) console(w *cloud.Work, s *link.Signer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+consoleBase+"/login", func(rw http.ResponseWriter, r *http.Request) { c.login(rw, r, s) })
	mux.HandleFunc("GET "+consoleBase+"/callback", func(rw http.ResponseWriter, r *http.Request) { c.callback(rw, r, s, w) })
	mux.HandleFunc("POST "+consoleBase+"/logout", c.logout)
	mux.HandleFunc(consoleBase+"/", func(rw http.ResponseWriter, r *http.Request) { c.desk(rw, r, s, w) })
	mux.HandleFunc(consoleBase, func(rw http.ResponseWriter, r *http.Request) { // a gateway may drop the slash, so no redirect to it
		r.URL.Path = consoleBase + "/"
		c.desk(rw, r, s, w)
	})
	cross := http.NewCrossOriginProtection()
	return headers(cross.Handler(mux))
}

// headers are what every answer of the console has; the pages add their own.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// desk serves the operators' pages to who is logged in; others log in first.
func (c *Console) desk(w http.ResponseWriter, r *http.Request, s *link.Signer, work *cloud.Work) {
	var who session
	err := opened(s, forSession, r, sessionCookie, c.form.Now(), &who)
	who.Shops = slices.DeleteFunc(who.Shops, func(id followup.ShopID) bool { return work.Shops[id] == nil })
	if err != nil || who.Epoch != work.Epoch || len(who.Shops) == 0 {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.closed(w, r, http.StatusUnauthorized, "session has ended: log in, then send the form again", errNobody)
			return
		}
		http.Redirect(w, r, consoleBase+"/login?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	named(r, who.Name)
	pages, err := c.operator(r.Host, who.Shops, work)
	if err != nil {
		c.closed(w, r, http.StatusInternalServerError, "pages cannot be shown now", err)
		return
	}
	pages.ServeHTTP(w, r)
}

// named makes the pages fill in who is logged in.
func named(r *http.Request, name string) {
	var keep []string
	for _, c := range r.Cookies() {
		if c.Name != web.NameCookie {
			keep = append(keep, c.String())
		}
	}
	r.Header.Set("Cookie", strings.Join(append(keep, web.NameCookie+"="+url.QueryEscape(name)), "; "))
}

// operator returns the pages of some shops. A person of one shop sees nothing
// of the others.
func (c *Console) operator(host string, shops []followup.ShopID, work *cloud.Work) (http.Handler, error) {
	seen := maps.Clone(work.Shops)
	maps.DeleteFunc(seen, func(id followup.ShopID, _ *followup.Shop) bool { return !slices.Contains(shops, id) })
	e := work.Engine
	if len(seen) < len(work.Shops) {
		var err error
		if e, err = c.form.EngineOn(work, &only{SweptStore: c.form.Seen(), shops: seen}); err != nil {
			return nil, err
		}
	}
	name, _, _ := strings.Cut(host, ":")
	console, err := url.Parse(c.form.Env.Door.Console)
	if err != nil {
		console = &url.URL{}
	}
	o := web.OperatorConfig{
		Engine: e, Shops: seen, Hosts: []string{name, console.Hostname()}, Base: consoleBase, Now: c.form.Now, Version: c.form.Version, Log: c.form.Log,
	}
	if len(seen) == len(work.Shops) { // lanes are of the whole deployment
		o.Lanes = &web.LaneControl{States: c.lanes, Pause: c.form.PauseLane, GoOn: c.form.GoOn, Refused: c.refused}
	}
	return web.Operator(o), nil
}

// lanes tells how the lanes stand, for the page.
func (c *Console) lanes(ctx context.Context) ([]web.LaneState, error) {
	states, err := c.form.LaneStates(ctx)
	out := make([]web.LaneState, len(states))
	for i, s := range states {
		out[i] = web.LaneState{Lane: s.Lane, Queued: s.Place.At}
		if p := s.Paused; p != nil {
			out[i].Paused, out[i].Since, out[i].Until, out[i].Why = true, p.At, p.Until, p.Why
		}
	}
	return out, err
}

// refused tells which plans the stack does not follow, for the page.
func (c *Console) refused(ctx context.Context) ([]web.RefusedPlan, error) {
	refused, err := c.form.Refused(ctx)
	out := make([]web.RefusedPlan, len(refused))
	for i, r := range refused {
		out[i] = web.RefusedPlan{Name: r.Plan, Version: r.Version}
	}
	return out, err
}

// only is a store that shows the journeys of some shops.
type only struct {
	followup.SweptStore
	shops map[followup.ShopID]*followup.Shop
}

func (o *only) mine(id followup.JourneyID) bool {
	shop, _ := id.Split()
	return o.shops[shop] != nil
}

// Journeys loads journeys; those of other shops do not exist here.
func (o *only) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	js, err := o.SweptStore.Journeys(ctx, ids)
	for i := range js {
		if !o.mine(js[i].ID) {
			js[i] = followup.Journey{ID: js[i].ID}
		}
	}
	return js, err
}

// Find pages through journeys of these shops.
func (o *only) Find(ctx context.Context, q followup.Query, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error) {
	ids, next, err := o.SweptStore.Find(ctx, q, after, limit)
	return slices.DeleteFunc(ids, func(id followup.JourneyID) bool { return !o.mine(id) }), next, err
}

// Save writes changes of these shops alone.
func (o *only) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	for i := range changes {
		if !o.mine(changes[i].Journey) {
			return nil, fmt.Errorf("save %s: %w", changes[i].Journey, followup.ErrNotFound)
		}
	}
	return o.SweptStore.Save(ctx, changes)
}
