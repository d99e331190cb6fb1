package tui

import (
	"testing"

	"p4p/protocol"
)

// elsewhere refuses a link as the client of a bound profile does.
func elsewhere() *fake {
	f := lively()
	f.err = protocol.Errorf(protocol.CodeOtherServer, "This invite is for another server.")
	return f
}

func TestALinkOfAnotherServerIsTakenByTheSelfThatBelongsThere(t *testing.T) {
	f := elsewhere()
	f.other = "https://p4p.example"
	p := sit(t, f, 80, 24)
	p.press("a").paste(aLink(false).URL()).press("enter").sees("This link is of another server: https://p4p.example", "Switch to the profile work for it?")
	p.press("y").did("read", "carry https://p4p.example", "switch to work")
	if !p.quit {
		t.Error("the app does not go on as the other self")
	}
}

func TestForALinkOfAServerOfNobodyASelfIsMade(t *testing.T) {
	p := sit(t, elsewhere(), 80, 24)
	p.press("a").paste(aLink(false).URL()).press("enter").sees("This link is of another server", "Make a profile for it?")
	p.press("y").sees("A new profile, for https://p4p.example", "a key, names and friends of its own")
	p.types("server").press("enter").sees("cannot be a profile's name").press("ctrl+u").types("work2").press("enter")
	p.did("read", "carry https://p4p.example", "switch to work2")
	if !p.quit {
		t.Error("the app does not go on as the new self")
	}
}

func TestALinkOfAnotherServerIsLeftWithANo(t *testing.T) {
	p := sit(t, elsewhere(), 80, 24)
	p.press("a").paste(aLink(false).URL()).press("enter", "n").did("read").doesNotSee("another server")
}
