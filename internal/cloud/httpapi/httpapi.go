// Package httpapi lets handlers of HTTP answer requests of an HTTP API (payload
// format 2.0).
package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Serve answers a request with a handler.
func Serve(ctx context.Context, h http.Handler, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	r, err := requestOf(ctx, e)
	if err != nil {
		out := Blank(http.StatusBadRequest)
		out.Headers["Content-Type"], out.Body = "text/plain; charset=utf-8", "The request could not be read.\n"
		return out
	}
	w := &answer{head: http.Header{}}
	h.ServeHTTP(w, r)
	return w.response()
}

// requestOf returns the request as a server would have read it.
func requestOf(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, err
		}
	}
	path := e.RawPath
	if !strings.HasPrefix(path, "/") || e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("the event is no request of an HTTP API")
	}
	if stage := "/" + e.RequestContext.Stage; stage != "/" && stage != "/$default" {
		if rest, found := strings.CutPrefix(path, stage); found && (rest == "" || rest[0] == '/') {
			path = "/" + strings.TrimPrefix(rest, "/") // the stage's name is no part of our addresses
		}
	}
	// An HTTP API decodes rawPath, whatever its name says, and leaves the query as it
	// is: what still looks like an escape is none.
	u := &url.URL{Path: path, RawQuery: e.RawQueryString}
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host, r.RemoteAddr, r.RequestURI = e.RequestContext.DomainName, e.RequestContext.HTTP.SourceIP, u.RequestURI()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.ContentLength = int64(len(body))
	return r, nil
}

// answer gathers what a handler writes.
type answer struct {
	head   http.Header
	sent   http.Header // as it was at the first byte
	status int
	body   bytes.Buffer
}

// Header returns the headers to be sent.
func (a *answer) Header() http.Header { return a.head }

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.head.Clone()
	}
}

// Write keeps a part of the body.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Blank is an answer without anything in it, and without null for a list or map:
// not everybody who reads it expects that.
func Blank(status int) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: map[string]string{}, MultiValueHeaders: map[string][]string{}, Cookies: []string{}}
}

func (a *answer) response() events.APIGatewayV2HTTPResponse {
	a.WriteHeader(http.StatusOK)
	out := Blank(a.status)
	out.Cookies = append(out.Cookies, a.sent.Values("Set-Cookie")...)
	for name, values := range a.sent {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if body := a.body.Bytes(); utf8.Valid(body) {
		out.Body = string(body)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return out
}

// Sorry is the page when nothing can be shown at all.
func Sorry() events.APIGatewayV2HTTPResponse {
	out := Blank(http.StatusServiceUnavailable)
	out.Headers = map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Retry-After": "60", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
	}
	out.Body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" +
		"<title>One moment</title><h1>One moment, please</h1><p>This page cannot be shown right now. Please try again in a few minutes.</p></html>\n"
	return out
}
