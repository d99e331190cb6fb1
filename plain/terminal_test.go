package plain

import (
	"bufio"
	"image/color"
	"io"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"
)

func TestATerminalOnlyPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile().Draw(t, "text")
		checkTerminal(t, s, Block(s))
		checkTerminal(t, s, Line(s))
	})
}

// checkTerminal prints the text, wrapped, line by line into an emulated terminal, and
// holds the terminal to nothing but printing: the cursor ends right behind what was
// printed, no cell elsewhere is touched, no event is raised, no reply is sent.
func checkTerminal(t checker, in string, text Text) {
	t.Helper()
	const width, room, left, end = 40, 30, 3, 0
	var events []string
	note := func(event string) { events = append(events, event) }

	screen := vt.NewEmulator(width, 5)
	screen.SetLogger(logger(note))
	screen.SetCallbacks(vt.Callbacks{
		Bell:             func() { note("bell") },
		Title:            func(s string) { note("title " + s) },
		IconName:         func(s string) { note("icon name " + s) },
		AltScreen:        func(bool) { note("alternate screen") },
		CursorVisibility: func(bool) { note("cursor visibility") },
		CursorStyle:      func(vt.CursorStyle, bool) { note("cursor style") },
		CursorColor:      func(color.Color) { note("cursor colour") },
		BackgroundColor:  func(color.Color) { note("background colour") },
		ForegroundColor:  func(color.Color) { note("foreground colour") },
		WorkingDirectory: func(s string) { note("working directory " + s) },
		EnableMode:       func(ansi.Mode) { note("mode set") },
		DisableMode:      func(ansi.Mode) { note("mode reset") },
	})
	replies := make(chan string)
	go func() {
		reply, _ := bufio.NewReader(screen).ReadString(end)
		replies <- reply
	}()

	for _, line := range text.Wrap(room) {
		events = nil
		io.WriteString(screen, "\x1b[0m\x1b[2J\x1b[3;4H") // a clean screen, the cursor at (left, 2)
		events = nil
		io.WriteString(screen, line.String())

		if at, want := screen.CursorPosition(), uv.Pos(left+line.Width(), 2); at != want {
			t.Fatalf("%+q became %+q, and printing %+q moved the cursor to %v, want %v", in, text, line, at, want)
		}
		for y := range screen.Height() {
			for x := range screen.Width() {
				cell := screen.CellAt(x, y)
				outside := y != 2 || x < left || x >= left+line.Width()
				if outside && strings.TrimSpace(cell.Content) != "" {
					t.Fatalf("%+q became %+q, and printing %+q wrote %q at (%d, %d)", in, text, line, cell.Content, x, y)
				}
				if cell.Style != (uv.Style{}) || cell.Link != (uv.Link{}) {
					t.Fatalf("%+q became %+q, and printing %+q styled a cell", in, text, line)
				}
			}
		}
		if len(events) > 0 {
			t.Fatalf("%+q became %+q, and printing %+q raised %q", in, text, line, events)
		}
	}
	screen.InputPipe().Write([]byte{end})
	if reply := <-replies; reply != string(rune(end)) {
		t.Fatalf("%+q became %+q, to which the terminal answered %q", in, text, reply)
	}
	screen.Close()
}

// logger hears of the sequences that the emulator does not know.
type logger func(string)

func (l logger) Printf(format string, _ ...any) { l("log: " + format) }
