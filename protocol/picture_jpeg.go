package protocol

import (
	"bytes"
	"encoding/binary"
)

// Markers of T.81, table B.1.
const (
	jpegSOF0, jpegSOF1, jpegSOF2 = 0xc0, 0xc1, 0xc2

	jpegDHT  = 0xc4
	jpegRST0 = 0xd0
	jpegRST7 = 0xd7
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegDQT  = 0xdb
	jpegDRI  = 0xdd
	jpegAPP0 = 0xe0
	jpegCOM  = 0xfe
)

// jpegScans is how many scans a JPEG may have. Encoders write about ten; a
// decoder visits the whole picture for each, however few bytes it takes.
const jpegScans = 32

// jpegWalk is what has been read of a JPEG so far.
type jpegWalk struct {
	rest    []byte
	frame   byte // the SOF marker; 0 before it
	info    PictureInfo
	comps   []jpegComponent
	quant   uint8  // bit i: quantization table i is defined
	huff    uint8  // bit 4*class+i: Huffman table i of that class (0 DC, 1 AC) is defined
	fresh   uint16 // what was defined since the last scan: quant, huff<<4, restart<<12
	restart int    // blocks groups (MCUs) between two restart markers; 0: no such markers
	scans   int
}

type jpegComponent struct {
	id, quant byte
	h, v      int       // sampling factors
	sent      [64]uint8 // for each coefficient, 1 + the lowest bit that a scan brought; 0: none did
}

func checkJPEG(b []byte) (PictureInfo, error) {
	w := jpegWalk{rest: b[len(jpegStart):], info: PictureInfo{Type: "image/jpeg"}}
	for first := true; ; first = false {
		if len(w.rest) < 2 {
			return PictureInfo{}, pictureCutOff("JPEG")
		}
		if w.rest[0] != 0xff {
			return PictureInfo{}, badPicture("The JPEG is damaged: bytes stand between its segments.")
		}
		marker := w.rest[1]
		w.rest = w.rest[2:]
		if marker == jpegEOI {
			return w.end()
		}
		if err := w.segment(marker, first); err != nil {
			return PictureInfo{}, err
		}
	}
}

func (w *jpegWalk) end() (PictureInfo, error) {
	if len(w.rest) > 0 {
		return PictureInfo{}, badPicture("%s bytes follow the end of the JPEG; encode the picture again, without them.", pictureNumber(len(w.rest)))
	}
	if w.scans == 0 {
		return PictureInfo{}, badPicture("The JPEG has no image data.")
	}
	for i := range w.comps {
		if w.comps[i].sent[0] == 0 {
			return PictureInfo{}, badPicture("The JPEG is not complete: a colour component has no image data.")
		}
	}
	return w.info, nil
}

func (w *jpegWalk) segment(marker byte, first bool) error {
	switch {
	case marker == jpegDQT, marker == jpegDHT, marker == jpegDRI, marker == jpegSOS,
		marker == jpegSOF0, marker == jpegSOF1, marker == jpegSOF2, marker == jpegAPP0:
	case marker > jpegAPP0 && marker <= 0xef:
		return badPicture("The JPEG carries an APP%d segment, where cameras keep place, time and device; encode the picture again, without it.", marker-jpegAPP0)
	case marker == jpegCOM:
		return badPicture("The JPEG carries a comment; encode the picture again, without it.")
	case marker > jpegSOF2 && marker <= 0xcf:
		return badPicture("The JPEG is lossless, hierarchical or arithmetic-coded, which few programs can show; save it as an ordinary JPEG.")
	default:
		return badPicture("The JPEG is damaged: the marker %#x is out of place.", marker)
	}
	if len(w.rest) < 2 {
		return pictureCutOff("JPEG")
	}
	n := int(binary.BigEndian.Uint16(w.rest))
	if n < 2 {
		return errJPEGSegment(marker)
	}
	if n > len(w.rest) {
		return pictureCutOff("JPEG")
	}
	p := w.rest[2:n]
	w.rest = w.rest[n:]
	switch marker {
	case jpegAPP0:
		return checkJFIF(p, first)
	case jpegDQT:
		return w.quantTables(p)
	case jpegDHT:
		return w.huffmanTables(p)
	case jpegDRI:
		if len(p) != 2 || !w.define(1<<12) {
			return errJPEGSegment(marker)
		}
		w.restart = int(binary.BigEndian.Uint16(p))
		return nil
	case jpegSOS:
		return w.scan(p)
	}
	return w.startFrame(marker, p)
}

