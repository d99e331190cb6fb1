package localmap

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestAFriendshipIsReadAsItWasWritten(t *testing.T) {
	m := fresh(t)
	bob := somebody("Bob")
	f := invite(t, m, "Bob")
	made := must[Friendship](t)(m.CreateFriendship(ctx, f, "Bob", false))
	want := f
	want.Contact, want.Name, want.Since = made.Contact, "Bob", noon
	want.Parties.Server, want.Parties.Friendship = server, f.ID
	if d := cmp.Diff(want, made); d != "" {
		t.Errorf("created (-want +got):\n%s", d)
	}
	full := must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		ok(t, accepted(bob)(f))
		key := bob.root.DeviceKey(0)
		for j := range 3 {
			next := bob.root.DeviceKey(uint32(j + 1))
			f.Seen.Steps = append(f.Seen.Steps, protocol.NewStep(f.Parties, protocol.RoleInvitee, j, key, next, epoch, uint64(100*j)))
			key = next
		}
		f.Seen.N, f.Seen.Hash = 4, protocol.Key32(seeded("slot"))
		f.Pin, f.Verified, f.Refusal = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", true, protocol.CodeRevoked
		return nil
	}))
	if full.Seen.N != 4 || len(full.Seen.Steps) != 3 || full.Keys == nil || full.Refusal != protocol.CodeRevoked {
		t.Errorf("the update answered %+v", full)
	}
	ok(t, m.Close())
	again := reopened(t, m.dir)
	if d := cmp.Diff(full, must[Friendship](t)(again.Friendship(ctx, f.ID)), cmp.AllowUnexported(protocol.Step{})); d != "" {
		t.Errorf("reopened (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]Friendship{full}, must[[]Friendship](t)(again.Friendships(ctx)), cmp.AllowUnexported(protocol.Step{})); d != "" {
		t.Errorf("all (-want +got):\n%s", d)
	}
}

func TestTheNameSticksForTheInviterOnlyOnConfirming(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	noLabel := func(when string) {
		t.Helper()
		if l, found := m.Label(bob.key()); found {
			t.Errorf("%s: label %+v", when, l)
		}
	}
	noLabel("invited")
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(bob)))
	noLabel("accepted")
	got := must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, confirmed))
	if !got.Named {
		t.Error("a confirmed friendship is not named")
	}
	want := Label{Contact: f.Contact, Name: "Bob"}
	if l, _ := m.Label(bob.key()); l != want {
		t.Errorf("confirmed: label %+v, want %+v", l, want)
	}
	want.Ended = true
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(StateEnded)))
	if l, _ := m.Label(bob.key()); l != want {
		t.Errorf("ended: label %+v, want %+v", l, want)
	}
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(StateRemoved)))
	noLabel("removed")
}

// Somebody who found the link takes the invite and ends it at once, before the
// inviter has answered.
func TestWhoEndsAnInviteBeforeItIsConfirmedGetsNoName(t *testing.T) {
	m, thief := fresh(t), somebody("thief")
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(thief)))
	got := must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(StateEnded)))
	if l, found := m.Label(thief.key()); found || got.Named {
		t.Errorf("the thief is labelled %+v, named %v", l, got.Named)
	}
	ok(t, m.Close())
	if l, found := reopened(t, m.dir).Label(thief.key()); found {
		t.Errorf("after reopening the thief is labelled %+v", l)
	}
}

func TestTheNameSticksForTheInviteeFromAcceptedOn(t *testing.T) {
	m, alice := fresh(t), somebody("Alice")
	f := must[Friendship](t)(m.CreateFriendship(ctx, acceptanceOf(t, m, alice, "Alice"), "Alice", false))
	if l, found := m.Label(alice.key()); !found || l.Name != "Alice" || l.Verified {
		t.Errorf("accepted: label %+v, %v", l, found)
	}
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.State, f.Verified = StateFriend, true
		return nil
	}))
	if l, _ := m.Label(alice.key()); !l.Verified {
		t.Errorf("verified: label %+v", l)
	}
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(StateRefused)))
	if l, found := m.Label(alice.key()); found {
		t.Errorf("refused: label %+v", l)
	}
}

func TestANameThatIsAliveIsGivenAgainOnlyToAnotherDeviceOfThatPerson(t *testing.T) {
	for _, tt := range []struct {
		state State
		taken bool
	}{
		{StateInvited, true},
		{StateAccepted, true},
		{StateFriend, true},
		{StateEnded, true},
		{StateRefused, false},
		{StateRevoked, false},
		{StateExpired, false},
		{StateRemoved, false},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			m := fresh(t)
			f := befriend(t, m, "Bob", somebody("Bob"))
			must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(tt.state)))
			second := acceptanceOf(t, m, somebody("Bob's laptop"), "laptop")
			got, err := m.CreateFriendship(ctx, second, "BOB", false)
			if tt.taken {
				wantCode(t, err, protocol.CodeNameTaken)
				if _, found := m.Label(second.Parties.Inviter.Key); found {
					t.Error("refused, but labelled")
				}
				got, err = m.CreateFriendship(ctx, second, "bob", true)
			}
			ok(t, err)
			if got.Contact != f.Contact || got.Name != "Bob" {
				t.Errorf("the second device belongs to %d %q, want %d %q", got.Contact, got.Name, f.Contact, "Bob")
			}
			if l, _ := m.Label(second.Parties.Inviter.Key); l.Name != "Bob" {
				t.Errorf("the second device is labelled %+v", l)
			}
		})
	}
}

