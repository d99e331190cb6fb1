package client

import (
	"testing"
	"time"

	"p4p/protocol"
)

func TestANewInviteTakesThePlaceOfAnOpenOne(t *testing.T) {
	o := newOffice(t)
	anna, bob, thief := o.enters("anna"), o.enters("bob"), o.enters("thief")
	leaked := anna.invites("Bob")
	made, err := anna.Reissue(t.Context(), leaked.Friendship)
	if err != nil || made.Name != "Bob" || made.State != StateInvited || made.Unsent || made.Link.Secret == leaked.Link.Secret {
		t.Fatalf("%+v, %v", made, err)
	}
	_, err = thief.Accept(t.Context(), leaked.Link, "Anna", false)
	wantCode(t, err, protocol.CodeRevoked)
	bob.accepts(made, "Anna")
	anna.catchesUp()
	anna.does(anna.Confirm, made.Friendship)
	wantName(t, anna, bob, "Bob")
	if list, err := anna.Friendships(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("what is over stays in the list: %+v, %v", list, err)
	}
}

func TestANewInviteTakesThePlaceOfOneThatIsOver(t *testing.T) {
	for _, over := range []FriendState{StateExpired, StateRevoked, StateRefused} {
		t.Run(string(over), func(t *testing.T) {
			o := newOffice(t)
			anna, bob := o.enters("anna"), o.enters("bob")
			i := anna.invites("Bob")
			switch over {
			case StateExpired:
				o.passes(protocol.DefaultExpiry + 2*time.Hour)
				anna.catchesUp()
			case StateRevoked:
				if _, err := anna.Revoke(t.Context(), i.Friendship); err != nil {
					t.Fatal(err)
				}
			case StateRefused:
				o.enters("thief").accepts(i, "Anna")
				anna.catchesUp()
				anna.does(anna.Refuse, i.Friendship)
			}
			wantState(t, anna, i.Friendship, over)
			made, err := anna.Reissue(t.Context(), i.Friendship)
			if err != nil || made.Name != "Bob" || !made.ExpiresAt.After(o.clock()) {
				t.Fatalf("%+v, %v", made, err)
			}
			wantState(t, anna, i.Friendship, "")
			bob.accepts(made, "Anna")
			anna.catchesUp()
			anna.does(anna.Confirm, made.Friendship)
			wantName(t, anna, bob, "Bob")
		})
	}
}

func TestWhatIsNoInviteIsNotMadeAnew(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	for _, p := range []*person{anna, bob} {
		_, err := p.Reissue(t.Context(), f)
		wantCode(t, err, protocol.CodeWrongState)
		wantState(t, p, f, StateFriend)
	}
	waits := anna.invites("Carol")
	o.enters("carol").accepts(waits, "Anna")
	anna.catchesUp()
	_, err := anna.Reissue(t.Context(), waits.Friendship) // it is refused, or confirmed
	wantCode(t, err, protocol.CodeWrongState)
	_, err = anna.Reissue(t.Context(), o.info.Server)
	wantCode(t, err, protocol.CodeUnknownFriendship)
}

func TestARevocationThatIsNotHeardIsMadeUpForAfterwards(t *testing.T) {
	o := newOffice(t)
	anna, thief := o.enters("anna"), o.enters("thief")
	leaked := anna.invites("Bob")
	o.loseNext(theRequest, theRequest)
	made, err := anna.Reissue(t.Context(), leaked.Friendship)
	if err != nil || !made.Unsent {
		t.Fatalf("%+v, %v", made, err)
	}
	anna.restarts()
	_, err = thief.Accept(t.Context(), leaked.Link, "Anna", false)
	wantCode(t, err, protocol.CodeRevoked)
	wantState(t, anna, made.Friendship, StateInvited)
}

// The server tells of an expiry when it is asked; an invite may be made anew before.
func TestAnInviteWhoseExpiryWasNotHeardOfIsMadeAnew(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	o.passes(protocol.DefaultExpiry + 2*time.Hour)
	made, err := anna.Reissue(t.Context(), i.Friendship)
	if err != nil || made.Unsent {
		t.Fatalf("%+v, %v", made, err)
	}
	bob.accepts(made, "Anna")
	anna.catchesUp()
	anna.does(anna.Confirm, made.Friendship)
	wantName(t, anna, bob, "Bob")
	if s := anna.sees(i.Friendship); s != "" && s != StateExpired && s != StateRevoked {
		t.Errorf("the old one is %s", s)
	}
}
