//go:build !cgo

package store

import "p4p/protocol"

// checkCGO refuses at once: without cgo the SQLite driver is a stub that
// compiles and fails at its first use.
func checkCGO() error {
	return protocol.Errorf(protocol.CodeNoCGO,
		"This p4p was built without cgo and has no database: build it with CGO_ENABLED=1 and a C compiler.")
}

func faultOf(error) fault { return faultOther }