func TestAPersonOfThePhoneBookWithoutFriendshipsIsSimplyUsed(t *testing.T) {
	m := fresh(t)
	c := must[Contact](t)(m.AddContact(ctx, "Bob"))
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "bob ", false))
	if f.Contact != c.ID || f.Name != "Bob" {
		t.Errorf("created for %d %q, want %d Bob", f.Contact, f.Name, c.ID)
	}
}

func TestAFriendshipIsCreatedOnce(t *testing.T) {
	m := fresh(t)
	f := invite(t, m, "Bob")
	must[Friendship](t)(m.CreateFriendship(ctx, f, "Bob", false))
	_, err := m.CreateFriendship(ctx, f, "Carol", false)
	wantCode(t, err, protocol.CodeExists)
	_, err = m.ContactByName(ctx, "Carol")
	wantCode(t, err, protocol.CodeUnknownName)
}

func TestTheFirstFriendshipBindsTheProfile(t *testing.T) {
	m := fresh(t)
	must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	if id, url, _ := m.Server(); id == nil || *id != server || url != "https://feed.example" {
		t.Errorf("bound to %v at %q", id, url)
	}
	f := acceptanceOf(t, m, somebody("Carol"), "Carol")
	f.Server, f.Parties.Server = other, other
	_, err := m.CreateFriendship(ctx, f, "Carol", false)
	wantCode(t, err, protocol.CodeOtherServer)
}

func TestAFriendshipOfARootThatWasReplacedIsNotStored(t *testing.T) {
	m := fresh(t)
	f := invite(t, m, "Bob")
	second := reopened(t, m.dir)
	ok(t, second.Rebind(ctx))
	_, err := m.CreateFriendship(ctx, f, "Bob", false)
	wantCode(t, err, protocol.CodeWrongState)
	wantCode(t, m.Enqueue(ctx, post(t, m, "hello", nil), nil), protocol.CodeWrongState)
	if id, _, _ := m.Server(); id != nil {
		t.Errorf("what was refused has bound the profile to %v", id)
	}
	if !must[bool](t)(m.Refresh(ctx)) || m.Key().Public != second.Key().Public {
		t.Error("the other process's root did not arrive")
	}
	must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
}

func TestAFailedChangeLeavesNothing(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := befriend(t, m, "Bob", bob)
	boom := errors.New("boom")
	_, err := m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.State = StateRemoved
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v, want the change's own", err)
	}
	if got := must[Friendship](t)(m.Friendship(ctx, f.ID)); got.State != StateFriend {
		t.Errorf("state %q", got.State)
	}
	if _, found := m.Label(bob.key()); !found {
		t.Error("the label is gone")
	}
}

func TestWhatMakesAFriendshipAnotherOneIsRefused(t *testing.T) {
	m := fresh(t)
	f := befriend(t, m, "Bob", somebody("Bob"))
	for name, change := range map[string]func(*Friendship){
		"its UUID":         func(f *Friendship) { f.ID = other },
		"its server":       func(f *Friendship) { f.Server = other },
		"its role":         func(f *Friendship) { f.Role = protocol.RoleInvitee },
		"its person":       func(f *Friendship) { f.Contact++ },
		"its name":         func(f *Friendship) { f.Name = "Carol" },
		"whether it names": func(f *Friendship) { f.Named = false },
		"this side's key":  func(f *Friendship) { f.Parties.Inviter.Key = somebody("Carol").key() },
		"the named key":    func(f *Friendship) { f.Parties.Invitee.Key = somebody("Carol").key() },
		"no named key":     func(f *Friendship) { f.Parties.Invitee = protocol.Side{} },
		"a state unknown":  func(f *Friendship) { f.State = "married" },
		"a call unknown":   func(f *Friendship) { f.Pending = "dance" },
		"a short slot":     func(f *Friendship) { f.OwnSlot = []byte{1} },
		"a huge version":   func(f *Friendship) { f.OwnN = 1 << 53 },
		"other parties":    func(f *Friendship) { f.Parties.Friendship = other },
	} {
		_, err := m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { change(f); return nil })
		if err == nil {
			t.Errorf("%s was changed", name)
		}
	}
	if d := cmp.Diff(f, must[Friendship](t)(m.Friendship(ctx, f.ID))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAnUnconfirmedAcceptanceCanBeTakenBack(t *testing.T) {
	m := fresh(t)
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(somebody("first"))))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.State, f.Parties.Invitee, f.Keys = StateInvited, protocol.Side{}, nil
		return nil
	}))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(somebody("second"))))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, confirmed))
	if _, found := m.Label(somebody("first").key()); found {
		t.Error("the first one has the name")
	}
	if _, found := m.Label(somebody("second").key()); !found {
		t.Error("the second one has no name")
	}
}

