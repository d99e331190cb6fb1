package qr

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
)

// MaxPixelsPerModule bounds a PNG: the largest code is then 5,920 pixels wide.
const MaxPixelsPerModule = 32

// PNG writes the code as a picture of two colours, one bit a pixel. Eight pixels a
// module suit a screen, 16 and more paper. It takes 1 to [MaxPixelsPerModule].
func (c Code) PNG(w io.Writer, pixelsPerModule int) error {
	if pixelsPerModule < 1 || pixelsPerModule > MaxPixelsPerModule {
		return fmt.Errorf("A module of a QR code is drawn with 1 to %d pixels, not with %d.", MaxPixelsPerModule, pixelsPerModule)
	}
	side := c.size * pixelsPerModule
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		row := img.Pix[y*img.Stride : y*img.Stride+side]
		for x := range row {
			if c.at(x/pixelsPerModule, y/pixelsPerModule) {
				row[x] = 1
			}
		}
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(w, img)
}

// svgPixelsPerModule is the size at which an SVG is shown unless it is scaled.
const svgPixelsPerModule = 8

// SVG writes the code as a drawing in units of one module, sharp at any size.
func (c Code) SVG(w io.Writer) error {
	b := bufio.NewWriter(w)
	shown := c.size * svgPixelsPerModule
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges">`,
		shown, shown, c.size, c.size)
	fmt.Fprintf(b, `<path fill="#fff" d="M0 0h%dv%dh-%dz"/><path d="`, c.size, c.size, c.size)
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			from := x
			for x < c.size && c.at(x, y) {
				x++
			}
			if run := x - from; run > 0 {
				fmt.Fprintf(b, "M%d %dh%dv1h-%dz", from, y, run, run)
			}
		}
	}
	fmt.Fprintln(b, `"/></svg>`)
	return b.Flush()
}
