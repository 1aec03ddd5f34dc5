package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// wire stands between the functions and AWS: it sees every mail that SES takes,
// and can end or freeze the function that sends it, right before or after.
type wire struct {
	server http.Server
	next   *httputil.ReverseProxy

	mu     sync.Mutex
	mails  []mail
	before map[string]func(pid int) bool // by recipient: false lets the call go nowhere
	after  map[string]func(pid int)
}

// mail is one that SES took.
type mail struct {
	to, id, text string
	tags         map[string][]string
	at           time.Time
}

// step returns the rest of the id of its follow-up, behind the order.
func (m *mail) step() string {
	if len(m.tags["f"]) != 1 {
		return ""
	}
	id, _ := base64.RawURLEncoding.DecodeString(m.tags["f"][0]) // "" is no step
	return string(id)
}

// listen begins at the address that the functions take for AWS's.
func listen(address, behind string) (*wire, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("FUNCTIONS_ENDPOINT is %q, want where the functions look for AWS", address)
	}
	target, err := url.Parse(behind)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	w := &wire{next: httputil.NewSingleHostReverseProxy(target), before: map[string]func(int) bool{}, after: map[string]func(int){}}
	w.server.Handler = w
	go func() { _ = w.server.Serve(l) }()
	return w, nil
}

func (w *wire) Close() { _ = w.server.Close() }

// ServeHTTP hands a call on to SES.
func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/outbound-emails") {
		w.next.ServeHTTP(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	var sent struct {
		Destination struct{ ToAddresses []string }
		EmailTags   []struct{ Name, Value string }
		Content     struct {
			Simple struct {
				Body struct{ Text struct{ Data string } }
			}
		}
	}
	if err != nil || json.Unmarshal(body, &sent) != nil || len(sent.Destination.ToAddresses) != 1 {
		http.Error(rw, "not a mail to one person", http.StatusBadRequest)
		return
	}
	to, err := netmail.ParseAddress(sent.Destination.ToAddresses[0])
	if err != nil {
		http.Error(rw, "not an address", http.StatusBadRequest)
		return
	}
	m := mail{to: to.Address, text: sent.Content.Simple.Body.Text.Data, tags: map[string][]string{}}
	for _, t := range sent.EmailTags {
		m.tags[t.Name] = []string{t.Value}
	}
	w.mu.Lock()
	before, after := w.before[m.to], w.after[m.to]
	delete(w.before, m.to)
	delete(w.after, m.to)
	w.mu.Unlock()
	if before != nil && !before(caller(r)) {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &kept{ResponseWriter: rw}
	w.next.ServeHTTP(answer, r)
	var took struct {
		MessageID string `json:"MessageId"`
	}
	if answer.status == http.StatusOK && json.Unmarshal(answer.body.Bytes(), &took) == nil {
		m.id, m.at = took.MessageID, time.Now()
		w.mu.Lock()
		w.mails = append(w.mails, m)
		w.mu.Unlock()
	}
	if after != nil {
		after(caller(r))
	}
	rw.WriteHeader(answer.status)
	_, _ = rw.Write(answer.body.Bytes()) // whoever asked may be gone
}

// kept keeps an answer back.
type kept struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *kept) WriteHeader(status int)             { k.status = status }
func (k *kept) Write(b []byte) (int, error)        { return k.body.Write(b) }
func (w *wire) onCall(to string, f func(int) bool) { w.mu.Lock(); w.before[to] = f; w.mu.Unlock() }
func (w *wire) onTaken(to string, f func(int))     { w.mu.Lock(); w.after[to] = f; w.mu.Unlock() }

// to returns what SES took for an address.
func (w *wire) to(address string) []mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []mail
	for _, m := range w.mails {
		if m.to == address {
			out = append(out, m)
		}
	}
	return out
}

// all returns everything that SES took.
func (w *wire) all() []mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mails)
}

// caller is the process at the other end of a connection on this machine; 0 when Linux does not tell.
// Both ends have to fit: another process may use the same port to reach another one.
func caller(r *http.Request) int {
	there, err := netip.ParseAddrPort(r.RemoteAddr)
	here, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if err != nil || !ok {
		return 0
	}
	for range 10 { // the kernel writes its table in pieces, while others connect
		if pid := owner(fmt.Sprintf(":%04X", there.Port()), fmt.Sprintf(":%04X", here.Port)); pid != 0 {
			return pid
		}
	}
	return 0
}

// owner is the process whose connection goes from one port of this machine to another.
func owner(from, to string) int {
	table, _ := os.ReadFile("/proc/net/tcp")
	inode := ""
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 9 && strings.HasSuffix(f[1], from) && strings.HasSuffix(f[2], to) {
			inode = "socket:[" + f[9] + "]"
		}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil && name == inode {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			return pid
		}
	}
	return 0
}
