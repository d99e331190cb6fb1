package localmap

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"p4p/protocol"
)

// backupVersion is the version of the document around the tables. The tables have
// the local map's own format, which is told beside it: an older one is brought
// to this program's as an older file is.
const backupVersion = 1

// Backup is everything that a local map holds, checked: a profile can go on with
// it elsewhere. It is full of secrets.
type Backup struct{ document }

type document struct {
	P4P     string    `json:"p4p"` // "backup"
	Version int       `json:"version"`
	Format  int64     `json:"format"` // of the tables
	MadeAt  time.Time `json:"made_at"`
	Tables  []table   `json:"tables"`
}

const documentName = "backup"

// WriteBackup writes the whole map, as it is at one moment, in JSON and in the
// clear: the caller encrypts it.
func (m *Map) WriteBackup(ctx context.Context, w io.Writer) error {
	d := document{P4P: documentName, Version: backupVersion, Format: schemaVersion, MadeAt: m.now().UTC()}
	err := m.read(ctx, func(q querier) (err error) {
		d.Tables, err = readTables(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(d)
}

// ReadBackup reads what [Map.WriteBackup] of this version, or an older one, has
// written, brings it to this version and checks it as a file that is opened is
// checked. Nothing is written anywhere. Codes: bad_backup, map_newer, no_cgo.
func ReadBackup(ctx context.Context, r io.Reader) (*Backup, error) {
	if !haveSQLite {
		return nil, errNoCGO()
	}
	var d document
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	if err := decoder.Decode(&d); err != nil || d.P4P != documentName {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		if err != nil && !errors.As(err, &syntax) && !errors.As(err, &kind) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err // of r
		}
		return nil, protocol.Errorf(protocol.CodeBadBackup, "This file was encrypted with that passphrase, but it is no backup of P4P.").Because(err)
	}
	if d.Version > backupVersion || d.Format > schemaVersion {
		return nil, protocol.Errorf(protocol.CodeMapNewer,
			"This backup was written by a newer p4p (its format is %d.%d, this one knows %d.%d): update p4p, then restore it.",
			d.Version, d.Format, backupVersion, schemaVersion)
	}
	if d.Version < 1 || d.Format < 1 {
		return nil, errBadBackup(errors.New("it names no format"))
	}
	tables, err := stage(ctx, d)
	if err != nil {
		return nil, errBadBackup(err)
	}
	d.Tables, d.Format = tables, schemaVersion
	return &Backup{d}, nil
}

func errBadBackup(cause error) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadBackup,
		"This backup does not hold together (%v), so nothing was restored from it: use another one.", cause).Because(cause)
}

// MadeAt is when the backup was written.
func (b *Backup) MadeAt() time.Time { return b.document.MadeAt }

// Restore makes an empty profile the one of the backup: all of it, or none. One
// that was moved here ([Map.Adopt]) and holds nothing but its posts takes the
// backup of the same identity, and keeps what it knows of them. Any other profile
// with something in it is left as it is: profile_in_use.
//
// passing tells which settings are nothing: those that come by themselves.
func (m *Map) Restore(ctx context.Context, b *Backup, passing func(setting string) bool) error {
	return m.write(ctx, func(t *tx) error {
		moved, err := mustBeEmpty(ctx, t, passing)
		if err != nil {
			return err
		}
		t.relabel, t.erase = true, true
		if moved {
			return t.complete(ctx, b)
		}
		if err := t.refill(ctx, b); err != nil {
			return err
		}
		return t.startWatch(ctx)
	})
}

// refill replaces the content of all tables by that of a backup. What waited then may
// have been sent since by whoever went on; a deletion that could still be undone may
// have been.
func (t *tx) refill(ctx context.Context, b *Backup) error {
	if err := fill(ctx, t, b.Tables); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "DELETE FROM outbox WHERE due > ?", b.MadeAt().UnixMilli()); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, "UPDATE outbox SET tried = 1")
	return err
}

// Empty tells whether nothing would be lost by restoring a backup into this
// profile, as an error: profile_in_use. passing is as for [Map.Restore].
func (m *Map) Empty(ctx context.Context, passing func(setting string) bool) error {
	return m.read(ctx, func(q querier) error {
		_, err := mustBeEmpty(ctx, q, passing)
		return err
	})
}

// mustBeEmpty refuses a profile that has anything in it. One that was moved here
// may be bound and may have said something.
func mustBeEmpty(ctx context.Context, q querier, passing func(string) bool) (moved bool, err error) {
	id, err := readIdentity(ctx, q)
	if err != nil {
		return false, err
	}
	if moved, err = isMoved(ctx, q); err != nil {
		return false, err
	}
	names, err := tableNames(ctx, q)
	if err != nil {
		return false, err
	}
	has := !id.server.IsZero() && !moved
	for _, name := range names {
		if name == "profile" || moved && name == "made" {
			continue
		}
		t, err := readTable(ctx, q, name)
		if err != nil {
			return false, err
		}
		for _, row := range t.Rows {
			key, _ := row[max(0, slices.Index(t.Columns, "key"))].(string)
			has = has || name != "settings" || !passing(key) && !strings.HasPrefix(key, ownPrefix)
		}
	}
	if has {
		return false, protocol.Errorf(protocol.CodeProfileInUse,
			"This profile has something in it already, and nothing of it was changed: use a new one, as in p4p --profile NAME restore FILE.")
	}
	return moved, nil
}

// stage builds a database in memory as the backup's program would have it, brings
// it to this version, checks it, and reads it back.
func stage(ctx context.Context, d document) ([]table, error) {
	db, err := sql.Open("sqlite3", "file::memory:?_foreign_keys=on")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	p, err := migrator(db)
	if err != nil {
		return nil, err
	}
	if _, err := p.UpTo(ctx, d.Format); err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, tx, d.Tables); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	if _, err := p.Up(ctx); err != nil {
		return nil, err
	}
	if err := examine(ctx, db); err != nil {
		return nil, err
	}
	return readTables(ctx, db)
}

// examine holds what was staged against what this package would have written.
func examine(ctx context.Context, q querier) error {
	s, err := load(ctx, q, nil)
	if err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, selectFriendships)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFriendship(rows)
		if err != nil {
			return err
		}
		before := f.clone()
		if err := f.settle(); err != nil {
			return err
		}
		own, _ := f.sides()
		if _, mine := s.own[own.Key]; !mine || f.Server != s.server || f.Named != before.Named {
			return fmt.Errorf("the friendship %s is not this profile's", f.ID)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return examineOutbox(ctx, q, s)
}

func examineOutbox(ctx context.Context, q querier, s *state) error {
	rows, err := q.QueryContext(ctx, "SELECT id, jws FROM outbox")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id protocol.UUID
		var jws string
		if err := rows.Scan(fixed(id[:]), &jws); err != nil {
			return err
		}
		r, err := protocol.ParseRecord(jws)
		if err != nil {
			return err
		}
		if _, mine := s.own[r.Author]; !mine || r.ID != id || r.Server != s.server {
			return fmt.Errorf("the record %s is not this profile's", id)
		}
	}
	return rows.Err()
}
