package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vectors is testdata/vectors.json: what another implementation must reproduce
// and refuse. Bytes are hex where the member's name does not say otherwise.
type vectors struct {
	About      string           `json:"about"`
	Keys       []keyVector      `json:"keys"`
	Records    []recordVector   `json:"records"`
	Blob       blobVector       `json:"blob"`
	Cursor     cursorVector     `json:"cursor"`
	Friendship friendshipVector `json:"friendship"`
	Links      []linkVector     `json:"links"`
	Refused    []refusedVector  `json:"refused"`
}

type keyVector struct {
	Root       string `json:"root"`
	Rotations  uint32 `json:"rotations"`
	X          string `json:"x_base64url"`
	Thumbprint string `json:"thumbprint_base64url"`
	Device     UUID   `json:"device"`
}

type recordVector struct {
	Kind    Kind   `json:"kind"`
	Root    string `json:"root"`
	Device  UUID   `json:"device"`
	Header  string `json:"header"`
	Payload string `json:"payload"`
	JWS     string `json:"jws"`
	ID      UUID   `json:"id"`
}

type blobVector struct {
	Bytes string `json:"bytes"`
	ID    string `json:"id"`
}

type cursorVector struct {
	Epoch UUID   `json:"epoch"`
	Seq   uint64 `json:"seq"`
	Text  string `json:"text"`
}

type friendshipVector struct {
	Server     string       `json:"server"`
	Secret     string       `json:"secret"`
	SecretText string       `json:"secret_base32"`
	RootA      string       `json:"root_a"`
	RootB      string       `json:"root_b"`
	KA         string       `json:"key_a"`
	EA         string       `json:"e_a"`
	KB         string       `json:"key_b"`
	EB         string       `json:"e_b"`
	Friendship UUID         `json:"friendship"`
	LinkToken  string       `json:"link_token"`
	LinkHash   string       `json:"link_hash"`
	OwnerA     string       `json:"owner_token_a"`
	OwnerB     string       `json:"owner_token_b"`
	Inviter    string       `json:"inviter_key"`
	Invitee    string       `json:"invitee_key"`
	Slots      []slotVector `json:"slots"`
	Safety     string       `json:"safety_number"`
}

type slotVector struct {
	What  string `json:"what"`
	Role  Role   `json:"role"`
	N     uint64 `json:"n"`
	Nonce string `json:"nonce"`
	Slot  string `json:"slot"`
}

type linkVector struct {
	Text       string `json:"text"`
	Server     string `json:"server"`
	Friendship UUID   `json:"friendship"`
	Secret     string `json:"secret"`
	Pin        string `json:"pin,omitempty"`
	URL        string `json:"url"`
	QR         string `json:"qr"`
	App        string `json:"app"`
}

type refusedVector struct {
	What  string `json:"what"` // record, link, cursor, uuid, server-url or invite-slot
	Why   string `json:"why"`
	Input string `json:"input"`
	Code  Code   `json:"code"`
}

const vectorsAbout = "Fixed values of P4P, version 1; docs/protocol.md says how each is made. Bytes are hex unless the name says otherwise. " +
	"The slots belong to the friendship above them; the epoch of the rotation is 16 bytes of ee, its cut 777. " +
	"An implementation reproduces everything outside \"refused\" byte for byte (where its Ed25519 is randomised it verifies the signatures instead) and refuses every input in \"refused\" with its code. " +
	"A refused invite-slot is opened with the friendship's secret; own_invite is read by the inviter itself."

