package local_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/setup"
	"aftersales/internal/sqlite"
)

// serving starts Serve and waits until it listens; stop ends it.
func serving(t testing.TB, app *local.App) (listen, console string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan [2]string, 1), make(chan error, 1)
	go func() {
		done <- app.Serve(ctx, local.ServeOptions{
			Listen: "127.0.0.1:0", Console: "127.0.0.1:0", Version: "1.2.3", Ready: func(l, c string) { ready <- [2]string{l, c} },
		})
	}()
	stop = func() {
		cancel()
		if err, ok := <-done; ok && err != nil {
			t.Errorf("serve ended with %v", err)
		}
		close(done)
	}
	select {
	case at := <-ready:
		return at[0], at[1], stop
	case err := <-done:
		cancel()
		t.Fatalf("serve: %v", err)
		return "", "", nil
	}
}

func TestServeListensTwiceAndStops(t *testing.T) {
	app := open(t, options(t.TempDir()))
	listen, console, stop := serving(t, app)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(url string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	for url, want := range map[string]int{
		"http://" + listen + "/healthz": 200, "http://" + console + "/mailbox": 200, "http://" + console + "/": 200,
		"http://" + listen + "/mailbox": 404, "http://" + listen + "/orders": 404, // never on the public port
	} {
		if got := get(url); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	stop()
	if resp, err := client.Get("http://" + listen + "/healthz"); err == nil {
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && strings.Contains(string(text), `"version":"1.2.3"`) { // else somebody else has the port by now
			t.Error("it listens after it stopped")
		}
	}
}

func TestSecondServeIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, _, stop := serving(t, open(t, options(dir)))
	second := open(t, options(dir))                                // other verbs work beside it
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // only ends a test that fails
	defer cancel()
	err := second.Serve(ctx, local.ServeOptions{Listen: "127.0.0.1:0", Console: "127.0.0.1:0"})
	held, ok := errors.AsType[*sqlite.HeldError](err)
	if !ok || !strings.Contains(err.Error(), fmt.Sprintf("aftersales serve, process %d", os.Getpid())) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second serve: %v (holder %v), want the folder and the process that has it", err, held)
	}
	stop()
	_, _, stop = serving(t, second) // now it may
	stop()
}

func TestServeSaysWhenItCannotListen(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	listen, _, stop := serving(t, open(t, options(dir)))
	defer stop()
	app := open(t, options(other))
	for _, o := range []local.ServeOptions{{Listen: listen, Console: "127.0.0.1:0"}, {Listen: "127.0.0.1:0", Console: listen}} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // only ends a test that fails
		defer cancel()
		if err := app.Serve(ctx, o); err == nil || !strings.Contains(err.Error(), listen) {
			t.Errorf("serve on a taken port: %v, want it named", err)
		}
	}
	_, _, again := serving(t, app) // the folder was let go
	again()
}

func TestDatabaseOfANewerVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	app := open(t, options(dir))
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 4000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	app, err = local.Open(t.Context(), options(dir))
	if !errors.Is(err, sqlite.ErrNewer) || app != nil || !strings.Contains(err.Error(), "4000") || !strings.Contains(err.Error(), dir) {
		t.Errorf("open: %v, want ErrNewer with file and number", err)
	}
}

// A folder that may only be read is refused, and the refusal names it. Root may
// write everywhere, so as root the child is somebody else.
func TestReadOnlyFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	app := open(t, options(dir))
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o555, filepath.Join(dir, sqlite.FileName): 0o444} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	if os.Getuid() == 0 {
		cmd.Path = "/proc/self/exe" // the folder of the binary is closed to others
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Env = append(os.Environ(), childWhat+"=open", childDir+"="+dir)
	out, err := cmd.CombinedOutput()
	if ee, ok := errors.AsType[*exec.ExitError](err); !ok || ee.ExitCode() != 1 {
		t.Errorf("opening a read-only folder: %v %s, want exit 1", err, out)
	}
	if s := string(out); !strings.Contains(s, sqlite.ErrReadOnly.Error()) || !strings.Contains(s, dir) {
		t.Errorf("it says %q, want %q and the folder", s, sqlite.ErrReadOnly)
	}
}

