package protocol

import (
	"bytes"
	"strconv"
)

// PictureInfo is what a picture's own header says.
type PictureInfo struct {
	Type          string // "image/jpeg" or "image/png"
	Width, Height int    // pixels, from 1 up to the limits of this version
}

const (
	jpegStart = "\xff\xd8"
	pngStart  = "\x89PNG\r\n\x1a\n"
)

// CheckPicture decides whether b may be stored, sent or decoded. Server and
// client both ask it before they look at a single pixel: it walks the file's
// segments or chunks once, decodes nothing and allocates nothing that depends
// on what the header claims.
//
// What passes can hold no camera data, place, name, colour profile or comment,
// because no part of the file is left where one could stand:
//
//   - A JPEG (ITU-T T.81) is Huffman-coded, baseline, extended or progressive,
//     with 8 bits and 1 or 3 components, and has only APP0 (a JFIF header of 16
//     bytes, without a thumbnail), DQT, DHT, DRI, one SOF, SOS and EOI.
//   - A PNG (third edition) has only IHDR, PLTE, tRNS, IDAT and IEND, in that
//     order, with right checksums.
//
// Nothing may follow the end of either. Pixels themselves can of course show or
// hide anything.
//
// The error has the code too_large for more than [MaxPicture] bytes,
// [MaxPictureSide] or [MaxPicturePixels], and bad_picture for everything else.
func CheckPicture(b []byte) (PictureInfo, error) {
	switch {
	case len(b) == 0:
		return PictureInfo{}, badPicture("The picture is empty: it has 0 bytes.")
	case len(b) > MaxPicture:
		return PictureInfo{}, Errorf(CodeTooLarge, "A picture has at most %s bytes; this one has %s. Make it smaller and try again.",
			pictureNumber(MaxPicture), pictureNumber(len(b)))
	case bytes.HasPrefix(b, []byte(jpegStart)):
		return checkJPEG(b)
	case bytes.HasPrefix(b, []byte(pngStart)):
		return checkPNG(b)
	}
	return PictureInfo{}, badPicture("The picture is neither a JPEG nor a PNG; save it as one of these.")
}

func badPicture(format string, args ...any) error { return Errorf(CodeBadPicture, format, args...) }

func pictureCutOff(kind string) error {
	return badPicture("The %s is cut off: its end is missing. Copy or download it again.", kind)
}

func checkPictureSize(w, h int) error {
	if w < 1 || h < 1 {
		return badPicture("The picture says that it is %d x %d pixels: there is nothing to see.", w, h)
	}
	if w > MaxPictureSide || h > MaxPictureSide || w*h > MaxPicturePixels {
		return Errorf(CodeTooLarge, "A picture has at most %s pixels on a side and %s in all; this one says %s x %s. Make it smaller and try again.",
			pictureNumber(MaxPictureSide), pictureNumber(MaxPicturePixels), pictureNumber(w), pictureNumber(h))
	}
	return nil
}

// pictureNumber writes n, which is not negative, with commas: 8,192.
func pictureNumber(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
