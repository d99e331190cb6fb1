package localmap

import (
	"context"
	"database/sql"
	"errors"
)

// DraftPicture is the picture that goes with an unfinished text. Bytes is nil where
// there is none.
type DraftPicture struct {
	Bytes []byte // as it will be sent
	Alt   string
	File  string // what the file was called on this machine
}

// DraftPicture is the picture of the draft in a place.
func (m *Map) DraftPicture(ctx context.Context, where string) (DraftPicture, error) {
	var p DraftPicture
	err := m.read(ctx, func(q querier) error {
		err := q.QueryRowContext(ctx, "SELECT picture, alt, file FROM draft_pictures WHERE place = ?", where).Scan(&p.Bytes, &p.Alt, &p.File)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return p, err
}

// SaveDraftPicture keeps the picture of the draft in a place; one without bytes deletes
// it.
func (m *Map) SaveDraftPicture(ctx context.Context, where string, p DraftPicture) error {
	if p.Bytes == nil {
		return m.exec(ctx, "DELETE FROM draft_pictures WHERE place = ?", where)
	}
	return m.exec(ctx, `INSERT INTO draft_pictures (place, picture, alt, file) VALUES (?, ?, ?, ?)
		ON CONFLICT (place) DO UPDATE SET picture = excluded.picture, alt = excluded.alt, file = excluded.file`, where, p.Bytes, p.Alt, p.File)
}

// dropDraft deletes the draft of a place and its picture.
func (t *tx) dropDraft(ctx context.Context, where string) error {
	for _, table := range []string{"drafts", "draft_pictures"} {
		if _, err := t.ExecContext(ctx, "DELETE FROM "+table+" WHERE place = ?", where); err != nil {
			return err
		}
	}
	return nil
}
