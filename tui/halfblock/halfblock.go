// Package halfblock draws pictures with terminal cells: each cell is an upper
// half block (▀) whose foreground is one pixel and whose background is the one
// below it. Where there is no colour, a cell is a character of a ramp from dark
// to light.
//
// It knows nothing of terminals but the colours that one has: the lines are
// plain strings of one width, which hold nothing but these characters and SGR
// sequences, and leave no colour behind.
package halfblock

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/image/draw"
)

// Size is how many cells a picture of w x h pixels takes of maxCols x maxRows:
// as many as fit, at most one column for each pixel, in the picture's own shape
// (a cell counts as twice as tall as it is wide), and at least one. It is 0, 0 if
// there is no picture or no room.
func Size(w, h, maxCols, maxRows int) (cols, rows int) {
	if w < 1 || h < 1 || maxCols < 1 || maxRows < 1 {
		return 0, 0
	}
	scale := min(1, float64(maxCols)/float64(w), 2*float64(maxRows)/float64(h))
	fit := func(n float64, most int) int { return min(max(1, int(math.Round(n))), most) }
	return fit(float64(w)*scale, maxCols), fit(float64(h)*scale/2, maxRows)
}

// Render draws m into at most maxCols x maxRows cells, in the size that [Size]
// tells. Transparent pixels show the background, nil being black; without colour
// it also decides whether the ramp's dense characters are the light ones (on a
// dark background) or the dark ones.
//
// The profiles TrueColor, ANSI256 and ANSI give colours, all others none and no
// escape sequences. A line that has colours ends with a reset. The result is nil
// if there is no picture or no room. Draw a picture once and keep the lines: it
// takes milliseconds.
func Render(m image.Image, maxCols, maxRows int, p colorprofile.Profile, background color.Color) []string {
	if m == nil {
		return nil
	}
	cols, rows := Size(m.Bounds().Dx(), m.Bounds().Dy(), maxCols, maxRows)
	if cols == 0 {
		return nil
	}
	if background == nil {
		background = color.Black
	}
	switch p {
	case colorprofile.TrueColor:
		return blocks(trueColours{Scale(m, cols, 2*rows, background)}, rows)
	case colorprofile.ANSI256:
		return blocks(quantize(Scale(m, cols, 2*rows, background), palette256, background), rows)
	case colorprofile.ANSI:
		return blocks(quantize(Scale(m, cols, 2*rows, background), palette16, background), rows)
	default:
		return characters(Scale(m, cols, rows, background), background)
	}
}

// box averages the source pixels under each target pixel: the fastest kernel
// that leaves none out.
var box = &draw.Kernel{Support: 0.5, At: func(float64) float64 { return 1 }}

// oversampling is how many samples a pixel is averaged from, each way. Of larger
// sources the others are passed over, so that drawing takes the same time for
// pictures of every size.
const oversampling = 8

// Scale makes m opaque, on background, and w x h pixels large.
func Scale(m image.Image, w, h int, background color.Color) *image.RGBA {
	if m.Bounds().Dx() > oversampling*w && m.Bounds().Dy() > oversampling*h {
		samples := image.NewRGBA(image.Rect(0, 0, oversampling*w, oversampling*h))
		draw.ApproxBiLinear.Scale(samples, samples.Rect, m, m.Bounds(), draw.Src, nil)
		m = samples
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(background), image.Point{}, draw.Src)
	if w > m.Bounds().Dx() || h > m.Bounds().Dy() {
		draw.CatmullRom.Scale(out, out.Rect, m, m.Bounds(), draw.Over, nil)
		return out
	}
	box.Scale(out, out.Rect, m, m.Bounds(), draw.Over, nil)
	return out
}

// pixels are a picture's colours as a terminal names them.
type pixels interface {
	size() image.Point
	// at is a number that is the same for the same colour.
	at(x, y int) int
	// appendSGR appends the parameters that select colour n for the foreground (base
	// 30) or background (base 40).
	appendSGR(b []byte, n, base int) []byte
}

// blocks draws two rows of pixels in each line.
func blocks(p pixels, rows int) []string {
	lines := make([]string, rows)
	var b []byte
	for row := range lines {
		b = b[:0]
		fg, bg := -1, -1
		for x := range p.size().X {
			upper, lower := p.at(x, 2*row), p.at(x, 2*row+1)
			if upper != fg || lower != bg {
				b = append(b, "\x1b["...)
				if upper != fg {
					b = p.appendSGR(b, upper, 30)
				}
				if upper != fg && lower != bg {
					b = append(b, ';')
				}
				if lower != bg {
					b = p.appendSGR(b, lower, 40)
				}
				b = append(b, 'm')
				fg, bg = upper, lower
			}
			b = append(b, "▀"...)
		}
		lines[row] = string(append(b, "\x1b[m"...))
	}
	return lines
}

type trueColours struct{ m *image.RGBA }

func (t trueColours) size() image.Point { return t.m.Rect.Size() }

func (t trueColours) at(x, y int) int {
	c := t.m.RGBAAt(x, y)
	return int(c.R)<<16 | int(c.G)<<8 | int(c.B)
}

func (trueColours) appendSGR(b []byte, n, base int) []byte {
	b = strconv.AppendInt(b, int64(base+8), 10)
	b = append(b, ";2"...)
	for _, shift := range []int{16, 8, 0} {
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(n>>shift&255), 10)
	}
	return b
}
