package protocol

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// UUID names a device, a record, a friendship, a server or an epoch. It is
// comparable and enters hashes as its 16 raw bytes. Its only text form is the
// canonical lower-case one of RFC 9562, section 4.
type UUID [16]byte

// ParseUUID reads the canonical form and nothing else: no upper case, no braces,
// no "urn:uuid:". The error has the code bad_request.
func ParseUUID(s string) (UUID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return UUID{}, Errorf(CodeBadRequest, "%q is not a UUID in its canonical lower-case form.", clip(s))
	}
	return UUID(u), nil
}

// MustParseUUID is ParseUUID for constants in tests; it panics on bad input.
func MustParseUUID(s string) UUID {
	u, err := ParseUUID(s)
	if err != nil {
		panic(err)
	}
	return u
}

func (u UUID) String() string { return uuid.UUID(u).String() }

// IsZero tells whether u is the all-zero UUID, which names nothing.
func (u UUID) IsZero() bool { return u == UUID{} }

// MarshalText writes the canonical form.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads the canonical form, as [ParseUUID] does.
func (u *UUID) UnmarshalText(b []byte) error {
	v, err := ParseUUID(string(b))
	if err != nil {
		return err
	}
	*u = v
	return nil
}

// uuid8 is the design's U(h): the first 16 bytes of a hash with the version and
// variant bits of a UUIDv8 (RFC 9562, section 5.8).
func uuid8(h [sha256.Size]byte) UUID {
	var u UUID
	copy(u[:], h[:])
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return u
}

// clip bounds foreign text that is quoted in an error message.
func clip(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
