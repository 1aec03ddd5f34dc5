package local_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
)

// enrolled reports whether an order has become a journey.
func enrolled(t testing.TB, app *local.App, order string) bool {
	t.Helper()
	return journey(t, app.Store, order).Version > 0
}

// mugs are orders of a mug each, delivered: their first mail goes five days
// later at ten.
func mugs(n int, at time.Time) [][]byte {
	var out [][]byte
	for i := range n {
		order := fmt.Sprint(1000 + i)
		out = append(out, bought(order, at, "MUG-1", order, "DE", "Europe/Berlin", nil),
			happened("order.delivered", order, "delivered", at.Add(time.Hour), nil))
	}
	return out
}

func TestLoopWakesForWhatIsPosted(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		app := open(t, options(dir))
		loop := app.NewLoop()
		loop.Poll = 0
		run(t, loop)
		time.Sleep(10 * time.Minute)
		must(t, app.Public(loop, local.ServeOptions{}), mugs(1, time.Now())[0])
		synctest.Wait()
		if !enrolled(t, app, "1000") {
			t.Error("not enrolled at once: the post did not wake the loop")
		}
	})
}

func TestLoopWakesForCommitsOfOthers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		app := open(t, options(dir))
		loop := app.NewLoop()
		loop.Poll = time.Second
		run(t, loop)
		other := open(t, options(dir))
		time.Sleep(10*time.Minute + 300*time.Millisecond)
		accept(t, other.Store, time.Now(), mugs(1, time.Now())...)
		time.Sleep(time.Second)
		synctest.Wait()
		if !enrolled(t, app, "1000") {
			t.Error("not enrolled within a second of another process's commit")
		}
	})
}

// A case that another process opens holds what is due in the loop.
func TestCaseOfAnotherProcessHolds(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		app := open(t, options(dir))
		loop := app.NewLoop()
		loop.Poll = time.Hour
		run(t, loop)
		other := open(t, options(dir))
		must(t, app.Public(loop, local.ServeOptions{}), mugs(1, time.Now())...)
		time.Sleep(24 * time.Hour)
		if _, err := other.Engine.Case(t.Context(), time.Now(), engine.CaseWord{Order: "main/1000", Type: followup.CaseOpened, By: "ben"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(8 * 24 * time.Hour)
		synctest.Wait()
		for _, m := range mails(t, app.Store) {
			t.Errorf("%s went out although a case is open", m.FollowUp)
		}
	})
}

func TestLoopWakesWhenTheClockIsMoved(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Clock = local.NewClock(time.Now, utc("2026-03-02T09:00"), 0)
		app := open(t, o)
		loop := app.NewLoop()
		loop.Poll = 0
		run(t, loop)
		must(t, app.Public(loop, local.ServeOptions{}), mugs(1, app.Clock.Now())...)
		time.Sleep(1000 * time.Hour)
		if n := len(mails(t, app.Store)); n > 0 {
			t.Fatalf("%d mails while the clock stands still", n)
		}
		before := time.Now()
		app.Clock.AdvanceTo(utc("2026-03-07T09:00"))
		synctest.Wait()
		if n := len(mails(t, app.Store)); n != 1 || !time.Now().Equal(before) {
			t.Errorf("%d mails after %s of real time, want one at once", n, time.Since(before))
		}
	})
}

func TestLoopOfAFastClockIsInTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Clock = local.NewClock(time.Now, utc("2026-03-02T09:00"), 86400) // a day a second
		app := open(t, o)
		loop := app.NewLoop()
		run(t, loop)
		must(t, app.Public(loop, local.ServeOptions{}), mugs(30, app.Clock.Now())...)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		sent := once(t, mails(t, app.Store))
		if len(sent) != 90 {
			t.Errorf("%d mails in a month, want 90", len(sent))
		}
		for _, j := range journeys(t, app.Store) {
			for _, row := range j.Rows {
				if late := sent[row.ID].At.Sub(row.DueAt); row.State == followup.Sent && late > time.Minute {
					t.Errorf("%s went out %s late", row.ID, late)
				}
			}
		}
	})
}

