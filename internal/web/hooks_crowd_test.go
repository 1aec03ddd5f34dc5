package web_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/source"
	"aftersales/internal/web"
	"aftersales/internal/web/hooks"
)

// slowly opens a connection that sends the beginning of a webhook and waits.
func slowly(t *testing.T, server *httptest.Server, begun string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST /hooks/generic/main HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"+begun); err != nil {
		t.Fatal(err)
	}
	return conn
}

// arrive posts a rightly signed webhook over the network.
func arrive(t *testing.T, server *httptest.Server, id string) int {
	t.Helper()
	r := signed("/hooks/generic/main", []byte(orderBody(id, "Anna", 1, "Laundry")), machine)
	out, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/hooks/generic/main", r.Body)
	if err != nil {
		t.Fatal(err)
	}
	out.Header = r.Header
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// Strangers who send slowly, or sign wrongly, do not keep a shop's webhooks out.
func TestHookCrowdOfStrangers(t *testing.T) {
	w := newTown(t, func(_ *town, c *web.PublicConfig, _ *web.OperatorConfig) { c.Hooks = 2 })
	server := httptest.NewServer(w.public)
	t.Cleanup(server.Close) // after the connections
	for range 20 {
		slowly(t, server, "abc")
	}
	for _, id := range []string{"1", "2", "3"} {
		if code := arrive(t, server, id); code != http.StatusAccepted {
			t.Fatalf("a signed webhook among slow strangers: %d, want 202", code)
		}
	}
}

// narrow is what takes webhooks, alone, with room for few bodies on their way.
func narrow(t *testing.T, arriving int) *httptest.Server {
	w := newTown(t)
	mux := http.NewServeMux()
	mux.Handle(hooks.Pattern, hooks.New(hooks.Config{
		Inbox: w.store, Shops: map[followup.ShopID]*followup.Shop{"main": w.shop}, Arriving: arriving, AtOnce: 2,
		Secrets:    func(string, followup.ShopID) source.Secrets { return source.Secrets{secret} },
		ContactKey: func(kind, value string) followup.ContactID { return link.ContactID(secret, kind, value) },
		Now:        func() time.Time { return w.now }, RealNow: func() time.Time { return machine }, Log: slog.New(slog.DiscardHandler),
	}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// Where there is no room for another body one that dawdles gives way, and is
// told to come back.
func TestHookSlowGivesWay(t *testing.T) {
	server := narrow(t, 3)
	type told struct {
		status int
		text   string
	}
	answers := make(chan told, 4)
	for range 4 {
		conn := slowly(t, server, "abc")
		go func() {
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return // the test is over
			}
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			answers <- told{answer.StatusCode, answer.Header.Get("Retry-After") + string(text)}
		}()
	}
	if got := <-answers; got.status != http.StatusTooManyRequests || !strings.HasPrefix(got.text, "2") || !strings.Contains(got.text, "send it again") {
		t.Errorf("one that gave way is told %+v", got)
	}
	for _, id := range []string{"1", "2", "3", "4"} {
		if code := arrive(t, server, id); code != http.StatusAccepted {
			t.Errorf("a signed webhook: %d, want 202", code)
		}
	}
}

// long is a body of x without an end; read counts what was taken of it.
type long struct{ read int }

func (l *long) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	l.read += len(p)
	return len(p), nil
}

// Who writes all of a body before reading the answer hears that it is too large:
// the rest is read, up to a bound, and not at all from who waits for a word first.
func TestHookTooLargeIsReadToItsEnd(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		sends    int64 // -1: it never ends
		declared bool
		expect   string
		least    int
		most     int
	}{
		"5 MiB":                      {sends: 5 * mib, declared: true, least: 5 * mib, most: 5 * mib},
		"5 MiB, length unknown":      {sends: 5 * mib, least: 5 * mib, most: 5 * mib},
		"a gigabyte":                 {sends: 1024 * mib, declared: true},
		"without an end":             {sends: -1, least: 2 * mib, most: 20 * mib},
		"5 MiB, sent when asked for": {sends: 5 * mib, declared: true, expect: "100-continue"},
	} {
		w := newTown(t)
		endless := &long{}
		body := io.Reader(endless)
		if c.sends >= 0 {
			body = io.LimitReader(endless, c.sends)
		}
		r := httptest.NewRequest(http.MethodPost, "/hooks/generic/main", body)
		if r.ContentLength = -1; c.declared {
			r.ContentLength = c.sends
		}
		r.Header.Set("Expect", c.expect)
		rec := w.do(w.public, r)
		if rec.Code != http.StatusRequestEntityTooLarge || rec.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d, Connection %q; want 413 and close", name, rec.Code, rec.Header().Get("Connection"))
		}
		problemOf(t, rec)
		if endless.read < c.least || endless.read > c.most {
			t.Errorf("%s: %d bytes were read, want %d to %d", name, endless.read, c.least, c.most)
		}
	}
}
