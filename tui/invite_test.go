package tui

import (
	"testing"

	"p4p/client"
)

// whatever stands above the invite when it is accepted and answered
func TestAnAnsweredInviteShowsTheFriendInsteadOfItsLink(t *testing.T) {
	for _, above := range [][]string{{}, {"l"}, {"m"}, {"l", "?"}} {
		p := sit(t, lively(), 80, 24)
		p.press("i").types("Bob").press("enter").press(above...)
		p.fake.someoneAccepts()
		p.hears(client.FriendsChanged | client.NoticesChanged)
		if len(above) > 0 && above[0] == "l" {
			p.sees("Press y").press("ctrl+y")
		}
		p.sees("Someone accepted the invite you made for Bob", "Is this Bob?").press("y")
		p.sees("✓ Bob is a friend now.", "12345 67890 11111 22222 33333 44444", "s compare safety numbers").doesNotSee("https://", "▀", "Is this Bob?")
		p.hears(client.FriendsChanged | client.NoticesChanged | client.LabelsChanged).sees("✓ Bob is a friend now.")
		p.press("c").sees("opens nothing any more")
		p.press("w").sees("Posts", "Bob").press("esc", "s").sees("Safety number with Bob").press("y").sees("Bob is verified")
		p.hears(client.FriendsChanged).sees("You compared it: Bob is verified.").press("esc").sees("everyone")
	}
}

func TestWhatWasReadBeforeTheAnswerAsksNotAgain(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter")
	p.fake.someoneAccepts()
	p.hears(client.FriendsChanged | client.NoticesChanged).sees("Is this Bob?")
	read := p.app.layers[len(p.app.layers)-2].screen.(*invite).load()().(inviteStateMsg)
	p.press("y").sees("✓ Bob is a friend now.")
	p.send(read).doesNotSee("Is this Bob?").sees("✓ Bob is a friend now.").press("esc").sees("everyone")
}

func TestAnInviteThatWaitsForAnAnswerSaysSo(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter")
	p.fake.someoneAccepts()
	p.hears(client.FriendsChanged|client.NoticesChanged).press("esc").sees("Press y", "waits for your answer.").doesNotSee("https://", "▀")
	p.hears(client.FriendsChanged).doesNotSee("Is this Bob?") // it was left for later
	p.press("y").sees("Is this Bob?").press("n", "n").sees("You refused whoever accepted the invite for Bob.", "n make a new one")
}

func TestWhoIsRefusedLeavesTheNewInviteInPlaceOfTheOld(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter")
	p.fake.someoneAccepts()
	p.hears(client.FriendsChanged|client.NoticesChanged).press("n", "y").sees("An invite for Bob", "Waiting for Bob").press("esc").sees("everyone")
}

func TestBeforeThereIsAFriendNoneIsCompared(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("i").types("Bob").press("enter", "s").sees("Nobody is a friend by this invite yet.")
}