// A full disk refuses what comes with 503 and keeps what it has; with space
// back everything that was accepted happens, once.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Store.MaxPages = 300
		app := open(t, o)
		loop := app.NewLoop()
		loop.Poll = time.Hour
		public := app.Public(loop, local.ServeOptions{})
		run(t, loop)
		for n := range 8 { // bodies that are done: the space to come back
			must(t, public, happened("order.updated", "old", fmt.Sprint(n), time.Now(), object{"padding": noise(100_000)}))
		}
		bodies := mugs(500, time.Now())
		must(t, public, bodies[:40]...) // their mails are due in five days, at nine
		time.Sleep(5*24*time.Hour + 9*time.Hour - 5*time.Minute)
		full := func(w *httptest.ResponseRecorder) bool {
			if w.Code != http.StatusAccepted && (w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "") {
				t.Fatalf("post: %d %s", w.Code, w.Body)
			}
			return w.Code != http.StatusAccepted
		}
		for n := 8; !full(post(public, happened("order.updated", "old", fmt.Sprint(n), time.Now(), object{"padding": noise(20_000)}))); {
			n++
		}
		taken := 40
		for taken < len(bodies) && !full(post(public, bodies[taken])) {
			taken++
		}
		if taken == len(bodies) {
			t.Fatalf("%d bodies taken before the disk was full", taken)
		}
		health := func() int {
			w := httptest.NewRecorder()
			public.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			return w.Code
		}
		if code := health(); code != http.StatusServiceUnavailable {
			t.Errorf("where no order finds room /healthz answers %d", code)
		}
		time.Sleep(10 * time.Minute) // while the mails come due
		early := len(mails(t, app.Store))
		if freed, err := app.Store.Sweep(t.Context(), time.Now().Add(-time.Hour), 1000); err != nil || freed == 0 {
			t.Fatalf("swept %d, %v", freed, err)
		}
		must(t, public, bodies[taken]) // sent again
		time.Sleep(time.Hour)
		if code := health(); code != http.StatusOK {
			t.Errorf("with room again /healthz answers %d", code)
		}
		t.Logf("%d bodies and %d mails before the disk was full", taken, early)
		if early >= 20 {
			t.Errorf("%d mails went out on a full disk", early)
		}
		checkFull(t, app, taken+1)
	})
}

// noise is text of n bytes that deflates to no less than half.
func noise(n int) string {
	out := make([]byte, n/2)
	dice := rand.NewChaCha8([32]byte{1})
	_, _ = dice.Read(out) // never fails
	return hex.EncodeToString(out)
}

func checkFull(t *testing.T, app *local.App, bodies int) {
	t.Helper()
	sent := once(t, mails(t, app.Store))
	for n := range bodies / 2 {
		j := journey(t, app.Store, fmt.Sprint(1000+n))
		row := j.Row(followup.NewFollowUpID(j.ID, "check-in", "", "1"))
		if row == nil {
			t.Errorf("order %d was accepted, but has no check-in", 1000+n)
		} else if _, went := sent[row.ID]; !went || row.State != followup.Sent {
			t.Errorf("%s is %s, in the mailbox: %t", row.ID, row.State, went)
		}
	}
	if waiting, _, err := app.Store.Waiting(t.Context(), "", 1); err != nil || len(waiting) > 0 {
		t.Errorf("%d bodies wait, %v", len(waiting), err)
	}
}

// What was accepted and not yet enrolled, or enrolled and not yet sent, goes on
// at the next start.
func TestRestartGoesOn(t *testing.T) {
	dir := t.TempDir()
	begin := utc("2026-03-02T09:00")
	at := func(now time.Time, sent func(followup.Message)) *local.App {
		o := options(dir)
		o.Clock, o.Sent = local.NewClock(time.Now, now, 1), sent
		return open(t, o)
	}
	app := at(begin, nil)
	accept(t, app.Store, begin, mugs(3, begin)...)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the first start enrolls and sends, the others have nothing to do
		told := make(chan struct{}, 10)
		app = at(tenOClock, func(followup.Message) { told <- struct{}{} })
		want := 3 - len(mails(t, app.Store))
		_, _, stop := serving(t, app)
		for range want {
			<-told
		}
		stop()
		if n := len(once(t, mails(t, app.Store))); n != 3 {
			t.Errorf("%d mails, want 3", n)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// After an upgrade the folder still knows what the older program ran on: while that
// one serves, another is refused; once nobody does, the files count.
func TestBesideAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	app := open(t, options(dir))
	_, _, stop := serving(t, app)
	text, err := app.Store.Meta(t.Context(), local.ServingKey)
	if err != nil || text == "" {
		t.Fatalf("serve keeps nothing: %v", err)
	}
	older := strings.Replace(text, `"fingerprint":"`, `"fingerprint":"0`, 1)
	if err := app.Store.SetMeta(t.Context(), local.ServingKey, older); err != nil {
		t.Fatal(err)
	}
	o := options(dir)
	o.Beside = true
	if beside, err := local.Open(t.Context(), o); !errors.Is(err, setup.ErrOtherVersion) || beside != nil {
		t.Errorf("beside another version: %v", err)
	}
	stop()
	o.Paths.Plans = fstest.MapFS{"new.yaml": {Data: []byte("plan: new\nversion: 1\nsteps:\n" +
		"  - {id: a, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D}}\n")}}
	docs, err := open(t, o).Store.PlanDocs(t.Context())
	if err != nil || !slices.ContainsFunc(docs, func(d followup.PlanDoc) bool { return d.Name == "new" }) {
		t.Errorf("the plan of the files is not kept: %v", err)
	}
}
