package picture

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"p4p/protocol"
)

// countAtMost bounds how far a stream that is too long is read on, only to say
// how long it is.
const countAtMost = 256 << 20

func refuse(format string, args ...any) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadPicture, format, args...)
}

// readSource reads all of r, or says why it cannot be a picture.
func readSource(r io.Reader) ([]byte, error) {
	if f, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, refuse("This is a folder, not a picture; name a file in it.")
		} else if err == nil && info.Mode().IsRegular() && info.Size() > MaxSource {
			return nil, tooManyBytes(info.Size(), "")
		}
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxSource+1))
	if err != nil {
		return nil, refuse("The picture could not be read; check that the file is there and readable, and try again.").Because(err)
	}
	if len(b) > MaxSource {
		rest, _ := io.Copy(io.Discard, io.LimitReader(r, countAtMost))
		more := ""
		if rest == countAtMost {
			more = "more than "
		}
		return nil, tooManyBytes(int64(len(b))+rest, more)
	}
	return b, nil
}

func tooManyBytes(n int64, more string) error {
	return protocol.Errorf(protocol.CodeTooLarge, "A picture file may have at most %s; this one has %s%s. Make it smaller and try again.",
		megabytes(MaxSource), more, megabytes(n))
}

// megabytes writes n bytes in units of 2^20, rounded up to a tenth so that what
// is over a limit never reads like the limit.
func megabytes(n int64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Ceil(float64(n)/(1<<20)*10)/10), ".0") + " MB"
}

// foreign are kinds of file that people take for pictures, by their first bytes.
var foreign = []struct {
	at   int
	mark string
	what string
}{
	{4, "ftyphei", "a HEIC picture, as iPhones make them"},
	{4, "ftyphev", "a HEIC picture, as iPhones make them"},
	{4, "ftypmif1", "a HEIC picture, as iPhones make them"},
	{4, "ftypavi", "an AVIF picture"},
	{4, "ftyp", "a video"},
	{0, "BM", "a BMP picture"},
	{0, "II*\x00", "a TIFF or raw picture"},
	{0, "MM\x00*", "a TIFF or raw picture"},
	{0, "\xff\x0a", "a JPEG XL picture"},
	{4, "JXL \r\n\x87\n", "a JPEG XL picture"},
	{4, "jP  \r\n\x87\n", "a JPEG 2000 picture"},
	{0, "%PDF", "a PDF document"},
	{0, "PK\x03\x04", "an archive or a document"},
}

// recognise tells a file's kind by its first bytes; its name does not count.
func recognise(b []byte) (*kind, error) {
	if len(b) == 0 {
		return nil, refuse("The file is empty: it has 0 bytes. Choose another picture.")
	}
	for _, k := range []*kind{&jpegKind, &pngKind, &gifKind, &webpKind} {
		if k.is(b) {
			return k, nil
		}
	}
	for _, f := range foreign {
		if len(b) > f.at && bytes.HasPrefix(b[f.at:], []byte(f.mark)) {
			return nil, refuse("The file is %s, which cannot be sent; save it as JPEG or PNG and attach that.", f.what)
		}
	}
	if isText(b) {
		if bytes.Contains(b[:min(len(b), 1024)], []byte("<svg")) {
			return nil, refuse("The file is an SVG drawing, which cannot be sent; save it as PNG and attach that.")
		}
		return nil, refuse("The file is text, not a picture; choose a JPEG, PNG, GIF or WebP file.")
	}
	return nil, refuse("The file is no picture that can be sent; choose a JPEG, PNG, GIF or WebP file.")
}

// isText looks at the first bytes only.
func isText(b []byte) bool {
	const enough = 4096
	if len(b) > enough {
		b = b[:enough]
		for n := 0; n < utf8.UTFMax && !utf8.Valid(b); n++ { // the cut may have split a character
			b = b[:len(b)-1]
		}
	}
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) < 0
}
