package cache

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"p4p/protocol"
)

// maxPictures bounds the pictures kept, in bytes; those unused for longest go.
const maxPictures = 200 << 20

// Picture gives a kept picture's bytes, nil if it is not kept.
func (c *Cache) Picture(ctx context.Context, id protocol.BlobID, now time.Time) (b []byte, err error) {
	var used int64
	err = c.read(ctx, func(db *sql.DB) error {
		err := db.QueryRowContext(ctx, "SELECT bytes, used FROM pictures WHERE blob = ?", id[:]).Scan(&b, &used)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	// By the hour: looking at pictures is not writing them.
	if minutes := now.Unix() / 60; err == nil && b != nil && minutes-used >= 60 {
		err = c.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE pictures SET used = ? WHERE blob = ?", minutes, id[:])
			return err
		})
	}
	return b, err
}

// KeepPicture keeps a picture for as long as a live record names it and there is
// room.
func (c *Cache) KeepPicture(ctx context.Context, b []byte, now time.Time) error {
	return c.keepPicture(ctx, b, now, maxPictures)
}

func (c *Cache) keepPicture(ctx context.Context, b []byte, now time.Time, room int64) error {
	id := protocol.BlobOf(b)
	return c.write(ctx, func(tx *sql.Tx) error {
		n, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO pictures (blob, bytes, size, used)
			SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM events WHERE blob = ?1)`, id[:], b, len(b), now.Unix()/60)
		if err != nil {
			return err
		}
		if kept, err := n.RowsAffected(); err != nil || kept == 0 {
			return err
		}
		for {
			var sum int64
			if err := tx.QueryRowContext(ctx, "SELECT coalesce(sum(size), 0) FROM pictures").Scan(&sum); err != nil || sum <= room {
				return err
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM pictures WHERE blob = (SELECT blob FROM pictures ORDER BY used, rowid LIMIT 1)"); err != nil {
				return err
			}
		}
	})
}
