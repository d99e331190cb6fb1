package localmap

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"p4p/protocol"
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

// dropDraft deletes the draft of a place, with its picture, where it is what r says. What
// another program began there meanwhile stays.
func (t *tx) dropDraft(ctx context.Context, where string, r protocol.Record, picture []byte) error {
	var text, alt, says string
	var kept []byte
	err := t.QueryRowContext(ctx, `SELECT coalesce((SELECT text FROM drafts WHERE place = ?1), ''),
		(SELECT picture FROM draft_pictures WHERE place = ?1), coalesce((SELECT alt FROM draft_pictures WHERE place = ?1), '')`,
		where).Scan(&text, &kept, &alt)
	if err != nil {
		return err
	}
	if r.Image != nil {
		says = r.Image.Alt
	}
	if protocol.NormalizeText(text) != r.Text || !bytes.Equal(kept, picture) || protocol.NormalizeText(alt) != says {
		return nil
	}
	for _, table := range []string{"drafts", "draft_pictures"} {
		if _, err := t.ExecContext(ctx, "DELETE FROM "+table+" WHERE place = ?", where); err != nil {
			return err
		}
	}
	return nil
}
