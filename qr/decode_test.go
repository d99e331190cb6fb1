package qr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPicturesAsPeopleSendThemAreRead(t *testing.T) {
	code := mustEncode(t, sample)
	plainCode := grayPicture(t, code, 8)
	tests := []struct {
		what    string
		picture func() image.Image
		quality int // of a JPEG; 0: a PNG
	}{
		{"a screenshot saved as a poor JPEG", func() image.Image { return plainCode }, 10},
		{"a code cut out without its quiet zone", func() image.Image {
			return plainCode.SubImage(plainCode.Rect.Inset(4 * 8))
		}, 0},
		{"a code with one pixel a module", func() image.Image { return grayPicture(t, code, 1) }, 0},
		{"an inverted code", func() image.Image { return inverted(plainCode) }, 0},
		{"an inverted code without its quiet zone", func() image.Image {
			return inverted(plainCode.SubImage(plainCode.Rect.Inset(4 * 8)).(*image.Gray))
		}, 0},
		{"a mirrored code", func() image.Image { return mirrored(plainCode) }, 0},
		{"a code on its side", func() image.Image { return photo(plainCode, 900, 900, 1, math.Pi/2, 0) }, 0},
		{"a code on a transparent ground", func() image.Image { return transparent(plainCode) }, 0},
		{"a tilted photo with noise and a shadow", func() image.Image { return photo(plainCode, 1600, 1200, 2, 0.2, 25) }, 50},
		{"a small code in a large photo", func() image.Image { return photo(plainCode, 4000, 3000, 0.7, -0.1, 10) }, 80},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			if got, err := Decode(bytes.NewReader(encoded(t, test.picture(), test.quality))); got != sample || err != nil {
				t.Errorf("it reads %q, %v", got, err)
			}
		})
	}
}

func TestTwoCodesInAPictureAreOneTooMany(t *testing.T) {
	first := grayPicture(t, mustEncode(t, sample), 5)
	second := grayPicture(t, mustEncode(t, strings.Replace(sample, "P4P", "EVIL", 1)), 5)
	if _, err := Decode(bytes.NewReader(encoded(t, beside(first, second), 0))); !errors.Is(err, ErrSeveral) {
		t.Errorf("two codes give %v", err)
	}
	if got, err := Decode(bytes.NewReader(encoded(t, beside(first, first), 0))); got != sample || err != nil {
		t.Errorf("the same code twice reads %q, %v", got, err)
	}
}

func TestHostilePicturesAreRefusedWithASentence(t *testing.T) {
	whole := pngOf(t, mustEncode(t, sample), 8)
	photo := encoded(t, grayPicture(t, mustEncode(t, sample), 8), 90)
	huge := pngHeader(50_000, 50_000)
	tests := []struct {
		what    string
		picture []byte
		want    error
	}{
		{"a file of 0 bytes", nil, ErrNotAPicture},
		{"a text", []byte("HTTPS://P4P.EXAMPLE.ORG/"), ErrNotAPicture},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), ErrNotAPicture},
		{"an SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), ErrNotAPicture},
		{"the header of a PNG of 50,000 x 50,000 pixels", huge, ErrTooLarge},
		{"a PNG header that is negative as a number of 32 bits", pngHeader(0x80000001, 1), ErrDamaged},
		{"a PNG without pixels", pngHeader(0, 0), ErrDamaged},
		{"the first bytes of a PNG", whole[:8], ErrDamaged},
		{"a PNG that ends early", whole[:len(whole)/2], ErrDamaged},
		{"the first bytes of a JPEG", photo[:3], ErrDamaged},
		{"a JPEG that ends early", photo[:len(photo)/2], ErrDamaged},
		{"a file of 21 MB", append(bytes.Clone(whole), make([]byte, 21<<20)...), ErrTooLarge},
		{"a white picture", encoded(t, beside(blank(200, 200), blank(200, 200)), 0), ErrNoCode},
		{"one pixel", encoded(t, blank(1, 1), 0), ErrNoCode},
		{"a picture one pixel high", encoded(t, blank(5000, 1), 0), ErrNoCode},
		{"noise", encoded(t, noise(700, 500), 0), ErrNoCode},
		{"a picture full of corners of codes", encoded(t, corners(1200), 0), ErrNoCode},
		{"half a code", encoded(t, grayPicture(t, mustEncode(t, sample), 8).SubImage(image.Rect(0, 0, 360, 180)), 0), ErrNoCode},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			if got, err := Decode(bytes.NewReader(test.picture)); !errors.Is(err, test.want) || got != "" {
				t.Errorf("it reads %q, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestAReaderThatFailsIsNotABadPicture(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := Decode(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the reader's error is lost: %v", err)
	}
}

