package e2e

import "testing"

// A link of another server is gone on with as another self; later ones as the same.
func TestALinkOfAnotherServerIsAcceptedAsAnotherSelf(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	home, bob, dark := t.TempDir(), t.TempDir(), themes["dark"]
	at := decode[served](t, start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir()).next())
	invite := func(name string) string {
		return decode[struct{ Link string }](t, run(t, bob, "--server", at.URL, "--json", "invite", name)).Link
	}
	run(t, home, "--json", "post", "On my own server") // from now on this profile belongs there
	s := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	s.see("On my own server", "online")
	pastes := func(link string) {
		s.press("\x1b[200~" + link + "\x1b[201~")
		s.see("A friend invite on")
		s.press("\r")
		s.see("This link is of another server")
	}
	pastes(invite("Alice"))
	s.see("Make a profile for it?")
	s.press("y")
	s.see("A new profile, for")
	s.press("elsewhere\r")
	s.see("A friend invite on")
	s.press("\r")
	s.see("The invite is genuine")
	s.press("Bob\r")
	s.see("✓ Accepted", "Safety number")
	s.press("\x03")
	s.ends()

	s = openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	s.see("On my own server", "online")
	pastes(invite("Alice again"))
	s.see("Switch to the profile elsewhere for it?")
	s.press("\x03")
	s.ends()
}
