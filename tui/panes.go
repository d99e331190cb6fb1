package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// wideAt is from how many columns on a post stands beside the feed.
const wideAt = 110

// pane is a part of the window's body, as wide as w, that begins at column x.
type pane struct {
	x, w    int
	of      screen // nil for a part that is no screen's
	scrolls screen // what the wheel turns there
	view    func(w, h int) frame
	need    func(w, h int) tea.Cmd
}

func paneOf(s screen, x, w int) pane {
	p := pane{x: x, w: w, of: s, scrolls: s, view: s.view, need: func(int, int) tea.Cmd { return nil }}
	if n, ok := s.(needer); ok {
		p.need = n.need
	}
	return p
}

// panes are what stands side by side: the topmost screen that is no sheet, and in
// a wide window a list of posts with the selected one.
func (u *ui) panes() []pane {
	s := u.below().screen
	l, isSplit := s.(splitter)
	t, isThread := s.(*thread)
	if isThread {
		l, isSplit = u.under(t)
		t.bar = barLit
	}
	if !isSplit {
		return []pane{paneOf(s, 0, u.width)}
	}
	p := l.parts()
	p.main.bar, p.wide = barLit, u.width >= wideAt && len(p.main.items) > 0
	if !p.wide {
		return []pane{paneOf(s, 0, u.width)}
	}
	left := u.width * 45 / 100
	right := paneOf(s, left+1, u.width-left-1)
	if isThread {
		p.main.bar = barFaint
	} else {
		right = beside(l, left+1, u.width-left-1)
	}
	return []pane{paneOf(l, 0, left), right}
}

// under is the list of posts right below a thread.
func (u *ui) under(t *thread) (splitter, bool) {
	for i := 1; i < len(u.layers); i++ {
		if u.layers[i].screen == screen(t) {
			l, ok := u.layers[i-1].screen.(splitter)
			return l, ok
		}
	}
	return nil, false
}

// shown tells whether a screen is on the window.
func (u *ui) shown(s screen) bool {
	for _, p := range u.panes() {
		if p.of == s {
			return true
		}
	}
	return s == u.top().screen
}

// prepare asks for what the panes lack.
func (a *app) prepare() tea.Cmd {
	if !a.fits() {
		return nil
	}
	a.pictures.mark = a.pictures.use
	var cmds []tea.Cmd
	panes := a.panes()
	if l, ok := a.below().screen.(splitter); ok {
		cmds = append(cmds, l.parts().preselect())
		panes = a.panes()
	}
	_, h := a.bodySize()
	for _, p := range panes {
		cmds = append(cmds, p.need(p.w, h))
	}
	return tea.Batch(cmds...)
}

// renders is how wide the renderer takes a line to be: what stands beside it must
// stand in its column. A terminal that knows grapheme clusters has said so.
func (u *ui) renders(s string) int {
	if u.graphemes {
		return ansi.StringWidth(s)
	}
	return ansi.StringWidthWc(s)
}

// see draws a pane and notes whose it is.
func (a *app) see(p pane, h int) frame {
	a.hits.x, a.hits.of = p.x, p.scrolls
	a.hit(0, 0, p.w, h, nil)
	a.hits.buttons = map[string]string{}
	f := p.view(p.w, h)
	for y, l := range f.lines[:min(len(f.lines), h)] {
		if key, ok := a.hits.buttons[l]; ok {
			a.hitKey(0, y, p.w, key)
		}
	}
	return f
}

// body draws the panes side by side.
func (a *app) body(h int) frame {
	panes := a.panes()
	if len(panes) == 1 {
		f := a.see(panes[0], h)
		return frame{fit(f.lines, h), f.cursor}
	}
	left, right := panes[0], panes[1]
	l, r := a.see(left, h), a.see(right, h)
	lines, beside := fit(l.lines, h), fit(r.lines, h)
	out := make([]string, h)
	rule := a.theme.Faint.Render("│")
	for i := range out {
		l := cut(lines[i], left.w)
		out[i] = l + strings.Repeat(" ", max(0, left.w-a.renders(l))) + rule + beside[i]
	}
	cursor := r.cursor
	if cursor != nil {
		cursor.X += right.x
	}
	return frame{out, cursor}
}
