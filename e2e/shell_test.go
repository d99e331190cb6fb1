package e2e

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
)

// watched is a terminal that notes what a program changes in it.
type watched struct {
	*terminal
	mu          sync.Mutex
	on          map[ansi.Mode]bool
	alt, hidden bool
}

// watch has a terminal tell of changes; it is called before anything is typed.
func watch(s *terminal) *watched {
	w := &watched{terminal: s, on: map[ansi.Mode]bool{}}
	note := func(f func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		f()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.screen.SetCallbacks(vt.Callbacks{
		AltScreen:        func(b bool) { note(func() { w.alt = b }) },
		CursorVisibility: func(b bool) { note(func() { w.hidden = !b }) },
		EnableMode:       func(m ansi.Mode) { note(func() { w.on[m] = true }) },
		DisableMode:      func(m ansi.Mode) { note(func() { delete(w.on, m) }) },
	})
	return w
}

// changed tells what of the terminal is not as a shell wants it.
func (w *watched) changed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	if w.alt {
		out = append(out, "the alternate screen")
	}
	if w.hidden {
		out = append(out, "no cursor")
	}
	for _, m := range []ansi.Mode{
		ansi.ModeBracketedPaste, ansi.ModeMouseButtonEvent, ansi.ModeMouseAnyEvent, ansi.ModeMouseExtSgr, ansi.ModeFocusEvent, ansi.ModeSynchronizedOutput,
	} {
		if w.on[m] {
			out = append(out, ansi.SetMode(m))
		}
	}
	return out
}

// shell is an interactive shell in a terminal, from which p4p is started.
func shell(t *testing.T, home string) *watched {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		if os.Getenv("P4P_CI") != "" {
			t.Fatal("bash is missing")
		}
		t.Skip("bash is not installed")
	}
	cmd := exec.Command("bash", "--norc", "--noprofile", "--noediting", "-i")
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=", "PS1=ready-> ", "HISTFILE=")
	dark := themes["dark"]
	return watch(runTerminal(t, cmd, 80, 24, dark.fg, dark.bg))
}

func TestSuspendingGoesBackToTheShellAndReturns(t *testing.T) {
	s := shell(t, t.TempDir())
	s.see("ready->")
	s.press("p4p\r")
	s.see("Welcome to P4P", "online")
	if len(s.changed()) == 0 {
		t.Fatal("nothing of the terminal was changed, so nothing can be seen restored")
	}
	s.press("n")
	s.see("New post")
	s.press("half a thought")
	s.see("14 / 4,000")
	s.press("\x1a")
	s.see("Stopped")
	if left := s.changed(); left != nil {
		t.Errorf("the shell has %q", left)
	}
	s.press("echo se''en\r")
	s.see("seen")
	s.press("fg\r")
	s.see("New post", "half a thought", "14 / 4,000")
	s.press("\x03")
	s.see("ready->")
}

// Where p4p is all that a terminal runs, nothing could continue it.
func TestSuspendingWithoutAShellComesBack(t *testing.T) {
	dark := themes["dark"]
	s := watch(openTerminal(t, t.TempDir(), 80, 24, dark.fg, dark.bg))
	s.see("Welcome to P4P", "online")
	s.press("\x1a")
	eventually(t, "the screen put away and back", func() bool {
		s.press("n")
		return strings.Contains(s.text(), "New post")
	})
}

func TestASignalLeavesTheTerminalAsItWas(t *testing.T) {
	// Where whoever runs the tests ignores a signal, as nohup does, p4p would too.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	defer signal.Stop(heard)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			home := t.TempDir()
			s := shell(t, home)
			s.see("ready->")
			before, err := term.GetState(s.pty.Fd())
			if err != nil {
				t.Fatal(err)
			}
			pid := filepath.Join(home, "pid")
			s.press("sh -c 'echo $$ > " + pid + "; exec p4p'; echo en''ded\r")
			s.see("Welcome to P4P", "online")
			s.press("n")
			s.see("New post")
			s.press("unsaved")
			s.see("7 / 4,000")
			kill(t, pid, sig)
			s.see("ended")
			if left := s.changed(); left != nil {
				t.Errorf("left behind: %q", left)
			}
			after, err := term.GetState(s.pty.Fd())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(before, after) {
				t.Errorf("the line discipline was %+v and is %+v", before, after)
			}
			s.press("p4p\r")
			s.see("online")
			s.press("n")
			s.see("New post", "unsaved")
		})
	}
}

// kill sends a signal to the process whose number is in a file.
func kill(t *testing.T, file string, sig syscall.Signal) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
