package localmap

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

// scratch is a copy of a folder for one run of a property.
func scratch(t tester, from string) (dir string, remove func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "localmap")
	ok(t, err)
	ok(t, os.CopyFS(dir, os.DirFS(from)))
	return dir, func() { os.RemoveAll(dir) }
}

// unsynced is an open map that does not wait for the disk: a property takes many
// steps, and cuts no power.
func unsynced(t tester, dir string) *Map {
	t.Helper()
	m := openAt(t, dir)
	_, err := m.conn.ExecContext(ctx, "PRAGMA synchronous = OFF")
	ok(t, err)
	return m
}

// friend is what the model remembers of a friendship.
type friend struct {
	f         Friendship
	peer      person
	confirmed bool // once named
	rotations int
}

// model is the phone book in its simplest form: it says what the map must answer.
type model struct {
	friends []*friend
	names   map[int64]string
}

// labels is the contract in other words than the package's.
func (w *model) labels() map[protocol.PublicKey]Label {
	labels := map[protocol.PublicKey]Label{}
	for _, fr := range w.friends {
		switch fr.f.State {
		case StateFriend:
		case StateAccepted:
			if fr.f.Role == protocol.RoleInviter {
				continue
			}
		case StateEnded:
			if !fr.confirmed {
				continue
			}
		default:
			continue
		}
		for i := range fr.rotations + 1 {
			l := Label{Contact: fr.f.Contact, Name: w.names[fr.f.Contact], Verified: fr.f.Verified, Ended: fr.f.State == StateEnded}
			if i < fr.rotations {
				l.Retired, l.Epoch, l.Cut = true, epoch, uint64(100*(i+1))
			}
			labels[fr.peer.root.DeviceKey(uint32(i)).Public] = l
		}
	}
	return labels
}

func uuidsOf(labels map[protocol.PublicKey]Label) []protocol.UUID {
	u := []protocol.UUID{}
	for k := range labels {
		u = append(u, k.UUID())
	}
	slices.SortFunc(u, compareUUIDs)
	return u
}

// agrees holds a map's memory against the model.
func (w *model) agrees(t tester, who string, m *Map) {
	t.Helper()
	want := w.labels()
	if d := cmp.Diff(want, m.state.Load().labels); d != "" {
		t.Fatalf("%s (-want +got):\n%s", who, d)
	}
	if d := cmp.Diff(uuidsOf(want), m.LabelledUUIDs()); d != "" {
		t.Fatalf("%s, UUIDs (-want +got):\n%s", who, d)
	}
}

// Two processes act on one profile in any order; each one's memory, once
// refreshed, is what a third that starts afresh reads.
func TestEveryProcessShowsTheSameNamesAsAFreshStart(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "profile")
	ok(t, openAt(t, empty).Close())
	rapid.Check(t, func(t *rapid.T) {
		dir, remove := scratch(t, empty)
		defer remove()
		hands := []*Map{unsynced(t, dir), unsynced(t, dir)}
		defer func() {
			for _, h := range hands {
				ok(t, h.Close())
			}
		}()
		w := &model{names: map[int64]string{}}
		made := 0
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			acting := rapid.IntRange(0, 1).Draw(t, "who")
			w.step(t, hands[acting], &made)
			w.agrees(t, "who wrote", hands[acting])
			must[bool](t)(hands[1-acting].Refresh(ctx))
			w.agrees(t, "who refreshed", hands[1-acting])
			if must[bool](t)(hands[acting].Refresh(ctx)) {
				t.Fatal("one's own write was taken for another's")
			}
		}
		third := openAt(t, dir)
		defer third.Close()
		w.agrees(t, "who started afresh", third)
	})
}

