package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// moveVectors is testdata/move.json: what another implementation must reproduce
// and refuse.
type moveVectors struct {
	About   string        `json:"about"`
	Moves   []moveVector  `json:"moves"`
	Refused []moveRefused `json:"refused"`
}

type moveVector struct {
	What      string `json:"what"`
	Root      string `json:"root"`
	Rotations uint16 `json:"rotations"`
	Server    string `json:"server"` // hex, or ""
	URL       string `json:"url"`
	Pin       string `json:"pin"` // base32, or ""
	Salt      string `json:"salt"`
	Code      string `json:"code"`
	Text      string `json:"text"`
}

type moveRefused struct {
	What  string `json:"what"`
	Text  string `json:"text"`
	Code  string `json:"code"`
	Error Code   `json:"error"`
}

const testMoveCode = "7Q4M-0ZKD-X3TA"

func testMove() Move {
	return Move{Root: Root(bytes.Repeat([]byte{0x52}, 32)), Rotations: 2, Server: testServer, URL: "https://p4p.example"}
}

func sealed(t testing.TB, m Move) string {
	t.Helper()
	text, err := SealMove(bytes.NewReader([]byte("saltsalt")), m, testMoveCode)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sealedPlain seals bytes that no Move has.
func sealedPlain(t testing.TB, plain []byte) string {
	t.Helper()
	head := []byte("\x01saltsalt")
	code, err := parseMoveCode(testMoveCode)
	if err != nil {
		t.Fatal(err)
	}
	box, err := moveBox(code, head[1:])
	if err != nil {
		t.Fatal(err)
	}
	return movePrefix + b32.EncodeToString(box.Seal(bytes.Clone(head), make([]byte, 12), plain, moveLabel(head)))
}

func TestMoveVectorsAreReproducedAndWhatIsRefusedIsRefused(t *testing.T) {
	pinned := testMove()
	pinned.Pin, pinned.URL = &Pin{1, 2, 3}, "https://192.168.1.10:4747"
	loopback := testMove()
	loopback.URL = "http://127.0.0.1:4747"
	unbound := Move{Root: testMove().Root}
	v := moveVectors{About: "Moves of a profile, docs/protocol.md. Bytes are hex unless said otherwise; the pin is base32."}
	for _, c := range []struct {
		what string
		m    Move
	}{{"bound, rotated twice", testMove()}, {"with a pin", pinned}, {"a server on this machine", loopback}, {"unbound", unbound}} {
		one := moveVector{
			What: c.what, Root: hex.EncodeToString(c.m.Root[:]), Rotations: c.m.Rotations, URL: c.m.URL,
			Salt: hex.EncodeToString([]byte("saltsalt")), Code: testMoveCode, Text: sealed(t, c.m),
		}
		if !c.m.Server.IsZero() {
			one.Server = hex.EncodeToString(c.m.Server[:])
		}
		if c.m.Pin != nil {
			one.Pin = c.m.Pin.Base32()
		}
		v.Moves = append(v.Moves, one)
		got, err := OpenMove(one.Text, one.Code)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got.Root != c.m.Root || got.Rotations != c.m.Rotations || got.Server != c.m.Server || got.URL != c.m.URL || (got.Pin == nil) != (c.m.Pin == nil) {
			t.Errorf("%s comes back as another move", c.what)
		}
	}
	text, root := v.Moves[0].Text, strings.Repeat("R", 32)
	for _, r := range []moveRefused{
		{"another code", text, "7Q4M-0ZKD-X3TB", CodeWrongCode},
		{"a code that is too short", text, "7Q4M-0ZKD", CodeWrongCode},
		{"a code with a letter that none has", text, "7Q4M-0ZKD-X3TU", CodeWrongCode},
		{"a changed letter", strings.Replace(text, text[40:41], other(text[40]), 1), testMoveCode, CodeWrongCode},
		{"cut in the middle", text[:60], testMoveCode, CodeBadMove},
		{"cut by one letter", text[:len(text)-1], testMoveCode, CodeBadMove},
		{"nothing behind the prefix", movePrefix, testMoveCode, CodeBadMove},
		{"an invite", "https://p4p.example/f/51515151-5151-8151-9151-515151515151#AAAAAAAAAAAAAAAAAAAAAAAAAA", testMoveCode, CodeBadMove},
		{"something else", "WIFI:S:home;;", testMoveCode, CodeBadMove},
		{"another version", movePrefix + "AI" + text[len(movePrefix)+2:], testMoveCode, CodeBadMove},
		{"padding", text + "=", testMoveCode, CodeBadMove},
		{"a newline inside", text[:30] + "\n" + text[30:], testMoveCode, CodeBadMove},
		{"an unknown flag", sealedPlain(t, []byte(root+"\x00\x00\x08")), testMoveCode, CodeBadMove},
		{"bound to the zero server", sealedPlain(t, []byte(root+"\x00\x00\x01"+strings.Repeat("\x00", 16))), testMoveCode, CodeBadMove},
		{"an address with a path", sealedPlain(t, []byte(root+"\x00\x00\x00p4p.example/x")), testMoveCode, CodeBadMove},
		{"http to another machine", sealedPlain(t, []byte(root+"\x00\x00\x04p4p.example")), testMoveCode, CodeBadMove},
		{"a pin without an address", sealedPlain(t, []byte(root+"\x00\x00\x02"+strings.Repeat("p", 16))), testMoveCode, CodeBadMove},
		{"too few bytes", sealedPlain(t, []byte(root+"\x00\x00\x01four")), testMoveCode, CodeBadMove},
	} {
		m, err := OpenMove(r.Text, r.Code)
		got := CodeOf(err)
		if err == nil || got != r.Error || m != (Move{}) {
			t.Errorf("%s is answered %q (%v), want %q", r.What, got, err, r.Error)
		}
		v.Refused = append(v.Refused, r)
	}
	want, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/move.json"
	if *update {
		if err := os.WriteFile(file, append(want, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), string(want)+"\n"); diff != "" {
		t.Errorf("%s has other values (-file +now):\n%s", file, diff)
	}
}

func other(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}

func TestMoveCodeIsTakenAsPeopleTypeIt(t *testing.T) {
	for _, typed := range []string{"7q4m0zkdx3ta", " 7Q4M 0ZKD X3TA ", "7q4m-Ozkd-x3ta"} {
		if code, err := parseMoveCode(typed); err != nil || string(code) != "7Q4M0ZKDX3TA" {
			t.Errorf("%q is read as %q, %v", typed, code, err)
		}
	}
	if code, err := NewMoveCode(bytes.NewReader([]byte{0, 31, 32, 255, 1, 2, 3, 4, 5, 6, 7, 8})); err != nil || code != "0Z0Z-1234-5678" {
		t.Errorf("the code is %q, %v", code, err)
	}
}

func TestMoveIsRefusedWhereverAnInviteIsRead(t *testing.T) {
	text := sealed(t, testMove())
	for _, s := range []string{text, strings.ToLower(text), " " + text + "\n", text[:40], "p4p://move", "p4p://move/"} {
		_, err := ParseLink(s)
		if CodeOf(err) != CodeNotAnInvite || !strings.Contains(err.Error(), "is your friend") {
			t.Errorf("%.20q… is answered %v", s, err)
		}
		if !LooksLikeLink(strings.TrimSpace(s)) {
			t.Errorf("%.20q… is not recognised where links are pasted", s)
		}
	}
}

func TestMoveFitsATerminalOf24RowsForAShortAddress(t *testing.T) {
	if n := len(sealed(t, testMove())); n > 154 { // a code of 37 modules at level Low (ISO/IEC 18004, table 7)
		t.Errorf("a move to a short address has %d characters", n)
	}
}

func TestMoveIsPrintedWithoutItsSecret(t *testing.T) {
	for _, s := range printed(testMove(), &Move{Root: testMove().Root}) {
		if strings.Contains(s, "RRRR") || strings.Contains(s, "52, 52") || strings.Contains(s, "0x52") || strings.Contains(s, "82 82") {
			t.Errorf("a move is printed as %q", s)
		}
	}
}

// FuzzMove: whatever text is given, what it is parsed to is written the same, and
// what opens is a move in its one form. scrypt is left out: it would be all that
// is tried.
func FuzzMove(f *testing.F) {
	plain, err := testMove().bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(movePrefix+b32.EncodeToString(append([]byte("\x01saltsalt"), plain...)), plain)
	f.Add("P4P://MOVE/AE", []byte{})
	f.Fuzz(func(t *testing.T, text string, plain []byte) {
		if sealed, err := parseMove(text); err == nil {
			if again := movePrefix + b32.EncodeToString(sealed); again != strings.ToUpper(strings.TrimSpace(text)) {
				t.Errorf("%q is written %q", text, again)
			}
		} else if CodeOf(err) != CodeBadMove {
			t.Errorf("the code is %q", CodeOf(err))
		}
		m, err := moveOf(plain)
		if err != nil {
			return
		}
		if again, err := m.bytes(); err != nil || !bytes.Equal(again, plain) {
			t.Errorf("%x opens as a move that is written %x (%v)", plain, again, err)
		}
	})
}
