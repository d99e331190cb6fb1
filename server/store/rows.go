package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"p4p/protocol"
)

// kindErased is what the kind of a record becomes when it is erased; the others
// are those of [protocol.Kind], and takedown.
const kindErased = string(protocol.EventErased)

// dbUUID reads a UUID from its 16 bytes.
type dbUUID protocol.UUID

// Scan implements [sql.Scanner].
func (u *dbUUID) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(u) {
		return stored(fmt.Errorf("%T is not a UUID of 16 bytes", v))
	}
	copy(u[:], b)
	return nil
}

func uuids(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]protocol.UUID, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []protocol.UUID
	for rows.Next() {
		var id dbUUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, protocol.UUID(id))
	}
	return ids, rows.Err()
}

// event is a place of the log as everybody may read it.
func event(seq uint64, kind string, id protocol.UUID, target *protocol.UUID, jws string) protocol.Event {
	e := protocol.Event{Seq: seq, Kind: protocol.EventKind(kind)}
	switch e.Kind {
	case protocol.EventErased:
		e.ID = &id
	case protocol.EventTakedown:
		e.Target = target
	case protocol.EventPost, protocol.EventComment, protocol.EventDeletion:
		e.JWS = jws
	default: // a report is between its author and the operator
		e.Kind = protocol.EventHidden
	}
	return e
}

// eventColumns are what [scanEvent] reads of a record r and, where everybody may
// read it, its body.
const (
	eventColumns = "SELECT r.seq, r.kind, r.id, r.target, coalesce(b.jws, '') FROM "
	withBody     = " LEFT JOIN bodies b ON b.seq = r.seq AND r.kind IN ('post', 'comment', 'deletion') WHERE "
	selectEvents = eventColumns + "records r" + withBody
)

type scanner interface{ Scan(dest ...any) error }

func scanEvent(row scanner) (protocol.Event, error) {
	var (
		seq        uint64
		kind, jws  string
		id, target *dbUUID
	)
	if err := row.Scan(&seq, &kind, &id, &target, &jws); err != nil {
		return protocol.Event{}, err
	}
	var own protocol.UUID
	if id != nil {
		own = protocol.UUID(*id)
	}
	return event(seq, kind, own, (*protocol.UUID)(target), jws), nil
}

// erasable is the seq of the live post or comment id; else refusal says why not.
func erasable(ctx context.Context, tx *sql.Tx, id protocol.UUID) (seq uint64, refusal, err error) {
	var kind string
	err = tx.QueryRowContext(ctx, "SELECT seq, kind FROM records WHERE id = ?", id[:]).Scan(&seq, &kind)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, unknownRecord(), nil
	case err != nil:
		return 0, nil, err
	}
	switch kind {
	case string(protocol.KindPost), string(protocol.KindComment):
		return seq, nil, nil
	case kindErased:
		return 0, deletedRecord(), nil
	}
	return 0, protocol.Errorf(protocol.CodeBadTarget, "Only posts and comments can be taken down; this is a %s.", kind), nil
}

func unknownRecord() error {
	return protocol.Errorf(protocol.CodeUnknownRecord, "There is no such record on this server.")
}

func deletedRecord() error {
	return protocol.Errorf(protocol.CodeDeleted, "This record was deleted.")
}
