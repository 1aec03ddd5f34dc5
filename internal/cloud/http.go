package cloud

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

// serve answers a request of the HTTP API (payload format 2.0) with a handler.
func serve(ctx context.Context, h http.Handler, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	r, err := requestOf(ctx, e)
	if err != nil {
		out := blank(http.StatusBadRequest)
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
	u := &url.URL{Path: path, RawQuery: e.RawQueryString}
	if plain, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = plain, path
	}
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

// blank is an answer without anything in it, and without null for a list or map:
// not everybody who reads it expects that.
func blank(status int) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: map[string]string{}, MultiValueHeaders: map[string][]string{}, Cookies: []string{}}
}

func (a *answer) response() events.APIGatewayV2HTTPResponse {
	a.WriteHeader(http.StatusOK)
	out := blank(a.status)
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
