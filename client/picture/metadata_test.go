package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"p4p/client/picture"
)

// cornered is what a person saw: four corners of different colours.
func cornered() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 48, 32))
	for y := range 32 {
		for x := range 48 {
			c := color.NRGBA{128, 128, 128, 255}
			switch left, right, top, bottom := x < 16, x >= 32, y < 16, y >= 16; {
			case left && top:
				c = color.NRGBA{230, 20, 20, 255}
			case right && top:
				c = color.NRGBA{20, 230, 20, 255}
			case left && bottom:
				c = color.NRGBA{20, 20, 230, 255}
			case right && bottom:
				c = color.NRGBA{240, 240, 240, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// sides is the standard's own definition of the orientations (Exif 2.32,
// 4.6.4 A): the sides of what was seen on which the stored 0th row and 0th
// column lie.
var sides = map[uint16][2]string{
	1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
	5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"},
}

// storedAs is m as a camera stores it in that orientation.
func storedAs(m *image.NRGBA, orientation uint16) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	rows, columns := h, w
	if orientation >= 5 {
		rows, columns = w, h
	}
	out := image.NewNRGBA(image.Rect(0, 0, columns, rows))
	for row := range rows {
		for column := range columns {
			x, y := 0, 0
			for i, n := range []int{row, column} {
				switch sides[orientation][i] {
				case "left":
					x = n
				case "right":
					x = w - 1 - n
				case "top":
					y = n
				case "bottom":
					y = h - 1 - n
				}
			}
			out.SetNRGBA(column, row, m.NRGBAAt(x, y))
		}
	}
	return out
}

func TestPicturesLeaveUprightWhateverTheCamerasOrientation(t *testing.T) {
	seen := cornered()
	for o := range uint16(8) {
		o++
		stored := asJPEG(t, storedAs(seen, o))
		for name, order := range map[string]binary.AppendByteOrder{"little-endian": binary.LittleEndian, "big-endian": binary.BigEndian} {
			t.Run(fmt.Sprint(o, " ", name), func(t *testing.T) {
				p, m := prepare(t, behindSOI(stored, segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), segment(0xe1, exif(order, o, "GPS"))))
				if p.Width != 48 || p.Height != 32 {
					t.Fatalf("became %d x %d; want 48 x 32", p.Width, p.Height)
				}
				for _, at := range []image.Point{{0, 0}, {47, 0}, {0, 31}, {47, 31}, {8, 8}, {40, 8}, {8, 24}, {40, 24}} {
					if got, want := m.At(at.X, at.Y), seen.At(at.X, at.Y); !near(got, want) {
						t.Errorf("the pixel at %v is %v; want %v", at, got, want)
					}
				}
			})
		}
	}
}

func TestALargePictureIsTurnedToo(t *testing.T) {
	p, _ := prepare(t, behindSOI(asJPEG(t, photo(2000, 100)), segment(0xe1, exif(binary.BigEndian, 8, ""))))
	if p.Width != 80 || p.Height != 1600 {
		t.Errorf("became %d x %d; want 80 x 1600", p.Width, p.Height)
	}
}

func TestNonsenseInTheOrientationTurnsNothing(t *testing.T) {
	whole := exif(binary.BigEndian, 6, "")
	tooMany := []byte(whole)
	tooMany[14], tooMany[15] = 0xff, 0xff // entries; the directory ends with the block
	elsewhere := []byte(whole)
	copy(elsewhere[10:], "\xff\xff\xff\xff") // the directory's place
	asLong := strings.Replace(whole, "\x01\x12\x00\x03", "\x01\x12\x00\x04", 1)
	noTag := strings.Replace(string(tooMany), "\x01\x12\x00\x03", "\x01\x13\x00\x03", 1)
	for name, block := range map[string]string{
		"0": exif(binary.BigEndian, 0, ""), "9": exif(binary.BigEndian, 9, ""), "65535": exif(binary.LittleEndian, 65535, ""),
		"nothing": "Exif\x00\x00", "no TIFF": "Exif\x00\x00XX" + whole[8:], "not 42": strings.Replace(whole, "\x00*", "\x00+", 1),
		"cut off": whole[:24], "a directory elsewhere": string(elsewhere), "a number of another size": asLong,
		"a directory longer than the block": noTag, "not EXIF": "Rosa\x00\x00" + whole[6:],
	} {
		t.Run(name, func(t *testing.T) {
			if p, _ := prepare(t, behindSOI(asJPEG(t, cornered()), segment(0xe1, block))); p.Width != 48 {
				t.Errorf("turned: %d x %d", p.Width, p.Height)
			}
		})
	}
}

const planted = "PLANTED 50.9413N 6.9583E Rosa"

// utf16 is how EXIF's Windows tags and some profiles write text.
func utf16(s string) string {
	return strings.Join(strings.Split(s, ""), "\x00") + "\x00"
}

func TestNothingButPixelsLeavesTheMachine(t *testing.T) {
	j, p, g := asJPEG(t, photo(60, 40)), asPNG(t, photo(60, 40)), asGIF(t, photo(60, 40))
	webp := func(kind string) []byte {
		b := slices.Concat([]byte("RIFF----WEBPVP8X\x0a\x00\x00\x00\x2c\x00\x00\x00\x09\x00\x00\x05\x00\x00"), fixture(t, "alpha.webp")[12:],
			[]byte(kind), binary.LittleEndian.AppendUint32(nil, uint32(len(planted)+1)), []byte(planted+" "))
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
		b[20] = 0x0c // EXIF and XMP follow
		return b
	}
	for _, tt := range []struct {
		name, needle string
		b            []byte
	}{
		{"EXIF GPS in a JPEG", planted, behindSOI(j, segment(0xe1, exif(binary.BigEndian, 1, planted)))},
		{"UTF-16 in a JPEG's EXIF", utf16(planted), behindSOI(j, segment(0xe1, exif(binary.LittleEndian, 1, utf16(planted))))},
		{"XMP in a JPEG", planted, behindSOI(j, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+planted))},
		{"ICC profile in a JPEG", planted, behindSOI(j, segment(0xe2, "ICC_PROFILE\x00\x01\x01"+planted))},
		{"IPTC in a JPEG", planted, behindSOI(j, segment(0xed, "Photoshop 3.0\x008BIM\x04\x04"+planted))},
		{"comment in a JPEG", planted, behindSOI(j, segment(0xfe, planted))},
		{"comment at a JPEG's end", planted, slices.Concat(j[:len(j)-2], segment(0xfe, planted), j[len(j)-2:])},
		{"quantization table that nothing uses", planted, behindSOI(j, segment(0xdb, "\x03"+planted+strings.Repeat("x", 64-len(planted))))},
		{"bytes behind a JPEG", planted, append(bytes.Clone(j), planted...)},
		{"tEXt in a PNG", planted, slices.Concat(p[:33], chunk("tEXt", "Author\x00"+planted), p[33:])},
		{"iTXt in a PNG", planted, slices.Concat(p[:33], chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+planted), p[33:])},
		{"zTXt in a PNG", planted, slices.Concat(p[:33], chunk("zTXt", planted+"\x00\x00\x78\x9c\x03\x00\x00\x00\x00\x01"), p[33:])},
		{"eXIf in a PNG", planted, slices.Concat(p[:33], chunk("eXIf", exif(binary.BigEndian, 1, planted)[6:]), p[33:])},
		{"iCCP in a PNG", planted, slices.Concat(p[:33], chunk("iCCP", planted+"\x00\x00\x78\x9c\x03\x00\x00\x00\x00\x01"), p[33:])},
		{"private chunk at a PNG's end", planted, slices.Concat(p[:len(p)-12], chunk("roSa", planted), p[len(p)-12:])},
		{"bytes behind a PNG", planted, append(bytes.Clone(p), planted...)},
		{"comment in a GIF", planted, slices.Concat(g[:len(g)-1], []byte("!\xfe"), []byte{byte(len(planted))}, []byte(planted), []byte("\x00;"))},
		{"EXIF in a WebP", planted, webp("EXIF")},
		{"XMP in a WebP", planted, webp("XMP ")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !bytes.Contains(tt.b, []byte(tt.needle)) {
				t.Fatal("the control is not in the source")
			}
			out, _ := prepare(t, tt.b)
			if bytes.Contains(out.Bytes, []byte(tt.needle)) || bytes.Contains(out.Bytes, []byte("PLANTED")) {
				t.Error("what was planted leaves the machine")
			}
			for _, word := range []string{"Exif", "xmp", "ICC_PROFILE", "tEXt", "iTXt", "zTXt", "eXIf", "iCCP"} {
				if bytes.Contains(out.Bytes, []byte(word)) {
					t.Errorf("%q is in the result", word)
				}
			}
		})
	}
}

func TestWhatTransparencyHidStaysAtHome(t *testing.T) {
	m := noise(40, 40, false)
	for y := range 40 {
		for x := range 20 {
			c := m.NRGBAAt(x, y)
			c.A = 0 // as an editor's eraser does: the colours remain
			m.SetNRGBA(x, y, c)
		}
	}
	out, err := picture.Prepare(bytes.NewReader(asPNG(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := picture.Decode(out.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 40 {
		for x := range 40 {
			c := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			if x < 20 && c != (color.NRGBA{}) || x >= 20 && c != m.NRGBAAt(x, y) {
				t.Fatalf("the pixel at %d,%d is %v; it was %v", x, y, c, m.NRGBAAt(x, y))
			}
		}
	}
}
