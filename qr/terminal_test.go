package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"
)

func TestACodeOnATerminalScreenIsReadWhateverTheTheme(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	links := map[string]string{
		"an invite":            sample,
		"an invite with a pin": strings.Replace(sample, "P4P.EXAMPLE.ORG", "192.168.1.10:4747", 1) + ".ONSWG4TFOQQGC3TEEBSWC43ZEA",
	}
	themes := map[string]struct{ fg, bg color.Color }{
		"a dark terminal":  {color.Gray{0xd0}, color.Gray{0x10}},
		"a light terminal": {color.Gray{0x20}, color.Gray{0xf8}},
		"a green terminal": {color.RGBA{0, 0xff, 0, 0xff}, color.RGBA{0, 0x40, 0, 0xff}},
	}
	for what, link := range links {
		for where, theme := range themes {
			t.Run(what+" on "+where, func(t *testing.T) {
				screen := paint(t, mustEncode(t, link), theme.fg, theme.bg)
				if got, err := Decode(bytes.NewReader(screen)); got != link || err != nil {
					t.Errorf("the screen reads %q, %v", got, err)
				}
				if got := zbarimg(t, screen); got != link {
					t.Errorf("to zbarimg the screen reads %q", got)
				}
			})
		}
	}
}

func TestPNGIsReadByAnotherReader(t *testing.T) {
	for _, pixels := range []int{2, 8, 16} {
		if got := zbarimg(t, pngOf(t, mustEncode(t, sample), pixels)); got != sample {
			t.Errorf("with %d pixels a module the PNG reads %q to zbarimg", pixels, got)
		}
	}
}

func TestEveryLineIsAsWideAsTheCodeAndResetsItsColours(t *testing.T) {
	code := mustEncode(t, sample)
	cols, rows := code.Size()
	lines := code.Lines()
	if len(lines) != rows || strings.Join(lines, "\n") != code.Terminal() {
		t.Fatalf("%d lines for %d rows", len(lines), rows)
	}
	for i, line := range lines {
		if got := ansi.StringWidth(line); got != cols {
			t.Errorf("line %d is %d cells wide, want %d", i, got, cols)
		}
		if !strings.HasPrefix(line, "\x1b[38;5;") || !strings.HasSuffix(line, "\x1b[0m") {
			t.Errorf("line %d does not set and reset its colours: %q", i, line)
		}
	}
}

// paint prints a code into an emulated terminal of 80x24 and photographs the screen: each
// cell in the colours that it really has, 8 pixels wide and 16 high, blocks as halves.
func paint(t *testing.T, code Code, fg, bg color.Color) []byte {
	t.Helper()
	const width, height, cellWidth, half = 80, 24, 8, 8
	screen := vt.NewEmulator(width, height)
	defer screen.Close()
	screen.SetDefaultForegroundColor(fg)
	screen.SetDefaultBackgroundColor(bg)
	for y, line := range code.Lines() {
		fmt.Fprintf(screen, "\x1b[%d;30H%swords", y+1, line)
	}

	img := image.NewRGBA(image.Rect(0, 0, width*cellWidth, height*2*half))
	fill := func(x, y int, c color.Color) {
		for dy := range half {
			for dx := range cellWidth {
				img.Set(x*cellWidth+dx, y*half+dy, c)
			}
		}
	}
	for y := range height {
		for x := range width {
			cell := screen.CellAt(x, y)
			cellFg, cellBg := cell.Style.Fg, cell.Style.Bg
			if cellFg == nil {
				cellFg = screen.ForegroundColor()
			}
			if cellBg == nil {
				cellBg = screen.BackgroundColor()
			}
			upper := cellBg
			if cell.Content == "▀" {
				upper = cellFg
			}
			fill(x, 2*y, upper)
			fill(x, 2*y+1, cellBg)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zbarimg reads a picture with the ZBar project's reader, which shares no code with ours.
func zbarimg(t *testing.T, picture []byte) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("P4P_CI") == "1" {
			t.Fatal("zbarimg is missing: install zbar-tools")
		}
		t.Skip("zbarimg (Debian: zbar-tools) is not installed")
	}
	file := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file)
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("zbarimg reads nothing: %v", err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func TestACodeIsAsLargeAsTheRoomAllowsAndStillRead(t *testing.T) {
	code := mustEncode(t, sample)
	small, _ := code.Size()
	rapid.Check(t, func(t *rapid.T) {
		cols, rows := rapid.IntRange(0, 300).Draw(t, "cols"), rapid.IntRange(0, 150).Draw(t, "rows")
		large := code.Fit(cols, rows)
		w, h := large.Size()
		n := w / small
		switch {
		case w%small != 0 || n < 1:
			t.Fatalf("%d cells of %d", w, small)
		case n > 1 && (w > cols || h > rows):
			t.Fatalf("%dx%d in a room of %dx%d", w, h, cols, rows)
		case (n+1)*small <= min(cols, 2*rows):
			t.Fatalf("%dx%d, and the room of %dx%d has more", w, h, cols, rows)
		}
	})
	if got, err := Decode(bytes.NewReader(pngOf(t, code.Fit(200, 100), 2))); got != sample || err != nil {
		t.Errorf("enlarged it reads %q, %v", got, err)
	}
	if cols, _ := (Code{}).Fit(100, 100).Size(); cols != 0 {
		t.Error("no code has become one")
	}
}
