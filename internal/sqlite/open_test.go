package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/sqlite"
)

func mustSave(t *testing.T, s followup.Store, c followup.Change) {
	t.Helper()
	if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
		t.Fatalf("save: %v, %v", errs, err)
	}
}

// raw runs statements on the file behind the store's back.
func raw(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, st := range statements {
		if _, err := db.ExecContext(t.Context(), st); err != nil {
			t.Fatalf("%s: %v", st, err)
		}
	}
}

func TestOpenMakesAPrivateFolderAndKeepsWhatIsInIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a%b ?#ü", "data")
	s := open(t, dir, sqlite.Options{})
	c := storetest.Order(1, 6)
	mustSave(t, s, c)
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, sqlite.FileName): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want mode %o", path, info.Mode(), err, mode)
		}
	}
	if journal, sync, err := s.Mode(t.Context()); err != nil || journal != "wal" || sync != 2 {
		t.Errorf("mode %s, synchronous %d, %v, want wal and 2 (full)", journal, sync, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir, sqlite.Options{})
	js, err := again.Journeys(t.Context(), []followup.JourneyID{c.Journey})
	if err != nil || js[0].Version != 1 || len(js[0].Rows) != 6 {
		t.Errorf("after opening again: %v, %v", js, err)
	}
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  error
		says  string
	}{
		"a newer schema": {func(t *testing.T, dir string) { raw(t, dir, "PRAGMA user_version = 99") }, sqlite.ErrNewer, "it has schema 99, this program knows up to 2;"},
		"no database": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, sqlite.FileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, sqlite.ErrDamaged, sqlite.FileName},
		"a folder in its place": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, sqlite.FileName)); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, sqlite.FileName), 0o700); err != nil {
				t.Fatal(err)
			}
		}, sqlite.ErrReadOnly, sqlite.FileName},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := open(t, dir, sqlite.Options{}).Close(); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("open: %v, want %v with %q", err, c.want, c.says)
			}
			if s != nil {
				t.Error("a store came with the error")
			}
		})
	}
}

func TestOpenInAFileInsteadOfAFolderSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "make data folder") {
		t.Errorf("open: %v", err)
	}
}

func TestAWriteWaitsForAnotherProcessAndThenSaysLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sqlite.Options{BusyWait: 50 * time.Millisecond})
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), []followup.Change{storetest.Order(1, 1)}); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("save: %v, want ErrLocked", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, storetest.Order(1, 1))
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{MaxPages: 80})
	saved := 0
	for n := range 1000 {
		errs, err := s.Save(t.Context(), []followup.Change{storetest.Order(n, 6)})
		if err != nil {
			if !errors.Is(err, sqlite.ErrFull) {
				t.Fatalf("save: %v, want ErrFull", err)
			}
			break
		}
		if errs[0] != nil {
			t.Fatal(errs)
		}
		saved++
	}
	ids, _, err := s.Find(t.Context(), followup.Query{All: true}, "", 2000)
	if err != nil || len(ids) != saved || saved == 0 || saved == 1000 {
		t.Errorf("%d journeys of %d saved, %v", len(ids), saved, err)
	}
}

func TestTwoProcessesSeeEachOthersCommits(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, sqlite.Options{}), open(t, dir, sqlite.Options{})
	before, err := a.DataVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if same, err := a.DataVersion(t.Context()); err != nil || same != before {
		t.Errorf("version %d then %d without a commit, %v", before, same, err)
	}
	c := storetest.Order(1, 1)
	mustSave(t, b, c)
	if after, err := a.DataVersion(t.Context()); err != nil || after == before {
		t.Errorf("version %d before and after a foreign commit, %v", after, err)
	}
	errs, err := a.Save(t.Context(), []followup.Change{c})
	if err != nil || !errors.Is(errs[0], followup.ErrConflict) {
		t.Errorf("saving what the other saved: %v, %v", errs, err)
	}
}

func TestNextLookAndSettings(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{})
	if at, ok, err := s.NextLook(t.Context()); ok || err != nil {
		t.Errorf("next look of nothing: %v, %t, %v", at, ok, err)
	}
	c := storetest.Order(1, 3)
	mustSave(t, s, c)
	if at, ok, err := s.NextLook(t.Context()); !ok || err != nil || !at.Equal(c.Rows[0].Next) {
		t.Errorf("next look %v, %t, %v, want %v", at, ok, err, c.Rows[0].Next)
	}
	for _, value := range []string{"", "1", "2"} {
		if value != "" {
			if err := s.SetMeta(t.Context(), "epoch", value); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Meta(t.Context(), "epoch"); err != nil || got != value {
			t.Errorf("epoch %q, %v, want %q", got, err, value)
		}
	}
}

func TestABackupIsADatabaseOfItsOwn(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{})
	c := storetest.Order(1, 6)
	mustSave(t, s, c)
	dir := t.TempDir()
	path := filepath.Join(dir, sqlite.FileName)
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, storetest.Order(2, 6))
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a second backup overwrote the first")
	}
	copied := open(t, dir, sqlite.Options{})
	ids, _, err := copied.Find(t.Context(), followup.Query{All: true}, "", 10)
	if err != nil || len(ids) != 1 || ids[0] != c.Journey {
		t.Errorf("in the backup: %v, %v", ids, err)
	}
}

func TestOnlyOneMayServeAFolder(t *testing.T) {
	dir := t.TempDir()
	first, err := sqlite.Lock(dir, "process 17 on box since 10:00")
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Lock(dir, "process 18")
	held, ok := errors.AsType[*sqlite.HeldError](err)
	if !ok || held.Holder != "process 17 on box since 10:00" || !strings.Contains(err.Error(), held.Holder) {
		t.Errorf("second lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := sqlite.Lock(dir, "x")
	if err != nil {
		t.Fatalf("lock after it was let go: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestAClosedStoreAnswersAndLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), []followup.Change{storetest.Order(1, 1)}); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("save: %v, want ErrClosed", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func TestACallThatIsGivenUpReturnsAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sqlite.Options{BusyWait: time.Minute})
	raw(t, dir, "SELECT 1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Save(ctx, []followup.Change{storetest.Order(1, 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("save: %v, want context.Canceled", err)
	}
}

// In a bubble time only moves when everybody waits, so this also shows that no
// goroutine of a store waits for anything but its channels.
func TestStoreInABubble(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		mustSave(t, s, storetest.Order(1, 6))
		time.Sleep(24 * 365 * time.Hour)
		refs, _, err := s.Due(t.Context(), storetest.Start().AddDate(5, 0, 0), "", 10)
		if err != nil || len(refs) != 6 {
			t.Errorf("due: %v, %v", refs, err)
		}
		if got := time.Since(start); got != 24*365*time.Hour {
			t.Errorf("%v passed, want a year", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
