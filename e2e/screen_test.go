package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"p4p/protocol"
)

// terminal is p4p in a pseudo-terminal, and an emulator that shows what a person
// would see.
type terminal struct {
	t      *testing.T
	pty    *os.File
	mu     sync.Mutex
	screen *vt.Emulator
	ended  chan error // what the program ended with
}

// openTerminal runs p4p on a screen of the given size and default colours.
func openTerminal(t *testing.T, home string, cols, rows int, fg, bg color.Color, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command("p4p", args...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=")
	return runTerminal(t, cmd, cols, rows, fg, bg)
}

// runTerminal runs a command on a screen.
func runTerminal(t *testing.T, cmd *exec.Cmd, cols, rows int, fg, bg color.Color) *terminal {
	t.Helper()
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(rows), Cols: uint16(cols)})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, pty: f, screen: vt.NewEmulator(cols, rows), ended: make(chan error, 1)}
	term.screen.SetDefaultForegroundColor(fg)
	term.screen.SetDefaultBackgroundColor(bg)
	go func() { // what the emulator answers to the program's questions
		_, _ = io.Copy(f, term.screen)
	}()
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := f.Read(b)
			term.mu.Lock()
			_, _ = term.screen.Write(b[:n])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	over := make(chan struct{})
	go func() {
		term.ended <- cmd.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-over
		_ = f.Close()
		// Not Close, which races with the Read of the goroutine that it ends.
		if answers, ok := term.screen.InputPipe().(io.Closer); ok {
			_ = answers.Close()
		}
	})
	return term
}

func (s *terminal) press(keys string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// see waits until every text stands on the screen.
func (s *terminal) see(texts ...string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the screen shows:\n%s", s.text())
		}
	}()
	for _, text := range texts {
		eventually(s.t, "“"+text+"” on the screen", func() bool { return strings.Contains(s.text(), text) })
	}
}

// photograph paints each cell in the colours that it really has, 8 pixels wide
// and 16 high, half blocks as halves.
func (s *terminal) photograph() []byte {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	const w, half = 8, 8
	img := image.NewRGBA(image.Rect(0, 0, s.screen.Width()*w, s.screen.Height()*2*half))
	fill := func(x, y int, c color.Color) {
		for dy := range half {
			for dx := range w {
				img.Set(x*w+dx, y*half+dy, c)
			}
		}
	}
	for y := range s.screen.Height() {
		for x := range s.screen.Width() {
			cell := s.screen.CellAt(x, y)
			fg, bg, content := s.screen.ForegroundColor(), s.screen.BackgroundColor(), ""
			if cell != nil {
				content = cell.Content
				if cell.Style.Fg != nil {
					fg = cell.Style.Fg
				}
				if cell.Style.Bg != nil {
					bg = cell.Style.Bg
				}
			}
			upper, lower := bg, bg
			switch content {
			case "▀":
				upper = fg
			case "▄":
				lower = fg
			case "█":
				upper, lower = fg, fg
			}
			fill(x, 2*y, upper)
			fill(x, 2*y+1, lower)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// zbarimg reads a picture with a decoder that shares no code with P4P's.
func zbarimg(t *testing.T, picture []byte) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("P4P_CI") == "1" {
			t.Fatal("zbarimg is missing: apt install zbar-tools")
		}
		t.Skip("zbarimg is missing: apt install zbar-tools")
	}
	file := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", "--oneshot", file).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

var themes = map[string]struct{ fg, bg color.Color }{
	"dark":  {color.Gray{0xd0}, color.Gray{0x10}},
	"light": {color.Gray{0x20}, color.Gray{0xf8}},
}

func TestTheCodeOnTheAppsScreenIsExactlyTheLink(t *testing.T) {
	for name, theme := range themes {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			s := openTerminal(t, home, 80, 24, theme.fg, theme.bg)
			s.see("Welcome to P4P", "online")
			s.press("i")
			s.see("name")
			s.press("Bob\r")
			s.see("An invite for Bob", "Waiting for Bob", "machine only")
			out := run(t, home, "--json", "invites")
			inv := decode[[]invited](t, out)
			link, err := protocol.ParseLink(inv[0].Link)
			if err != nil {
				t.Fatal(err)
			}
			if got := zbarimg(t, s.photograph()); got != link.QR() {
				t.Errorf("the screen reads %q, the link is %q", got, link.QR())
			}
		})
	}
}

func TestTheCommandLinesCodeIsExactlyTheLink(t *testing.T) {
	for name, theme := range themes {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			s := openTerminal(t, home, 100, 30, theme.fg, theme.bg, "invite", "Bob")
			s.see("#", "machine only")
			link, err := protocol.ParseLink(decode[[]invited](t, run(t, home, "--json", "invites"))[0].Link)
			if err != nil {
				t.Fatal(err)
			}
			s.see(link.URL()[:60])
			if got := zbarimg(t, s.photograph()); got != link.QR() {
				t.Errorf("the screen reads %q, the link is %q", got, link.QR())
			}
		})
	}
}

// The whole idea, as two people at two terminals live it.
func TestTwoTerminalsBecomeFriendsAndTheWholeFeedRelabels(t *testing.T) {
	home := t.TempDir()
	dark := themes["dark"]
	alice := openTerminal(t, home, 80, 24, dark.fg, dark.bg)
	alice.see("Welcome to P4P", "online")
	alice.press("n")
	alice.see("New post")
	alice.press("Wildflowers everywhere")
	alice.see("22 / 4,000")
	alice.press("\x13") // ctrl+s
	alice.see("you", "Wildflowers everywhere")

	bob := openTerminal(t, home, 80, 24, dark.fg, dark.bg, "--profile", "bob")
	bob.see("anonymous", "Wildflowers everywhere", "online")
	bob.press("n")
	bob.see("New post")
	bob.press("The tram was late")
	bob.see("17 / 4,000")
	bob.press("\x13")
	bob.see("The tram was late")
	alice.see("anonymous", "The tram was late")

	alice.press("i")
	alice.see("name")
	alice.press("Bobadilla\r")
	alice.see("An invite for Bobadilla", "Waiting")
	link := decode[[]invited](t, run(t, home, "--json", "invites"))[0].Link

	bob.press("\x1b[200~" + link + "\x1b[201~") // a paste, anywhere
	bob.see("A friend invite on", "Nothing was asked of the network yet")
	bob.press("\r")
	bob.see("Who sent it")
	bob.press("Alicia\r")
	alice.see("Someone accepted the invite you made for Bobadilla", "Safety number")
	alice.press("y")
	alice.see("Bobadilla is a friend now", "compare safety numbers")
	alice.press("\x1b") // from the invite to the feed
	alice.see("Bobadilla ·")
	bob.press("\x1b")
	bob.see("Alicia ·", "Wildflowers everywhere")

	// Quit, and come back: everything is where it was.
	alice.press("\x1b")
	alice.see("Bobadilla ·", "The tram was late")
}

// What the desktop's link handler runs: the invite is shown with its host, and no
// network is asked before a key is pressed.
func TestAnOpenedLinkIsShownBeforeAnythingIsAsked(t *testing.T) {
	light := themes["light"]
	const nowhere = "https://p4p.example/f/01837f64-4057-8650-972f-eae1b4479ad4#U6T2PJ5HU6T2PJ5HU6T2PJ5HU4"
	s := openTerminal(t, t.TempDir(), 80, 24, light.fg, light.bg, "open", "--", strings.Replace(nowhere, "https", "p4p", 1))
	s.see("A friend invite on https://p4p.example", "Nothing was asked of the network yet")
}
