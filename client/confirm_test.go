package client

import (
	"context"
	"testing"
	"time"

	"p4p/protocol"
)

// wantNames holds the names under which posts show to p.
func wantNames(t *testing.T, p *person, want map[*person]string) {
	t.Helper()
	for other, name := range want {
		if got := p.calls(other); got != name {
			t.Errorf("somebody is called %q, want %q", got, name)
		}
	}
}

func TestAnInviteForANameThatADeviceHasNeedsAWordThatItIsTheSamePerson(t *testing.T) {
	o := newOffice(t)
	anna, carol, other := o.enters("anna"), o.enters("carol"), o.enters("other")
	o.friends(anna, "Carol", carol, "Anna")
	for _, same := range []string{"Carol", "carol", " CAROL ", "carol\u200a"} { // as the phone book tells names apart
		_, err := anna.Invite(t.Context(), same, 0)
		wantCode(t, err, protocol.CodeNameTaken)
	}
	if list, err := anna.Friendships(t.Context()); err != nil || len(list) != 1 {
		t.Fatalf("a refused invite left %+v, %v", list, err)
	}
	i, err := anna.Invite(t.Context(), "carol", 0, SamePerson)
	if err != nil || i.Name != "Carol" {
		t.Fatalf("%+v, %v", i, err)
	}
	other.accepts(i, "Anna")
	anna.catchesUp()
	_, err = anna.Confirm(t.Context(), i.Friendship) // whoever accepted may still be somebody else
	wantCode(t, err, protocol.CodeNameTaken)
	wantNames(t, anna, map[*person]string{carol: "Carol", other: ""})
	wantState(t, anna, i.Friendship, StateAccepted)
	anna.does(anna.ConfirmDevice, i.Friendship)
	anna.does(anna.Confirm, i.Friendship) // again, by another process
	wantNames(t, anna, map[*person]string{carol: "Carol", other: "Carol"})
}

// Two links for one name are harmless, for the first may have got lost. Of two
// people who take them only one gets the name without another word.
func TestTwoPeopleWhoTakeTwoInvitesForOneNameDoNotShareItByAccident(t *testing.T) {
	for _, tt := range []struct {
		answer func(*person) func(context.Context, protocol.UUID) (Friendship, error)
		want   string
	}{
		{func(p *person) func(context.Context, protocol.UUID) (Friendship, error) { return p.ConfirmDevice }, "Carol"},
		{func(p *person) func(context.Context, protocol.UUID) (Friendship, error) { return p.Refuse }, ""},
		{func(p *person) func(context.Context, protocol.UUID) (Friendship, error) {
			return func(ctx context.Context, f protocol.UUID) (Friendship, error) {
				return p.ConfirmAs(ctx, f, "Carol Oak")
			}
		}, "Carol Oak"},
	} {
		o := newOffice(t)
		anna, carol, oak := o.enters("anna"), o.enters("carol"), o.enters("oak")
		first, second := anna.invites("Carol"), anna.invites("carol")
		oak.accepts(second, "Anna")
		carol.accepts(first, "Anna")
		anna.catchesUp()
		anna.does(anna.Confirm, first.Friendship)
		_, err := anna.Confirm(t.Context(), second.Friendship)
		wantCode(t, err, protocol.CodeNameTaken)
		for _, taken := range []string{"carol", "Carol"} {
			_, err = anna.ConfirmAs(t.Context(), second.Friendship, taken)
			wantCode(t, err, protocol.CodeNameTaken)
		}
		wantNames(t, anna, map[*person]string{carol: "Carol", oak: ""})
		anna.does(tt.answer(anna), second.Friendship)
		wantNames(t, anna, map[*person]string{carol: "Carol", oak: tt.want})
		anna.restarts()
		oak.catchesUp()
		wantNames(t, anna, map[*person]string{carol: "Carol", oak: tt.want})
	}
}

func TestAnotherNameIsGivenOnceAndNobodyElsesIsTaken(t *testing.T) {
	o := newOffice(t)
	anna, bob, carol := o.enters("anna"), o.enters("bob"), o.enters("carol")
	o.friends(anna, "Bob", bob, "Anna")
	i := anna.invites("Carol")
	_, err := anna.ConfirmAs(t.Context(), i.Friendship, "Dora")
	wantCode(t, err, protocol.CodeWrongState)
	carol.accepts(i, "Anna")
	anna.catchesUp()
	for name, want := range map[string]protocol.Code{"": protocol.CodeBadName, "you": protocol.CodeBadName, "BOB": protocol.CodeNameTaken} {
		_, err = anna.ConfirmAs(t.Context(), i.Friendship, name)
		wantCode(t, err, want)
	}
	if f, err := anna.ConfirmAs(t.Context(), i.Friendship, "Dora"); err != nil || f.Name != "Dora" || f.State != StateFriend {
		t.Fatalf("%+v, %v", f, err)
	}
	_, err = anna.ConfirmAs(t.Context(), i.Friendship, "Eve")
	wantCode(t, err, protocol.CodeWrongState)
	wantNames(t, anna, map[*person]string{bob: "Bob", carol: "Dora"})
	_, err = anna.ConfirmAs(t.Context(), protocol.UUID{8: 0x80}, "Eve")
	wantCode(t, err, protocol.CodeUnknownFriendship)
}

// The device that has the name is the one that comes back: nothing is shared.
func TestAFriendWhoComesBackWithTheSameDeviceIsConfirmedWithoutAQuestion(t *testing.T) {
	o := newOffice(t)
	anna, carol := o.enters("anna"), o.enters("carol")
	f := o.friends(anna, "Carol", carol, "Anna")
	carol.does(carol.Remove, f)
	anna.catchesUp()
	wantState(t, anna, f, StateEnded)
	_, err := anna.Invite(t.Context(), "Carol", time.Hour) // the ended name stands on the device's posts
	wantCode(t, err, protocol.CodeNameTaken)
	i, err := anna.Invite(t.Context(), "Carol", time.Hour, SamePerson)
	if err != nil {
		t.Fatal(err)
	}
	carol.accepts(i, "Anna")
	anna.catchesUp()
	anna.does(anna.Confirm, i.Friendship)
	wantNames(t, anna, map[*person]string{carol: "Carol"})
}
