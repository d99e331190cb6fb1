package tui

import (
	"image"
	"image/color"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/image/draw"

	"p4p/protocol"
	"p4p/tui/halfblock"
)

// A picture that was decoded before, in whatever size, is shown blurred until it is
// ready in the size that is wanted. There is nothing to blur when it comes for the
// first time: a box of its size stands there then.
const (
	coarseSide = 12  // pixels, of the longer side
	maxCoarse  = 500 // pictures, about half a kilobyte each
)

// coarseOf is a picture in a few pixels.
func coarseOf(m image.Image, background color.Color) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	long := max(w, h, 1)
	return halfblock.Scale(m, max(1, w*coarseSide/long), max(1, h*coarseSide/long), background)
}

func (p *pictures) keepCoarse(blob protocol.BlobID, m *image.RGBA) {
	if len(p.coarse) >= maxCoarse {
		clear(p.coarse)
	}
	p.coarse[blob] = m
}

// blurred is a picture before it is ready, or nil.
func (u *ui) blurred(d drawing) []string {
	m := u.pictures.coarse[d.blob]
	if m == nil || u.profile < colorprofile.ANSI256 {
		return nil
	}
	soft := image.NewRGBA(image.Rect(0, 0, d.cols, 2*d.rows))
	draw.CatmullRom.Scale(soft, soft.Rect, m, m.Rect, draw.Src, nil)
	lines := halfblock.Render(soft, d.cols, d.rows, u.profile, d.background())
	if len(lines) != d.rows {
		return nil
	}
	return lines
}
