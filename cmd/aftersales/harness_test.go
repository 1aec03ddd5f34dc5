package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/events"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// done is what a command left behind.
type done struct {
	code     int
	out, err string
}

// cli runs a command in this process, without any environment.
func cli(t *testing.T, args ...string) done {
	t.Helper()
	return cliIn(t, "", nil, args...)
}

func cliIn(t *testing.T, in string, env map[string]string, args ...string) done {
	t.Helper()
	var out, errs bytes.Buffer
	getenv := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code := run(t.Context(), args, process{in: strings.NewReader(in), out: &out, err: &errs, getenv: getenv})
	return done{code, out.String(), errs.String()}
}

// well fails unless the command did what it was told, in silence.
func (d done) well(t *testing.T) done {
	t.Helper()
	if d.code != exitDone || d.err != "" {
		t.Fatalf("exit %d, stderr %q, stdout %q", d.code, d.err, d.out)
	}
	return d
}

// badly fails unless the command ended with code and complained of want.
func (d done) badly(t *testing.T, code int, want string) {
	t.Helper()
	if d.code != code || !strings.Contains(d.err, want) {
		t.Errorf("exit %d, want %d; stderr %q, want %q in it", d.code, code, d.err, want)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// folder is what `init` writes, and the configuration in it.
func folder(t *testing.T) (cfg string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	cli(t, "init", dir).well(t)
	return filepath.Join(dir, config.FileName)
}

// edit replaces text in a file.
func edit(t *testing.T, path, old, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("%s does not contain %q", path, old)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(text), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// opened is a folder that another process has open all the time, as a serve
// has, with a clock that stands still.
type opened struct {
	*local.App
	t   *testing.T
	cfg string
}

func open(t *testing.T, cfg string, now string) *opened {
	t.Helper()
	c, err := config.Load(cfg, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	app, err := local.Open(t.Context(), local.Options{
		Config: c, Clock: local.NewClock(time.Now, at, 0), Store: sqlite.Options{NoSync: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	o := &opened{App: app, t: t, cfg: cfg}
	o.note()
	return o
}

// note tells the clock to verbs, as serve does.
func (o *opened) note() {
	o.t.Helper()
	if err := noteClock(o.t.Context(), o.App, &clockFlag{start: o.Clock.Now()}); err != nil {
		o.t.Fatal(err)
	}
}

// take enrolls ready-made events of one shop.
func (o *opened) take(shop followup.ShopID, names ...string) {
	o.t.Helper()
	for _, name := range names {
		body, err := events.Files.ReadFile("generic/" + name + ".json")
		if err != nil {
			o.t.Fatal(err)
		}
		o.takeBody(shop, name, body)
	}
}

// takeBody enrolls one body under a key.
func (o *opened) takeBody(shop followup.ShopID, key string, body []byte) {
	o.t.Helper()
	in := followup.Incoming{InboxKey: followup.InboxKey{Shop: shop, Source: "generic", Key: key}, Hash: key, Body: body, At: o.Clock.Now()}
	if _, err := o.Store.Accept(o.t.Context(), []followup.Incoming{in}); err != nil {
		o.t.Fatal(err)
	}
	errs, err := o.Engine.Receive(o.t.Context(), o.Clock.Now(), []followup.Incoming{in})
	if err != nil || errs[0] != nil {
		o.t.Fatal(err, errs)
	}
}

// noon makes a generic event of noon, 5 March 2026.
func noon(id, kind, data string) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":"shop/main","type":%q,"time":"2026-03-05T12:00:00Z","data":%s}`, id, kind, data)
}

// goTo moves the clock and does what is due.
func (o *opened) goTo(now string) {
	o.t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		o.t.Fatal(err)
	}
	o.Clock.AdvanceTo(at)
	o.note()
	if _, err := o.NewLoop().Drain(context.WithoutCancel(o.t.Context())); err != nil {
		o.t.Fatal(err)
	}
}

// tick lets a minute pass.
func (o *opened) tick() {
	o.t.Helper()
	o.Clock.Advance(time.Minute)
	o.note()
}

// cli runs a verb on the folder.
func (o *opened) cli(args ...string) done {
	o.t.Helper()
	return cli(o.t, append(args, "--config", o.cfg)...)
}

// decode reads JSON of a command, strictly.
func decode[T any](t *testing.T, d done) (v T) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(d.well(t).out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, d.out)
	}
	return v
}
