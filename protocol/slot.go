package protocol

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"io"
)

// Role is a side of a friendship as slots and successions name it.
type Role uint8

// The two roles.
const (
	RoleInviter Role = 0
	RoleInvitee Role = 1
)

// SlotKind is what a slot says.
type SlotKind uint8

// The kinds of slot.
const (
	SlotInvite  SlotKind = 1 // role 0, n = 1, no steps
	SlotAccept  SlotKind = 2 // role 1
	SlotConfirm SlotKind = 3 // role 0, n >= 2
	SlotEnd     SlotKind = 4 // either role: this side ended the friendship
)

const (
	plainSize = 4096
	nonceSize = 12

	// SlotSize is the length of every sealed slot: nonce, padded plaintext, tag.
	SlotSize = nonceSize + plainSize + 16

	slotHead = 1 + 32 + 32 + 64 + 1 // kind, base key, e, signature, number of steps
	stepSize = 32 + 16 + 8 + 64 + 64
)

// Step is one rotation inside a slot: the old key hands over to the new one. Of
// the old key's records those up to Cut in Epoch keep the friend's name.
type Step struct {
	Key   PublicKey // the new key
	Epoch UUID
	Cut   uint64 // the server's last seq once the old key's outbox was drained

	oldSig, newSig [64]byte
}

// Slot is what a slot says once it is opened and everything in it has proved
// itself.
type Slot struct {
	Kind  SlotKind
	Side  Side // of the slot's owner; zero in an end slot
	Steps []Step
	N     uint64
	Hash  Key32 // SHA-256 of the sealed bytes, kept to notice a rollback
}

// Key is the owner's present signing key: that of the last step, or the base key.
func (s Slot) Key() PublicKey {
	if len(s.Steps) > 0 {
		return s.Steps[len(s.Steps)-1].Key
	}
	return s.Side.Key
}

// Seen is what a reader stores of the last good slot of the other side; the zero
// value stands for none.
type Seen struct {
	N     uint64
	Hash  Key32
	Steps []Step
}

func unopenable(why string) *Error {
	return Errorf(CodeSlotUnopenable, "The sealed friendship record cannot be opened: %s.", why)
}

// NewStep signs a succession for one friendship: both keys sign. j is the number
// of steps before this one.
func NewStep(c Parties, role Role, j int, old, next DeviceKey, epoch UUID, cut uint64) Step {
	s := Step{Key: next.Public, Epoch: epoch, Cut: cut}
	msg := s.message(c, role, j, old.Public)
	s.oldSig, s.newSig = [64]byte(old.sign(msg)), [64]byte(next.sign(msg))
	return s
}

func (s Step) message(c Parties, role Role, j int, old PublicKey) []byte {
	return cat([]byte("p4p/1 succeed"), c.Server[:], c.Friendship[:], []byte{byte(role), byte(j)}, old[:], s.Key[:], s.Epoch[:], u64(s.Cut))
}

func (s Step) bytes() []byte {
	return cat(s.Key[:], s.Epoch[:], u64(s.Cut), s.oldSig[:], s.newSig[:])
}

// MarshalBinary writes the 184 bytes of a step, as slots carry it.
func (s Step) MarshalBinary() ([]byte, error) { return s.bytes(), nil }

// UnmarshalBinary reads what MarshalBinary wrote; the signatures are not checked.
func (s *Step) UnmarshalBinary(b []byte) error {
	if len(b) != stepSize {
		return unopenable("a step has the wrong length")
	}
	k, err := ParsePublicKey(b[:32])
	if err != nil {
		return unopenable("a step's key is no key")
	}
	s.Key = k
	copy(s.Epoch[:], b[32:48])
	for _, c := range b[48:56] {
		s.Cut = s.Cut<<8 | uint64(c)
	}
	copy(s.oldSig[:], b[56:120])
	copy(s.newSig[:], b[120:184])
	return nil
}

// SealInvite makes A's slot of a new mailbox: n is 1.
func SealInvite(random io.Reader, root Root, base DeviceKey, server UUID, s Secret) (f UUID, slot []byte, err error) {
	f = FriendshipUUID(server, base.Public, s)
	e := root.ExchangePublic(f)
	sig := base.sign(inviteMessage(server, f, Side{base.Public, e}))
	slot, err = seal(random, inviteKey(s, f), slotAAD(server, f, RoleInviter, 1),
		cat([]byte{byte(SlotInvite)}, base.Public[:], e[:], sig, []byte{0}))
	return f, slot, err
}

