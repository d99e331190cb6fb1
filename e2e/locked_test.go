package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// vaulted is a profile under a lock, and the app that works on it.
type vaulted struct {
	t            *testing.T
	home, memory string
	app          *terminal
	pid          int
}

const openSesame = "four words make it"

// opens starts the app and types a passphrase.
func (l *vaulted) opens(passphrase string) {
	l.t.Helper()
	cmd := exec.Command("p4p")
	cmd.Env = append(os.Environ(), "P4P_HOME="+l.home, "P4P_SERVER=", "P4P_LOCK_PASSPHRASE=", "XDG_RUNTIME_DIR="+l.memory,
		"TERM=xterm-256color", "COLORTERM=", "NO_COLOR=")
	dark := themes["dark"]
	l.app = runTerminal(l.t, cmd, 80, 24, dark.fg, dark.bg)
	l.pid = cmd.Process.Pid
	l.app.see("Passphrase of the profile's lock:")
	l.app.press(passphrase + "\r")
}

// work is the folder of the working copy.
func (l *vaulted) work() string {
	l.t.Helper()
	found, err := filepath.Glob(filepath.Join(l.memory, "p4p-*"))
	if err != nil || len(found) != 1 {
		l.t.Fatalf("in memory there is %q, %v", found, err)
	}
	return found[0]
}

// killedWhileLocking kills p4p lock when the key is written and the sealed file is not:
// what it is written to does not take it.
func (l *vaulted) killedWhileLocking() {
	l.t.Helper()
	profile := filepath.Join(l.home, "default")
	fifo := filepath.Join(profile, "localmap.sealed.new")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		l.t.Fatal(err)
	}
	p := start(l.t, l.home, "--json", "lock")
	eventually(l.t, "the lock's key", func() bool {
		_, err := os.Stat(filepath.Join(profile, "localmap.key"))
		return err == nil
	})
	p.kill()
	if err := os.Remove(fifo); err != nil {
		l.t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(profile, "localmap.sealed")); err == nil {
		l.t.Error("p4p lock was completed before it was killed")
	}
}

// killedWhileNoting has the app take a name into the phone book, and kills it when that
// is in the working copy and not yet in the sealed file.
func (l *vaulted) killedWhileNoting(name string) {
	l.t.Helper()
	l.app.press("f")
	l.app.see("Open invites")
	l.app.press("+")
	l.app.see("› a name")
	l.app.press(name)
	l.app.see("› " + name)
	f, err := os.OpenFile(filepath.Join(l.work(), "sealed.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { // whoever seals waits from now on
		l.t.Fatal(err)
	}
	l.app.press("\r")
	eventually(l.t, name+" in the working copy", func() bool {
		found, err := searchFolder(l.work(), name)
		return err == nil && len(found) > 0
	})
	if !strings.Contains(l.app.text(), "› "+name) {
		l.t.Errorf("it counts as kept before it is sealed:\n%s", l.app.text())
	}
	if err := syscall.Kill(l.pid, syscall.SIGKILL); err != nil {
		l.t.Fatal(err)
	}
	<-l.app.ended
}

// The app asks for the passphrase of a locked profile, takes no other, and loses
// nothing that counted when it is killed between the working copy and the sealed file.
func TestALockedProfileIsOpenedByItsPassphraseAndSurvivesAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("a passphrase is slow to try on purpose")
	}
	l := &vaulted{t: t, home: t.TempDir(), memory: filepath.Join(t.TempDir(), "memory")}
	if err := os.Mkdir(l.memory, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", l.memory)
	t.Setenv("P4P_PASSPHRASE", openSesame)
	run(t, l.home, "--json", "post", "From before the lock")
	run(t, l.home, "--json", "invite", "Prusiner")
	l.killedWhileLocking()
	if out := run(t, l.home, "--json", "invites"); !strings.Contains(out, "Prusiner") {
		t.Errorf("after a lock that was not completed: %s", out)
	}
	run(t, l.home, "--json", "lock")

	l.opens("two words only")
	l.app.see("This is not the passphrase of the profile's lock; nothing was changed.")
	if err := <-l.app.ended; err == nil || strings.Contains(l.app.text(), "two words only") {
		t.Errorf("it ended with %v, and the screen shows:\n%s", err, l.app.text())
	}

	l.opens(openSesame)
	l.app.row(`◆  you ·.*\n.*From before the lock`)
	l.killedWhileNoting("Quagmire")
	// The power goes, and with it all that was in memory only.
	if err := os.RemoveAll(l.work()); err != nil {
		t.Fatal(err)
	}
	l.opens(openSesame)
	l.app.row(`◆  you ·.*\n.*From before the lock`)
	l.app.press("f")
	l.app.see("Prusiner")
	if strings.Contains(l.app.text(), "Quagmire") {
		t.Errorf("a name came back that was never sealed:\n%s", l.app.text())
	}
	l.app.press("\x1b")
	l.app.row(`◆  you ·.*\n.*From before the lock`)

	// Only the program dies: what it had made is still in memory.
	l.killedWhileNoting("Zebulon")
	l.opens(openSesame)
	l.app.row(`◆  you ·.*\n.*From before the lock`)
	l.app.press("f")
	l.app.see("Prusiner", "Zebulon")
	l.app.press("\x03")
	l.app.ends()

	for _, name := range []string{"Prusiner", "Quagmire", "Zebulon"} {
		if found, err := searchFolder(l.home, name); err != nil || len(found) > 0 {
			t.Errorf("%s lies open on the disk: %q, %v", name, found, err)
		}
	}
	left, err := os.ReadDir(l.work())
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "localmap.db") }) {
		t.Errorf("left in memory: %v, %v", left, err)
	}
}
