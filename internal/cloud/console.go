package cloud

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/web"
)

// consoleBase is the path below which operators work.
const consoleBase = "/console"

// Console answers operators, behind the door of the user pool.
func (f *Form) Console(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	w, err := f.work(ctx)
	var s *link.Signer
	if err == nil {
		s, err = f.sessions(ctx)
	}
	if err != nil {
		f.Log.ErrorContext(ctx, "console not answered", "err", err)
		return sorry(), nil
	}
	return serve(ctx, f.console(w, s), e), nil
}

func (f *Form) console(w *work, s *link.Signer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+consoleBase+"/login", func(rw http.ResponseWriter, r *http.Request) { f.login(rw, r, s) })
	mux.HandleFunc("GET "+consoleBase+"/callback", func(rw http.ResponseWriter, r *http.Request) { f.callback(rw, r, s, w) })
	mux.HandleFunc("POST "+consoleBase+"/logout", f.logout)
	mux.HandleFunc(consoleBase+"/", func(rw http.ResponseWriter, r *http.Request) { f.desk(rw, r, s, w) })
	mux.HandleFunc(consoleBase, func(rw http.ResponseWriter, r *http.Request) { // a gateway may drop the slash, so no redirect to it
		r.URL.Path = consoleBase + "/"
		f.desk(rw, r, s, w)
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
func (f *Form) desk(w http.ResponseWriter, r *http.Request, s *link.Signer, work *work) {
	var who session
	err := opened(s, forSession, r, sessionCookie, f.Now(), &who)
	who.Shops = slices.DeleteFunc(who.Shops, func(id followup.ShopID) bool { return work.Shops[id] == nil })
	if err != nil || who.Epoch != work.epoch || len(who.Shops) == 0 {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f.closed(w, r, http.StatusUnauthorized, "session has ended: log in, then send the form again", errNobody)
			return
		}
		http.Redirect(w, r, consoleBase+"/login?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	named(r, who.Name)
	f.operator(r.Host, who.Shops, work).ServeHTTP(w, r)
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
func (f *Form) operator(host string, shops []followup.ShopID, work *work) http.Handler {
	seen := maps.Clone(work.Shops)
	maps.DeleteFunc(seen, func(id followup.ShopID, _ *followup.Shop) bool { return !slices.Contains(shops, id) })
	e := work.engine
	if len(seen) < len(work.Shops) {
		e = f.engine(work.Setup, work.epoch, &only{SweptStore: f.store(), shops: seen})
	}
	name, _, _ := strings.Cut(host, ":")
	console, err := url.Parse(f.Env.Door.Console)
	if err != nil {
		console = &url.URL{}
	}
	c := web.OperatorConfig{
		Engine: e, Shops: seen, Hosts: []string{name, console.Hostname()}, Base: consoleBase, Now: f.Now, Version: f.Version, Log: f.Log,
	}
	if len(seen) == len(work.Shops) { // lanes are of the whole deployment
		c.Lanes = &web.LaneControl{States: f.lanes, Pause: f.PauseLane, GoOn: f.GoOn}
	}
	return web.Operator(c)
}

// lanes tells how the lanes stand, for the page.
func (f *Form) lanes(ctx context.Context) ([]web.LaneState, error) {
	states, err := f.LaneStates(ctx)
	out := make([]web.LaneState, len(states))
	for i, s := range states {
		out[i] = web.LaneState{Lane: s.Lane, Queued: s.Place.At}
		if p := s.Paused; p != nil {
			out[i].Paused, out[i].Since, out[i].Until, out[i].Why = true, p.At, p.Until, p.Why
		}
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
