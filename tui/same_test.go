package tui

import (
	"testing"

	"p4p/client"
)

// withBob has a friend Bob, and an open invite that was made for Bob before.
func withBob(t *testing.T, w, h int) *person {
	t.Helper()
	f := newFake()
	f.friends = []client.Friendship{
		{Name: "Bob", Friendship: id(900), State: client.StateFriend, Since: t0},
		{Name: "Bob", Friendship: id(901), State: client.StateInvited, Inviter: true, Since: t0},
	}
	return sit(t, f, w, h)
}

func TestAnInviteForANameThatADeviceHasAsksWhetherItIsTheSamePerson(t *testing.T) {
	p := withBob(t, 80, 24)
	p.press("i").types("bob").press("enter").sees("bob has a device already: an invite for one more?", "Two people need two names").did()
	p.press("n").sees("a name that tells them apart", "› bob").types(" Oak").press("enter").did("invite bob Oak").sees("An invite for bob Oak")
	p.press("esc", "i").types("Bob").press("enter", "y").did("invite bob Oak", "invite Bob").sees("An invite for Bob")
}

// The first link got lost, so it was made twice; two people accepted.
func TestWhoTakesASecondInviteForANameIsNotConfirmedByOneYes(t *testing.T) {
	p := withBob(t, 80, 24)
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged)
	p.press("y").sees("Is this Bob?").press("y").sees("Bob has a device already: is this one more?", "Safety number 12345 67890", "Two people need two names").did()
	p.press("esc").did() // whoever does not know decides nothing
	p.press("y", "y", "y").did("confirm device Bob").sees("This is a device of Bob's now")
}

func TestASecondPersonIsConfirmedUnderANameOfTheirOwn(t *testing.T) {
	p := withBob(t, 80, 24)
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged)
	p.press("y", "y", "n").sees("Who accepted the invite for Bob?").press("enter").sees("Type a name first")
	p.types("bob").press("enter").sees("You call somebody bob already: two people need two names").did()
	p.types(" Oak").press("enter").did("confirm as bob Oak").sees("bob Oak is a friend now")
}