func (w *model) step(t *rapid.T, m *Map, made *int) {
	var alive []*friend
	for _, fr := range w.friends {
		if fr.f.State != "" {
			alive = append(alive, fr)
		}
	}
	what := rapid.SampledFrom([]string{"invite", "accept", "change", "rotate", "rename", "delete", "other"}).Draw(t, "what")
	if len(alive) == 0 && what != "accept" {
		what = "invite"
	}
	name := fmt.Sprint("friend ", *made)
	switch what {
	case "invite", "accept":
		*made++
		fr := &friend{peer: somebody(name)}
		under := name
		if len(alive) > 0 && rapid.Bool().Draw(t, "another device") {
			under = w.names[alive[0].f.Contact]
		}
		f := invite(t, m, name)
		if what == "accept" {
			f, fr.confirmed = acceptanceOf(t, m, fr.peer, name), true
		}
		fr.f = must[Friendship](t)(m.CreateFriendship(ctx, f, under, true))
		w.names[fr.f.Contact] = fr.f.Name
		w.friends = append(w.friends, fr)
	case "change":
		fr := rapid.SampledFrom(alive).Draw(t, "whom")
		to := rapid.SampledFrom(states).Draw(t, "state")
		fr.f = must[Friendship](t)(m.UpdateFriendship(ctx, fr.f.ID, func(f *Friendship) error {
			if f.Role == protocol.RoleInviter && f.Keys == nil {
				if err := accepted(fr.peer)(f); err != nil {
					return err
				}
			}
			f.State, f.Verified = to, rapid.Bool().Draw(t, "verified")
			return nil
		}))
		fr.confirmed = fr.confirmed || to == StateFriend
	case "rotate":
		fr := rapid.SampledFrom(alive).Draw(t, "whom")
		fr.rotations = rapid.IntRange(fr.rotations, 3).Draw(t, "rotations")
		fr.f = must[Friendship](t)(m.UpdateFriendship(ctx, fr.f.ID, rotated(fr.peer, fr.rotations)))
	case "rename":
		fr := rapid.SampledFrom(alive).Draw(t, "whom")
		*made++
		w.names[fr.f.Contact] = must[Contact](t)(m.RenameContact(ctx, w.names[fr.f.Contact], name)).Name
	case "delete":
		fr := rapid.SampledFrom(alive).Draw(t, "whom")
		ok(t, m.DeleteFriendship(ctx, fr.f.ID))
		fr.f.State = ""
	case "other":
		ok(t, m.SaveDraft(ctx, "post", name+rapid.String().Draw(t, "draft")))
	}
}

func TestAnotherProcessIsNoticedAndOnesOwnWritesAreNot(t *testing.T) {
	m := fresh(t)
	second := reopened(t, m.dir)
	changed := func(h *Map) bool { return must[bool](t)(h.Refresh(ctx)) }
	if changed(m) || changed(second) {
		t.Error("a change was seen before there was one")
	}
	f := befriend(t, m, "Bob", somebody("Bob"))
	if changed(m) {
		t.Error("one's own write was taken for another's")
	}
	if !changed(second) || changed(second) {
		t.Error("another's write was not noticed exactly once")
	}
	for what, write := range map[string]func() error{
		"a draft":   func() error { return m.SaveDraft(ctx, "post", "hello") },
		"a setting": func() error { return m.SetSetting(ctx, "theme", "dark") },
		"a record":  func() error { return m.Enqueue(ctx, post(t, m, "hello", nil), nil) },
		"an end":    func() error { _, err := m.UpdateFriendship(ctx, f.ID, became(StateEnded)); return err },
		"a person":  func() error { _, err := m.AddContact(ctx, "Carol"); return err },
		"a server":  func() error { return m.SetServerURL(ctx, "https://a.example", "") },
	} {
		ok(t, write())
		if !changed(second) {
			t.Errorf("%s of another process was not noticed", what)
		}
	}
	if l, _ := second.Label(somebody("Bob").key()); !l.Ended {
		t.Errorf("the other process shows %+v", l)
	}
	// Nothing changes, so nothing is written and nobody is woken.
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(*Friendship) error { return nil }))
	if changed(second) {
		t.Error("an update that changes nothing woke the other process")
	}
}
