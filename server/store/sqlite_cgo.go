//go:build cgo

package store

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

func checkCGO() error { return nil }

func faultOf(err error) fault {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return faultOther
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return faultDamaged
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return faultBusy
	case sqlite3.ErrFull:
		return faultFull
	case sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return faultAccess
	}
	return faultOther
}
