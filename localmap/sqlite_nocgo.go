//go:build !cgo

package localmap

import (
	"context"
	"database/sql"
)

// haveSQLite tells whether this program can open a database at all: the driver
// is C, and a build without cgo compiles all the same.
const haveSQLite = false

func troubleOf(error) trouble { return noTrouble }

func serialize(context.Context, *sql.Conn) ([]byte, error) { return nil, errNoCGO() }
