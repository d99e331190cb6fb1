package halfblock_test

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"

	"p4p/tui/halfblock"
)

var coloured = []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI}

var (
	red   = color.NRGBA{255, 0, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
	white = color.NRGBA{255, 255, 255, 255}
	black = color.NRGBA{0, 0, 0, 255}
)

// rows makes a picture of rows of colours.
func rows(rows ...[]color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, len(rows[0]), len(rows)))
	for y, row := range rows {
		for x, c := range row {
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func plain(w, h int, c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	return m
}

func TestAPictureKeepsItsShapeAndFits(t *testing.T) {
	for _, tt := range []struct{ w, h, maxCols, maxRows, cols, rows int }{
		{1600, 1200, 40, 15, 40, 15},
		{1600, 1200, 80, 15, 40, 15},
		{1600, 1200, 40, 40, 40, 15},
		{1200, 1600, 40, 15, 23, 15},
		{1000, 1000, 20, 10, 20, 10},
		{1600, 50, 40, 15, 40, 1},
		{50, 1600, 40, 15, 1, 15},
		{8192, 1, 40, 15, 40, 1},
		{1, 8192, 40, 15, 1, 15},
		{10, 6, 40, 15, 10, 3}, // not enlarged
		{1, 1, 40, 15, 1, 1},
		{640, 480, 1, 1, 1, 1},
		{0, 480, 40, 15, 0, 0},
		{640, 480, 0, 15, 0, 0},
		{640, 480, 40, -1, 0, 0},
	} {
		if cols, rows := halfblock.Size(tt.w, tt.h, tt.maxCols, tt.maxRows); cols != tt.cols || rows != tt.rows {
			t.Errorf("%d x %d in %d x %d cells takes %d x %d; want %d x %d", tt.w, tt.h, tt.maxCols, tt.maxRows, cols, rows, tt.cols, tt.rows)
		}
	}
}

func TestEachProfileDrawsExactlyTheseBytes(t *testing.T) {
	m := rows(
		[]color.NRGBA{red, red, white},
		[]color.NRGBA{blue, white, white},
		[]color.NRGBA{black, black, black},
		[]color.NRGBA{black, black, black},
	)
	for p, want := range map[colorprofile.Profile][]string{
		colorprofile.TrueColor: {
			"\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[48;2;255;255;255m▀\x1b[38;2;255;255;255m▀\x1b[m",
			"\x1b[38;2;0;0;0;48;2;0;0;0m▀▀▀\x1b[m",
		},
		colorprofile.ANSI256: {
			"\x1b[38;5;196;48;5;21m▀\x1b[48;5;231m▀\x1b[38;5;231m▀\x1b[m",
			"\x1b[38;5;16;48;5;16m▀▀▀\x1b[m",
		},
		colorprofile.ANSI: {
			"\x1b[91;44m▀\x1b[107m▀\x1b[97m▀\x1b[m",
			"\x1b[30;40m▀▀▀\x1b[m",
		},
		colorprofile.ASCII:   {":*@", "   "},
		colorprofile.NoTTY:   {":*@", "   "},
		colorprofile.Unknown: {":*@", "   "},
	} {
		t.Run(p.String(), func(t *testing.T) {
			got := halfblock.Render(m, 40, 15, p, nil)
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestALineIsAsWideAsItSaysAndLeavesNoColourBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 90).Draw(t, "width"), rapid.IntRange(1, 90).Draw(t, "height")
		maxCols, maxRows := rapid.IntRange(1, 30).Draw(t, "columns"), rapid.IntRange(1, 30).Draw(t, "rows")
		pix := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "pixels")
		m := image.NewNRGBA(image.Rect(5, -3, 5+w, h-3))
		for i := range m.Pix {
			m.Pix[i] = pix[i%len(pix)]
		}
		cols, rows := halfblock.Size(w, h, maxCols, maxRows)
		if cols > maxCols || rows > maxRows || cols < 1 || rows < 1 {
			t.Fatalf("%d x %d cells", cols, rows)
		}
		p := rapid.SampledFrom(append([]colorprofile.Profile{colorprofile.ASCII}, coloured...)).Draw(t, "profile")
		lines := halfblock.Render(m, maxCols, maxRows, p, color.White)
		if len(lines) != rows {
			t.Fatalf("%d lines; want %d", len(lines), rows)
		}
		for _, line := range lines {
			if ansi.StringWidth(line) != cols {
				t.Fatalf("%q is %d wide; want %d", line, ansi.StringWidth(line), cols)
			}
			if strings.HasSuffix(line, "\x1b[m") == (p == colorprofile.ASCII) || p == colorprofile.ASCII && strings.Contains(line, "\x1b") {
				t.Fatalf("%q in %s", line, p)
			}
		}
	})
}

func TestATerminalShowsThePixelsThemselves(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 20, 10))
	for y := range 10 {
		for x := range 20 {
			m.SetRGBA(x, y, color.RGBA{uint8(x * 12), uint8(y * 25), uint8(x / 3 * y), 255})
		}
	}
	screen := vt.NewEmulator(20, 5)
	if _, err := screen.WriteString(strings.Join(halfblock.Render(m, 20, 5, colorprofile.TrueColor, nil), "\r\n")); err != nil {
		t.Fatal(err)
	}
	for y := range 5 {
		for x := range 20 {
			cell := screen.CellAt(x, y)
			if cell == nil || cell.Content != "▀" {
				t.Fatalf("the cell at %d,%d is %v", x, y, cell)
			}
			for i, got := range []color.Color{cell.Style.Fg, cell.Style.Bg} {
				if want := m.RGBAAt(x, 2*y+i); color.RGBAModel.Convert(got) != want {
					t.Errorf("pixel %d of the cell at %d,%d is %v; want %v", i, x, y, got, want)
				}
			}
		}
	}
}

