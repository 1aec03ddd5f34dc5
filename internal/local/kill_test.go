package local_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
)

// A child is this test binary again, told by these variables what to do.
const (
	childWhat = "AFTERSALES_TEST_CHILD" // serve, or open
	childDir  = "AFTERSALES_TEST_DIR"
	childRate = "AFTERSALES_TEST_RATE"
)

// tenOClock is when the first mail of [mugs] of five days before is due.
var tenOClock = utc("2026-03-07T09:00")

// child is the main of another process. What serves ends when its standard input does.
func child(what string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if what == "serve" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	o := options(os.Getenv(childDir))
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	group := 0
	gap := time.Duration(0)
	if rate, _ := strconv.ParseFloat(os.Getenv(childRate), 64); rate > 0 {
		gap = time.Duration(float64(time.Second) / rate)
		group = 3
		if rate > 100 {
			group = 20
		}
	}
	o.Clock = local.NewClock(time.Now, tenOClock, 1)
	o.Sent = func(followup.Message) { // slow to go on after each mail, so that a kill finds work in hand
		fmt.Println("sent")
		<-time.After(gap)
	}
	app, err := local.Open(ctx, o)
	if err == nil && what == "serve" {
		err = app.Serve(ctx, local.ServeOptions{
			Listen: "127.0.0.1:0", Console: "127.0.0.1:0", Group: group, Ready: func(string, string) { fmt.Println("ready") },
		})
	}
	if app != nil {
		err = errors.Join(err, app.Close())
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// process is a child under way.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t testing.TB, what, dir string, rate float64) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childWhat+"="+what, childDir+"="+dir, fmt.Sprintf("%s=%g", childRate, rate))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{cmd, in, bufio.NewScanner(out)}
}

// lines reads what the child says until it said so many words, or ended.
func (p *process) lines(word string, most int) (n int) {
	for n < most && p.out.Scan() {
		if p.out.Text() == word {
			n++
		}
	}
	return n
}

// dies reads to the end and waits. It reports whether SIGKILL ended the child.
func (p *process) dies() bool {
	for p.out.Scan() {
	}
	err := p.Wait()
	ee, ok := errors.AsType[*exec.ExitError](err)
	return ok && ee.ExitCode() == -1
}

const (
	kills  = 100
	orders = 1800 // so many that each kill finds work, half as many again as a hundred kills take
)

// TestKilledAHundredTimes kills a serving process with SIGKILL, mostly in the
// middle of sending, a hundred times, each time starting it again on the same
// folder: in the end every message is in the mailbox exactly once.
func TestKilledAHundredTimes(t *testing.T) {
	dir := t.TempDir()
	app := open(t, options(dir))
	accept(t, app.Store, tenOClock.AddDate(0, 0, -5), mugs(orders, tenOClock.AddDate(0, 0, -5))...)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	armed, pending := 0, 0
	for range kills {
		// Slowly, in groups of 3; now and then as fast as it can, in groups of 20.
		rate, most, after := 8.0, 2, time.Duration(dice.IntN(60))*time.Millisecond
		if dice.IntN(10) == 0 {
			rate, most, after = 1000, 20, time.Duration(dice.IntN(3000))*time.Microsecond
		}
		p := start(t, "serve", dir, rate)
		if dice.IntN(5) > 0 { // else anywhere: while opening, recovering, enrolling
			p.lines("sent", 1+dice.IntN(most))
		}
		time.AfterFunc(after, func() { _ = p.Process.Kill() })
		if !p.dies() {
			t.Fatal("a child ended by itself")
		}
		a, more := inHand(t, dir)
		if a > 0 {
			armed++
		}
		if more {
			pending++
		}
	}
	t.Logf("%d kills found rows armed, %d found work pending", armed, pending)
	if armed < kills/2 || pending < kills*9/10 {
		t.Errorf("of %d kills %d landed in the middle of sending and %d while work was pending: too few to show anything", kills, armed, pending)
	}
	finish(t, dir)
}

// inHand counts the rows that a dead process had armed, and says whether
// anything was left to send or enroll.
func inHand(t *testing.T, dir string) (armed int, more bool) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	ids, _, err := s.Find(t.Context(), followup.Query{State: followup.Armed}, "", orders)
	refs, _, err2 := s.Due(t.Context(), tenOClock.Add(time.Hour), "", 1) // a look at once is dated by the clock of the dead
	waiting, _, err3 := s.Waiting(t.Context(), "", 1)
	if err := errors.Join(err, err2, err3, s.Close()); err != nil {
		t.Fatal(err)
	}
	return len(ids), len(ids)+len(refs)+len(waiting) > 0
}

// finish serves dir until every first mail was taken, stops, and looks at
// everything.
func finish(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only ends a test that fails
	defer cancel()
	o := options(dir)
	o.Clock = local.NewClock(time.Now, tenOClock, 1)
	left := -1
	o.Sent = func(followup.Message) {
		if left--; left == 0 {
			cancel()
		}
	}
	app := open(t, o)
	before := len(mails(t, app.Store))
	if left = orders - before; left == 0 {
		t.Error("nothing was left for the last process")
	}
	if err := app.Serve(ctx, local.ServeOptions{Listen: "127.0.0.1:0", Console: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	drain(t, app.NewLoop()) // settles what was accepted but not recorded, when nothing else was left
	t.Logf("%d mails before the last process", before)
	checkKilled(t, app, dir)
}

func checkKilled(t *testing.T, app *local.App, dir string) {
	t.Helper()
	sent := once(t, mails(t, app.Store))
	if len(sent) != orders {
		t.Errorf("%d mails, want %d", len(sent), orders)
	}
	all := journeys(t, app.Store)
	if len(all) != orders {
		t.Errorf("%d journeys, want %d", len(all), orders)
	}
	for _, j := range all {
		for _, row := range j.Rows {
			_, went := sent[row.ID]
			want := followup.Planned
			if row.Step == "check-in" {
				want = followup.Sent
			}
			if row.State != want || went != (want == followup.Sent) {
				t.Errorf("%s is %s, in the mailbox: %t, want %s: %v", row.ID, row.State, went, want, row.Decisions)
			}
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
}
