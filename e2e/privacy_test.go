package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the server's file is read as a thief would

	"p4p/client/wire"
	"p4p/protocol"
)

// friends makes two homes on one server friends, from the command line.
type friends struct {
	alice, bob string
	link       protocol.Link
	aliceID    protocol.UUID
	bobID      protocol.UUID
}

type identity struct {
	UUID protocol.UUID `json:"uuid"`
}

type invited struct {
	Friendship protocol.UUID `json:"friendship"`
	Link       string        `json:"link"`
}

func befriend(t *testing.T, url string) friends {
	t.Helper()
	f := friends{alice: t.TempDir(), bob: t.TempDir()}
	inv := decode[invited](t, run(t, f.alice, "--server", url, "--json", "invite", "Bobadilla"))
	var err error
	if f.link, err = protocol.ParseLink(inv.Link); err != nil {
		t.Fatal(err)
	}
	run(t, f.bob, "--server", url, "--json", "accept", inv.Link, "--name", "Alicia")
	run(t, f.alice, "--json", "friends", "confirm", "Bobadilla")
	run(t, f.bob, "--json", "friends")
	f.aliceID = decode[identity](t, run(t, f.alice, "--json", "whoami")).UUID
	f.bobID = decode[identity](t, run(t, f.bob, "--json", "whoami")).UUID
	return f
}

// rowBytes reads all columns of a table, row by row.
func rowBytes(t *testing.T, file, table string) [][]byte {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for rows.Next() {
		values := make([]sql.RawBytes, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Join(asBytes(values), []byte{0xff}))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func asBytes(values []sql.RawBytes) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = bytes.Clone(v)
	}
	return out
}

func names(row []byte, u protocol.UUID) bool {
	return bytes.Contains(row, u[:]) || bytes.Contains(row, []byte(u.String())) ||
		bytes.Contains(row, []byte(hex.EncodeToString(u[:]))) || bytes.Contains(row, []byte(strings.ToUpper(hex.EncodeToString(u[:]))))
}

func TestAFriendshipsRowNamesNoDevice(t *testing.T) {
	data := t.TempDir()
	server := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", data)
	at := decode[served](t, server.next())
	f := befriend(t, at.URL)
	run(t, f.alice, "--json", "post", "a post, whose row names its device")
	run(t, f.bob, "--json", "post", "another")

	file := filepath.Join(data, "server.db")
	rows := rowBytes(t, file, "mailboxes")
	if len(rows) != 1 {
		t.Fatalf("%d friendship rows", len(rows))
	}
	for name, u := range map[string]protocol.UUID{"inviter": f.aliceID, "invitee": f.bobID} {
		if names(rows[0], u) {
			t.Errorf("the friendship's row names the %s's device", name)
		}
	}
	// The control: the same search finds the devices where they belong, and the
	// friendship where it belongs.
	records := bytes.Join(rowBytes(t, file, "records"), nil)
	if !names(records, f.aliceID) || !names(records, f.bobID) || !names(rows[0], f.link.Friendship) {
		t.Error("the search does not find what is there")
	}
	for _, secret := range []string{"Bobadilla", "Alicia", f.link.Secret.Base32(), string(f.link.Secret[:])} {
		if found, err := searchFolder(data, secret); err != nil || len(found) > 0 {
			t.Errorf("%q is in the server's files: %v %v", secret, found, err)
		}
	}
	log := server.err.String()
	for _, u := range []protocol.UUID{f.aliceID, f.bobID, f.link.Friendship} {
		if strings.Contains(log, u.String()) {
			t.Errorf("the server's log names %s:\n%s", u, log)
		}
	}
}

