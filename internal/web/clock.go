package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// advance moves the demo's clock.
func (o *operator) advance(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	by := f.Get("by")
	if !slices.Contains([]string{"hour", "day", "month"}, by) {
		o.fault(w, r, http.StatusUnprocessableEntity, "The clock moves by an hour, a day or a month.")
		return
	}
	r.PostForm.Del("by") // here it is a span of time, elsewhere a name
	if err := o.c.Clock.Advance(r.Context(), by); err != nil {
		o.failed(w, r, err)
		return
	}
	o.back(w, r, f.Get("back"), "advanced")
}

// framed puts the operators' bar on the pages of another handler: navigation,
// and the clock. Messages themselves, which it serves for frames, stay as they are.
func (o *operator) framed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/html") {
			next.ServeHTTP(w, r)
			return
		}
		page := &buffered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(page, r)
		body := page.body.Bytes()
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			body = o.withBar(w.Header(), r, body)
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(page.status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the reader is gone: nobody to tell
		}
	})
}

// barPage is the bar alone, above a page that is not ours.
type barPage struct {
	desk
	Bar css
}

var bodyTag = []byte("<body>")

func (o *operator) withBar(head http.Header, r *http.Request, page []byte) []byte {
	before, after, found := bytes.Cut(page, bodyTag)
	style, err := styles.ReadFile("pages/operator/bar.css")
	if err != nil || !found {
		return page
	}
	bar := sheet{base: o.look.base}
	bar.put(barPage{o.desk(r, ""), css(style)})
	// The page's own policy holds; only the clock's forms are let through.
	head.Set("Content-Security-Policy", strings.Replace(head.Get("Content-Security-Policy"), "form-action 'none'", "form-action 'self'", 1))
	return slices.Concat(before, bodyTag, bar.out, after)
}

// buffered keeps a page until it is whole.
type buffered struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (b *buffered) WriteHeader(status int) { b.status = status }

// Write keeps a part of the page.
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }
