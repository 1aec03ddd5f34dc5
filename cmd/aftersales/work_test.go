package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

const call = "main/1001/check-in-call/-/1#1"

// shop is a folder with the example order, delivered, at noon of that day.
func shop(t *testing.T) *opened {
	t.Helper()
	o := open(t, folder(t), "2026-03-05T12:00:00Z")
	o.take("main", "order.created", "order.delivered")
	return o
}

// The story is told beside an open handle of the same folder.
func TestWhy(t *testing.T) {
	o := shop(t)
	golden(t, "why.golden", o.cli("why", "1001").well(t).out)
	for _, name := range []string{"#1001", "main/1001"} {
		if out := o.cli("why", name).well(t).out; !strings.HasPrefix(out, "Order #1001\n") {
			t.Errorf("why %s: %s", name, out)
		}
	}
	story := decode[engine.Story](t, o.cli("why", "1001", "--json"))
	if story.Order.ID != "1001" || len(story.FollowUps) != 7 || len(story.Events) != 2 || story.FollowUps[0].Decisions[0].Facts["anchor"] != "delivered" {
		t.Errorf("as JSON: %+v", story)
	}
	o.cli("why", "9999").badly(t, exitFailed, "order 9999: not found")
	o.cli("why", "main/9999").badly(t, exitFailed, "not found")
}

// What is assumed is marked, and what no plan wants says what is missing.
func TestWhyAssumedAndUnmatched(t *testing.T) {
	o := open(t, folder(t), "2026-03-04T12:00:00Z")
	o.take("main", "order.created", "order.fulfilled")
	out := o.cli("why", "1001").well(t).out
	for _, want := range []string{"assumed: fulfilled + P5D", "P14D of the plan, from an assumed date"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	lost := open(t, folder(t), "2026-03-04T12:00:00Z")
	lost.take("main", "order.delivered")
	if out := lost.cli("why", "1001").well(t).out; !strings.Contains(out, "none: the order itself was not heard of yet") {
		t.Errorf("got\n%s", out)
	}
}

// What nothing is planned of says why: the goods left, or it is not wanted.
func TestWhyIdle(t *testing.T) {
	o := shop(t)
	o.takeBody("main", "small", noon("7-created", "order.created", `{"order":{"id":"7","currency":"EUR","total":"40.00","lines":[{"id":"l1","name":"Washing machine","quantity":1,"price":"40.00"}]}}`))
	o.takeBody("main", "here", noon("7-delivered", "order.delivered", `{"order":{"id":"7"}}`))
	if out := o.cli("why", "7").well(t).out; !strings.Contains(out, "check-in-call   not wanted: order.total >= ") || !strings.Contains(out, "recovered       waits for case_closed") {
		t.Errorf("delivered, and too cheap for a call:\n%s", out)
	}
	o.takeBody("main", "gone", noon("7-gone", "order.returned", `{"order":{"id":"7"}}`))
	if out := o.cli("why", "7").well(t).out; !strings.Contains(out, "recovered       no unit of the plan is with the customer any more") {
		t.Errorf("returned:\n%s", out)
	}
	if out := o.cli("why", "7").well(t).out; strings.Contains(out, "waits for") {
		t.Errorf("what left is waited for:\n%s", out)
	}
}

// An event that concerns nothing is told in the story until the order is complete.
func TestWhyStray(t *testing.T) {
	o := shop(t)
	o.takeBody("main", "stray", noon("reg-9", "unit.registered", `{"unit":{"order":"1001","line":"l9","index":1}}`))
	const want = `event reg-9 of shop/main (unit.registered): unit.line "l9" is no line of the order, which has l1`
	if out := o.cli("why", "1001").well(t).out; !strings.Contains(out, "fault    "+want) {
		t.Errorf("the stray is not told:\n%s", out)
	}
	story := decode[engine.Story](t, o.cli("why", "1001", "--json"))
	if f := story.Order.Faults; len(f) != 1 || !strings.HasPrefix(f[0], want) {
		t.Errorf("as JSON: %q", f)
	}
	o.takeBody("main", "more", noon("up-9", "order.updated", `{"order":{"id":"1001","lines":[{"id":"l9","name":"Hose","quantity":1}]}}`))
	if out := o.cli("why", "1001").well(t).out; strings.Contains(out, "fault") {
		t.Errorf("the fault stays:\n%s", out)
	}
}

// What a store says of one instant stands in the order of an order's life,
// whatever its ids are.
func TestWhySameInstant(t *testing.T) {
	o := open(t, folder(t), "2026-03-05T12:00:00Z")
	for id, kind := range map[string]string{"b": "order.created", "a": "order.delivered", "c": "order.fulfilled", "0": "order.paid"} {
		data := `{"order":{"id":"7"}}`
		if kind == "order.created" {
			data = `{"order":{"id":"7","currency":"EUR","lines":[{"id":"l1","quantity":1}]}}`
		}
		o.takeBody("main", id, noon(id, kind, data))
	}
	var got []string
	for _, e := range decode[engine.Story](t, o.cli("why", "7", "--json")).Events {
		got = append(got, e.Type)
	}
	if want := "order.created order.paid order.fulfilled order.delivered"; strings.Join(got, " ") != want {
		t.Errorf("events stand as %v, want %s", got, want)
	}
}

// Two shops may know the same order.
func TestWhyAmbiguous(t *testing.T) {
	cfg := folder(t)
	b, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	second := "  - {id: second, name: Second, sender: a@second.example, public_url: 'https://second.example'}\n"
	if err := os.WriteFile(cfg, append(b, second...), 0o600); err != nil {
		t.Fatal(err)
	}
	o := open(t, cfg, "2026-03-05T12:00:00Z")
	o.take("main", "order.created")
	o.take("second", "order.created")
	d := o.cli("why", "#1001")
	d.badly(t, exitFailed, "2 orders fit")
	if !strings.Contains(d.err, "\n  main/1001 ") || !strings.Contains(d.err, "\n  second/1001 ") {
		t.Errorf("the candidates are not told: %s", d.err)
	}
	if story := decode[engine.Story](t, o.cli("why", "1001", "--shop", "second", "--json")); story.Order.Shop != "second" {
		t.Errorf("--shop is not heeded: %+v", story.Order)
	}
}

func TestCalls(t *testing.T) {
	o := shop(t)
	if out := o.cli("calls", "list").well(t).out; out != "No call may be made now.\n" {
		t.Errorf("before: %s", out)
	}
	o.goTo("2026-03-09T10:05:00Z")
	list := decode[[]engine.CallItem](t, o.cli("calls", "list", "--json"))
	if len(list) != 1 || list[0].ID != call || list[0].Phone != "" || list[0].Try != 1 || list[0].DueLocal != "2026-03-09T10:00:00" {
		t.Fatalf("the list: %+v", list)
	}
	o.cli("calls", "done", call, "--outcome", "works").badly(t, exitFailed, "claim it first: aftersales calls claim "+call)
	out := o.cli("calls", "claim", call, "--by", "Ben").well(t).out
	for _, want := range []string{"Anna Jónsdóttir  +3545812345\n", "How is it working?", "aftersales calls done " + call} {
		if !strings.Contains(out, want) {
			t.Errorf("a claim does not show %q:\n%s", want, out)
		}
	}
	o.cli("calls", "claim", call, "--by", "Eve").badly(t, exitFailed, "claimed by Ben")
	if out := o.cli("calls", "list").well(t).out; !strings.Contains(out, "claimed by Ben") {
		t.Errorf("the list: %s", out)
	}
	o.cli("calls", "release", call, "--by", "Eve", "--reason", "busy").badly(t, exitFailed, "Ben claimed it less than 15 minutes ago")
	o.cli("calls", "release", call, "--by", "Ben", "--reason", "busy").well(t)
	claimed := decode[engine.CallItem](t, o.cli("calls", "claim", call, "--by", "Ben", "--json"))
	if claimed.Phone != "+3545812345" || claimed.ClaimedBy != "Ben" {
		t.Errorf("claimed: %+v", claimed)
	}
	said := decode[map[string]string](t, o.cli("calls", "done", call, "--outcome", "problem", "--note", "it is loud", "--json"))
	if said["case"] != "main/1001-1" || said["reply_due"] == "" {
		t.Errorf("a problem by phone: %v", said)
	}
	o.cli("calls", "claim", "main/1001/nothing/-/1").badly(t, exitFailed, "not found")
}

// A call back is at the customer's time.
func TestCallBack(t *testing.T) {
	o := shop(t)
	o.goTo("2026-03-09T10:05:00Z")
	o.cli("calls", "claim", call).well(t)
	o.cli("calls", "done", call, "--outcome", "call-back", "--at", "2026-03-10T15:00").well(t)
	if out := o.cli("why", "1001").well(t).out; !strings.Contains(out, "Tue 2026-03-10 15:00  check-in-call") {
		t.Errorf("no call at the time asked for:\n%s", out)
	}
}

// Cases of shops in different zones say whose time it is.
func TestCasesOfTwoShops(t *testing.T) {
	cfg := folder(t)
	b, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	second := "  - {id: second, name: Second, sender: a@second.example, public_url: 'https://second.example', zone: Asia/Tehran}\n"
	if err := os.WriteFile(cfg, append(b, second...), 0o600); err != nil {
		t.Fatal(err)
	}
	o := open(t, cfg, "2026-03-05T12:00:00Z")
	for _, shop := range []followup.ShopID{"main", "second"} {
		o.take(shop, "order.created")
		o.cli("case", "open", string(shop)+"/1001").well(t)
	}
	out := o.cli("case", "list").well(t).out
	for _, want := range []string{"UTC          opened Thu 2026-03-05 12:00", "Asia/Tehran  opened Thu 2026-03-05 15:30", "Times are those of each shop.\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestCases(t *testing.T) {
	cfg := folder(t)
	edit(t, cfg, "zone: UTC", "zone: Europe/Berlin")
	o := open(t, cfg, "2026-03-05T12:00:00Z")
	o.take("main", "order.created", "order.delivered")
	if out := o.cli("case", "list").well(t).out; out != "No cases.\n" {
		t.Errorf("before: %s", out)
	}
	o.cli("case", "open", "1001", "--unit", "l9/1").badly(t, exitMisused, "its first is l1/1")
	if out := o.cli("case", "open", "#1001", "--unit", "l1/1", "--text", "it is loud").well(t).out; out != "case main/1001-1 is open\n" {
		t.Errorf("open: %s", out)
	}
	o.cli("case", "open", "#1001", "--unit", "l1/1").badly(t, exitFailed, "case main/1001-1 is open for it already")
	list := decode[[]engine.StoryCase](t, o.cli("case", "list", "--json"))
	if len(list) != 1 || list[0].State != "open" || list[0].Units[0] != "l1/1" || list[0].ReplyDue == "" {
		t.Errorf("the list: %+v", list)
	}
	if out := o.cli("case", "list").well(t).out; !strings.Contains(out, "opened Thu 2026-03-05 13:00") || !strings.HasSuffix(out, "\nTimes are Europe/Berlin, the shop's.\n") {
		t.Errorf("the list for people: %s", out)
	}
	o.tick()
	o.cli("case", "note", "main/1001-1", "--text", "asked for a film").well(t)
	o.tick()
	o.cli("case", "close", "1001-1", "--reason", "repaired").well(t)
	o.cli("case", "close", "main/1001-1", "--reason", "repaired").badly(t, exitFailed, "closed already")
	if out := o.cli("why", "1001").well(t).out; !strings.Contains(out, "recovered") || !strings.Contains(out, "closed Thu 2026-03-05 12:02: repaired") {
		t.Errorf("a closed case does not ask again:\n%s", out)
	}
	if out := o.cli("case", "list", "--open", "--json").well(t).out; out != "[]\n" {
		t.Errorf("open ones: %s", out)
	}
	if list := decode[[]engine.StoryCase](t, o.cli("case", "list", "--json")); len(list) != 1 || list[0].State != "closed" {
		t.Errorf("all: %+v", list)
	}
	o.tick()
	o.cli("case", "reopen", "#1001-1").well(t)
	o.cli("case", "note", "nonsense", "--text", "x").badly(t, exitMisused, "main/1001-1")
	o.cli("case", "note", "main/1001-7", "--text", "x").badly(t, exitFailed, "not found")
}

func TestParked(t *testing.T) {
	o := shop(t)
	ids := []followup.FollowUpID{"main/1001/set-up/-/1", "main/1001/review/-/1", "main/1001/return-window/-/P5D"}
	js, err := o.Store.Journeys(t.Context(), []followup.JourneyID{"main/1001"})
	if err != nil {
		t.Fatal(err)
	}
	var rows []followup.FollowUp
	for _, id := range ids {
		rows = append(rows, js[0].Row(id).Poison("could not be read", o.Clock.Now()))
	}
	if errs, err := o.Store.Save(t.Context(), []followup.Change{{Journey: "main/1001", Rows: rows}}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	list := decode[[]engine.ParkedItem](t, o.cli("parked", "list", "--json"))
	if len(list) != 3 || list[0].ID != ids[0] || list[0].State != "parked" || list[0].Reason != "could not be read" || list[0].Order != "1001" {
		t.Fatalf("the list: %+v", list)
	}
	if out := o.cli("parked", "list").well(t).out; !strings.Contains(out, "could not be read") {
		t.Errorf("for people: %s", out)
	}
	o.cli("parked", "sent", string(ids[0]), "--reason", "the customer has it").well(t)
	o.cli("parked", "void", string(ids[1]), "--reason", "too old").well(t)
	if d := decode[map[string]string](t, o.cli("parked", "resend", string(ids[2]), "--reason", "lost", "--json")); d["state"] != "planned" {
		t.Errorf("resent: %v", d)
	}
	o.cli("parked", "void", string(ids[1]), "--reason", "again").badly(t, exitFailed, "it is voided, not parked")
	if out := o.cli("parked", "list").well(t).out; out != "Nothing is parked.\n" {
		t.Errorf("after: %s", out)
	}
}

// serving is a serve in this process.
type serving struct {
	Listen, Console, Version string

	stop context.CancelFunc
	code chan int
	log  bytes.Buffer // to be read once it has ended
}

func serve(t *testing.T, cfg string, args ...string) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &serving{stop: stop, code: make(chan int, 1)}
	args = append([]string{"serve", "--config", cfg, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"}, args...)
	go func() {
		getenv := func(string) (string, bool) { return "", false }
		code := run(ctx, args, process{in: strings.NewReader(""), out: w, err: &s.log, getenv: getenv})
		s.code <- code
		w.Close()
	}()
	dec := json.NewDecoder(r)
	if err := dec.Decode(s); err != nil {
		t.Fatal(err)
	}
	go func() { // exactly one line
		if rest, _ := io.ReadAll(io.MultiReader(dec.Buffered(), r)); strings.TrimSpace(string(rest)) != "" {
			t.Errorf("more on stdout: %s", rest)
		}
	}()
	t.Cleanup(func() { stop() })
	return s
}

func (s *serving) end(t *testing.T) {
	t.Helper()
	s.stop()
	select {
	case code := <-s.code:
		if code != exitDone {
			t.Errorf("serve ended with %d", code)
		}
	case <-time.After(5 * time.Minute): // only ends a test that fails
		t.Fatal("serve does not stop")
	}
}

// A serve says where it listens, lets other verbs work on its clock, lets no
// second one in, and stops when told.
func TestServe(t *testing.T) {
	cfg := folder(t)
	s := serve(t, cfg, "--clock", "2030-01-01T10:00:00Z,x0")
	if s.Version == "" || s.Console == "" {
		t.Errorf("ready: %+v", s)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Listen+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("healthz answers %d", resp.StatusCode)
	}
	second := cli(t, "serve", "--config", cfg, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")
	second.badly(t, exitFailed, "only one process may serve a folder")
	beside := shell{process: process{err: io.Discard, getenv: func(string) (string, bool) { return "", false }}, Globals: Globals{Config: cfg}}
	app, err := beside.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Clock.Now(); !got.Equal(time.Date(2030, 1, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("beside it, it is %s", got)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
	s.end(t)
	unspoken := filepath.Join(filepath.Dir(cfg), "messages", "check-in", "fa.md")
	if err := os.WriteFile(unspoken, []byte("---\nsubject: s\npreview: p\n---\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := serve(t, cfg) // without --clock the machine's time is back
	if app, err = beside.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if app.Clock.Now().Year() == 2030 {
		t.Error("the clock of the serve before is still followed")
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
	again.end(t)
	if log := again.log.String(); !strings.Contains(log, "message left out") || !strings.Contains(log, "check-in/fa.md") {
		t.Errorf("a message in a language that is not spoken is not told of: %s", log)
	}
}

// What a merchant is still writing changes nothing before serve starts with it:
// verbs beside it work by what it runs on, and keep no draft.
func TestVerbsWorkByWhatIsServed(t *testing.T) {
	cfg := folder(t)
	o := open(t, cfg, "2026-03-05T12:00:00Z")
	o.take("main", "order.created", "order.delivered")
	s := serve(t, cfg, "--clock", "2026-03-05T12:00:00Z,x0")
	defer s.end(t)
	plan, message := filepath.Join(filepath.Dir(cfg), "plans", "10-appliance.yaml"), filepath.Join(filepath.Dir(cfg), "messages", "check-in-call", "en.md")
	before := o.cli("why", "1001", "--json").well(t).out

	edit(t, plan, "version: 1", "version: 2")
	edit(t, plan, `{event: delivered, wait: P1D, at: "10:00"}`, `{event: delivered, wait: P3D, at: "10:00"}`)
	edit(t, message, "Hello, this is", "{{nonsense}} Hello, this is")
	if out := o.cli("calls", "list").well(t).out; out == "" {
		t.Error("calls list prints nothing")
	}
	if after := o.cli("why", "1001", "--json").well(t).out; after != before {
		t.Errorf("a draft has changed what why tells:\n%s", cmp.Diff(before, after))
	}
	o.cli("case", "open", "1001").well(t)
	story := decode[engine.Story](t, o.cli("why", "1001", "--json"))
	if got := story.Order.Version; got != 1 {
		t.Errorf("a verb has put the order on version %d, which is not served", got)
	}
	docs, err := o.Store.PlanDocs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if d.Version != 1 {
			t.Errorf("a verb has kept version %d of plan %s, which is a draft", d.Version, d.Name)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	cfg := folder(t)
	for _, c := range []struct{ args, says string }{
		{"--listen nowhere", "no address"},
		{"--listen 127.0.0.1:http", "no address"},
		{"--console 0.0.0.0:8081", "not on this machine only"},
		{"--console 127.0.0.1:123456", "no address"},
	} {
		cli(t, append([]string{"serve", "--config", cfg}, strings.Fields(c.args)...)...).badly(t, exitMisused, c.says)
	}
	edit(t, cfg, "channel: mailbox ", "smtp: {host: 127.0.0.1, port: 2525, tls: none}\n  channel: smtp ")
	cli(t, "serve", "--config", cfg, "--clock", "2030-01-01T10:00:00Z").badly(t, exitMisused, "--clock works only with channel mailbox")
}

// A secret that nothing reads is told when serve starts, and its value never is.
func TestServeWarnsOfUnreadSecrets(t *testing.T) {
	s := shell{process: process{
		getenv:  func(string) (string, bool) { return "", false },
		environ: func() []string { return []string{"AFTERSALES_SHOPIFY_SECRET_MIAN=hush-hush"} },
	}, Globals: Globals{Config: folder(t)}}
	cfg, err := s.config()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(cfg.Warnings, "\n")
	if !strings.Contains(text, "AFTERSALES_SHOPIFY_SECRET_MIAN: is set, but nothing reads it; did you mean AFTERSALES_SHOPIFY_SECRET_MAIN?") || strings.Contains(text, "hush") {
		t.Errorf("warnings: %s", text)
	}
}

// --data names another folder.
func TestData(t *testing.T) {
	o := shop(t)
	empty := filepath.Join(t.TempDir(), "other")
	o.cli("why", "1001", "--data", empty).badly(t, exitFailed, "folder "+empty+" holds no data yet")
	o.cli("why", "1001", "--data", o.Config.Data).well(t)
}