func TestWhoKeptTheLinkCanDoNothingWithItAfterTheConfirmation(t *testing.T) {
	server := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	at := decode[served](t, server.next())
	f := befriend(t, at.URL)
	ctx := t.Context()
	w, err := wire.New(at.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	token := f.link.Secret.LinkToken(f.link.Friendship)

	if _, err := w.MailboxGet(ctx, f.link.Friendship, token); protocol.CodeOf(err) != protocol.CodeAlreadyAccepted {
		t.Errorf("reading: %v", err)
	}
	hash, e := protocol.Key32{1}, protocol.Key32{9}
	put := protocol.MailboxPut{OwnerHash: &hash, E: &e, N: 1, Slot: make([]byte, protocol.SlotSize)}
	if _, err := w.MailboxAccept(ctx, f.link.Friendship, token, put); protocol.CodeOf(err) != protocol.CodeAlreadyAccepted {
		t.Errorf("accepting: %v", err)
	}
	if _, err := w.MailboxPut(ctx, f.link.Friendship, token, protocol.MailboxPut{N: 2, Slot: put.Slot}); err == nil {
		t.Error("writing succeeded")
	}
	if _, err := w.MailboxDelete(ctx, f.link.Friendship, token, protocol.MailboxDelete{N: 2, Slot: put.Slot}); err == nil {
		t.Error("ending succeeded")
	}
	s, err := w.Stream(ctx, protocol.Cursor{Epoch: at.Epoch}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f.link.Friendship, Token: token}}}); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m := frame.Mailbox; m != nil {
			if m.Error == nil || m.Error.Code != protocol.CodeAlreadyAccepted || m.N != nil || m.State != "" {
				t.Errorf("watching tells %+v", m)
			}
			break
		}
	}
}

func TestFetchingALinkConsumesNothing(t *testing.T) {
	server := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	at := decode[served](t, server.next())
	alice, bob := t.TempDir(), t.TempDir()
	inv := decode[invited](t, run(t, alice, "--server", at.URL, "--json", "invite", "Bob"))
	page := strings.Split(inv.Link, "#")[0]
	for i := range 50 {
		method, address := http.MethodGet, page
		if i%2 == 1 {
			method = http.MethodHead
		}
		if i%3 == 1 {
			address = strings.Replace(strings.ToUpper(page), "HTTP://", "http://", 1)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", fmt.Sprintf("facebookexternalhit/1.%d", i))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %s", method, address, resp.Status)
		}
	}
	run(t, bob, "--server", at.URL, "--json", "accept", inv.Link, "--name", "Alice")
}

// A deleted post's text leaves every file of the running server within a minute;
// the test waits for it, so it takes as long as the server does.
func TestADeletedPostLeavesTheServersFilesAndDoesNotComeBack(t *testing.T) {
	t.Parallel()
	const text = "Xylophone practice at noon"
	data, home := t.TempDir(), t.TempDir()
	server := start(t, home, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data)
	at := decode[served](t, server.next())
	post := decode[shown](t, run(t, home, "--server", at.URL, "--json", "post", text))
	run(t, home, "--json", "post", "another, which stays")
	w, err := wire.New(at.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	view, err := w.Record(t.Context(), post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := searchFolder(data, text); err != nil || len(found) == 0 {
		t.Fatalf("the search does not find the post while it is there: %v", err)
	}
	run(t, home, "--json", "delete", post.ID.String())
	eventually(t, "erasing", func() bool {
		found, err := searchFolder(data, text)
		return err == nil && len(found) == 0 || os.IsNotExist(err)
	})
	results, err := w.PostRecords(t.Context(), []string{view.Event.JWS})
	if err != nil || results[0].Error == nil || results[0].Error.Code != protocol.CodeDeleted {
		t.Errorf("posting the same bytes again: %+v, %v", results, err)
	}
	if found, err := searchFolder(data, text); err != nil || len(found) > 0 {
		t.Errorf("the text is back: %v %v", found, err)
	}
	if out := run(t, home, "--json", "feed"); strings.Contains(out, text) || !strings.Contains(out, "another, which stays") {
		t.Errorf("the feed after the deletion: %s", out)
	}
}
