package link

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadOrCreate returns the secret in the file at path, making the file (mode
// 0600) with a random one when there is none. Of several processes that do so
// at once one wins and all get its secret. The file is text of one line, which
// may as well be given in the environment. It is an error when others than the
// owner may read the file, or when it is too short to be a secret.
func LoadOrCreate(path string) ([]byte, error) {
	secret, err := load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create link key: %w", err)
	}
	return load(path)
}

func load(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read link key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read link key %s: it is not a plain file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read link key %s: its mode is %04o, others could read it; want 0600 (chmod 600 %s)", path, mode, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read link key: %w", err)
	}
	secret := bytes.TrimSpace(text)
	if len(secret) < minSecret {
		return nil, fmt.Errorf("read link key %s: %d characters, at least %d are needed", path, len(secret), minSecret)
	}
	return secret, nil
}

// create writes a new file aside and links it into place, so that nobody ever
// reads half a key and nobody's key is overwritten.
func create(path string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".link-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(rand.Text() + rand.Text() + "\n") // 52 characters of base32
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name durable: links made with a key that is lost with
// the power would be dead for ever.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
