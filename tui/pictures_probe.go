package tui

import (
	"image"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"p4p/tui/graphics"
)

// probeOverMsg tells that a terminal which has not answered will not.
type probeOverMsg struct{}

// probe asks the terminal what it can show. The first frame does not wait for it, and
// pictures do not wait for long.
func (u *ui) probe() tea.Cmd {
	if !u.pictures.wait {
		return nil
	}
	return tea.Batch(tea.Raw(u.pictures.where.Questions()), u.after(probeLimit, probeOverMsg{}))
}

// askCell asks for the size of a cell again.
func (u *ui) askCell() tea.Cmd {
	p := u.pictures
	if p.wait || !p.mode.Real() || p.where.AskCell() == "" {
		return nil
	}
	return tea.Raw(p.where.AskCell())
}

// answered takes what a terminal tells about itself. It tells whether msg was that.
func (u *ui) answered(msg tea.Msg) bool {
	p := u.pictures
	switch msg := msg.(type) {
	case uv.KittyGraphicsEvent:
		p.told.Kitty = p.told.Kitty || string(msg.Payload) == "OK"
	case tea.TerminalVersionMsg:
		p.told.Version = msg.Name
	case uv.CellSizeEvent:
		p.cellIs(image.Pt(msg.Width, msg.Height))
	case uv.UnknownCsiEvent:
		if n, ok := graphics.ReadRegisters(string(msg)); ok {
			p.told.Registers = n
		}
	case uv.PrimaryDeviceAttributesEvent:
		p.told.Sixel = graphics.HasSixel(msg)
		u.decide()
	case probeOverMsg:
		u.decide()
	default:
		return false
	}
	return true
}

// cellIs notes the size of a cell. Kitty asks for it only to know the shape: it scales
// by itself.
func (p *pictures) cellIs(size image.Point) {
	const most = 200
	if size.X > 0 && size.Y > 0 && size.X <= most && size.Y <= most {
		p.cell = size
	}
}

// decide ends the waiting, and with it the choice.
func (u *ui) decide() {
	p := u.pictures
	if !p.wait {
		return
	}
	p.wait = false
	switch {
	case p.asked != graphics.Auto:
		p.mode = p.asked
	case u.theme.Colour:
		p.mode = graphics.Choose(p.where, p.told, u.profile)
	}
	p.canvas.SetMode(p.mode, p.told.Registers)
}

// onto takes the pictures out of a view's lines for the canvas to paint.
func (u *ui) onto(lines []string) []string {
	p := u.pictures
	if !p.mode.Real() || p.mode == graphics.Kitty {
		return lines
	}
	lines, at := graphics.Take(lines, u.renders)
	p.canvas.Show(lines, at)
	return lines
}
