package tui

import (
	tea "charm.land/bubbletea/v2"

	"p4p/tui/keymap"
)

// hit is a region of the window that does something when it is clicked. Regions
// are noted while a frame is drawn; the one noted last lies on top.
type hit struct {
	x0, y0, x1, y1 int // without x1 and y1
	click          func() tea.Cmd
	of             screen // whose the region is, for the wheel; nil for none
}

// hits are the regions of the last frame.
type hits struct {
	all  []hit
	x, y int // the origin of what is being drawn
	of   screen

	buttons map[string]string // lines of the screen that is being drawn that are another way to press a key
}

// hit notes a region, relative to what is being drawn.
func (u *ui) hit(x0, y0, x1, y1 int, click func() tea.Cmd) {
	h := &u.hits
	h.all = append(h.all, hit{h.x + x0, h.y + y0, h.x + x1, h.y + y1, click, h.of})
}

// hitIntent notes a region that is another way to press the key of an intent.
func (u *ui) hitIntent(x0, y, x1 int, m keymap.Map, i keymap.Intent) {
	if b, ok := u.bound(m).Binding(i); ok {
		u.hitKey(x0, y, x1, b.Keys[0])
	}
}

// hitKey notes a region that is another way to press a key.
func (u *ui) hitKey(x0, y, x1 int, key string) {
	u.hit(x0, y, x1, y+1, func() tea.Cmd { return u.press(key) })
}

// press is what a key's press is for the program; it comes as a message of its own.
func (u *ui) press(key string) tea.Cmd {
	return func() tea.Msg { return pressedMsg{keyPress(key)} }
}

// pressedMsg is a key that was pressed otherwise than on the keyboard.
type pressedMsg struct{ key tea.KeyPressMsg }

// mouse does what a click or a turn of the wheel means.
func (a *app) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	switch msg.(type) {
	case tea.MouseClickMsg:
		if m.Button != tea.MouseLeft {
			return nil
		}
		for i := len(a.hits.all) - 1; i >= 0; i-- {
			if h := a.hits.all[i]; h.click != nil && h.holds(m.X, m.Y) {
				if a.toast.mood != good {
					a.toast.text = ""
				}
				return h.click()
			}
		}
	case tea.MouseWheelMsg:
		i := keymap.Down
		switch m.Button {
		case tea.MouseWheelUp:
			i = keymap.Up
		case tea.MouseWheelDown:
		default:
			return nil
		}
		for n := len(a.hits.all) - 1; n >= 0; n-- {
			if h := a.hits.all[n]; h.of != nil && h.holds(m.X, m.Y) {
				return a.wheel(h.of, i)
			}
		}
	}
	return nil
}

func (h hit) holds(x, y int) bool { return x >= h.x0 && x < h.x1 && y >= h.y0 && y < h.y1 }

// wheel scrolls a screen. Where one types, it scrolls what stands above.
func (a *app) wheel(s screen, i keymap.Intent) tea.Cmd {
	switch t := s.(type) {
	case *thread:
		if t != a.top().screen || t.writing {
			t.move(i)
			return nil
		}
	case *feed:
		if t != a.top().screen {
			return nil // its post is open
		}
	}
	if s != a.top().screen || s.typing() {
		return nil
	}
	b, ok := s.keys().Binding(i)
	if !ok {
		return nil
	}
	return s.update(keyPress(b.Keys[0]))
}

// itemHits notes the regions of a list's items, the first of whose rows is y.
func (l *list) itemHits(y int, click func(i int) tea.Cmd) {
	for from := 0; from < len(l.drawn); {
		to := from
		for to < len(l.drawn) && l.drawn[to] == l.drawn[from] {
			to++
		}
		i := l.drawn[from]
		l.ui.hit(0, y+from, l.w, y+to, func() tea.Cmd { return click(i) })
		from = to
	}
}

// choose selects an item and leaves it where it is.
func (l *list) choose(i int) {
	if i >= len(l.items) {
		return
	}
	first, row := l.span()
	for n := first; n < i; n++ {
		row += l.height(n)
	}
	l.sel, l.row = i, row
	l.settle()
}

// clicked selects a post; one that is selected is opened.
func (f *feed) clicked(i int) tea.Cmd {
	var cmds []tea.Cmd
	if t, ok := f.top().screen.(*thread); ok { // it stands beside its post
		cmds = append(cmds, t.keep(), f.ui.close(t))
	}
	switch {
	case f.top().screen != screen(f):
		return nil
	case i == f.sel && len(cmds) == 0:
		return f.take(f.keyFor(keymap.Feed, keymap.Open))
	}
	f.choose(i)
	return tea.Batch(append(cmds, f.read())...)
}

// clicked selects a comment; beside a list of posts it also opens the thread.
func (t *thread) clicked(i int) tea.Cmd {
	var cmd tea.Cmd
	if l, ok := t.top().screen.(splitter); ok && l.parts().side == t {
		l.parts().side = nil
		cmd = t.open(t)
	}
	t.choose(i)
	return cmd
}

// clicked selects a row; one that is selected is opened.
func (f *friends) clicked(i int) tea.Cmd {
	if i == f.sel {
		return f.update(f.keyFor(keymap.FriendList, keymap.Open))
	}
	f.sel = i
	f.clamp()
	return nil
}
