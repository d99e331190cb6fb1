package tui

import (
	"context"
	"image/color"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"p4p/client/picture"
	"p4p/protocol"
	"p4p/tui/halfblock"
)

// maxDrawn bounds the pictures that are kept drawn. Only their lines are kept,
// some kilobytes each; the bytes stay in the client's cache.
const maxDrawn = 64

type pictureClient interface {
	Picture(ctx context.Context, image protocol.Image) ([]byte, error)
}

// drawing names a picture in one size and one set of colours.
type drawing struct {
	blob       protocol.BlobID
	cols, rows int
	profile    colorprofile.Profile
	dark       bool
}

// drawn is a picture as far as it has come.
type drawn struct {
	lines []string // nil while it is loaded
	err   error
	used  int
}

// pictures keeps what was drawn last.
type pictures struct {
	have map[drawing]*drawn
	use  int
}

func newPictures() *pictures { return &pictures{have: map[drawing]*drawn{}} }

type pictureDrawnMsg struct {
	drawing
	lines []string
	err   error
}

// get is a picture if it was asked for before.
func (p *pictures) get(d drawing) (*drawn, bool) {
	it, ok := p.have[d]
	if ok {
		p.use++
		it.used = p.use
	}
	return it, ok
}

// took stores the answer to a request.
func (p *pictures) took(msg pictureDrawnMsg) {
	if it, ok := p.have[msg.drawing]; ok {
		it.lines, it.err = msg.lines, msg.err
	}
	for len(p.have) > maxDrawn {
		var oldest drawing
		least := p.use + 1
		for d, it := range p.have {
			if it.used < least {
				oldest, least = d, it.used
			}
		}
		delete(p.have, oldest)
	}
}

// retry forgets what could not be loaded, so that it is asked for again.
func (p *pictures) retry() {
	for d, it := range p.have {
		if it.err != nil {
			delete(p.have, d)
		}
	}
}

// loadPicture asks for a picture and draws it, off the update loop.
func (u *ui) loadPicture(img protocol.Image, d drawing) tea.Cmd {
	u.pictures.use++
	u.pictures.have[d] = &drawn{used: u.pictures.use}
	c := u.client
	return u.do(func(ctx context.Context) tea.Msg {
		lines, err := drawPicture(ctx, c, img, d)
		return pictureDrawnMsg{d, lines, err}
	})
}

func drawPicture(ctx context.Context, c pictureClient, img protocol.Image, d drawing) ([]string, error) {
	b, err := c.Picture(ctx, img)
	if err != nil {
		return nil, err
	}
	m, err := picture.Decode(b)
	if err != nil {
		return nil, err
	}
	var background color.Color = color.White
	if d.dark {
		background = color.Black
	}
	return halfblock.Render(m, d.cols, d.rows, d.profile, background), nil
}
