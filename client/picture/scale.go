package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// shrink returns m with at most side pixels on its longer side, as 8-bit
// premultiplied RGBA (in which a fully transparent pixel has no colour). A
// smaller picture keeps its size.
func shrink(m image.Image, side int) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	longer := max(w, h)
	if longer <= side {
		out := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Copy(out, image.Point{}, m, m.Bounds(), draw.Src, nil)
		return out
	}
	// The kernel keeps 32 bytes for each source row and target column, which is
	// 400 MB for the largest square source. What is at least three times too
	// large is therefore averaged down to between 1.5 and 3 times first, which
	// nobody can tell from the result.
	if k := longer * 2 / (3 * side); k > 1 {
		m = average(m, k)
	}
	to := func(n int) int { return max(1, int((int64(n)*int64(side)+int64(longer)/2)/int64(longer))) }
	target := image.Rect(0, 0, to(w), to(h))
	out := image.NewRGBA(target)
	draw.CatmullRom.Scale(out, target, m, m.Bounds(), draw.Src, nil)
	return out
}

// average makes one pixel of each k x k pixels of m, or of what the right and
// lower edges leave of them.
func average(m image.Image, k int) image.Image {
	src, ok := m.(image.RGBA64Image)
	if !ok {
		return m // no decoder makes such a picture; the kernel can do it all
	}
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			block := image.Rect(0, 0, k, k).Add(b.Min).Add(image.Pt(x*k, y*k)).Intersect(b)
			out.SetRGBA(x, y, mean(src, block))
		}
	}
	return out
}

func mean(m image.RGBA64Image, block image.Rectangle) color.RGBA {
	var r, g, b, a uint64
	for y := block.Min.Y; y < block.Max.Y; y++ {
		for x := block.Min.X; x < block.Max.X; x++ {
			c := m.RGBA64At(x, y)
			r, g, b, a = r+uint64(c.R), g+uint64(c.G), b+uint64(c.B), a+uint64(c.A)
		}
	}
	n := uint64(block.Dx()*block.Dy()) << 8
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), uint8(a / n)}
}

// turns says how each EXIF orientation is undone: whether rows become columns,
// then from which side columns and rows are read.
var turns = [9]struct{ swap, fromRight, fromBelow bool }{
	2: {fromRight: true},
	3: {fromRight: true, fromBelow: true},
	4: {fromBelow: true},
	5: {swap: true},
	6: {swap: true, fromBelow: true},
	7: {swap: true, fromRight: true, fromBelow: true},
	8: {swap: true, fromRight: true},
}

// orient turns m, stored in the given EXIF orientation (1 to 8), upright.
func orient(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return m
	}
	t := turns[orientation]
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if t.swap {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sx, sy := x, y
			if t.swap {
				sx, sy = y, x
			}
			if t.fromRight {
				sx = w - 1 - sx
			}
			if t.fromBelow {
				sy = h - 1 - sy
			}
			out.SetRGBA(x, y, m.RGBAAt(sx, sy))
		}
	}
	return out
}
