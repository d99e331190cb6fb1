package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"p4p/protocol"
)

// PutBlob keeps a picture that [protocol.CheckPicture] let pass with info. It
// stays while a live record names it, and for [protocol.BlobGrace] before the
// first one does.
func (s *Store) PutBlob(ctx context.Context, b []byte, info protocol.PictureInfo) error {
	id, now := protocol.BlobOf(b), s.Now().Truncate(time.Minute).Unix()
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var n int64
		err := tx.QueryRowContext(ctx, "SELECT n FROM blobs WHERE id = ?", id[:]).Scan(&n)
		if err == nil { // the grace begins again, unless it is over for good
			_, err = tx.ExecContext(ctx, "UPDATE blobs SET unnamed_since = ? WHERE n = ? AND unnamed_since IS NOT NULL", now, n)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		res, err := tx.ExecContext(ctx, "INSERT INTO blobs (id, type, width, height, unnamed_since) VALUES (?, ?, ?, ?, ?)",
			id[:], info.Type, info.Width, info.Height, now)
		if err != nil {
			return err
		}
		if n, err = res.LastInsertId(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO pictures (n, bytes) VALUES (?, ?)", n, b)
		return err
	})
}

// Blob reads a picture that a live record names. Code: unknown_blob.
func (s *Store) Blob(ctx context.Context, id protocol.BlobID) (b []byte, contentType string, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT p.bytes, b.type FROM blobs b JOIN pictures p ON p.n = b.n
			WHERE b.id = ?1 AND EXISTS (SELECT 1 FROM records WHERE blob = ?1)`, id[:]).Scan(&b, &contentType)
		if errors.Is(err, sql.ErrNoRows) {
			return protocol.Errorf(protocol.CodeUnknownBlob, "There is no such picture on this server.")
		}
		return err
	})
	return b, contentType, err
}
