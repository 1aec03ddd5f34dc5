package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// LockName is the name of the file that who serves a folder keeps locked.
const LockName = "serve.lock"

// HeldError says that another process serves the folder.
type HeldError struct {
	Path   string // of the lock file
	Holder string // what the holder said of itself; "" when it said nothing yet
}

// Error names the file and the holder.
func (e *HeldError) Error() string {
	who := e.Holder
	if who == "" {
		who = "another process"
	}
	return fmt.Sprintf("%s is held by %s; only one process may serve a folder", e.Path, who)
}

// ServeLock is a lock on a folder that is held.
type ServeLock struct{ f *os.File }

// Lock takes the folder for the one process that serves it and writes holder
// (process, host, since when: whatever helps a person) into the lock file. The
// error wraps a [*HeldError] when another process has it. The operating system
// lets go when the process ends, however it ends; the file stays and means
// nothing by itself.
func Lock(dir, holder string) (*ServeLock, error) {
	path := filepath.Join(dir, LockName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock folder %s: %w", dir, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder %s: %w", dir, err)
	}
	if err := lockFile(f); err != nil {
		if errors.Is(err, errHeld) {
			said, _ := io.ReadAll(io.LimitReader(f, 1000)) // who it is only helps
			err = &HeldError{path, strings.TrimSpace(string(said))}
		}
		return nil, errors.Join(fmt.Errorf("lock folder %s: %w", dir, err), f.Close())
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(holder+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock folder %s: %w", dir, err), f.Close())
	}
	return &ServeLock{f}, nil
}

// Close lets go of the folder.
func (l *ServeLock) Close() error {
	return errors.Join(l.f.Truncate(0), l.f.Close())
}

var errHeld = errors.New("held by another process")
