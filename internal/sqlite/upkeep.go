package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Meta returns a setting of the store itself (epoch, calendar); "" when it was never set.
func (s *Store) Meta(ctx context.Context, key string) (value string, err error) {
	err = s.query(ctx, "SELECT v FROM meta WHERE k = ?", func(r row) error {
		value = r.text(0)
		return nil
	}, key)
	if err != nil {
		return "", fmt.Errorf("read setting %s: %w", key, err)
	}
	return value, nil
}

// SetMeta stores a setting.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	err := s.w.do(ctx, statement(func(b *batch) error {
		return b.w.exec("INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT DO UPDATE SET v = excluded.v", key, value)
	}))
	if err != nil {
		return fmt.Errorf("store setting %s: %w", key, err)
	}
	return nil
}

// statement is an op that has to know nothing.
type statement func(b *batch) error

func (statement) want(*batch) {}

func (s statement) apply(b *batch) error { return s(b) }

// DataVersion returns a number that changes when another connection has
// committed: this process's writer or another process. It is equal between two
// calls only if nothing was committed between them.
func (s *Store) DataVersion(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("read data version: %w", err)
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.version == nil {
		return 0, fmt.Errorf("read data version: %w", ErrClosed)
	}
	version, err := s.version.one("PRAGMA data_version")
	if err != nil {
		return 0, fmt.Errorf("read data version: %w", classify(err))
	}
	return version, nil
}

// Mode returns the journal mode and the synchronous level of the writer, such
// as "wal" and 2 (FULL), for doctors.
func (s *Store) Mode(ctx context.Context) (journal string, synchronous int, err error) {
	err = s.w.do(ctx, statement(func(b *batch) error {
		return errors.Join(
			b.w.conn.query("PRAGMA journal_mode", func(r row) error {
				journal = r.text(0)
				return nil
			}),
			b.w.conn.query("PRAGMA synchronous", func(r row) error {
				synchronous = int(r.int(0))
				return nil
			}),
		)
	}))
	if err != nil {
		return "", 0, fmt.Errorf("read mode: %w", err)
	}
	return journal, synchronous, nil
}

// Backup writes a copy of the database, as of now and compact, to path, which
// must not exist. Others go on reading and writing.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("back up to %s: it exists already; name a new file", path)
	}
	c, err := connect(ctx, dsn(s.path, s.opts, false)) // the readers may not write, not even elsewhere
	if err != nil {
		return fmt.Errorf("back up to %s: %w", path, classify(err))
	}
	_, err = c.exec("VACUUM INTO ?", path)
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("back up to %s: %w", path, classify(err))
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return nil
}

// InboxKept is how long bodies and mail are kept for archive and replay.
const InboxKept = 35 * 24 * time.Hour

// Sweep deletes inbox bodies that are done and mail, both from before that
// time, at most limit of each, and returns how many went. Callers repeat it
// while it returns limit or more.
func (s *Store) Sweep(ctx context.Context, before time.Time, limit int) (int, error) {
	gone := 0
	err := s.w.do(ctx, statement(func(b *batch) error {
		gone = 0
		for _, query := range []string{
			"DELETE FROM inbox WHERE seq IN (SELECT seq FROM inbox WHERE at < ?1 AND done = 1 LIMIT ?3) RETURNING ?2",
			"DELETE FROM mail WHERE seq IN (SELECT seq FROM mail WHERE at < ?2 LIMIT ?3) RETURNING ?1",
		} {
			err := b.w.conn.query(query, func(row) error { gone++; return nil }, before.UnixNano(), before.UnixMilli(), limit)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return 0, fmt.Errorf("sweep inbox and mail: %w", err)
	}
	return gone, nil
}
