package graphics

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"

	"p4p/protocol"
)

var cell = image.Pt(8, 16)

// photo is a picture of many colours: red grows to the right, green downwards.
func photo(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8((x + y) % 97), 255})
		}
	}
	return m
}

// noisy is a picture that compresses badly.
func noisy(w, h int) *image.RGBA {
	m := photo(w, h)
	for i := range m.Pix {
		if i%4 != 3 {
			m.Pix[i] ^= uint8(i * i >> 3)
		}
	}
	return m
}

func TestAPictureIsFittedInItsOwnShape(t *testing.T) {
	for _, tt := range []struct {
		w, h, maxCols, maxRows int
		cols, rows             int
		pixels                 image.Point
	}{
		{640, 480, 40, 15, 40, 15, image.Pt(320, 240)},
		{640, 480, 80, 15, 40, 15, image.Pt(320, 240)},
		{100, 50, 80, 24, 25, 7, image.Pt(200, 100)}, // at most twice as large
		{1600, 50, 40, 15, 40, 1, image.Pt(320, 10)},
		{1, 1600, 40, 15, 1, 15, image.Pt(1, 240)},
		{8000, 8000, 4000, 4000, 181, 91, image.Pt(1448, 1448)}, // no more pixels than can be encoded
		{0, 5, 40, 15, 0, 0, image.Point{}},
		{5, 5, 0, 15, 0, 0, image.Point{}},
	} {
		if cols, rows, px := Fit(tt.w, tt.h, tt.maxCols, tt.maxRows, cell); cols != tt.cols || rows != tt.rows || px != tt.pixels {
			t.Errorf("%d x %d in %d x %d: %d x %d cells, %v; want %d x %d, %v", tt.w, tt.h, tt.maxCols, tt.maxRows, cols, rows, px, tt.cols, tt.rows, tt.pixels)
		}
	}
}

func TestAPictureNeverTakesMoreRoomThanThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string, most int) int { return rapid.IntRange(1, most).Draw(t, name) }
		w, h, c := n("w", 9000), n("h", 9000), image.Pt(n("cw", 40), n("ch", 80))
		maxCols, maxRows := n("cols", 400), n("rows", 200)
		cols, rows, px := Fit(w, h, maxCols, maxRows, c)
		if cols < 1 || rows < 1 || cols > maxCols || rows > maxRows || px.X > cols*c.X || px.Y > rows*c.Y || px.X*px.Y > maxPixels+w+h {
			t.Fatalf("%d x %d cells, %v", cols, rows, px)
		}
	})
}

func TestCellsAreOneWideAndSurviveATerminal(t *testing.T) {
	lines := Cells(200, 7, 5, 3)
	e := vt.NewEmulator(10, 3)
	defer e.Close()
	_, _ = e.WriteString(strings.Join(lines, "\r\n"))
	for row := range 3 {
		if a, b := ansi.StringWidth(lines[row]), ansi.StringWidthWc(lines[row]); a != 5 || b != 5 {
			t.Fatalf("%d and %d wide", a, b)
		}
		for col := range 5 {
			c := e.CellAt(col, row)
			want := string([]rune{kitty.Placeholder, kitty.Diacritic(row), kitty.Diacritic(col), kitty.Diacritic(7)})
			if c.Content != want || fmt.Sprint(c.Style.Fg) != "200" {
				t.Fatalf("the cell at %d, %d is %q in %v", col, row, c.Content, c.Style.Fg)
			}
		}
	}
}

func TestWhatIsTakenOutOfAViewIsWhereItStood(t *testing.T) {
	a, b := Cells(16, 0, 4, 3), Cells(17, 0, 3, 2)
	view := []string{
		"漢  " + a[1] + " text " + b[0],
		"ab  " + a[2] + " text " + b[1],
		"a line " + ansi.Truncate(a[0], 2, "") + "…",
	}
	kept := slices.Clone(view)
	got, at := Take(view, ansi.StringWidth)
	want := []Placement{
		{ID: 16, Col: 0, Row: 1, Cols: 4, Rows: 2, X: 4, Y: 0},
		{ID: 17, Col: 0, Row: 0, Cols: 3, Rows: 2, X: 14, Y: 0},
		{ID: 16, Col: 0, Row: 0, Cols: 2, Rows: 1, X: 7, Y: 2},
	}
	if !slices.Equal(at, want) {
		t.Errorf("took %+v\nwant %+v", at, want)
	}
	for i, l := range got {
		if strings.ContainsRune(l, kitty.Placeholder) || ansi.StringWidth(l) != ansi.StringWidth(view[i]) {
			t.Errorf("line %d became %q", i, l)
		}
	}
	if !slices.Equal(view, kept) {
		t.Error("the lines of others were changed")
	}
}

