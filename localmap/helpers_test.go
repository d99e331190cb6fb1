package localmap

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"p4p/protocol"
)

var (
	server = protocol.MustParseUUID("5e3f0000-0000-8000-8000-000000000001")
	other  = protocol.MustParseUUID("5e3f0000-0000-8000-8000-000000000002")
	epoch  = protocol.MustParseUUID("e90c0000-0000-8000-8000-000000000001")
	noon   = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

// tester is what *testing.T, *testing.B and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// clock is a clock that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func openAt(t tester, dir string) *Map {
	t.Helper()
	m, err := Open(dir, Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fresh is an open map in a new folder, closed with the test.
func fresh(t testing.TB) *Map {
	t.Helper()
	return reopened(t, filepath.Join(t.TempDir(), "profile"))
}

func reopened(t testing.TB, dir string) *Map {
	t.Helper()
	m := openAt(t, dir)
	t.Cleanup(func() { m.Close() })
	return m
}

func must[T any](t tester) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t tester, err error, want protocol.Code) {
	t.Helper()
	if got := protocol.CodeOf(err); got != want {
		t.Fatalf("code %q (%v), want %q", got, err, want)
	}
}

// seeded is 32 bytes that depend on what they are called.
func seeded(format string, args ...any) [32]byte {
	return sha256.Sum256([]byte(fmt.Sprintf(format, args...)))
}

// person is somebody on another machine.
type person struct{ root protocol.Root }

func somebody(name string) person { return person{protocol.Root(seeded("root of %s", name))} }

func (p person) key() protocol.PublicKey { return p.root.DeviceKey(0).Public }

// invite is what m's client stores when it invites: a friendship with a secret,
// both drawn from name.
func invite(t tester, m *Map, name string) Friendship {
	t.Helper()
	s := secretOf(name)
	f, slot, err := protocol.SealInvite(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), m.Root(), m.Key(), server, s)
	if err != nil {
		t.Fatal(err)
	}
	return Friendship{
		ID: f, Server: server, ServerURL: "https://feed.example", Role: protocol.RoleInviter,
		State: StateInvited, Expires: noon.Add(protocol.DefaultExpiry), Secret: &s,
		Parties: protocol.Parties{Inviter: protocol.Side{Key: m.Key().Public, E: m.Root().ExchangePublic(f)}},
		OwnN:    1, OwnSlot: slot, Pending: CallCreate, PendingBody: []byte("create " + name),
	}
}

func secretOf(name string) protocol.Secret {
	return protocol.Secret(firstHalf(seeded("secret of %s", name)))
}

func firstHalf(b [32]byte) [16]byte { return [16]byte(b[:16]) }

// accepted is what the inviter's client changes when p has taken the invite.
func accepted(p person) func(*Friendship) error {
	return func(f *Friendship) error {
		f.Parties.Invitee = protocol.Side{Key: p.key(), E: p.root.ExchangePublic(f.ID)}
		keys, err := protocol.DerivePair(p.root, protocol.RoleInvitee, f.Parties, *f.Secret)
		f.Keys, f.State, f.Pending, f.PendingBody = &keys, StateAccepted, CallNone, nil
		return err
	}
}

// confirmed is what the inviter's client changes on confirming.
func confirmed(f *Friendship) error {
	f.State, f.Secret, f.Pending = StateFriend, nil, CallConfirm
	return nil
}

func became(s State) func(*Friendship) error {
	return func(f *Friendship) error { f.State = s; return nil }
}

// acceptanceOf is what m's client stores when it accepts an invite of p.
func acceptanceOf(t tester, m *Map, p person, name string) Friendship {
	t.Helper()
	s := protocol.Secret(firstHalf(seeded("invite from %s", name)))
	f := protocol.FriendshipUUID(server, p.key(), s)
	c := protocol.Parties{
		Server: server, Friendship: f,
		Inviter: protocol.Side{Key: p.key(), E: p.root.ExchangePublic(f)},
		Invitee: protocol.Side{Key: m.Key().Public, E: m.Root().ExchangePublic(f)},
	}
	keys, err := protocol.DerivePair(m.Root(), protocol.RoleInvitee, c, s)
	if err != nil {
		t.Fatal(err)
	}
	return Friendship{
		ID: f, Server: server, ServerURL: "https://feed.example", Role: protocol.RoleInvitee,
		State: StateAccepted, Secret: &s, Parties: c, Keys: &keys, OwnN: 1, Pending: CallAccept,
	}
}

// befriend takes name through invite, acceptance and confirmation.
func befriend(t tester, m *Map, name string, p person) Friendship {
	t.Helper()
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, name+" "+p.key().UUID().String()), name, true))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(p)))
	return must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, confirmed))
}

// post is a signed record of m's device.
func post(t tester, m *Map, text string, i *protocol.Image) protocol.Record {
	t.Helper()
	r, err := protocol.Sign(m.Key(), protocol.KindPost, protocol.Payload{
		Server: server, Nonce: protocol.Nonce(firstHalf(seeded("nonce of %s", text))),
		CreatedAt: protocol.Cut(noon), Text: text, Image: i,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sqlite changes or reads the file as another program would.
func sqlite(t tester, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn(filepath.Join(dir, FileName), writing))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func doSQL(t tester, dir, query string, args ...any) {
	t.Helper()
	db := sqlite(t, dir)
	defer db.Close()
	if _, err := db.ExecContext(ctx, query, args...); err != nil {
		t.Fatal(err)
	}
}

// holds tells in which files of a folder some bytes are.
func holds(t tester, dir string, what []byte) []string {
	t.Helper()
	var in []string
	for name, b := range contents(t, dir) {
		if bytes.Contains(b, what) {
			in = append(in, name)
		}
	}
	return in
}

func contents(t tester, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = b
	}
	return all
}
