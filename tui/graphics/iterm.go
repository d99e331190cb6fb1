package graphics

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/iterm2"
)

// itermQuality of the JPEG that travels to the terminal, usually over a pipe: it is
// shown once and kept by nobody.
const itermQuality = 90

// encodeITerm writes a picture as an inline image of cols x rows cells, which keeps
// its shape in them. It has no name: none is shown, and none is anybody's business.
//
// Source: https://iterm2.com/documentation-images.html
func encodeITerm(m image.Image, cols, rows int) (string, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: itermQuality}); err != nil {
		return "", fmt.Errorf("encode for iTerm2: %w", err)
	}
	content := make([]byte, base64.StdEncoding.EncodedLen(b.Len()))
	base64.StdEncoding.Encode(content, b.Bytes())
	return ansi.ITerm2(iterm2.File{
		Size: int64(b.Len()), Width: iterm2.Cells(cols), Height: iterm2.Cells(rows),
		Inline: true, DoNotMoveCursor: true, Content: content,
	}), nil
}
