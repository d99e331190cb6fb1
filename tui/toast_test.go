package tui

import (
	"testing"

	"p4p/client"
)

func TestWhatWasSaidOfOneScreenDoesNotStandOnTheNext(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("f").selects("Eve").press("x", "y").sees("✓ Revoked.")
	p.hears(client.FriendsChanged).sees("✓ Revoked.")
	p.press("i").types("Bob").press("enter").sees("An invite for Bob").doesNotSee("Revoked.")
	p.press("esc").doesNotSee("Revoked.")
}

func TestWhatIsSaidAtTheEndOfAScreenStandsOnTheOneBelow(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("n").types("Hello").press("ctrl+s").sees("Hello", "✓ Posted.")
	p.hears(client.FeedChanged).sees("✓ Posted.")
	p.press("enter").doesNotSee("Posted.")
}

func TestOnlyAQuestionThatIsAskedAgainOffersLater(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.press("y").sees("Someone accepted", "esc later")
	p.press("n").sees("Refuse whoever accepted", "esc later").press("esc").sees("Press y")
	p.press("f").selects("Eve").press("x").sees("Revoke the invite for Eve?", "esc close").doesNotSee("later").press("esc").did()
	q := sit(t, warned(), 80, 24)
	q.press("W").sees("A warning", "esc later").press("esc").sees("Press W").did()
}
