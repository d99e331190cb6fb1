package graphics

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"
)

// kittyID is the number that the terminal knows a picture by: the id, which the
// placeholders carry as their colour, with the family as the highest of four bytes,
// which they carry as the third diacritic.
func kittyID(id, family int) int { return family<<24 | id }

// transmitKitty hands a picture to the terminal, and makes the virtual placement of
// cols x rows cells that placeholders refer to. Nothing is answered (q=2): answers
// would come as keys to whoever reads them next.
//
// Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/, "Unicode placeholders".
func transmitKitty(m image.Image, number, cols, rows int) (string, error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, m); err != nil {
		return "", fmt.Errorf("encode for kitty: %w", err)
	}
	data := base64.StdEncoding.EncodeToString(b.Bytes())
	var out strings.Builder
	head := fmt.Sprintf("a=T,U=1,q=2,f=%d,i=%d,c=%d,r=%d", kitty.PNG, number, cols, rows)
	for data != "" {
		n := min(len(data), kitty.MaxChunkSize)
		more := "m=1"
		if n == len(data) {
			more = "m=0"
		}
		if head == "" {
			head = "q=2"
		}
		out.WriteString(ansi.KittyGraphics([]byte(data[:n]), head, more))
		head, data = "", data[n:]
	}
	return out.String(), nil
}

// deleteKitty removes a picture with its data.
func deleteKitty(number int) string {
	return ansi.KittyGraphics(nil, fmt.Sprintf("a=d,d=I,q=2,i=%d", number))
}

// throughTmux wraps each graphics command for tmux, which hands it on to the
// terminal outside where allow-passthrough is on, and drops it elsewhere.
func throughTmux(s string) string {
	var out strings.Builder
	for s != "" {
		command, rest, _ := strings.Cut(s, "\x1b\\")
		out.WriteString(ansi.TmuxPassthrough(command + "\x1b\\"))
		s = rest
	}
	return out.String()
}