func TestColoursThatDoNotChangeAreNotRepeated(t *testing.T) {
	for _, p := range coloured {
		for _, line := range halfblock.Render(plain(400, 300, color.White), 40, 15, p, nil) {
			if n := strings.Count(line, "\x1b["); n != 2 {
				t.Errorf("%s: %d sequences in %q; want one to begin and one to end", p, n, line)
			}
		}
	}
}

func TestTransparencyShowsTheBackground(t *testing.T) {
	half := color.NRGBA{255, 255, 255, 128}
	m := rows([]color.NRGBA{{}, half}, []color.NRGBA{half, {}})
	got := halfblock.Render(m, 2, 1, colorprofile.TrueColor, color.RGBA{0, 0, 200, 255})
	want := []string{"\x1b[38;2;0;0;200;48;2;128;128;228m▀\x1b[38;2;128;128;228;48;2;0;0;200m▀\x1b[m"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestATransparentAreaIsNotSpeckledInFewColours(t *testing.T) {
	dark := color.RGBA{30, 30, 46, 255} // in no palette
	for _, p := range coloured {
		lines := halfblock.Render(image.NewNRGBA(image.Rect(0, 0, 100, 100)), 20, 10, p, dark)
		for _, line := range lines {
			if line != lines[0] || strings.Count(line, "\x1b[") != 2 {
				t.Errorf("%s: %q", p, line)
			}
		}
	}
}

func TestFewColoursMixToTheRightBrightness(t *testing.T) {
	screen := vt.NewEmulator(20, 10)
	lines := halfblock.Render(plain(200, 200, color.Gray{60}), 20, 10, colorprofile.ANSI, nil)
	if _, err := screen.WriteString(strings.Join(lines, "\r\n")); err != nil {
		t.Fatal(err)
	}
	kinds, sum := map[color.Color]bool{}, 0
	for y := range 10 {
		for x := range 20 {
			style := screen.CellAt(x, y).Style
			for _, c := range []color.Color{style.Fg, style.Bg} {
				kinds[c] = true
				sum += map[color.Color]int{ansi.Black: 0, ansi.BrightBlack: 127}[c]
			}
		}
	}
	if mean := sum / 400; len(kinds) != 2 || mean < 50 || mean > 70 {
		t.Errorf("%v, mean %d; want black and bright black mixed to about 60", kinds, mean)
	}
}

func TestTheRampFitsTheBackground(t *testing.T) {
	m := rows([]color.NRGBA{black, {128, 128, 128, 255}, white, {}}, []color.NRGBA{black, {128, 128, 128, 255}, white, {}})
	for _, tt := range []struct {
		background color.Color
		want       string
	}{{nil, " +@ "}, {color.Black, " +@ "}, {color.White, "@=  "}} {
		if got := halfblock.Render(m, 4, 1, colorprofile.ASCII, tt.background); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("on %v: %q; want %q", tt.background, got, tt.want)
		}
	}
}

func TestALargePictureLooksLikeASmallOne(t *testing.T) {
	for _, size := range []image.Point{{80, 60}, {400, 300}, {1600, 1200}} {
		m := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = 128, 128
		}
		for y := range size.Y {
			for x := range size.X {
				m.Y[m.YOffset(x, y)] = uint8(255 * x / size.X)
			}
		}
		got := halfblock.Render(m, 10, 10, colorprofile.ASCII, nil)
		if want := slices.Repeat([]string{" .:-=+*#%@"}, 4); !slices.Equal(got, want) {
			t.Errorf("%v: %q", size, got)
		}
	}
}

func TestNothingIsDrawnWhereThereIsNothingOrNoRoom(t *testing.T) {
	for i, got := range [][]string{
		halfblock.Render(nil, 40, 15, colorprofile.TrueColor, nil),
		halfblock.Render(image.NewGray(image.Rectangle{}), 40, 15, colorprofile.TrueColor, nil),
		halfblock.Render(plain(4, 4, red), 0, 15, colorprofile.TrueColor, nil),
		halfblock.Render(plain(4, 4, red), 40, -1, colorprofile.ASCII, nil),
	} {
		if got != nil {
			t.Errorf("case %d: %q", i, got)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 1600, 1200), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = uint8(i * 7 / 5)
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(i/800), uint8(i%800)
	}
	for _, p := range append(coloured, colorprofile.ASCII) {
		b.Run(fmt.Sprint("1600x1200 to 40x15 ", p), func(b *testing.B) {
			for b.Loop() {
				if len(halfblock.Render(m, 40, 15, p, nil)) != 15 {
					b.Fatal("not 15 lines")
				}
			}
		})
	}
}
