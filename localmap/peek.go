package localmap

import (
	"context"
	"database/sql"
	"path/filepath"

	"p4p/protocol"
)

// Glimpse is who a profile is.
type Glimpse struct {
	Key    protocol.PublicKey // that signs now
	Server *protocol.UUID     // that it is bound to, nil before
	URL    string             // the address last remembered, or ""
}

// Peek reads who the profile in dir is without opening it: nothing is made,
// bound, migrated or locked. ok is false where there is no local map. Codes:
// map_damaged, map_newer, home_unwritable, no_cgo.
func Peek(ctx context.Context, dir string) (g Glimpse, ok bool, err error) {
	if !haveSQLite {
		return g, false, errNoCGO()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return g, false, errUnwritable(dir, err)
	}
	file := filepath.Join(dir, FileName)
	if locked, err := Locked(dir); err != nil {
		return g, false, err
	} else if locked {
		return g, true, errLocked()
	}
	if there, err := exists(file); err != nil || !there {
		return g, false, err
	}
	access := reading
	if open, err := exists(file + "-wal"); err != nil {
		return g, true, err
	} else if !open {
		access = resting
	}
	db, err := sql.Open("sqlite3", dsn(file, access))
	if err != nil {
		return g, true, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := formatOf(ctx, db, file); err != nil {
		return g, true, explain(ctx, file, err)
	}
	id, err := readIdentity(ctx, db)
	if err != nil {
		return g, true, explain(ctx, file, err)
	}
	g.Key, g.URL = id.root.DeviceKey(id.rotations).Public, id.url
	if !id.server.IsZero() {
		g.Server = &id.server
	}
	return g, true, nil
}
