package e2e

import (
	"strings"
	"testing"
)

// Somebody becomes another self without leaving the app, and is oneself again: each
// has its own key, and to each the other is a stranger.
func TestOneBecomesAnotherSelfInTheAppAndComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	home := t.TempDir()
	run(t, home, "--json", "post", "Said as myself")
	run(t, home, "--json", "contacts", "add", "Prusiner")
	dark := themes["dark"]
	s := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	s.row(`◆  you ·.*\n.*Said as myself`)

	s.press("P")
	s.row(`Profile  default`)
	s.press("+")
	s.see("A new profile", "a key, names and friends of its own")
	s.press("server\r") // the folder of the home's server
	s.see("cannot be a profile's name")
	s.press("\x15night\r") // ctrl+u
	s.row(`anonymous .*\n.*Said as myself`)
	s.see("online")
	s.press("n")
	s.see("New post")
	s.press("Said at night")
	s.see("13 / 4,000")
	s.press("\x13")
	s.row(`◆  you ·.*\n.*Said at night`)
	s.press("f")
	s.see("add a name to your phone book") // it is empty
	s.gone("Said at night")
	if strings.Contains(s.text(), "Prusiner") {
		t.Errorf("the other self's phone book:\n%s", s.text())
	}
	s.press("\x1b")
	s.see("Said at night")

	s.press("P")
	s.row(`Profile  night`)
	s.row(`┃  default\b.*\n   night .*you now`)
	s.press("\r")
	s.row(`◆  you ·.*\n.*Said as myself`)
	s.row(`anonymous .*\n.*Said at night`)
	s.press("P")
	s.row(`Profile  default`)
	s.press("\x03")
	s.ends()

	if got := run(t, home, "--profile", "night", "--json", "feed"); strings.Count(got, `"you":true`) != 1 {
		t.Errorf("the other self reads %s", got)
	}
}