// SealAccept makes B's slot, under the invitee key.
func SealAccept(random io.Reader, keys PairKeys, base DeviceKey, c Parties, n uint64, steps []Step) ([]byte, error) {
	return sealSide(random, keys.Invitee, SlotAccept, RoleInvitee, base, c.Invitee, c, n, steps)
}

// SealConfirm rewrites A's slot for B, under the inviter key: n is at least 2.
func SealConfirm(random io.Reader, keys PairKeys, base DeviceKey, c Parties, n uint64, steps []Step) ([]byte, error) {
	return sealSide(random, keys.Inviter, SlotConfirm, RoleInviter, base, c.Inviter, c, n, steps)
}

func sealSide(random io.Reader, key [32]byte, kind SlotKind, role Role, base DeviceKey, side Side, c Parties, n uint64, steps []Step) ([]byte, error) {
	if len(steps) > MaxSteps {
		return nil, Errorf(CodeChainFull, "This friendship cannot follow a %d. change of key: remove it and invite again.", len(steps))
	}
	label := "p4p/1 accept"
	if kind == SlotConfirm {
		label = "p4p/1 confirm"
	}
	b := cat([]byte{byte(kind)}, side.Key[:], side.E[:], base.sign(cat([]byte(label), c.bytes())), []byte{byte(len(steps))})
	for _, s := range steps {
		b = append(b, s.bytes()...)
	}
	return seal(random, key[:], slotAAD(c.Server, c.Friendship, role, n), b)
}

// SealEnd makes the slot with which a side ends the friendship.
func SealEnd(random io.Reader, keys PairKeys, role Role, server, f UUID, n uint64) ([]byte, error) {
	key := keys.Inviter
	if role == RoleInvitee {
		key = keys.Invitee
	}
	return seal(random, key[:], slotAAD(server, f, role, n), []byte{byte(SlotEnd)})
}

// OpenInvite opens A's slot with the link secret. own tells whether a key is one
// of the reader's own, present or retired. Codes: slot_unopenable,
// forged_invite, own_invite.
func OpenInvite(server, f UUID, s Secret, slot []byte, own func(PublicKey) bool) (Slot, error) {
	p, err := open(inviteKey(s, f), slotAAD(server, f, RoleInviter, 1), slot)
	if err != nil {
		return Slot{}, err
	}
	side, sig, steps, err := parseSide(p, SlotInvite)
	switch {
	case err != nil:
		return Slot{}, err
	case len(steps) != 0:
		return Slot{}, unopenable("an invite carries no rotation")
	case FriendshipUUID(server, side.Key, s) != f:
		return Slot{}, Errorf(CodeForgedInvite, "This invite is forged: its link does not belong to the device that it names. Do not accept it, and tell your friend.")
	case own(side.Key):
		return Slot{}, Errorf(CodeOwnInvite, "This is your own invite: send the link to your friend instead of opening it yourself.")
	case !side.Key.verify(inviteMessage(server, f, side), sig):
		return Slot{}, unopenable("its signature is not the inviter's")
	}
	return Slot{Kind: SlotInvite, Side: side, N: 1, Hash: sha256.Sum256(slot)}, nil
}

// OpenFirstAccept opens B's slot at A, who knows B's e from the server but not yet
// B's key: c has everything but Invitee.Key. own tells A's own keys.
func OpenFirstAccept(keys PairKeys, c Parties, n uint64, slot []byte, own func(PublicKey) bool) (Slot, error) {
	p, err := open(keys.Invitee[:], slotAAD(c.Server, c.Friendship, RoleInvitee, n), slot)
	if err != nil {
		return Slot{}, err
	}
	side, _, _, err := parseSide(p, SlotAccept)
	if err != nil {
		return Slot{}, err
	}
	if own(side.Key) {
		return Slot{}, unopenable("it carries this device's own key")
	}
	c.Invitee.Key = side.Key
	return OpenSlot(keys, c, RoleInvitee, n, slot, Seen{})
}

