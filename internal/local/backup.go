package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aftersales/internal/sqlite"
)

// Backup writes the database as of now and the key of links into dir, which is
// made if need be and must hold neither; it returns the database's bytes. A
// folder that serves goes on serving. The key comes first: without it a database
// is of strangers.
func (a *App) Backup(ctx context.Context, dir string) (size int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	for _, name := range []string{linkKeyFile, sqlite.FileName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("back up to %s: %s is there already; name a new folder", dir, name)
		}
	}
	key, err := os.ReadFile(filepath.Join(a.Config.Data, linkKeyFile))
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	if err := writeNew(filepath.Join(dir, linkKeyFile), key); err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	file := filepath.Join(dir, sqlite.FileName)
	if err := a.Store.Backup(ctx, file); err != nil {
		return 0, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	return info.Size(), nil
}

// writeNew writes a file of the owner alone, and waits until the disk has it.
func writeNew(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}
