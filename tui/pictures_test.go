package tui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"

	"p4p/client/picture"
	"p4p/protocol"
	"p4p/tui/graphics"
)

// awaitBytes waits until something was sent n times.
func (t *terminal) awaitBytes(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for strings.Count(t.bytes.String(), what) < n {
		t.cond.Wait()
	}
}

// picturesOn runs the app on a terminal that answers like this when it is asked what it
// can, looks at a picture in the feed and on the whole window, and tells what the
// terminal was sent. begin is how a picture begins.
func picturesOn(t *testing.T, answers, begin string) string {
	t.Helper()
	f := lively()
	f.paint(&f.log[2], 1200, 600, "An orange sky above still water")
	out := newTerminal(t)
	in, keys := io.Pipe()
	go func() {
		out.await("An orange sky above still water")
		_, _ = io.WriteString(keys, answers)
		out.awaitBytes(begin, 1)
		_, _ = io.WriteString(keys, "jjjjp")
		out.await(" Picture ")
		out.awaitBytes(begin, 2)
		_, _ = io.WriteString(keys, "q")
		out.await("Sunset")
		_, _ = io.WriteString(keys, "\x03")
	}()
	o := withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Images: graphics.Auto, Env: []string{"TERM=xterm-256color", "COLORTERM=truecolor", "TTY_FORCE=1"}})
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.bytes.String()
}

// Kitty gets the pixels once for each size, draws them where the frame has the
// placeholders, and forgets them at the end.
func TestKittyIsSentThePixelsAndThePlaceholders(t *testing.T) {
	const transmit, placeholder, remove, leave = "\x1b_Ga=T", "\U0010eeee", "\x1b_Ga=d", "\x1b[?1049l"
	sent := picturesOn(t, "\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.42.1)\x1b\\\x1b[6;18;9t\x1b[?62;c", transmit)
	if n := strings.Count(sent, placeholder); n < 2*20 {
		t.Errorf("there are %d cells of pictures", n)
	}
	if strings.Index(sent, transmit) > strings.Index(sent, placeholder) {
		t.Error("the cells came before the pixels")
	}
	end := strings.LastIndex(sent, leave)
	if end < 0 || strings.Count(sent[:end], remove) < 2 || strings.Contains(sent[end:], "\x1b_G") {
		t.Errorf("%d pictures were taken away before the screen was left", strings.Count(sent[:max(end, 0)], remove))
	}
}

func TestSixelsArePaintedAfterTheFrameThatHasRoomForThem(t *testing.T) {
	const begin = "\x1bP0;1"
	sent := picturesOn(t, "\x1b[6;18;9t\x1b[?62;4c", begin)
	if strings.Index(sent, begin) < strings.Index(sent, "orange sky") {
		t.Error("it was painted before the frame with its place")
	}
	if strings.Contains(sent, "\U0010eeee") {
		t.Error("a terminal for sixels was sent placeholders")
	}
}

func TestATerminalThatAnswersNothingGetsCharacters(t *testing.T) {
	sent := picturesOn(t, "", "▀")
	if strings.Contains(sent, "\x1b_Ga=T") || strings.Contains(sent, "\x1bP0") {
		t.Error("it was sent pixels")
	}
}

// However many pictures are scrolled past, their memory stays bounded, and what is on
// the window stays.
func TestTheMemoryOfPicturesIsBounded(t *testing.T) {
	p := newPictures(graphics.Blocks, graphics.NewCanvas(io.Discard), nil)
	wide := strings.Repeat("x", 10_000)
	var shown []drawing
	for i := range 5000 {
		p.mark = p.use // a new view
		var blob protocol.BlobID
		blob[0], blob[1], blob[2] = byte(i), byte(i>>8), 1
		d := drawing{blob: blob, cols: 60, rows: 12, mode: graphics.Blocks}
		if shown = append(shown, d); len(shown) > 3 {
			shown = shown[1:]
		}
		p.use++
		p.have[d] = &drawn{used: p.use}
		for _, d := range shown {
			if _, ok := p.get(d); !ok {
				t.Fatalf("after %d pictures one that is shown is gone", i)
			}
		}
		lines := make([]string, 12)
		for n := range lines {
			lines[n] = wide
		}
		p.took(pictureDrawnMsg{drawing: d, lines: lines, coarse: image.NewRGBA(image.Rect(0, 0, 12, 12))})
		if p.size > maxDrawn || len(p.coarse) > maxCoarse {
			t.Fatalf("after %d pictures they take %d bytes, and %d blurs", i, p.size, len(p.coarse))
		}
	}
	sum := 0
	for _, it := range p.have {
		sum += perDrawn
		for _, l := range it.lines {
			sum += len(l)
		}
	}
	if sum != p.size || sum < maxDrawn/2 {
		t.Errorf("they take %d bytes, and %d are counted", sum, p.size)
	}
}

// A picture of two megapixels, as a phone's photo comes out of [picture.Prepare].
func photo(b *testing.B) []byte {
	b.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 1600, 1200))
	for y := range 1200 {
		for x := range 1600 {
			m.Set(x, y, color.RGBA{uint8(x*y>>9) ^ uint8(x), uint8(y >> 2), uint8(x >> 3), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		b.Fatal(err)
	}
	p, err := picture.Prepare(&out)
	if err != nil {
		b.Fatal(err)
	}
	return p.Bytes
}

// BenchmarkDecode is what a picture costs before it can be drawn, off the update loop.
func BenchmarkDecode(b *testing.B) {
	bytes := photo(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(bytes)))
	for b.Loop() {
		if _, err := picture.Decode(bytes); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDraw is what a decoded picture costs on its way to the terminal: scaled and
// encoded for 72 x 22 cells.
func BenchmarkDraw(b *testing.B) {
	m, err := picture.Decode(photo(b))
	if err != nil {
		b.Fatal(err)
	}
	for _, mode := range []graphics.Mode{graphics.Kitty, graphics.Sixel, graphics.ITerm, graphics.Blocks} {
		b.Run(mode.String(), func(b *testing.B) {
			c := graphics.NewCanvas(io.Discard)
			c.SetMode(mode, 256)
			d := drawing{mode: mode, dark: true, cell: graphics.DefaultCell, cols: 72, rows: 22, profile: 4}
			d.cols, d.rows, d.pixels = graphics.Fit(1600, 1200, 72, 22, d.cell)
			b.ReportAllocs()
			for b.Loop() {
				id := graphics.FirstID
				if !mode.Real() {
					id = 0
				}
				if msg := d.draw(m, c, id); msg.err != nil {
					b.Fatal(msg.err)
				}
			}
		})
	}
}