func TestAPlaceholderWithoutItsColourIsNoPicture(t *testing.T) {
	p := string(kitty.Placeholder)
	for _, s := range []string{p, p + "\u0305\u0305\u0305", "\x1b[31m" + p + "\u0305\u0305", "\x1b[38;5;3m" + p + "\u0305\u0305\u0305", "\x1b[38;5;999m" + p} {
		lines, at := Take([]string{s + "x"}, ansi.StringWidth)
		if len(at) != 0 || strings.ContainsRune(lines[0], kitty.Placeholder) || !strings.HasSuffix(lines[0], "x") {
			t.Errorf("%q became %q with %v", s, lines[0], at)
		}
	}
}

// commands reads kitty's graphics commands: options and payload of each.
func commands(t *testing.T, s string) (out [][2]string) {
	t.Helper()
	for s != "" {
		body, rest, ok := strings.Cut(s, "\x1b\\")
		head, isCommand := strings.CutPrefix(body, "\x1b_G")
		if !ok || !isCommand {
			t.Fatalf("%q is no graphics command", body)
		}
		options, payload, _ := strings.Cut(head, ";")
		out = append(out, [2]string{options, payload})
		s = rest
	}
	return out
}

func TestKittyGetsThePixelsInChunksAndAVirtualPlacement(t *testing.T) {
	m := noisy(160, 120)
	s, err := transmitKitty(m, kittyID(200, 7), 20, 8)
	if err != nil {
		t.Fatal(err)
	}
	all := commands(t, s)
	if len(all) < 2 {
		t.Fatal("one chunk does not show that chunks work")
	}
	data := ""
	for i, c := range all {
		want := "q=2,m=1"
		switch i {
		case 0:
			want = "a=T,U=1,q=2,f=100,i=117440712,c=20,r=8,m=1"
		case len(all) - 1:
			want = "q=2,m=0"
		}
		if c[0] != want {
			t.Errorf("chunk %d is %q; want %q", i, c[0], want)
		}
		if len(c[1]) > 4096 || i < len(all)-1 && len(c[1])%4 != 0 {
			t.Errorf("chunk %d has %d bytes", i, len(c[1]))
		}
		data += c[1]
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(m, got); d != 0 {
		t.Errorf("the pixels differ by %.1f", d)
	}
}

func TestTmuxGetsEachCommandWrappedWithItsEscapesDoubled(t *testing.T) {
	got := throughTmux(deleteKitty(1) + deleteKitty(2))
	want := "\x1bPtmux;\x1b\x1b_Ga=d,d=I,q=2,i=1\x1b\x1b\\\x1b\\\x1bPtmux;\x1b\x1b_Ga=d,d=I,q=2,i=2\x1b\x1b\\\x1b\\"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// distance is the mean difference of two pictures' channels; pictures of unlike size
// are infinitely far apart.
func distance(a, b image.Image) float64 {
	if a.Bounds().Size() != b.Bounds().Size() {
		return math.Inf(1)
	}
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y).RGBA()
			r2, g2, b2, _ := b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y).RGBA()
			for _, d := range []float64{float64(r1) - float64(r2), float64(g1) - float64(g2), float64(b1) - float64(b2)} {
				sum += math.Abs(d) / 257
				n++
			}
		}
	}
	return sum / float64(n)
}

func decodeSixel(t require, s string) image.Image {
	t.Helper()
	body, ok := strings.CutPrefix(s, "\x1bP0;1q")
	body, end := strings.CutSuffix(body, "\x1b\\")
	m, err := readSixel(body)
	if !ok || !end || err != nil {
		t.Fatalf("no sixel: %.20q, %v", s, err)
	}
	return m
}

type require interface {
	Helper()
	Fatalf(format string, args ...any)
}