func TestTravelStopsWhereverSomethingIsDue(t *testing.T) {
	o := options(t.TempDir())
	o.Store.NoSync = true
	o.Clock = local.NewClock(time.Now, utc("2026-03-02T09:00"), 0)
	app := open(t, o)
	loop := app.NewLoop()
	accept(t, app.Store, app.Clock.Now(), mugs(2, app.Clock.Now())...)
	var stops []string
	err := loop.Travel(t.Context(), utc("2026-04-01T00:00"), func(now time.Time, did engine.Tally) {
		stops = append(stops, fmt.Sprintf("%s %d", now.Format("01-02T15:04"), did.Sent))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"03-02T09:00 0", "03-07T09:00 2", "03-13T09:00 2", "03-23T17:00 2"}
	if !slices.Equal(stops, want) {
		t.Errorf("stops %q, want %q", stops, want)
	}
	if now := app.Clock.Now(); !now.Equal(utc("2026-04-01T00:00")) {
		t.Errorf("ends at %s", now)
	}
	for _, m := range once(t, mails(t, app.Store)) {
		if row := journey(t, app.Store, "1000").Row(m.FollowUp); row != nil && !m.At.Equal(row.DueAt) {
			t.Errorf("%s was due %s, went out %s", m.FollowUp, row.DueAt, m.At)
		}
	}
}

func TestManyOrdersOfOneCustomerInOneGroup(t *testing.T) {
	o := options(t.TempDir())
	o.Clock = local.NewClock(time.Now, utc("2026-03-02T09:00"), 0)
	app := open(t, o)
	for n := range 30 {
		accept(t, app.Store, app.Clock.Now(), bought(fmt.Sprint(n), app.Clock.Now(), "MUG-1", "7", "DE", "Europe/Berlin", nil))
	}
	drain(t, app.NewLoop())
	for n := range 30 {
		if !enrolled(t, app, fmt.Sprint(n)) {
			t.Errorf("order %d was not enrolled", n)
		}
	}
}

func TestRateIsKept(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Config.Email.Rate = 2
		app := open(t, o)
		loop := app.NewLoop()
		loop.Poll = 0
		accept(t, app.Store, time.Now(), mugs(25, time.Now())...)
		run(t, loop)
		time.Sleep(6 * 24 * time.Hour)
		all := mails(t, app.Store)
		if len(all) != 25 {
			t.Fatalf("%d mails, want 25", len(all))
		}
		for i := 3; i < len(all); i++ { // two a second, and one that was in reserve
			if gap := all[i].At.Sub(all[i-3].At); gap < time.Second {
				t.Errorf("mails %d to %d came within %s", i-3, i, gap)
			}
		}
	})
}

// A slow rate must not make mails fail that only wait for their turn.
func TestSlowRateFailsNothing(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Config.Email.Rate = 0.01 // the least that can be configured: one in 100 s
		app := open(t, o)
		accept(t, app.Store, time.Now(), mugs(20, time.Now())...)
		loop := app.NewLoop()
		loop.Poll = time.Hour
		stop := run(t, loop)
		time.Sleep(6*24*time.Hour + 3*time.Hour)
		stop()
		if n := len(once(t, mails(t, app.Store))); n != 20 {
			t.Errorf("%d mails, want 20", n)
		}
		for _, j := range journeys(t, app.Store) {
			for _, row := range j.Rows {
				if row.Refusals > 0 {
					t.Errorf("%s counts %d refusals", row.ID, row.Refusals)
				}
			}
		}
	})
}

func TestStoppingFinishesTheGroupInHand(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Config.Email.Rate = 10
		told := make(chan struct{}, 1000)
		o.Sent = func(followup.Message) { told <- struct{}{} }
		app := open(t, o)
		accept(t, app.Store, time.Now(), mugs(120, time.Now())...)
		loop := app.NewLoop()
		loop.Poll = 0
		stop := run(t, loop)
		for range 7 {
			<-told
		}
		stop()
		sent := once(t, mails(t, app.Store))
		if len(sent) < 7 || len(sent) >= 120 {
			t.Fatalf("%d mails when it was stopped in mid-work, want some of 120", len(sent))
		}
		for _, j := range journeys(t, app.Store) {
			for _, row := range j.Rows {
				if _, went := sent[row.ID]; went != (row.State == followup.Sent) || row.State == followup.Armed || row.Refusals > 0 {
					t.Errorf("%s is %s after %d refusals, in the mailbox: %t", row.ID, row.State, row.Refusals, went)
				}
			}
		}
		// Started again it goes on where it was.
		run(t, loop)
		time.Sleep(time.Hour)
		if n := len(once(t, mails(t, app.Store))); n != 120 {
			t.Errorf("%d mails in the end, want 120", n)
		}
	})
}

