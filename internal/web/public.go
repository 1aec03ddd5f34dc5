package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/source"
	"aftersales/internal/web/hooks"
	"aftersales/internal/web/problem"
)

// PublicConfig is what the public handler is made of. Fields are required
// unless they say what happens without them.
type PublicConfig struct {
	Engine *engine.Engine
	Shops  map[followup.ShopID]*followup.Shop
	Links  *link.Signer
	// Secrets returns the live secrets of a source of a shop; none: it is off.
	Secrets func(source string, shop followup.ShopID) source.Secrets
	// ContactKey names contacts while a body is read, see [source.Env].
	ContactKey func(kind, value string) followup.ContactID
	Now        func() time.Time            // the product's clock, which may be a virtual one
	RealNow    func() time.Time            // the machine's clock: judges the age of signatures
	Wake       func()                      // new work is in the inbox; nil: nobody is told
	Health     func(context.Context) error // why the service cannot work; nil: it always can
	Version    string
	Hooks      int           // webhooks taken at once, more are told to wait; 0: 64
	BodyTime   time.Duration // in which a webhook's body must have arrived; 0: 15 s
	Log        *slog.Logger
}

// public is the handler of webhooks and customers' pages.
type public struct {
	c     PublicConfig
	look  *look
	cross *http.CrossOriginProtection
}

// Public returns the handler of the listener that customers and stores reach:
// /hooks, /a, /u and /healthz. Nothing on it needs a log-in: webhooks are
// signed, pages open by a signed link.
func Public(c PublicConfig) http.Handler {
	if c.Wake == nil {
		c.Wake = func() {}
	}
	p := &public{c: c, look: newLook(c.Log, "public", "", "style.css"), cross: http.NewCrossOriginProtection()}
	mux := http.NewServeMux()
	mux.Handle(hooks.Pattern, hooks.New(hooks.Config{
		Inbox: c.Engine.Store(), Shops: c.Shops, Secrets: c.Secrets, ContactKey: c.ContactKey, Now: c.Now, RealNow: c.RealNow,
		Wake: c.Wake, AtOnce: c.Hooks, BodyTime: c.BodyTime, Log: c.Log,
	}))
	mux.HandleFunc("/hooks/", hooks.Missing)
	mux.HandleFunc("/a/{token}", p.answer)
	mux.HandleFunc("/u/{token}", p.unsubscribe)
	mux.HandleFunc("/healthz", Health(c.Health, c.Version))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.missing(w, r) })
	return p.look.guard("no-referrer", mux)
}

// Health answers monitors: 503 with the reason while check, unless it is nil, returns
// an error.
func Health(check func(context.Context) error, version string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !allowed(w, r, http.MethodGet, http.MethodHead) {
			problem.New(http.StatusMethodNotAllowed, "method", "this address is only read", "send a GET").Write(w)
			return
		}
		if check != nil {
			if err := check(r.Context()); err != nil {
				w.Header().Set("Retry-After", "60")
				problem.JSON(w, "application/json", http.StatusServiceUnavailable, map[string]string{
					"status": "failing", "reason": err.Error(), "version": version,
				})
				return
			}
		}
		problem.JSON(w, "application/json", http.StatusOK, map[string]string{"status": "ok", "version": version})
	}
}

// allowed says which methods an address takes, when r's is none of them.
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	return false
}

// foreign reports whether another site's page sent this form. Our pages send no
// referrer, and browsers then write "Origin: null"; those too old to send
// Sec-Fetch-Site are let through, because the token in the address is what
// gives the right to answer, and another site does not know it.
func (p *public) foreign(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return false
	}
	return p.cross.Check(r) != nil
}

// only returns the one shop of the deployment, or nil when there are several.
func (p *public) only() *followup.Shop {
	if len(p.c.Shops) == 1 {
		for _, s := range p.c.Shops {
			return s
		}
	}
	return nil
}

// notice is a page that only tells something.
type notice struct {
	frame
	Lead string
}

func (p *public) notice(w http.ResponseWriter, r *http.Request, status int, shop *followup.Shop, title, lead func(*texts) string) {
	t := &english
	if shop != nil {
		t = speak(shop.Language)
	}
	p.look.show(w, r, status, notice{frame{p.look, t, title(t), cardOf(shop, t)}, lead(t)})
}

// missing is the answer to an address that leads nowhere. It says nothing of
// any shop but the only one.
func (p *public) missing(w http.ResponseWriter, r *http.Request) {
	p.notice(w, r, http.StatusNotFound, p.only(),
		func(t *texts) string { return t.MissingTitle }, func(t *texts) string { return t.MissingLead })
}

// expired is the answer to a genuine link that is too old.
func (p *public) expired(w http.ResponseWriter, r *http.Request, id followup.JourneyID) {
	shop, _ := id.Split()
	p.notice(w, r, http.StatusGone, p.c.Shops[shop],
		func(t *texts) string { return t.ExpiredTitle }, func(t *texts) string { return t.ExpiredLead })
}

// trouble is the answer when the store fails.
func (p *public) trouble(w http.ResponseWriter, r *http.Request, shop *followup.Shop, err error) {
	p.c.Log.ErrorContext(r.Context(), "page not answered", "route", r.Pattern, "err", err)
	w.Header().Set("Retry-After", "60")
	p.notice(w, r, http.StatusServiceUnavailable, shop,
		func(t *texts) string { return t.TroubleTitle }, func(t *texts) string { return t.TroubleLead })
}

// refused is the answer to a form of another site.
func (p *public) refused(w http.ResponseWriter, r *http.Request) {
	p.notice(w, r, http.StatusForbidden, p.only(),
		func(t *texts) string { return t.RefusedTitle }, func(t *texts) string { return t.RefusedLead })
}
