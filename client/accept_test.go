package client

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"p4p/localmap"
	"p4p/protocol"
	"p4p/server/mailbox"
)

func TestAcceptingTwiceAnswersTheFriendshipThatThereIs(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	first := bob.accepts(i, "Anna")
	for range 2 {
		again := bob.accepts(i, "Anna")
		if again.Friendship != first.Friendship || again.Name != "Anna" || again.SafetyNumber != first.SafetyNumber {
			t.Errorf("%+v", again)
		}
		if p, err := bob.ReadInvite(t.Context(), i.Link); err != nil || p.Inviter != *first.UUID {
			t.Errorf("reading it again: %+v, %v", p, err)
		}
		bob.restarts()
	}
	wrong := i.Link
	wrong.Secret[0] ^= 1
	_, err := bob.Accept(t.Context(), wrong, "Anna", false)
	wantCode(t, err, protocol.CodeForgedInvite)

	bob.does(bob.Remove, i.Friendship)
	_, err = bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeAlreadyAccepted) // removed: nothing is known of it any more
}

func TestAnAcceptanceWhoseAnswerWasLostSucceedsOnRetry(t *testing.T) {
	for _, lost := range []loss{theRequest, theReply} {
		for _, how := range []string{"restart", "accept again"} {
			o := newOffice(t)
			anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
			i := anna.invites("Bob")
			o.loseNext(nothing, lost) // the GET comes through
			f := bob.accepts(i, "Anna")
			if !f.Unsent || f.State != StateAccepted {
				t.Fatalf("%+v", f)
			}
			wantName(t, bob, anna, "Anna")
			before, _ := bob.local.Friendship(t.Context(), i.Friendship)
			if before.Secret == nil {
				t.Fatal("the retry needs the secret, which is gone")
			}
			if how == "restart" {
				bob.restarts()
			} else {
				f = bob.accepts(i, "Anna")
				if f.Unsent {
					t.Errorf("%+v", f)
				}
			}
			row, _ := bob.local.Friendship(t.Context(), i.Friendship)
			if row.Pending != localmap.CallNone || row.Secret != nil || row.State != localmap.StateAccepted {
				t.Errorf("%s: owes %q, secret %v, %s", how, row.Pending, row.Secret != nil, row.State)
			}
			_, err := carl.Accept(t.Context(), i.Link, "Anna", false)
			wantCode(t, err, protocol.CodeAlreadyAccepted)
		}
	}
}

// Bob was accepted, but does not know it yet; Anna refuses meanwhile.
func TestALostAcceptanceThatWasRefusedMeanwhileShowsAsEnded(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	o.loseNext(nothing, theReply)
	bob.accepts(i, "Anna")
	anna.catchesUp()
	anna.does(anna.Refuse, i.Friendship)
	bob.restarts()
	wantState(t, bob, i.Friendship, StateEnded)
	wantName(t, bob, anna, "Anna")
	_, err := bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeEnded)
}

// Bob's acceptance never arrived; somebody else's did.
func TestALostAcceptanceThatSomebodyElseOvertookIsTakenBack(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	i := anna.invites("Bob")
	o.loseNext(nothing, theRequest)
	bob.accepts(i, "Anna")
	carl.accepts(i, "Anna")
	bob.restarts()
	nothingLeft(t, bob)
	wantName(t, bob, anna, "")
}

func TestAnAcceptanceThatTheServerDidNotHearLeavesNothing(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	for _, code := range []protocol.Code{protocol.CodeRateLimited, protocol.CodeUnknownFriendship, protocol.CodeBadRequest, protocol.CodeExpired} {
		o.set(func() {
			o.answer = func(method string) *protocol.Error {
				if method == "PUT" {
					return protocol.Errorf(code, "No.")
				}
				return nil
			}
		})
		_, err := bob.Accept(t.Context(), i.Link, "Anna", false)
		wantCode(t, err, code)
		nothingLeft(t, bob)
		wantName(t, bob, anna, "")
	}
}

func TestOwnInvitesAreRefused(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	i := anna.invites("Bob")
	_, err := anna.ReadInvite(t.Context(), i.Link)
	wantCode(t, err, protocol.CodeOwnInvite)
	_, err = anna.Accept(t.Context(), i.Link, "Bob", true)
	wantCode(t, err, protocol.CodeOwnInvite)
	// Also when nothing is known of it any more: the key is her own.
	if err := anna.local.DeleteFriendship(t.Context(), i.Friendship); err != nil {
		t.Fatal(err)
	}
	_, err = anna.Accept(t.Context(), i.Link, "Bob", true)
	wantCode(t, err, protocol.CodeOwnInvite)
}

