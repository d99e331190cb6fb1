package protocol

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"
)

// reference holds the values of an independent implementation (Python), in hex:
// testdata/friendship.json says what each is.
type reference struct {
	SID, S, Ra, Rb          hexBytes
	KA, KB, KA1, EB, F      hexBytes
	Link, OwnerB            hexBytes
	Inv, Acc, Con, Rot, End hexBytes
	Safety                  string
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(t []byte) (err error) {
	*h, err = hex.DecodeString(string(t))
	return err
}

func readReference(t *testing.T) reference {
	t.Helper()
	b, err := os.ReadFile("testdata/friendship.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// repeat is a source of "randomness" that gives one byte for ever.
type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

// pair is a whole friendship as both sides know it.
type pair struct {
	server         UUID
	secret         Secret
	rootA, rootB   Root
	keyA, keyB     DeviceKey
	f              UUID
	parties        Parties
	keys           PairKeys
	invite, accept []byte
}

func never(PublicKey) bool { return false }

// befriend lets two roots go through invite and accept with the given nonces.
func befriend(t testing.TB, server UUID, a, b Root, s Secret) pair {
	t.Helper()
	p := pair{server: server, secret: s, rootA: a, rootB: b, keyA: a.DeviceKey(0), keyB: b.DeviceKey(0)}
	var err error
	if p.f, p.invite, err = SealInvite(repeat(1), a, p.keyA, server, s); err != nil {
		t.Fatal(err)
	}
	got, err := OpenInvite(server, p.f, s, p.invite, never)
	if err != nil {
		t.Fatal(err)
	}
	p.parties = Parties{server, p.f, got.Side, Side{p.keyB.Public, b.ExchangePublic(p.f)}}
	if p.keys, err = DerivePair(b, RoleInvitee, p.parties, s); err != nil {
		t.Fatal(err)
	}
	if p.accept, err = SealAccept(repeat(2), p.keys, p.keyB, p.parties, 1, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFriendshipReproducesTheReferenceValues(t *testing.T) {
	r := readReference(t)
	a, b := Root(r.Ra), Root(r.Rb)
	p := befriend(t, UUID(r.SID), a, b, Secret(r.S))
	same := func(what string, got, want []byte) {
		t.Helper()
		if !bytes.Equal(got, want) {
			t.Errorf("%s = %x…, want %x…", what, got[:16], want[:16])
		}
	}
	ownerB, link := b.OwnerToken(p.f), p.secret.LinkToken(p.f)
	kA1 := a.DeviceKey(1)
	same("kA", p.keyA.Public[:], r.KA)
	same("kA1", kA1.Public[:], r.KA1)
	same("kB", p.keyB.Public[:], r.KB)
	same("eB", p.parties.Invitee.E[:], r.EB)
	same("f", p.f[:], r.F)
	same("link token", link[:], r.Link)
	same("owner token of B", ownerB[:], r.OwnerB)
	same("invite slot", p.invite, r.Inv)
	same("accept slot", p.accept, r.Acc)

	// A derives the same pair keys without knowing B's signing key.
	atA := p.parties
	atA.Invitee.Key = PublicKey{}
	keysA, err := DerivePair(a, RoleInviter, atA, p.secret)
	if err != nil || keysA != p.keys {
		t.Fatalf("the inviter derives other pair keys (%v)", err)
	}
	con, err := SealConfirm(repeat(3), keysA, p.keyA, p.parties, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	same("confirm slot", con, r.Con)
	step := NewStep(p.parties, RoleInviter, 0, p.keyA, kA1, UUID(bytes.Repeat([]byte{0xee}, 16)), 777)
	rot, err := SealConfirm(repeat(4), keysA, p.keyA, p.parties, 3, []Step{step})
	if err != nil {
		t.Fatal(err)
	}
	same("slot after a rotation", rot, r.Rot)
	end, err := SealEnd(repeat(5), p.keys, RoleInvitee, p.server, p.f, 2)
	if err != nil {
		t.Fatal(err)
	}
	same("end slot", end, r.End)
	if got := p.parties.SafetyNumber(); got != r.Safety {
		t.Errorf("safety number = %s, want %s", got, r.Safety)
	}

	// And every one of them opens at its reader.
	first, err := OpenFirstAccept(keysA, atA, 1, p.accept, never)
	if err != nil || first.Key() != p.keyB.Public {
		t.Fatalf("A cannot open B's accept slot: %v", err)
	}
	confirmed, err := OpenSlot(p.keys, p.parties, RoleInviter, 2, con, Seen{})
	if err != nil || confirmed.Kind != SlotConfirm {
		t.Fatalf("B cannot open A's confirm slot: %v", err)
	}
	rotated, err := OpenSlot(p.keys, p.parties, RoleInviter, 3, rot, Seen{N: 2, Hash: confirmed.Hash})
	if err != nil || rotated.Key() != kA1.Public || rotated.Steps[0].Cut != 777 {
		t.Fatalf("B cannot follow A's rotation: %v", err)
	}
	ended, err := OpenSlot(p.keys, p.parties, RoleInvitee, 2, end, Seen{N: 1, Hash: first.Hash})
	if err != nil || ended.Kind != SlotEnd {
		t.Fatalf("A cannot open B's end slot: %v", err)
	}
}

func TestASlotThatFailsIsRefusedWithItsCode(t *testing.T) {
	r := readReference(t)
	p := befriend(t, UUID(r.SID), Root(r.Ra), Root(r.Rb), Secret(r.S))
	stranger := Root{9}
	other := p.secret
	other[0] ^= 1
	flip := func(b []byte, i int) []byte { c := bytes.Clone(b); c[i] ^= 1; return c }
	sealed := func(key [32]byte, role Role, n uint64, parts ...[]byte) []byte {
		s, err := seal(repeat(7), key[:], slotAAD(p.server, p.f, role, n), cat(parts...))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	inv := [32]byte(inviteKey(p.secret, p.f))
	sideA, sideB := cat(p.keyA.Public[:], p.parties.Inviter.E[:]), cat(p.keyB.Public[:], p.parties.Invitee.E[:])
	sigA := p.keyA.sign(inviteMessage(p.server, p.f, p.parties.Inviter))
	sigB := p.keyB.sign(cat([]byte("p4p/1 accept"), p.parties.bytes()))
	evil := stranger.DeviceKey(0)
	kA1, kA2 := p.rootA.DeviceKey(1), p.rootA.DeviceKey(2)
	step := NewStep(p.parties, RoleInviter, 0, p.keyA, kA1, UUID{1}, 5)
	step2 := NewStep(p.parties, RoleInviter, 1, kA1, kA2, UUID{1}, 9)
	wrongPlace := NewStep(p.parties, RoleInviter, 1, p.keyA, kA1, UUID{1}, 5)
	hijack := NewStep(p.parties, RoleInviter, 0, evil, evil, UUID{1}, 5)
	confirm := func(n uint64, steps ...Step) []byte {
		s, err := SealConfirm(repeat(8), p.keys, p.keyA, p.parties, n, steps)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	seen2, err := OpenSlot(p.keys, p.parties, RoleInviter, 2, confirm(2, step), Seen{})
	if err != nil {
		t.Fatal(err)
	}
	seen := Seen{N: 2, Hash: seen2.Hash, Steps: seen2.Steps}

	invite := func(s Secret, slot []byte) error {
		_, err := OpenInvite(p.server, p.f, s, slot, never)
		return err
	}
	accept := func(slot []byte) error {
		_, err := OpenFirstAccept(p.keys, p.parties, 1, slot, func(k PublicKey) bool { return k == p.keyA.Public })
		return err
	}
	reread := func(n uint64, slot []byte, seen Seen) error {
		_, err := OpenSlot(p.keys, p.parties, RoleInviter, n, slot, seen)
		return err
	}
	tests := []struct {
		name string
		err  error
		want Code
	}{
		{"an invite with another secret", invite(other, p.invite), CodeSlotUnopenable},
		{"an invite cut short", invite(p.secret, p.invite[:SlotSize-1]), CodeSlotUnopenable},
		{"an invite with one byte more", invite(p.secret, append(bytes.Clone(p.invite), 0)), CodeSlotUnopenable},
		{"an invite with a flipped nonce bit", invite(p.secret, flip(p.invite, 0)), CodeSlotUnopenable},
		{"an invite with a flipped tag bit", invite(p.secret, flip(p.invite, SlotSize-1)), CodeSlotUnopenable},
		{"an invite that names another device", invite(p.secret, sealed(inv, 0, 1, []byte{1}, evil.Public[:], p.parties.Inviter.E[:], evil.sign([]byte("x")), []byte{0})), CodeForgedInvite},
		{"an invite with a forged signature", invite(p.secret, sealed(inv, 0, 1, []byte{1}, sideA, flip(sigA, 3), []byte{0})), CodeSlotUnopenable},
		{"an invite of kind accept", invite(p.secret, sealed(inv, 0, 1, []byte{2}, sideA, sigA, []byte{0})), CodeSlotUnopenable},
		{"an invite with something in its padding", invite(p.secret, sealed(inv, 0, 1, []byte{1}, sideA, sigA, []byte{0}, []byte{0, 0, 1})), CodeSlotUnopenable},
		{"an invite with a small-order key", invite(p.secret, sealed(inv, 0, 1, []byte{1}, make([]byte, 32), p.parties.Inviter.E[:], sigA, []byte{0})), CodeSlotUnopenable},
		{"an accept with another exchange key", accept(sealed(p.keys.Invitee, 1, 1, []byte{2}, p.keyB.Public[:], p.parties.Inviter.E[:], sigB, []byte{0})), CodeSlotUnopenable},
		{"an accept with a forged signature", accept(sealed(p.keys.Invitee, 1, 1, []byte{2}, sideB, flip(sigB, 0), []byte{0})), CodeSlotUnopenable},
		{"an accept with the inviter's own key", accept(sealed(p.keys.Invitee, 1, 1, []byte{2}, p.keyA.Public[:], p.parties.Invitee.E[:], sigB, []byte{0})), CodeSlotUnopenable},
		{"an accept with 22 steps", accept(sealed(p.keys.Invitee, 1, 1, []byte{2}, sideB, sigB, []byte{22}, make([]byte, 21*stepSize))), CodeChainFull},
		{"an accept with other random bytes", accept(bytes.Repeat([]byte{5}, SlotSize)), CodeSlotUnopenable},
		{"a confirm read as another version", reread(3, confirm(2), Seen{}), CodeSlotUnopenable},
		{"a confirm of version 1", reread(1, confirm(1), Seen{}), CodeSlotUnopenable},
		{"a lower version than seen", reread(1, confirm(1), seen), CodeRollback},
		{"the same version with other bytes", reread(2, confirm(2), seen), CodeRollback},
		{"a chain that lost a step", reread(3, confirm(3), seen), CodeBrokenSuccession},
		{"a chain whose step was replaced", reread(3, confirm(3, NewStep(p.parties, RoleInviter, 0, p.keyA, kA2, UUID{1}, 5)), seen), CodeBrokenSuccession},
		{"a step signed for another place", reread(3, confirm(3, wrongPlace), Seen{}), CodeSlotUnopenable},
		{"a step that a stranger signed", reread(3, confirm(3, hijack), Seen{}), CodeSlotUnopenable},
		{"a slot that names another base key", reread(3, sealed(p.keys.Inviter, 0, 3, []byte{3}, evil.Public[:], p.parties.Inviter.E[:], sigA, []byte{0}), seen), CodeBrokenSuccession},
		{"an end that says more", reread(3, sealed(p.keys.Inviter, 0, 3, []byte{4}, []byte{1}), seen), CodeSlotUnopenable},
	}
	for _, tt := range tests {
		if got := CodeOf(tt.err); got != tt.want {
			t.Errorf("%s: code %q, want %q (%v)", tt.name, got, tt.want, tt.err)
		}
	}
	if err := reread(3, confirm(3, step, step2), seen); err != nil {
		t.Errorf("a chain that grew by a step is refused: %v", err)
	}
	if _, err := OpenInvite(p.server, p.f, p.secret, p.invite, func(k PublicKey) bool { return k == p.keyA.Public }); CodeOf(err) != CodeOwnInvite {
		t.Errorf("one's own invite: %v", err)
	}
	many := make([]Step, MaxSteps+1)
	if _, err := SealConfirm(rand.Reader, p.keys, p.keyA, p.parties, 3, many); CodeOf(err) != CodeChainFull {
		t.Errorf("sealing one step too many: %v", err)
	}
}

func TestTwentyOneRotationsFitASlot(t *testing.T) {
	p := befriend(t, UUID{1}, Root{2}, Root{3}, Secret{4})
	var steps []Step
	for j := range MaxSteps {
		steps = append(steps, NewStep(p.parties, RoleInviter, j, p.rootA.DeviceKey(uint32(j)), p.rootA.DeviceKey(uint32(j+1)), UUID{9}, uint64(j)))
	}
	slot, err := SealConfirm(rand.Reader, p.keys, p.keyA, p.parties, 30, steps)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenSlot(p.keys, p.parties, RoleInviter, 30, slot, Seen{N: 2, Steps: steps[:4]})
	if err != nil || got.Key() != p.rootA.DeviceKey(MaxSteps).Public {
		t.Fatalf("reading 21 steps: %v", err)
	}
}

func TestASmallOrderExchangeKeyOpensNothing(t *testing.T) {
	p := befriend(t, UUID{1}, Root{2}, Root{3}, Secret{4})
	c := p.parties
	c.Inviter.E = Key32{1} // a point of order 4
	if _, err := DerivePair(p.rootB, RoleInvitee, c, p.secret); CodeOf(err) != CodeSlotUnopenable {
		t.Errorf("DerivePair = %v, want slot_unopenable", err)
	}
	if _, err := ecdh.X25519().NewPublicKey(c.Inviter.E[:]); err != nil {
		t.Fatalf("the test's point is not even parsed: %v", err)
	}
}

func TestSecretsDoNotPrintThemselves(t *testing.T) {
	random := io.LimitReader(rand.Reader, 1000)
	root, _ := NewRoot(random)
	secret, _ := NewSecret(random)
	l := Link{Server: "https://p4p.example", Friendship: UUID{1}, Secret: secret}
	for _, s := range printed(root, secret, l, &l, secret.LinkToken(UUID{1}), root.DeviceKey(0), PairKeys{Inviter: [32]byte(root)}) {
		for _, leak := range [][]byte{root[:], secret[:]} {
			for _, form := range []string{string(leak), hex.EncodeToString(leak), b64.EncodeToString(leak), b32.EncodeToString(leak)} {
				if bytes.Contains([]byte(s), []byte(form)) {
					t.Errorf("a secret prints itself: %q", s)
				}
			}
		}
	}
}
