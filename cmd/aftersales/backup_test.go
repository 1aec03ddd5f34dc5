package main

import (
	"os"
	"path/filepath"
	"testing"

	"aftersales/internal/engine"
)

// A backup beside a running process is a folder that can be used as it is.
func TestBackup(t *testing.T) {
	o := shop(t)
	want := decode[engine.Story](t, o.cli("why", "1001", "--json"))
	to := filepath.Join(t.TempDir(), "new", "copy")
	got := decode[backedUp](t, o.cli("backup", to, "--json"))
	if got.Folder != to || got.Bytes == 0 {
		t.Errorf("%+v", got)
	}
	for name, mode := range map[string]os.FileMode{"": 0o700, "aftersales.db": 0o600, "link.key": 0o600} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if copied := decode[engine.Story](t, o.cli("why", "1001", "--json", "--data", to)); copied.Order.Contact != want.Order.Contact || len(copied.FollowUps) != len(want.FollowUps) {
		t.Errorf("the copy tells another story: %+v", copied.Order)
	}
	o.cli("backup", to).badly(t, exitFailed, "is there already; name a new folder")
	o.cli("backup", filepath.Join(to, "link.key")).badly(t, exitFailed, "not a directory")
	o.cli("backup", to, "--stack", "x").badly(t, exitMisused, "point-in-time recovery")
}
