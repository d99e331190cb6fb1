package store

import (
	"context"
	"database/sql"
	"errors"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// sweepBatch bounds one transaction of the sweep, so that no post waits long.
const sweepBatch = 200

// Sweep does what time brings: invites expire, closed mailboxes and pictures
// that nobody named are forgotten, and what was erased leaves the folder's
// files. One part that fails does not keep the others from being done.
//
// The server calls it every 20 seconds: three tries within
// [protocol.ErasedWithin], should a reader hold the journal at that moment.
func (s *Store) Sweep(ctx context.Context) error {
	return errors.Join(
		s.repeat(ctx, s.sweepMailboxes),
		s.repeat(ctx, s.sweepBlobs),
		s.erase(ctx),
	)
}

// repeat runs transactions until one finds nothing left to do.
func (s *Store) repeat(ctx context.Context, f func(context.Context, *sql.Tx) (int, error)) error {
	for n := 1; n > 0; {
		err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
			n, err = f(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepMailboxes(ctx context.Context, tx *sql.Tx) (int, error) {
	now := s.Now()
	due, err := uuids(ctx, tx, "SELECT f FROM mailboxes WHERE expires <= ? LIMIT ?", now.Unix(), sweepBatch)
	if err != nil {
		return 0, err
	}
	for _, f := range due {
		row, err := getMailbox(ctx, tx, f)
		if err != nil {
			return 0, err
		}
		row, _ = mailbox.Settle(row, now)
		if err := putMailbox(ctx, tx, f, row); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func (s *Store) sweepBlobs(ctx context.Context, tx *sql.Tx) (int, error) {
	// The time stored may be up to a minute early; nobody is to lose by that.
	res, err := tx.ExecContext(ctx, `DELETE FROM blobs WHERE n IN (SELECT n FROM blobs WHERE unnamed_since < ? LIMIT 8)`,
		s.Now().Add(-protocol.BlobGrace).Unix()-59)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// erase takes the words of erased records out of the index, and folds the
// journal into the database and empties it: until then it holds what the
// database has already zeroed.
func (s *Store) erase(ctx context.Context) error {
	err := s.repeat(ctx, func(ctx context.Context, tx *sql.Tx) (int, error) {
		var part uint64
		err := tx.QueryRowContext(ctx, "SELECT part FROM search_stale LIMIT 1").Scan(&part)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		return 1, s.refill(ctx, tx, part)
	})
	if err != nil {
		return err
	}
	return s.checkpoint(ctx)
}

// checkpoint waits half a second for readers; it is tried again with the next
// sweep, and they should not make posts wait longer than that.
func (s *Store) checkpoint(ctx context.Context) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout=500"); err != nil {
		return err
	}
	var busy, frames, done int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
	if busy != 0 {
		s.Log.Info("the journal is being read and was not emptied; the next sweep tries again")
	}
	_, timeout := conn.ExecContext(ctx, "PRAGMA busy_timeout=5000")
	return explain("", errors.Join(err, timeout))
}
