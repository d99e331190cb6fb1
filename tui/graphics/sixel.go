package graphics

import (
	"image"
	"image/color"
	"strconv"
)

// band is how many rows of pixels one row of sixels holds.
const band = 6

// encodeSixel writes the part r of a picture as a sixel sequence. Pixels that are not
// written (there are none in the picture, but below its last row) stay as they are.
//
// Each band is written once for each of its colours, as wide as that colour reaches in
// it, with runs of equal sixels counted.
//
// Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
func encodeSixel(m *image.Paletted, r image.Rectangle) string {
	r = r.Intersect(m.Rect)
	b := make([]byte, 0, r.Dx()*r.Dy()/2+len(m.Palette)*20)
	b = append(b, "\x1bP0;1q\"1;1;"...)
	b = strconv.AppendInt(b, int64(r.Dx()), 10)
	b = append(b, ';')
	b = strconv.AppendInt(b, int64(r.Dy()), 10)
	for i, c := range m.Palette {
		b = appendRegister(b, i, c)
	}
	e := sixels{width: r.Dx(), bits: make([]byte, len(m.Palette)*r.Dx()), from: make([]int, len(m.Palette)), to: make([]int, len(m.Palette))}
	for y := r.Min.Y; y < r.Max.Y; y += band {
		e.gather(m, r, y)
		b = e.write(b)
		b = append(b, '-')
	}
	return string(append(b, "\x1b\\"...))
}

// appendRegister sets a colour register, in percents of red, green and blue.
func appendRegister(b []byte, i int, c color.Color) []byte {
	b = append(b, '#')
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, ";2"...)
	red, green, blue, _ := c.RGBA()
	for _, v := range []uint32{red, green, blue} {
		b = append(b, ';')
		b = strconv.AppendUint(b, uint64(v*100+0x7fff)/0xffff, 10)
	}
	return b
}

// sixels is one band, a row of bits for each colour.
type sixels struct {
	width    int
	bits     []byte
	from, to []int // of each colour; to is 0 if the band does not have it
}

func (e *sixels) gather(m *image.Paletted, r image.Rectangle, y int) {
	clear(e.bits)
	clear(e.to)
	for dy := 0; dy < band && y+dy < r.Max.Y; dy++ {
		row := m.Pix[m.PixOffset(r.Min.X, y+dy):][:e.width]
		for x, c := range row {
			e.bits[int(c)*e.width+x] |= 1 << dy
			if e.to[c] == 0 || x < e.from[c] {
				e.from[c] = x
			}
			e.to[c] = max(e.to[c], x+1)
		}
	}
}

func (e *sixels) write(b []byte) []byte {
	first := true
	for c, to := range e.to {
		if to == 0 {
			continue
		}
		if !first {
			b = append(b, '$')
		}
		first = false
		b = append(b, '#')
		b = strconv.AppendInt(b, int64(c), 10)
		b = appendRun(b, 0, e.from[c])
		row := e.bits[c*e.width:][:to]
		for x := e.from[c]; x < to; {
			end := x + 1
			for end < to && row[end] == row[x] {
				end++
			}
			b = appendRun(b, row[x], end-x)
			x = end
		}
	}
	return b
}

// appendRun appends n equal sixels.
func appendRun(b []byte, bits byte, n int) []byte {
	if n > 3 {
		b = append(b, '!')
		b = strconv.AppendInt(b, int64(n), 10)
		n = 1
	}
	for range n {
		b = append(b, '?'+bits)
	}
	return b
}
