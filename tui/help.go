package tui

import (
	tea "charm.land/bubbletea/v2"

	"p4p/tui/keymap"
)

// pager is a text to read.
type pager struct {
	*ui
	subject string
	text    func(w int) []string
	from    int
	h       int // of the last view
	lines   int
	map_    keymap.Map    // its keys
	copied  func() string // the text to copy, or nil
	more    string        // what is said once it is copied
}

func newPager(u *ui, subject string, text func(w int) []string) *pager {
	return &pager{ui: u, subject: subject, text: text, map_: keymap.Pages}
}

// newHelp lists the keys, those of the place where it was asked for first.
func newHelp(u *ui, here keymap.Map) *pager {
	p := newPager(u, "Help", func(w int) []string {
		maps := []keymap.Map{here}
		for _, m := range keymap.All {
			m = u.bound(m)
			if m.Name != here.Name {
				maps = append(maps, m)
			}
		}
		return u.helpText(maps, w)
	})
	p.map_ = keymap.HelpPages // its key closes it as well
	return p
}

func (u *ui) helpText(maps []keymap.Map, w int) []string {
	var out []string
	for _, m := range maps {
		out = append(out, " "+u.theme.Strong.Render(m.Name))
		for _, b := range m.Bindings {
			for i, l := range wrapOwn(b.Words, w-20) {
				label := ""
				if i == 0 {
					label = b.Label
				}
				out = append(out, "   "+u.theme.Key.Render(pad(label, 15))+" "+l)
			}
		}
		out = append(out, "")
	}
	out = append(out, " "+u.theme.Strong.Render("Who is who"))
	for _, p := range [][2]string{
		{u.theme.Friend.Render(friendMark(false)) + " Bob", "a friend, by the name that you gave"},
		{u.theme.Friend.Render(friendMark(true)) + " Bob", "a verified friend: you compared the safety numbers"},
		{u.theme.You.Render("◆ ") + " you", "your own"},
		{u.theme.Tag(0).Render("▐") + u.theme.Tag(3).Render("▌") + " anonymous 3f9a", "a stranger; the same colours and digits are the same stranger"},
	} {
		for i, l := range wrapOwn(p[1], w-24) {
			lead := p[0]
			if i > 0 {
				lead = ""
			}
			out = append(out, "   "+pad(lead, 19)+" "+l)
		}
	}
	for _, l := range wrapOwn("These marks stand at the very left, where no text of a post ever stands.", w-4) {
		out = append(out, "   "+u.theme.Dim.Render(l))
	}
	return out
}

func (p *pager) init() tea.Cmd { return nil }

// update: see screen.
func (p *pager) update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch p.keys().Intent(k.String()) {
	case keymap.Back:
		return p.close(p)
	case keymap.Copy:
		return p.copyAll()
	case keymap.Down:
		p.from++
	case keymap.Up:
		p.from--
	case keymap.PageDown:
		p.from += max(1, p.h-2)
	case keymap.PageUp:
		p.from -= max(1, p.h-2)
	case keymap.Top:
		p.from = 0
	case keymap.Bottom:
		p.from = p.lines
	}
	p.from = max(0, min(p.from, p.lines-p.h))
	return nil
}

// view: see screen.
func (p *pager) view(w, h int) frame {
	lines := p.text(w)
	p.h, p.lines = h, len(lines)
	p.from = max(0, min(p.from, len(lines)-h))
	lines = lines[p.from:]
	if more := len(lines) - h; more > 0 && h > 2 {
		lines = append(lines[:h-1:h-1], p.theme.Dim.Render(" ↓ "+count(more+1, "more line", "more lines")))
	}
	return frame{lines: lines}
}

func (p *pager) title() string { return p.ui.heading(line(p.subject, 40)) }

func (p *pager) eyeTitle() string { return line(p.subject, 40) }

func (p *pager) keys() keymap.Map { return p.bound(p.map_) }

func (p *pager) hints() []keymap.Intent {
	hints := []keymap.Intent{keymap.Back}
	if p.copied != nil {
		hints = append(hints, keymap.Copy)
	}
	return append(hints, p.way()...)
}

// way is the movement keys that show more.
func (p *pager) way() []keymap.Intent { return way(p.from+p.h < p.lines, p.from > 0) }

func (p *pager) typing() bool { return false }
