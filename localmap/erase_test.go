package localmap

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// planted makes sure that the search finds what is there, and gives back what to
// search for.
func planted(t tester, dir string, what []byte) []byte {
	t.Helper()
	if len(holds(t, dir, what)) == 0 {
		t.Fatal("the search does not find what is certainly there")
	}
	return what
}

func gone(t tester, dir string, what []byte, name string) {
	t.Helper()
	if in := holds(t, dir, what); len(in) != 0 {
		t.Fatalf("%s is still in %v", name, in)
	}
}

func TestAForgottenLinkSecretIsInNoFile(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	secret := planted(t, m.dir, f.Secret[:])
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(bob)))
	planted(t, m.dir, secret)
	got := must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, confirmed))
	gone(t, m.dir, secret, "the secret")
	planted(t, m.dir, got.Keys.Inviter[:])
	ok(t, m.Close())
	gone(t, m.dir, secret, "the secret")
}

func TestADeletedFriendshipsKeysAreInNoFile(t *testing.T) {
	m := fresh(t)
	f := befriend(t, m, "Bob", somebody("Bob"))
	keys := planted(t, m.dir, f.Keys.Inviter[:])
	ok(t, m.DeleteFriendship(ctx, f.ID))
	gone(t, m.dir, keys, "the pair's key")
}

func TestAReplacedRootIsInNoFile(t *testing.T) {
	m := fresh(t)
	root := m.Root()
	planted(t, m.dir, root[:])
	ok(t, m.Rebind(ctx))
	gone(t, m.dir, root[:], "the old root")
	now := m.Root()
	planted(t, m.dir, now[:])
}

func TestARemovedPersonsNameIsInNoFile(t *testing.T) {
	m := fresh(t)
	must[Contact](t)(m.AddContact(ctx, "Bartholomew"))
	name := planted(t, m.dir, []byte("Bartholomew"))
	ok(t, m.RemoveContact(ctx, "Bartholomew"))
	gone(t, m.dir, name, "the name")
}

// Overwriting a value where it last lay is not enough: moving rows between pages
// leaves copies behind, depending on what else is written. With the seeds 13 and
// 17 it does, as leaving out the VACUUM shows.
func TestForgottenSecretsAreInNoFileWhateverElseIsWritten(t *testing.T) {
	for _, seed := range []uint64{0, 13, 17} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			m := unsynced(t, filepath.Join(t.TempDir(), "profile"))
			defer m.Close()
			var open []Friendship
			var forgotten [][]byte
			for i := range 200 {
				switch k := r.IntN(10); {
				case k < 5 || len(open) == 0:
					name := fmt.Sprint("friend ", i)
					f := invite(t, m, name)
					f.OwnSlot, f.PendingBody = nil, make([]byte, r.IntN(600)) // short rows are moved, long ones are not
					open = append(open, must[Friendship](t)(m.CreateFriendship(ctx, f, name, false)))
				case k < 7:
					f, n := open[r.IntN(len(open))], r.IntN(3000)
					must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
						f.PendingBody = make([]byte, n)
						return nil
					}))
				default:
					at := r.IntN(len(open))
					f := open[at]
					open = slices.Delete(open, at, at+1)
					secret := planted(t, m.dir, f.Secret[:])
					must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { f.Secret = nil; return nil }))
					forgotten = append(forgotten, secret)
					gone(t, m.dir, secret, "a secret")
				}
			}
			for _, s := range forgotten {
				gone(t, m.dir, s, "a secret")
			}
		})
	}
}

// Another process is reading at that moment, so that the journal cannot be
// emptied.
func TestErasingThatHadToWaitIsDoneLater(t *testing.T) {
	for name, later := range map[string]func(m *Map) *Map{
		"at the next look for changes": func(m *Map) *Map {
			must[bool](t)(m.Refresh(ctx))
			return m
		},
		"on closing": func(m *Map) *Map { ok(t, m.Close()); return m },
		"by the next process after a crash": func(m *Map) *Map {
			ok(t, m.disconnect()) // without Close's own try
			return reopened(t, m.dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := fresh(t)
			f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
			secret := f.Secret[:]
			db := sqlite(t, m.dir)
			defer db.Close()
			if _, err := db.ExecContext(ctx, "BEGIN DEFERRED; SELECT count(*) FROM friendships"); err != nil {
				t.Fatal(err)
			}
			must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { f.Secret = nil; return nil }))
			planted(t, m.dir, secret)
			if _, err := db.ExecContext(ctx, "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			m = later(m)
			gone(t, m.dir, secret, "the secret")
		})
	}
}

func TestWhatIsStillNeededSurvivesErasing(t *testing.T) {
	m := fresh(t)
	kept := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Carol"), "Carol", false))
	r := post(t, m, "hello", nil)
	ok(t, m.Enqueue(ctx, r, nil))
	befriend(t, m, "Bob", somebody("Bob")) // forgets Bob's secret
	if got := must[Friendship](t)(m.Friendship(ctx, kept.ID)); got.Secret == nil || *got.Secret != *kept.Secret {
		t.Error("Carol's secret is gone")
	}
	if out := must[[]Outgoing](t)(m.Outbox(ctx)); len(out) != 1 || out[0].ID != r.ID {
		t.Errorf("the outbox has %+v", out)
	}
	var due int
	ok(t, m.conn.QueryRowContext(ctx, "SELECT erase_due FROM profile").Scan(&due))
	if due != 0 {
		t.Errorf("%d erasings are due", due)
	}
}