// OpenSlot opens the slot of the side role, whose base key and e stand in c,
// and holds it against what was seen of it before. Codes: slot_unopenable,
// rollback, broken_succession. An error leaves nothing to store.
//
// A confirm slot and an accept slot prove themselves by the base key's signature
// over both parties; each step by the signatures of its old and its new key.
func OpenSlot(keys PairKeys, c Parties, role Role, n uint64, slot []byte, seen Seen) (Slot, error) {
	hash := Key32(sha256.Sum256(slot))
	if n < seen.N || n == seen.N && hash != seen.Hash {
		return Slot{}, Errorf(CodeRollback, "The server shows an older state of this friendship than it did before; nothing was changed.")
	}
	key, kind, label, side := keys.Inviter, SlotConfirm, "p4p/1 confirm", c.Inviter
	if role == RoleInvitee {
		key, kind, label, side = keys.Invitee, SlotAccept, "p4p/1 accept", c.Invitee
	}
	p, err := open(key[:], slotAAD(c.Server, c.Friendship, role, n), slot)
	if err != nil {
		return Slot{}, err
	}
	if SlotKind(p[0]) == SlotEnd {
		if !zero(p[1:]) {
			return Slot{}, unopenable("an end says nothing more")
		}
		return Slot{Kind: SlotEnd, N: n, Hash: hash}, nil
	}
	if role == RoleInviter && n < 2 {
		return Slot{}, unopenable("a confirmation is never the first version")
	}
	got, sig, steps, err := parseSide(p, kind)
	if err != nil {
		return Slot{}, err
	}
	if got.Key != side.Key {
		return Slot{}, Errorf(CodeBrokenSuccession, "This friendship suddenly names another device; nothing was changed.")
	}
	if got.E != side.E {
		return Slot{}, unopenable("its exchange key is not the known one")
	}
	if !got.Key.verify(cat([]byte(label), c.bytes()), sig) {
		return Slot{}, unopenable("its signature is not its owner's")
	}
	if err := checkSteps(c, role, side.Key, steps, seen.Steps); err != nil {
		return Slot{}, err
	}
	return Slot{Kind: kind, Side: got, Steps: steps, N: n, Hash: hash}, nil
}

func checkSteps(c Parties, role Role, old PublicKey, steps, stored []Step) error {
	broken := Errorf(CodeBrokenSuccession, "This friendship's history of device keys was changed; nothing was taken over.")
	if len(steps) < len(stored) {
		return broken
	}
	for j, s := range stored {
		if s != steps[j] {
			return broken
		}
	}
	for j, s := range steps {
		msg := s.message(c, role, j, old)
		if !old.verify(msg, s.oldSig[:]) || !s.Key.verify(msg, s.newSig[:]) {
			return unopenable("a change of key is not signed by both keys")
		}
		old = s.Key
	}
	return nil
}

func inviteMessage(server, f UUID, a Side) []byte {
	return cat([]byte("p4p/1 invite"), server[:], f[:], a.Key[:], a.E[:])
}

func inviteKey(s Secret, f UUID) []byte { return derive(s[:], f[:], "p4p/1 invite slot") }

func slotAAD(server, f UUID, role Role, n uint64) []byte {
	return cat([]byte("p4p/1 slot"), server[:], f[:], []byte{byte(role)}, u64(n))
}

// parseSide reads what the kinds invite, accept and confirm have in common.
func parseSide(p []byte, want SlotKind) (Side, []byte, []Step, error) {
	if SlotKind(p[0]) != want {
		return Side{}, nil, nil, unopenable("it is of another kind than it should be")
	}
	k, err := ParsePublicKey(p[1:33])
	if err != nil {
		return Side{}, nil, nil, unopenable("its device key is no key")
	}
	side := Side{Key: k, E: Key32(p[33:65])}
	sig, m := p[65:129], int(p[129])
	if m > MaxSteps {
		return Side{}, nil, nil, Errorf(CodeChainFull, "A friendship record carries at most %d changes of key; this one has %d.", MaxSteps, m)
	}
	steps := make([]Step, m)
	rest := p[slotHead:]
	for i := range steps {
		if err := steps[i].UnmarshalBinary(rest[:stepSize]); err != nil {
			return Side{}, nil, nil, err
		}
		rest = rest[stepSize:]
	}
	if !zero(rest) {
		return Side{}, nil, nil, unopenable("its padding is not empty")
	}
	if m == 0 {
		steps = nil
	}
	return side, sig, steps, nil
}

func zero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func seal(random io.Reader, key, aad, said []byte) ([]byte, error) {
	plaintext := make([]byte, plainSize)
	copy(plaintext, said)
	out := make([]byte, nonceSize, SlotSize)
	if _, err := io.ReadFull(random, out); err != nil {
		return nil, err
	}
	return aead(key).Seal(out, out, plaintext, aad), nil
}

func open(key, aad, slot []byte) ([]byte, error) {
	if len(slot) != SlotSize {
		return nil, unopenable("it has the wrong length")
	}
	p, err := aead(key).Open(nil, slot[:nonceSize], slot[nonceSize:], aad)
	if err != nil {
		return nil, unopenable("the key does not fit")
	}
	return p, nil
}

func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // keys have 32 bytes
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // the standard nonce and tag sizes
	}
	return g
}
