package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/web/problem"
)

// OperatorConfig is what the operators' handler is made of. Fields are required
// unless they say what happens without them.
type OperatorConfig struct {
	Engine  *engine.Engine
	Shops   map[followup.ShopID]*followup.Shop
	Mailbox http.Handler     // serves /mailbox and below; nil: mail goes elsewhere
	Hosts   []string         // further names this listener is reached by, without port
	Base    string           // path below which all of it lives, such as /console; "" the root
	Now     func() time.Time // the product's clock
	Wake    func()           // something changed that may be due now; nil: nobody is told
	Clock   *ClockControl    // of the demo; nil: time cannot be moved
	Lanes   *LaneControl     // of the form that has lanes; nil: there are none to be seen
	Version string
	Log     *slog.Logger
}

// ClockControl lets people move a virtual clock.
type ClockControl struct {
	Now func() time.Time
	// Advance moves the clock by "hour", "day" or "month" and returns when all that
	// became due meanwhile was done.
	Advance func(ctx context.Context, by string) error
}

// operator is the handler of the operators' pages.
type operator struct {
	c    OperatorConfig
	look *look
}

// Operator returns the handler of the operators' listener: the mailbox, calls,
// cases, orders and what waits for a person. It shows personal data and asks
// for no password: bind it to the loopback address. It answers only to its own
// names, so that no other site's script can reach it through DNS.
func Operator(c OperatorConfig) http.Handler {
	if c.Wake == nil {
		c.Wake = func() {}
	}
	o := &operator{c: c, look: newLook(c.Log, "operator", c.Base, "bar.css", "style.css")}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /{$}":                      o.home,
		"GET /calls":                    o.calls,
		"POST /calls/claim":             o.claim,
		"POST /calls/done":              o.done,
		"POST /calls/release":           o.release,
		"GET /cases":                    o.cases,
		"POST /cases/open":              o.caseWord(followup.CaseOpened),
		"POST /cases/note":              o.caseWord(followup.CaseNoted),
		"POST /cases/close":             o.caseWord(followup.CaseClosed),
		"POST /cases/reopen":            o.caseWord(followup.CaseReopened),
		"GET /orders":                   o.orders,
		"GET /orders/{shop}":            o.order, // ?order=, see orderPath
		"GET /orders/{shop}/{order...}": o.order,
		"GET /parked":                   o.parked,
		"POST /parked/settle":           o.settle,
		"GET /healthz":                  o.health,
		"GET /":                         o.missing,
	} {
		mux.HandleFunc(pattern, handle)
	}
	if c.Clock != nil {
		mux.HandleFunc("POST /clock/advance", o.advance)
	}
	if c.Lanes != nil {
		mux.HandleFunc("GET /lanes", o.lanes)
		mux.HandleFunc("POST /lanes", o.setLane)
	}
	if c.Mailbox != nil {
		mux.Handle("GET /mailbox", o.framed(c.Mailbox))
		mux.Handle("GET /mailbox/", o.framed(c.Mailbox))
	}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.fault(w, r, http.StatusForbidden, "This form came from another page, so it was not accepted.")
	}))
	// Our own pages tell each other where they are, so that every browser says
	// "Origin" with a form.
	return http.StripPrefix(c.Base, o.look.guard("same-origin", o.known(cross.Handler(asWritten(mux)))))
}

// asWritten keeps the mux from cleaning the id of an order out of a path, as it
// would .. and a//b: such an id goes on in the query.
func asWritten(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, found := strings.CutPrefix(r.URL.Path, "/orders/")
		shop, order, _ := strings.Cut(rest, "/")
		if found && order != "" && path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, "/") {
			to, query := *r.URL, r.URL.Query()
			query.Set("order", order)
			to.Path, to.RawPath, to.RawQuery = "/orders/"+shop, "", query.Encode()
			r = r.Clone(r.Context())
			r.URL = &to
		}
		mux.ServeHTTP(w, r)
	})
}

// known refuses requests for another host: a name that somebody else points to
// this machine (DNS rebinding).
func (o *operator) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.ours(r.Host) {
			problem.New(http.StatusMisdirectedRequest, "host", "this server is not reached by that name",
				"open it as http://127.0.0.1 with its port").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (o *operator) ours(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, host) {
		return true
	}
	return slices.ContainsFunc(o.c.Hosts, func(h string) bool { return h != "" && strings.EqualFold(h, host) })
}

// desk is what every page of an operator shows around its subject.
type desk struct {
	o     *operator
	Title string
	Path  string // of the page, to come back to
	Said  string // what was just done
	By    string // who works here, as they said last
	Zone  *time.Location
	Now   time.Time
}

// Style is the page's style sheet.
func (d desk) Style() css { return d.o.look.style }

// Clock reports whether the page can move time.
func (d desk) Clock() bool { return d.o.c.Clock != nil }

// Version is that of the program.
func (d desk) Version() string { return d.o.c.Version }

// Who returns the name that forms are filled in with.
func (d desk) Who() string { return d.By }

