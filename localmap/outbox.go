package localmap

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"p4p/protocol"
)

// Outgoing is a record that the server has not acknowledged yet.
type Outgoing struct {
	ID       protocol.UUID
	Kind     protocol.Kind
	JWS      string // the signed bytes: every try sends the same
	Picture  []byte // to be put before the record, or nil; nil in [Map.OutboxList]
	QueuedAt time.Time
	Refused  *protocol.Error // why the server will not take it, nil while it may
	Due      time.Time       // not to be sent before
	Tried    bool            // it was on its way: the server may have it
}

// Enqueue stores a signed record until the server has it: when it returns nil,
// the record survives a crash. Repeating it changes nothing. The profile is bound
// to the record's server if it was not bound yet.
//
// Codes: other_server; wrong_state when the record was signed with a key that
// another process has replaced meanwhile ([Map.Rebind]): sign again.
func (m *Map) Enqueue(ctx context.Context, r protocol.Record, picture []byte) error {
	return m.enqueue(ctx, r, picture, 0, "")
}

// EnqueueDraft is [Map.Enqueue] of what was written as the draft of a place: that goes,
// with its picture, in the same transaction, so that a process that dies leaves the text
// once. A draft that says something else stays. [Map.Reopen] is the way back.
func (m *Map) EnqueueDraft(ctx context.Context, where string, r protocol.Record, picture []byte) error {
	return m.enqueue(ctx, r, picture, 0, where)
}

// enqueue takes away the draft of where that r is, unless where is "".
func (m *Map) enqueue(ctx context.Context, r protocol.Record, picture []byte, due int64, where string) error {
	switch {
	case r.ID != protocol.RecordUUID(r.JWS):
		return fmt.Errorf("local map: the record %s has other bytes than it says", r.ID)
	case picture != nil && (r.Image == nil || protocol.BlobOf(picture) != r.Image.Blob):
		return fmt.Errorf("local map: the picture is not the one that the record %s names", r.ID)
	}
	return m.write(ctx, func(t *tx) error {
		id, err := t.bind(ctx, r.Server)
		if err != nil {
			return err
		}
		// A retired key still deletes what it once wrote; nothing else.
		mine := r.Author == id.root.DeviceKey(id.rotations).Public
		for i := id.rotations; !mine && r.Kind == protocol.KindDeletion && i > 0; i-- {
			mine = r.Author == id.root.DeviceKey(i-1).Public
		}
		if !mine {
			return errOtherKey()
		}
		if _, err := t.ExecContext(ctx, "INSERT INTO made (id) VALUES (?) ON CONFLICT (id) DO NOTHING", r.ID[:]); err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, "INSERT INTO outbox (id, kind, jws, queued, picture, due, tried) VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING",
			r.ID[:], r.Kind, r.JWS, m.now().UnixMilli(), picture, due)
		if err != nil || where == "" {
			return err
		}
		return t.dropDraft(ctx, where, r, picture)
	})
}

// Outbox is all that waits, oldest first, refused records included.
func (m *Map) Outbox(ctx context.Context) ([]Outgoing, error) { return m.outbox(ctx, "picture") }

// OutboxList is the outbox without its pictures, which can be megabytes: for a
// screen and for counting.
func (m *Map) OutboxList(ctx context.Context) ([]Outgoing, error) { return m.outbox(ctx, "NULL") }

func (m *Map) outbox(ctx context.Context, picture string) ([]Outgoing, error) {
	var all []Outgoing
	err := m.read(ctx, func(q querier) error {
		rows, err := q.QueryContext(ctx,
			"SELECT id, kind, jws, queued, refused_code, refused_message, due, tried, "+picture+" FROM outbox ORDER BY n")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var o Outgoing
			var code, message *string
			var due int64
			if err := rows.Scan(fixed(o.ID[:]), &o.Kind, &o.JWS, (*millis)(&o.QueuedAt), &code, &message, &due, &o.Tried, &o.Picture); err != nil {
				return err
			}
			if code != nil && message != nil {
				o.Refused = &protocol.Error{Code: protocol.Code(*code), Message: *message}
			}
			if due > 0 {
				o.Due = time.UnixMilli(due).UTC()
			}
			all = append(all, o)
		}
		return rows.Err()
	})
	return all, err
}

// MarkRefused notes why the server will not take a record, which then waits for
// its owner: [Map.Retry] or [Map.Dequeue]. Nothing of that UUID: unknown_record.
func (m *Map) MarkRefused(ctx context.Context, id protocol.UUID, why *protocol.Error) error {
	if why == nil {
		return errors.New("local map: a refusal needs its reason")
	}
	return m.updateOutbox(ctx, id, string(why.Code), why.Message)
}

// Retry lets a refused record be sent again. Nothing of that UUID: unknown_record.
func (m *Map) Retry(ctx context.Context, id protocol.UUID) error {
	return m.updateOutbox(ctx, id, nil, nil)
}

func (m *Map) updateOutbox(ctx context.Context, id protocol.UUID, code, message any) error {
	return m.write(ctx, func(t *tx) error {
		done, err := t.ExecContext(ctx, "UPDATE outbox SET refused_code = ?, refused_message = ? WHERE id = ?", code, message, id[:])
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return protocol.Errorf(protocol.CodeUnknownRecord, "Nothing with the UUID %s waits to be sent.", id)
	})
}

// Dequeue takes a record out: the server has it, or its owner discards it. What
// is not there (another process was faster) is no error.
func (m *Map) Dequeue(ctx context.Context, id protocol.UUID) error {
	return m.write(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, "DELETE FROM outbox WHERE id = ?", id[:])
		return err
	})
}

// LockOutbox lets one process, and one Map in it, send the outbox at a time. ok
// is false when another does. The lock ends with unlock, or with the process.
func (m *Map) LockOutbox() (unlock func(), ok bool, err error) {
	unlock, ok, err = lockFile(filepath.Join(m.dir, outboxLock), false)
	if err != nil {
		return nil, false, errUnwritable(m.dir, cause(err))
	}
	return unlock, ok, nil
}
