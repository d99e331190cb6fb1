package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

const (
	quality    = 82   // of a JPEG, at first
	worse      = 12   // how much less the next try gets
	worst      = 10   // the least that is tried
	fewColours = 4096 // up to this many, a picture may be a drawing or a screenshot
)

// encode writes m as a JPEG or PNG of at most limit bytes.
func encode(m *image.RGBA, limit int) ([]byte, error) {
	if !m.Opaque() {
		return encodeTransparent(m, limit)
	}
	photo, err := encodeJPEG(m, limit)
	if err != nil {
		return nil, err
	}
	if colours := coloursOf(m); len(colours) <= fewColours {
		drawing, err := encodePNG(m, colours)
		if err != nil {
			return nil, err
		}
		if len(drawing) < len(photo) {
			return drawing, nil
		}
	}
	return photo, nil
}

// encodeTransparent never gives the transparency up: on a background of our
// choice, white writing could become invisible. What is too large shrinks
// instead, and fits at the latest when its raw pixels do.
func encodeTransparent(m *image.RGBA, limit int) ([]byte, error) {
	for side := max(m.Rect.Dx(), m.Rect.Dy()); side > 0; side = side * 3 / 4 {
		m = shrink(m, side)
		b, err := encodePNG(m, coloursOf(m))
		if err != nil || len(b) <= limit {
			return b, err
		}
	}
	return nil, fmt.Errorf("a PNG does not fit into %d bytes", limit)
}

func encodeJPEG(m *image.RGBA, limit int) ([]byte, error) {
	for q := quality; q >= worst; q -= worse {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: q}); err != nil {
			return nil, err
		}
		if b.Len() <= limit {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("a JPEG of %v does not fit into %d bytes", m.Rect.Size(), limit)
}

// encodePNG writes m with a palette where its colours fit one.
func encodePNG(m *image.RGBA, colours map[color.RGBA]int) ([]byte, error) {
	var src image.Image = m
	if len(colours) <= 256 {
		src = paletted(m, colours)
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, src); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// coloursOf numbers m's colours in the order of their first pixels. It stops
// when there are more than fewColours.
func coloursOf(m *image.RGBA) map[color.RGBA]int {
	colours := map[color.RGBA]int{}
	var last color.RGBA
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			if c == last && len(colours) > 0 {
				continue
			}
			if last = c; len(colours) > fewColours {
				return colours
			}
			if _, known := colours[c]; !known {
				colours[c] = len(colours)
			}
		}
	}
	return colours
}

func paletted(m *image.RGBA, colours map[color.RGBA]int) *image.Paletted {
	palette := make(color.Palette, len(colours))
	for c, i := range colours {
		palette[i] = c
	}
	out := image.NewPaletted(m.Rect, palette)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			out.SetColorIndex(x, y, uint8(colours[m.RGBAAt(x, y)]))
		}
	}
	return out
}
