package localmap

import (
	"bytes"
	"fmt"
	"time"

	"p4p/protocol"
)

// shapeError is a value in the file that no version of this package has written:
// the file is damaged where SQLite cannot see it.
type shapeError string

func (e shapeError) Error() string { return string(e) }

// fixed scans a BLOB of exactly its own length into itself; NULL leaves zeros.
type fixed []byte

// Scan implements sql.Scanner.
func (d fixed) Scan(v any) error {
	clear(d)
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	if !ok || len(b) != len(d) {
		return shapeError(fmt.Sprintf("a value is not %d bytes", len(d)))
	}
	copy(d, b)
	return nil
}

// orNull stores zeros as NULL, the other way round.
func orNull(b []byte) any {
	if len(bytes.Trim(b, "\x00")) == 0 {
		return nil
	}
	return b
}

// millis scans Unix milliseconds; NULL is the zero time.
type millis time.Time

// Scan implements sql.Scanner.
func (t *millis) Scan(v any) error {
	switch n := v.(type) {
	case nil:
		*t = millis{}
	case int64:
		*t = millis(time.UnixMilli(n).UTC())
	default:
		return shapeError("a time is not a number")
	}
	return nil
}

// steps scans rotations, each as slots carry it.
type steps []protocol.Step

const stepSize = 184

// Scan implements sql.Scanner.
func (s *steps) Scan(v any) error {
	*s = nil
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	if !ok || len(b)%stepSize != 0 {
		return shapeError("a friend's history of keys has the wrong length")
	}
	for ; len(b) > 0; b = b[stepSize:] {
		var step protocol.Step
		if err := step.UnmarshalBinary(b[:stepSize]); err != nil {
			return shapeError("a friend's history of keys contains what is no key")
		}
		*s = append(*s, step)
	}
	return nil
}

func encodeSteps(s []protocol.Step) []byte {
	var b []byte
	for _, step := range s {
		one, err := step.MarshalBinary()
		if err != nil {
			panic(err) // it has none
		}
		b = append(b, one...)
	}
	return b
}
