package tui

import (
	"fmt"
	"image/color"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"

	"p4p/client"
	"p4p/tui/graphics"
)

// untouched draws frames into an emulator and fails if they do more than fill cells.
func untouched(t interface{ Fatalf(string, ...any) }, w, h int, content string) {
	e := vt.NewEmulator(max(w, 1), max(h, 1))
	defer e.Close()
	bad := ""
	e.SetCallbacks(vt.Callbacks{
		Bell: func() { bad = "bell" }, Title: func(s string) { bad = "title " + s }, IconName: func(s string) { bad = "icon " + s },
		AltScreen: func(bool) { bad = "alt screen" }, CursorVisibility: func(bool) { bad = "cursor" },
		CursorStyle: func(vt.CursorStyle, bool) { bad = "cursor style" }, CursorColor: func(color.Color) { bad = "cursor colour" },
		BackgroundColor: func(color.Color) { bad = "background" }, ForegroundColor: func(color.Color) { bad = "foreground" },
		WorkingDirectory: func(string) { bad = "directory" },
		EnableMode:       func(m ansi.Mode) { bad = fmt.Sprint("mode ", m) }, DisableMode: func(m ansi.Mode) { bad = fmt.Sprint("mode ", m) },
	})
	_, _ = e.WriteString(strings.ReplaceAll(content, "\n", "\r\n"))
	if bad != "" {
		t.Fatalf("a frame changed the terminal: %s\n%q", bad, content)
	}
	lines := strings.Split(content, "\n")
	if len(lines) > max(h, 1) {
		t.Fatalf("%d lines in a window of %d", len(lines), h)
	}
	for _, l := range lines {
		if n := max(ansi.StringWidth(l), ansi.StringWidthWc(l)); n > w {
			t.Fatalf("a line of %d cells in a window of %d: %q", n, w, l)
		}
		if s := ansi.Strip(l); strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Fatalf("a control character in %q", l)
		}
	}
}

func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(hostileTexts),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 200), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{
			"\x1b[", "\x1b]", "\x9d", "\x90", "\x07", "\x1b\\", "0;x", "?1049h", "2J", "m", "漢", "👩‍🚀", "e\u0301\u0301\u0301", "\u202e", "\n", " ", "word", "★ Alice", "\t", "\u200d", "️",
		})), func(s []string) string { return strings.Join(s, "") }),
	)
}

var anyKeys = []string{
	"j", "k", "enter", "esc", "n", "c", "i", "a", "f", "tab", "g", "G", "d", "!", "r", "x", "s", "u", "m", "M", ":", "z", "-", "Z", "v", "space", "?", "y", "p", "l", "+", "o", "Y",
	"ctrl+s", "ctrl+o", "ctrl+y", "ctrl+l", "pgdown", "pgup", "up", "down", "backspace", "f1", "X",
}

// Whatever strangers write, whichever keys are pressed and however large the window
// is, a frame only fills the window's cells.
func TestWhateverIsWrittenAFrameOnlyFillsCells(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText()
		f := lively()
		f.loopback = rapid.Bool().Draw(t, "loopback")
		for i := range rapid.IntRange(0, 6).Draw(t, "posts") {
			it := f.says(key(40+i), time.Minute, text.Draw(t, "text"))
			if rapid.Bool().Draw(t, "picture") {
				f.paint(it, rapid.IntRange(1, 40).Draw(t, "pw"), rapid.IntRange(1, 40).Draw(t, "ph"), text.Draw(t, "alt"))
			}
			f.comments(it.ID, key(50+i), time.Minute, text.Draw(t, "comment"))
		}
		f.labels[alice] = client.Label{Kind: client.Friend, Name: text.Draw(t, "name")}
		f.friends[0].Name = text.Draw(t, "friend")
		if rapid.Bool().Draw(t, "offline") {
			f.status = client.Status{Connection: client.Offline, Err: fmt.Errorf("%s", text.Draw(t, "error")), Outbox: 3, RetryAt: t0.Add(time.Minute)}
		}
		p := sitWith(outer, f, rapid.IntRange(10, 200).Draw(t, "w"), rapid.IntRange(3, 60).Draw(t, "h"), Options{}, true)
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0:
				p.send(tea.WindowSizeMsg{Width: rapid.IntRange(10, 200).Draw(t, "w"), Height: rapid.IntRange(3, 60).Draw(t, "h")})
			case 1:
				p.paste(text.Draw(t, "paste"))
			case 2:
				f.someoneAccepts()
				p.hears(client.NoticesChanged | client.FriendsChanged | client.FeedChanged | client.LabelsChanged)
			case 3:
				p.app.View()
				x, y := rapid.IntRange(0, 200).Draw(t, "x"), rapid.IntRange(0, 60).Draw(t, "y")
				if rapid.Bool().Draw(t, "wheel") {
					p.send(tea.MouseWheelMsg{X: x, Y: y, Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseWheelDown, tea.MouseWheelUp}).Draw(t, "turn")})
				} else {
					p.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
				}
			default:
				p.press(rapid.SampledFrom(anyKeys).Draw(t, "key"))
			}
			untouched(t, p.app.width, p.app.height, p.app.View().Content)
		}
		untouched(t, p.app.width, p.app.height, p.app.View().Content)
		if c := p.app.View().Cursor; c != nil && (c.X < 0 || c.Y < 0 || c.X >= p.app.width || c.Y >= p.app.height) {
			t.Fatalf("the cursor is at %d, %d", c.X, c.Y)
		}
	})
}

// No author's text reaches the columns of the marks: whatever line of a post begins
// with a mark is the app's own label.
func TestNoTextStandsInTheGutter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFake()
		a := newApp(t.Context(), Options{Client: f, Changes: f}, 0, true, graphics.NewCanvas(io.Discard))
		it := *f.says(key(9), time.Minute, hostileText().Draw(t, "text"))
		s := shape{width: rapid.IntRange(minWidth, 120).Draw(t, "w"), expanded: rapid.Bool().Draw(t, "expanded")}
		for i, l := range a.lay(it, a.versionOf(it, s)) {
			if i > 0 && l != "" && !strings.HasPrefix(l, strings.Repeat(" ", gutter-1)) {
				t.Fatalf("line %d stands in the gutter: %q", i, l)
			}
		}
	})
}

func TestTinyWindowsDoNotPanic(t *testing.T) {
	for _, size := range []struct{ w, h int }{{0, 0}, {1, 1}, {10, 3}, {39, 12}, {40, 11}, {200, 3}, {10, 60}} {
		p := sit(t, lively(), size.w, size.h)
		p.press("j", "enter", "c", "X", "esc", "esc", "i", "B", "enter", "esc")
		if s := p.text(); size.w >= 10 && !strings.Contains(s, "small") {
			t.Errorf("%v: %q", size, s)
		}
	}
}
