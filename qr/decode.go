package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// What Decode takes. Both are checked before any pixel is decoded.
const (
	MaxPictureBytes  = 20 << 20   // of the file
	MaxPicturePixels = 40_000_000 // width times height
)

// What can be wrong with a picture, in sentences for its owner.
var (
	ErrNotAPicture = errors.New("This is not a PNG or JPEG picture. Take a screenshot or a photo of the QR code and use that.")
	ErrTooLarge    = errors.New("The picture is too large: it may have 20 MB and 40 megapixels. Cut it to the QR code.")
	ErrDamaged     = errors.New("The picture is damaged: it ends early or is not what its first bytes say. Ask for it again.")
	ErrNoCode      = errors.New("There is no QR code in this picture, or it is too blurred or too small to be read.")
	ErrSeveral     = errors.New("There is more than one QR code in this picture. Cut it to the one that you mean.")
)

// Decode reads the one QR code in a PNG or JPEG picture: a screenshot, a photo, a code
// on its side, mirrored, inverted or without its quiet zone. Two copies of the same code
// count as one. It takes at most [MaxPictureBytes] and [MaxPicturePixels].
//
// The text is a stranger's. Parse it strictly, and clean it before it is printed.
//
// Errors are ErrNotAPicture, ErrTooLarge, ErrDamaged, ErrNoCode, ErrSeveral, or that of
// the reader.
func Decode(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxPictureBytes+1))
	if err != nil {
		return "", fmt.Errorf("The picture could not be read: %w.", err)
	}
	if len(data) > MaxPictureBytes {
		return "", ErrTooLarge
	}
	img, err := decodePicture(data)
	if err != nil {
		return "", err
	}
	texts := scan(grayOf(img))
	switch len(texts) {
	case 0:
		return "", ErrNoCode
	case 1:
		return texts[0], nil
	}
	return "", ErrSeveral
}

// decodePicture goes by the first bytes and not by what happens to be registered with
// package image, so that the formats are these two and no more.
func decodePicture(data []byte) (image.Image, error) {
	config, decode := png.DecodeConfig, png.Decode
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	default:
		return nil, ErrNotAPicture
	}
	header, err := config(bytes.NewReader(data))
	if err != nil || header.Width < 1 || header.Height < 1 {
		return nil, ErrDamaged
	}
	if int64(header.Width)*int64(header.Height) > MaxPicturePixels {
		return nil, ErrTooLarge
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrDamaged
	}
	return img, nil
}