// entry is one of the navigation.
type entry struct {
	Path, Name string
	Here       bool
}

// Menu returns the navigation, with where we are.
func (d desk) Menu() []entry {
	menu := []entry{{"/", "Overview", d.Path == "/"}}
	for _, e := range []entry{{"/mailbox", "Mailbox", false}, {"/calls", "Calls", false}, {"/cases", "Cases", false}, {"/orders", "Orders", false}, {"/parked", "Parked", false}, {"/lanes", "Lanes", false}} {
		if e.Path == "/mailbox" && d.o.c.Mailbox == nil || e.Path == "/lanes" && d.o.c.Lanes == nil {
			continue
		}
		e.Here = strings.HasPrefix(d.Path, e.Path)
		menu = append(menu, e)
	}
	return menu
}

func (o *operator) desk(r *http.Request, title string) desk {
	d := desk{o: o, Title: title, Path: r.URL.Path, Said: notices[r.URL.Query().Get("said")], Zone: o.zone(""), Now: o.now()}
	if c, err := r.Cookie(NameCookie); err == nil {
		if name, err := url.QueryUnescape(c.Value); err == nil {
			d.By = plain(name)
		}
	}
	return d
}

// now is the time shown and worked with: the demo's, where there is one.
func (o *operator) now() time.Time {
	if o.c.Clock != nil {
		return o.c.Clock.Now()
	}
	return o.c.Now()
}

// notices are what a page says after something was done, by the word that the
// address carries: the address itself never says anything.
var notices = map[string]string{
	"claimed":  "The call is yours. Please dial now, and record how it went.",
	"done":     "Recorded.",
	"released": "The call is back on the list.",
	"opened":   "The case is open. Feedback and marketing wait until it is closed.",
	"noted":    "The note is kept.",
	"closed":   "The case is closed. What waited for it goes on.",
	"reopened": "The case is open again.",
	"settled":  "Decided.",
	"paused":   "The lane is paused. What is queued already still goes out.",
	"goes-on":  "The lane goes on.",
	"advanced": "The clock was moved, and what was due is done.",
}

// NameCookie names who works at this browser, URL-escaped: a name, no right.
const NameCookie = "aftersales_name"

// back leads to where a form came from, with a word of what was done.
func (o *operator) back(w http.ResponseWriter, r *http.Request, to, said string) {
	if by := plain(r.PostForm.Get("by")); by != "" {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // loopback without TLS, and the name is no secret
			Name: NameCookie, Value: url.QueryEscape(clipped(by, 80)), Path: "/", MaxAge: 30 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(to, "\\\r\n") {
		u = &url.URL{Path: "/"}
	}
	q := u.Query()
	q.Set("said", said)
	u.RawQuery = q.Encode()
	http.Redirect(w, r, o.c.Base+u.String(), http.StatusSeeOther) //nolint:gosec // a path of ours: host and scheme are refused above
}

func clipped(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}

// form reads a posted form; it answers the request itself when it cannot.
func (o *operator) form(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	values, err := posted(w, r)
	if err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		o.fault(w, r, status, "The form could not be read. Please send it again, with a shorter text.")
		return nil, false
	}
	r.PostForm = values
	return values, true
}

// zone is the shop's zone; "" asks for that of the only shop, else UTC.
func (o *operator) zone(id followup.ShopID) *time.Location {
	s := o.c.Shops[id]
	if id == "" && len(o.c.Shops) == 1 {
		for _, s = range o.c.Shops {
		}
	}
	if s == nil {
		return time.UTC
	}
	return zoneOf(s)
}

// faultPage tells an operator what went wrong and leads back.
type faultPage struct {
	desk
	Reason string
}

func (o *operator) fault(w http.ResponseWriter, r *http.Request, status int, reason string) {
	o.look.show(w, r, status, faultPage{o.desk(r, http.StatusText(status)), reason})
}

func (o *operator) missing(w http.ResponseWriter, r *http.Request) {
	o.fault(w, r, http.StatusNotFound, "There is nothing at this address.")
}

// failed answers a request that the engine refused: the reason for people who
// can do something about it, the log for the rest.
func (o *operator) failed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, followup.ErrNotFound):
		o.fault(w, r, http.StatusNotFound, err.Error())
	case errors.Is(err, engine.ErrNotNow), errors.Is(err, engine.ErrCase), errors.Is(err, followup.ErrState), errors.Is(err, followup.ErrConflict):
		o.fault(w, r, http.StatusConflict, err.Error())
	default:
		o.c.Log.ErrorContext(r.Context(), "operator request failed", "route", r.Pattern, "err", err)
		o.fault(w, r, http.StatusServiceUnavailable, "The store did not answer as it should. Nothing may have changed; look before you try again.")
	}
}

func (o *operator) health(w http.ResponseWriter, _ *http.Request) {
	problem.JSON(w, "application/json", http.StatusOK, map[string]string{"status": "ok", "version": o.c.Version})
}

// wantsJSON reports whether a machine asks.
func wantsJSON(r *http.Request) bool {
	return r.URL.Query().Get("format") == "json" || strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}