// makeVectors computes every vector anew.
func makeVectors(t *testing.T) vectors {
	t.Helper()
	v := vectors{About: vectorsAbout}
	for _, k := range []struct {
		root      Root
		rotations uint32
	}{{Root(repeatByte(1, 32)), 0}, {Root(repeatByte(1, 32)), 1}, {Root(repeatByte(2, 32)), 0}} {
		key := k.root.DeviceKey(k.rotations).Public
		print := key.Thumbprint()
		v.Keys = append(v.Keys, keyVector{hex.EncodeToString(k.root[:]), k.rotations, b64.EncodeToString(key[:]), b64.EncodeToString(print[:]), key.UUID()})
	}
	root := Root(repeatByte(1, 32))
	post := testPayload("Grüße, 世界 😀\n\"quoted\" \\ <b>&amp;</b> \u2028\u0000\u001b[31m")
	picture := testPayload("")
	picture.Image = &Image{Blob: BlobOf([]byte("p4p")), Width: 1600, Height: 1200, Alt: "A lake"}
	comment, deletion, report := testPayload("Nice."), testPayload(""), testPayload("spam")
	comment.Target, deletion.Target, report.Target = testTarget, testTarget, testTarget
	for _, r := range []struct {
		kind Kind
		p    Payload
	}{{KindPost, post}, {KindPost, picture}, {KindComment, comment}, {KindDeletion, deletion}, {KindReport, report}} {
		rec, err := Sign(root.DeviceKey(0), r.kind, r.p)
		if err != nil {
			t.Fatal(err)
		}
		v.Records = append(v.Records, recordVector{r.kind, hex.EncodeToString(root[:]), rec.Author.UUID(), recordHeader(r.kind, rec.Author), string(rec.encode(r.kind)), rec.JWS, rec.ID})
	}
	v.Blob = blobVector{hex.EncodeToString([]byte("p4p")), BlobOf([]byte("p4p")).String()}
	v.Cursor = cursorVector{testServer, 42, Cursor{testServer, 42}.String()}
	v.Friendship = makeFriendshipVector(t)
	for _, text := range []string{
		"https://p4p.example/f/" + linkF + "#" + linkSecret,
		"HTTPS://P4P.EXAMPLE:8443/F/" + strings.ToUpper(linkF) + "#" + linkSecret,
		"https://192.168.1.7:4747/f/" + linkF + "#" + linkSecret + "." + linkPin,
		"http://127.0.0.1:4747/f/" + linkF + "#" + linkSecret,
		"p4p://p4p.example/f/" + linkF + "#" + linkSecret,
		"p4p://127.0.0.1:4747/f/" + linkF + "#" + linkSecret,
	} {
		l, err := ParseLink(text)
		if err != nil {
			t.Fatal(err)
		}
		lv := linkVector{Text: text, Server: l.Server, Friendship: l.Friendship, Secret: hex.EncodeToString(l.Secret[:]), URL: l.URL(), QR: l.QR(), App: l.App()}
		if l.Pin != nil {
			lv.Pin = hex.EncodeToString(l.Pin[:])
		}
		v.Links = append(v.Links, lv)
	}
	v.Refused = makeRefused(t, v.Friendship)
	return v
}

func makeFriendshipVector(t *testing.T) friendshipVector {
	t.Helper()
	r := readReference(t)
	p := befriend(t, UUID(r.SID), Root(r.Ra), Root(r.Rb), Secret(r.S))
	enc := hex.EncodeToString
	ownerA, ownerB, link := p.rootA.OwnerToken(p.f), p.rootB.OwnerToken(p.f), p.secret.LinkToken(p.f)
	hash := link.Hash()
	f := friendshipVector{
		Server: enc(p.server[:]), Secret: enc(p.secret[:]), SecretText: p.secret.Base32(), RootA: enc(p.rootA[:]), RootB: enc(p.rootB[:]),
		KA: enc(p.parties.Inviter.Key[:]), EA: enc(p.parties.Inviter.E[:]), KB: enc(p.parties.Invitee.Key[:]), EB: enc(p.parties.Invitee.E[:]),
		Friendship: p.f, LinkToken: enc(link[:]), LinkHash: enc(hash[:]), OwnerA: enc(ownerA[:]), OwnerB: enc(ownerB[:]),
		Inviter: enc(p.keys.Inviter[:]), Invitee: enc(p.keys.Invitee[:]), Safety: p.parties.SafetyNumber(),
	}
	add := func(what string, role Role, n uint64, nonce byte, slot []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		f.Slots = append(f.Slots, slotVector{what, role, n, enc(repeatByte(nonce, 12)), enc(slot)})
	}
	add("invite", RoleInviter, 1, 1, p.invite, nil)
	add("accept", RoleInvitee, 1, 2, p.accept, nil)
	con, err := SealConfirm(repeat(3), p.keys, p.keyA, p.parties, 2, nil)
	add("confirm", RoleInviter, 2, 3, con, err)
	step := NewStep(p.parties, RoleInviter, 0, p.keyA, p.rootA.DeviceKey(1), UUID(repeatByte(0xee, 16)), 777)
	rot, err := SealConfirm(repeat(4), p.keys, p.keyA, p.parties, 3, []Step{step})
	add("confirm after one rotation", RoleInviter, 3, 4, rot, err)
	end, err := SealEnd(repeat(5), p.keys, RoleInvitee, p.server, p.f, 2)
	add("end", RoleInvitee, 2, 5, end, err)
	return f
}

