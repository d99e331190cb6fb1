package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"p4p/client/picture"
	"p4p/protocol"
)

func wantError(t *testing.T, err error, code protocol.Code, says ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	if protocol.CodeOf(err) != code {
		t.Errorf("code %q; want %q (%v)", protocol.CodeOf(err), code, err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

func header(w, h uint32) []byte {
	p := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", string(p)+"\x08\x06\x00\x00\x00"), chunk("IDAT", "x"))
}

func TestWhatIsNoPictureIsRefusedWithItsOwnSentence(t *testing.T) {
	animated := fixture(t, "animated.webp")
	lossless := bytes.Replace(asJPEG(t, photo(9, 9)), []byte("\xff\xc0"), []byte("\xff\xc3"), 1)
	scan := bytes.Index(asJPEG(t, photo(9, 9)), []byte("\xff\xda"))
	j := asJPEG(t, photo(9, 9))
	manyScans := slices.Concat(j[:scan], bytes.Repeat(j[scan:len(j)-2], 33), j[len(j)-2:])
	noRows := bytes.Replace(j, []byte("\x11\x08\x00\x09"), []byte("\x11\x08\x00\x00"), 1)
	damaged := asPNG(t, photo(99, 99))
	damaged[60] ^= 1
	for _, tt := range []struct{ name, file, says string }{
		{"empty", "", "0 bytes"},
		{"text", "Dear diary,\n\ttoday I was in Köln.\n", "is text"},
		{"long text", strings.Repeat("ä", 5000), "is text"},
		{"SVG", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, "SVG"},
		{"HEIC", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"},
		{"AVIF", "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF"},
		{"MP4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "video"},
		{"BMP", "BM\x00\x00\x01\x02", "BMP"},
		{"TIFF", "II*\x00\x08\x00\x00\x00", "TIFF"},
		{"PDF", "%PDF-1.7\n", "PDF"},
		{"program", "\x7fELF\x02\x01\x01\x00", "no picture that can be sent"},
		{"animated WebP", string(animated), "animation"},
		{"lossless JPEG", string(lossless), "rare kind"},
		{"JPEG with 33 scans", string(manyScans), "more than 32 scans"},
		{"JPEG without rows", string(noRows), "nothing to see"},
		{"damaged PNG", string(damaged), "is damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := picture.Prepare(strings.NewReader(tt.file))
			wantError(t, err, protocol.CodeBadPicture, tt.says)
		})
	}
}

func TestAPictureCutOffAnywhereIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"JPEG": asJPEG(t, photo(40, 30)), "progressive JPEG": fixture(t, "progressive.jpg"), "PNG": asPNG(t, photo(40, 30)),
		"WebP": fixture(t, "alpha.webp"), "lossy WebP": fixture(t, "lossyalpha.webp"),
		"GIF": asGIF(t, drawing(40, 30)),
	} {
		end := len(b)
		if name == "GIF" {
			end -= 2 // the first frame is whole before the trailer and its own empty block
		}
		for n := 16; n < end; n++ {
			_, err := picture.Prepare(bytes.NewReader(b[:n]))
			if protocol.CodeOf(err) != protocol.CodeBadPicture {
				t.Errorf("the first %d of %d bytes of a %s: %v", n, len(b), name, err)
			}
		}
		_, err := picture.Prepare(bytes.NewReader(b[:len(b)*3/4]))
		wantError(t, err, protocol.CodeBadPicture, "cut off")
	}
}

func TestAFileOf30MegabytesIsRefusedWithBothNumbers(t *testing.T) {
	const size = 30 << 20
	t.Run("from a stream", func(t *testing.T) {
		_, err := picture.Prepare(io.LimitReader(endless{}, size))
		wantError(t, err, protocol.CodeTooLarge, "20 MB", "30 MB")
	})
	t.Run("from a stream without end", func(t *testing.T) {
		_, err := picture.Prepare(endless{})
		wantError(t, err, protocol.CodeTooLarge, "20 MB", "more than 276")
	})
	t.Run("one byte too many", func(t *testing.T) {
		_, err := picture.Prepare(io.LimitReader(endless{}, picture.MaxSource+1))
		wantError(t, err, protocol.CodeTooLarge, "20 MB", "20.1 MB")
	})
	t.Run("the limit itself", func(t *testing.T) {
		_, err := picture.Prepare(io.LimitReader(endless{}, picture.MaxSource))
		wantError(t, err, protocol.CodeBadPicture, "no picture that can be sent")
	})
	t.Run("a file, which is not read", func(t *testing.T) {
		f, err := os.Create(filepath.Join(t.TempDir(), "large.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
		_, err = picture.Prepare(f)
		wantError(t, err, protocol.CodeTooLarge, "20 MB", "30 MB")
		if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != 0 {
			t.Errorf("read up to %d, %v", at, err)
		}
	})
}

// endless is /dev/zero on every system.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	broken := errors.New("broken disk")
	_, err := picture.Prepare(iotest.ErrReader(broken))
	wantError(t, err, protocol.CodeBadPicture, "could not be read")
	if !errors.Is(err, broken) {
		t.Error("the cause is lost")
	}
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	_, err = picture.Prepare(dir)
	wantError(t, err, protocol.CodeBadPicture, "folder")
}

func TestHostileHeadersAreRefusedBeforeAnythingIsDecoded(t *testing.T) {
	j := asJPEG(t, photo(9, 9))
	jpegSize := []byte("\x11\x08\x00\x09\x00\x09")
	if !bytes.Contains(j, jpegSize) {
		t.Fatal("the JPEG's size stands elsewhere")
	}
	for _, tt := range []struct {
		name string
		b    []byte
		says string
	}{
		{"PNG of 50,000 x 50,000", header(50000, 50000), "50000 x 50000"},
		{"PNG as large as can be said", header(1<<31-1, 1<<31-1), ""},
		{"PNG just over", header(8193, 8192), "64 megapixels"},
		{"JPEG of 65,535 x 65,535", bytes.Replace(j, jpegSize, []byte("\x11\x08\xff\xff\xff\xff"), 1), "65535 x 65535"},
		{"GIF of 65,535 x 65,535", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02"), "65535 x 65535"},
		{"WebP of 16,383 x 16,383", []byte("RIFF\x1e\x00\x00\x00WEBPVP8L\x11\x00\x00\x00\x2f\xfe\xbf\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "16383 x 16383"},
		{"extended WebP of 32,768 x 32,768", []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\xff\x7f\x00\xff\x7f\x00ALPH\x00\x00\x00\x00"), "32768 x 32768"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := picture.Prepare(bytes.NewReader(tt.b))
			runtime.ReadMemStats(&after)
			code := protocol.CodeTooLarge
			if tt.says == "" { // refused by the decoder itself
				code = protocol.CodeBadPicture
			}
			wantError(t, err, code, tt.says)
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

func FuzzPrepare(f *testing.F) {
	for _, b := range [][]byte{
		asJPEG(f, photo(9, 9)), behindSOI(asJPEG(f, photo(9, 9)), segment(0xe1, exif(binary.BigEndian, 6, "GPS"))),
		asPNG(f, photo(9, 9)), asPNG(f, noise(3, 3, true)), asGIF(f, drawing(9, 9)), header(50000, 50000),
		fixture(f, "progressive.jpg"), fixture(f, "alpha.webp"), fixture(f, "lossyalpha.webp"), fixture(f, "animated.webp"),
		{},
		[]byte("text"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// Pictures that are large but allowed take long, and say nothing new.
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width*c.Height > 1<<18 {
			return
		}
		p, err := picture.Prepare(bytes.NewReader(b))
		if err != nil {
			if c := protocol.CodeOf(err); c != protocol.CodeBadPicture && c != protocol.CodeTooLarge {
				t.Fatalf("code %q: %v", c, err)
			}
			return
		}
		if info, err := protocol.CheckPicture(p.Bytes); err != nil || info.Width != p.Width || info.Height != p.Height || info.Type != p.Type {
			t.Fatalf("CheckPicture says %+v, %v; Prepare said %s %d x %d", info, err, p.Type, p.Width, p.Height)
		}
		if _, err := picture.Decode(p.Bytes); err != nil {
			t.Fatal(err)
		}
	})
}
