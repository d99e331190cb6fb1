// Package qr makes QR codes (ISO/IEC 18004) for a terminal, as PNG and as SVG, and reads
// them back from a picture.
//
// A code is always black on white with the full quiet zone of 4 modules around it,
// because that is what every reader can read: many do not find an inverted code, or one
// that touches what is around it.
package qr

import (
	"errors"
	"fmt"

	qrcode "github.com/skip2/go-qrcode"
)

// screenRows are the rows of the terminal that a code should fit, 80x24. A code of at
// most 24 rows is at most 45 cells wide, so that there is room for words beside it.
const screenRows = 24

// Code is a QR code. The zero value is no code.
type Code struct {
	size int    // modules on a side, quiet zone included
	dark []bool // row by row
}

// Encode makes the smallest QR code that holds text, at error correction level Medium if
// it fits a terminal of 80x24 like that (or would be no smaller otherwise), else at
// level Low. Text is ASCII, as links are: without it readers guess an encoding. What is
// upper case takes less room (alphanumeric mode), and so should a link be. Errors do not
// repeat the text, which may be a secret.
func Encode(text string) (Code, error) {
	if text == "" {
		return Code{}, errors.New("A QR code of an empty text holds nothing to read.")
	}
	for i := range len(text) {
		if text[i] >= 0x80 {
			return Code{}, fmt.Errorf("A QR code is made of ASCII only; character %d is not.", i+1)
		}
	}
	medium, err := encode(text, qrcode.Medium)
	if err == nil && medium.rows() <= screenRows {
		return medium, nil
	}
	low, errLow := encode(text, qrcode.Low)
	if errLow != nil {
		return Code{}, fmt.Errorf("A QR code cannot hold %d characters: %w.", len(text), errLow)
	}
	if err == nil && medium.size == low.size {
		return medium, nil
	}
	return low, nil
}

func encode(text string, level qrcode.RecoveryLevel) (Code, error) {
	made, err := qrcode.New(text, level)
	if err != nil {
		return Code{}, err
	}
	bitmap := made.Bitmap() // with the quiet zone
	c := Code{size: len(bitmap), dark: make([]bool, 0, len(bitmap)*len(bitmap))}
	for _, row := range bitmap {
		c.dark = append(c.dark, row...)
	}
	return c, nil
}

// at tells whether a module is dark. Beyond the code everything is light.
func (c Code) at(x, y int) bool {
	return y < c.size && c.dark[y*c.size+x]
}

// rows are the terminal's rows, of two modules each.
func (c Code) rows() int { return (c.size + 1) / 2 }