func errJPEGSegment(marker byte) error {
	name := map[byte]string{jpegDQT: "DQT", jpegDHT: "DHT", jpegDRI: "DRI", jpegSOS: "SOS", jpegAPP0: "APP0"}[marker]
	if name == "" {
		name = "SOF"
	}
	return badPicture("The JPEG is damaged: a segment of kind %s is not as it must be.", name)
}

func checkJFIF(p []byte, first bool) error {
	if !first || len(p) != 14 || !bytes.HasPrefix(p, []byte("JFIF\x00\x01")) || p[7] > 2 || p[12] != 0 || p[13] != 0 {
		return badPicture("The JPEG's APP0 segment is not a plain JFIF header at its start (does it carry a thumbnail?); encode the picture again, without it.")
	}
	return nil
}

// define notes tables; false if one of them is defined already and no scan has
// used it: a table that is written only to be written over could hold anything.
func (w *jpegWalk) define(bit uint16) bool {
	old := w.fresh
	w.fresh |= bit
	return old&bit == 0
}

func (w *jpegWalk) quantTables(p []byte) error {
	for len(p) > 0 {
		id, n := p[0]&15, 1+64
		if p[0]>>4 == 1 {
			n = 1 + 128
		}
		if p[0]>>4 > 1 || id > 3 || len(p) < n || !w.define(1<<id) {
			return errJPEGSegment(jpegDQT)
		}
		w.quant |= 1 << id
		p = p[n:]
	}
	return nil
}

func (w *jpegWalk) huffmanTables(p []byte) error {
	for len(p) > 0 {
		class, id := p[0]>>4, p[0]&15
		if class > 1 || id > 3 || len(p) < 17 || !w.define(1<<(4+4*class+id)) {
			return errJPEGSegment(jpegDHT)
		}
		codes, space := 0, 0 // space: in units of the shortest, 16-bit code's share
		for i, n := range p[1:17] {
			codes += int(n)
			space += int(n) << (15 - i)
		}
		if codes == 0 || codes > 256 || space > 1<<16 || len(p) < 17+codes {
			return errJPEGSegment(jpegDHT)
		}
		w.huff |= 1 << (4*class + id)
		p = p[17+codes:]
	}
	return nil
}

func (w *jpegWalk) startFrame(marker byte, p []byte) error {
	if w.frame != 0 || len(p) < 6 || len(p) != 6+3*int(p[5]) {
		return errJPEGSegment(marker)
	}
	if p[0] != 8 || p[5] != 1 && p[5] != 3 {
		return badPicture("The JPEG has %d components of %d bits; only 1 or 3 of 8 bits can be shown. Save it as an ordinary JPEG.", p[5], p[0])
	}
	w.frame = marker
	w.info.Height, w.info.Width = int(binary.BigEndian.Uint16(p[1:])), int(binary.BigEndian.Uint16(p[3:]))
	if err := checkPictureSize(w.info.Width, w.info.Height); err != nil {
		return err
	}
	for p = p[6:]; len(p) > 0; p = p[3:] {
		c := jpegComponent{id: p[0], h: int(p[1] >> 4), v: int(p[1] & 15), quant: p[2]}
		if w.component(c.id) != nil || c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 {
			return errJPEGSegment(marker)
		}
		w.comps = append(w.comps, c)
	}
	return nil
}

func (w *jpegWalk) component(id byte) *jpegComponent {
	for i := range w.comps {
		if w.comps[i].id == id {
			return &w.comps[i]
		}
	}
	return nil
}

