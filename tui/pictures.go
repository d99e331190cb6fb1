package tui

import (
	"context"
	"image"
	"image/color"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"p4p/client/picture"
	"p4p/protocol"
	"p4p/tui/graphics"
	"p4p/tui/halfblock"
)

const (
	// maxDrawn bounds the memory of pictures that are kept ready to be shown, in bytes.
	// What the window shows is kept even beyond it.
	maxDrawn = 24 << 20
	// perDrawn is what one of them costs beside its lines and pixels.
	perDrawn = 1 << 10
	// probeLimit is how long pictures wait for the terminal to tell what it can. Nothing
	// else does.
	probeLimit = 500 * time.Millisecond
)

type pictureClient interface {
	Picture(ctx context.Context, image protocol.Image) ([]byte, error)
}

// drawing names a picture in one size and one way to show it.
type drawing struct {
	blob       protocol.BlobID
	cols, rows int
	pixels     image.Point // zero where it is drawn with characters
	cell       image.Point
	mode       graphics.Mode
	profile    colorprofile.Profile
	dark       bool
}

// drawn is a picture as far as it has come.
type drawn struct {
	lines []string // nil while it is loaded
	id    int      // of its pixels in the terminal; 0 for none
	size  int      // bytes
	err   error
	used  int
}

// pictures keeps what was drawn last, and knows how.
type pictures struct {
	canvas *graphics.Canvas
	where  graphics.Where
	asked  graphics.Mode // by the person
	mode   graphics.Mode // as it is
	cell   image.Point
	told   graphics.Answers
	wait   bool // for the terminal to tell what it can

	have   map[drawing]*drawn
	coarse map[protocol.BlobID]*image.RGBA // some pixels of each that was decoded
	size   int
	use    int
	mark   int // use before the window's pictures were last looked at
	id     int // the last that was given away
}

func newPictures(asked graphics.Mode, c *graphics.Canvas, env []string) *pictures {
	p := &pictures{
		canvas: c, where: graphics.Locate(env), asked: asked, cell: graphics.DefaultCell,
		have: map[drawing]*drawn{}, coarse: map[protocol.BlobID]*image.RGBA{}, id: graphics.FirstID - 1,
	}
	c.Tmux = p.where.Tmux
	p.wait = (asked == graphics.Auto || asked.Real()) && p.where.Questions() != ""
	if !p.wait && asked != graphics.Auto {
		p.mode = asked
		c.SetMode(asked, 0)
	}
	return p
}

type pictureDrawnMsg struct {
	drawing
	lines  []string
	pixels *graphics.Picture
	coarse *image.RGBA
	id     int
	err    error
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
	if msg.coarse != nil {
		p.keepCoarse(msg.blob, msg.coarse)
	}
	it, ok := p.have[msg.drawing]
	if !ok || it.id != msg.id || msg.mode != p.mode && msg.mode != graphics.Blocks {
		return // forgotten meanwhile
	}
	it.lines, it.err = msg.lines, msg.err
	n := perDrawn
	for _, l := range it.lines {
		n += len(l)
	}
	if msg.pixels != nil {
		n += msg.pixels.Size()
		p.canvas.Keep(msg.pixels)
	}
	p.size += n - it.size
	it.size = n
	p.shrink(it)
}

// shrink forgets what was not shown for the longest, but nothing that the window shows,
// nor what came last.
func (p *pictures) shrink(last *drawn) {
	for p.size > maxDrawn {
		var oldest drawing
		least := p.use + 1
		for d, it := range p.have {
			if it != last && it.used <= p.mark && it.used < least && it.size > 0 {
				oldest, least = d, it.used
			}
		}
		if least > p.use {
			return
		}
		p.forget(oldest)
	}
}

func (p *pictures) forget(d drawing) {
	it := p.have[d]
	delete(p.have, d)
	p.size -= it.size
	if it.id > 0 {
		p.canvas.Drop(it.id)
	}
}

// retry forgets what could not be loaded, so that it is asked for again.
func (p *pictures) retry() {
	for d, it := range p.have {
		if it.err != nil {
			p.forget(d)
		}
	}
}

// nextID is an id that no picture has: all are taken only while more pictures are
// shown or loaded than there are ids, and then the oldest loses its own.
func (p *pictures) nextID() int {
	taken := map[int]drawing{}
	for d, it := range p.have {
		if it.id > 0 {
			taken[it.id] = d
		}
	}
	for range graphics.LastID - graphics.FirstID + 1 {
		if p.id++; p.id > graphics.LastID {
			p.id = graphics.FirstID
		}
		if _, ok := taken[p.id]; !ok {
			return p.id
		}
	}
	oldest := slices.MinFunc(values(taken), func(a, b drawing) int { return p.have[a].used - p.have[b].used })
	id := p.have[oldest].id
	p.forget(oldest)
	return id
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// drawingFor is how a picture of w x h pixels is shown in at most cols x rows cells;
// false if it is not, or not yet.
func (u *ui) drawingFor(blob protocol.BlobID, w, h, cols, rows int) (drawing, bool) {
	p := u.pictures
	d := drawing{blob: blob, mode: p.mode, dark: u.theme.Dark}
	switch {
	case p.mode == graphics.Off:
		return drawing{}, false
	case p.mode.Real():
		d.cell = p.cell
		d.cols, d.rows, d.pixels = graphics.Fit(w, h, cols, rows, p.cell)
	default:
		d.profile = u.profile
		d.cols, d.rows = halfblock.Size(w, h, cols, rows)
	}
	return d, d.cols > 0 && d.rows > 0
}

// loadPicture asks for a posted picture and draws it, off the update loop.
func (u *ui) loadPicture(img protocol.Image, d drawing) tea.Cmd {
	c := u.client
	return u.drawPicture(d, func(ctx context.Context) ([]byte, error) { return c.Picture(ctx, img) })
}

// drawPicture draws the picture whose bytes load gives. While the terminal has not told
// what it can, nothing is drawn.
func (u *ui) drawPicture(d drawing, load func(ctx context.Context) ([]byte, error)) tea.Cmd {
	p := u.pictures
	if p.wait {
		return nil
	}
	p.use++
	it := &drawn{used: p.use}
	if d.mode.Real() {
		it.id = p.nextID()
	}
	p.have[d] = it
	id, canvas := it.id, p.canvas
	return u.do(func(ctx context.Context) tea.Msg {
		b, err := load(ctx)
		if err != nil {
			return pictureDrawnMsg{drawing: d, id: id, err: err}
		}
		m, err := picture.Decode(b)
		if err != nil {
			return pictureDrawnMsg{drawing: d, id: id, err: err}
		}
		return d.draw(m, canvas, id)
	})
}

// draw makes of a decoded picture what the terminal is sent, and its blur for the next
// time. It takes tens of milliseconds.
func (d drawing) draw(m image.Image, canvas *graphics.Canvas, id int) pictureDrawnMsg {
	msg := pictureDrawnMsg{drawing: d, id: id, coarse: coarseOf(m, d.background())}
	if id == 0 {
		msg.lines = halfblock.Render(m, d.cols, d.rows, d.profile, d.background())
		return msg
	}
	scaled := halfblock.Scale(m, d.pixels.X, d.pixels.Y, d.background())
	msg.pixels, msg.err = canvas.Prepare(scaled, id, d.cols, d.rows, d.cell)
	msg.lines = graphics.Cells(id, canvas.Family, d.cols, d.rows)
	return msg
}

func (d drawing) background() color.Color {
	if d.dark {
		return color.Black
	}
	return color.White
}
