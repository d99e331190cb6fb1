package localmap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"p4p/protocol"
)

// ownPrefix begins the settings that this package keeps itself.
const ownPrefix = "map."

const (
	settingMoved = ownPrefix + "moved" // when the profile came here without its names, in Unix milliseconds
	settingWatch = ownPrefix + "watch" // from when on all records of this profile are made here
)

// Adopt makes an empty or new profile the one that was moved here: its secret and
// its server, and nothing else. A profile with something in it is left as it is:
// profile_in_use. passing is as for [Map.Restore].
func (m *Map) Adopt(ctx context.Context, v protocol.Move, passing func(setting string) bool) error {
	base := v.Root.DeviceKey(0).Public
	pin := ""
	if v.Pin != nil {
		pin = v.Pin.Base32()
	}
	return m.write(ctx, func(t *tx) error {
		moved, err := mustBeEmpty(ctx, t, passing)
		if err != nil {
			return err
		}
		if moved {
			return protocol.Errorf(protocol.CodeProfileInUse,
				"A profile was moved into this one already, and nothing of it was changed: use a new one, as in p4p --profile NAME move --receive.")
		}
		t.relabel, t.erase = true, true
		var server any
		if !v.Server.IsZero() {
			server = v.Server[:]
		}
		if _, err := t.ExecContext(ctx,
			"UPDATE profile SET root = ?, base_key = ?, rotations = ?, server = ?, server_url = ?, server_pin = ?",
			v.Root[:], base[:], v.Rotations, server, v.URL, pin); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, "DELETE FROM settings"); err != nil { // they came by themselves, with another key
			return err
		}
		if err := t.set(ctx, settingMoved, strconv.FormatInt(m.now().UnixMilli(), 10)); err != nil {
			return err
		}
		return t.startWatch(ctx)
	})
}

// Moved tells whether the profile was moved here and still lacks its names.
func (m *Map) Moved(ctx context.Context) (yes bool, err error) {
	err = m.read(ctx, func(q querier) error {
		yes, err = isMoved(ctx, q)
		return err
	})
	return yes, err
}

func isMoved(ctx context.Context, q querier) (bool, error) {
	at, err := setting(ctx, q, settingMoved)
	return at != "", err
}

// complete gives a moved profile what the backup of the same identity holds.
func (t *tx) complete(ctx context.Context, b *Backup) error {
	before, err := readIdentity(ctx, t)
	if err != nil {
		return err
	}
	made, err := readTable(ctx, t, "made")
	if err != nil {
		return err
	}
	if err := t.refill(ctx, b); err != nil {
		return err
	}
	now, err := readIdentity(ctx, t)
	switch {
	case err != nil:
		return err
	case now.root != before.root:
		return protocol.Errorf(protocol.CodeProfileInUse,
			"This backup is of somebody else than the profile that was moved here, and nothing was changed: restore it into a new one, as in p4p --profile NAME restore FILE.")
	case now.rotations < before.rotations:
		return protocol.Errorf(protocol.CodeBadBackup,
			"This backup is older than your last change of key, so its friendships are out of date and nothing was changed: make a new one on your old machine.")
	case !before.server.IsZero() && !now.server.IsZero() && before.server != now.server:
		return errBadBackup(errors.New("it is of another server"))
	}
	// A row that the backup has as well is no error.
	for _, row := range made.Rows {
		id, ok := row[0].(blob)
		if !ok {
			return fmt.Errorf("local map: a record's UUID is a %T", row[0])
		}
		if _, err := t.ExecContext(ctx, "INSERT INTO made (id) VALUES (?) ON CONFLICT (id) DO NOTHING", id.B); err != nil {
			return err
		}
	}
	if now.server.IsZero() && !before.server.IsZero() {
		if _, err := t.ExecContext(ctx, "UPDATE profile SET server = ?", before.server[:]); err != nil {
			return err
		}
	}
	if before.url != "" { // as of the move, which came later
		if err := t.setServerURL(ctx, before.url, before.pin); err != nil {
			return err
		}
	}
	return t.startWatch(ctx)
}

// startWatch notes that what this profile signs is signed here from now on. Times
// in records are whole minutes, so that the one which has begun does not count.
func (t *tx) startWatch(ctx context.Context) error {
	return t.set(ctx, settingWatch, strconv.FormatInt(t.m.now().Truncate(time.Minute).Add(time.Minute).UnixMilli(), 10))
}

// Watch is from when on every record of this profile should have been made here:
// since it is on this machine, or since the first call.
func (m *Map) Watch(ctx context.Context) (since time.Time, err error) {
	err = m.write(ctx, func(t *tx) error {
		at, err := setting(ctx, t, settingWatch)
		if err != nil {
			return err
		}
		if at == "" {
			if err := t.startWatch(ctx); err != nil {
				return err
			}
			if at, err = setting(ctx, t, settingWatch); err != nil {
				return err
			}
		}
		ms, err := strconv.ParseInt(at, 10, 64)
		since = time.UnixMilli(ms)
		return err
	})
	return since, err
}

// Made tells whether a record was signed here, since this is noted.
func (m *Map) Made(ctx context.Context, id protocol.UUID) (yes bool, err error) {
	err = m.read(ctx, func(q querier) error {
		return q.QueryRowContext(ctx, "SELECT count(*) FROM made WHERE id = ?", id[:]).Scan(&yes)
	})
	return yes, err
}

func (t *tx) set(ctx context.Context, key, value string) error {
	_, err := t.ExecContext(ctx, "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

func setting(ctx context.Context, q querier, key string) (value string, err error) {
	err = q.QueryRowContext(ctx, "SELECT value FROM settings WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}
