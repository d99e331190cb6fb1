package e2e

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A fault in the client's own goroutines, which no screen stands above.
func TestAPanicOfTheClientRestoresTheTerminalAndKeepsTheDraft(t *testing.T) {
	home, dark := t.TempDir(), themes["dark"]
	cmd := exec.Command("p4p")
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=", panicsAt+"=read stored")
	alice := runTerminal(t, cmd, 80, 24, dark.fg, dark.bg)
	alice.see("Welcome to P4P", "online")
	alice.press("n")
	alice.see("New post")
	alice.press("Not lost")
	alice.see("8 / 4,000")
	link := decode[invited](t, run(t, home, "--json", "invite", "Bob")).Link
	run(t, home, "--profile", "bob", "accept", "--name", "Alice", "--", link)
	var exit *exec.ExitError
	if err := <-alice.ended; !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	eventually(t, "the terminal restored", func() bool {
		alice.mu.Lock()
		defer alice.mu.Unlock()
		return !alice.screen.IsAltScreen()
	})
	alice.see("goroutine")

	again := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	again.see("someone accepted your invite for Bob")
	again.press("n")
	again.see("Not lost")
}

func TestAPanicOfTheClientEndsAFollowedFeedWithAnError(t *testing.T) {
	home := t.TempDir()
	run(t, home, "post", "hello")
	t.Setenv(panicsAt, "read stored")
	feed := start(t, home, "feed", "--follow")
	t.Setenv(panicsAt, "")
	feed.nextWith("hello")
	link := decode[invited](t, run(t, home, "--json", "invite", "Bob")).Link
	run(t, home, "--profile", "bob", "accept", "--name", "Alice", "--", link)
	for range feed.lines { // until it ends
	}
	var exit *exec.ExitError
	if err := feed.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if said := feed.err.String(); !strings.Contains(said, "the fault that a test asked for") || !strings.Contains(said, "goroutine") {
		t.Errorf("it said %q", said)
	}
}
