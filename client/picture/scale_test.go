package picture

import (
	"fmt"
	"image"
	"image/color"
	"testing"
)

func TestScalingKeepsEveryColourInItsPlace(t *testing.T) {
	for _, tt := range []struct{ w, h, side, wantW, wantH int }{
		{90, 60, 100, 90, 60}, // small enough
		{101, 60, 100, 100, 59},
		{200, 150, 100, 100, 75},
		{150, 200, 100, 75, 100},
		{310, 200, 100, 100, 65}, // averages of 2 x 2 first
		{1000, 700, 100, 100, 70},
		{997, 701, 100, 100, 70}, // 6 does not divide it
	} {
		t.Run(fmt.Sprintf("%dx%d", tt.w, tt.h), func(t *testing.T) {
			src := image.NewNRGBA(image.Rect(7, 9, 7+tt.w, 9+tt.h)) // bounds need not start at 0
			ramp := func(n, of int) uint8 { return uint8(20 + 200*n/of) }
			for y := range tt.h {
				for x := range tt.w {
					src.SetNRGBA(7+x, 9+y, color.NRGBA{ramp(x, tt.w), ramp(y, tt.h), 90, 255})
				}
			}
			m := shrink(src, tt.side)
			if m.Rect != image.Rect(0, 0, tt.wantW, tt.wantH) {
				t.Fatalf("became %v; want %d x %d", m.Rect, tt.wantW, tt.wantH)
			}
			if !m.Opaque() {
				t.Error("an opaque picture became transparent")
			}
			for y := range tt.wantH {
				for x := range tt.wantW {
					c := m.RGBAAt(x, y)
					for _, d := range []int{int(c.R) - int(ramp(x, tt.wantW)), int(c.G) - int(ramp(y, tt.wantH)), int(c.B) - 90} {
						if d < -6 || d > 6 {
							t.Fatalf("the pixel at %d,%d is %v", x, y, c)
						}
					}
				}
			}
		})
	}
}
