package client

import (
	"strings"
	"testing"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

func TestTwoPeopleBecomeFriends(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")

	i := anna.invites("Bob")
	if i.State != StateInvited || i.Unsent || i.Name != "Bob" {
		t.Fatalf("the invite is %+v", i)
	}
	if want := time.Date(2026, 3, 8, 11, 0, 0, 0, time.UTC); !i.ExpiresAt.Equal(want) {
		t.Errorf("it expires %v, want the server's hour %v", i.ExpiresAt, want)
	}
	p, err := bob.ReadInvite(t.Context(), i.Link)
	if err != nil || p.Inviter != anna.local.Key().Public.UUID() || !p.ExpiresAt.Equal(i.ExpiresAt) {
		t.Fatalf("Bob reads %+v, %v", p, err)
	}
	wantName(t, bob, anna, "")

	f := bob.accepts(i, "Anna")
	if f.State != StateAccepted || f.Verified || f.Unsent || f.Inviter {
		t.Fatalf("Bob's row is %+v", f)
	}
	wantName(t, bob, anna, "Anna") // from the accept on
	wantName(t, anna, bob, "")

	anna.catchesUp()
	wantName(t, anna, bob, "") // accepted, and still to be confirmed
	notices, err := anna.Notices(t.Context())
	if err != nil || len(notices) != 1 || notices[0].Name != "Bob" || notices[0].SafetyNumber != f.SafetyNumber || f.SafetyNumber == "" {
		t.Fatalf("Anna's notices are %+v, %v; Bob's number is %q", notices, err, f.SafetyNumber)
	}
	anna.restarts()
	if notices, _ = anna.Notices(t.Context()); len(notices) != 1 {
		t.Fatal("the notice did not survive a restart")
	}

	if f := anna.does(anna.Confirm, i.Friendship); f.State != StateFriend || f.Unsent {
		t.Fatalf("Anna's row is %+v", f)
	}
	wantName(t, anna, bob, "Bob")
	wantState(t, bob, i.Friendship, StateAccepted)
	bob.catchesUp()
	wantState(t, bob, i.Friendship, StateFriend)
	if notices, _ = anna.Notices(t.Context()); len(notices) != 0 {
		t.Error("an answered notice is still there")
	}
	for who, p := range map[string]*person{"Anna": anna, "Bob": bob} {
		r, err := p.local.Friendship(t.Context(), i.Friendship)
		if err != nil || r.Secret != nil || r.Keys == nil || r.Pending != localmap.CallNone {
			t.Errorf("%s: secret forgotten %v, keys kept %v, owes %q, %v", who, r.Secret == nil, r.Keys != nil, r.Pending, err)
		}
	}
}

func TestSecondPersonWithTheSameLinkIsTurnedAway(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")

	for confirmed := range 2 {
		_, err := carl.Accept(t.Context(), i.Link, "Anna", false)
		wantCode(t, err, protocol.CodeAlreadyAccepted)
		if want := "This invite was already used; if it was not you, tell your friend."; err.Error() != want {
			t.Errorf("Carl is told %q", err)
		}
		_, err = carl.ReadInvite(t.Context(), i.Link)
		wantCode(t, err, protocol.CodeAlreadyAccepted)
		if confirmed == 0 {
			anna.catchesUp()
			anna.does(anna.Confirm, i.Friendship)
		}
	}
	wantName(t, carl, anna, "")
	if book, _ := carl.Contacts(t.Context()); len(book) != 0 {
		t.Errorf("Carl's phone book has %v", book)
	}
}

// Both have read the invite when the server takes one of them.
func TestOfTwoAtTheSameInstantTheSlowerOneKeepsNothing(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	i := anna.invites("Bob")
	if err := carl.AddContact(t.Context(), "Dora"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Anna", "Dora"} {
		i := i
		if name == "Dora" {
			i = anna.invites("Bob") // a second device
		}
		faster := true
		o.set(func() {
			o.before = func(method string) {
				if method == "PUT" && faster {
					faster = false
					bob.overtakes(i, "Anna")
				}
			}
		})
		_, err := carl.Accept(t.Context(), i.Link, name, false)
		wantCode(t, err, protocol.CodeAlreadyAccepted)
		o.set(func() { o.before = nil })
		if list, _ := carl.Friendships(t.Context()); len(list) != 0 {
			t.Errorf("Carl keeps %+v", list)
		}
		if book, _ := carl.Contacts(t.Context()); len(book) != 1 || book[0].Name != "Dora" {
			t.Errorf("Carl's phone book has %v: the contact that was there stays, the new one goes", book)
		}
		wantName(t, carl, anna, "")
		// Bob's second acceptance would be refused as long as he has the first.
		bob.does(bob.Remove, i.Friendship)
	}
}

// overtakes accepts while the server is busy with somebody else's acceptance.
func (p *person) overtakes(i Invite, name string) {
	if _, err := p.Accept(p.t.Context(), i.Link, name, true); err != nil {
		p.t.Error(err) // not the test's goroutine
	}
}

func TestRefusingNeverLetsTheNameStick(t *testing.T) {
	o := newOffice(t)
	anna, mallory := o.enters("anna"), o.enters("mallory")
	i := anna.invites("Bob")
	mallory.accepts(i, "Anna")
	anna.catchesUp()
	if f := anna.does(anna.Refuse, i.Friendship); f.State != StateRefused || f.Unsent {
		t.Fatalf("Anna's row is %+v", f)
	}
	wantName(t, anna, mallory, "")
	if o.state(i.Friendship) != protocol.MailboxEnded {
		t.Error("the mailbox is still open to Mallory")
	}
	mallory.catchesUp()
	wantState(t, mallory, i.Friendship, StateEnded)
	wantName(t, mallory, anna, "Anna") // a label leaves only by its owner's act
	if l, _ := mallory.local.Label(anna.local.Key().Public); !l.Ended {
		t.Error("the label does not show that the friendship ended")
	}
	_, err := anna.Confirm(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeWrongState)
	anna.does(anna.Refuse, i.Friendship) // twice is once
}

func TestWhatTheOtherSideEndsKeepsItsNameUntilItsOwnerRemovesIt(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	if got := bob.does(bob.Remove, f); got.State != StateEnded || got.Unsent {
		t.Fatalf("Bob sees %+v", got)
	}
	wantState(t, bob, f, "")
	wantName(t, bob, anna, "")
	anna.catchesUp()
	wantState(t, anna, f, StateEnded)
	wantName(t, anna, bob, "Bob")
	anna.does(anna.Remove, f)
	wantState(t, anna, f, "")
	wantName(t, anna, bob, "")
	if book, _ := anna.Contacts(t.Context()); len(book) != 1 || book[0].Name != "Bob" {
		t.Errorf("the phone book lost somebody: %v", book)
	}
	for _, p := range []*person{anna, bob} {
		p.catchesUp()
		wantState(t, p, f, "") // the mailbox is still there, and nothing comes back
		_, err := p.Remove(t.Context(), f)
		wantCode(t, err, protocol.CodeUnknownFriendship)
	}
}

// Somebody who takes an invite and ends it at once must not get the name.
func TestAnAcceptanceThatIsTakenBackLeavesNoName(t *testing.T) {
	for _, noticed := range []bool{false, true} {
		o := newOffice(t)
		anna, mallory := o.enters("anna"), o.enters("mallory")
		i := anna.invites("Bob")
		mallory.accepts(i, "Anna")
		if noticed {
			anna.catchesUp()
		}
		mallory.does(mallory.Remove, i.Friendship)
		anna.catchesUp()
		wantState(t, anna, i.Friendship, StateEnded)
		wantName(t, anna, mallory, "")
		_, err := anna.Confirm(t.Context(), i.Friendship)
		wantCode(t, err, protocol.CodeWrongState)
	}
}

func TestAConfirmationThatMeetsAnEndIsAnEnd(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	bob.does(bob.Remove, i.Friendship)
	if f := anna.does(anna.Confirm, i.Friendship); f.State != StateEnded || f.Unsent {
		t.Fatalf("Anna's row is %+v", f)
	}
	wantName(t, anna, bob, "Bob") // she confirmed: the label is hers to remove
}

func TestAnswersAreGivenOfflineAndSentLater(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	first, second, third := anna.invites("Bob"), anna.invites("Carl"), anna.invites("Dora")
	bob.accepts(first, "Anna")
	carl.accepts(second, "Anna")
	anna.catchesUp()

	away := func() { o.set(func() { o.lose = func(string) loss { return theRequest } }) }
	back := func() { o.set(func() { o.lose = nil }) }
	away()
	if f := anna.does(anna.Confirm, first.Friendship); f.State != StateFriend || !f.Unsent {
		t.Errorf("confirmed offline: %+v", f)
	}
	wantName(t, anna, bob, "Bob") // at once
	if f := anna.does(anna.Refuse, second.Friendship); f.State != StateRefused || !f.Unsent {
		t.Errorf("refused offline: %+v", f)
	}
	revoked, err := anna.Revoke(t.Context(), third.Friendship)
	if err != nil || revoked.State != StateRevoked || !revoked.Unsent || revoked.Link != third.Link {
		t.Errorf("revoked offline: %+v, %v", revoked, err)
	}
	if open, _ := anna.Invites(t.Context()); len(open) != 1 || !open[0].Unsent {
		t.Errorf("a revocation that waits is not shown: %+v", open)
	}
	back()
	anna.restarts()
	bob.catchesUp()
	carl.catchesUp()
	wantState(t, bob, first.Friendship, StateFriend)
	wantState(t, carl, second.Friendship, StateEnded)
	_, err = carl.ReadInvite(t.Context(), third.Link)
	wantCode(t, err, protocol.CodeRevoked)

	away()
	if f := bob.does(bob.Remove, first.Friendship); !f.Unsent {
		t.Errorf("removed offline: %+v", f)
	}
	wantName(t, bob, anna, "") // at once
	wantState(t, bob, first.Friendship, "")
	_, err = bob.Find(t.Context(), first.Friendship.String())
	wantCode(t, err, protocol.CodeUnknownFriendship)
	back()
	bob.restarts()
	anna.catchesUp()
	wantState(t, anna, first.Friendship, StateEnded)
}

// A row that is over may still owe the server a call: removing it must not
// forget that.
func TestRemovingWhatIsOverStillTellsTheServer(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	i := anna.invites("Bob")
	o.loseNext(theRequest)
	if _, err := anna.Revoke(t.Context(), i.Friendship); err != nil {
		t.Fatal(err)
	}
	o.loseNext(theRequest)
	anna.does(anna.Remove, i.Friendship)
	wantState(t, anna, i.Friendship, "")
	anna.restarts()
	if got := o.state(i.Friendship); got != protocol.MailboxRevoked {
		t.Errorf("the mailbox is %q", got)
	}
	if _, err := anna.local.Friendship(t.Context(), i.Friendship); protocol.CodeOf(err) != protocol.CodeUnknownFriendship {
		t.Errorf("the row is still there: %v", err)
	}
}

func TestAFriendIsFoundByNameOrFriendship(t *testing.T) {
	o := newOffice(t)
	anna, bob, tablet := o.enters("anna"), o.enters("bob"), o.enters("tablet")
	_, err := anna.Find(t.Context(), "Bob")
	wantCode(t, err, protocol.CodeUnknownName)
	if err := anna.AddContact(t.Context(), "Bob"); err != nil {
		t.Fatal(err)
	}
	_, err = anna.Find(t.Context(), "Bob")
	wantCode(t, err, protocol.CodeUnknownName)
	if !strings.Contains(err.Error(), "phone book") {
		t.Errorf("Anna is told %q", err)
	}

	f := o.friends(anna, "Bob", bob, "Anna")
	for _, name := range []string{"Bob", "bob", f.String(), strings.ToUpper(f.String())} {
		if got, err := anna.Find(t.Context(), name); err != nil || got.Friendship != f {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	i, err := anna.Invite(t.Context(), "bob", 0, SamePerson)
	if err != nil {
		t.Fatal(err)
	}
	tablet.accepts(i, "Anna")
	anna.catchesUp()
	_, err = anna.Find(t.Context(), "Bob")
	wantCode(t, err, protocol.CodeAmbiguous)
	if !strings.Contains(err.Error(), f.String()) || !strings.Contains(err.Error(), i.Friendship.String()) {
		t.Errorf("the sentence does not name the choices: %v", err)
	}
	anna.does(anna.Refuse, i.Friendship)
	if got, err := anna.Find(t.Context(), "Bob"); err != nil || got.Friendship != f {
		t.Errorf("what is over stands in the way: %+v, %v", got, err)
	}
	_, err = anna.Find(t.Context(), "8d0c6f1e-8a43-8c0e-9d52-6d3b8f1b2a01")
	wantCode(t, err, protocol.CodeUnknownFriendship)
}

func TestRenamingRelabelsAllDevicesOfAContact(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	anna.invites("Carl")
	_, err := anna.Rename(t.Context(), "Bob", "carl")
	wantCode(t, err, protocol.CodeNameTaken)
	_, err = anna.Rename(t.Context(), "Bob", " ")
	wantCode(t, err, protocol.CodeBadName)
	_, err = anna.Rename(t.Context(), "Dora", "Emil")
	wantCode(t, err, protocol.CodeUnknownName)
	wantName(t, anna, bob, "Bob")
	changes := anna.Changes()
	rows, err := anna.Rename(t.Context(), "bob", "Robert")
	if err != nil || len(rows) != 1 || rows[0].Friendship != f || rows[0].Name != "Robert" {
		t.Fatalf("%+v, %v", rows, err)
	}
	wantName(t, anna, bob, "Robert")
	if what, err := changes.Next(t.Context()); err != nil || what&LabelsChanged == 0 {
		t.Errorf("the screen is not told to relabel: %b, %v", what, err)
	}
}

// Two who invite each other at the same time end up with one name for one key.
func TestOneKeyGetsOneName(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	mine, his := anna.invites("Bob"), bob.invites("Anna")
	bob.accepts(mine, "Anna the second")
	anna.accepts(his, "Robert")
	bob.catchesUp()
	anna.catchesUp()
	_, err := anna.Confirm(t.Context(), mine.Friendship)
	wantCode(t, err, protocol.CodeWrongState)
	if !strings.Contains(err.Error(), "Robert") {
		t.Errorf("Anna is told %q", err)
	}
	wantName(t, anna, bob, "Robert")
	anna.does(anna.Refuse, mine.Friendship)
	wantName(t, anna, bob, "Robert")
}

func TestThePhoneBookIsKeptBesideFriendships(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	if err := anna.AddContact(t.Context(), "Bob"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, anna.AddContact(t.Context(), "BOB"), protocol.CodeNameTaken)
	wantCode(t, anna.AddContact(t.Context(), ""), protocol.CodeBadName)
	f := o.friends(anna, "Bob", bob, "Anna")
	book, err := anna.Contacts(t.Context())
	if err != nil || len(book) != 1 || len(book[0].UUIDs) != 1 || book[0].UUIDs[0] != bob.local.Key().Public.UUID() {
		t.Errorf("the phone book is %+v, %v", book, err)
	}
	wantCode(t, anna.RemoveContact(t.Context(), "Bob"), protocol.CodeWrongState)
	anna.does(anna.Remove, f)
	if err := anna.RemoveContact(t.Context(), "Bob"); err != nil {
		t.Error(err)
	}
	wantCode(t, anna.RemoveContact(t.Context(), "Bob"), protocol.CodeUnknownName)
}
