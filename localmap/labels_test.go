package localmap

import (
	"fmt"
	"testing"

	"p4p/protocol"
)

// rotated lets p, the invitee of f, change its key n times, with a cut of 100
// for the first change, 200 for the second, …
func rotated(p person, n int) func(*Friendship) error {
	return func(f *Friendship) error {
		f.Seen.Steps = nil
		for j := range n {
			f.Seen.Steps = append(f.Seen.Steps, protocol.NewStep(f.Parties, protocol.RoleInvitee, j,
				p.root.DeviceKey(uint32(j)), p.root.DeviceKey(uint32(j+1)), epoch, uint64(100*(j+1))))
		}
		f.Seen.N = uint64(n)
		return nil
	}
}

func TestALabelFollowsARotatedFriendAndKeepsTheRetiredKeys(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := befriend(t, m, "Bob", bob)
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, rotated(bob, 2)))
	for i, want := range []Label{
		{Contact: f.Contact, Name: "Bob", Retired: true, Epoch: epoch, Cut: 100},
		{Contact: f.Contact, Name: "Bob", Retired: true, Epoch: epoch, Cut: 200},
		{Contact: f.Contact, Name: "Bob"},
	} {
		if l, _ := m.Label(bob.root.DeviceKey(uint32(i)).Public); l != want {
			t.Errorf("key %d is labelled %+v, want %+v", i, l, want)
		}
	}
	if _, found := m.Label(bob.root.DeviceKey(3).Public); found {
		t.Error("a key that nobody handed over to is labelled")
	}
	if n := len(m.LabelledUUIDs()); n != 3 {
		t.Errorf("%d devices are labelled, want 3", n)
	}
}

func TestOnesOwnKeyHasNoLabelAndOthersAreNotOnesOwn(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	befriend(t, m, "Bob", bob)
	if _, found := m.Label(m.Key().Public); found {
		t.Error("one's own key is labelled")
	}
	if !m.Own(m.Key().Public) || m.Own(bob.key()) {
		t.Error("own and other keys are mixed up")
	}
}

// The same device took two invites, made for two names.
func TestADeviceWithTwoNamesShowsTheOneGivenLastWhileItIsAlive(t *testing.T) {
	c := &clock{noon}
	m, err := Open(t.TempDir(), Options{Now: c.now})
	ok(t, err)
	defer m.Close()
	bob := somebody("Bob")
	shown := func() string {
		l, _ := m.Label(bob.key())
		return fmt.Sprint(l.Name, l.Ended)
	}
	befriend(t, m, "Bob", bob)
	c.t = c.t.Add(1e9)
	second := befriend(t, m, "Robert", bob)
	if got := shown(); got != "Robertfalse" {
		t.Errorf("shown as %s, want the later name", got)
	}
	c.t = c.t.Add(1e9)
	must[Friendship](t)(m.UpdateFriendship(ctx, second.ID, became(StateEnded)))
	if got := shown(); got != "Bobfalse" {
		t.Errorf("shown as %s, want the name that is alive", got)
	}
	ok(t, m.DeleteFriendship(ctx, second.ID))
	if got := shown(); got != "Bobfalse" {
		t.Errorf("shown as %s after the other one was deleted", got)
	}
}

// A second friendship with the same device has not been told of its change of key.
func TestAKeyThatWasRetiredInOneFriendshipIsInAnotherToo(t *testing.T) {
	c := &clock{noon}
	m, err := Open(t.TempDir(), Options{Now: c.now})
	ok(t, err)
	defer m.Close()
	bob := somebody("Bob")
	first := befriend(t, m, "Bob", bob)
	c.t = c.t.Add(1e9)
	second := befriend(t, m, "Robert", bob)
	must[Friendship](t)(m.UpdateFriendship(ctx, first.ID, rotated(bob, 1)))
	want := Label{Contact: second.Contact, Name: "Robert", Retired: true, Epoch: epoch, Cut: 100}
	if l, _ := m.Label(bob.key()); l != want {
		t.Errorf("the old key is labelled %+v, want %+v", l, want)
	}
	if l, _ := m.Label(bob.root.DeviceKey(1).Public); l.Name != "Bob" || l.Retired {
		t.Errorf("the new key is labelled %+v", l)
	}
}

func TestReadingLabelsWaitsForNobody(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := befriend(t, m, "Bob", bob)
	// Inside a change, in the middle of a transaction, memory still answers.
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.Verified = true
		if l, found := m.Label(bob.key()); !found || l.Verified || !m.Own(m.Key().Public) {
			t.Errorf("label %+v, %v while a change is under way", l, found)
		}
		return nil
	}))
}

func TestLabellingAllocatesNothing(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	befriend(t, m, "Bob", bob)
	known, stranger := bob.key(), somebody("stranger").key()
	if n := testing.AllocsPerRun(1000, func() {
		m.Label(known)
		m.Label(stranger)
		m.Own(stranger)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLabel(b *testing.B) {
	m := fresh(b)
	all := make([]named, 500)
	for i := range all {
		all[i] = named{contact: int64(i), name: "Bob", state: StateFriend, named: true, base: somebody(fmt.Sprint(i)).key()}
	}
	s := *m.state.Load()
	s.labels = makeLabels(all)
	m.state.Store(&s)
	for name, k := range map[string]protocol.PublicKey{"friend": all[77].base, "stranger": somebody("stranger").key()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Label(k)
			}
		})
	}
}

// What one act of friendship costs with 200 friends: the labels are made anew.
func BenchmarkUpdateAmongManyFriends(b *testing.B) {
	m := fresh(b)
	var f Friendship
	for i := range 200 {
		name := fmt.Sprint("friend ", i)
		f = must[Friendship](b)(m.CreateFriendship(ctx, acceptanceOf(b, m, somebody(name), name), name, false))
	}
	for b.Loop() {
		must[Friendship](b)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { f.OwnN++; return nil }))
	}
}
