package client

import (
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// rotates changes a person's key and tells all friends at once.
func (p *person) rotates() Rotated {
	p.t.Helper()
	r, err := p.Rotate(p.t.Context(), 0)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func TestFriendsFollowAChangeOfKeyAndOthersDoNot(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	o.friends(anna, "Bob", bob, "Anna")
	ex := o.friends(anna, "Carl", carl, "Anna")
	anna.does(anna.Remove, ex)
	carl.catchesUp()
	old := anna.local.Key().Public
	r := anna.rotates()
	if r.Old != old.UUID() || r.New != anna.local.Key().Public.UUID() || r.Old == r.New || r.Told != 1 || r.ToTell != 0 {
		t.Errorf("%+v", r)
	}
	if !anna.local.Own(old) {
		t.Error("her old posts are not hers any more")
	}
	bob.catchesUp()
	carl.catchesUp()
	wantName(t, bob, anna, "Anna")
	wantName(t, carl, anna, "")
	l, ok := bob.local.Label(old)
	if !ok || !l.Retired || l.Name != "Anna" || l.Epoch != o.info.Epoch || l.Cut != o.info.Seq {
		t.Errorf("the old key's label at Bob: %+v", l)
	}
	wantName(t, anna, bob, "Bob")
}

func TestAFriendWhoWasAwayForSeveralChangesFollowsThemAll(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	for range 3 {
		o.set(func() { o.info.Seq += 10 })
		anna.rotates()
	}
	bob.rotates()
	bob.catchesUp()
	wantName(t, bob, anna, "Anna")
	for range 3 { // to read and be read, across more changes of both
		bob.catchesUp()
		anna.rotates()
		anna.catchesUp()
		bob.rotates()
	}
	bob.catchesUp()
	anna.catchesUp()
	wantName(t, bob, anna, "Anna")
	wantName(t, anna, bob, "Bob")
	if n := len(bob.row(f).Seen.Steps); n != 6 {
		t.Errorf("Bob followed %d changes, want 6", n)
	}
}

func TestAComparedFriendStaysComparedThroughAChangeOfKey(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	number := bob.row(f).Parties.SafetyNumber()
	if _, err := bob.Verify(t.Context(), f, number); err != nil {
		t.Fatal(err)
	}
	anna.rotates()
	bob.catchesUp()
	if l, _ := bob.local.Label(anna.local.Key().Public); !l.Verified || l.Name != "Anna" {
		t.Errorf("the new key's label: %+v", l)
	}
	// A succession that her old key did not sign is another matter.
	o.rewrites(anna, f, anna.row(f).OwnN+1, anna.rotation(f, 0, 8))
	wantCode(t, bob.catchUp(t.Context(), f), protocol.CodeBrokenSuccession)
	got, err := bob.Find(t.Context(), "Anna")
	if err != nil || got.Verified || got.Refusal != protocol.CodeBrokenSuccession {
		t.Errorf("%+v, %v", got, err)
	}
	warned := func() bool {
		all, err := bob.Warnings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(all, func(w Warning) bool {
			return w.Kind == KeyChanged && w.Loud && strings.Contains(w.Text, "Anna")
		})
	}
	if !warned() {
		t.Error("nobody says so")
	}
	if dismisses(t, bob.Client, KeyChanged); warned() {
		t.Error("it is said again and again")
	}
	wantName(t, bob, anna, "Anna")
	anna.rotates() // her own word again
	bob.catchesUp()
	if got, err = bob.Find(t.Context(), "Anna"); err != nil || got.Verified || got.Refusal != "" {
		t.Errorf("%+v, %v", got, err)
	}
	o.rewrites(anna, f, anna.row(f).OwnN+1, anna.rotation(f, 0, 9))
	wantCode(t, bob.catchUp(t.Context(), f), protocol.CodeBrokenSuccession)
	if !warned() {
		t.Error("the second time nobody says so")
	}
}

func TestAMutedFriendStaysMutedWithAnotherKey(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	o.friends(anna, "Bob", bob, "Anna")
	old := anna.local.Key().Public
	if err := bob.Mute(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	anna.rotates()
	bob.catchesUp()
	heard := func() (n int) {
		x, err := bob.unheard(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []protocol.PublicKey{old, anna.local.Key().Public} {
			if !x.Authors[k] {
				n++
			}
		}
		return n
	}
	if n := heard(); n != 0 {
		t.Errorf("%d of her keys are heard", n)
	}
	if err := bob.Unmute(t.Context(), old); err != nil || heard() != 2 {
		t.Errorf("%v, %d of her keys are heard again", err, heard())
	}
}

func TestOpenInvitesAreMadeAnewWithTheNewKey(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	before, err := anna.Invite(t.Context(), "Bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r := anna.rotates()
	if len(r.Invites) != 1 || r.Invites[0].Name != "Bob" || r.Invites[0].Unsent || r.Invites[0].Friendship == before.Friendship {
		t.Fatalf("%+v", r.Invites)
	}
	if d := r.Invites[0].ExpiresAt.Sub(o.clock()); d < time.Hour || d > 2*time.Hour {
		t.Errorf("the new one is open for %v", d)
	}
	_, err = bob.ReadInvite(t.Context(), before.Link)
	wantCode(t, err, protocol.CodeRevoked)
	bob.accepts(r.Invites[0], "Anna")
	anna.catchesUp()
	anna.does(anna.Confirm, r.Invites[0].Friendship)
	bob.catchesUp()
	wantName(t, bob, anna, "Anna")
	wantName(t, anna, bob, "Bob")
}

func TestFriendsAreToldOneByOneOverHours(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	var others []*person
	for _, name := range []string{"Bob", "Carl", "Dora"} {
		p := o.enters(name)
		o.friends(anna, name, p, "Anna")
		others = append(others, p)
	}
	told := func() (n int) {
		for _, p := range others {
			p.catchesUp()
			if p.calls(anna) == "Anna" {
				n++
			}
		}
		return n
	}
	r, err := anna.Rotate(t.Context(), DefaultSpread)
	if err != nil || r.ToTell != 3 || r.Told != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	anna.restarts()
	if n := told(); n != 0 {
		t.Errorf("%d were told at once", n)
	}
	o.passes(DefaultSpread) // all are due, after nobody ran for hours
	for want := 1; want <= 3; want++ {
		anna.catchesUp()
		if n := told(); n != want {
			t.Errorf("%d were told, want %d", n, want)
		}
		o.passes(respread)
	}
	if left, err := anna.FriendsToTell(t.Context()); err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
}

func TestAKeyIsNotChangedWhileSomethingWaitsOrNothingHappened(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	_, err := anna.Rotate(t.Context(), 0)
	wantCode(t, err, protocol.CodeWrongState)
	o.friends(anna, "Bob", bob, "Anna")
	key := anna.local.Key().Public
	said, err := protocol.Sign(anna.local.Key(), protocol.KindPost, protocol.Payload{Server: o.info.Server, CreatedAt: protocol.Cut(o.clock()), Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if err := anna.local.Enqueue(t.Context(), said, nil); err != nil {
		t.Fatal(err)
	}
	if err := anna.local.MarkRefused(t.Context(), said.ID, protocol.Errorf(protocol.CodeBadText, "No.")); err != nil {
		t.Fatal(err)
	}
	_, err = anna.Rotate(t.Context(), 0)
	wantCode(t, err, protocol.CodeWrongState)
	if anna.local.Key().Public != key || anna.local.Rotations() != 0 {
		t.Error("the key was changed")
	}
	if err := anna.Discard(t.Context(), said.ID); err != nil {
		t.Fatal(err)
	}
	o.CloseClientConnections()
	o.Close()
	anna.link.drop(nil)
	_, err = anna.Rotate(t.Context(), 0)
	wantCode(t, err, protocol.CodeNoServer)
	if anna.local.Rotations() != 0 {
		t.Error("the key was changed without a server")
	}
}

func TestAFriendshipFollowsAsManyChangesAsASlotHolds(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	o.friends(anna, "Bob", bob, "Anna")
	for range protocol.MaxSteps {
		anna.rotates()
	}
	bob.catchesUp()
	wantName(t, bob, anna, "Anna")
	_, err := anna.Rotate(t.Context(), 0)
	wantCode(t, err, protocol.CodeChainFull)
	if anna.local.Rotations() != protocol.MaxSteps {
		t.Error("the key was changed")
	}
}

func TestAnUnexpectedAcceptanceIsRefusedAndANewInviteTakesItsPlace(t *testing.T) {
	o := newOffice(t)
	anna, bob, thief := o.enters("anna"), o.enters("bob"), o.enters("thief")
	stolen := anna.invites("Bob")
	thief.accepts(stolen, "Anna")
	anna.catchesUp()
	refused, made, err := anna.RefuseAndReissue(t.Context(), stolen.Friendship)
	if err != nil || refused.State != StateRefused || refused.Unsent || made.Name != "Bob" || made.State != StateInvited || made.Unsent {
		t.Fatalf("%+v, %+v, %v", refused, made, err)
	}
	thief.catchesUp()
	wantState(t, thief, stolen.Friendship, StateEnded)
	wantName(t, anna, thief, "")
	bob.accepts(made, "Anna")
	anna.catchesUp()
	anna.does(anna.Confirm, made.Friendship)
	wantName(t, anna, bob, "Bob")
	_, _, err = anna.RefuseAndReissue(t.Context(), stolen.Friendship)
	wantCode(t, err, protocol.CodeWrongState)
}

// An old slot that another process sealed with the key of before is rewritten all
// the same: what is left to tell is in the file.
func TestWhatIsLeftToTellSurvivesAProcessThatDidNotKnow(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	late, err := Open(t.Context(), anna.opt)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	anna.rotates()
	if _, err := late.Confirm(t.Context(), i.Friendship); err != nil {
		t.Fatal(err)
	}
	anna.catchesUp()
	bob.catchesUp()
	wantName(t, bob, anna, "Anna")
	wantState(t, bob, i.Friendship, StateFriend)
}

func TestABackupCarriesAllKeys(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	o.friends(anna, "Bob", bob, "Anna")
	anna.rotates()
	want := anna.local.OwnKeys()
	file := folder(t, "backup") + "/anna.age"
	anna.Client.opt.scryptWork = 10
	if err := anna.Backup(t.Context(), file, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	home := Options{Home: folder(t, "new"), Server: o.URL, Now: o.clock}
	if _, err := Restore(t.Context(), home, file, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	again := &person{t: t, opt: home}
	again.start()
	defer again.Close()
	same := func(a, b localmap.OwnKey) bool { return a.Public == b.Public && a.Epoch == b.Epoch && a.Cut == b.Cut }
	if !slices.EqualFunc(want, again.local.OwnKeys(), same) {
		t.Error("other keys after the restore")
	}
	again.rotates()
	bob.catchesUp()
	wantName(t, bob, again, "Anna")
}
