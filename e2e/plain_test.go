package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
)

// listener is p4p --plain in a pseudo-terminal, with all that it ever printed.
type listener struct {
	t    *testing.T
	cmd  *exec.Cmd
	pty  *os.File
	mu   sync.Mutex
	all  bytes.Buffer
	read int
}

func listenIn(t *testing.T, home string, args ...string) *listener {
	t.Helper()
	cmd := exec.Command("p4p", append([]string{"--plain"}, args...)...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, cmd: cmd, pty: f}
	go func() {
		b := bufio.NewReader(f)
		for {
			c, err := b.ReadByte()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.all.WriteByte(c)
			l.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = f.Close()
	})
	return l
}

func (l *listener) types(line string) {
	l.t.Helper()
	if _, err := l.pty.WriteString(line + "\n"); err != nil {
		l.t.Fatal(err)
	}
}

// hears waits for words after those that were heard last, and returns what was said up
// to them.
func (l *listener) hears(words string) string {
	l.t.Helper()
	var said string
	defer func() {
		if l.t.Failed() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.t.Logf("it said:\n%s", l.all.String())
		}
	}()
	eventually(l.t, "“"+words+"” said", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		rest := strings.ReplaceAll(l.all.String(), "\r\n  ", " ")[l.read:] // where lines were wrapped
		before, _, ok := strings.Cut(rest, words)
		if ok {
			said = before
			l.read += len(before) + len(words)
		}
		return ok
	})
	return said
}

// The whole friendship, heard and typed: two people become friends without a screen.
func TestTwoWhoListenBecomeFriends(t *testing.T) {
	home := t.TempDir()
	alice := listenIn(t, home)
	alice.hears("Type help for the commands")
	alice.hears("Online.")
	alice.types("help")
	alice.hears("accept LINK")
	alice.types("post Wildflowers everywhere")
	alice.hears("Posted.")
	alice.types("read")
	alice.hears("1 you, now: Wildflowers everywhere")
	alice.types("delete 1")
	alice.hears("Deleted. Type undo within 30 seconds")
	alice.types("undo")
	alice.hears("It is back.")

	bob := listenIn(t, home, "--profile", "bob")
	bob.hears("Online.")
	bob.types("read")
	bob.hears("1 anonymous ")
	bob.hears("Wildflowers everywhere")
	bob.types("comment 1 So they are")
	bob.hears("Commented.")
	alice.hears("New comment on a post of yours:")
	alice.hears("So they are")
	bob.types("post The tram was late")
	bob.hears("Posted.")
	alice.hears("New:")
	alice.hears("The tram was late")

	alice.types("invite Bob")
	alice.hears("An invite for Bob")
	alice.types("reissue Bob")
	alice.hears("Make a new one? Type yes or no.")
	alice.types("yes")
	alice.hears("An invite for Bob")
	alice.hears("\n")
	link := strings.TrimSpace(alice.hears("It works on this machine only"))
	link = link[strings.LastIndex(link, "http"):]
	bob.types(link)
	bob.hears("Read it? Type yes or no.")
	bob.types("yes")
	bob.hears("Who sent it to you?")
	bob.types("Alice")
	bob.hears("Accepted.")
	alice.hears("Someone accepted the invite you made for Bob.")
	alice.types("confirm Bob")
	alice.hears("Is this Bob? Type yes or no.")
	alice.types("yes")
	alice.hears("Bob is a friend now")
	alice.types("read")
	alice.hears("Bob, ")
	alice.hears("The tram was late")
	alice.types("friends")
	alice.hears("Bob: friend")
	alice.types("quit")
	if err := alice.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	for _, l := range []*listener{alice, bob} {
		l.mu.Lock()
		if i := bytes.IndexAny(l.all.Bytes(), "\x1b\a\u009b"); i >= 0 {
			t.Errorf("more than text was printed: %q", l.all.String()[max(0, i-20):])
		}
		l.mu.Unlock()
	}
}
