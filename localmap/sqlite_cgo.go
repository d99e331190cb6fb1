//go:build cgo

package localmap

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mattn/go-sqlite3"
)

// haveSQLite tells whether this program can open a database at all.
const haveSQLite = true

// serialize is the whole database as its file would hold it.
func serialize(ctx context.Context, conn *sql.Conn) (b []byte, err error) {
	raw := conn.Raw(func(c any) error {
		b, err = c.(*sqlite3.SQLiteConn).Serialize("main")
		return err
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b, raw
}

func troubleOf(err error) trouble {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return noTrouble
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return damaged
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrIoErr, sqlite3.ErrAuth:
		return unwritable
	case sqlite3.ErrFull:
		return diskFull
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol:
		return busy
	default:
		return otherTrouble
	}
}
