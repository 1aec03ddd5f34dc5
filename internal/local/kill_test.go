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
	"aftersales/internal/racing"
	"aftersales/internal/sqlite"
)

// A child is this test binary again, told by these variables what to do.
const (
	childWhat  = "AFTERSALES_TEST_CHILD" // serve, or open
	childDir   = "AFTERSALES_TEST_DIR"
	childMost  = "AFTERSALES_TEST_MOST"  // mails; in the middle of the last it stands still for ever
	childGroup = "AFTERSALES_TEST_GROUP" // follow-ups armed at once
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
	group, _ := strconv.Atoi(os.Getenv(childGroup))
	left, _ := strconv.Atoi(os.Getenv(childMost))
	o.Clock = local.NewClock(time.Now, tenOClock, 1)
	o.Sent = func(followup.Message) { // told one at a time
		fmt.Println("sent")
		if left--; left == 0 {
			<-ctx.Done()
		}
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

func start(t testing.TB, what, dir string, most, group int) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childWhat+"="+what, childDir+"="+dir, fmt.Sprintf("%s=%d", childMost, most), fmt.Sprintf("%s=%d", childGroup, group))
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

var (
	kills  = racing.Fewer(100, 40)
	orders = racing.Fewer(1800, 750) // more than the kills take, see TestKilledAHundredTimes
)

// TestKilledAHundredTimes kills a serving process with SIGKILL, mostly in the
// middle of sending, a hundred times, each time starting it again on the same
// folder: in the end every message is in the mailbox exactly once.
//
// However slow the machine is, a process stands still in the middle of a mail
// before the work is done: what it takes is at most those mails and what its three
// hands have armed beside, which makes 90 * (3 + 9) + 10 * (20 + 30) in all, and 36 * 12 + 4 * 50 under the race detector.
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
	for n := range kills {
		most, group, after := 1+dice.IntN(3), 3, time.Duration(dice.IntN(60))*time.Millisecond
		if n%10 == 9 {
			most, group = 1+dice.IntN(20), 10
		}
		p := start(t, "serve", dir, most, group)
		inMail := false
		switch n % 5 {
		case 0: // anywhere: while opening, recovering, enrolling
		case 1: // anywhere while it sends
			p.lines("sent", dice.IntN(most))
			after /= 10
		default:
			inMail, after = p.lines("sent", most) == most, 0
		}
		time.AfterFunc(after, func() { _ = p.Process.Kill() })
		if !p.dies() {
			t.Fatal("a child ended by itself")
		}
		if armed, more := inHand(t, dir); armed == 0 && inMail || !more {
			t.Errorf("kill %d found %d rows armed, in the middle of a mail: %t; work pending: %t", n, armed, inMail, more)
		}
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
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // only ends a test that fails
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