// scan checks a scan's header and walks over its entropy-coded data.
func (w *jpegWalk) scan(p []byte) error {
	bad := errJPEGSegment(jpegSOS)
	if w.frame == 0 || len(p) < 6 || len(p) != 4+2*int(p[0]) || int(p[0]) > len(w.comps) {
		return bad
	}
	w.scans++
	if w.scans > jpegScans {
		return badPicture("The JPEG has more than %d scans; save it as an ordinary JPEG.", jpegScans)
	}
	end := p[len(p)-3:]
	first, last, high, low := int(end[0]), int(end[1]), end[2]>>4, end[2]&15
	if w.frame == jpegSOF2 {
		if last > 63 || first > last || first == 0 && last != 0 || first > 0 && p[0] != 1 ||
			high > 13 || low > 13 || high > 0 && high != low+1 {
			return bad
		}
	} else if first != 0 || last != 63 || high != 0 || low != 0 {
		return bad
	}
	var scanned []*jpegComponent
	blocks := 0
	for sel := p[1 : len(p)-3]; len(sel) > 0; sel = sel[2:] {
		c, dc, ac := w.component(sel[0]), sel[1]>>4, sel[1]&15
		if c == nil || dc > 3 || ac > 3 || w.frame == jpegSOF0 && (dc > 1 || ac > 1) || w.quant>>c.quant&1 == 0 ||
			first == 0 && high == 0 && w.huff>>dc&1 == 0 || last > 0 && w.huff>>(4+ac)&1 == 0 || first > 0 && c.sent[0] == 0 {
			return bad
		}
		for k := first; k <= last; k++ {
			if high == 0 && c.sent[k] != 0 || high > 0 && c.sent[k] != high+1 {
				return bad // each bit of each coefficient comes once, the high ones first
			}
			c.sent[k] = low + 1
		}
		blocks += c.h * c.v
		scanned = append(scanned, c)
	}
	if len(scanned) > 1 && blocks > 10 {
		return bad
	}
	w.fresh = 0
	return w.entropy(w.intervals(scanned))
}

// intervals is how many stretches of entropy-coded data, with restart markers
// between them, a scan of these components has.
func (w *jpegWalk) intervals(scanned []*jpegComponent) int {
	if w.restart == 0 {
		return 1
	}
	up := func(a, b int) int { return (a + b - 1) / b }
	h, v := 1, 1
	for i := range w.comps {
		h, v = max(h, w.comps[i].h), max(v, w.comps[i].v)
	}
	mcus := up(w.info.Width, 8*h) * up(w.info.Height, 8*v)
	if c := scanned[0]; len(scanned) == 1 { // then one block is a group of its own
		mcus = up(up(w.info.Width*c.h, h), 8) * up(up(w.info.Height*c.v, v), 8)
	}
	return up(mcus, w.restart)
}

func (w *jpegWalk) entropy(intervals int) error {
	for done, data := 0, false; ; {
		i := bytes.IndexByte(w.rest, 0xff)
		if i < 0 || i+1 == len(w.rest) {
			return pictureCutOff("JPEG")
		}
		marker := w.rest[i+1]
		if data = data || i > 0 || marker == 0; marker == 0 { // ff 00 is the data byte ff
			w.rest = w.rest[i+2:]
			continue
		}
		done++
		restart := marker >= jpegRST0 && marker <= jpegRST7
		switch {
		case !data:
			return badPicture("The JPEG is damaged: a stretch of its image data is empty.")
		case !restart && done == intervals:
			w.rest = w.rest[i:]
			return nil
		case !restart:
			return badPicture("The JPEG is damaged or cut off: some of its image data is missing. Copy or download it again.")
		case done == intervals || int(marker-jpegRST0) != (done-1)%8:
			return badPicture("The JPEG is damaged: a restart marker is out of place.")
		}
		w.rest, data = w.rest[i+2:], false
	}
}
