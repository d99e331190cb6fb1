package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"p4p/client"
)

const aMessage = "My invite to P4P, for you alone. It works once: "

func TestAnInviteGoesBySMSToTheNumberThatIsKept(t *testing.T) {
	f := lively()
	f.contacts = append(f.contacts, client.Contact{Name: "Bob", Number: "+491711234567"})
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter", "m").sees("Send the invite for Bob by SMS", "can see the link and the number", "› +491711234567").did("invite Bob")
	p.press("enter").did("invite Bob", "sms +491711234567 < "+aMessage+aLink(false).URL()).sees("send it there")
	if p.copied != "" {
		t.Errorf("copied %q as well", p.copied)
	}
}

func TestANumberIsTypedAsPeopleWriteIt(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter", "m").types("ask Bob").press("enter").sees("› ask Bob", "That is no phone number").did("invite Bob")
	for range "ask Bob" {
		p.press("backspace")
	}
	p.types("+49 (0)171 / 123-45").press("enter").did("invite Bob", "sms +4917112345 < "+aMessage+aLink(false).URL())
	p.press("m", "enter") // no number: it is chosen there
	if last := p.fake.calls[len(p.fake.calls)-1]; last != "sms  < "+aMessage+aLink(false).URL() {
		t.Errorf("%q", last)
	}
}

func TestWhereThereIsNoProgramForMessagesTheMessageIsCopied(t *testing.T) {
	f := lively()
	f.smsErr, f.clip = errors.New("There is no desktop here that could open a message"), "xclip"
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter", "m", "enter").sees("There is no desktop here", "message. Copied the message instead with", "xclip.")
	if want := aMessage + aLink(false).URL(); p.copied != want {
		t.Errorf("copied %q, want %q", p.copied, want)
	}
}

func TestALinkThatWorksHereOnlyIsNotSent(t *testing.T) {
	f := lively()
	f.loopback = true
	p := sit(t, f, 120, 40)
	p.press("i").types("Bob").press("enter").sees("L to open it to your network").doesNotSee("m SMS", "by SMS").sees("c copy L network")
	p.press("m").sees("works on this machine only: an SMS with it brings nobody here.", "L opens this computer").did("invite Bob")
	p.press("L").sees("m by SMS", "m SMS").press("m").sees("Send the invite for Bob by SMS")
}

func TestTheCountdownGoesOnByItselfAndEndsInAnOfferToMakeANewOne(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	now := t0
	p.app.now = func() time.Time { return now }
	p.press("i").types("Bob").press("enter").sees("for 7 more days")
	now = t0.Add(7*24*time.Hour - lastStretch - 40*time.Second)
	p.wait().sees("for 3 more minutes")
	now = now.Add(40 * time.Second)
	p.wait().sees("for 120 more seconds")
	now = now.Add(75 * time.Second)
	p.wait().sees("for 45 more seconds")
	now = now.Add(45 * time.Second)
	if p.wait(); len(p.timers) > 2 {
		t.Errorf("%d timers run", len(p.timers))
	}
	p.sees("expired before anybody used it", "n make a new one for Bob")
	p.press("c").sees("opens nothing any more")
	if p.copied != "" {
		t.Errorf("a dead link was copied: %q", p.copied)
	}
	p.press("n").did("invite Bob", "reissue", "invite Bob")
	now = t0 // when the fake client makes invites
	p.sees("An invite for Bob", "Waiting for Bob")
}

func TestAnOpenInviteIsMadeAnewOnlyAfterAQuestion(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("i").types("Bob").press("enter", "n").sees("Make a new link for Bob?", "opens nothing any more").press("n").did("invite Bob")
	p.press("n", "y").did("invite Bob", "reissue", "invite Bob").sees("An invite for Bob")
	p.press("esc").doesNotSee("An invite for Bob") // the old one is gone from below
}

func TestAnExpiredOrRevokedInviteIsMadeAnewFromTheListWithOneKey(t *testing.T) {
	for _, name := range []string{"Mallory", "Peggy", "Trent"} {
		p := sit(t, crowded(), 120, 40)
		p.press("f").selects(name).press("n").sees("An invite for " + name)
		if calls := strings.Join(p.fake.calls, ", "); !strings.HasPrefix(calls, "reissue, invite "+name) {
			t.Errorf("it did %s", calls)
		}
	}
}

func TestWhatCannotBeMadeAnewSaysSo(t *testing.T) {
	f := crowded()
	p := sit(t, f, 120, 40)
	p.press("f", "j", "n").sees("Only an invite that is open, expired, revoked or was refused can be made anew", "i makes one").did()
	f.err = errors.New("the server cannot be reached")
	p.press("G", "k", "n").sees("A new invite for", "y try again", "the server cannot be reached")
	f.err = nil
	p.press("y").sees("An invite for")
}
