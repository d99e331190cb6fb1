package halfblock

import (
	"image"
	"image/color"
	"math"
	"strconv"
)

// palette16 are the 16 colours as xterm has them. People redefine them, so a
// picture in 16 colours is a guess.
var palette16 = color.Palette{
	color.RGBA{0, 0, 0, 255},
	color.RGBA{205, 0, 0, 255},
	color.RGBA{0, 205, 0, 255},
	color.RGBA{205, 205, 0, 255},
	color.RGBA{0, 0, 238, 255},
	color.RGBA{205, 0, 205, 255},
	color.RGBA{0, 205, 205, 255},
	color.RGBA{229, 229, 229, 255},
	color.RGBA{127, 127, 127, 255},
	color.RGBA{255, 0, 0, 255},
	color.RGBA{0, 255, 0, 255},
	color.RGBA{255, 255, 0, 255},
	color.RGBA{92, 92, 255, 255},
	color.RGBA{255, 0, 255, 255},
	color.RGBA{0, 255, 255, 255},
	color.RGBA{255, 255, 255, 255},
}

// palette256 are the colours 16 to 255, which nobody redefines: a cube of 6
// levels and 24 grays.
var palette256 = func() color.Palette {
	var p color.Palette
	levels := [6]uint8{0, 95, 135, 175, 215, 255}
	for _, r := range levels {
		for _, g := range levels {
			for _, b := range levels {
				p = append(p, color.RGBA{r, g, b, 255})
			}
		}
	}
	for i := range uint8(24) {
		p = append(p, color.RGBA{8 + 10*i, 8 + 10*i, 8 + 10*i, 255})
	}
	return p
}()

// quantize finds a palette's nearest colours and hands a part of what each pixel
// misses on to its neighbours (Floyd-Steinberg). All of it gives the truest
// mean, and in 16 colours something to see at all; in 256, half of it keeps
// flat areas flat. Pixels of the background's colour stay out of it.
func quantize(m *image.RGBA, p color.Palette, background color.Color) indexed {
	part := 1.0
	if len(p) > 16 {
		part = 0.5
	}
	out := image.NewPaletted(m.Rect, p)
	plain, w := color.RGBAModel.Convert(background), m.Rect.Dx()
	errs, next := make([]rgb, w+2), make([]rgb, w+2) // one pixel of margin on each side
	for y := range m.Rect.Dy() {
		clear(next)
		for x := range w {
			c := m.RGBAAt(x, y)
			want := rgb{float64(c.R), float64(c.G), float64(c.B)}
			if c != plain {
				want.add(errs[x+1], 1)
				want.clamp() // what no colour can make up for is not handed on for ever
			}
			i, missed := nearest(p, want)
			out.SetColorIndex(x, y, uint8(i))
			if c != plain {
				errs[x+2].add(missed, part*7/16)
				next[x].add(missed, part*3/16)
				next[x+1].add(missed, part*5/16)
				next[x+2].add(missed, part*1/16)
			}
		}
		errs, next = next, errs
	}
	return indexed{out}
}

type rgb [3]float64

func (c *rgb) add(d rgb, part float64) {
	for i := range c {
		c[i] += d[i] * part
	}
}

func (c *rgb) clamp() {
	for i, v := range c {
		c[i] = min(max(v, 0), 255)
	}
}

// nearest is the palette's colour nearest to c, and what c has more than it.
func nearest(p color.Palette, c rgb) (index int, missed rgb) {
	best := math.Inf(1)
	for i := range p {
		q := p[i].(color.RGBA)
		d := rgb{c[0] - float64(q.R), c[1] - float64(q.G), c[2] - float64(q.B)}
		if sum := d[0]*d[0] + d[1]*d[1] + d[2]*d[2]; sum < best {
			best, index, missed = sum, i, d
		}
	}
	return index, missed
}

type indexed struct{ m *image.Paletted }

func (i indexed) size() image.Point { return i.m.Rect.Size() }

func (i indexed) at(x, y int) int { return int(i.m.ColorIndexAt(x, y)) }

func (i indexed) appendSGR(b []byte, n, base int) []byte {
	switch {
	case len(i.m.Palette) > 16:
		b = strconv.AppendInt(b, int64(base+8), 10)
		b = append(b, ";5;"...)
		return strconv.AppendInt(b, int64(n+16), 10)
	case n < 8:
		return strconv.AppendInt(b, int64(base+n), 10)
	}
	return strconv.AppendInt(b, int64(base+60+n-8), 10) // the bright ones
}

// ramp goes from dark to light on a dark background.
const ramp = " .:-=+*#%@"

// characters draws one pixel as one character.
func characters(m *image.RGBA, background color.Color) []string {
	lines := make([]string, m.Rect.Dy())
	inverted := luminance(background) > 127
	b := make([]byte, m.Rect.Dx())
	for y := range lines {
		for x := range b {
			l := luminance(m.RGBAAt(x, y))
			if inverted {
				l = 255 - l
			}
			b[x] = ramp[l*len(ramp)/256]
		}
		lines[y] = string(b)
	}
	return lines
}

func luminance(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }
