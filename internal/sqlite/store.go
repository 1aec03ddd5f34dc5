// Package sqlite keeps everything in one SQLite file: DIR/aftersales.db, WAL,
// synchronous FULL. What a method has written is on the disk when it returns.
//
// All writes of a process go through one writer, which commits whatever calls
// wait together (see writer.go): a commit costs a wait for the disk, however
// much is in it.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"aftersales/internal/followup"
)

// FileName is the database's name in its folder.
const FileName = "aftersales.db"

// Options of Open. The zero value is right for most.
type Options struct {
	Readers    int           // connections that read at once; 0: one per CPU, at least 2
	BusyWait   time.Duration // how long to wait for another process's write; 0: 10 s
	CachePages int           // pages of 4 KB each connection keeps; 0: 4,000 (16 MB)
	MaxPages   int           // the file never has more pages of 4 KB; 0: no limit. Past it writes say ErrFull
	NoSync     bool          // for tests only: a commit does not wait for the disk
}

// Store is a [followup.Store] on SQLite, and the mailbox's messages and the
// settings beside it. Safe for concurrent use. Several processes may have the
// same folder open; only one of them should serve it, see [Lock].
type Store struct {
	path   string
	opts   Options
	read   *pool
	w      *writer
	packs  packers
	recall recall
	bodies sync.Pool // of *flate.Writer

	asking  sync.Mutex
	version *conn // for data_version, which is a connection's own

	closing sync.Once
	closed  error // what closing said
}

var _ followup.Store = (*Store)(nil)

// Open opens, or makes, the database in dir and brings its schema up to date.
// The folder is made with mode 0700. Its errors wrap [ErrNewer], [ErrReadOnly],
// [ErrFull], [ErrLocked] or [ErrDamaged] where one of them is the cause.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder %s: %w", dir, err)
	}
	s := &Store{path: filepath.Join(dir, FileName), opts: opts}
	if err := s.open(ctx); err != nil {
		_ = s.Close() // says again what err says
		return nil, fmt.Errorf("open database %s: %w", s.path, classify(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	write, err := connect(ctx, dsn(s.path, s.opts, false))
	if err != nil {
		return err
	}
	s.w = &writer{conn: write, packs: &s.packs, recall: &s.recall, pending: newPending()}
	if err := migrate(write); err != nil {
		return err
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return err
	}
	readers := s.opts.Readers
	if readers == 0 {
		readers = max(runtime.NumCPU(), 2)
	}
	s.read = newPool(dsn(s.path, s.opts, true), readers)
	s.version, err = connect(ctx, dsn(s.path, s.opts, true))
	return err
}

// dsn names the file and the settings of each connection.
func dsn(path string, opts Options, readOnly bool) string {
	wait := opts.BusyWait
	if wait == 0 {
		wait = 10 * time.Second
	}
	pages := opts.CachePages
	if pages == 0 {
		pages = 4000
	}
	sync := "FULL"
	if opts.NoSync {
		sync = "OFF"
	}
	q := url.Values{"_pragma": {
		"busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")",
		"journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(ON)",
		"cache_size(" + strconv.Itoa(pages) + ")", "temp_store(MEMORY)",
		// The log is copied into the file by the writer, at every 4,000 pages
		// (16 MB): rarely enough to copy a hot page once instead of many times,
		// often enough that the log stays small.
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}}
	if opts.MaxPages > 0 {
		q.Add("_pragma", "max_page_count("+strconv.Itoa(opts.MaxPages)+")")
	}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Close ends the writer, after what it is committing, and every connection.
// Calls that still wait are answered with an error. Closing again does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closed = s.close() })
	return s.closed
}

func (s *Store) close() error {
	var errs []error
	if s.w != nil {
		errs = append(errs, s.w.stop())
	}
	if s.read != nil {
		errs = append(errs, s.read.close())
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.version != nil {
		errs = append(errs, s.version.close())
		s.version = nil
	}
	return errors.Join(errs...)
}

// query runs a read and hands each of its rows to scan.
func (s *Store) query(ctx context.Context, query string, scan func(row) error, values ...any) error {
	return s.reading(ctx, func(c *conn) error { return c.query(query, scan, values...) })
}

// queryKeys runs a read with keysOf for those keys.
func (s *Store) queryKeys(ctx context.Context, query string, keys []string, scan func(row) error) error {
	if len(keys) == 0 {
		return ctx.Err()
	}
	return s.readingSome(ctx, len(keys), func(c *conn) error { return c.queryKeys(query, keys, scan) })
}

// queryNumbers runs a read with keysOf for those numbers.
func (s *Store) queryNumbers(ctx context.Context, query string, numbers []int64, scan func(row) error) error {
	return s.readingSome(ctx, len(numbers), func(c *conn) error { return c.query(query, scan, numberList(numbers)) })
}

// readingSome lends a connection to read, which reads n records.
func (s *Store) readingSome(ctx context.Context, n int, read func(*conn) error) error {
	if n > fewKeys || ctx.Err() != nil {
		return s.reading(ctx, read)
	}
	if done, err := s.w.lend(read); done {
		return classify(err)
	}
	return s.reading(ctx, read)
}

// fewKeys is how many records are so few that a write may wait for reading them.
const fewKeys = 16

// reading lends a connection to do.
func (s *Store) reading(ctx context.Context, do func(*conn) error) error {
	c, err := s.read.take(ctx)
	if err != nil {
		return classify(err)
	}
	defer s.read.give(c)
	return classify(do(c))
}