func TestAWrongLinkIsRefusedWithItsReason(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")

	unknown := i.Link
	unknown.Friendship[3] ^= 1
	_, err := bob.Accept(t.Context(), unknown, "Anna", false)
	wantCode(t, err, protocol.CodeUnknownFriendship)
	if !strings.Contains(err.Error(), "does not know this invite") {
		t.Errorf("Bob is told %q", err)
	}
	wantElsewhere(t, err)
	other := unknown
	other.Server = "https://p4p.example"
	for _, code := range []protocol.Code{protocol.CodeUnknownFriendship, protocol.CodeNoServer} {
		if err := explainLink(other, protocol.Errorf(code, "…")); strings.Contains(err.Error(), "press L") {
			t.Errorf("of a server for everybody Bob is told %q", err)
		}
	}
	if _, err := bob.ReadInvite(t.Context(), unknown); protocol.CodeOf(err) != protocol.CodeUnknownFriendship {
		t.Errorf("read: %v", err)
	} else {
		wantElsewhere(t, err)
	}
	wrong := i.Link
	wrong.Secret[15] ^= 1
	_, err = bob.Accept(t.Context(), wrong, "Anna", false)
	wantCode(t, err, protocol.CodeUnknownFriendship)

	o.set(func() { o.rows[i.Friendship].Slots[0][2000] ^= 1 })
	_, err = bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeSlotUnopenable)
	o.set(func() { o.rows[i.Friendship].Slots[0] = nil })
	_, err = bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeSlotUnopenable)
	nothingLeft(t, bob)
}

