package client

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

// row reads one row of the running server's own database.
func (w *town) row(query string, args, out []any) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.data, "server.db")+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(out...); err != nil {
		w.t.Fatal(err)
	}
}

func TestTheServersEyeSeesTheVeryRowsThatTheServerStored(t *testing.T) {
	w := newTown(t)
	a := reads(t, w.URL()).runs()
	a.waitsOnline()
	sent, err := a.Post(t.Context(), "Hello \"there\" \u202e 日本", nil)
	if err != nil {
		t.Fatal(err)
	}
	comment, err := a.Comment(t.Context(), sent.ID, "and hello again")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []protocol.UUID{sent.ID, comment.ID} {
		got, err := a.StoredRecord(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var jws, author []byte
		w.row("SELECT b.jws, r.author FROM records r JOIN bodies b USING (seq) WHERE r.id = ?", []any{id[:]}, []any{&jws, &author})
		if got.JWS != string(jws) || got.Author.UUID() != protocol.UUID(author) {
			t.Errorf("it shows\n%s by %s\nand the server stores\n%s by %x", got.JWS, got.Author.UUID(), jws, author)
		}
		if !json.Valid([]byte(got.Header)) || !json.Valid([]byte(got.Payload)) || !strings.Contains(got.Payload, "ello") {
			t.Errorf("the parts are %q and %q", got.Header, got.Payload)
		}
	}
}

func TestTheServersEyeSeesAFriendshipAsSealedBytesAndNoName(t *testing.T) {
	const name = "Bartholomew"
	w := newTown(t)
	a, b := reads(t, w.URL()), reads(t, w.URL())
	inv, err := a.Invite(t.Context(), name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Accept(t.Context(), inv.Link, "Alexandra", false); err != nil {
		t.Fatal(err)
	}
	for _, side := range []*reader{a, b} {
		got, err := side.StoredMailbox(t.Context(), inv.Friendship)
		if err != nil {
			t.Fatal(err)
		}
		var state string
		var ownerA, ownerB, e, slotA, slotB []byte
		w.row("SELECT state, owner_a, owner_b, e, slot_a, slot_b FROM mailboxes WHERE f = ?", []any{inv.Friendship[:]},
			[]any{&state, &ownerA, &ownerB, &e, &slotA, &slotB})
		owner := ownerB
		if got.Inviter {
			owner = ownerA
		}
		if string(got.State) != state || !bytes.Equal(got.OwnerHash[:], owner) || !bytes.Equal(got.E[:], e) ||
			!bytes.Equal(*got.Slots[0], slotA) || !bytes.Equal(*got.Slots[1], slotB) {
			t.Error("it shows another row than the server stores")
		}
		shown, err := json.Marshal(got)
		if err != nil || bytes.Contains(shown, []byte(name)) || bytes.Contains(shown, []byte("Alexandra")) {
			t.Errorf("there is a name in it: %s, %v", shown, err)
		}
	}
}

func TestTheServersEyeIsShutWithoutTheServer(t *testing.T) {
	w := newTown(t)
	a := reads(t, w.URL()).runs()
	a.waitsOnline()
	sent, err := a.Post(t.Context(), "here", nil)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := a.Invite(t.Context(), "Bartholomew", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	a.waits("it is offline", func() bool { return a.Status().Connection == Offline })
	if _, err := a.StoredRecord(context.Background(), sent.ID); protocol.CodeOf(err) != protocol.CodeNoServer {
		t.Errorf("a record: %v", err)
	}
	_, err = a.StoredMailbox(context.Background(), inv.Friendship)
	if protocol.CodeOf(err) != protocol.CodeNoServer || strings.Contains(err.Error(), "Bartholomew") {
		t.Errorf("a mailbox: %v", err)
	}
}
