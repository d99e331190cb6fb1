package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"p4p/protocol"
)

// Options are what a store takes from outside. The zero value works.
type Options struct {
	Now      func() time.Time // time.Now when nil
	Random   io.Reader        // crypto/rand.Reader when nil
	NewEpoch bool             // begin another history, after a backup was restored
	Log      *slog.Logger     // discarded when nil

	// part is how many places of the log share a search table: partSize, but
	// for tests that want several.
	part uint64
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.part == 0 {
		o.part = partSize
	}
	return o
}

// Store is an open data folder. Its methods are safe for concurrent use, but
// for [Store.Append] and [Store.Takedown], which one goroutine at a time calls:
// that is what keeps the log and what is published of it in one order.
type Store struct {
	Options
	lock          *os.File
	writer        *sql.DB // one connection
	readers       *sql.DB
	server, epoch protocol.UUID
	head          atomic.Uint64
}

// Open opens the data folder dir, or makes it (mode 0700, files 0600) with a
// new server UUID. It holds the folder's lock until [Store.Close].
//
// Codes: no_cgo, home_unwritable, data_locked (another process has it),
// data_damaged, data_newer (written by a newer version).
func Open(dir string, o Options) (_ *Store, err error) {
	o = o.withDefaults()
	if err := checkCGO(); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{Options: o, lock: lock}
	defer func() {
		if err != nil {
			s.closeFiles() // the first error is the one to tell
			err = explain(dir, err)
		}
	}()
	ctx := context.Background()
	if err := ensureDatabase(ctx, dir, o); err != nil {
		return nil, err
	}
	s.readers = openReaders(dir)
	if err := checkDatabase(ctx, s.readers, dir); err != nil {
		return nil, err
	}
	s.writer = openWriter(dir)
	if err := migrate(ctx, s.writer); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// load reads what the store keeps in memory, and begins a new epoch where asked.
func (s *Store) load(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if s.NewEpoch {
			if err := putMeta(ctx, tx, metaEpoch, s.Random); err != nil {
				return err
			}
		}
		var err error
		if s.server, err = getMeta(ctx, tx, metaServer); err != nil {
			return err
		}
		if s.epoch, err = getMeta(ctx, tx, metaEpoch); err != nil {
			return err
		}
		head, err := readHead(ctx, tx)
		s.head.Store(head)
		return err
	})
}

// Close erases what still waits to be erased, ends the store and lets go of the
// folder's lock. No other method may be running or be called afterwards.
func (s *Store) Close() error {
	return errors.Join(s.erase(context.Background()), s.closeFiles())
}

// closeFiles closes the readers first: the last connection to go folds the
// journal into the database and removes it.
func (s *Store) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.readers, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Server is the server's identity; it never changes.
func (s *Store) Server() protocol.UUID { return s.server }

// Epoch names this history of the log.
func (s *Store) Epoch() protocol.UUID { return s.epoch }

// Head is the last committed seq, 0 while the log is empty.
func (s *Store) Head() uint64 { return s.head.Load() }

// write runs f in one transaction and commits it, or returns an error and
// commits nothing. ctx ends the wait for the connection; once begun, a write is
// not given up halfway.
func (s *Store) write(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return explain("", err)
	}
	defer conn.Close()
	return inTx(context.WithoutCancel(ctx), conn, f)
}

// read runs f on one snapshot.
func (s *Store) read(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return explain("", err)
	}
	defer conn.Close()
	return inTx(ctx, conn, f)
}

func inTx(ctx context.Context, conn *sql.Conn, f func(context.Context, *sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return explain("", err)
	}
	defer tx.Rollback()
	if err := f(ctx, tx); err != nil {
		return explain("", err)
	}
	return explain("", tx.Commit())
}
