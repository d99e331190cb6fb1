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
	alice.endsWithAPanic()

	again := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	again.see("someone accepted your invite for Bob")
	again.press("n")
	again.see("Not lost")
}

// endsWithAPanic waits for the end of a program that restores the terminal, says what
// happened and exits with 1.
func (s *terminal) endsWithAPanic() {
	s.t.Helper()
	var exit *exec.ExitError
	if err := <-s.ended; !errors.As(err, &exit) || exit.ExitCode() != 1 {
		s.t.Errorf("it ended with %v", err)
	}
	eventually(s.t, "the terminal restored", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.screen.IsAltScreen()
	})
	s.see("goroutine")
}

// A fault in the app's own server, which somebody else's post brings about.
func TestAPanicOfTheEmbeddedServerRestoresTheTerminalAndKeepsTheDraft(t *testing.T) {
	home, dark := t.TempDir(), themes["dark"]
	cmd := exec.Command("p4p")
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=", panicsAt+"=committed")
	alice := runTerminal(t, cmd, 80, 24, dark.fg, dark.bg)
	alice.see("Welcome to P4P", "online")
	alice.press("n")
	alice.see("New post")
	alice.press("Not lost")
	alice.see("8 / 4,000")
	run(t, home, "--profile", "bob", "post", "Who is there?") // sent, or kept in the outbox
	alice.endsWithAPanic()

	again := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	again.see("online")
	again.press("n")
	again.see("Not lost")
	if n := strings.Count(run(t, home, "--profile", "bob", "feed"), "Who is there?"); n != 1 {
		t.Errorf("the post is in the feed %d times", n)
	}
}

func TestAPanicOfTheEmbeddedServerEndsACommandWithAnErrorAndItsPostIsKept(t *testing.T) {
	home := t.TempDir()
	run(t, home, "whoami")
	t.Setenv(panicsAt, "committed")
	post := start(t, home, "post", "hello")
	t.Setenv(panicsAt, "")
	post.endsWith(1, "P4P has a fault and had to end: the fault that a test asked for", "goroutine")
	if n := strings.Count(run(t, home, "feed"), "hello"); n != 1 {
		t.Errorf("the post is in the feed %d times", n)
	}
}

func TestAPanicOfAServerIsACrash(t *testing.T) {
	data := t.TempDir()
	t.Setenv(panicsAt, "committed")
	s := start(t, t.TempDir(), "serve", "--json", "--listen", "127.0.0.1:0", "--data", data)
	t.Setenv(panicsAt, "")
	run(t, t.TempDir(), "--server", decode[served](t, s.next()).URL, "post", "hello")
	s.endsWith(2, "the fault that a test asked for", "goroutine")
}

// endsWith waits for the end of a program and what it said on standard error.
func (p *process) endsWith(code int, words ...string) {
	p.t.Helper()
	for range p.lines { // until it ends
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != code {
		p.t.Errorf("it ended with %v", err)
	}
	for _, w := range words {
		if said := p.err.String(); !strings.Contains(said, w) {
			p.t.Errorf("it did not say %q: %s", w, said)
		}
	}
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
	feed.endsWith(1, "the fault that a test asked for", "goroutine")
}
