package protocol_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"p4p/protocol"
)

// Made with libjpeg-turbo's cjpeg from a 17x9 picture: progressive, 4:2:0, ten
// scans, restart markers (-progressive -restart 1B) …
const picProgressive = `
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/
2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wgARCAAJABEDASIAAhEBAxEB/8QA
GAAAAgMAAAAAAAAAAAAAAAAAAAUCAwT/xAAVAQEBAAAAAAAAAAAAAAAAAAADBP/dAAQAAf/aAAwDAQACEAMQAAABywbLSb//0FBUS1f/xAAcEAAABgMAAAAA
AAAAAAAAAAAAAQIDBAUUMTL/2gAIAQEAAQUCTEU83//QVGOOP//RxzH/0qbr/9O43//UH//EABkRAAIDAQAAAAAAAAAAAAAAAAACExQxUf/aAAgBAwEBPwGw
+H//0JX6f//EABgRAAMBAQAAAAAAAAAAAAAAAAABEQMS/9oACAECAQE/AVip0f/QiP/EACIQAAEEAQIHAAAAAAAAAAAAAAIAAQMREgQhMVFxcoGSwf/aAAgB
AQAGPwIWjiax2Kn38r//0LlEWyahy5r/0eIe7L//0tV1b6v/04u4l//UX//EABwQAAIBBQEAAAAAAAAAAAAAAAABEUFhcYGx8P/aAAgBAQABPyF0k9tThA//
0FrkFM7ps//RNv/SEv/T8mx//9Q//9oADAMBAAIAAwAAABBv/9A3/8QAGxEAAQQDAAAAAAAAAAAAAAAAAAEhQVFhodH/2gAIAQMBAT8QWXbn/9DM1w//xAAa
EQABBQEAAAAAAAAAAAAAAAAAASFhgbHR/9oACAECAQE/EFNDH//Qg3p//8QAHBABAAICAwEAAAAAAAAAAAAAAQARIfAxUWHB/9oACAEBAAE/EF70qFW3ZgSw
bXDxP//QHlBGDDBSxHNoPZ//0db+z//S33c//9PXdz//1J//2Q==`

// … and sequential with one scan for each component, 4:2:2 (-scans -sample 2x1 -restart 2B).
const picThreeScans = `
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/
2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAJABEDASEAAhEBAxEB/8QA
HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK
FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG
x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/90ABAAC/9oACAEBAAA/AMu18JXes6daxadpETT2rPHdtFMplBJyhkXPAIyAck8HpUV14Yl8OI0m
q29tGLqN4bcXLEDzscDcMhSOuWIHvX//0OR/4R2f/nrY/wDgfF/jXoPwa/4+/FP/AF1h/nLX/9HN+MH+v0r/AK+br+aVzVf/xAAfAQADAQEBAQEBAQEBAAAA
AAAAAQIDBAUGBwgJCgv/xAC1EQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3
ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri
4+Tl5ufo6ery8/T19vf4+fr/2gAIAQIRAD8A8tYao5/3bbh7GP8AN+B//9Cqf8D7jyj/2gAIAQMRAD8A9t5kvZ/3uxf9pVP5F95//9BP+J952n//2Q==`

func picFixture(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func picGradient(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 5), uint8(x * y), 255})
		}
	}
	return m
}

func picJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func picPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// picSegment is a JPEG segment with its marker and length.
func picSegment(marker byte, payload string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(payload)+2))
	return append(b, payload...)
}

