package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"p4p/protocol"
)

// eventOverhead is about what an event takes in a frame beside its JWS, in bytes.
const eventOverhead = 64

// Range reads the log upwards: the events with seq > after, at most n, and about
// maxBytes of them, but at least one where there is one.
func (s *Store) Range(ctx context.Context, after uint64, n, maxBytes int) ([]protocol.Event, error) {
	var events []protocol.Event
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectEvents+"r.seq > ? ORDER BY r.seq LIMIT ?", after, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		size := 0
		for rows.Next() {
			e, err := scanEvent(rows)
			if err != nil {
				return err
			}
			if size += len(e.JWS) + eventOverhead; size > maxBytes && len(events) > 0 {
				return nil
			}
			events = append(events, e)
		}
		return rows.Err()
	})
	return events, err
}

// At is the record UUID at a seq, also of an erased or hidden record, and zero
// at a takedown; ok is false beyond the log.
func (s *Store) At(ctx context.Context, seq uint64) (id protocol.UUID, ok bool, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var u *dbUUID
		err := tx.QueryRowContext(ctx, "SELECT id FROM records WHERE seq = ?", seq).Scan(&u)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if ok = err == nil; ok && u != nil {
			id = protocol.UUID(*u)
		}
		return err
	})
	return id, ok, err
}

// Record reads one record and counts its live comments. Codes: unknown_record,
// deleted. A report is unknown: it is the operator's to read.
func (s *Store) Record(ctx context.Context, id protocol.UUID) (e protocol.Event, comments int, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		e, err = scanEvent(tx.QueryRowContext(ctx, selectEvents+"r.id = ?", id[:]))
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && e.Kind == protocol.EventHidden:
			return unknownRecord()
		case err != nil:
			return err
		case e.Kind == protocol.EventErased:
			return deletedRecord()
		}
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM records WHERE target = ? AND kind = 'comment'", id[:]).Scan(&comments)
	})
	if err != nil {
		return protocol.Event{}, 0, err
	}
	return e, comments, nil
}

// Query is what a page is to hold; zero members ask for nothing in particular.
type Query struct {
	Before         uint64 // only what stands before this seq; 0: from the newest
	Limit          int    // 1 up to protocol.MaxPage
	Kind           protocol.Kind
	Author, Target *protocol.UUID
	Words          string // all of them, in texts and descriptions of pictures
}

// Page reads live posts, comments and deletions, newest first; more tells
// whether there are others behind them.
func (s *Store) Page(ctx context.Context, q Query) (events []protocol.Event, more bool, err error) {
	limit := min(max(q.Limit, 1), protocol.MaxPage)
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		if q.Words != "" {
			events, err = s.search(ctx, tx, q, limit+1)
		} else {
			where, args := q.where()
			events, err = page(ctx, tx, selectEvents+where+" ORDER BY r.seq DESC LIMIT ?", append(args, limit+1))
		}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(events) > limit; more {
		events = events[:limit]
	}
	return events, more, nil
}

// where is the condition on records r. A plus sign keeps SQLite from an index
// whose order would not be that of seq.
func (q Query) where() (string, []any) {
	var conditions []string
	var args []any
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if q.Before > 0 {
		add("r.seq < ?", q.Before)
	}
	if q.Author != nil {
		add("r.author = ?", q.Author[:])
	}
	if q.Target != nil {
		add("r.target = ?", q.Target[:])
	}
	kind := "r.kind"
	if q.Author != nil || q.Target != nil || q.Words != "" {
		kind = "+r.kind"
	}
	switch q.Kind {
	case protocol.KindPost, protocol.KindComment, protocol.KindDeletion:
		add(kind+" = ?", string(q.Kind))
	case "":
		conditions = append(conditions, "+r.kind IN ('post', 'comment', 'deletion')")
	default: // reports are nobody's to list
		conditions = append(conditions, "0")
	}
	return strings.Join(conditions, " AND "), args
}

func page(ctx context.Context, tx *sql.Tx, query string, args []any) ([]protocol.Event, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []protocol.Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}
