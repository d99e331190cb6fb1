package tui

import (
	"strings"
	"testing"

	"p4p/protocol"
)

func TestOneKeyOpensTheComputerToThePhoneAndTheCodeFollows(t *testing.T) {
	f := lively()
	f.loopback = true
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob")
	p.press("enter")
	p.sees("This link works on this machine only. Your phone cannot reach this")
	p.press("L")
	p.sees("Open to your network")
	p.sees("https://192.168.1.20:4747")
	p.press("c")
	if !strings.HasPrefix(p.copied, "https://192.168.1.20:4747/f/") || !strings.Contains(p.copied, ".") {
		t.Errorf("the link is %s", p.copied)
	}
	p.press("L")
	p.sees("This link works on this machine only. Your phone cannot reach this")
	p.press("c")
	if !strings.HasPrefix(p.copied, "http://127.0.0.1:4747/f/") {
		t.Errorf("the link is %s", p.copied)
	}
}

func TestInAnotherNetworkTheKeyOpensTheComputerToThatOne(t *testing.T) {
	f := lively()
	f.loopback = true
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter").press("L").sees("Open to your network")
	f.mu.Lock()
	f.network, f.away, f.unsure = "", true, true
	f.mu.Unlock()
	p.press("x").sees("P4P cannot tell whether this is the network", "press L").doesNotSee("another network")
	f.mu.Lock()
	f.unsure = false
	f.mu.Unlock()
	p.press("x").sees("to another network than the one that it is", "press L to open")
	p.press("L").sees("Open to your network").doesNotSee("another network")
}

func TestAComputerWithoutANetworkSaysSoAndTheInviteStays(t *testing.T) {
	f := lively()
	f.loopback = true
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob")
	p.press("enter")
	f.err = protocol.Errorf(protocol.CodeUsage, "This computer has no address in a private network.")
	p.press("L")
	p.sees("no address in a private network")
	p.sees("An invite for Bob")
}

func TestAnInviteOfAnotherServerOffersNoNetwork(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob")
	p.press("enter")
	p.doesNotSee("your network")
	p.press("L")
	p.sees("others reach already")
}

func TestAServerThatIsShutAfterAStartSaysSoAndWhyItCannotBeOpened(t *testing.T) {
	f := lively()
	f.loopback = true
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter", "L").sees("Open to your network")
	f.mu.Lock()
	f.network, f.err = "", protocol.Errorf(protocol.CodeUsage, "P4P_LAN is to be one of this computer's addresses.")
	f.mu.Unlock()
	p.press("x").sees("not open to the network at the moment").press("L").doesNotSee("others reach already").sees("P4P_LAN")
}