func TestNotMoreIsReadThanAPictureMayHave(t *testing.T) {
	endless := &counter{}
	if _, err := Decode(endless); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an endless file gives %v", err)
	}
	if endless.n > 2*MaxPictureBytes {
		t.Errorf("%d bytes of an endless file were read", endless.n)
	}
}

func TestRandomModulesBetweenTrueCornersReadNothing(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 6))
	for range 6 {
		code := Code{size: 21 + dice.IntN(40)}
		code.dark = make([]bool, code.size*code.size)
		for i := range code.dark {
			code.dark[i] = dice.IntN(2) == 0
		}
		for _, corner := range []image.Point{{0, 0}, {code.size - 7, 0}, {0, code.size - 7}} {
			for y := range 7 {
				for x := range 7 {
					ring := max(abs(x-3), abs(y-3))
					code.dark[(corner.Y+y)*code.size+corner.X+x] = ring != 2
				}
			}
		}
		if got, err := Decode(bytes.NewReader(pngOf(t, code, 4))); !errors.Is(err, ErrNoCode) {
			t.Fatalf("random modules read %q, %v", got, err)
		}
	}
}

type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

var _ io.Reader = (*counter)(nil)

func grayPicture(t testing.TB, code Code, pixels int) *image.Gray {
	img, err := png.Decode(bytes.NewReader(pngOf(t, code, pixels)))
	if err != nil {
		t.Fatal(err)
	}
	return grayOf(img)
}

func encoded(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if quality > 0 {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photo takes a picture of a picture: scaled, turned, on a grey table, in the light of a
// lamp on one side, with a sensor's noise.
func photo(g *image.Gray, width, height int, scale, angle float64, noise int) *image.YCbCr {
	dice := rand.New(rand.NewPCG(1, 2))
	out := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for i := range out.Cb {
		out.Cb[i], out.Cr[i] = 0x80, 0x80
	}
	sin, cos := math.Sincos(angle)
	middle := float64(g.Rect.Dx()) / 2
	for y := range height {
		for x := range width {
			dx, dy := float64(x-width/2)/scale, float64(y-height/2)/scale
			at := image.Pt(int(math.Floor(middle+cos*dx+sin*dy)), int(math.Floor(middle-sin*dx+cos*dy)))
			v := 120.0
			if at.In(g.Rect) {
				v = float64(g.GrayAt(at.X, at.Y).Y)
			}
			v = 30 + v*(0.8-0.4*float64(x)/float64(width))
			if noise > 0 {
				v += float64(dice.IntN(2*noise) - noise)
			}
			out.Y[y*out.YStride+x] = uint8(max(0, min(255, v)))
		}
	}
	return out
}

func inverted(g *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, g.Rect.Dx(), g.Rect.Dy()))
	draw.Draw(out, out.Rect, g, g.Rect.Min, draw.Src)
	for i := range out.Pix {
		out.Pix[i] = 0xff - out.Pix[i]
	}
	return out
}

func mirrored(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			out.SetGray(g.Rect.Dx()-1-x, y, g.GrayAt(x, y))
		}
	}
	return out
}

// transparent keeps the dark modules and nothing below them.
func transparent(g *image.Gray) *image.NRGBA {
	out := image.NewNRGBA(g.Rect)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			out.SetNRGBA(x, y, color.NRGBA{A: 0xff - g.GrayAt(x, y).Y})
		}
	}
	return out
}

func beside(left, right *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, left.Rect.Dx()+right.Rect.Dx(), max(left.Rect.Dy(), right.Rect.Dy())))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, left.Rect, left, image.Point{}, draw.Src)
	draw.Draw(out, right.Rect.Add(image.Pt(left.Rect.Dx(), 0)), right, image.Point{}, draw.Src)
	return out
}

func blank(width, height int) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, width, height))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	return out
}

func noise(width, height int) *image.Gray {
	dice := rand.New(rand.NewPCG(3, 4))
	out := image.NewGray(image.Rect(0, 0, width, height))
	for i := range out.Pix {
		out.Pix[i] = uint8(dice.Uint32())
	}
	return out
}

// corners fills a picture with finder patterns of two pixels a module.
func corners(side int) *image.Gray {
	out := blank(side, side)
	for y := range side {
		for x := range side {
			cellX, cellY := x%18/2, y%18/2
			if ring := max(abs(cellX-4), abs(cellY-4)); ring != 4 && ring != 2 {
				out.SetGray(x, y, color.Gray{})
			}
		}
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// pngHeader is a PNG that ends after its header.
func pngHeader(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}
