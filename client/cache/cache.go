// Package cache keeps a copy of a server's log, for reading offline, for search,
// and for knowing where to resume.
//
// Its rules:
//
//   - It can be thrown away. Damage, another schema or another history is met by
//     starting over with a line in the log, never by an error that stops somebody.
//   - The place reached is stored in the transaction that stores what stands there.
//   - What comes in is verified already (package client does); here it is held
//     against what the copy knows: order, unique records, whose deletion it is.
//   - What is erased leaves the file: zeroed at once (secure_delete), and out of
//     the full-text index's pages with [Cache.Tidy].
//   - Several processes may have it open. Each write first makes sure that the copy
//     is still the one that the writer knows.
package cache

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"p4p/protocol"
)

//go:embed schema.sql
var schema string

const schemaVersion = 1

// ErrMoved says that the copy is of another history now than the caller believes:
// it was started over, by this process or another. The caller begins again with
// [Cache.Use].
var ErrMoved = errors.New("the cache was started over")

// Cache is an open cache file. It is safe for concurrent use.
type Cache struct {
	path string
	log  *slog.Logger

	mu     sync.RWMutex // held for writing only while the file is replaced
	w      *sql.DB      // one connection, immediate transactions
	r      *sql.DB      // a few, reading only
	closed bool

	writing sync.Mutex
	version int64                        // PRAGMA data_version as last read; guarded by writing
	authors map[protocol.PublicKey]int64 // of generation known; guarded by writing
	known   int64
}

// Open opens the cache file at path, or makes it. A file that cannot be used is
// replaced.
func Open(ctx context.Context, path string, log *slog.Logger) (*Cache, error) {
	c := &Cache{path: path, log: log, authors: map[protocol.PublicKey]int64{}}
	err := c.open(ctx)
	if err != nil && unusable(err) {
		log.Warn("the feed's cache is unusable and starts over", "error", err)
		if err = c.remove(); err == nil {
			err = c.open(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close closes the file.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return c.shut()
}

func (c *Cache) shut() error {
	var errs []error
	for _, db := range []*sql.DB{c.r, c.w} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	c.r, c.w = nil, nil
	return errors.Join(errs...)
}

var errOtherSchema = errors.New("the file has another schema")

func (c *Cache) open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			_ = c.shut()
		}
	}()
	// SQLite gives its side files the mode of the main one.
	f, err := os.OpenFile(c.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if c.w, err = connect(c.path, 1, "_txlock=immediate"); err != nil {
		return err
	}
	if c.r, err = connect(c.path, 4, "_query_only=on"); err != nil {
		return err
	}
	tx, err := c.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version, tables int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
	case version == 0 && tables == 0:
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
			return err
		}
	default:
		return errOtherSchema
	}
	return tx.Commit()
}

func connect(path string, connections int, more string) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_journal_mode=WAL&_synchronous=NORMAL&_secure_delete=on&_busy_timeout=15000&" + more
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// unusable tells whether err means that the file, not the call, is at fault.
func unusable(err error) bool { return errors.Is(err, errOtherSchema) || isDamage(err) }

func (c *Cache) remove() error {
	var errs []error
	for _, side := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(c.path + side); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// replace makes a new file where this one turned out to be damaged. of is the
// database on which that was noticed: who comes second finds it replaced.
func (c *Cache) replace(ctx context.Context, of *sql.DB, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || of != c.w && of != c.r {
		return nil
	}
	c.log.Warn("the feed's cache is damaged and starts over", "error", why)
	_ = c.shut()
	if err := c.remove(); err != nil {
		return err
	}
	return c.open(ctx)
}

// read runs a query; damage replaces the file and asks the empty one again.
func (c *Cache) read(ctx context.Context, f func(*sql.DB) error) error {
	return c.try(ctx, func() (*sql.DB, error) {
		db := c.r
		if db == nil {
			return nil, sql.ErrConnDone
		}
		return db, f(db)
	})
}

// write runs one immediate transaction.
func (c *Cache) write(ctx context.Context, f func(*sql.Tx) error) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.try(ctx, func() (*sql.DB, error) {
		db := c.w
		if db == nil {
			return nil, sql.ErrConnDone
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return db, err
		}
		defer tx.Rollback()
		if err = f(tx); err == nil {
			err = tx.Commit()
		}
		if err != nil {
			clear(c.authors) // some of them may have been rolled back
		}
		return db, err
	})
}

func (c *Cache) try(ctx context.Context, f func() (*sql.DB, error)) error {
	run := func() (*sql.DB, error) {
		c.mu.RLock()
		defer c.mu.RUnlock()
		return f()
	}
	db, err := run()
	if err == nil || db == nil || !unusable(err) {
		return err
	}
	if err := c.replace(ctx, db, err); err != nil {
		return err
	}
	_, err = run()
	return err
}

// Changed tells whether another process wrote to the file since the last call.
func (c *Cache) Changed(ctx context.Context) (bool, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.w == nil {
		return false, sql.ErrConnDone
	}
	var v int64
	// The writing connection is this process's only writer, so that whatever it
	// has not written itself was another's.
	if err := c.w.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v); err != nil {
		return false, err
	}
	changed := c.version != 0 && c.version != v
	c.version = v
	return changed, nil
}
