package qr

import (
	"image"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi/qrcode"
	single "github.com/makiuchi-d/gozxing/qrcode"
)

// Sizes of a picture's longer side, in pixels, at which codes are looked for. Most
// photos read best when they are made smaller; a small code in a large photo needs the
// pixels; beyond the largest size they are noise.
const (
	smallSide  = 600
	middleSide = 1200
	largeSide  = 2400
	fullSide   = 4800
)

// A picture can be full of what looks like the corners of codes. The decoder tries all
// triples of them, so that their number is bounded.
const (
	maxCorners      = 400 // where the best triple is chosen and decoded
	maxCornersMulti = 18  // where every triple is decoded: six codes
)

// scan returns the different texts of the QR codes in a picture. It stops at the first
// size at which there is one.
func scan(g *image.Gray) []string {
	side := max(g.Rect.Dx(), g.Rect.Dy())
	var tried []int
	for _, target := range []int{middleSide, smallSide, largeSide, fullSide} {
		factor := (side + target - 1) / target
		if slices.Contains(tried, factor) {
			continue
		}
		tried = append(tried, factor)
		if texts := scanAt(shrink(g, factor)); len(texts) > 0 {
			return texts
		}
	}
	if side <= middleSide { // modules of one or two pixels are too small for the decoder
		return scanAt(enlarge(g, 1+middleSide/side))
	}
	return nil
}

// scanAt looks for codes at one size: dark on light, then light on dark.
func scanAt(g *image.Gray) []string {
	for _, inverted := range []bool{false, true} {
		if texts := readCodes(framed(g, inverted)); len(texts) > 0 {
			return texts
		}
	}
	return nil
}

// readCodes tells light from dark in both ways that the decoder knows: by a threshold
// near each pixel, which survives shadows, and by one for all, which survives blur.
func readCodes(g *image.Gray) []string {
	width, height := g.Rect.Dx(), g.Rect.Dy()
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.Pix, width, height, 0, 0, width, height, false)
	if err != nil {
		return nil
	}
	var texts []string
	for _, binarizer := range []gozxing.Binarizer{
		gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source),
	} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		found := guarded(maxCornersMulti, func(hints hints) ([]*gozxing.Result, error) {
			return qrcode.NewQRCodeMultiReader().DecodeMultiple(bitmap, hints)
		})
		if len(found) == 0 {
			found = guarded(maxCorners, func(hints hints) ([]*gozxing.Result, error) {
				result, err := single.NewQRCodeReader().Decode(bitmap, hints)
				return []*gozxing.Result{result}, err
			})
		}
		for _, result := range found {
			if text := result.GetText(); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

type hints = map[gozxing.DecodeHintType]any

// guarded runs the decoder on somebody else's picture. It gives up when there are too
// many corners, and when the decoder, a translation from a language with exceptions,
// runs out of a slice: either way there is nothing to be read.
func guarded(corners int, decode func(hints) ([]*gozxing.Result, error)) (found []*gozxing.Result) {
	defer func() {
		if recover() != nil {
			found = nil
		}
	}()
	seen := 0
	found, err := decode(hints{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if seen++; seen > corners {
				panic("too many corners")
			}
		}),
	})
	if err != nil {
		return nil
	}
	return found
}
