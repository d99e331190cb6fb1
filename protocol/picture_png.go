package protocol

import (
	"encoding/binary"
	"hash/crc32"
)

// pngOrder is the place of each chunk that a picture may have.
var pngOrder = map[string]int{"IHDR": 1, "PLTE": 2, "tRNS": 3, "IDAT": 4, "IEND": 5}

// pngWalk is what has been read of a PNG so far.
type pngWalk struct {
	info    PictureInfo
	place   int // of the last chunk, in pngOrder
	depth   byte
	colour  byte // 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha
	palette int  // colours in PLTE
	data    int  // bytes in IDAT
}

func checkPNG(b []byte) (PictureInfo, error) {
	w := pngWalk{info: PictureInfo{Type: "image/png"}}
	for rest := b[len(pngStart):]; ; {
		if len(rest) < 12 {
			return PictureInfo{}, pictureCutOff("PNG")
		}
		n, kind := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if err := w.header(kind, n); err != nil {
			return PictureInfo{}, err
		}
		if uint64(n) > uint64(len(rest)-12) {
			return PictureInfo{}, pictureCutOff("PNG")
		}
		if err := w.chunk(kind, rest[8:8+n]); err != nil {
			return PictureInfo{}, err
		}
		if crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return PictureInfo{}, badPicture("The PNG is damaged: the checksum of its %s chunk is wrong. Copy or download it again.", kind)
		}
		rest = rest[12+n:]
		if kind == "IEND" && len(rest) > 0 {
			return PictureInfo{}, badPicture("%s bytes follow the end of the PNG; encode the picture again, without them.", pictureNumber(len(rest)))
		}
		if kind == "IEND" {
			return w.info, nil
		}
	}
}

// header checks that a chunk of this kind and length may come here.
func (w *pngWalk) header(kind string, n uint32) error {
	place, known := pngOrder[kind]
	for _, c := range []byte(kind) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return badPicture("The PNG is damaged: something that is no chunk stands where one must be.")
		}
	}
	switch {
	case !known:
		return badPicture("The PNG carries a chunk of kind %s, where programs keep text, time or profiles; encode the picture again, without it.", kind)
	case w.place == 0 && kind != "IHDR", place < w.place, place == w.place && kind != "IDAT",
		kind == "IDAT" && w.colour == 3 && w.palette == 0, kind == "IEND" && w.data == 0:
		return badPicture("The PNG is damaged: its chunks are incomplete or out of order (at %s).", kind)
	}
	w.place = place
	ok := true
	switch kind {
	case "IHDR":
		ok = n == 13
	case "PLTE":
		w.palette = int(n / 3)
		ok = n > 0 && n%3 == 0 && n <= 3*256 && w.colour&2 != 0 && (w.colour != 3 || w.palette <= 1<<w.depth)
	case "tRNS":
		ok = w.colour == 0 && n == 2 || w.colour == 2 && n == 6 || w.colour == 3 && n > 0 && int(min(n, 257)) <= w.palette
	case "IEND":
		ok = n == 0
	}
	return errUnless(ok, kind)
}

func (w *pngWalk) chunk(kind string, p []byte) error {
	if kind == "IDAT" {
		w.data += len(p)
	}
	if kind != "IHDR" {
		return nil
	}
	width, height := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	if width >= 1<<31 || height >= 1<<31 {
		return errUnless(false, kind)
	}
	if err := checkPictureSize(int(width), int(height)); err != nil {
		return err
	}
	w.info.Width, w.info.Height = int(width), int(height)
	w.depth, w.colour = p[8], p[9]
	depths := map[byte]uint32{0: 1<<1 | 1<<2 | 1<<4 | 1<<8 | 1<<16, 2: 1<<8 | 1<<16, 3: 1<<1 | 1<<2 | 1<<4 | 1<<8, 4: 1<<8 | 1<<16, 6: 1<<8 | 1<<16}
	return errUnless(w.depth <= 16 && depths[w.colour]>>w.depth&1 == 1 && p[10] == 0 && p[11] == 0 && p[12] <= 1, kind)
}

func errUnless(ok bool, kind string) error {
	if ok {
		return nil
	}
	return badPicture("The PNG is damaged: its %s chunk is not as it must be.", kind)
}
