package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Somebody with a new machine is oneself again from a backup, without leaving the app.
func TestOneIsOneselfAgainFromABackupInTheApp(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	old, dark := t.TempDir(), themes["dark"]
	run(t, old, "--json", "contacts", "add", "Prusiner")
	was := run(t, old, "--json", "whoami")
	file := filepath.Join(t.TempDir(), "me.age")
	t.Setenv("P4P_PASSPHRASE", "correct horse battery")
	run(t, old, "--json", "backup", file)
	if err := os.Unsetenv("P4P_PASSPHRASE"); err != nil {
		t.Fatal(err)
	}

	home := t.TempDir()
	s := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	s.see("I have a backup", "online")
	s.press("R")
	s.see("which backup?")
	s.press(file + "\r")
	s.see("Passphrase of the backup")
	s.press("wrong\r")
	s.see("That is not the passphrase")
	s.press("\x15correct horse battery\r")
	isNow(t, home, was)
	if strings.Contains(s.text(), "horse") {
		t.Errorf("the passphrase is on the screen:\n%s", s.text())
	}
	s.press("f")
	s.see("Prusiner")
	s.press("\x1b")
	s.gone("Prusiner")
	s.press("R")
	s.see("has something in it already")
	s.press("\x03")
	s.ends()
}

// receives goes on with a move's text until its code is asked for.
func (s *terminal) receives(move string) {
	s.t.Helper()
	s.press("V")
	s.see("Move here from another machine of yours")
	s.press("\x1b[200~" + move + "\x1b[201~")
	s.see("P4P://MOVE/")
	s.press("\r")
	s.see("The code beside the QR code")
}

// And from the old machine, which shows a move; its code is typed by hand.
func TestOneMovesToAnotherMachineInTheApp(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	old, dark := t.TempDir(), themes["dark"]
	was := run(t, old, "--json", "whoami")
	shown := decode[struct{ Move, Code string }](t, run(t, old, "--json", "move", "--yes"))

	home := t.TempDir()
	s := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	s.see("I move here from another machine", "online")
	s.receives(shown.Move)
	s.press("0000-0000-0000\r")
	s.see("does not open this move")
	s.press("\x15" + shown.Code + "\r")
	isNow(t, home, was)
	s.press("L")
	s.see("You are yourself again")
	s.press("\x03")
	s.ends()
}

// The move of a server whose address works on one machine only cannot bring it; the app
// goes on with the one that it was started with.
func TestOneWhoMovesStaysOnTheServerThatTheAppWasStartedWith(t *testing.T) {
	if testing.Short() {
		t.Skip("several processes, which start slowly under the race detector")
	}
	old, home, dark := t.TempDir(), t.TempDir(), themes["dark"]
	at := decode[served](t, start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", t.TempDir()).next())
	run(t, old, "--server", at.URL, "--json", "post", "Before the move")
	run(t, t.TempDir(), "--server", at.URL, "--json", "post", "A stranger passes by")
	was := run(t, old, "--json", "whoami")
	shown := decode[struct{ Move, Code string }](t, run(t, old, "--json", "move", "--yes"))

	s := openTerminal(t, home, 80, 24, dark.fg, dark.bg, "--server", at.URL)
	s.see("Before the move", "online")
	s.receives(shown.Move)
	s.press(shown.Code + "\r")
	isNow(t, home, was)
	s.see("you ·", "Before the move", "A stranger passes by", "● online")
	s.press("L")
	s.see("You are yourself again")
	s.press("\x03")
	s.ends()
	if now := run(t, home, "--json", "whoami"); !strings.Contains(now, at.URL) {
		t.Errorf("the profile does not remember the server %s: %s", at.URL, now)
	}
}

// isNow waits until the home's profile is who was before: the app is begun anew then.
func isNow(t *testing.T, home, was string) {
	t.Helper()
	eventually(t, "the profile became the other one", func() bool {
		return uuidIn(run(t, home, "--json", "whoami")) == uuidIn(was)
	})
}

func uuidIn(s string) string {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(s)
}
