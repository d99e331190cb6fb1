package store

import (
	"context"
	"errors"
	"io/fs"

	"p4p/protocol"
)

const damagedText = "The database %q is damaged or not a P4P server's. It was left as it is: restore a backup, then start once with --new-epoch."

// fault is what the caller needs to know of an SQLite error.
type fault int

const (
	faultOther   fault = iota
	faultDamaged       // the file is not what it should be
	faultBusy          // somebody else is writing
	faultFull          // the disk has no room
	faultAccess        // the file cannot be opened or written
)

// explain turns the faults that somebody can do something about into sentences.
// dir names the folder; "" while it is in use.
func explain(dir string, err error) error {
	var known *protocol.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	what := dir
	if what == "" {
		what = databaseName
	}
	f := faultOf(err)
	if f == faultOther && errors.Is(err, fs.ErrPermission) {
		f = faultAccess
	}
	switch f {
	case faultDamaged:
		return protocol.Errorf(protocol.CodeDataDamaged, damagedText, what).Because(err)
	case faultBusy:
		return protocol.Errorf(protocol.CodeUnavailable, "The server's database is busy; try again in a moment.").Because(err)
	case faultFull:
		return protocol.Errorf(protocol.CodeUnavailable, "The server's disk is full; nothing was stored. Make room and try again.").Because(err)
	case faultAccess:
		return unwritable(what, err)
	}
	return err
}

func unwritable(dir string, cause error) error {
	return protocol.Errorf(protocol.CodeHomeUnwritable,
		"The data folder %q cannot be written to: check who owns it, or choose another one.", dir).Because(cause)
}
