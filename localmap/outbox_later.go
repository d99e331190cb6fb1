package localmap

import (
	"context"
	"time"

	"p4p/protocol"
)

// EnqueueLater is [Map.Enqueue] for a record that is not to be sent before due. Until
// then [Map.Undo] takes it back.
func (m *Map) EnqueueLater(ctx context.Context, r protocol.Record, due time.Time) error {
	return m.enqueue(ctx, r, nil, due.UnixMilli(), "")
}

// Undo takes back what is not due yet and was never on its way, whatever the clock
// says. Nothing such of that UUID: unknown_record.
func (m *Map) Undo(ctx context.Context, id protocol.UUID) error {
	return m.write(ctx, func(t *tx) error {
		done, err := t.ExecContext(ctx, "DELETE FROM outbox WHERE id = ? AND due > ? AND tried = 0", id[:], m.now().UnixMilli())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return protocol.Errorf(protocol.CodeUnknownRecord, "It is too late to undo this: it is on its way to the server.")
	})
}

// Release makes due at once what of these was to wait, and tells whether anything was.
func (m *Map) Release(ctx context.Context, ids []protocol.UUID) (bool, error) {
	var released bool
	err := m.write(ctx, func(t *tx) error {
		for _, id := range ids {
			done, err := t.ExecContext(ctx, "UPDATE outbox SET due = 0 WHERE id = ? AND due > ?", id[:], m.now().UnixMilli())
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			released = released || n > 0
		}
		return nil
	})
	return released, err
}

// MarkTried notes before records are sent that the server may have them from now on.
func (m *Map) MarkTried(ctx context.Context, ids []protocol.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	return m.write(ctx, func(t *tx) error {
		for _, id := range ids {
			if _, err := t.ExecContext(ctx, "UPDATE outbox SET tried = 1 WHERE id = ?", id[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reopen makes of a record that waits the draft of a place, with its picture, in one
// transaction. The caller holds the outbox ([Map.LockOutbox]), knows that the server
// has it not, and tells what the signed record says: its text, and of the picture what
// it shows.
//
// Codes: unknown_record; wrong_state when there is another draft in that place.
func (m *Map) Reopen(ctx context.Context, id protocol.UUID, where, text, alt string) error {
	return m.write(ctx, func(t *tx) error {
		var others int
		if err := t.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM drafts WHERE place = ? AND text <> ?)
			+ (SELECT count(*) FROM draft_pictures WHERE place = ?)`, where, text, where).Scan(&others); err != nil {
			return err
		}
		if others > 0 {
			return protocol.Errorf(protocol.CodeWrongState, "You are writing something else there: send that first, or empty it.")
		}
		if _, err := t.ExecContext(ctx, `INSERT INTO draft_pictures (place, picture, alt, file)
			SELECT ?, picture, ?, '' FROM outbox WHERE id = ? AND picture IS NOT NULL`, where, alt, id[:]); err != nil {
			return err
		}
		done, err := t.ExecContext(ctx, "DELETE FROM outbox WHERE id = ?", id[:])
		if err != nil {
			return err
		}
		switch n, err := done.RowsAffected(); {
		case err != nil:
			return err
		case n == 0:
			return protocol.Errorf(protocol.CodeUnknownRecord, "Nothing with the UUID %s waits to be sent.", id)
		}
		if text == "" {
			return nil
		}
		_, err = t.ExecContext(ctx, "INSERT INTO drafts (place, text) VALUES (?, ?) ON CONFLICT (place) DO NOTHING", where, text)
		return err
	})
}
