package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"p4p/client/picture"
	"p4p/protocol"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// noise is a picture that compresses badly; opaque unless transparent.
func noise(w, h int, transparent bool) *image.NRGBA {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
		if i%4 == 3 && !transparent {
			m.Pix[i] = 255
		}
	}
	return m
}

// photo is smooth, with some grain: what a JPEG is for.
func photo(w, h int) *image.NRGBA {
	r := rand.New(rand.NewPCG(3, 4))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			g := r.IntN(9)
			m.SetNRGBA(x, y, color.NRGBA{uint8(x*200/w + g), uint8(y*200/h + g), uint8((x+y)*100/(w+h) + g), 255})
		}
	}
	return m
}

// drawing has three colours and sharp edges: what a PNG is for.
func drawing(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 255, 255, 255}
			if x%20 < 3 {
				c = color.NRGBA{0, 0, 0, 255}
			} else if y%30 < 4 {
				c = color.NRGBA{200, 30, 30, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment is a JPEG segment with its marker and length.
func segment(marker byte, payload string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(payload)+2))
	return append(b, payload...)
}

// chunk is a PNG chunk with its length and checksum.
func chunk(kind, payload string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	b = append(b, kind+payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// exif is an EXIF block with an orientation and a GPS directory that holds gps.
func exif(order binary.AppendByteOrder, orientation uint16, gps string) string {
	mark := "II"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM"
	}
	b := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	entry := func(tag, kind uint16, n uint32, value []byte) {
		b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), kind), n)
		b = append(b, append(value, 0, 0, 0, 0)[:4]...)
	}
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, 4, []byte("Cam\x00"))
	entry(0x0112, 3, 1, order.AppendUint16(nil, orientation))
	entry(0x8825, 4, 1, order.AppendUint32(nil, 50))
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 1)
	entry(0x001b, 7, uint32(len(gps)), order.AppendUint32(nil, 68))
	b = order.AppendUint32(b, 0)
	return "Exif\x00\x00" + string(b) + gps
}

// behindSOI puts segments in front of all others of a JPEG.
func behindSOI(b []byte, segments ...[]byte) []byte {
	return slices.Concat(b[:2], slices.Concat(segments...), b[2:])
}

// prepare must succeed, and its result must be what it says.
func prepare(t testing.TB, b []byte) (picture.Prepared, image.Image) {
	t.Helper()
	p, err := picture.Prepare(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("Prepare: %v (cause: %v)", err, cause(err))
	}
	info, err := protocol.CheckPicture(p.Bytes)
	if err != nil || info != (protocol.PictureInfo{Type: p.Type, Width: p.Width, Height: p.Height}) {
		t.Fatalf("CheckPicture says %+v, %v; Prepare said %s %d x %d", info, err, p.Type, p.Width, p.Height)
	}
	m, err := picture.Decode(p.Bytes)
	if err != nil {
		t.Fatalf("Decode: %v (cause: %v)", err, cause(err))
	}
	if m.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
		t.Fatalf("decoded as %v; Prepare said %d x %d", m.Bounds(), p.Width, p.Height)
	}
	return p, m
}

func cause(err error) error {
	if e, ok := err.(*protocol.Error); ok {
		return e.Cause
	}
	return nil
}

// near reports whether two colours look alike after lossy coding.
func near(a, b color.Color) bool {
	r, g, bl, al := a.RGBA()
	r2, g2, bl2, al2 := b.RGBA()
	for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(bl) - int(bl2), int(al) - int(al2)} {
		if max(d, -d) > 40<<8 {
			return false
		}
	}
	return true
}
