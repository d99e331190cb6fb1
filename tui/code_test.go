package tui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"p4p/qr"
)

// paint draws the screen's cells as a terminal does, with its own default colours.
func (t *terminal) paint(fg, bg color.Color) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	const cw, ch = 8, 16
	m := image.NewRGBA(image.Rect(0, 0, 80*cw, 24*ch))
	for y := range 24 {
		for x := range 80 {
			f, b := fg, bg
			upper, lower := b, b
			if c := t.e.CellAt(x, y); c != nil {
				if c.Style.Fg != nil {
					f = c.Style.Fg
				}
				if c.Style.Bg != nil {
					b = c.Style.Bg
				}
				upper, lower = b, b
				switch {
				case c.Content == "▀":
					upper = f
				case strings.TrimSpace(c.Content) != "":
					lower = f // some ink
				}
			}
			for py := range ch {
				for px := range cw {
					if py < ch/2 {
						m.Set(x*cw+px, y*ch+py, upper)
					} else {
						m.Set(x*cw+px, y*ch+py, lower)
					}
				}
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// The whole program draws an invite, without colours by its user's wish, into a
// terminal of 80x24; what that terminal shows is read by a QR decoder.
func TestACodeOnTheScreenIsReadFromDarkAndLightTerminals(t *testing.T) {
	for _, loopback := range []bool{false, true} {
		out := newTerminal(t)
		in, keys := io.Pipe()
		f := lively()
		f.loopback, f.now = loopback, time.Now
		var dark, light []byte
		go func() {
			out.await("Who else is out there")
			_, _ = keys.Write([]byte("i"))
			out.await("Who is it for?")
			_, _ = keys.Write([]byte("Bob\r"))
			out.await("save PNG")
			dark, light = out.paint(color.White, color.Black), out.paint(color.Black, color.White)
			_, _ = keys.Write([]byte("\x03"))
		}()
		if err := runIn(t, Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env}); err != nil {
			t.Fatal(err)
		}
		for name, picture := range map[string][]byte{"dark": dark, "light": light} {
			got, err := qr.Decode(bytes.NewReader(picture))
			if err != nil || got != aLink(loopback).QR() {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if m, err := png.Decode(bytes.NewReader(dark)); err != nil {
			t.Error(err)
		} else if r, _, _, _ := m.At(45*8-4, 23*16-4).RGBA(); r < 0xf000 {
			t.Error("the quiet zone ends before its last cell")
		}
	}
}
