package tui

import (
	"errors"
	"testing"

	"p4p/client"
	"p4p/protocol"
)

func TestWhoeverTookAnInviteIsRefusedAndANewOneShown(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("i").types("Bob").press("enter", "esc")
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged).press("y", "n").sees("Refuse whoever accepted", "by another way")
	p.press("y").did("invite Bob", "refuse Bob", "invite Bob").sees("An invite for Bob", "Waiting")
}

func TestAfterRemovingAFriendOneMayBecomeAStranger(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f", "d").sees("Remove Alice?", "still knows which posts are yours")
	p.press("y").sees("Become a stranger to Alice as well?", "neither how you write nor when")
	p.press("n")
	p.did("remove Alice")
	p.press("K").sees("become a stranger to everybody but your friends?").press("y")
	p.did("remove Alice", "rotate").sees("You have a new key", "2 friends will be told")
	p.hears(client.FriendsChanged).sees("2 friends are told of your new key over the next hours")
	p.press("T").sees("belong to one device").press("y").did("remove Alice", "rotate", "tell friends")
	p.hears(client.FriendsChanged).doesNotSee("told of your new key over")
	p.press("T").sees("All your friends know your key")
}

// The screen reads its list anew only a moment after the key was changed.
func TestFriendsCanBeToldAtOnceAsSoonAsTheNewKeyIsThere(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f", "K", "y").sees("You have a new key", "2 friends will be told")
	p.press("T").sees("Tell 2 friends of your new key now?").doesNotSee("All your friends know your key")
	p.press("y").did("rotate", "tell friends")
	p.press("T").sees("All your friends know your key")
}

func TestWhoCannotBeCountedIsNotSaidToKnowTheKey(t *testing.T) {
	p := sit(t, lively(), 80, 24).press("f")
	p.fake.uncounted = errors.New("the map is locked")
	p.press("T").sees("the map is locked").doesNotSee("All your friends know your key")
}

func TestAKeyThatTookAFriendsPlaceIsShownLoudly(t *testing.T) {
	f := lively()
	for i := range f.friends {
		if f.friends[i].Name == "Alice" {
			f.friends[i].Refusal = protocol.CodeBrokenSuccession
		}
	}
	f.warnings = []client.Warning{
		{Kind: client.KeyChanged, Text: "Another key took the place of Alice, and the key that you know did not sign for it. Ask your friend.", Loud: true},
		{Kind: client.BackupDue, Text: "There is no backup of your friends: if this machine is lost, nobody can give their names back."},
	}
	p := sit(t, f, 120, 40)
	p.sees("! Press W: Another key took the place of Alice")
	p.press("f").sees("! ", "ANOTHER KEY TOOK THIS FRIEND'S PLACE").press("esc")
	p.press("W").sees("A warning", "Ask your friend.").press("n").sees("Press W")
	p.press("W", "y").did("dismiss key")
	p.hears(client.NoticesChanged).sees("○ There is no backup of your friends (W)")
	p.press("W").sees("A reminder", "nobody can give their names back").press("y")
	p.hears(client.NoticesChanged).doesNotSee("backup")
	p.press("W").sees("There is nothing to warn you of")
}

func TestWhoRemovesAFriendOfflineIsToldHowToBecomeAStrangerLater(t *testing.T) {
	f := lively()
	f.unsent = true
	sit(t, f, 80, 24).press("f", "d", "y").did("remove Alice").sees("the server is told when it is reached", "K makes you a stranger to Alice")
}

func TestWhatIsBeingSentIsNotCalledUnheard(t *testing.T) {
	it := client.Item{Kind: protocol.KindPost, Text: "on its way", Pending: &client.Pending{Sending: true}}
	u := sit(t, lively(), 80, 24).app.ui
	if said := askDiscard(u, it).body[1]; said != "It is being sent at the moment: the server may have it all the same." {
		t.Error(said)
	}
	it.Pending.Sending = false
	if said := askDiscard(u, it).body[1]; said != "The server does not have it; afterwards nobody has." {
		t.Error(said)
	}
}

func TestInvitesThatGotNewLinksAreFoundAfterAChangeOfKey(t *testing.T) {
	for _, from := range []string{"f", "P"} {
		p := sit(t, crowded(), 120, 40)
		p.press(from, "K", "y").did("rotate").sees("┃… Eve has a new link: send it again, for 2 more days", "1 invite has a new link, and the old ones open nothing: enter shows each")
		p.press("enter").sees("An invite for Eve", aLink(false).URL()[:40])
		p.press("esc").sees("┃… Eve invited, for 2 more days").press("esc")
		if from == "P" {
			p.sees("Your profiles")
		}
	}
}
