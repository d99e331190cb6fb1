package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth  = 8
	maxValues = 8192 // in one JSON text; every body and frame stays far below
)

// checkMembers refuses what encoding/json takes silently: invalid UTF-8, member
// names that occur twice or in another spelling, and anything behind the value.
// It stops at more values than any body has, so that a flood costs little.
func checkMembers(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	w := memberWalk{d: d}
	if err := w.value(0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

type memberWalk struct {
	d      *json.Decoder
	values int
}

var errMalformed = errors.New("it is cut off or malformed")

func (w *memberWalk) value(depth int) error {
	if w.values++; w.values > maxValues {
		return errors.New("it holds too many values")
	}
	if depth > maxDepth {
		return errors.New("it is nested too deeply")
	}
	t, err := w.d.Token()
	if err != nil {
		return errMalformed
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for w.d.More() {
		if delim == '{' {
			if err := w.member(seen); err != nil {
				return err
			}
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	if _, err := w.d.Token(); err != nil {
		return errMalformed
	}
	return nil
}

func (w *memberWalk) member(seen map[string]bool) error {
	t, err := w.d.Token()
	if err != nil {
		return errMalformed
	}
	name, _ := t.(string)
	// encoding/json folds the case of names, also that of ſ and K (Kelvin).
	if seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return errors.New("the member " + strconv.Quote(clip(name)) + " is not expected there")
	}
	seen[name] = true
	return nil
}

// appendJSONString writes s as ECMAScript's JSON.stringify does, so that a
// browser and this program spell the same text with the same bytes: only
// control characters, the quote and the backslash are escaped.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < 0x20 {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}
