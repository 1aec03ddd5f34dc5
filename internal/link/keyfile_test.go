package link_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aftersales/internal/link"
)

func TestLoadOrCreateKeepsTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link.key")
	first, err := link.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := link.LoadOrCreate(path)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("again: %v, same %t", err, bytes.Equal(first, again))
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	if _, err := link.New(first); err != nil {
		t.Error(err)
	}
	if names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".link-key-*")); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestLoadOrCreateInManyProcessesGivesOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link.key")
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := link.LoadOrCreate(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for i, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Errorf("key %d differs", i)
		}
	}
}

func TestTwoFilesHaveTwoKeys(t *testing.T) {
	a, errA := link.LoadOrCreate(filepath.Join(t.TempDir(), "a"))
	b, errB := link.LoadOrCreate(filepath.Join(t.TempDir(), "b"))
	if errA != nil || errB != nil || bytes.Equal(a, b) {
		t.Errorf("%v, %v, same %t", errA, errB, bytes.Equal(a, b))
	}
}

func TestLoadOrCreateRefusesBadFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long := strings.Repeat("k", 40)
	for path, want := range map[string]string{
		write("wide", long, 0o640):        "mode is 0640",
		write("world", long, 0o604):       "mode is 0604",
		write("short", "secret\n", 0o600): "6 characters",
		write("empty", "", 0o600):         "0 characters",
		dir:                               "not a plain file",
		filepath.Join(dir, "no", "where"): "no such file",
	} {
		if _, err := link.LoadOrCreate(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		} else if strings.Contains(err.Error(), long) {
			t.Errorf("%s: the key is in the error", path)
		}
	}
}
