package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"
)

// grain is a picture that compresses badly.
func grain(w, h int, opaque bool) *image.RGBA {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i+3] = byte(r.IntN(256))
		if opaque {
			m.Pix[i+3] = 255
		}
		for j := range 3 {
			m.Pix[i+j] = byte(r.IntN(int(m.Pix[i+3]) + 1))
		}
	}
	return m
}

func TestAPhotoThatIsTooLargeLosesQualityAndKeepsItsSize(t *testing.T) {
	m := grain(100, 80, true)
	limit := 1 << 20
	for range 4 {
		b, err := encode(m, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > limit {
			t.Errorf("%d bytes; the limit was %d", len(b), limit)
		}
		limit = len(b) - 1
		if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 100 || c.Height != 80 {
			t.Errorf("became %d x %d, %v", c.Width, c.Height, err)
		}
	}
	if b, err := encode(m, 100); err == nil {
		t.Errorf("fits into 100 bytes: %d", len(b))
	}
}

func TestATransparentPictureThatIsTooLargeShrinksAndStaysTransparent(t *testing.T) {
	b, err := encode(grain(100, 80, false), 20000)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 20000 || m.Bounds().Size() != image.Pt(75, 60) {
		t.Errorf("%d bytes, %v; want at most 20,000 and 75 x 60", len(b), m.Bounds().Size())
	}
	if m.(interface{ Opaque() bool }).Opaque() {
		t.Error("the transparency is gone")
	}
	if b, err := encode(grain(10, 8, false), 10); err == nil {
		t.Errorf("fits into 10 bytes: %d", len(b))
	}
}

func TestTheLargestAndWorstPictureFits(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes 2.5 megapixels several times")
	}
	if b, err := encode(grain(MaxSide, MaxSide, true), 4<<20); err != nil || len(b) > 4<<20 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestADrawingWithAFewColoursGetsAPaletteAndLosesNothing(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for i := range m.Pix {
		m.Pix[i] = []byte{0, 80, 160, 240}[i/4/7%4]
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	b, err := encode(m, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := got.(*image.Paletted); !ok || len(p.Palette) != 4 {
		t.Errorf("decoded as %T", got)
	}
	for y := range 100 {
		for x := range 200 {
			r, g, bl, a := got.At(x, y).RGBA()
			r2, g2, b2, a2 := m.At(x, y).RGBA()
			if r != r2 || g != g2 || bl != b2 || a != a2 {
				t.Fatalf("the pixel at %d,%d is %v; want %v", x, y, got.At(x, y), m.At(x, y))
			}
		}
	}
}
