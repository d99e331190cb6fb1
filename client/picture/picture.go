// Package picture stands on both sides of the door for pictures: what a person
// attaches is made safe to leave the machine, and what came from the network is
// made safe to show.
//
// Its rules:
//
//   - Only pixels leave. Whatever is attached is decoded, turned upright and
//     encoded anew; no byte of the source file is copied. So EXIF, GPS, XMP,
//     colour profiles, comments, thumbnails, hidden frames, bytes behind the end
//     and the colours of fully transparent pixels stay at home.
//   - Headers first. A file's size, kind and dimensions are checked before a
//     decoder sees it; memory is bounded by the limits below, not by the file.
//   - What leaves passes [protocol.CheckPicture], and what comes in must.
//   - The same input gives the same bytes; nothing here reads a clock or a
//     random number.
package picture

import (
	"bytes"
	"image"
	"io"
	"sync"

	"p4p/protocol"
)

// Limits on what may be attached, and what is made of it.
const (
	MaxSource       = 20 << 20 // bytes of an attached file
	MaxSourcePixels = 64 << 20 // width times height of an attached file
	MaxSide         = 1600     // the longer side of what is sent, in pixels
)

// Prepared is a picture that may leave the machine. It passes
// [protocol.CheckPicture].
type Prepared struct {
	Bytes         []byte
	Type          string // "image/jpeg" or "image/png"
	Width, Height int    // pixels, at most MaxSide
}

// Prepare makes of an attached file (JPEG, PNG, GIF or WebP; of an animation the
// first frame) a picture that may leave the machine: upright by its EXIF
// orientation, at most [MaxSide] pixels on the longer side (never enlarged) and
// at most [protocol.MaxPicture] bytes. Photos become JPEG; pictures of few
// colours become PNG where that is smaller, and transparent ones always do.
//
// It reads r to the end, but never keeps more than [MaxSource] bytes. An r that
// is an *os.File is refused by its size without being read. The error has the
// code too_large or bad_picture.
func Prepare(r io.Reader) (Prepared, error) {
	b, err := readSource(r)
	if err != nil {
		return Prepared{}, err
	}
	k, err := recognise(b)
	if err != nil {
		return Prepared{}, err
	}
	m, err := decodeSource(k, b)
	if err != nil {
		return Prepared{}, err
	}
	turn := 1
	if k == &jpegKind {
		turn = orientation(b)
	}
	// Scaling first and turning then gives the same pixels for less work.
	out, err := encode(orient(shrink(m, MaxSide), turn), protocol.MaxPicture)
	if err != nil {
		return Prepared{}, protocol.Errorf(protocol.CodeInternal, "The picture could not be encoded; please report this with the kind of file it was.").Because(err)
	}
	info, err := protocol.CheckPicture(out)
	if err != nil {
		return Prepared{}, protocol.Errorf(protocol.CodeInternal, "The picture was encoded in a form that no server takes; please report this with the kind of file it was.").Because(err)
	}
	return Prepared{Bytes: out, Type: info.Type, Width: info.Width, Height: info.Height}, nil
}

// decoding lets one stranger's picture at a time be decoded: a progressive JPEG
// of the largest size costs a decoder about 250 MB, and a page of the feed can
// ask for many at once.
var decoding sync.Mutex

// Decode reads a picture that came from the network, to be shown. It passes
// [protocol.CheckPicture] before any decoder sees it. The error has the code
// bad_picture or too_large. It is safe to call from many goroutines, which then
// take turns.
func Decode(b []byte) (image.Image, error) {
	info, err := protocol.CheckPicture(b)
	if err != nil {
		return nil, err
	}
	k := &pngKind
	if info.Type == "image/jpeg" {
		k = &jpegKind
	}
	decoding.Lock()
	defer decoding.Unlock()
	m, err := k.decodeSized(bytes.NewReader(b), info.Width, info.Height)
	if err != nil {
		return nil, refuse("This picture cannot be shown: its image data is damaged.").Because(err)
	}
	return m, nil
}
