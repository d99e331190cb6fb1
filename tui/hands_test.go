package tui

import (
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

func TestTheFriendsListStaysWithAPersonWhoMovesToAnotherSection(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f").selects("Grandma").press("enter", "enter").sees("An invite for Grandma").press("esc")
	p.hears(client.FriendsChanged).sees("Open invites", "┃… Grandma")
}

func TestHelpOpensOverATextAndClosesOnItsKey(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("f", "enter").sees("Safety number").press("?").sees("Help", "Reading").press("?").sees("Safety number").press("q").sees("Friends")
}

func TestTheLogTellsInFullWhyThereIsNoConnectionAndOnce(t *testing.T) {
	f := lively()
	p := sit(t, f, 40, 24)
	off := client.Status{Connection: client.Offline, RetryAt: t0.Add(time.Minute), Err: protocol.Errorf(protocol.CodeNoServer,
		"The server at p4p.example cannot be reached: check the address, and that this computer is online.")}
	for range 3 {
		f.status = off
		p.hears(client.StatusChanged)
		f.status = client.Status{Connection: client.Connecting}
		p.hears(client.StatusChanged)
	}
	p.press("L").sees("cannot be reached", "and that this computer is", "online.").doesNotSee("said nothing yet")
	if n := len(p.app.log); n != 1 {
		t.Errorf("the log has %d lines", n)
	}
}

func TestWhatIsKeptInTheOutboxIsNotSaidToBePosted(t *testing.T) {
	f := lively()
	f.offline = true
	p := sit(t, f, 80, 24)
	p.press("n").types("later").press("ctrl+s").sees("Kept in the outbox").press("L").sees("Kept in the outbox").doesNotSee("Posted.")
}

func TestThePaletteFindsAWordHoweverItIsSpelt(t *testing.T) {
	sit(t, lively(), 80, 24).press(":").types("backup").sees("P b")
}

func TestTheTextOfAMoveIsCopiedAndItsCodeStaysInSight(t *testing.T) {
	p := sit(t, lively(), 40, 12)
	p.press("P", "m", "y").sees("Move: code ABCD-EFGH-JKLM").press("G").sees("Move: code ABCD-EFGH-JKLM")
	p.press("c").sees("Sent to your terminal").press("?").sees("Help", "A move").press("esc", "esc").sees("You")
}