// readSixel is a sixel reader after the VT3xx's manual. It takes only what is well
// formed: the decoder of x/ansi loses what follows a counted sixel.
func readSixel(s string) (*image.RGBA, error) {
	var w, h int
	if _, err := fmt.Sscanf(s, "\"1;1;%d;%d", &w, &h); err != nil {
		return nil, err
	}
	s = s[strings.IndexByte(s, '#'):]
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	registers := map[int]color.RGBA{}
	var c, x, y int
	numbers := func() (out []int) {
		end := strings.IndexFunc(s, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
		for _, f := range strings.Split(s[:end], ";") {
			n, _ := strconv.Atoi(f)
			out = append(out, n)
		}
		s = s[end:]
		return out
	}
	for s != "" {
		b := s[0]
		s = s[1:]
		count := 1
		switch {
		case b == '#':
			n := numbers()
			if c = n[0]; len(n) == 5 && n[1] == 2 {
				registers[c] = color.RGBA{uint8(n[2] * 255 / 100), uint8(n[3] * 255 / 100), uint8(n[4] * 255 / 100), 255}
			}
			continue
		case b == '$':
			x = 0
			continue
		case b == '-':
			x, y = 0, y+6
			continue
		case b == '!':
			count = numbers()[0]
			b, s = s[0], s[1:]
		}
		if _, known := registers[c]; b < '?' || b > '~' || !known || x+count > w {
			return nil, fmt.Errorf("%q in register %d at %d, %d", b, c, x, y)
		}
		for range count {
			for dy := range 6 {
				if (b-'?')>>dy&1 == 0 {
					continue
				}
				if y+dy >= h {
					return nil, fmt.Errorf("a pixel below the picture at %d, %d", x, y+dy)
				}
				m.SetRGBA(x, y+dy, registers[c])
			}
			x++
		}
	}
	return m, nil
}

func TestASixelDecodesToThePixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{
			color.RGBA{0, 0, 0, 255}, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{51, 102, 204, 255},
		})
		for i := range m.Pix {
			m.Pix[i] = uint8(rapid.IntRange(0, 3).Draw(t, "colour"))
		}
		x, y := rapid.IntRange(0, w-1).Draw(t, "x"), rapid.IntRange(0, h-1).Draw(t, "y")
		r := image.Rect(x, y, rapid.IntRange(x+1, w).Draw(t, "x1"), rapid.IntRange(y+1, h).Draw(t, "y1"))
		got := decodeSixel(t, encodeSixel(m, r))
		if d := distance(m.SubImage(r), got); d > 1 { // registers hold percents
			t.Fatalf("the pixels differ by %.2f", d)
		}
	})
}

func TestAPhotoKeepsItsLookInFewColours(t *testing.T) {
	m := photo(200, 150)
	for n, most := range map[int]float64{256: 9, 64: 16, 16: 28, 2: 90} {
		p := quantize(m, n)
		if len(p.Palette) > n {
			t.Errorf("%d colours of at most %d", len(p.Palette), n)
		}
		if d := distance(m, decodeSixel(t, encodeSixel(p, p.Rect))); d > most {
			t.Errorf("in %d colours the pixels differ by %.1f; want at most %.0f", n, d, most)
		}
	}
}

func TestADrawingOfFewColoursKeepsThemExactly(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 30, 30))
	for i := range 900 {
		m.SetRGBA(i%30, i/30, []color.RGBA{{255, 0, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}, {0, 0, 0, 255}}[i/7%4])
	}
	if d := distance(m, quantize(m, 256)); d != 0 {
		t.Errorf("it differs by %.2f", d)
	}
}

func TestITermGetsAnInlinePictureWithoutAName(t *testing.T) {
	m := photo(80, 64)
	s, err := encodeITerm(m, 10, 4)
	if err != nil {
		t.Fatal(err)
	}
	head, data, ok := strings.Cut(strings.TrimSuffix(s, "\a"), ":")
	b, err := base64.StdEncoding.DecodeString(data)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if want := fmt.Sprintf("\x1b]1337;File=size=%d;width=10;height=4;inline=1;doNotMoveCursor=1", len(b)); head != want {
		t.Errorf("got  %q\nwant %q", head, want)
	}
	got, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(m, got); d > 12 {
		t.Errorf("the pixels differ by %.1f", d)
	}
}

