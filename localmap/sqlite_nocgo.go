//go:build !cgo

package localmap

// haveSQLite tells whether this program can open a database at all: the driver
// is C, and a build without cgo compiles all the same.
const haveSQLite = false

func troubleOf(error) trouble { return noTrouble }
