package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
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
// a wide window the feed with a post.
func (u *ui) panes() []pane {
	s := u.below().screen
	f, isFeed := s.(*feed)
	t, isThread := s.(*thread)
	if isThread {
		f, isFeed = u.under(t)
	}
	if isFeed {
		f.bar, f.wide = barLit, u.width >= wideAt && len(f.items) > 0
	}
	if isThread {
		t.bar = barLit
	}
	if !isFeed || !f.wide {
		return []pane{paneOf(s, 0, u.width)}
	}
	left := u.width * 45 / 100
	right := paneOf(s, left+1, u.width-left-1)
	if isThread {
		f.bar = barFaint
	} else {
		right = f.beside(left+1, u.width-left-1)
	}
	return []pane{paneOf(f, 0, left), right}
}

// under is the feed right below a thread.
func (u *ui) under(t *thread) (*feed, bool) {
	for i := 1; i < len(u.layers); i++ {
		if u.layers[i].screen == screen(t) {
			f, ok := u.layers[i-1].screen.(*feed)
			return f, ok
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

// beside is what stands at the feed's right: the selected post with its comments,
// for the server's eye its row.
func (f *feed) beside(x, w int) pane {
	nothing := func(int, int) tea.Cmd { return nil }
	switch it, ok := f.selected(); {
	case f.eye.open:
		return pane{x: x, w: w, need: nothing, view: func(w, h int) frame { return frame{lines: f.recordPanel(&f.list, w, h)} }}
	case ok && f.side != nil && f.side.post.ID == postOf(it):
		f.side.bar = barNone
		if it.Kind == protocol.KindComment {
			f.side.bar = barFaint // which of them
		}
		p := paneOf(f.side, x, w)
		p.of = nil
		return p
	}
	return pane{x: x, w: w, need: nothing, view: func(w, h int) frame { return frame{lines: f.card(w)} }}
}

// card says what the right side is for while nothing is selected.
func (f *feed) card(w int) []string {
	out := []string{""}
	for _, l := range wrapOwn("New posts flow in at the left. The one that you select opens here, with its picture and its comments.", w-4) {
		out = append(out, "  "+f.theme.Dim.Render(l))
	}
	return append(append(out, ""), f.choices(w, keymap.Feed, choice{keymap.Down, "select the newest post"},
		choice{keymap.NewPost, "write a post"}, choice{keymap.Eye, "look with the server's eye"})...)
}

// openThread opens a post with its comments: the thread beside the feed, if it is that.
func (f *feed) openThread(it client.Item, write bool) tea.Cmd {
	t := f.side
	f.side = nil
	if t == nil || t.post.ID != it.ID {
		return f.ui.open(newThread(f.ui, it, write))
	}
	if write {
		t.writing = true
		t.editor.area.Focus()
	}
	return f.ui.open(t)
}

// preselect has the selected post stand beside the feed.
func (f *feed) preselect() tea.Cmd {
	it, ok := f.selected()
	if !f.wide || !ok || f.eye.open {
		f.side = nil
		return nil
	}
	if f.side != nil && f.side.post.ID == postOf(it) {
		if it.Kind == protocol.KindComment {
			f.side.focus = it.ID
			f.side.focusOn()
		}
		return nil
	}
	if it.Kind == protocol.KindComment {
		f.side = newThreadAt(f.ui, it, false)
	} else {
		f.side = newThread(f.ui, it, false)
	}
	return f.side.init()
}

// prepare asks for what the panes lack.
func (a *app) prepare() tea.Cmd {
	if !a.fits() {
		return nil
	}
	a.pictures.mark = a.pictures.use
	var cmds []tea.Cmd
	panes := a.panes()
	if f, ok := a.below().screen.(*feed); ok {
		cmds = append(cmds, f.preselect())
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
	return p.view(p.w, h)
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