func TestAModeIsReadAsItIsWritten(t *testing.T) {
	for i, name := range modes {
		if m, err := Parse(name); err != nil || m != Mode(i) || m.String() != name {
			t.Errorf("%s is %v, %v", name, m, err)
		}
		if !strings.Contains(Words, name) {
			t.Errorf("%s is not told", name)
		}
	}
	if _, err := Parse("ascii"); protocol.CodeOf(err) != protocol.CodeUsage {
		t.Errorf("it ends with %v", err)
	}
}

func TestTheBestOfWhatATerminalIsKnownToShowIsChosen(t *testing.T) {
	plain := Where{Term: "xterm-256color"}
	tmux := Where{Term: "tmux-256color", Tmux: true, iterm: true}
	for name, tt := range map[string]struct {
		where   Where
		answers Answers
		profile colorprofile.Profile
		want    Mode
	}{
		"nothing is known":              {plain, Answers{}, colorprofile.TrueColor, Blocks},
		"kitty":                         {plain, Answers{Kitty: true, Version: "kitty(0.42.1)"}, colorprofile.TrueColor, Kitty},
		"kitty before placeholders":     {plain, Answers{Kitty: true, Version: "kitty(0.26.5)"}, colorprofile.TrueColor, Blocks},
		"kitty in 16 colours":           {plain, Answers{Kitty: true, Version: "kitty(0.42.1)"}, colorprofile.ANSI, Blocks},
		"Ghostty":                       {plain, Answers{Kitty: true, Version: "ghostty 1.2.3"}, colorprofile.TrueColor, Kitty},
		"kitty's name without graphics": {plain, Answers{Version: "kitty(0.42.1)"}, colorprofile.TrueColor, Blocks},
		"WezTerm has no placeholders":   {plain, Answers{Kitty: true, Sixel: true, Version: "WezTerm 20240203"}, colorprofile.TrueColor, ITerm},
		"Konsole has none either":       {plain, Answers{Kitty: true, Sixel: true, Version: "Konsole 24.02.1"}, colorprofile.TrueColor, Sixel},
		"iTerm2 by its environment":     {Where{Term: "xterm-256color", iterm: true}, Answers{}, colorprofile.TrueColor, ITerm},
		"foot":                          {plain, Answers{Sixel: true, Version: "foot(1.16.2)"}, colorprofile.TrueColor, Sixel},
		"xterm":                         {plain, Answers{Sixel: true, Version: "XTerm(379)"}, colorprofile.ANSI256, Sixel},
		"tmux with sixel":               {tmux, Answers{Sixel: true, Version: "tmux 3.5a"}, colorprofile.TrueColor, Sixel},
		"tmux":                          {tmux, Answers{Kitty: true}, colorprofile.TrueColor, Blocks},
		"the Linux console":             {Where{Term: "linux"}, Answers{Sixel: true}, colorprofile.ANSI, Blocks},
	} {
		if got := Choose(tt.where, tt.answers, tt.profile); got != tt.want {
			t.Errorf("%s: %v; want %v", name, got, tt.want)
		}
	}
}

func TestOnlyWhoCanAnswerIsAsked(t *testing.T) {
	for _, env := range [][]string{{"TERM=linux"}, {"TERM=dumb"}, nil, {"TERM=xterm-256color", "TERM_PROGRAM=Apple_Terminal"}} {
		if q := Locate(env).Questions(); q != "" {
			t.Errorf("%v is asked %q", env, q)
		}
	}
	for _, env := range [][]string{{"TERM=tmux-256color"}, {"TERM=xterm", "TMUX=/tmp/tmux-0/default,1,0"}, {"TERM=screen.xterm"}} {
		if q := Locate(env).Questions(); q != "\x1b[16t\x1b[c" {
			t.Errorf("%v is asked %q", env, q)
		}
	}
	if q := Locate([]string{"TERM=xterm-kitty"}).Questions(); !strings.Contains(q, "\x1b_Gi=31") || !strings.HasSuffix(q, "\x1b[c") {
		t.Errorf("kitty is asked %q", q)
	}
}

func TestRegistersAreRead(t *testing.T) {
	for s, want := range map[string]int{"\x1b[?1;0;256S": 256, "\x1b[?1;0;16S": 16, "\x1b[?1;3;16S": 0, "\x1b[?1;0;-1S": 0, "\x1b[?2;0;800;600S": 0, "S": 0} {
		if n, ok := ReadRegisters(s); ok != (want > 0) || ok && n != want {
			t.Errorf("%q is %d, %v", s, n, ok)
		}
	}
}