// The slot names another device than the friendship's UUID commits to.
func TestAForgedInviteIsRefused(t *testing.T) {
	o := newOffice(t)
	var v struct {
		Friendship struct {
			Server, Secret string
			Friendship     protocol.UUID
		}
		Refused []struct{ What, Input, Code string }
	}
	b, err := os.ReadFile("../protocol/testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := protocol.Link{Server: o.URL, Friendship: v.Friendship.Friendship}
	copy(l.Secret[:], unhex(t, v.Friendship.Secret))
	copy(o.info.Server[:], unhex(t, v.Friendship.Server))
	one := uint64(1)
	for _, r := range v.Refused {
		if r.What == "invite-slot" && r.Code == string(protocol.CodeForgedInvite) {
			o.rows[l.Friendship] = &mailbox.Row{
				State: protocol.MailboxOpen, Expires: o.now.Add(time.Hour), LinkHash: l.Secret.LinkToken(l.Friendship).Hash(),
				N: [2]*uint64{&one}, Slots: [2][]byte{unhex(t, r.Input)},
			}
		}
	}
	bob := o.enters("bob")
	_, err = bob.ReadInvite(t.Context(), l)
	wantCode(t, err, protocol.CodeForgedInvite)
	_, err = bob.Accept(t.Context(), l, "Anna", false)
	wantCode(t, err, protocol.CodeForgedInvite)
	nothingLeft(t, bob)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestANameIsGivenDeliberately(t *testing.T) {
	o := newOffice(t)
	anna, tablet, carl, bob := o.enters("anna"), o.enters("tablet"), o.enters("carl"), o.enters("bob")
	i := anna.invites("Bob")
	for _, name := range []string{"", "  ", "a\nb\x00", strings.Repeat("x", 1000)} {
		_, err := bob.Accept(t.Context(), i.Link, name, false)
		wantCode(t, err, protocol.CodeBadName)
	}
	nothingLeft(t, bob)
	bob.accepts(i, "Anna")

	second := tablet.invites("Bob")
	_, err := bob.Accept(t.Context(), second.Link, "anna", false)
	wantCode(t, err, protocol.CodeNameTaken)
	if o.state(second.Friendship) != protocol.MailboxOpen {
		t.Fatal("a refused name used the invite up")
	}
	f, err := bob.Accept(t.Context(), second.Link, "anna", true)
	if err != nil || f.Name != "Anna" {
		t.Fatalf("%+v, %v", f, err)
	}
	wantName(t, bob, tablet, "Anna")

	if err := bob.AddContact(t.Context(), "Carl"); err != nil {
		t.Fatal(err)
	}
	bob.accepts(carl.invites("Bob"), "Carl") // from the phone book
	wantName(t, bob, carl, "Carl")
}

func TestAFriendIsNotAcceptedUnderASecondName(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	i := anna.invites("Bob's tablet")
	for _, name := range []string{"Anne", "Anna"} {
		_, err := bob.Accept(t.Context(), i.Link, name, true)
		wantCode(t, err, protocol.CodeWrongState)
		if !strings.Contains(err.Error(), "Anna") {
			t.Errorf("Bob is told %q", err)
		}
	}
	// After the friendship ended, it can begin again, under the name that is there.
	anna.does(anna.Remove, f)
	bob.catchesUp()
	_, err := bob.Accept(t.Context(), i.Link, "Anne", false)
	wantCode(t, err, protocol.CodeWrongState)
	got, err := bob.Accept(t.Context(), i.Link, "Anna", true)
	if err != nil || got.State != StateAccepted {
		t.Fatalf("%+v, %v", got, err)
	}
	if l, _ := bob.local.Label(anna.local.Key().Public); l.Ended {
		t.Error("the old friendship's end hides the new one")
	}
}

func TestAnInviteOfAnotherServerGivesAnUnboundProfileAFreshKey(t *testing.T) {
	home, away := newOffice(t), newOffice(t)
	away.info.Server[0] ^= 1
	bob, anna := home.enters("bob"), away.enters("anna")
	if err := bob.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := bob.local.Key().Public
	i := anna.invites("Bob")
	if _, err := bob.ReadInvite(t.Context(), i.Link); err != nil {
		t.Fatal(err)
	}
	if bob.local.Key().Public != key {
		t.Fatal("reading an invite changed the key")
	}
	f := bob.accepts(i, "Anna")
	if f.Unsent || bob.local.Key().Public == key {
		t.Errorf("unsent %v; one server's key was shown to another", f.Unsent)
	}
	id, url, _ := bob.local.Server()
	if id == nil || *id != away.info.Server || url != away.URL {
		t.Errorf("bound to %v at %s", id, url)
	}
	anna.catchesUp()
	anna.does(anna.Confirm, i.Friendship)
	bob.opt.Server = ""
	bob.restarts()
	wantState(t, bob, i.Friendship, StateFriend)

	// Now the profile is bound, and an invite of the first server is not for it.
	carl := home.enters("carl")
	third := carl.invites("Bob")
	for range 2 {
		_, err := bob.ReadInvite(t.Context(), third.Link)
		wantCode(t, err, protocol.CodeOtherServer)
		_, err = bob.Accept(t.Context(), third.Link, "Carl", false)
		wantCode(t, err, protocol.CodeOtherServer)
		if !strings.Contains(err.Error(), "--profile") {
			t.Errorf("Bob is told %q", err)
		}
	}
	if home.state(third.Friendship) != protocol.MailboxOpen {
		t.Error("the invite was used up")
	}
}

func TestTheSameServerUnderAnotherAddressIsTheSameServer(t *testing.T) {
	o := newOffice(t)
	second := httptest.NewServer(o)
	t.Cleanup(second.Close)
	anna, bob := o.enters("anna"), o.enters("bob")
	bob.invites("Carl") // binds
	i := anna.invites("Bob")
	i.Link.Server = second.URL
	if f := bob.accepts(i, "Anna"); f.Unsent {
		t.Errorf("%+v", f)
	}
	if _, url, _ := bob.local.Server(); url != o.URL {
		t.Errorf("a link moved the profile to %s", url)
	}
}

// wantElsewhere wants it said that a link of loopback may be that of another computer, and
// what its friend does there.
func wantElsewhere(t *testing.T, err error) {
	t.Helper()
	for _, says := range []string{"the computer that it was made on", "press L"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not say %q", err, says)
		}
	}
}

// The embedded server's address may be another tomorrow: it is asked for each
// time, and a link that has it does not change that.
func TestALinkToTheEmbeddedServerFixesNoAddress(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		o, elsewhere := newOffice(t), newOffice(t)
		elsewhere.info.Server[0] ^= 1
		anna, bob := o.enters("anna"), o.enters("bob")
		bob.opt.Server, bob.opt.ServerURL = "", func(context.Context) (string, error) { return o.URL, nil }
		bob.restarts()
		key := bob.local.Key().Public
		i := anna.invites("Bob")
		i.Link.Server = strings.Replace(i.Link.Server, "127.0.0.1", host, 1)
		if f := bob.accepts(i, "Anna"); f.Unsent {
			t.Errorf("%+v", f)
		}
		id, url, _ := bob.local.Server()
		if id == nil || *id != o.info.Server || url != "" || bob.local.Key().Public != key {
			t.Errorf("bound to %v at %q; the same key: %v", id, url, bob.local.Key().Public == key)
		}

		carl := o.enters("carl")
		carl.opt.Server, carl.opt.ServerURL = "", bob.opt.ServerURL
		carl.restarts()
		dora := elsewhere.enters("dora")
		carl.accepts(dora.invites("Carl"), "Dora") // also on this machine, and not the embedded one
		if id, url, _ := carl.local.Server(); id == nil || *id != elsewhere.info.Server || url != elsewhere.URL {
			t.Errorf("bound to %v at %q", id, url)
		}
	}
}

func TestALinkToNowhereSaysSo(t *testing.T) {
	o, gone := newOffice(t), newOffice(t)
	anna, bob := gone.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	gone.Close()
	_, err := bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeNoServer)
	wantElsewhere(t, err)
	nothingLeft(t, bob)
	if id, _, _ := bob.local.Server(); id != nil {
		t.Error("the profile was bound by it")
	}
}
