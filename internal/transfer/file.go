package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fresh returns an error when there is a file already: an export overwrites none.
func Fresh(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export state to %s: it exists already; name a new file", path)
	}
	return nil
}

// ToFile exports into a file of mode 0600 that appears whole or not at all, and
// returns its size in bytes.
func ToFile(ctx context.Context, path string, from Store, h Header, progress func(Counts)) (n Counts, size int64, err error) {
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, 0, err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return n, 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	if n, err = Export(ctx, f, from, h, progress); err != nil {
		return n, 0, errors.Join(err, f.Close())
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return n, 0, err
	}
	if err := os.Rename(part, path); err != nil {
		return n, 0, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return n, info.Size(), err
	}
	return n, info.Size(), errors.Join(dir.Sync(), dir.Close())
}