// A no that comes after a mail was decided and before it was armed still stops
// it: the reservation is on the contact's version.
func TestOptOutBetweenDecisionAndArming(t *testing.T) {
	o := options(t.TempDir())
	o.Clock = local.NewClock(time.Now, tenOClock, 0)
	between := func() {}
	o.NewID = func() string { // the attempt is named in between
		do := between
		between = func() {}
		do()
		return rand.Text()
	}
	app := open(t, o)
	at := tenOClock.AddDate(0, 0, -5)
	accept(t, app.Store, at, mugs(1, at)...)
	between = func() {
		contact := journey(t, app.Store, "1000").Head.Contact
		no := followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, At: app.Clock.Now(), How: "one-click"}
		if err := app.Engine.Consent(t.Context(), app.Clock.Now(), contact, []followup.Consent{no}); err != nil {
			t.Error(err)
		}
	}
	drain(t, app.NewLoop())
	if n := len(mails(t, app.Store)); n != 0 {
		t.Errorf("%d mails after the customer said no", n)
	}
	row := journey(t, app.Store, "1000").Row("main/1000/check-in/-/1")
	if row.State != followup.Skipped || row.Decisions[len(row.Decisions)-1].Rule != "opted-out" {
		t.Errorf("the row is %s: %v", row.State, row.Decisions)
	}
}

// blocked holds the write lock of a database until it is let go.
func blocked(t testing.TB, dir string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		_, err := conn.ExecContext(context.WithoutCancel(t.Context()), "ROLLBACK")
		for _, err := range []error{err, conn.Close(), db.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// What could not be enrolled because another process kept the database locked
// is enrolled later, although nobody wakes the loop.
func TestLoopTriesBodiesAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Store.BusyWait = 20 * time.Millisecond
		app := open(t, o)
		loop := app.NewLoop()
		loop.Poll = 0
		accept(t, app.Store, time.Now(), mugs(1, time.Now())...)
		release := blocked(t, dir)
		run(t, loop)
		time.Sleep(time.Minute)
		synctest.Wait()
		if enrolled(t, app, "1000") {
			t.Fatal("enrolled in a locked database")
		}
		release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !enrolled(t, app, "1000") {
			t.Error("not enrolled a minute after the database was free")
		}
	})
}

// A locked database refuses posts with 503 and keeps what is due; when it is
// free everything happens.
func TestLockedDatabase(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir)
		o.Store.BusyWait = 20 * time.Millisecond
		app := open(t, o)
		loop := app.NewLoop()
		loop.Poll = time.Hour
		public := app.Public(loop, local.ServeOptions{})
		run(t, loop)
		bodies := mugs(2, time.Now())
		must(t, public, bodies[:2]...)
		time.Sleep(5*24*time.Hour + 8*time.Hour) // an hour before the mail is due
		synctest.Wait()                          // the loop looks now and then, and leaves the database free
		release := blocked(t, dir)
		w := post(public, bodies[2])
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("post to a locked database: %d %v %s", w.Code, w.Header(), w.Body)
		}
		time.Sleep(time.Hour + time.Minute)
		if n := len(mails(t, app.Store)); n > 0 {
			t.Errorf("%d mails in a locked database", n)
		}
		release()
		must(t, public, bodies[2])
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(once(t, mails(t, app.Store))); n != 1 || !enrolled(t, app, "1001") {
			t.Errorf("%d mails, second order enrolled: %t; want 1 and true", n, enrolled(t, app, "1001"))
		}
	})
}
