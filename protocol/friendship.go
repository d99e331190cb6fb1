package protocol

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

// Secret is a link secret, S: whoever holds it can take the invitee's place
// until somebody has. It lives in a link's fragment and is never sent.
type Secret [16]byte

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret draws a Secret from random, which is crypto/rand.Reader outside of tests.
func NewSecret(random io.Reader) (Secret, error) {
	var s Secret
	_, err := io.ReadFull(random, s[:])
	return s, err
}

// Base32 is the secret as links carry it: 26 characters of RFC 4648 base32.
func (s Secret) Base32() string { return b32.EncodeToString(s[:]) }

// String keeps the secret out of logs and error messages.
func (Secret) String() string { return "protocol.Secret(secret)" }

// GoString keeps the secret out of %#v.
func (Secret) GoString() string { return "protocol.Secret(secret)" }

// decode32 reads upper-case base32 without padding that re-encodes identically:
// the spare bits are zero.
func decode32(dst []byte, s string) bool {
	b, err := b32.DecodeString(s)
	if err != nil || len(b) != len(dst) || b32.EncodeToString(b) != s || strings.ContainsAny(s, "\r\n") {
		return false
	}
	copy(dst, b)
	return true
}

// FriendshipUUID commits to the server, the inviter and the link secret, so that
// an invite cannot be moved to another server or given another inviter.
func FriendshipUUID(server UUID, inviter PublicKey, s Secret) UUID {
	t := inviter.Thumbprint()
	return uuid8(sha256.Sum256(cat([]byte("p4p/1 friendship"), server[:], t[:], s[:])))
}

// Token opens a mailbox: it is sent in the Authorization header, never in a URL,
// and the server keeps only its hash.
type Token [32]byte

// OwnerToken is the token of a mailbox's owner, inviter or invitee.
func (r Root) OwnerToken(f UUID) Token { return Token(derive(r[:], f[:], "p4p/1 owner")) }

// LinkToken is the token of whoever holds the link.
func (s Secret) LinkToken(f UUID) Token { return Token(derive(s[:], f[:], "p4p/1 link token")) }

// Hash is what the server keeps of a token.
func (t Token) Hash() Key32 { return sha256.Sum256(t[:]) }

// Equal compares hashes in constant time.
func (k Key32) Equal(o Key32) bool { return subtle.ConstantTimeCompare(k[:], o[:]) == 1 }

// String keeps the token out of logs.
func (Token) String() string { return "protocol.Token(secret)" }

// MarshalText writes base64url.
func (t Token) MarshalText() ([]byte, error) { return []byte(b64.EncodeToString(t[:])), nil }

// UnmarshalText reads canonical base64url.
func (t *Token) UnmarshalText(b []byte) error {
	if err := decode64n(t[:], string(b)); err != nil {
		return Errorf(CodeBadRequest, "A token is not 32 bytes in base64url.")
	}
	return nil
}

const authScheme = "P4P "

// Authorization is the header's value that carries t.
func (t Token) Authorization() string { return authScheme + b64.EncodeToString(t[:]) }

// ParseAuthorization reads such a value. The error has the code bad_request.
func ParseAuthorization(header string) (Token, error) {
	var t Token
	v, ok := strings.CutPrefix(header, authScheme)
	if !ok || decode64n(t[:], v) != nil {
		return t, Errorf(CodeBadRequest, "A mailbox call carries \"Authorization: P4P <token>\".")
	}
	return t, nil
}

// ExchangePublic is e, a side's X25519 public key for one friendship.
func (r Root) ExchangePublic(f UUID) Key32 {
	return Key32(r.exchangeKey(f).PublicKey().Bytes())
}

// Side is one friend in a friendship: the base key and the X25519 key.
type Side struct {
	Key PublicKey
	E   Key32
}

// Parties is what both sides of a friendship sign: C = sid‖f‖kA‖eA‖kB‖eB.
type Parties struct {
	Server, Friendship UUID
	Inviter, Invitee   Side
}

func (c Parties) bytes() []byte {
	return cat(c.Server[:], c.Friendship[:], c.Inviter.Key[:], c.Inviter.E[:], c.Invitee.Key[:], c.Invitee.E[:])
}

// SafetyNumber is six groups of five digits. Equal numbers on both sides mean
// that nobody sits between.
func (c Parties) SafetyNumber() string {
	h := sha256.Sum256(cat([]byte("p4p/1 safety"), c.bytes()))
	groups := make([]string, 6)
	for i := range groups {
		var n uint64
		for _, b := range h[5*i : 5*i+5] {
			n = n<<8 | uint64(b)
		}
		groups[i] = fmt.Sprintf("%05d", n%100_000)
	}
	return strings.Join(groups, " ")
}

// PairKeys are the two keys under which the slots of an accepted friendship are
// sealed. Both friends keep them and forget the link secret.
type PairKeys struct {
	Inviter, Invitee [32]byte
}

// String keeps the keys out of logs.
func (PairKeys) String() string { return "protocol.PairKeys(secret)" }

// DerivePair computes the pair keys from one side's root, the other side's X25519
// key and the link secret. They do not depend on the invitee's signing key: A
// opens B's slot with them to learn it. An all-zero shared secret is
// slot_unopenable.
func DerivePair(own Root, role Role, c Parties, s Secret) (PairKeys, error) {
	peer := c.Invitee.E
	if role == RoleInvitee {
		peer = c.Inviter.E
	}
	private := own.exchangeKey(c.Friendship)
	public, err := private.Curve().NewPublicKey(peer[:])
	if err != nil {
		return PairKeys{}, unopenable("the other side's exchange key is malformed")
	}
	dh, err := private.ECDH(public)
	if err != nil {
		return PairKeys{}, unopenable("the other side's exchange key has small order")
	}
	salt := sha256.Sum256(cat([]byte("p4p/1 pair"), c.Server[:], c.Friendship[:], c.Inviter.Key[:], c.Inviter.E[:], c.Invitee.E[:]))
	ikm := cat(dh, s[:])
	return PairKeys{
		Inviter: [32]byte(derive(ikm, salt[:], "p4p/1 inviter slot")),
		Invitee: [32]byte(derive(ikm, salt[:], "p4p/1 invitee slot")),
	}, nil
}
