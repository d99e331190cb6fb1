package qr

import (
	"image"
	"image/draw"
)

// grayOf returns a picture's brightness, transparent parts on white, at (0, 0).
func grayOf(img image.Image) *image.Gray {
	bounds := img.Bounds()
	gray := image.NewGray(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	if photo, ok := img.(*image.YCbCr); ok { // its Y is the brightness
		for y := range gray.Rect.Max.Y {
			copy(gray.Pix[y*gray.Stride:][:gray.Stride], photo.Y[photo.YOffset(bounds.Min.X, bounds.Min.Y+y):])
		}
		return gray
	}
	draw.Draw(gray, gray.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(gray, gray.Rect, img, bounds.Min, draw.Over)
	return gray
}

// shrink makes a picture smaller by a whole factor. Each pixel is the mean of those that
// it stands for, which also takes away noise and moiré.
func shrink(g *image.Gray, factor int) *image.Gray {
	if factor == 1 {
		return g
	}
	small := image.NewGray(image.Rect(0, 0, g.Rect.Dx()/factor, g.Rect.Dy()/factor))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			sum := 0
			for dy := range factor {
				from := (y*factor+dy)*g.Stride + x*factor
				for _, v := range g.Pix[from : from+factor] {
					sum += int(v)
				}
			}
			small.Pix[y*small.Stride+x] = uint8(sum / (factor * factor))
		}
	}
	return small
}

// enlarge makes a picture larger by a whole factor.
func enlarge(g *image.Gray, factor int) *image.Gray {
	large := image.NewGray(image.Rect(0, 0, g.Rect.Dx()*factor, g.Rect.Dy()*factor))
	for y := range large.Rect.Dy() {
		for x := range large.Rect.Dx() {
			large.Pix[y*large.Stride+x] = g.Pix[y/factor*g.Stride+x/factor]
		}
	}
	return large
}

// framed returns a picture, inverted if asked for, with a white margin around it: a code
// that was cut out without its quiet zone gets one again.
func framed(g *image.Gray, inverted bool) *image.Gray {
	width, height := g.Rect.Dx(), g.Rect.Dy()
	margin := 8 + max(width, height)/20
	out := image.NewGray(image.Rect(0, 0, width+2*margin, height+2*margin))
	for i := range out.Pix {
		out.Pix[i] = 0xff
	}
	for y := range height {
		row := out.Pix[(y+margin)*out.Stride+margin:][:width]
		copy(row, g.Pix[y*g.Stride:])
		if inverted {
			for x, v := range row {
				row[x] = 0xff - v
			}
		}
	}
	return out
}
