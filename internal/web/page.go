package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"

	"aftersales/internal/followup"
)

//go:embed pages
var pageFiles embed.FS

// look is one set of pages: templates that share a layout, and their style.
type look struct {
	pages  *template.Template
	style  template.CSS
	policy string // Content-Security-Policy: nothing but this very style
	log    *slog.Logger
}

// newLook reads the pages and style sheets of a folder of pageFiles; base is the
// path below which its pages live. A fault is a bug of this package, which its
// tests find.
func newLook(log *slog.Logger, folder, base string, styles ...string) *look {
	var css []byte
	for _, name := range styles {
		part, err := pageFiles.ReadFile("pages/" + folder + "/" + name)
		if err != nil {
			panic(err)
		}
		css = append(css, part...)
	}
	sum := sha256.Sum256(css)
	return &look{
		pages: template.Must(template.New("").Funcs(functions).Funcs(template.FuncMap{
			"base":  func() string { return base },
			"order": func(id followup.JourneyID) string { return base + orderPath(id) },
		}).ParseFS(pageFiles, "pages/"+folder+"/*.html")),
		style: template.CSS(css), //nolint:gosec // our own embedded file
		policy: fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			base64.StdEncoding.EncodeToString(sum[:])),
		log: log,
	}
}

// show renders a page whole before the first byte of it goes out.
func (l *look) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := l.pages.ExecuteTemplate(&b, name, data); err != nil {
		l.log.ErrorContext(r.Context(), "page not rendered", "page", name, "err", err)
		http.Error(w, "This page could not be shown. Please try again later.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// The escaper writes plus signs as entities, which only old character sets
		// need; phone numbers are read by more than browsers.
		_, _ = w.Write(bytes.ReplaceAll(b.Bytes(), []byte("&#43;"), []byte("+"))) // the reader is gone: nobody to tell
	}
}

// guard sets the headers that every answer has, and catches what must not take
// the server down. referrer is the Referrer-Policy.
func (l *look) guard(referrer string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", l.policy)
		head.Set("Referrer-Policy", referrer)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("X-Robots-Tag", "noindex, nofollow")
		defer l.caught(w, r)
		next.ServeHTTP(w, r)
	})
}

// caught answers for a handler that panicked. It must be deferred.
func (l *look) caught(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // the server's own way to give up a connection
	}
	l.log.ErrorContext(r.Context(), "handler panicked", "route", r.Pattern, "panic", fmt.Sprintf("%T", v))
	http.Error(w, "Something went wrong. Please try again later.", http.StatusInternalServerError)
}