// picChunk is a PNG chunk with its length and checksum.
func picChunk(kind, payload string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	b = append(b, kind+payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func picIHDR(w, h uint32, rest string) []byte {
	p := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return picChunk("IHDR", string(p)+rest)
}

// picEmpty is a PNG in good order whose data nobody could decode.
func picEmpty(w, h uint32) []byte {
	return picCat([]byte(picSignature), picIHDR(w, h, "\x08\x00\x00\x00\x00"), picChunk("IDAT", "x"), picChunk("IEND", ""))
}

const picSignature = "\x89PNG\r\n\x1a\n"

func picCat(parts ...[]byte) []byte { return slices.Concat(parts...) }

// picReplace puts new in the place of the first old, which must be there.
func picReplace(t testing.TB, b []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("the fixture holds no %x", old)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

func TestOrdinaryPicturesPassWithTheirSize(t *testing.T) {
	paletted := image.NewPaletted(image.Rect(0, 0, 5, 4), color.Palette{color.Transparent, color.White, color.Black})
	gray := image.NewGray(image.Rect(0, 0, 19, 33))
	for _, tt := range []struct {
		name string
		b    []byte
		want protocol.PictureInfo
	}{
		{"JPEG", picJPEG(t, picGradient(20, 30)), protocol.PictureInfo{Type: "image/jpeg", Width: 20, Height: 30}},
		{"gray JPEG", picJPEG(t, gray), protocol.PictureInfo{Type: "image/jpeg", Width: 19, Height: 33}},
		{"progressive JPEG with restarts", picFixture(t, picProgressive), protocol.PictureInfo{Type: "image/jpeg", Width: 17, Height: 9}},
		{"JPEG in three scans", picFixture(t, picThreeScans), protocol.PictureInfo{Type: "image/jpeg", Width: 17, Height: 9}},
		{"PNG", picPNG(t, picGradient(20, 30)), protocol.PictureInfo{Type: "image/png", Width: 20, Height: 30}},
		{"paletted PNG with tRNS", picPNG(t, paletted), protocol.PictureInfo{Type: "image/png", Width: 5, Height: 4}},
		{"gray PNG", picPNG(t, gray), protocol.PictureInfo{Type: "image/png", Width: 19, Height: 33}},
		{"16-bit PNG", picPNG(t, image.NewNRGBA64(image.Rect(0, 0, 3, 2))), protocol.PictureInfo{Type: "image/png", Width: 3, Height: 2}},
		{"longest side", picEmpty(protocol.MaxPictureSide, 1), protocol.PictureInfo{Type: "image/png", Width: 8192, Height: 1}},
		{"most pixels", picEmpty(4096, 4096), protocol.PictureInfo{Type: "image/png", Width: 4096, Height: 4096}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := protocol.CheckPicture(tt.b)
			if err != nil || got != tt.want {
				t.Fatalf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestWhateverCouldHoldMoreThanPixelsIsRefused(t *testing.T) {
	j := picJPEG(t, picGradient(40, 30))
	prog, three := picFixture(t, picProgressive), picFixture(t, picThreeScans)
	p := picPNG(t, picGradient(40, 30))
	soi, jrest := j[:2], j[2:]
	sig, ihdr, idat := []byte(picSignature), picIHDR(1, 1, "\x08\x00\x00\x00\x00"), picChunk("IDAT", "x")
	iend := picChunk("IEND", "")
	palette := picIHDR(1, 1, "\x02\x03\x00\x00\x00")
	end := j[len(j)-2:]
	jfif := picSegment(0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")
	dqt := picSegment(0xdb, "\x00"+strings.Repeat("G", 64))

	for _, tt := range []struct {
		name, says string
		code       protocol.Code
		b          []byte
	}{
		{"nothing", "0 bytes", "bad_picture", nil},
		{"text", "neither a JPEG nor a PNG", "bad_picture", []byte("hello")},
		{"GIF", "neither a JPEG nor a PNG", "bad_picture", []byte("GIF89a")},
		{"too many bytes", "4,194,304 bytes", "too_large", append(bytes.Clone(j), make([]byte, protocol.MaxPicture)...)},

		{"EXIF", "APP1 segment", "bad_picture", picCat(soi, picSegment(0xe1, "Exif\x00\x00GPS"), jrest)},
		{"EXIF behind JFIF", "APP1 segment", "bad_picture", picCat(soi, jfif, picSegment(0xe1, "Exif\x00\x00GPS"), jrest)},
		{"ICC", "APP2 segment", "bad_picture", picCat(soi, picSegment(0xe2, "ICC_PROFILE\x00"), jrest)},
		{"Photoshop", "APP13 segment", "bad_picture", picCat(soi, picSegment(0xed, "Photoshop 3.0\x00"), jrest)},
		{"Adobe", "APP14 segment", "bad_picture", picCat(soi, picSegment(0xee, "Adobe"), jrest)},
		{"comment", "comment", "bad_picture", picCat(soi, picSegment(0xfe, "Rosa was here"), jrest)},
		{"comment before the end", "comment", "bad_picture", picCat(j[:len(j)-2], picSegment(0xfe, "Rosa"), end)},
		{"comment between scans", "comment", "bad_picture", picReplace(t, three, "\xff\xda\x00\x08\x01\x02", string(picSegment(0xfe, "Rosa"))+"\xff\xda\x00\x08\x01\x02")},
		{"JFIF with a thumbnail", "thumbnail", "bad_picture", picCat(soi, picSegment(0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x01\x01abc"), jrest)},
		{"JFIF extension", "thumbnail", "bad_picture", picCat(soi, jfif, picSegment(0xe0, "JFXX\x00\x10"), jrest)},
		{"two JFIF headers", "APP0", "bad_picture", picCat(soi, jfif, jfif, jrest)},
		{"APP0 of another kind", "APP0", "bad_picture", picCat(soi, picSegment(0xe0, "AVI1\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"), jrest)},
		{"a table written over", "DQT", "bad_picture", picCat(soi, dqt, jrest)},
		{"quantization table with a tail", "DQT", "bad_picture", picCat(soi, picSegment(0xdb, "\x03"+strings.Repeat("G", 65)), jrest)},
		{"Huffman table with more codes than fit", "DHT", "bad_picture", picCat(soi, picSegment(0xc4, "\x03\x03"+strings.Repeat("\x00", 15)+"abc"), jrest)},
		{"Huffman table with a tail", "DHT", "bad_picture", picCat(soi, picSegment(0xc4, "\x03\x01"+strings.Repeat("\x00", 15)+"ab"), jrest)},
		{"restart interval with a tail", "DRI", "bad_picture", picCat(soi, picSegment(0xdd, "\x00\x00x"), jrest)},
		{"segment shorter than its length field", "DQT", "bad_picture", picCat(soi, []byte("\xff\xdb\x00\x01"), jrest)},
		{"bytes between segments", "between its segments", "bad_picture", picCat(soi, []byte("Rosa"), jrest)},
		{"fill bytes", "out of place", "bad_picture", picCat(soi, []byte("\xff\xff"), jrest)},
		{"second SOI", "out of place", "bad_picture", picCat(soi, soi, jrest)},
		{"bytes behind the JPEG", "4 bytes follow", "bad_picture", append(bytes.Clone(j), "Rosa"...)},
		{"a second picture behind the JPEG", "bytes follow", "bad_picture", picCat(j, j)},
		{"arithmetic coding", "arithmetic", "bad_picture", picReplace(t, j, "\xff\xc0", "\xff\xc9")},
		{"lossless", "lossless", "bad_picture", picReplace(t, j, "\xff\xc0", "\xff\xc3")},
		{"12 bits", "of 12 bits", "bad_picture", picReplace(t, j, "\xff\xc0\x00\x11\x08", "\xff\xc0\x00\x11\x0c")},
		{"four components", "4 components", "bad_picture", picCat(soi, picSegment(0xc0, "\x08\x00\x01\x00\x01\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00"), jrest)},
		{"two frames", "SOF", "bad_picture", picCat(soi, picSegment(0xc0, "\x08\x00\x01\x00\x01\x01\x01\x11\x00"), jrest)},
		{"two components of one name", "SOF", "bad_picture", picReplace(t, j, "\x03\x01\x22\x00\x02", "\x03\x01\x22\x00\x01")},
		{"sampling factor of 0", "SOF", "bad_picture", picReplace(t, j, "\x03\x01\x22\x00\x02", "\x03\x01\x02\x00\x02")},
		{"no height", "nothing to see", "bad_picture", picReplace(t, j, "\xff\xc0\x00\x11\x08\x00\x1e", "\xff\xc0\x00\x11\x08\x00\x00")},
		{"JPEG of 65,535 pixels", "65,535 x 65,535", "too_large", picReplace(t, j, "\x11\x08\x00\x1e\x00\x28", "\x11\x08\xff\xff\xff\xff")},
		{"no frame", "SOS", "bad_picture", picCat(soi, j[bytes.Index(j, []byte("\xff\xda")):])},
		{"no scan", "no image data", "bad_picture", picCat(j[:bytes.Index(j, []byte("\xff\xda"))], end)},
		{"no Huffman tables", "SOS", "bad_picture", picCat(j[:bytes.Index(j, []byte("\xff\xc4"))], j[bytes.Index(j, []byte("\xff\xda")):])},
		{"no quantization tables", "SOS", "bad_picture", picCat(soi, j[bytes.Index(j, []byte("\xff\xc0")):])},
		{"a scan twice", "SOS", "bad_picture", picCat(j[:len(j)-2], j[bytes.Index(j, []byte("\xff\xda")):])},
		{"a scan of an unknown component", "SOS", "bad_picture", picReplace(t, j, "\x00\x0c\x03\x01", "\x00\x0c\x03\x07")},
		{"an empty scan", "empty", "bad_picture", picCat(j[:bytes.Index(j, []byte("\xff\xda"))+14], end)},
		{"a component without data", "not complete", "bad_picture", picCat(three[:bytes.LastIndex(three, []byte("\xff\xda"))], end)},
		{"a restart marker too few", "some of its image data is missing", "bad_picture", picCutRestart(t, three)},
		{"restart markers out of turn", "restart marker", "bad_picture", picReplace(t, three, "\xff\xd1", "\xff\xd2")},
		{"restart marker without an interval", "restart marker", "bad_picture", picCat(j[:len(j)-2], []byte("\xff\xd0\x00"), end)},
		{"spectral selection in a baseline JPEG", "SOS", "bad_picture", picReplace(t, j, "\x00\x3f\x00", "\x00\x00\x00")},
		{"a progressive scan twice", "SOS", "bad_picture", picTwice(prog)},
		{"SOI alone", "cut off", "bad_picture", soi},

		{"50,000 x 50,000 PNG header", "50,000 x 50,000", "too_large", picCat(sig, picIHDR(50000, 50000, "\x08\x06\x00\x00\x00"))},
		{"PNG one pixel too wide", "8,193 x 1", "too_large", picCat(sig, picIHDR(8193, 1, "\x08\x06\x00\x00\x00"))},
		{"PNG with too many pixels", "4,096 x 4,097", "too_large", picCat(sig, picIHDR(4096, 4097, "\x08\x06\x00\x00\x00"))},
		{"PNG beyond its own limit", "IHDR", "bad_picture", picCat(sig, picIHDR(1<<31, 1, "\x08\x06\x00\x00\x00"))},
		{"PNG without width", "nothing to see", "bad_picture", picCat(sig, picIHDR(0, 1, "\x08\x06\x00\x00\x00"))},
		{"PNG of 3 bits", "IHDR", "bad_picture", picCat(sig, picIHDR(1, 1, "\x03\x00\x00\x00\x00"))},
		{"PNG of colour type 5", "IHDR", "bad_picture", picCat(sig, picIHDR(1, 1, "\x08\x05\x00\x00\x00"))},
		{"PNG of 200 bits", "IHDR", "bad_picture", picCat(sig, picIHDR(1, 1, "\xc8\x00\x00\x00\x00"))},
		{"PNG with an unknown interlace", "IHDR", "bad_picture", picCat(sig, picIHDR(1, 1, "\x08\x00\x00\x00\x02"))},
		{"PNG with a long IHDR", "IHDR", "bad_picture", picCat(sig, picIHDR(1, 1, "\x08\x00\x00\x00\x00Rosa"))},
		{"text chunk", "kind tEXt", "bad_picture", picCat(p[:33], picChunk("tEXt", "Author\x00Rosa"), p[33:])},
		{"EXIF chunk", "kind eXIf", "bad_picture", picCat(p[:33], picChunk("eXIf", "GPS"), p[33:])},
		{"time chunk behind the data", "kind tIME", "bad_picture", picCat(p[:len(p)-12], picChunk("tIME", "1234567"), iend)},
		{"animation", "kind acTL", "bad_picture", picCat(p[:33], picChunk("acTL", "12345678"), p[33:])},
		{"unknown critical chunk", "kind ROSA", "bad_picture", picCat(p[:33], picChunk("ROSA", ""), p[33:])},
		{"chunk name that is none", "no chunk", "bad_picture", picCat(p[:33], picChunk("\x1b[2J", ""), p[33:])},
		{"wrong checksum", "checksum of its IDAT", "bad_picture", picFlip(p, 60)},
		{"bytes behind the PNG", "4 bytes follow", "bad_picture", append(bytes.Clone(p), "Rosa"...)},
		{"bytes inside IEND", "IEND", "bad_picture", picCat(sig, ihdr, idat, picChunk("IEND", "Rosa"))},
		{"data before IHDR", "out of order", "bad_picture", picCat(sig, idat, ihdr, iend)},
		{"two IHDR", "out of order", "bad_picture", picCat(sig, ihdr, ihdr, idat, iend)},
		{"palette behind the data", "out of order", "bad_picture", picCat(sig, palette, picChunk("PLTE", "abc"), idat, picChunk("PLTE", "abc"), iend)},
		{"no data", "out of order", "bad_picture", picCat(sig, ihdr, iend)},
		{"empty data", "incomplete", "bad_picture", picCat(sig, ihdr, picChunk("IDAT", ""), iend)},
		{"no palette", "incomplete", "bad_picture", picCat(sig, palette, idat, iend)},
		{"palette longer than the depth", "PLTE", "bad_picture", picCat(sig, palette, picChunk("PLTE", "abcdefghijklmno"), idat, iend)},
		{"palette of broken colours", "PLTE", "bad_picture", picCat(sig, palette, picChunk("PLTE", "abcd"), idat, iend)},
		{"palette in a gray PNG", "PLTE", "bad_picture", picCat(sig, ihdr, picChunk("PLTE", "abc"), idat, iend)},
		{"tRNS longer than the palette", "tRNS", "bad_picture", picCat(sig, palette, picChunk("PLTE", "abc"), picChunk("tRNS", "ab"), idat, iend)},
		{"tRNS longer than a colour", "tRNS", "bad_picture", picCat(sig, ihdr, picChunk("tRNS", "Rosa"), idat, iend)},
		{"chunk longer than the file", "cut off", "bad_picture", picCat(sig, ihdr, []byte("\x7f\xff\xff\xffIDATxxxx"))},
		{"signature alone", "cut off", "bad_picture", sig},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info, err := protocol.CheckPicture(tt.b)
			if err == nil {
				t.Fatalf("accepted as %+v", info)
			}
			if code := protocol.CodeOf(err); code != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("refused as %q: %q; want %q and %q in it", code, err, tt.code, tt.says)
			}
			if info != (protocol.PictureInfo{}) {
				t.Errorf("a refused picture has the size %+v", info)
			}
		})
	}
}

// picCutRestart takes the last stretch of the first scan away, its marker included.
func picCutRestart(t testing.TB, b []byte) []byte {
	t.Helper()
	scan := bytes.Index(b, []byte("\xff\xda"))
	from := scan + bytes.Index(b[scan:], []byte("\xff\xd0"))
	for i := from + 2; ; i++ {
		if b[i] == 0xff && b[i+1] != 0 && (b[i+1] < 0xd0 || b[i+1] > 0xd7) {
			return picCat(b[:from], b[i:])
		}
	}
}

// picFlip inverts one bit of the byte at i.
func picFlip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

// picTwice repeats a JPEG's last scan.
func picTwice(b []byte) []byte {
	scan, end := bytes.LastIndex(b, []byte("\xff\xda")), len(b)-2
	return picCat(b[:end], b[scan:end], b[end:])
}

func TestAPictureCutOffAnywhereIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"JPEG": picJPEG(t, picGradient(9, 9)), "progressive": picFixture(t, picProgressive),
		"three scans": picFixture(t, picThreeScans), "PNG": picPNG(t, picGradient(9, 9)),
	} {
		if _, err := protocol.CheckPicture(b); err != nil {
			t.Fatalf("%s: the whole is refused: %v", name, err)
		}
		for n := range b {
			if _, err := protocol.CheckPicture(b[:n]); protocol.CodeOf(err) != protocol.CodeBadPicture {
				t.Errorf("%s: the first %d of %d bytes: %v", name, n, len(b), err)
			}
		}
	}
}

func TestWhateverGoEncodesPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := image.Rect(0, 0, rapid.IntRange(1, 70).Draw(t, "width"), rapid.IntRange(1, 70).Draw(t, "height"))
		n := r.Dx() * r.Dy()
		pix := rapid.SliceOfN(rapid.Byte(), 4, 64).Draw(t, "pixels")
		fill := func(b []byte) {
			for i := range b {
				b[i] = pix[i%len(pix)]
			}
		}
		var m image.Image
		switch rapid.SampledFrom([]string{"gray", "colour", "palette"}).Draw(t, "kind") {
		case "gray":
			g := image.NewGray(r)
			fill(g.Pix[:n])
			m = g
		case "colour":
			c := image.NewNRGBA(r)
			fill(c.Pix[:4*n])
			m = c
		case "palette":
			p := image.NewPaletted(r, color.Palette{color.Transparent, color.Black, color.White})
			for i := range p.Pix {
				p.Pix[i] = pix[i%len(pix)] % 3
			}
			m = p
		}
		var b bytes.Buffer
		want := protocol.PictureInfo{Type: "image/png", Width: r.Dx(), Height: r.Dy()}
		if rapid.Bool().Draw(t, "jpeg") {
			want.Type = "image/jpeg"
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: rapid.IntRange(1, 100).Draw(t, "quality")}); err != nil {
				t.Fatal(err)
			}
		} else if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if got, err := protocol.CheckPicture(b.Bytes()); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

func TestCheckingAllocatesNothingForWhatAHeaderClaims(t *testing.T) {
	b := picReplace(t, picJPEG(t, picGradient(40, 30)), "\x11\x08\x00\x1e\x00\x28", "\x11\x08\x20\x00\x08\x00")
	r := testing.Benchmark(func(bench *testing.B) {
		for bench.Loop() {
			if info, err := protocol.CheckPicture(b); err != nil || info.Height != 8192 {
				bench.Fatal(info, err)
			}
		}
	})
	if got := r.AllocedBytesPerOp(); got > 4096 {
		t.Errorf("a header of 2048 x 8192 pixels costs %d bytes", got)
	}
}

func FuzzCheckPicture(f *testing.F) {
	for _, b := range [][]byte{
		picJPEG(f, picGradient(9, 9)), picJPEG(f, image.NewGray(image.Rect(0, 0, 3, 3))), picFixture(f, picProgressive),
		picFixture(f, picThreeScans), picPNG(f, picGradient(9, 9)), []byte(picSignature), []byte("\xff\xd8\xff\xd9"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := protocol.CheckPicture(b)
		if err != nil {
			if c := protocol.CodeOf(err); c != protocol.CodeBadPicture && c != protocol.CodeTooLarge {
				t.Fatalf("code %q: %v", c, err)
			}
			return
		}
		if info.Width < 1 || info.Height < 1 || info.Width*info.Height > protocol.MaxPicturePixels || max(info.Width, info.Height) > protocol.MaxPictureSide {
			t.Fatalf("accepted %+v", info)
		}
		// An independent reader must see the same size, or nothing.
		config, kind, err := image.DecodeConfig(bytes.NewReader(b))
		if err == nil && (config.Width != info.Width || config.Height != info.Height || "image/"+kind != info.Type) {
			t.Fatalf("the check says %+v, the decoder %s %d x %d", info, kind, config.Width, config.Height)
		}
	})
}
