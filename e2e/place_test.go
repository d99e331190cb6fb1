package e2e

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestTheAppOpensAgainWhereASignalEndedIt(t *testing.T) {
	home, dark := t.TempDir(), themes["dark"]
	for _, text := range []string{"the first", "the second", "the third"} {
		run(t, home, "post", text)
	}
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		cmd := exec.Command("p4p")
		cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=")
		app := runTerminal(t, cmd, 80, 24, dark.fg, dark.bg)
		app.see("online", "the second")
		if end == syscall.SIGTERM {
			app.press("j")
			app.see("┃   the third")
			app.press("j")
		}
		app.see("┃   the second")
		if err := cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		<-app.ended
	}
	run(t, home, "--profile", "bob", "post", "came meanwhile")
	again := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	again.see("1 new", "┃   the second")
	again.press("g")
	again.see("came meanwhile")
}