func TestSinceIsTheTimeOfTheLastChangeOfState(t *testing.T) {
	c := &clock{noon}
	m, err := Open(t.TempDir(), Options{Now: c.now})
	ok(t, err)
	defer m.Close()
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	c.t = noon.Add(time.Hour)
	f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { f.OwnN = 2; return nil }))
	if !f.Since.Equal(noon) {
		t.Errorf("since %s although the state is the same", f.Since)
	}
	f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, became(StateRevoked)))
	if !f.Since.Equal(c.t) {
		t.Errorf("since %s, want %s", f.Since, c.t)
	}
	f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.State, f.Since = StateExpired, noon.Add(time.Minute)
		return nil
	}))
	if !f.Since.Equal(noon.Add(time.Minute)) {
		t.Errorf("since %s, want what the change said", f.Since)
	}
}

func TestUpdatesOfTwoProcessesAreNotLost(t *testing.T) {
	m := fresh(t)
	second := reopened(t, m.dir)
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	const each = 20
	var wg sync.WaitGroup
	for _, h := range []*Map{m, second, m, second} {
		wg.Go(func() {
			for range each {
				if _, err := h.UpdateFriendship(ctx, f.ID, func(f *Friendship) error { f.OwnN++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := must[Friendship](t)(m.Friendship(ctx, f.ID)); got.OwnN != 1+4*each {
		t.Errorf("counted to %d, want %d", got.OwnN, 1+4*each)
	}
}

func TestDeletingAFriendshipTakesTheLabelAndLeavesThePerson(t *testing.T) {
	m, bob := fresh(t), somebody("Bob")
	f := befriend(t, m, "Bob", bob)
	ok(t, m.DeleteFriendship(ctx, f.ID))
	if _, found := m.Label(bob.key()); found || len(m.LabelledUUIDs()) != 0 {
		t.Error("the label is still there")
	}
	if c := must[Contact](t)(m.ContactByName(ctx, "Bob")); c.ID != f.Contact || len(c.UUIDs) != 0 {
		t.Errorf("the phone book has %+v", c)
	}
	_, err := m.Friendship(ctx, f.ID)
	wantCode(t, err, protocol.CodeUnknownFriendship)
	_, err = m.UpdateFriendship(ctx, f.ID, confirmed)
	wantCode(t, err, protocol.CodeUnknownFriendship)
	wantCode(t, m.DeleteFriendship(ctx, f.ID), protocol.CodeUnknownFriendship)
}

func TestACancelledCallChangesNothing(t *testing.T) {
	m := fresh(t)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.AddContact(gone, "Bob"); !errors.Is(err, gone.Err()) {
		t.Errorf("error %v, want %v", err, gone.Err())
	}
	during, cancel := context.WithCancel(ctx)
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	_, err := m.UpdateFriendship(during, f.ID, func(f *Friendship) error {
		cancel()
		f.State = StateRevoked
		return nil
	})
	if !errors.Is(err, during.Err()) {
		t.Errorf("error %v, want %v", err, during.Err())
	}
	if got := must[Friendship](t)(m.Friendship(ctx, f.ID)); got.State != StateInvited {
		t.Errorf("state %q after a cancelled call", got.State)
	}
}

func TestACallCancelledAtAnyMomentIsWhollyDoneOrNotAtAll(t *testing.T) {
	m := fresh(t)
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	n, done, cancelled := f.OwnN, 0, 0
	for i := range 400 {
		during, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() {
			for range i * 50 { // later and later
				runtime.Gosched()
			}
			cancel()
		})
		_, err := m.UpdateFriendship(during, f.ID, func(f *Friendship) error { f.OwnN++; return nil })
		wg.Wait()
		switch {
		case err == nil:
			n, done = n+1, done+1
		case errors.Is(err, context.Canceled):
			cancelled++
		default:
			t.Fatal(err)
		}
		if got := must[Friendship](t)(m.Friendship(ctx, f.ID)); got.OwnN != n {
			t.Fatalf("try %d answered %v, but counted to %d instead of %d", i, err, got.OwnN, n)
		}
	}
	t.Logf("%d done, %d cancelled", done, cancelled)
}

func TestAChangeOfBaseKeyDropsTheMarkOfVerification(t *testing.T) {
	m := fresh(t)
	f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", false))
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, accepted(somebody("Bob"))))
	verify := func(f *Friendship) error { f.Verified = true; return nil }
	if f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, verify)); !f.Verified {
		t.Fatal("not marked")
	}
	f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, func(f *Friendship) error {
		f.Verified = true
		return accepted(somebody("Mallory"))(f)
	}))
	if f.Verified {
		t.Error("the mark stays on another key")
	}
	must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, verify))
	f = must[Friendship](t)(m.UpdateFriendship(ctx, f.ID, confirmed)) // no key changes
	if l, _ := m.Label(somebody("Mallory").key()); !f.Verified || !l.Verified {
		t.Errorf("confirming takes the mark: %+v", l)
	}
}
