package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"p4p/protocol"
)

// kind is a format that can be read.
type kind struct {
	name   string
	is     func(b []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var (
	jpegKind = kind{"JPEG", starts("\xff\xd8"), jpeg.DecodeConfig, jpeg.Decode}
	pngKind  = kind{"PNG", starts("\x89PNG"), png.DecodeConfig, png.Decode}
	gifKind  = kind{"GIF", starts("GIF8"), gif.DecodeConfig, gif.Decode}
	webpKind = kind{"WebP", isWebP, webp.DecodeConfig, webp.Decode}
)

func starts(s string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(s)) }
}

func isWebP(b []byte) bool {
	return len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}

// decodeSource decodes an attached file once its header is known to be bearable.
func decodeSource(k *kind, b []byte) (image.Image, error) {
	if k == &jpegKind && tooManyScans(b) {
		return nil, refuse("The JPEG has more than %d scans, which no camera makes; save it as an ordinary JPEG and attach that.", maxScans)
	}
	if k == &webpKind {
		if err := checkWebP(b); err != nil {
			return nil, err
		}
	}
	c, err := guard(k, bytes.NewReader(b), k.config)
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, refuse("The %s says that it is %d x %d pixels: there is nothing to see. Choose another picture.", k.name, c.Width, c.Height)
	}
	if c.Width > MaxSourcePixels/c.Height { // the product may overflow
		return nil, protocol.Errorf(protocol.CodeTooLarge, "A picture may have at most %d megapixels; this %s says %d x %d pixels. Make it smaller and try again.",
			MaxSourcePixels>>20, k.name, c.Width, c.Height)
	}
	if k == &gifKind {
		return decodeGIF(b, c.Width, c.Height)
	}
	return k.decodeSized(bytes.NewReader(b), c.Width, c.Height)
}

// checkWebP says what the decoder does not: that an animation is one, and that
// the file is shorter than its RIFF header tells.
func checkWebP(b []byte) error {
	const animated = 2
	if int64(binary.LittleEndian.Uint32(b[4:]))+8 > int64(len(b)) {
		return webpKind.cutOff()
	}
	if len(b) > 20 && string(b[12:16]) == "VP8X" && b[20]&animated != 0 {
		return refuse("The WebP is an animation, which cannot be sent; save one frame of it as JPEG or PNG and attach that.")
	}
	return nil
}

// decodeSized decodes r, whose header promised w x h pixels.
func (k *kind) decodeSized(r io.Reader, w, h int) (image.Image, error) {
	m, err := guard(k, r, k.decode)
	if err != nil {
		return nil, err
	}
	if m.Bounds().Dx() != w || m.Bounds().Dy() != h {
		return nil, refuse("The %s is damaged: its header says %d x %d pixels, but it has others. Copy or download it again.", k.name, w, h)
	}
	return m, nil
}

// decodeGIF puts the first frame, which may cover a part only, on the canvas.
func decodeGIF(b []byte, w, h int) (image.Image, error) {
	frame, err := guard(&gifKind, bytes.NewReader(b), gifKind.decode)
	if err != nil {
		return nil, err
	}
	canvas := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas, nil
}

// guard runs one of a kind's decoders on a stranger's bytes: its errors become
// sentences, and its panics errors.
func guard[T any](k *kind, r io.Reader, f func(io.Reader) (T, error)) (v T, err error) {
	src := &source{r: r}
	defer func() {
		if p := recover(); p != nil {
			v, err = *new(T), k.damaged().Because(fmt.Errorf("the %s decoder panicked: %v", k.name, p))
		}
	}()
	v, err = f(src)
	var unsupportedJPEG jpeg.UnsupportedError
	var unsupportedPNG png.UnsupportedError
	switch {
	case err == nil:
		return v, nil
	case src.ended:
		err = k.cutOff().Because(err)
	case errors.As(err, &unsupportedJPEG), errors.As(err, &unsupportedPNG):
		err = refuse("The %s is of a rare kind that cannot be read; save it as an ordinary JPEG or PNG and attach that.", k.name).Because(err)
	default:
		err = k.damaged().Because(err)
	}
	return *new(T), err
}

func (k *kind) cutOff() *protocol.Error {
	return refuse("The %s is cut off: its end is missing. Copy or download it again.", k.name)
}

func (k *kind) damaged() *protocol.Error {
	return refuse("The %s is damaged and cannot be read. Copy or download it again.", k.name)
}

// source notes whether a decoder wanted more than there is: the decoders say so
// in too many ways to ask them.
type source struct {
	r     io.Reader
	ended bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.ended = s.ended || errors.Is(err, io.EOF)
	return n, err
}
