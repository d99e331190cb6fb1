package picture_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"p4p/client/picture"
	"p4p/protocol"
)

func TestEveryKindOfPictureBecomesOneThatMayBeSent(t *testing.T) {
	red, blue := color.NRGBA{254, 0, 0, 255}, color.NRGBA{0, 0, 254, 255}
	for _, tt := range []struct {
		name  string
		b     []byte
		kind  string
		w, h  int
		at    image.Point
		looks color.Color
	}{
		{"JPEG photo", asJPEG(t, photo(300, 200)), "image/jpeg", 300, 200, image.Pt(299, 0), color.NRGBA{203, 4, 63, 255}},
		{"progressive JPEG", fixture(t, "progressive.jpg"), "", 17, 9, image.Point{}, nil},
		{"PNG photo", asPNG(t, photo(300, 200)), "image/jpeg", 300, 200, image.Pt(0, 199), color.NRGBA{4, 203, 43, 255}},
		{"PNG drawing", asPNG(t, drawing(300, 200)), "image/png", 300, 200, image.Pt(10, 1), color.NRGBA{200, 30, 30, 255}},
		{"16-bit PNG", asPNG(t, image.NewNRGBA64(image.Rect(0, 0, 30, 20))), "image/png", 30, 20, image.Pt(1, 1), color.Transparent},
		{"gray PNG", asPNG(t, image.NewGray(image.Rect(0, 0, 30, 20))), "image/png", 30, 20, image.Pt(1, 1), color.Black},
		{"GIF", asGIF(t, drawing(90, 80)), "image/png", 90, 80, image.Pt(10, 1), color.NRGBA{200, 30, 30, 255}},
		{"lossy WebP", fixture(t, "lossy.webp"), "", 24, 16, image.Pt(12, 0), red},
		{"lossy WebP's other side", fixture(t, "lossy.webp"), "", 24, 16, image.Pt(12, 15), blue},
		{"lossless WebP with transparency", fixture(t, "alpha.webp"), "image/png", 10, 6, image.Pt(9, 3), color.Transparent},
		{"lossy WebP with transparency", fixture(t, "lossyalpha.webp"), "image/png", 10, 6, image.Pt(1, 3), red},
		{"JPEG with other pictures and a film behind its end", append(asJPEG(t, photo(30, 20)), append(asJPEG(t, photo(5, 5)), "ftypmp42"...)...), "", 30, 20, image.Point{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, m := prepare(t, tt.b)
			if tt.kind != "" && p.Type != tt.kind || p.Width != tt.w || p.Height != tt.h {
				t.Errorf("became %s %d x %d; want %s %d x %d", p.Type, p.Width, p.Height, tt.kind, tt.w, tt.h)
			}
			if tt.looks != nil && !near(m.At(tt.at.X, tt.at.Y), tt.looks) {
				t.Errorf("the pixel at %v is %v; want %v", tt.at, m.At(tt.at.X, tt.at.Y), tt.looks)
			}
		})
	}
}

func TestLargePicturesShrinkAndKeepTheirShape(t *testing.T) {
	for _, tt := range []struct{ w, h, wantW, wantH int }{
		{1600, 120, 1600, 120},
		{1601, 120, 1600, 120},
		{2000, 150, 1600, 120},
		{150, 2000, 120, 1600},
		{5000, 10, 1600, 3}, // by averages first
		{6400, 1, 1600, 1},
		{1, 6400, 1, 1600},
		{20, 10, 20, 10},
		{1, 1, 1, 1},
	} {
		t.Run(fmt.Sprintf("%dx%d", tt.w, tt.h), func(t *testing.T) {
			if p, _ := prepare(t, asPNG(t, photo(tt.w, tt.h))); p.Width != tt.wantW || p.Height != tt.wantH {
				t.Errorf("became %d x %d; want %d x %d", p.Width, p.Height, tt.wantW, tt.wantH)
			}
		})
	}
}

func TestAnAnimationSendsItsFirstFrameWhereItStoodOnTheCanvas(t *testing.T) {
	palette := color.Palette{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}}
	first, second := image.NewPaletted(image.Rect(2, 3, 6, 7), palette), image.NewPaletted(image.Rect(0, 0, 8, 9), palette)
	for i := range second.Pix {
		second.Pix[i] = 1
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{1, 1}, Config: image.Config{ColorModel: palette, Width: 8, Height: 9}})
	if err != nil {
		t.Fatal(err)
	}
	p, m := prepare(t, b.Bytes())
	if p.Width != 8 || p.Height != 9 {
		t.Fatalf("became %d x %d; want 8 x 9", p.Width, p.Height)
	}
	for y := range 9 {
		for x := range 8 {
			want := color.Color(color.Transparent)
			if image.Pt(x, y).In(first.Rect) {
				want = palette[0]
			}
			if !near(m.At(x, y), want) {
				t.Errorf("the pixel at %d,%d is %v; want %v", x, y, m.At(x, y), want)
			}
		}
	}
}

func TestTheSamePictureAlwaysGivesTheSameBytes(t *testing.T) {
	for _, b := range [][]byte{asPNG(t, drawing(100, 50)), asJPEG(t, photo(1700, 90)), asPNG(t, noise(30, 30, true))} {
		first, _ := prepare(t, b)
		second, _ := prepare(t, b)
		if !bytes.Equal(first.Bytes, second.Bytes) {
			t.Errorf("two runs differ (%s)", first.Type)
		}
	}
}

func TestWhatIsPreparedCanAlwaysBeSentAndShown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(1, 60).Draw(rt, "width"), rapid.IntRange(1, 60).Draw(rt, "height")
		pix := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(rt, "pixels")
		m := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = pix[i%len(pix)]
		}
		encode := rapid.SampledFrom([]func(testing.TB, image.Image) []byte{asJPEG, asPNG, asGIF}).Draw(rt, "encode")
		p, _ := prepare(t, encode(t, m))
		if p.Width != w || p.Height != h {
			rt.Fatalf("became %d x %d; want %d x %d", p.Width, p.Height, w, h)
		}
	})
}

func TestManyPicturesCanBeDecodedAtOnce(t *testing.T) {
	b := asJPEG(t, photo(64, 48))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if m, err := picture.Decode(b); err != nil || m.Bounds() != image.Rect(0, 0, 64, 48) {
				t.Errorf("%v, %v", m, err)
			}
		})
	}
	wg.Wait()
}

func TestAPictureFromTheNetworkIsCheckedBeforeItIsDecoded(t *testing.T) {
	good := asPNG(t, photo(20, 20))
	damaged := bytes.Clone(good)
	data := bytes.Index(damaged, []byte("IDAT"))
	damagedData := append(damaged[:data-4:data-4], append(chunk("IDAT", "this is not zlib"), chunk("IEND", "")...)...)
	for _, tt := range []struct {
		name string
		b    []byte
		code protocol.Code
		says string
	}{
		{"with EXIF", behindSOI(asJPEG(t, photo(20, 20)), segment(0xe1, "Exif\x00\x00")), protocol.CodeBadPicture, "APP1"},
		{"GIF", asGIF(t, photo(20, 20)), protocol.CodeBadPicture, "neither a JPEG nor a PNG"},
		{"of 9,000 pixels", asPNG(t, image.NewGray(image.Rect(0, 0, 9000, 1))), protocol.CodeTooLarge, "9,000"},
		{"whose data is damaged", damagedData, protocol.CodeBadPicture, "cannot be shown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := picture.Decode(tt.b)
			if m != nil {
				t.Error("there is a picture")
			}
			wantError(t, err, tt.code, tt.says)
		})
	}
}
