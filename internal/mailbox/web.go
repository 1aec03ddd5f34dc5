package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"aftersales/internal/followup"
)

//go:embed pages/*.html
var pageFiles embed.FS

// What browsers may do with our own pages, and with the HTML of a message: the
// latter runs no scripts, loads nothing and sends no forms, but its links open.
const (
	pagePolicy    = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
	messagePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

type handler struct {
	storage Storage
	log     *slog.Logger
	pages   *template.Template
}

// Handler shows a mailbox: GET /mailbox, /mailbox/{id}, /mailbox/{id}/html and,
// for machines, /mailbox/messages. It holds personal data and belongs on the
// operators' listener. It changes nothing. Pages show times on the clock of the
// shop, which zone tells; JSON stays UTC.
func Handler(storage Storage, log *slog.Logger, zone func(followup.ShopID) *time.Location) http.Handler {
	local := func(m followup.Stored) time.Time { return m.At.In(zone(m.Shop)) }
	pages := template.New("").Funcs(template.FuncMap{"local": local})
	h := &handler{storage: storage, log: log, pages: template.Must(pages.ParseFS(pageFiles, "pages/*.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mailbox", h.list)
	mux.HandleFunc("GET /mailbox/{$}", h.list)
	mux.HandleFunc("GET /mailbox/", h.missing)
	mux.HandleFunc("GET /mailbox/messages", h.messages)
	mux.HandleFunc("GET /mailbox/{id}", h.one)
	mux.HandleFunc("GET /mailbox/{id}/html", h.body)
	return guard(mux)
}

// guard sets the headers that every answer has; a page may narrow its policy.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", pagePolicy)
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	before := r.URL.Query().Get("before")
	if !pageMark(before) {
		h.page(w, r, http.StatusBadRequest, "gone.html", "There is no such page of the mailbox.")
		return
	}
	mail, next, err := h.storage.Mail(r.Context(), defaultPage, before)
	if err != nil {
		h.fault(w, r, err)
		return
	}
	h.page(w, r, http.StatusOK, "list.html", struct {
		Mail []followup.Stored
		Next string
	}{mail, next})
}

func (h *handler) one(w http.ResponseWriter, r *http.Request) {
	m, ok := h.load(w, r)
	if !ok {
		return
	}
	all := headers(m)
	type header struct{ Name, Value string }
	var lines []header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, header{name, all[name]})
	}
	h.page(w, r, http.StatusOK, "mail.html", struct {
		followup.Stored
		Lines []header
	}{m, lines})
}

// body serves the HTML of a message for the frame. A base element opens its
// links in a new tab; the message itself stays byte for byte what it is.
func (h *handler) body(w http.ResponseWriter, r *http.Request) {
	m, ok := h.load(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", messagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(withBase(m.HTML))) // the reader is gone: nobody to tell
}

// load answers the request itself when there is no such message.
func (h *handler) load(w http.ResponseWriter, r *http.Request) (followup.Stored, bool) {
	m, ok, err := h.storage.OneMail(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		h.fault(w, r, err)
	case !ok:
		h.page(w, r, http.StatusNotFound, "gone.html", "There is no such message in the mailbox.")
	}
	return m, ok && err == nil
}

func (h *handler) missing(w http.ResponseWriter, r *http.Request) {
	h.page(w, r, http.StatusNotFound, "gone.html", "There is nothing at this address.")
}

func (h *handler) fault(w http.ResponseWriter, r *http.Request, err error) {
	h.log.ErrorContext(r.Context(), "mailbox not readable", "error", err)
	h.page(w, r, http.StatusServiceUnavailable, "gone.html", "The mailbox cannot be read just now. Try again in a moment.")
}

func (h *handler) page(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := h.pages.ExecuteTemplate(&b, name, data); err != nil {
		h.log.ErrorContext(r.Context(), "page not rendered", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader is gone: nobody to tell
}
