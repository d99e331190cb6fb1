//go:build cgo

package cache

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// isDamage tells whether SQLite says that the file is no database, or a broken one.
func isDamage(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB || e.Code == sqlite3.ErrFormat)
}
