package protocol

import (
	"strconv"
	"strings"
)

// Cursor is a place in a server's log: everything up to and including Seq of
// that epoch has been seen. Seq 0 is the beginning.
type Cursor struct {
	Epoch UUID
	Seq   uint64
}

// ParseCursor reads "EPOCH:SEQ", the number without sign or leading zeros. The
// error has the code bad_request.
func ParseCursor(s string) (Cursor, error) {
	e, n, ok := strings.Cut(s, ":")
	if ok {
		epoch, err := ParseUUID(e)
		seq, nerr := ParseSeq(n)
		if err == nil && nerr == nil {
			return Cursor{epoch, seq}, nil
		}
	}
	return Cursor{}, Errorf(CodeBadRequest, "%q is not a cursor; one looks like EPOCH:SEQ, as the feed prints it.", clip(s))
}

// ParseSeq reads a sequence number below 2^53, without sign or leading zeros.
func ParseSeq(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 53)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0, Errorf(CodeBadRequest, "%q is not a sequence number.", clip(s))
	}
	return n, nil
}

func (c Cursor) String() string { return c.Epoch.String() + ":" + strconv.FormatUint(c.Seq, 10) }

// MarshalText writes "EPOCH:SEQ".
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "EPOCH:SEQ", as [ParseCursor] does.
func (c *Cursor) UnmarshalText(b []byte) error {
	v, err := ParseCursor(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}
