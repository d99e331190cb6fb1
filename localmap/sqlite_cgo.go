//go:build cgo

package localmap

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// haveSQLite tells whether this program can open a database at all.
const haveSQLite = true

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
