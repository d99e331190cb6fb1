package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
)

var b64 = base64.RawURLEncoding

var errNotCanonical = errors.New("not canonical base64url")

// decode64 reads unpadded base64url that re-encodes identically: Go's decoder
// alone skips newlines and ignores spare bits.
func decode64(s string) ([]byte, error) {
	b, err := b64.DecodeString(s)
	if err != nil || b64.EncodeToString(b) != s {
		return nil, errNotCanonical
	}
	return b, nil
}

// decode64n is decode64 for a value of exactly len(dst) bytes.
func decode64n(dst []byte, s string) error {
	if len(s) != b64.EncodedLen(len(dst)) {
		return errNotCanonical
	}
	b, err := decode64(s)
	if err != nil {
		return err
	}
	copy(dst, b)
	return nil
}

// Bytes is a byte string in JSON: unpadded base64url that re-encodes identically.
type Bytes []byte

// MarshalText writes base64url.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b64.EncodeToString(b)), nil }

// UnmarshalText reads canonical base64url.
func (b *Bytes) UnmarshalText(t []byte) error {
	v, err := decode64(string(t))
	if err != nil {
		return Errorf(CodeBadRequest, "A value is not base64url without padding.")
	}
	*b = v
	return nil
}

// Key32 is a 32-byte public value in JSON: an X25519 key or a hash.
type Key32 [32]byte

// MarshalText writes base64url.
func (k Key32) MarshalText() ([]byte, error) { return []byte(b64.EncodeToString(k[:])), nil }

// UnmarshalText reads canonical base64url of exactly 32 bytes.
func (k *Key32) UnmarshalText(t []byte) error {
	if err := decode64n(k[:], string(t)); err != nil {
		return Errorf(CodeBadRequest, "A value is not 32 bytes in base64url without padding.")
	}
	return nil
}

// cat joins byte strings, the design's ‖.
func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// DecodeStrict reads one JSON value into v: no unknown or duplicate members, no
// other spelling of a member's name, nothing behind the value. The error has
// the code bad_request.
//
// It is for request bodies and frames, whose bytes nobody signs; signed
// payloads are held to a stricter rule, see [ParseRecord].
func DecodeStrict(data []byte, v any) error {
	if err := checkMembers(data); err != nil {
		return Errorf(CodeBadRequest, "The JSON is not valid: %s.", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return e
		}
		return Errorf(CodeBadRequest, "The JSON does not fit: %s.", clip(err.Error()))
	}
	return nil
}
