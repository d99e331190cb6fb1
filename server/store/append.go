package store

import (
	"context"
	"database/sql"
	"errors"

	"p4p/protocol"
)

// Appended is the fate of one record.
type Appended struct {
	Seq   uint64          // where it stands, 0 when refused
	Event *protocol.Event // nil when it stood there already or was refused
	Err   *protocol.Error // why it was refused
}

// Append takes the records into the log, in their order, in one transaction;
// each is taken or refused on its own, and a later one may depend on an earlier
// one. What a deletion erases is erased in the same transaction. A non-nil error
// means that nothing was committed.
//
// The records are parsed and verified, and were held against this server and its
// clock. Refusals: record_conflict, deleted, unknown_target, bad_target,
// not_author, blob_missing, bad_picture.
func (s *Store) Append(ctx context.Context, recs []protocol.Record) ([]Appended, error) {
	var out []Appended
	err := s.change(ctx, func(l *logTx) error {
		out = make([]Appended, len(recs))
		for i, r := range recs {
			var err error
			if out[i], err = l.append(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// logTx is one transaction on the log.
type logTx struct {
	ctx  context.Context // as long as the transaction
	tx   *sql.Tx
	head uint64 // the last seq, with those of this transaction
	part uint64
}

// change commits what f does to the log and moves the head.
func (s *Store) change(ctx context.Context, f func(*logTx) error) error {
	var head uint64
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		at, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		l := &logTx{ctx, tx, at, s.part}
		err = f(l)
		head = l.head
		return err
	})
	if err == nil {
		s.head.Store(head)
	}
	return err
}

func (l *logTx) exec(query string, args ...any) error {
	_, err := l.tx.ExecContext(l.ctx, query, args...)
	return err
}

// entry is what stands in the log under a record UUID.
type entry struct {
	seq  uint64
	kind string
	jws  string // "" where erased
}

// find looks a record UUID up; ok is false where it is unknown. It runs for every
// record, and SQLite plans a join with "= ?" anew for every value bound to it,
// which takes five times as long as the query: hence the subquery.
func (l *logTx) find(id protocol.UUID) (e entry, ok bool, err error) {
	err = l.tx.QueryRowContext(l.ctx, `
		SELECT seq, kind, coalesce((SELECT jws FROM bodies b WHERE b.seq = r.seq AND r.kind <> 'erased'), '')
		FROM records r WHERE id = ?`, id[:]).Scan(&e.seq, &e.kind, &e.jws)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	return e, err == nil, err
}

func (l *logTx) append(r protocol.Record) (Appended, error) {
	known, ok, err := l.find(r.ID)
	switch {
	case err != nil:
		return Appended{}, err
	case ok && known.kind == kindErased:
		return refuse(protocol.CodeDeleted, "This record was deleted; it cannot be posted again.")
	case ok && known.jws != r.JWS: // the UUID commits to the bytes, so only a broken hash gets here
		return refuse(protocol.CodeRecordConflict, "Another record has this record's UUID.")
	case ok:
		return Appended{Seq: known.seq}, nil
	}
	if r.Kind == protocol.KindPost {
		return l.appendPost(r)
	}
	return l.appendReply(r)
}

func (l *logTx) appendPost(r protocol.Record) (Appended, error) {
	if r.Image == nil {
		return l.insert(r)
	}
	var width, height int
	err := l.tx.QueryRowContext(l.ctx, "SELECT width, height FROM blobs WHERE id = ?", r.Image.Blob[:]).Scan(&width, &height)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return refuse(protocol.CodeBlobMissing, "The post names a picture that is not here; upload it and post again.")
	case err != nil:
		return Appended{}, err
	case width != r.Image.Width || height != r.Image.Height:
		return refuse(protocol.CodeBadPicture, "The post says that its picture measures %d by %d pixels; it measures %d by %d.",
			r.Image.Width, r.Image.Height, width, height)
	}
	if err := l.exec("UPDATE blobs SET unnamed_since = NULL WHERE id = ? AND unnamed_since IS NOT NULL", r.Image.Blob[:]); err != nil {
		return Appended{}, err
	}
	return l.insert(r)
}

// appendReply takes what has a target: comment, deletion, report.
func (l *logTx) appendReply(r protocol.Record) (Appended, error) {
	target, ok, err := l.find(r.Target)
	switch {
	case err != nil:
		return Appended{}, err
	case !ok:
		return refuse(protocol.CodeUnknownTarget, "What this %s is about is not on this server.", r.Kind)
	case target.kind == kindErased:
		return refuse(protocol.CodeDeleted, "What this %s is about was deleted.", r.Kind)
	case target.kind == string(protocol.KindPost):
	case target.kind == string(protocol.KindComment) && r.Kind != protocol.KindComment:
	default:
		return refuse(protocol.CodeBadTarget, "A %s cannot be about a %s.", r.Kind, target.kind)
	}
	if r.Kind != protocol.KindDeletion {
		return l.insert(r)
	}
	author, err := authorOf(target.jws)
	if err != nil {
		return Appended{}, err
	}
	if author != r.Author {
		return refuse(protocol.CodeNotAuthor, "Only its author can delete a record, with the key that signed it.")
	}
	if err := l.erase(target.seq); err != nil {
		return Appended{}, err
	}
	return l.insert(r)
}

// authorOf is the whole key: two keys could be made that share a device UUID.
func authorOf(jws string) (protocol.PublicKey, error) {
	r, err := protocol.ParseRecord(jws)
	if err != nil {
		return protocol.PublicKey{}, stored(err)
	}
	return r.Author, nil
}

// stored tells that what a table holds does not fit: nobody's request is wrong.
func stored(err error) error {
	return protocol.Errorf(protocol.CodeDataDamaged, damagedText, databaseName).Because(err)
}

func (l *logTx) insert(r protocol.Record) (Appended, error) {
	seq, author := l.head+1, r.Author.UUID()
	var target, blob []byte
	if r.Kind != protocol.KindPost {
		target = r.Target[:]
	}
	if r.Image != nil {
		blob = r.Image.Blob[:]
	}
	if err := l.place(seq, r.ID[:], string(r.Kind), author[:], target, blob); err != nil {
		return Appended{}, err
	}
	if err := l.exec("INSERT INTO bodies (seq, jws) VALUES (?, ?)", seq, []byte(r.JWS)); err != nil {
		return Appended{}, err
	}
	if err := l.index(seq, r); err != nil {
		return Appended{}, err
	}
	e := event(seq, string(r.Kind), r.ID, &r.Target, r.JWS)
	return Appended{Seq: seq, Event: &e}, nil
}

// place takes the next place of the log.
func (l *logTx) place(seq uint64, id []byte, kind string, author, target, blob []byte) error {
	if err := l.exec("INSERT INTO records (seq, id, kind, author, target, blob) VALUES (?, ?, ?, ?, ?, ?)",
		seq, id, kind, author, target, blob); err != nil {
		return err
	}
	l.head = seq
	if part := seq / l.part; seq == 1 || seq%l.part == 0 {
		return makeSearch(l.ctx, l.tx, part)
	}
	return nil
}

func refuse(c protocol.Code, format string, args ...any) (Appended, error) {
	return Appended{Err: protocol.Errorf(c, format, args...)}, nil
}
