package localmap

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"p4p/protocol"
)

// trouble is what an error of SQLite means for a person.
type trouble uint8

const (
	noTrouble trouble = iota // not an error of SQLite's
	damaged
	unwritable
	diskFull
	busy
	otherTrouble
)

func errNoCGO() *protocol.Error {
	return protocol.Errorf(protocol.CodeNoCGO,
		"This p4p was built without SQLite: build it again with a C compiler installed and CGO_ENABLED=1.")
}

// errDamaged names the file and leaves it to its owner: it may be the only copy
// of a key and of everybody's names.
func errDamaged(file, why string) *protocol.Error {
	return protocol.Errorf(protocol.CodeMapDamaged,
		"The local map %q is damaged (%s). It was left as it is. Do not delete it: move it, and the files beside it whose names begin with %q, to another folder. Then put a backup in its place, or begin anew, with a new key and an empty phone book.",
		file, why, filepath.Base(file)+"-")
}

func errNewer(file string, has, knows int64) *protocol.Error {
	return protocol.Errorf(protocol.CodeMapNewer,
		"The local map %q was written by a newer p4p (its format is %d, this one knows %d). Nothing was changed: update p4p, or use another profile with --profile NAME.",
		file, has, knows)
}

func errUnwritable(dir string, cause error) *protocol.Error {
	return protocol.Errorf(protocol.CodeHomeUnwritable,
		"The folder %q cannot be written (%v). Your key and your friends' names are kept there: make it writable, or choose another folder with --home DIR.",
		dir, cause).Because(cause)
}

// explain makes an error of SQLite a sentence; any other error stays as it is.
func (m *Map) explain(ctx context.Context, err error) error {
	return explain(ctx, m.file, err)
}

func explain(ctx context.Context, file string, err error) error {
	var known *protocol.Error
	var shape shapeError
	kind := troubleOf(err)
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.As(err, &shape):
		return errDamaged(file, shape.Error()).Because(err)
	case kind == noTrouble:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	switch kind {
	case damaged:
		return errDamaged(file, err.Error()).Because(err)
	case unwritable:
		return errUnwritable(filepath.Dir(file), err)
	case diskFull:
		return protocol.Errorf(protocol.CodeHomeUnwritable,
			"The disk that holds %q is full: nothing was saved. Make room and try again.", file).Because(err)
	case busy:
		return protocol.Errorf(protocol.CodeUnavailable,
			"Another p4p has been writing to %q for %s: try again.", file, busyTimeout).Because(err)
	default:
		return fmt.Errorf("local map %q: %w", file, err)
	}
}
