package protocol

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"io"

	"filippo.io/edwards25519"
)

// PublicKey is a device's Ed25519 public key, checked: canonical and not of
// small order. The zero value is no key.
type PublicKey [ed25519.PublicKeySize]byte

// ParsePublicKey refuses, with bad_key, what is not 32 bytes, not a canonical
// point of the curve (RFC 8032, section 5.1.3), or of small order: such a key
// would verify signatures that nobody made.
func ParsePublicKey(b []byte) (PublicKey, error) {
	var k PublicKey
	if len(b) != len(k) {
		return k, Errorf(CodeBadKey, "A device key has 32 bytes; this one has %d.", len(b))
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		return k, Errorf(CodeBadKey, "A device key is not a point of the Ed25519 curve.")
	}
	if [32]byte(p.Bytes()) != [32]byte(b) {
		return k, Errorf(CodeBadKey, "A device key is not written canonically.")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return k, Errorf(CodeBadKey, "A device key has small order and proves nothing.")
	}
	copy(k[:], b)
	return k, nil
}

// IsZero tells whether k is the zero value, which is no key.
func (k PublicKey) IsZero() bool { return k == PublicKey{} }

// MarshalText writes base64url, the "x" of the key's JWK (RFC 8037, section 2).
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(b64.EncodeToString(k[:])), nil }

// UnmarshalText reads canonical base64url and checks the key.
func (k *PublicKey) UnmarshalText(t []byte) error {
	b, err := decode64(string(t))
	if err != nil {
		return Errorf(CodeBadKey, "A device key is not base64url without padding.")
	}
	*k, err = ParsePublicKey(b)
	return err
}

// Thumbprint is the RFC 7638 SHA-256 thumbprint of k's JWK (RFC 8037, appendix A.3).
func (k PublicKey) Thumbprint() [32]byte {
	return sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + b64.EncodeToString(k[:]) + `"}`))
}

// UUID is the device UUID, which commits to the key.
func (k PublicKey) UUID() UUID { return uuid8(k.Thumbprint()) }

func (k PublicKey) verify(msg, sig []byte) bool { return ed25519.Verify(k[:], msg, sig) }

// Root is a profile's one secret, R: everything that the profile ever signs or
// opens derives from it. It is never sent.
type Root [32]byte

// NewRoot draws a Root from random, which is crypto/rand.Reader outside of tests.
func NewRoot(random io.Reader) (Root, error) {
	var r Root
	_, err := io.ReadFull(random, r[:])
	return r, err
}

// String keeps the secret out of logs and error messages.
func (Root) String() string { return "protocol.Root(secret)" }

// GoString keeps the secret out of %#v.
func (Root) GoString() string { return "protocol.Root(secret)" }

// DeviceKey is an Ed25519 key pair that signs for a device.
type DeviceKey struct {
	private ed25519.PrivateKey
	Public  PublicKey
}

// DeviceKey is the signing key after the given number of rotations.
func (r Root) DeviceKey(rotations uint32) DeviceKey {
	seed := derive(r[:], nil, "p4p/1 sign", u32(rotations))
	private := ed25519.NewKeyFromSeed(seed)
	return DeviceKey{private, PublicKey(private.Public().(ed25519.PublicKey))}
}

// String keeps the private half out of logs and error messages.
func (k DeviceKey) String() string { return "protocol.DeviceKey(" + k.Public.UUID().String() + ")" }

// GoString keeps the private half out of %#v.
func (k DeviceKey) GoString() string { return k.String() }

func (k DeviceKey) sign(msg []byte) []byte { return ed25519.Sign(k.private, msg) }

// exchangeKey is the X25519 private key for one friendship.
func (r Root) exchangeKey(f UUID) *ecdh.PrivateKey {
	k, err := ecdh.X25519().NewPrivateKey(derive(r[:], f[:], "p4p/1 x25519"))
	if err != nil {
		panic(err) // every 32-byte string is an X25519 private key
	}
	return k
}

// derive is the design's KDF: HKDF-SHA-256 (RFC 5869), 32 bytes.
func derive(ikm, salt []byte, label string, info ...[]byte) []byte {
	out, err := hkdf.Key(sha256.New, ikm, salt, label+string(cat(info...)), 32)
	if err != nil {
		panic(err) // only for an impossible length
	}
	return out
}
