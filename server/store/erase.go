package store

import (
	"context"
	"database/sql"

	"p4p/protocol"
)

// erase turns the post or comment at seq into a tombstone, and empties the reports
// about it, which nobody needs any more: they may quote it. Its body is zeroed in
// place (migrations/00001_start.sql says why it is not removed); its words leave
// the index's files with the next sweep, and nothing finds them until then.
func (l *logTx) erase(seq uint64) error {
	var blob []byte
	if err := l.tx.QueryRowContext(l.ctx, "SELECT blob FROM records WHERE seq = ?", seq).Scan(&blob); err != nil {
		return err
	}
	for _, query := range []string{
		`UPDATE bodies SET jws = zeroblob(length(jws)) WHERE seq IN (
			SELECT r.seq FROM records t JOIN records r ON r.target = t.id AND r.kind = 'report' WHERE t.seq = ?)`,
		"UPDATE records SET kind = 'erased', author = NULL, target = NULL, blob = NULL WHERE seq = ?",
		"UPDATE bodies SET jws = zeroblob(length(jws)) WHERE seq = ?",
	} {
		if err := l.exec(query, seq); err != nil {
			return err
		}
	}
	if err := l.exec("INSERT OR IGNORE INTO search_stale (part) VALUES (?)", seq/l.part); err != nil {
		return err
	}
	return l.exec("DELETE FROM blobs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM records WHERE blob = ?1)", blob)
}

// Takedown erases a post or comment by the operator's word and appends an event
// of its own to the log. It also takes id off the queue, whatever comes of it.
// Codes: unknown_record, bad_target, deleted (its author was faster).
func (s *Store) Takedown(ctx context.Context, id protocol.UUID) (*protocol.Event, error) {
	var done *protocol.Event
	var refused error
	err := s.change(ctx, func(l *logTx) error {
		if err := l.exec("DELETE FROM takedowns WHERE id = ?", id[:]); err != nil {
			return err
		}
		seq, refusal, err := erasable(l.ctx, l.tx, id)
		if err != nil || refusal != nil {
			refused = refusal
			return err
		}
		if err := l.erase(seq); err != nil {
			return err
		}
		at := l.head + 1
		e := event(at, string(protocol.EventTakedown), protocol.UUID{}, &id, "")
		done = &e
		return l.place(at, nil, string(protocol.EventTakedown), nil, id[:], nil)
	})
	if err != nil {
		return nil, err
	}
	return done, refused
}

// PendingTakedowns are those that the operator's command queued.
func (s *Store) PendingTakedowns(ctx context.Context) ([]protocol.UUID, error) {
	var ids []protocol.UUID
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		ids, err = uuids(ctx, tx, "SELECT id FROM takedowns ORDER BY id")
		return err
	})
	return ids, err
}
