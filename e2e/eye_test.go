package e2e

import (
	"database/sql"
	"encoding/base64"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"p4p/protocol"
)

// flat is the screen without line ends and spaces, for what is broken over lines.
func (s *terminal) flat() string { return strings.Join(strings.Fields(s.text()), "") }

// What the server's eye draws is what lies in the server's file, and no name with it.
func TestTheServersEyeDrawsTheRowsThatTheServerStored(t *testing.T) {
	data := t.TempDir()
	at := decode[served](t, start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", data).next())
	f := befriend(t, at.URL)
	run(t, f.alice, "--json", "post", "Plums are ripe by the canal")
	run(t, f.bob, "--json", "post", "The tram was late")

	db, err := sql.Open("sqlite3", "file:"+filepath.Join(data, "server.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type stored struct {
		seq     uint64
		author  protocol.UUID
		id      protocol.UUID
		jws     string
		payload string
	}
	read := func(author protocol.UUID) (r stored) {
		var id []byte
		if err := db.QueryRow("SELECT r.seq, r.id, b.jws FROM records r JOIN bodies b USING (seq) WHERE r.author = ?", author[:]).Scan(&r.seq, &id, &r.jws); err != nil {
			t.Fatal(err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(r.jws, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		r.author, r.id, r.payload = author, protocol.UUID(id), string(payload)
		return r
	}
	alices, bobs := read(f.aliceID), read(f.bobID)
	var slots [2][]byte
	if err := db.QueryRow("SELECT slot_a, slot_b FROM mailboxes WHERE f = ?", f.link.Friendship[:]).Scan(&slots[0], &slots[1]); err != nil {
		t.Fatal(err)
	}

	dark := themes["dark"]
	s := openTerminal(t, f.alice, 100, 60, dark.fg, dark.bg)
	nameless := func() {
		t.Helper()
		for _, name := range []string{"Bobadilla", "Alicia", "you ·"} {
			if strings.Contains(s.text(), name) {
				t.Errorf("the server's eye sees %q:\n%s", name, s.text())
			}
		}
	}
	s.see("Bobadilla", "The tram was late", "you ·", "online") // the search for names finds them
	s.press("v")
	for _, r := range []stored{bobs, alices} {
		s.see("#"+strconv.FormatUint(r.seq, 10)+" post", r.author.String())
	}
	for _, r := range []stored{bobs, alices} {
		s.press("j")
		s.see("record " + r.id.String())
		nameless()
		s.press("r")
		s.see("Record #" + strconv.FormatUint(r.seq, 10))
		flat := s.flat()
		for what, want := range map[string]string{"signed bytes": r.jws, "payload": strings.Join(strings.Fields(r.payload), "")} {
			if !strings.Contains(flat, want) {
				t.Errorf("the row's %s in the file are\n%s\nand the screen shows\n%s", what, want, s.text())
			}
		}
		nameless()
		s.press("q")
		s.see("record " + r.id.String())
	}

	s.press("f")
	s.see("friendships", f.link.Friendship.String(), "accepted · 2 sealed slots")
	nameless()
	s.press("r")
	has := func(text string) {
		t.Helper()
		eventually(t, "the sealed bytes on the screen", func() bool { return strings.Contains(s.flat(), text) })
		nameless()
	}
	has(base64.RawURLEncoding.EncodeToString(slots[0])[:500])
	s.press("G")
	last := base64.RawURLEncoding.EncodeToString(slots[1])
	has(last[len(last)-500:])
}
