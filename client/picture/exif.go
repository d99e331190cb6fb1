package picture

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// maxScans is how many scans an attached JPEG may have. Encoders write about
// ten; a decoder visits the whole picture for each, however few bytes it takes.
const maxScans = 32

const (
	markerSOS  = 0xda
	markerEOI  = 0xd9
	markerAPP1 = 0xe1
)

// segments yields a JPEG's segments, marker and payload, up to its end or the
// first that is cut off. Like decoders it passes over whatever stands between
// them, image data included; it refuses nothing.
func segments(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for rest := b[min(2, len(b)):]; ; {
			i := bytes.IndexByte(rest, 0xff)
			if i < 0 || i+4 > len(rest) {
				return
			}
			marker := rest[i+1]
			if marker == 0xff { // a fill byte
				rest = rest[i+1:]
				continue
			}
			if marker <= 1 || marker >= 0xd0 && marker <= 0xd7 { // data, or a marker without payload
				rest = rest[i+2:]
				continue
			}
			n := int(binary.BigEndian.Uint16(rest[i+2:]))
			if marker == markerEOI || n < 2 || i+2+n > len(rest) || !yield(marker, rest[i+4:i+2+n]) {
				return
			}
			rest = rest[i+2+n:]
		}
	}
}

func tooManyScans(b []byte) bool {
	n := 0
	for marker := range segments(b) {
		if marker == markerSOS {
			n++
		}
	}
	return n > maxScans
}

// orientation is how a JPEG's EXIF says that the picture is to be turned, 1 to
// 8; 1, which is upright, where it says nothing or nonsense.
func orientation(b []byte) int {
	for marker, p := range segments(b) {
		if marker == markerSOS {
			break
		}
		if tiff, ok := bytes.CutPrefix(p, []byte("Exif\x00\x00")); ok && marker == markerAPP1 {
			return tiffOrientation(tiff)
		}
	}
	return 1
}

// tiffOrientation finds tag 0x0112 in the first directory of an EXIF block,
// which is laid out as a TIFF file (TIFF 6.0, section 2).
func tiffOrientation(b []byte) int {
	const upright = 1
	if len(b) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(b[:2]) == "MM" {
		order = binary.BigEndian
	} else if string(b[:2]) != "II" {
		return upright
	}
	at := order.Uint32(b[4:])
	if order.Uint16(b[2:]) != 42 || uint64(at)+2 > uint64(len(b)) {
		return upright
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return upright
		}
		const orientationTag, short = 0x0112, 3
		if order.Uint16(entries) == orientationTag {
			v := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != short || order.Uint32(entries[4:]) != 1 || v < 1 || v > 8 {
				return upright
			}
			return int(v)
		}
		entries = entries[12:]
	}
	return upright
}