func makeRefused(t *testing.T, f friendshipVector) []refusedVector {
	t.Helper()
	var out []refusedVector
	for _, r := range refusedRecords(t) {
		if r.want != CodeTooLarge || len(r.jws) < 10_000 { // what JSON can carry and a person can read
			if strings.ToValidUTF8(r.jws, "") == r.jws {
				out = append(out, refusedVector{"record", r.name, r.jws, r.want})
			}
		}
	}
	for _, l := range refusedLinks() {
		if len(l.link) < 1000 {
			out = append(out, refusedVector{"link", l.name, l.link, l.want})
		}
	}
	for _, c := range []string{"", "1", testServer.String(), testServer.String() + ":", testServer.String() + ":-1", testServer.String() + ":01", testServer.String() + ":9007199254740992", strings.ToUpper(testTarget.String()) + ":1"} {
		out = append(out, refusedVector{"cursor", "not in the one form", c, CodeBadRequest})
	}
	for _, u := range []string{"", "51515151515141519151515151515151", "{" + testServer.String() + "}", "urn:uuid:" + testServer.String(), strings.ToUpper(testTarget.String())} {
		out = append(out, refusedVector{"uuid", "not in the one form", u, CodeBadRequest})
	}
	r := readReference(t)
	p := befriend(t, UUID(r.SID), Root(r.Ra), Root(r.Rb), Secret(r.S))
	evil := Root(repeatByte(9, 32)).DeviceKey(0)
	inv, aad := inviteKey(p.secret, p.f), slotAAD(p.server, p.f, RoleInviter, 1)
	forged, err := seal(repeat(6), inv, aad, cat([]byte{1}, evil.Public[:], p.parties.Inviter.E[:], evil.sign([]byte("x")), []byte{0}))
	if err != nil {
		t.Fatal(err)
	}
	padded, err := seal(repeat(6), inv, aad, cat([]byte{1}, p.parties.Inviter.Key[:], p.parties.Inviter.E[:], p.keyA.sign(inviteMessage(p.server, p.f, p.parties.Inviter)), []byte{0, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(p.invite)
	flipped[100] ^= 1
	return append(out,
		refusedVector{"invite-slot", "it names another device than the link", hex.EncodeToString(forged), CodeForgedInvite},
		refusedVector{"invite-slot", "its padding is not empty", hex.EncodeToString(padded), CodeSlotUnopenable},
		refusedVector{"invite-slot", "one bit differs", hex.EncodeToString(flipped), CodeSlotUnopenable},
		refusedVector{"invite-slot", "one byte is missing", hex.EncodeToString(p.invite[1:]), CodeSlotUnopenable},
		refusedVector{"invite-slot", "its reader made it", f.Slots[0].Slot, CodeOwnInvite},
	)
}

func TestTheVectorsAreReproduced(t *testing.T) {
	const file = "testdata/vectors.json"
	made := makeVectors(t)
	if *update {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(made); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var fixed vectors
	if err := json.Unmarshal(b, &fixed); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(fixed, made); d != "" {
		t.Errorf("computed values differ from the fixed ones (-fixed +computed):\n%s", d)
	}
	if len(fixed.Refused) < 20 {
		t.Errorf("only %d inputs that must be refused", len(fixed.Refused))
	}
	for _, r := range fixed.Refused {
		if got := CodeOf(refuse(t, r, fixed.Friendship)); got != r.Code {
			t.Errorf("%s, %s: code %q, want %q", r.What, r.Why, got, r.Code)
		}
	}
}

// refuse gives a refused vector's input to the parser that it is meant for.
func refuse(t *testing.T, r refusedVector, f friendshipVector) error {
	t.Helper()
	var err error
	switch r.What {
	case "record":
		_, err = ParseRecord(r.Input)
	case "link":
		_, err = ParseLink(r.Input)
	case "cursor":
		_, err = ParseCursor(r.Input)
	case "uuid":
		_, err = ParseUUID(r.Input)
	case "invite-slot":
		var server, secret, slot, keyA hexBytes
		for dst, src := range map[*hexBytes]string{&server: f.Server, &secret: f.Secret, &slot: r.Input, &keyA: f.KA} {
			if err := dst.UnmarshalText([]byte(src)); err != nil {
				t.Fatal(err)
			}
		}
		own := func(k PublicKey) bool { return r.Code == CodeOwnInvite && k == PublicKey(keyA) }
		_, err = OpenInvite(UUID(server), f.Friendship, Secret(secret), slot, own)
	default:
		t.Fatalf("the vector %q has no parser", r.What)
	}
	return err
}
