package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

//go:embed pages/*/*.css
var styles embed.FS

// css is a style sheet of ours, written as it is.
type css string

// look is what a set of pages has in common: address, style, and what goes with it.
type look struct {
	base   string // path below which the pages live
	style  css
	policy string // Content-Security-Policy: nothing but this very style
	log    *slog.Logger
}

// newLook reads the style sheets of a folder of pages; base is the path below
// which its pages live. A fault is a bug of this package, which its tests find.
func newLook(log *slog.Logger, folder, base string, names ...string) *look {
	var all []byte
	for _, name := range names {
		part, err := styles.ReadFile("pages/" + folder + "/" + name)
		if err != nil {
			panic(err)
		}
		all = append(all, part...)
	}
	sum := sha256.Sum256(all)
	return &look{
		base: base, style: css(all),
		policy: fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			base64.StdEncoding.EncodeToString(sum[:])),
		log: log,
	}
}

// show renders a page whole before the first byte of it goes out.
func (l *look) show(w http.ResponseWriter, r *http.Request, status int, page any) {
	b := sheet{base: l.base}
	b.put(page)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.out) // the reader is gone: nobody to tell
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
